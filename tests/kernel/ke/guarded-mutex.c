// SPDX-License-Identifier: MIT
// Guarded mutexes: all kernel APCs are held back, and others wait.
#include "../thread.h"

static KGUARDED_MUTEX Mutex;
static volatile LONG Inside, Most, Turns;

static void TestInitialised(void)
{
    KeInitializeGuardedMutex(&Mutex);
    IS(Mutex.Count, 1);
    OK(Mutex.Owner == NULL);
}

static void TestAcquired(void)
{
    OK(!KeAreAllApcsDisabled());
    KeAcquireGuardedMutex(&Mutex);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL); // unlike a fast mutex
    OK(KeAreAllApcsDisabled());
    OK(Mutex.Owner == (PVOID)KeGetCurrentThread());
    OK(!KeTryToAcquireGuardedMutex(&Mutex));
    OK(KeAreAllApcsDisabled());
    KeReleaseGuardedMutex(&Mutex);
    OK(!KeAreAllApcsDisabled());
    OK(Mutex.Owner == NULL);
    OK(KeTryToAcquireGuardedMutex(&Mutex));
    OK(KeAreAllApcsDisabled());
    KeReleaseGuardedMutex(&Mutex);
}

// The caller has entered a guarded region, or is at APC_LEVEL, by itself.
static void TestUnsafe(void)
{
    KIRQL OldIrql;
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(&Mutex);
    OK(!KeTryToAcquireGuardedMutex(&Mutex));
    KeReleaseGuardedMutexUnsafe(&Mutex);
    OK(KeAreAllApcsDisabled());
    KeLeaveGuardedRegion();
    OK(!KeAreAllApcsDisabled());
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    KeAcquireGuardedMutexUnsafe(&Mutex);
    IS(KeGetCurrentIrql(), APC_LEVEL);
    KeReleaseGuardedMutexUnsafe(&Mutex);
    KeLowerIrql(OldIrql);
}

static VOID NTAPI Contend(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Round = 0; Round < 20; Round += 1) {
        KeAcquireGuardedMutex(&Mutex);
        LONG Now = InterlockedIncrement(&Inside);
        Most = max(Most, Now);
        if (Round % 5 == 0) {
            TestSleep(1);
        }
        Turns += 1;
        InterlockedDecrement(&Inside);
        KeReleaseGuardedMutex(&Mutex);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestContended(void)
{
    PETHREAD Threads[4];
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index += 1) {
        Threads[Index] = TestStartThread(Contend, NULL);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index += 1) {
        TestJoinThread(Threads[Index]);
    }
    IS(Most, 1);
    IS(Turns, 80);
}

TEST_DRIVER(TestInitialised, TestAcquired, TestUnsafe, TestContended)
