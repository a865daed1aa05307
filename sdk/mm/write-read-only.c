// SPDX-License-Identifier: MIT
// Writing memory that is read-only where it is.
#include <kmode.h>

NTSTATUS NTAPI KmWriteReadOnly(PVOID Address, const VOID *Data, SIZE_T Bytes)
{
    KM_LOCKED_PAGES Pages;
    PVOID Mapping;
    // For writing, the probe would refuse what this is for.
    NTSTATUS Status = KmLockPages(&Pages, Address, Bytes, KernelMode, IoReadAccess);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmMapLockedPages(&Pages, &Mapping);
    if (NT_SUCCESS(Status)) {
        Status = MmProtectMdlSystemAddress(Pages.Mdl, PAGE_READWRITE);
    }
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Mapping, Data, Bytes);
    }
    KmUnlockPages(&Pages);
    return Status;
}
