// SPDX-License-Identifier: MIT
// Narrow strings that grow: UTF-8, in memory of any allocator, for what is logged, sent or written to files.
//
//     static NTSTATUS Describe(PKM_ALLOCATOR Allocator, PCUNICODE_STRING Device, ULONG Number)
//     {
//         KM_UTF8_STRING Line;
//         NTSTATUS Status;
//
//         KmUtf8StringInit(&Line, Allocator);
//         Status = KmUtf8StringFormat(&Line, "{\"number\":%lu,\"device\":\"", Number);
//         if (NT_SUCCESS(Status)) {
//             Status = KmUtf8StringAppendUnicode(&Line, Device, 0);
//         }
//         if (NT_SUCCESS(Status)) {
//             Status = KmUtf8StringAppendFormat(&Line, "\"}%s", "\n");
//         }
//         KmInfo("%s", KmUtf8StringText(&Line));
//         KmUtf8StringFree(&Line);
//         return Status;
//     }
//
// All that <kmode/string.h> says of growth, failures, IRQL and formats holds here, in units of bytes; a
// string has 65,535 of them at most. The other way, out of UTF-8, is KmStringAppendUtf8.
#ifndef KMODE_UTF8_STRING_H
#define KMODE_UTF8_STRING_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/utf8-string.h>"
#endif

#include <kmode/string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A growing narrow string. Utf8 is a string as any other, to be read. A zero stands behind the text after
/// each of the routines below; its memory is MaximumLength + 1 bytes.
typedef struct KM_UTF8_STRING {
    STRING Utf8;
    PKM_ALLOCATOR Allocator;
} KM_UTF8_STRING, *PKM_UTF8_STRING;

/// How long a narrow string can be, in bytes.
#define KM_UTF8_STRING_MAXIMUM_BYTES 65535

/// The initializer of an empty string, whose memory will be Allocator's. Any IRQL.
///
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, '8ftU');
///     KM_UTF8_STRING String = KM_UTF8_STRING_INIT(&Pool);
///     KmUtf8StringFree(&String);
#define KM_UTF8_STRING_INIT(Allocator) {{0, 0, NULL}, (Allocator)}

/// Makes String empty; allocates nothing. Allocator is used until KmUtf8StringFree.
KMP_INLINE VOID KmUtf8StringInit(_Out_ PKM_UTF8_STRING String, _In_ PKM_ALLOCATOR Allocator)
{
    String->Utf8.Length = String->Utf8.MaximumLength = 0;
    String->Utf8.Buffer = NULL;
    String->Allocator = Allocator;
}

/// Gives the memory back. The string is empty then, and may be used again. Frees.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmUtf8StringFree(_Inout_ PKM_UTF8_STRING String);

/// The text, terminated by a zero: of a string without memory, "". It holds until the string is next changed.
_IRQL_requires_max_(HIGH_LEVEL) PCSTR NTAPI KmUtf8StringText(_In_ const KM_UTF8_STRING *String);

/// Makes room for Additional bytes beyond those there are, so that adding so many cannot fail. Returns
/// STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
///
///     static NTSTATUS TryBytes(PKM_UTF8_STRING String)
///     {
///         NTSTATUS Status = KmUtf8StringReserve(String, 100);
///
///         if (NT_SUCCESS(Status)) {
///             Status = KmUtf8StringAppend(String, "ab", 2);
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmUtf8StringAppendText(String, "cd");
///         }
///         KmUtf8StringTruncate(String, 3);
///         return Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmUtf8StringReserve(_Inout_ PKM_UTF8_STRING String, _In_ SIZE_T Additional);

/// Drops the bytes from Count on; nothing if there are not so many. A character that Count would cut goes
/// whole.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmUtf8StringTruncate(_Inout_ PKM_UTF8_STRING String, _In_ SIZE_T Count);

/// Adds a copy of Count bytes at Text, which are taken as they are and may be the string's own. Returns
/// STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmUtf8StringAppend(_Inout_ PKM_UTF8_STRING String, _In_reads_bytes_(Count) PCCH Text, _In_ SIZE_T Count);

/// As KmUtf8StringAppend, for text that a zero terminates.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmUtf8StringAppendText(_Inout_ PKM_UTF8_STRING String, _In_ PCSTR Text);

/// As KmUtf8StringAppend, for UTF-16. Returns, too, what KmUtf16ToUtf8 does for text that is not valid:
/// STATUS_SOME_NOT_MAPPED, a success, or with KM_UTF_STRICT, STATUS_UNMAPPABLE_CHARACTER.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmUtf8StringAppendUnicode(_Inout_ PKM_UTF8_STRING String, _In_ PCUNICODE_STRING Text, _In_ ULONG Flags);

/// Makes String what Format says: see KmStringFormat, with UTF-8 for %s and %c, wide text for %S and %C.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
    __cdecl KmUtf8StringFormat(_Inout_ PKM_UTF8_STRING String, _In_ PCSTR Format, ...);

/// As KmUtf8StringFormat, and adds to what String has.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
    __cdecl KmUtf8StringAppendFormat(_Inout_ PKM_UTF8_STRING String, _In_ PCSTR Format, ...);

/// As KmUtf8StringAppendFormat, for a routine that has such arguments itself.
///
///     static NTSTATUS SayNarrow(PKM_UTF8_STRING String, PCSTR Format, ...)
///     {
///         va_list Arguments;
///         NTSTATUS Status;
///
///         va_start(Arguments, Format);
///         Status = KmUtf8StringAppendFormatV(String, Format, Arguments);
///         va_end(Arguments);
///         return Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmUtf8StringAppendFormatV(_Inout_ PKM_UTF8_STRING String, _In_ PCSTR Format, _In_ va_list Arguments);

#ifdef __cplusplus
}
#endif

#endif
