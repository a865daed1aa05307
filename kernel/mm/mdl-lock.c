// SPDX-License-Identifier: MIT
// Memory probed and locked: the pages stay, whatever becomes of the addresses at which they are.
#include "inc/kernel.h"

#define MI_FIRST_SYSTEM_ADDRESS KM_SYSTEM_RANGE_START

// Reads a byte of the page, and for writing stores it again: what is not there is brought in, what is to be
// copied on a write is copied.
static NTSTATUS MiTouchPage(ULONG_PTR Address, BOOLEAN Write)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        volatile UCHAR *Byte = (volatile UCHAR *)Address;
        UCHAR Value = *Byte;
        if (Write) {
            *Byte = Value;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

// Locks the page that is at Address now. FALSE: there is none with that protection.
static BOOLEAN MiLockMappedPage(ULONG_PTR Address, ULONG Protection, PPFN_NUMBER Number)
{
    KM_PAGE Page;
    for (;;) {
        ULONG Found = KeMachine->query_memory(Address, &Page);
        if ((Found & Protection) != Protection || Page.physical == KM_PHYSICAL_NONE) {
            return FALSE;
        }
        *Number = Page.physical / PAGE_SIZE;
        if (!MiIsPhysicalMemory(*Number)) {
            return TRUE;
        }
        if (!MiLockPage(*Number)) {
            return FALSE;
        }
        // Its owner may have put another one there before it was locked.
        if (KeMachine->query_memory(Address, &Page) != 0 && Page.physical / PAGE_SIZE == *Number) {
            return TRUE;
        }
        MiUnlockPage(*Number);
    }
}

static NTSTATUS MiLockAddress(ULONG_PTR Address, LOCK_OPERATION Operation, PPFN_NUMBER Number)
{
    const BOOLEAN Write = Operation != IoReadAccess;
    const ULONG Protection = KM_PROTECT_READ | (Write ? KM_PROTECT_WRITE : 0);
    if (MiLockMappedPage(Address, Protection, Number)) {
        return STATUS_SUCCESS;
    }
    // System addresses are there or they are not.
    if (Address >= MI_FIRST_SYSTEM_ADDRESS || KiGetIrql() > APC_LEVEL) {
        return STATUS_ACCESS_VIOLATION;
    }
    NTSTATUS Status = MiTouchPage(Address, Write);
    if (NT_SUCCESS(Status) && !MiLockMappedPage(Address, Protection, Number)) {
        Status = STATUS_ACCESS_VIOLATION;
    }
    return Status;
}

VOID MiUnlockPageNumbers(const PFN_NUMBER *Numbers, SIZE_T Count)
{
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        if (MiIsPhysicalMemory(Numbers[Index])) {
            MiUnlockPage(Numbers[Index]);
        }
    }
}

static BOOLEAN MiMayProbe(ULONG_PTR Start, SIZE_T Bytes, KPROCESSOR_MODE AccessMode)
{
    ULONG_PTR End;
    return !__builtin_add_overflow(Start, Bytes, &End) &&
           (AccessMode == KernelMode || End <= (ULONG_PTR)MmUserProbeAddress);
}

// The MDL as it is once its pages are locked.
static VOID MiSetLocked(PMDL Mdl, LOCK_OPERATION Operation, BOOLEAN User)
{
    const PFN_NUMBER *Numbers = MmGetMdlPfnArray(Mdl);
    CSHORT Flags = (CSHORT)(Mdl->MdlFlags & ~(MDL_WRITE_OPERATION | MDL_IO_SPACE)) | MDL_PAGES_LOCKED;
    if (Operation != IoReadAccess) {
        Flags |= MDL_WRITE_OPERATION;
    }
    for (SIZE_T Index = 0; Index < MiMdlPages(Mdl); Index += 1) {
        if (!MiIsPhysicalMemory(Numbers[Index])) {
            Flags |= MDL_IO_SPACE;
        }
    }
    Mdl->MdlFlags = Flags;
    Mdl->Process = User ? IoGetCurrentProcess() : NULL;
}

