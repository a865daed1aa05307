// SPDX-License-Identifier: MIT
// The guard of locked pages.
#include <kmode.h>

static VOID NTAPI EndPages(PKM_GUARD Guard)
{
    KmUnlockPages((PKM_LOCKED_PAGES)Guard->Object);
}

NTSTATUS NTAPI KmGuardLockedPages(PKM_GUARD Guard, PKM_LOCKED_PAGES Pages, PVOID Address, SIZE_T Bytes,
                                  KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    NTSTATUS Status = KmLockPages(Pages, Address, Bytes, Mode, Operation);

    Guard->Object = Pages;
    Guard->End = NT_SUCCESS(Status) ? EndPages : NULL;
    return Status;
}
