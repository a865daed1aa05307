// SPDX-License-Identifier: MIT
// String: a UNICODE_STRING that grows, in memory of any allocator.
//
//     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'htaP');
//
//     static NTSTATUS OpenParameters(PCUNICODE_STRING RegistryPath, PHANDLE Key)
//     {
//         KM_STRING Path = KM_STRING_INIT(&Pool);
//         OBJECT_ATTRIBUTES Attributes;
//         NTSTATUS Status = KmStringFormat(&Path, L"%wZ\\Parameters", RegistryPath);
//
//         if (NT_SUCCESS(Status)) {
//             InitializeObjectAttributes(&Attributes, &Path.Unicode, OBJ_CASE_INSENSITIVE |
//             OBJ_KERNEL_HANDLE, NULL, NULL); Status = ZwOpenKey(Key, KEY_READ, &Attributes);
//         }
//         KmStringFree(&Path);
//         return Status;
//     }
//
// Whatever takes a PCUNICODE_STRING takes &String.Unicode, those of <kmode/unicode-string.h> among them: for
// comparing, searching, cutting, numbers. A string is a plain value; it has no lock.
//
// IRQL: what may allocate or free (it says so) asks for the allocator's MaximumIrql or below; all the rest
// may be called at any IRQL at which the string is resident, unless it says otherwise.
//
// A routine that fails leaves the string as it was. A string has KM_STRING_MAXIMUM_BYTES at most; what would
// make it longer is STATUS_NAME_TOO_LONG. Indexes and counts are in units of UTF-16 (WCHAR).
//
// No permissive C library is under it: sds and STC's cstr are narrow, know one allocator, and end the program
// when memory is out.
#ifndef KMODE_STRING_H
#define KMODE_STRING_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/string.h>"
#endif

#include <kmode/container.h>
#include <kmode/unicode-string.h>
#include <kmode/utf.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A growing string. Unicode is a string as any other, to be read; who writes to its Buffer within
/// MaximumLength, or sets its Length, does what he may do with any. Its memory is MaximumLength +
/// sizeof(WCHAR) bytes: a zero stands behind the text after each of the routines below.
typedef struct KM_STRING {
    UNICODE_STRING Unicode;
    PKM_ALLOCATOR Allocator;
} KM_STRING, *PKM_STRING;

/// How long a string can be: what a USHORT of bytes can say.
#define KM_STRING_MAXIMUM_BYTES 65534

/// The initializer of an empty string, whose memory will be Allocator's.
#define KM_STRING_INIT(Allocator) {{0, 0, NULL}, (Allocator)}

/// Makes String empty; allocates nothing. Allocator is used until KmStringFree.
///
///     static NTSTATUS TryRoom(PKM_ALLOCATOR Allocator, PKM_STRING To)
///     {
///         KM_STRING Text;
///         NTSTATUS Status;
///
///         KmStringInit(&Text, Allocator);
///         Status = KmStringReserve(&Text, 100);
///         if (NT_SUCCESS(Status)) {
///             Status = KmStringAppendText(&Text, L"does not allocate");
///         }
///         KmStringTruncate(&Text, 8);
///         if (KmStringCount(&Text) != 0) {
///             Status = KmStringShrink(&Text);
///         }
///         KmInfo("%ws", KmStringText(&Text));
///         KmStringMove(To, &Text);
///         KmStringClear(&Text);
///         KmStringFree(&Text);
///         return Status;
///     }
KMP_INLINE VOID KmStringInit(_Out_ PKM_STRING String, _In_ PKM_ALLOCATOR Allocator)
{
    String->Unicode.Length = String->Unicode.MaximumLength = 0;
    String->Unicode.Buffer = NULL;
    String->Allocator = Allocator;
}

/// Gives the memory back. The string is empty then, and may be used again. Frees.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmStringFree(_Inout_ PKM_STRING String);

/// How many units String has.
KMP_INLINE SIZE_T KmStringCount(_In_ const KM_STRING *String)
{
    return String->Unicode.Length / sizeof(WCHAR);
}

/// The text, terminated by a zero: of a string without memory, L"". It holds until the string is next
/// changed.
_IRQL_requires_max_(HIGH_LEVEL) PCWSTR NTAPI KmStringText(_In_ const KM_STRING *String);

