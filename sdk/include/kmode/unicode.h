// SPDX-License-Identifier: MIT
// Counted strings that own their memory, as the SDK's routines give them: from an allocator, with a zero
// behind the text.
//
//     UNICODE_STRING Copy;
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'txeT');
//
//     Status = KmUnicodeCopy(RegistryPath, &Paged, &Copy);
//     if (NT_SUCCESS(Status)) {
//         KmInfo("%ws", Copy.Buffer);
//         KmUnicodeFree(&Paged, &Copy);
//     }
#ifndef KMODE_UNICODE_H
#define KMODE_UNICODE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/unicode.h>"
#endif

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Makes *Copy the text of Source, with a zero behind its Length, in memory of Allocator: MaximumLength
/// bytes, which the caller gives back by KmUnicodeFree.
///
/// Returns STATUS_SUCCESS; STATUS_NAME_TOO_LONG if there is no room for the zero (65,534 bytes);
/// STATUS_INSUFFICIENT_RESOURCES. On failure *Copy is empty, without a buffer. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUnicodeCopy(_In_ PCUNICODE_STRING Source, _In_ PKM_ALLOCATOR Allocator, _Out_ PUNICODE_STRING Copy);

/// As KmUnicodeCopy, of one string and another behind it.
///
///     UNICODE_STRING Last, Both;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'txeT');
///
///     KmUnicodeFileName(RegistryPath, &Last);
///     Status = KmUnicodeConcatenate(RegistryPath, &Last, &Paged, &Both);
///     if (NT_SUCCESS(Status)) {
///         KmUnicodeFree(&Paged, &Both);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUnicodeConcatenate(_In_ PCUNICODE_STRING First, _In_ PCUNICODE_STRING Second,
                         _In_ PKM_ALLOCATOR Allocator, _Out_ PUNICODE_STRING Both);

/// Gives back the memory of such a string, and makes it empty. One without a buffer: nothing to do. IRQL: the
/// allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmUnicodeFree(_In_ PKM_ALLOCATOR Allocator, _Inout_ PUNICODE_STRING String);

/// Makes *Name the part of Path behind its last backslash; the same memory, nothing to free. Any IRQL.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmUnicodeFileName(_In_ PCUNICODE_STRING Path, _Out_ PUNICODE_STRING Name);

#ifdef __cplusplus
}
#endif

#endif
