// SPDX-License-Identifier: MIT
// Each guard of a lock: what it holds, what it restores, what others see meanwhile.
#include "test.h"
#include <kmode.h>

static NTSTATUS RunInThread(PKSTART_ROUTINE Routine, PVOID Context)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Routine, Context);
    if (NT_SUCCESS(Status)) {
        ZwWaitForSingleObject(Handle, FALSE, NULL);
        ZwClose(Handle);
    }
    return Status;
}

typedef VOID(NTAPI *PGUARD_SPIN_LOCK)(PKM_GUARD Guard, PKSPIN_LOCK Lock);

static void TestOneSpinLock(PGUARD_SPIN_LOCK Begin, BOOLEAN AtDpc)
{
    KSPIN_LOCK Lock;
    KM_GUARD Guard = KmGuardEmpty();
    KIRQL OldIrql = 0, Irql;

    KeInitializeSpinLock(&Lock);
    for (ULONG Round = 0; Round < 2; Round += 1) {
        if (AtDpc) {
            KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
        }
        Begin(&Guard, &Lock);
        Irql = KeGetCurrentIrql();
        BOOLEAN Free = KeTestSpinLock(&Lock);
        KmGuardEnd(&Guard);
        BOOLEAN FreeLater = KeTestSpinLock(&Lock);
        KIRQL IrqlLater = KeGetCurrentIrql();
        if (AtDpc) {
            KeLowerIrql(OldIrql);
        }
        IS(Irql, DISPATCH_LEVEL);
        OK(!Free && FreeLater);
        IS(IrqlLater, AtDpc ? DISPATCH_LEVEL : PASSIVE_LEVEL);
    }
}

static void TestSpinLocks(void)
{
    TestOneSpinLock(KmGuardSpinLock, FALSE);
    TestOneSpinLock(KmGuardSpinLockAtDpc, TRUE);
    TestOneSpinLock(KmGuardQueuedSpinLock, FALSE);
    TestOneSpinLock(KmGuardQueuedSpinLockAtDpc, TRUE);
}

static void TestTrySpinLock(void)
{
    KSPIN_LOCK Lock;
    KM_GUARD Irql = KmGuardEmpty(), First = KmGuardEmpty(), Second = KmGuardEmpty();
    BOOLEAN Got, GotAgain;

    KeInitializeSpinLock(&Lock);
    KmGuardIrql(&Irql, DISPATCH_LEVEL);
    Got = KmGuardTrySpinLockAtDpc(&First, &Lock);
    KmGuardEnd(&First);
    GotAgain = KmGuardTrySpinLockAtDpc(&Second, &Lock);
    KmGuardEnd(&Second);
    KmGuardEnd(&Irql);
    OK(Got && GotAgain);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static KM_SHARED_SPIN_LOCK SharedLock;

static void TestSharedSpinLock(void)
{
    KM_GUARD First = KmGuardEmpty(), Second = KmGuardEmpty();
    BOOLEAN Upgraded, Refused;
    KIRQL Irql;

    KmGuardSpinLockShared(&First, &SharedLock);
    KmGuardSpinLockExclusive(&Second, &(KM_SHARED_SPIN_LOCK){0});
    KmGuardEnd(&Second);
    Upgraded = KmGuardSpinLockUpgrade(&First);
    Irql = KeGetCurrentIrql();
    KmGuardEnd(&First);
    OK(Upgraded);
    IS(Irql, DISPATCH_LEVEL);
    IS(SharedLock, 0);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);

    // A second sharer, as another processor would be.
    SharedLock = 1;
    KmGuardSpinLockShared(&First, &SharedLock);
    Refused = !KmGuardSpinLockUpgrade(&First);
    KmGuardEnd(&First);
    OK(Refused);
    IS(SharedLock, 1);
    SharedLock = 0;
    KmGuardSpinLockExclusive(&First, &SharedLock);
    OK(KmGuardHolds(&First));
    KmGuardEnd(&First);
    IS(SharedLock, 0);
}

typedef struct FAST_MUTEX_TEST {
    FAST_MUTEX Mutex;
    KEVENT Held, Release;
} FAST_MUTEX_TEST;

static VOID NTAPI HoldFastMutex(PVOID Context)
{
    FAST_MUTEX_TEST *Test = (FAST_MUTEX_TEST *)Context;

    KM_SCOPE {
        KmScoped(FastMutex, &Test->Mutex);
        KeSetEvent(&Test->Held, IO_NO_INCREMENT, FALSE);
        (void)KmWait(&Test->Release, KM_WAIT_FOREVER);
    }
    KM_SCOPE_END
}