/// Makes room for Additional units beyond those there are, so that adding so many does not allocate, and
/// cannot fail. Returns STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringReserve(_Inout_ PKM_STRING String, _In_ SIZE_T Additional);

/// Gives back room that no unit has. Returns STATUS_INSUFFICIENT_RESOURCES if that takes new memory, which is
/// not there. Allocates and frees.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI KmStringShrink(_Inout_ PKM_STRING String);

/// Drops the units from Count on; nothing if there are not so many. The room stays.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmStringTruncate(_Inout_ PKM_STRING String, _In_ SIZE_T Count);

/// Drops all units. The room stays: KmStringFree gives it back.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmStringClear(_Inout_ PKM_STRING String);

/// Makes To, whose own text is freed, have that of From, which is empty then. The memory stays that of From's
/// allocator, which becomes To's. Frees.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmStringMove(_Inout_ PKM_STRING To, _Inout_ PKM_STRING From);

/// Gives the memory up: *Unicode is the text, and the string empty. The caller gives the buffer, if it is not
/// NULL, back by KmFree(Allocator, Buffer, MaximumLength + sizeof(WCHAR)).
///
///     static VOID GiveAway(PKM_STRING String, PUNICODE_STRING Unicode)
///     {
///         KmStringRelease(String, Unicode);
///     }
///
///     static VOID Drop(PKM_ALLOCATOR Allocator, PUNICODE_STRING Unicode)
///     {
///         KmFree(Allocator, Unicode->Buffer, Unicode->MaximumLength + sizeof(WCHAR));
///     }
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmStringRelease(_Inout_ PKM_STRING String, _Out_ PUNICODE_STRING Unicode);

// ---- text that is added, and taken out

/// Makes String a copy of Text, which may be the string's own, or a part of it. Returns
/// STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
///
///     static NTSTATUS Build(PKM_STRING String, PCUNICODE_STRING Root)
///     {
///         static const UNICODE_STRING Old = RTL_CONSTANT_STRING(L"/"), New = RTL_CONSTANT_STRING(L"\\");
///         NTSTATUS Status = KmStringAssign(String, Root);
///
///         if (NT_SUCCESS(Status)) {
///             Status = KmStringAppendChar(String, L'/');
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmStringAppend(String, Root);
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmStringAppendUnits(String, L"tail", 4);
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmStringInsert(String, 0, &New);
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmStringReplace(String, &Old, &New, FALSE);
///         }
///         return NT_SUCCESS(Status) ? KmStringRemove(String, 0, 1) : Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringAssign(_Inout_ PKM_STRING String, _In_ PCUNICODE_STRING Text);

/// Adds a copy of Text, which may be the string's own, or a part of it. Returns STATUS_NAME_TOO_LONG,
/// STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringAppend(_Inout_ PKM_STRING String, _In_ PCUNICODE_STRING Text);

/// As KmStringAppend, for text that a zero terminates.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringAppendText(_Inout_ PKM_STRING String, _In_ PCWSTR Text);

/// As KmStringAppend, for Count units.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringAppendUnits(_Inout_ PKM_STRING String, _In_reads_(Count) PCWCH Units, _In_ SIZE_T Count);

/// As KmStringAppend, for one unit.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringAppendChar(_Inout_ PKM_STRING String, _In_ WCHAR Unit);

/// As KmStringAppend, for TextBytes of UTF-8. Returns, too, what KmUtf8ToUtf16 does for text that is not
/// valid: STATUS_SOME_NOT_MAPPED, a success, or with KM_UTF_STRICT, STATUS_UNMAPPABLE_CHARACTER.
///
///     static NTSTATUS AddName(PKM_STRING String, PCSTR Utf8)
///     {
///         return KmStringAppendUtf8(String, Utf8, strlen(Utf8), KM_UTF_STRICT);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringAppendUtf8(_Inout_ PKM_STRING String, _In_reads_bytes_(TextBytes) PCCH Text,
                       _In_ SIZE_T TextBytes, _In_ ULONG Flags);

/// Puts a copy of Text, which may be the string's own, before the unit at Index. Returns
/// STATUS_ARRAY_BOUNDS_EXCEEDED if Index is above KmStringCount, STATUS_NAME_TOO_LONG,
/// STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringInsert(_Inout_ PKM_STRING String, _In_ SIZE_T Index, _In_ PCUNICODE_STRING Text);

