// SPDX-License-Identifier: MIT
// Push locks: by the documented routines where they are, else by those that older systems have beneath.
#include <kmode.h>
#include "runtime/system-routine.h"

typedef VOID(FASTCALL *KMP_PUSH_LOCK_ROUTINE)(PULONG_PTR Lock);
typedef VOID(NTAPI *KMP_PUSH_LOCK_ROUTINE_EX)(PULONG_PTR Lock, ULONG Flags);

typedef enum KMP_PUSH_LOCK_OPERATION {
    AcquireShared,
    AcquireExclusive,
    ReleaseShared,
    ReleaseExclusive,
    Operations
} KMP_PUSH_LOCK_OPERATION;

static KMP_SYSTEM_ROUTINE Documented[Operations] = {
    KMP_SYSTEM_ROUTINE_INIT(L"ExAcquirePushLockSharedEx"),
    KMP_SYSTEM_ROUTINE_INIT(L"ExAcquirePushLockExclusiveEx"),
    KMP_SYSTEM_ROUTINE_INIT(L"ExReleasePushLockSharedEx"),
    KMP_SYSTEM_ROUTINE_INIT(L"ExReleasePushLockExclusiveEx"),
};

static KMP_SYSTEM_ROUTINE Beneath[Operations] = {
    KMP_SYSTEM_ROUTINE_INIT(L"ExfAcquirePushLockShared"),
    KMP_SYSTEM_ROUTINE_INIT(L"ExfAcquirePushLockExclusive"),
    KMP_SYSTEM_ROUTINE_INIT(L"ExfReleasePushLockShared"),
    KMP_SYSTEM_ROUTINE_INIT(L"ExfReleasePushLockExclusive"),
};

static BOOLEAN HasAll(KMP_SYSTEM_ROUTINE *Routines)
{
    BOOLEAN All = TRUE;

    // Each is looked for, so that no use, at whatever IRQL, is the first search.
    for (ULONG Index = 0; Index < Operations; Index += 1) {
        All = (BOOLEAN)(KmpFindSystemRoutine(&Routines[Index]) != NULL && All);
    }
    return All;
}

NTSTATUS NTAPI KmPushLockInitialize(PKM_PUSH_LOCK Lock)
{
    Lock->Value = 0;
    return HasAll(Documented) || HasAll(Beneath) ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

static VOID Operate(PVOID Lock, KMP_PUSH_LOCK_OPERATION Operation)
{
    KMP_PUSH_LOCK_ROUTINE_EX Routine =
        (KMP_PUSH_LOCK_ROUTINE_EX)(ULONG_PTR)KmpFindSystemRoutine(&Documented[Operation]);

    if (Routine != NULL) {
        Routine((PULONG_PTR)Lock, 0);
    } else {
        ((KMP_PUSH_LOCK_ROUTINE)(ULONG_PTR)KmpFindSystemRoutine(&Beneath[Operation]))((PULONG_PTR)Lock);
    }
}

static VOID NTAPI EndShared(PKM_GUARD Guard)
{
    Operate(Guard->Object, ReleaseShared);
    KeLeaveCriticalRegion();
}

static VOID NTAPI EndExclusive(PKM_GUARD Guard)
{
    Operate(Guard->Object, ReleaseExclusive);
    KeLeaveCriticalRegion();
}

VOID NTAPI KmGuardPushLockShared(PKM_GUARD Guard, PKM_PUSH_LOCK Lock)
{
    KeEnterCriticalRegion();
    Operate(Lock, AcquireShared);
    Guard->Object = Lock;
    Guard->End = EndShared;
}

VOID NTAPI KmGuardPushLockExclusive(PKM_GUARD Guard, PKM_PUSH_LOCK Lock)
{
    KeEnterCriticalRegion();
    Operate(Lock, AcquireExclusive);
    Guard->Object = Lock;
    Guard->End = EndExclusive;
}