// IRQL <= APC_LEVEL for user addresses, else <= DISPATCH_LEVEL. Raises STATUS_ACCESS_VIOLATION where the
// pages do not allow Operation, or whatever the access to one of them raises; nothing is locked then. Each
// success is undone by MmUnlockPages.
VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                               LOCK_OPERATION Operation)
{
    const PMDL Mdl = MemoryDescriptorList;
    const ULONG_PTR Start = (ULONG_PTR)Mdl->StartVa;
    const SIZE_T Pages = MiMdlPages(Mdl);
    PPFN_NUMBER Numbers = MmGetMdlPfnArray(Mdl);
    if (!MiMayProbe(Start + Mdl->ByteOffset, Mdl->ByteCount, AccessMode)) {
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    }
    for (SIZE_T Index = 0; Index < Pages; Index += 1) {
        NTSTATUS Status = MiLockAddress(Start + Index * PAGE_SIZE, Operation, &Numbers[Index]);
        if (!NT_SUCCESS(Status)) {
            MiUnlockPageNumbers(Numbers, Index);
            ExRaiseStatus(Status);
        }
    }
    MiSetLocked(Mdl, Operation, Start < MI_FIRST_SYSTEM_ADDRESS);
}

// As MmProbeAndLockPages, for addresses of Process.
VOID NTAPI MmProbeAndLockProcessPages(PMDL MemoryDescriptorList, PEPROCESS Process,
                                      KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    KAPC_STATE State;
    NTSTATUS Status = STATUS_SUCCESS;
    KeStackAttachProcess(Process, &State);
    __try {
        MmProbeAndLockPages(MemoryDescriptorList, AccessMode, Operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    KeUnstackDetachProcess(&State);
    if (!NT_SUCCESS(Status)) {
        ExRaiseStatus(Status);
    }
}

// As MmProbeAndLockPages, for pages that need not lie side by side: SegmentArray has the address of each.
VOID NTAPI MmProbeAndLockSelectedPages(PMDL MemoryDescriptorList, PFILE_SEGMENT_ELEMENT SegmentArray,
                                       KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    const PMDL Mdl = MemoryDescriptorList;
    const SIZE_T Pages = MiMdlPages(Mdl);
    PPFN_NUMBER Numbers = MmGetMdlPfnArray(Mdl);
    BOOLEAN User = FALSE;
    for (SIZE_T Index = 0; Index < Pages; Index += 1) {
        const ULONG_PTR Address = (ULONG_PTR)PAGE_ALIGN(SegmentArray[Index].Alignment);
        NTSTATUS Status = MiMayProbe(Address, PAGE_SIZE, AccessMode)
                              ? MiLockAddress(Address, Operation, &Numbers[Index])
                              : STATUS_ACCESS_VIOLATION;
        if (!NT_SUCCESS(Status)) {
            MiUnlockPageNumbers(Numbers, Index);
            ExRaiseStatus(Status);
        }
        User = User || Address < MI_FIRST_SYSTEM_ADDRESS;
    }
    MiSetLocked(Mdl, Operation, User);
}

// Takes the mapping in system space away, if there is one. IRQL <= DISPATCH_LEVEL. Bug check
// PFN_LIST_CORRUPT if the pages are not locked.
VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList)
{
    const PMDL Mdl = MemoryDescriptorList;
    const PFN_NUMBER *Numbers = MmGetMdlPfnArray(Mdl);
    if (!(Mdl->MdlFlags & MDL_PAGES_LOCKED)) {
        KeBugCheckEx(PFN_LIST_CORRUPT, MI_PFN_UNLOCKED_TOO_OFTEN, Numbers[0], 0, 0);
    }
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }
    MiUnlockPageNumbers(Numbers, MiMdlPages(Mdl));
    Mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_IO_SPACE);
}