static VOID NTAPI TryFastMutex(PVOID Context)
{
    KM_GUARD Guard = KmGuardEmpty();

    *(PBOOLEAN)((PVOID *)Context)[1] = KmGuardTryFastMutex(&Guard, (PFAST_MUTEX)((PVOID *)Context)[0]);
    OK(KmGuardHolds(&Guard) == *(PBOOLEAN)((PVOID *)Context)[1]);
    KmGuardEnd(&Guard);
}

static void TestFastMutex(void)
{
    FAST_MUTEX Mutex;
    KM_GUARD Guard = KmGuardEmpty();
    BOOLEAN Got = TRUE;
    PVOID Context[2] = {&Mutex, &Got};

    ExInitializeFastMutex(&Mutex);
    KmGuardFastMutex(&Guard, &Mutex);
    IS(KeGetCurrentIrql(), APC_LEVEL);
    KmGuardEnd(&Guard);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(RunInThread(TryFastMutex, Context), STATUS_SUCCESS);
    OK(Got);

    FAST_MUTEX_TEST Test;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    ExInitializeFastMutex(&Test.Mutex);
    KeInitializeEvent(&Test.Held, NotificationEvent, FALSE);
    KeInitializeEvent(&Test.Release, NotificationEvent, FALSE);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, HoldFastMutex, &Test),
       STATUS_SUCCESS);
    IS(KmWait(&Test.Held, KM_WAIT_FOREVER), STATUS_SUCCESS);
    OK(!KmGuardTryFastMutex(&Guard, &Test.Mutex));
    OK(!KmGuardHolds(&Guard));
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeSetEvent(&Test.Release, IO_NO_INCREMENT, FALSE);
    ZwWaitForSingleObject(Handle, FALSE, NULL);
    ZwClose(Handle);
}

static void TestGuardedMutex(void)
{
    KGUARDED_MUTEX Mutex;
    KM_GUARD Guard = KmGuardEmpty();

    KeInitializeGuardedMutex(&Mutex);
    KmGuardGuardedMutex(&Guard, &Mutex);
    OK(KeAreAllApcsDisabled());
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KmGuardEnd(&Guard);
    OK(!KeAreAllApcsDisabled());
    OK(KmGuardTryGuardedMutex(&Guard, &Mutex));
    OK(KeAreAllApcsDisabled());
    KmGuardEnd(&Guard);
    OK(!KeAreAllApcsDisabled());
}

typedef struct MUTEX_TEST {
    KMUTEX Mutex;
    KEVENT Held, Release;
    NTSTATUS Status;
} MUTEX_TEST;

static VOID NTAPI HoldMutex(PVOID Context)
{
    MUTEX_TEST *Test = (MUTEX_TEST *)Context;
    KM_GUARD Guard = KmGuardEmpty();

    Test->Status = KmGuardMutex(&Guard, &Test->Mutex, KM_WAIT_FOREVER);
    KeSetEvent(&Test->Held, IO_NO_INCREMENT, FALSE);
    (void)KmWait(&Test->Release, KM_WAIT_FOREVER);
    KmGuardEnd(&Guard);
}

static void TestMutex(void)
{
    MUTEX_TEST Test;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    KM_GUARD First = KmGuardEmpty(), Second = KmGuardEmpty();

    KeInitializeMutex(&Test.Mutex, 0);
    KeInitializeEvent(&Test.Held, NotificationEvent, FALSE);
    KeInitializeEvent(&Test.Release, NotificationEvent, FALSE);
    IS(KmGuardMutex(&First, &Test.Mutex, 0), STATUS_SUCCESS);
    IS(KmGuardMutex(&Second, &Test.Mutex, 0), STATUS_SUCCESS);
    KmGuardEnd(&Second);
    IS(KeReadStateMutex(&Test.Mutex), 0);
    KmGuardEnd(&First);
    IS(KeReadStateMutex(&Test.Mutex), 1);

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, HoldMutex, &Test),
       STATUS_SUCCESS);
    IS(KmWait(&Test.Held, KM_WAIT_FOREVER), STATUS_SUCCESS);
    IS(Test.Status, STATUS_SUCCESS);
    IS(KmGuardMutex(&First, &Test.Mutex, 0), STATUS_TIMEOUT);
    OK(!KmGuardHolds(&First));
    IS(KmGuardMutex(&First, &Test.Mutex, 20), STATUS_TIMEOUT);
    KeSetEvent(&Test.Release, IO_NO_INCREMENT, FALSE);
    IS(KmGuardMutex(&First, &Test.Mutex, KM_WAIT_FOREVER), STATUS_SUCCESS);
    KmGuardEnd(&First);
    ZwWaitForSingleObject(Handle, FALSE, NULL);
    ZwClose(Handle);
}

static VOID NTAPI AbandonMutex(PVOID Context)
{
    MUTEX_TEST *Test = (MUTEX_TEST *)Context;
    KM_GUARD Guard = KmGuardEmpty();

    Test->Status = KmGuardMutex(&Guard, &Test->Mutex, KM_WAIT_FOREVER);
    // The guard is lost with its thread.
}

