// SPDX-License-Identifier: MIT
// The guard of a mutex.
#include <kmode.h>

static VOID NTAPI EndMutex(PKM_GUARD Guard)
{
    KeReleaseMutex((PRKMUTEX)Guard->Object, FALSE);
}

NTSTATUS NTAPI KmGuardMutex(PKM_GUARD Guard, PRKMUTEX Mutex, ULONG Milliseconds)
{
    NTSTATUS Status = KmWait(Mutex, Milliseconds);

    Guard->Object = Mutex;
    Guard->End = Status == STATUS_SUCCESS || Status == STATUS_ABANDONED ? EndMutex : NULL;
    return Status;
}
