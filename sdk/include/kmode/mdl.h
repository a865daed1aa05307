// SPDX-License-Identifier: MIT
// Memory that is locked, mapped a second time, described by MDLs; writing what may not be written.
//
//     static NTSTATUS Fill(PVOID UserBuffer, SIZE_T Bytes)
//     {
//         KM_LOCKED_PAGES Pages;
//         PVOID Mapping;
//         NTSTATUS Status = KmLockPages(&Pages, UserBuffer, Bytes, UserMode, IoWriteAccess);
//
//         if (!NT_SUCCESS(Status)) {
//             return Status;
//         }
//         Status = KmMapLockedPages(&Pages, &Mapping);
//         if (NT_SUCCESS(Status)) {
//             RtlFillMemory(Mapping, Bytes, 0x20);
//         }
//         KmUnlockPages(&Pages);
//         return Status;
//     }
#ifndef KMODE_MDL_H
#define KMODE_MDL_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/mdl.h>"
#endif

#include <kmode/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Pages that are locked. Mdl may be given to the system's routines; the other members belong to the routines
/// below.
typedef struct KM_LOCKED_PAGES {
    PMDL Mdl; ///< NULL: nothing is locked
    PVOID UserMapping;
    PEPROCESS Process; ///< that UserMapping is in
} KM_LOCKED_PAGES, *PKM_LOCKED_PAGES;

/// Locks Bytes at Address, which stay resident until KmUnlockPages. Mode UserMode: a program's memory, of the
/// process that runs now; it is probed. IoWriteAccess or IoModifyAccess wherever the driver will write.
///
/// Returns STATUS_SUCCESS; STATUS_ACCESS_VIOLATION and its like where the memory is not there or may not be
/// accessed so, STATUS_INVALID_PARAMETER if Bytes is 0 or more than an MDL describes,
/// STATUS_INSUFFICIENT_RESOURCES: nothing is locked. The MDL is the system's memory. IRQL <= APC_LEVEL for
/// memory that may be paged out, or is a program's.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmLockPages(_Out_ PKM_LOCKED_PAGES Pages, _In_ PVOID Address, _In_ SIZE_T Bytes,
                _In_ KPROCESSOR_MODE Mode, _In_ LOCK_OPERATION Operation);

/// Maps locked pages into system space, where they cannot be executed (from Windows 8 on), until
/// KmUnlockPages; a second call gives the same address.
///
/// Returns STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmMapLockedPages(_Inout_ PKM_LOCKED_PAGES Pages, _Out_ PVOID *Address);

/// Maps locked pages into the process that runs now, until KmUnlockPages, or KmUnmapLockedPagesFromUser, in
/// the same process: both before that ends (a file object's cleanup is the place). What a program can write
/// there, it can write at any time.
///
/// Returns STATUS_SUCCESS; STATUS_ALREADY_COMMITTED if they are mapped into a process;
/// STATUS_INSUFFICIENT_RESOURCES and others as MmMapLockedPagesSpecifyCache raises.
///
///     static NTSTATUS Show(PKM_LOCKED_PAGES Pages, PVOID *InProgram)
///     {
///         NTSTATUS Status = KmMapLockedPagesToUser(Pages, InProgram);
///
///         if (NT_SUCCESS(Status)) {
///             KmUnmapLockedPagesFromUser(Pages);
///         }
///         return Status;
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmMapLockedPagesToUser(_Inout_ PKM_LOCKED_PAGES Pages, _Out_ PVOID *Address);
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmUnmapLockedPagesFromUser(_Inout_ PKM_LOCKED_PAGES Pages);

/// Unmaps, unlocks and frees. What locked nothing: nothing. APC_LEVEL at most if they are mapped into a
/// process.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmUnlockPages(_Inout_ PKM_LOCKED_PAGES Pages);

/// As KmLockPages, until the guard's end; a failure leaves the guard empty.
///
///     static NTSTATUS Sum(PUCHAR UserBuffer, SIZE_T Bytes, PULONG Total)
///     {
///         KM_LOCKED_PAGES Pages;
///         PVOID Mapping;
///
///         KM_SCOPE {
///             KmScopedGuard(Guard);
///             NTSTATUS Status =
///                 KmGuardLockedPages(Guard, &Pages, UserBuffer, Bytes, UserMode, IoReadAccess);
///
///             if (NT_SUCCESS(Status)) {
///                 Status = KmMapLockedPages(&Pages, &Mapping);
///             }
///             if (!NT_SUCCESS(Status)) {
///                 return Status;
///             }
///             *Total = 0;
///             for (SIZE_T Index = 0; Index < Bytes; Index += 1) {
///                 *Total += ((PUCHAR)Mapping)[Index];
///             }
///         }
///         KM_SCOPE_END
///         return STATUS_SUCCESS;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmGuardLockedPages(_Out_ PKM_GUARD Guard, _Out_ PKM_LOCKED_PAGES Pages, _In_ PVOID Address,
                       _In_ SIZE_T Bytes, _In_ KPROCESSOR_MODE Mode, _In_ LOCK_OPERATION Operation);

/// Makes an MDL of memory of the nonpaged pool, which needs no locking. The caller gives it back by
/// IoFreeMdl.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES, and *Mdl is NULL.
///
///     static NTSTATUS Describe(PVOID Block, PMDL *Mdl, PMDL *Half)
///     {
///         NTSTATUS Status = KmMdlForNonPagedPool(Block, 4096, Mdl);
///
///         if (NT_SUCCESS(Status)) {
///             Status = KmMdlForPart(*Mdl, 2048, 2048, Half);
///             if (!NT_SUCCESS(Status)) {
///                 IoFreeMdl(*Mdl);
///             }
///         }
///         return Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmMdlForNonPagedPool(_In_ PVOID Address, _In_ SIZE_T Bytes, _Out_ PMDL *Mdl);

/// Makes an MDL of a part of what another, of locked memory or of the nonpaged pool, describes; Offset is in
/// bytes. The caller gives it back by IoFreeMdl, before the other goes.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if there is no such part, STATUS_INSUFFICIENT_RESOURCES,
/// and *Part is NULL.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmMdlForPart(_In_ PMDL Mdl, _In_ ULONG Offset, _In_ ULONG Bytes, _Out_ PMDL *Part);

/// Copies Bytes to Address in system space, which need not be writable there: resident memory, or such as may
/// be paged in, by a second mapping of its pages that is. The pages are every process's: what is written in
/// an image is so for all. Other processors may run in the bytes meanwhile. With HVCI, pages of code cannot
/// be made writable: the mapping is refused, or the write is a bug check; PatchGuard watches the system's own
/// images.
///
/// Returns STATUS_SUCCESS; others as KmLockPages, KmMapLockedPages and MmProtectMdlSystemAddress, and nothing
/// is written.
///
///     static const ULONG Constant = 1;
///
///     static NTSTATUS Change(VOID)
///     {
///         ULONG Two = 2;
///
///         return KmWriteReadOnly((PVOID)&Constant, &Two, sizeof(Two));
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmWriteReadOnly(_In_ PVOID Address, _In_reads_bytes_(Bytes) const VOID *Data, _In_ SIZE_T Bytes);

#ifdef __cplusplus
}
#endif

#endif