static NTSTATUS Abandon(MUTEX_TEST *Test)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Test->Status =
        PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, AbandonMutex, Test);
    if (NT_SUCCESS(Test->Status)) {
        ZwWaitForSingleObject(Handle, FALSE, NULL);
        ZwClose(Handle);
    }
    return Test->Status;
}

// A mutant, as programs have them: its owner may end. The end of a KeInitializeMutex's is a bug check.
static void TestAbandonedMutex(void)
{
    MUTEX_TEST Test;
    KM_GUARD First = KmGuardEmpty(), Second = KmGuardEmpty();

    KeInitializeMutant(&Test.Mutex, FALSE);
    IS(Abandon(&Test), STATUS_SUCCESS);
    // Whoever is next is told, and holds it as anybody does.
    IS(KmGuardMutex(&First, &Test.Mutex, KM_WAIT_FOREVER), STATUS_ABANDONED);
    OK(KmGuardHolds(&First));
    IS(KeReadStateMutex(&Test.Mutex), 0);
    IS(KmGuardMutex(&Second, &Test.Mutex, 0), STATUS_SUCCESS);
    KmGuardEnd(&Second);
    IS(KeReadStateMutex(&Test.Mutex), 0);
    KmGuardEnd(&First);
    IS(KeReadStateMutex(&Test.Mutex), 1);
    OK(!KmGuardHolds(&First));
    // Told once; and again if it happens again, to one who does not wait, or for a time.
    IS(KmGuardMutex(&First, &Test.Mutex, 0), STATUS_SUCCESS);
    KmGuardEnd(&First);
    IS(Abandon(&Test), STATUS_SUCCESS);
    IS(KmGuardMutex(&First, &Test.Mutex, 0), STATUS_ABANDONED);
    KmGuardEnd(&First);
    IS(Abandon(&Test), STATUS_SUCCESS);
    IS(KmGuardMutex(&First, &Test.Mutex, 50), STATUS_ABANDONED);
    KmGuardEnd(&First);
    IS(KeReadStateMutex(&Test.Mutex), 1);
}

typedef struct RESOURCE_TEST {
    ERESOURCE Resource;
    BOOLEAN Shared, Exclusive;
    KEVENT Held, Release;
} RESOURCE_TEST;

static VOID NTAPI HoldResource(PVOID Context)
{
    RESOURCE_TEST *Test = (RESOURCE_TEST *)Context;

    KM_SCOPE {
        KmScoped(ResourceExclusive, &Test->Resource);
        KeSetEvent(&Test->Held, IO_NO_INCREMENT, FALSE);
        (void)KmWait(&Test->Release, KM_WAIT_FOREVER);
    }
    KM_SCOPE_END
}

static VOID NTAPI TryResource(PVOID Context)
{
    RESOURCE_TEST *Test = (RESOURCE_TEST *)Context;
    KM_GUARD Guard = KmGuardEmpty();

    Test->Shared = KmGuardTryResourceShared(&Guard, &Test->Resource);
    OK(KmGuardHolds(&Guard) == Test->Shared);
    KmGuardEnd(&Guard);
    Test->Exclusive = KmGuardTryResourceExclusive(&Guard, &Test->Resource);
    OK(KmGuardHolds(&Guard) == Test->Exclusive);
    KmGuardEnd(&Guard);
}

static void TestResource(void)
{
    RESOURCE_TEST Test;
    KM_GUARD Guard = KmGuardEmpty();

    IS(ExInitializeResourceLite(&Test.Resource), STATUS_SUCCESS);
    KmGuardResourceShared(&Guard, &Test.Resource);
    OK(KeAreApcsDisabled());
    OK(ExIsResourceAcquiredSharedLite(&Test.Resource) == 1 &&
       !ExIsResourceAcquiredExclusiveLite(&Test.Resource));
    IS(RunInThread(TryResource, &Test), STATUS_SUCCESS);
    OK(Test.Shared && !Test.Exclusive);
    KmGuardEnd(&Guard);
    OK(!KeAreApcsDisabled());

    KmGuardResourceExclusive(&Guard, &Test.Resource);
    OK(ExIsResourceAcquiredExclusiveLite(&Test.Resource));
    IS(RunInThread(TryResource, &Test), STATUS_SUCCESS);
    OK(!Test.Shared && !Test.Exclusive);
    KmGuardEnd(&Guard);
    OK(!ExIsResourceAcquiredExclusiveLite(&Test.Resource));
    IS(RunInThread(TryResource, &Test), STATUS_SUCCESS);
    OK(Test.Shared && Test.Exclusive);

    // What it answers while another holds it leaves no region entered.
    HANDLE Handle;
    OBJECT_ATTRIBUTES Attributes;
    KeInitializeEvent(&Test.Held, NotificationEvent, FALSE);
    KeInitializeEvent(&Test.Release, NotificationEvent, FALSE);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, HoldResource, &Test),
       STATUS_SUCCESS);
    IS(KmWait(&Test.Held, KM_WAIT_FOREVER), STATUS_SUCCESS);
    OK(!KmGuardTryResourceShared(&Guard, &Test.Resource));
    OK(!KeAreApcsDisabled() && !KmGuardHolds(&Guard));
    OK(!KmGuardTryResourceExclusive(&Guard, &Test.Resource));
    OK(!KeAreApcsDisabled() && !KmGuardHolds(&Guard));
    KeSetEvent(&Test.Release, IO_NO_INCREMENT, FALSE);
    ZwWaitForSingleObject(Handle, FALSE, NULL);
    ZwClose(Handle);
    IS(ExDeleteResourceLite(&Test.Resource), STATUS_SUCCESS);
}

