// SPDX-License-Identifier: MIT
// UTF-8 and UTF-16, either way, at any IRQL, between buffers of the caller's.
//
//     static NTSTATUS Narrow(PCUNICODE_STRING Name, PCHAR Text, SIZE_T TextBytes, PSIZE_T Written)
//     {
//         return KmUtf16ToUtf8(Name->Buffer, Name->Length / sizeof(WCHAR), KM_UTF_STRICT, Text, TextBytes,
//         Written);
//     }
//
//     static NTSTATUS Widen(PCSTR Text, PWCH Buffer, SIZE_T BufferUnits, PSIZE_T Written)
//     {
//         return KmUtf8ToUtf16(Text, strlen(Text), 0, Buffer, BufferUnits, Written);
//     }
//
// RtlUTF8ToUnicodeN and RtlUnicodeToUTF8N, which Windows 7 has, want PASSIVE_LEVEL and have no strict form.
#ifndef KMODE_UTF_H
#define KMODE_UTF_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/utf.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// What is not valid fails the conversion. Without it, each such part becomes U+FFFD and the status is
/// STATUS_SOME_NOT_MAPPED.
///
/// Valid is what the Unicode Standard says: UTF-8 without overlong forms, without surrogates, up to U+10FFFF;
/// UTF-16 in which surrogates come in pairs. Of what is not, the longest part that began well is one U+FFFD,
/// otherwise each unit.
#define KM_UTF_STRICT 0x1u

/// The character that stands for what is not valid.
#define KM_UTF_REPLACEMENT 0xFFFD

/// Converts TextBytes of UTF-8 to UTF-16. No zero is looked for, and none added. With Units NULL, only
/// counts.
///
/// *UnitsNeeded is set to the units that the whole text takes, whatever the status. Returns STATUS_SUCCESS;
/// STATUS_SOME_NOT_MAPPED, a success, if U+FFFD stands for some of it; STATUS_BUFFER_TOO_SMALL if UnitsCount
/// is less: as many whole characters as have room are in Units; STATUS_UNMAPPABLE_CHARACTER if KM_UTF_STRICT
/// is set and the text is not valid: *UnitsNeeded is then the place in Text, in bytes, of what is not, and
/// Units has what is before it. Any IRQL at which both may be touched.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmUtf8ToUtf16(_In_reads_bytes_(TextBytes) PCCH Text, _In_ SIZE_T TextBytes, _In_ ULONG Flags,
                  _Out_writes_opt_(UnitsCount) PWCH Units, _In_ SIZE_T UnitsCount, _Out_ PSIZE_T UnitsNeeded);

/// Converts UnitsCount units of UTF-16 to UTF-8; as KmUtf8ToUtf16, with the places of text and units
/// exchanged.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmUtf16ToUtf8(_In_reads_(UnitsCount) PCWCH Units, _In_ SIZE_T UnitsCount, _In_ ULONG Flags,
                  _Out_writes_bytes_opt_(TextBytes) PCHAR Text, _In_ SIZE_T TextBytes,
                  _Out_ PSIZE_T TextBytesNeeded);

// What KmpUtf8Next and KmpUtf16Next answer for what is not valid.
#define KMP_NO_CHARACTER ((ULONG) - 1)

// The character at *Place, which moves behind it, or behind the part that is not valid. There is at least one
// unit.
ULONG KmpUtf8Next(_Inout_ PCCH *Place, _In_ PCCH End);
ULONG KmpUtf16Next(_Inout_ PCWCH *Place, _In_ PCWCH End);

// Write Character, which is valid; return how many units that takes: 1 to 4, 1 to 2.
ULONG KmpUtf8Put(_In_ ULONG Character, _Out_writes_(4) PCHAR Text);
ULONG KmpUtf16Put(_In_ ULONG Character, _Out_writes_(2) PWCH Units);

#ifdef __cplusplus
}
#endif

#endif
