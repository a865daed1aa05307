// SPDX-License-Identifier: MIT
// Fast mutexes: held at APC_LEVEL, or, the unsafe way, within a critical region.
#include "thread.h"

// Of no header.
NTKERNELAPI VOID FASTCALL ExEnterCriticalRegionAndAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex);
NTKERNELAPI VOID FASTCALL ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(PFAST_MUTEX FastMutex);

static FAST_MUTEX Mutex;
static volatile LONG Inside, Most, Turns;

static void TestInitialised(void)
{
    ExInitializeFastMutex(&Mutex);
    IS(Mutex.Count, 1);
    OK(Mutex.Owner == NULL);
}

static void TestAcquired(void)
{
    KIRQL OldIrql;
    ExAcquireFastMutex(&Mutex);
    IS(KeGetCurrentIrql(), APC_LEVEL);
    OK(KeAreAllApcsDisabled());
    OK(Mutex.Owner == (PVOID)KeGetCurrentThread());
    OK(!ExTryToAcquireFastMutex(&Mutex));
    IS(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&Mutex);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    OK(Mutex.Owner == NULL);
    OK(ExTryToAcquireFastMutex(&Mutex));
    IS(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&Mutex);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    // The release goes back to the IRQL of the acquisition.
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    ExAcquireFastMutex(&Mutex);
    ExReleaseFastMutex(&Mutex);
    IS(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(OldIrql);
}

static void TestNested(void)
{
    FAST_MUTEX Inner;
    ExInitializeFastMutex(&Inner);
    ExAcquireFastMutex(&Mutex);
    ExAcquireFastMutex(&Inner);
    ExReleaseFastMutex(&Inner);
    IS(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&Mutex);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void TestUnsafe(void)
{
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Mutex);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    OK(!ExTryToAcquireFastMutex(&Mutex));
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ExReleaseFastMutexUnsafe(&Mutex);
    KeLeaveCriticalRegion();
    OK(ExTryToAcquireFastMutex(&Mutex));
    ExReleaseFastMutex(&Mutex);
    ExEnterCriticalRegionAndAcquireFastMutexUnsafe(&Mutex);
    OK(KeAreApcsDisabled());
    IS(Mutex.Count, 0);
    ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(&Mutex);
    OK(!KeAreApcsDisabled());
    IS(Mutex.Count, 1);
}

static VOID NTAPI Contend(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Round = 0; Round < 20; Round += 1) {
        ExAcquireFastMutex(&Mutex);
        LONG Now = InterlockedIncrement(&Inside);
        Most = max(Most, Now);
        if (Round % 5 == 0) {
            TestSleep(1); // at APC_LEVEL a thread may wait
        }
        Turns += 1;
        InterlockedDecrement(&Inside);
        ExReleaseFastMutex(&Mutex);
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
    OK(Mutex.Contention > 0);
}

TEST_DRIVER(TestInitialised, TestAcquired, TestNested, TestUnsafe, TestContended)
