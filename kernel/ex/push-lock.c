// SPDX-License-Identifier: MIT
// Push locks. Nobody can hold one against the only thread that runs, so waiting comes with the dispatcher.
#include "inc/kernel.h"

static DECLSPEC_NORETURN VOID ExpPushLockDeadlock(PEX_PUSH_LOCK PushLock)
{
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, (ULONG_PTR)PushLock, *PushLock, 0, 0);
}

BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    return InterlockedCompareExchangePointer((PVOID *)PushLock, (PVOID)EX_PUSH_LOCK_EXCLUSIVE, NULL) == NULL;
}

BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    for (;;) {
        ULONG_PTR Old = *(volatile ULONG_PTR *)PushLock;
        if (Old & (EX_PUSH_LOCK_EXCLUSIVE | EX_PUSH_LOCK_WAITING)) {
            return FALSE;
        }
        if (InterlockedCompareExchangePointer((PVOID *)PushLock, (PVOID)(Old + EX_PUSH_LOCK_SHARE),
                                              (PVOID)Old) == (PVOID)Old) {
            return TRUE;
        }
    }
}

VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (!ExTryAcquirePushLockExclusiveEx(PushLock, Flags)) {
        ExpPushLockDeadlock(PushLock);
    }
}

VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (!ExTryAcquirePushLockSharedEx(PushLock, Flags)) {
        ExpPushLockDeadlock(PushLock);
    }
}

VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    InterlockedExchangeAdd64((LONG64 *)PushLock, -(LONG64)EX_PUSH_LOCK_EXCLUSIVE);
}

VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    InterlockedExchangeAdd64((LONG64 *)PushLock, -(LONG64)EX_PUSH_LOCK_SHARE);
}

VOID NTAPI ExReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (*PushLock & EX_PUSH_LOCK_EXCLUSIVE) {
        ExReleasePushLockExclusiveEx(PushLock, Flags);
    } else {
        ExReleasePushLockSharedEx(PushLock, Flags);
    }
}