/// Takes Count units from Index on out. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if there are not so many.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmStringRemove(_Inout_ PKM_STRING String, _In_ SIZE_T Index, _In_ SIZE_T Count);

/// Replaces each Old, none of which overlaps another, by New; both may be the string's own, or parts of it.
/// Returns STATUS_NOT_FOUND if there is none, STATUS_INVALID_PARAMETER if Old is empty, STATUS_NAME_TOO_LONG,
/// STATUS_INSUFFICIENT_RESOURCES. Allocates.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringReplace(_Inout_ PKM_STRING String, _In_ PCUNICODE_STRING Old, _In_ PCUNICODE_STRING New,
                    _In_ BOOLEAN CaseInsensitive);

/// Takes what is one of Units off both ends; NULL: blanks, tabs, line ends and zeros.
///
///     static VOID Tidy(PKM_STRING String)
///     {
///         KmStringTrim(String, NULL);
///         KmStringUpcase(String);
///         KmStringDowncase(String);
///     }
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmStringTrim(_Inout_ PKM_STRING String, _In_opt_ PCWSTR Units);

/// Make each unit the upper-case letter of it, as KmUpcaseUnicodeChar, or the lower-case letter, by the
/// system's table, which may be paged out; if it has one.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmStringUpcase(_Inout_ PKM_STRING String);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmStringDowncase(_Inout_ PKM_STRING String);

// ---- formats

/// Makes String what Format says. Formats by itself, so unlike RtlStringCchPrintf at any IRQL at which it may
/// allocate and the arguments are resident. In Format,
///   %d %i %u %x %X %o: integers: int, or with hh char, h short, l long, ll, j or I64 64 bits, I32 32 bits,
///   I z t as many as an address has;
///
///   %p: an address, all its digits;
///
///   %c %C: a unit, wide for %c and %lc %wc, narrow for %C and %hc;
///
///   %s %S: text that a zero terminates, wide for %s and %ls %ws, UTF-8 for %S and %hs; NULL is "(null)";
///
///   %wZ %Z: a PCUNICODE_STRING; a PCSTRING (ANSI_STRING) of UTF-8; NULL is "(null)";
///
///   %%: itself
///
/// with the flags `-`, `+`, blank, `0`, `#`, a width in characters, a precision (of text: units that are read
/// at most, so that it needs no zero), either a number or `*`. Anything else is STATUS_INVALID_PARAMETER,
/// floating point, too. Arguments may be in the string's own memory. Returns STATUS_NAME_TOO_LONG,
/// STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room, or if an argument is the string's own.
///
///     static NTSTATUS Name(PKM_STRING String, ULONG Number, PCSTR Model)
///     {
///         NTSTATUS Status = KmStringFormat(String, L"\\Device\\Disk%lu", Number);
///
///         return NT_SUCCESS(Status) ? KmStringAppendFormat(String, L" %-10S|%#06x", Model, 0xABu) : Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
    __cdecl KmStringFormat(_Inout_ PKM_STRING String, _In_ PCWSTR Format, ...);

/// As KmStringFormat, and adds to what String has. Allocates if there is no room.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
    __cdecl KmStringAppendFormat(_Inout_ PKM_STRING String, _In_ PCWSTR Format, ...);

/// As KmStringAppendFormat, for a routine that has such arguments itself.
///
///     static NTSTATUS Say(PKM_STRING String, PCWSTR Format, ...)
///     {
///         va_list Arguments;
///         NTSTATUS Status;
///
///         va_start(Arguments, Format);
///         Status = KmStringAppendFormatV(String, Format, Arguments);
///         va_end(Arguments);
///         return Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmStringAppendFormatV(_Inout_ PKM_STRING String, _In_ PCWSTR Format, _In_ va_list Arguments);

// Instead of RemovedCount units at Index, which are there, Count units; Units may be the string's own.
NTSTATUS KmpStringSplice(_Inout_ PKM_STRING String, _In_ SIZE_T Index, _In_ SIZE_T RemovedCount,
                         _In_reads_(Count) PCWCH Units, _In_ SIZE_T Count);

// New memory for Bytes of text, of which there are KM_STRING_MAXIMUM_BYTES at most.
NTSTATUS KmpStringResize(_Inout_ PKM_STRING String, _In_ SIZE_T Bytes);

#ifdef __cplusplus
}
#endif

#endif
