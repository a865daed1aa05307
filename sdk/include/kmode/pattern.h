// SPDX-License-Identifier: MIT
// Byte patterns with holes, and where they are in memory.
//
//     const UCHAR Code[] = {0x90, 0x48, 0x8B, 0x0D, 0x10, 0x00, 0x00, 0x00, 0xC3};
//     KM_PATTERN Pattern;
//     const VOID *Found;
//
//     Status = KmPatternParse("48 8B ?? 1? 00", &Pattern);
//     if (NT_SUCCESS(Status)) {
//         Found = KmPatternFind(&Pattern, Code, sizeof(Code));
//         KmInfo("at offset %I64d", (LONG64)((const UCHAR *)Found - Code));
//     }
#ifndef KMODE_PATTERN_H
#define KMODE_PATTERN_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/pattern.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// The longest pattern, in bytes.
#define KM_PATTERN_BYTES 64

/// A pattern: a byte matches if it equals Bytes where Mask has ones.
typedef struct KM_PATTERN {
    ULONG Count;
    UCHAR Bytes[KM_PATTERN_BYTES];
    UCHAR Mask[KM_PATTERN_BYTES];
} KM_PATTERN, *PKM_PATTERN;

/// Reads a pattern from text: bytes of two hexadecimal digits, `?` for a digit that may be any, `??` or a
/// lone `?` for a byte that may be; blanks between them.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER: anything else, nothing at all, only holes, or more than
/// KM_PATTERN_BYTES. Any IRQL.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPatternParse(_In_z_ PCSTR Text, _Out_ PKM_PATTERN Pattern);

/// Makes a pattern of Bytes and of a mask of as many characters: `x` is a byte that counts, `?` one that does
/// not. As KmPatternParse.
///
///     KM_PATTERN Pattern;
///
///     Status = KmPatternFromMask("\x48\x8B\x00\x05", "xx?x", &Pattern);
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPatternFromMask(_In_ const VOID *Bytes, _In_z_ PCSTR Mask, _Out_ PKM_PATTERN Pattern);

/// The first place in the memory at Start where the pattern is; NULL if there is none. For the next one, go
/// on one byte behind it. All of the memory must be there to be read; Bytes may be 0. IRQL: the memory's.
_IRQL_requires_max_(HIGH_LEVEL) const VOID *NTAPI
    KmPatternFind(_In_ const KM_PATTERN *Pattern, _In_reads_bytes_(Bytes) const VOID *Start,
                  _In_ SIZE_T Bytes);

#ifdef __cplusplus
}
#endif

#endif