typedef struct PUSH_LOCK_TEST {
    KM_PUSH_LOCK Lock;
    LONG Value, Seen;
} PUSH_LOCK_TEST;

static VOID NTAPI ChangeUnderPushLock(PVOID Context)
{
    PUSH_LOCK_TEST *Test = (PUSH_LOCK_TEST *)Context;
    KM_GUARD Guard = KmGuardEmpty();

    for (ULONG Round = 0; Round < 100; Round += 1) {
        KmGuardPushLockExclusive(&Guard, &Test->Lock);
        Test->Value += 1;
        KmGuardEnd(&Guard);
        KmGuardPushLockShared(&Guard, &Test->Lock);
        Test->Seen = Test->Value;
        KmGuardEnd(&Guard);
    }
}

static void TestPushLock(void)
{
    static PUSH_LOCK_TEST Test;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handles[2];
    KM_GUARD First = KmGuardEmpty(), Second = KmGuardEmpty();

    Test.Lock.Value = 1;
    IS(KmPushLockInitialize(&Test.Lock), STATUS_SUCCESS);
    IS(Test.Lock.Value, 0);
    KmGuardPushLockShared(&First, &Test.Lock);
    OK(KeAreApcsDisabled());
    OK(Test.Lock.Value != 0);
    KmGuardEnd(&First);
    OK(!KeAreApcsDisabled());
    IS(Test.Lock.Value, 0);
    KmGuardPushLockExclusive(&Second, &Test.Lock);
    OK(Test.Lock.Value != 0);
    KmGuardEnd(&Second);
    IS(Test.Lock.Value, 0);

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    for (ULONG Index = 0; Index < 2; Index += 1) {
        IS(PsCreateSystemThread(&Handles[Index], THREAD_ALL_ACCESS, &Attributes, NULL, NULL,
                                ChangeUnderPushLock, &Test),
           STATUS_SUCCESS);
    }
    for (ULONG Index = 0; Index < 2; Index += 1) {
        ZwWaitForSingleObject(Handles[Index], FALSE, NULL);
        ZwClose(Handles[Index]);
    }
    IS(Test.Value, 200);
}

static void TestRundown(void)
{
    EX_RUNDOWN_REF Rundown;
    KM_GUARD Guard = KmGuardEmpty();

    ExInitializeRundownProtection(&Rundown);
    OK(KmGuardRundown(&Guard, &Rundown));
    OK(KmGuardHolds(&Guard));
    KmGuardEnd(&Guard);
    ExWaitForRundownProtectionRelease(&Rundown);
    OK(!KmGuardRundown(&Guard, &Rundown));
    OK(!KmGuardHolds(&Guard));
    KmGuardEnd(&Guard);
}

static void TestIrqlAndRegions(void)
{
    KM_GUARD Guard = KmGuardEmpty(), Inner = KmGuardEmpty();

    KmGuardIrql(&Guard, APC_LEVEL);
    IS(KeGetCurrentIrql(), APC_LEVEL);
    KmGuardIrql(&Inner, DISPATCH_LEVEL);
    KIRQL Irql = KeGetCurrentIrql();
    KmGuardEnd(&Inner);
    IS(Irql, DISPATCH_LEVEL);
    KmGuardEnd(&Guard);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KmGuardCriticalRegion(&Guard);
    OK(KeAreApcsDisabled() && !KeAreAllApcsDisabled());
    KmGuardGuardedRegion(&Inner);
    OK(KeAreAllApcsDisabled());
    KmGuardEnd(&Inner);
    KmGuardEnd(&Guard);
    OK(!KeAreApcsDisabled());
}

TEST_DRIVER(TestSpinLocks, TestTrySpinLock, TestSharedSpinLock, TestFastMutex, TestGuardedMutex, TestMutex,
            TestAbandonedMutex, TestResource, TestPushLock, TestRundown, TestIrqlAndRegions)
