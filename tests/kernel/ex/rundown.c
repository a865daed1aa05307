// SPDX-License-Identifier: MIT
// Rundown protection, cache-aware or not: references, the wait for the last, refusals after it.
#include "thread.h"

static EX_RUNDOWN_REF Ref;

static void TestCounts(void)
{
    ExInitializeRundownProtection(&Ref);
    OK(ExAcquireRundownProtection(&Ref));
    OK(ExAcquireRundownProtectionEx(&Ref, 5));
    ExReleaseRundownProtectionEx(&Ref, 4);
    ExReleaseRundownProtection(&Ref);
    ExReleaseRundownProtection(&Ref);
    // Nobody is left: nothing to wait for.
    ExWaitForRundownProtectionRelease(&Ref);
    OK(!ExAcquireRundownProtection(&Ref));
    OK(!ExAcquireRundownProtectionEx(&Ref, 2));
    // Once more is no error.
    ExWaitForRundownProtectionRelease(&Ref);
    ExRundownCompleted(&Ref);
    OK(!ExAcquireRundownProtection(&Ref));
    ExWaitForRundownProtectionRelease(&Ref);
    ExReInitializeRundownProtection(&Ref);
    OK(ExAcquireRundownProtection(&Ref));
    ExReleaseRundownProtection(&Ref);
}

static void TestAtDispatch(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    OK(ExAcquireRundownProtection(&Ref));
    ExReleaseRundownProtection(&Ref);
    KeLowerIrql(OldIrql);
}

static volatile BOOLEAN Done;

static VOID NTAPI RunDown(PVOID Context)
{
    ExWaitForRundownProtectionRelease(Context);
    Done = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestWait(void)
{
    ExInitializeRundownProtection(&Ref);
    OK(ExAcquireRundownProtectionEx(&Ref, 3));
    Done = FALSE;
    PETHREAD Thread = TestStartThread(RunDown, &Ref);
    TestSleep(1);
    OK(!Done);
    OK(!ExAcquireRundownProtection(&Ref));
    ExReleaseRundownProtectionEx(&Ref, 2);
    TestSleep(1);
    OK(!Done);
    // The last release, at DISPATCH_LEVEL.
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    ExReleaseRundownProtection(&Ref);
    KeLowerIrql(OldIrql);
    TestJoinThread(Thread);
    OK(Done);
    ExRundownCompleted(&Ref);
    OK(!ExAcquireRundownProtection(&Ref));
    ExReInitializeRundownProtection(&Ref);
    OK(ExAcquireRundownProtection(&Ref));
    ExReleaseRundownProtection(&Ref);
}

static VOID NTAPI RunDownCacheAware(PVOID Context)
{
    ExWaitForRundownProtectionReleaseCacheAware(Context);
    Done = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void CheckCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE Aware)
{
    OK(ExAcquireRundownProtectionCacheAware(Aware));
    OK(ExAcquireRundownProtectionCacheAwareEx(Aware, 3));
    ExReleaseRundownProtectionCacheAwareEx(Aware, 2);
    Done = FALSE;
    PETHREAD Thread = TestStartThread(RunDownCacheAware, Aware);
    TestSleep(1);
    OK(!Done);
    OK(!ExAcquireRundownProtectionCacheAware(Aware));
    OK(!ExAcquireRundownProtectionCacheAwareEx(Aware, 2));
    ExReleaseRundownProtectionCacheAware(Aware);
    TestSleep(1);
    OK(!Done);
    ExReleaseRundownProtectionCacheAware(Aware);
    TestJoinThread(Thread);
    OK(Done);
    ExWaitForRundownProtectionReleaseCacheAware(Aware);
    ExRundownCompletedCacheAware(Aware);
    ExWaitForRundownProtectionReleaseCacheAware(Aware);
    OK(!ExAcquireRundownProtectionCacheAware(Aware));
    ExReInitializeRundownProtectionCacheAware(Aware);
    OK(ExAcquireRundownProtectionCacheAware(Aware));
    ExReleaseRundownProtectionCacheAware(Aware);
    ExWaitForRundownProtectionReleaseCacheAware(Aware);
}

static void TestCacheAware(void)
{
    PEX_RUNDOWN_REF_CACHE_AWARE Aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'nwdR');
    OK(Aware != NULL);
    if (Aware != NULL) {
        CheckCacheAware(Aware);
        ExFreeCacheAwareRundownProtection(Aware);
    }
    Aware = ExAllocateCacheAwareRundownProtection(PagedPool, 'nwdR');
    OK(Aware != NULL);
    if (Aware != NULL) {
        ExFreeCacheAwareRundownProtection(Aware);
    }
}

// In memory of the caller's own, wherever it begins.
static void TestCacheAwareInPlace(void)
{
    SIZE_T Bytes = ExSizeOfRundownProtectionCacheAware();
    for (SIZE_T Offset = 0; Offset < 64; Offset += 24) {
        PUCHAR Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, Offset + Bytes + 8, 'nwdR');
        OK(Memory != NULL);
        if (Memory != NULL) {
            RtlFillMemory(Memory, Offset + Bytes + 8, 0x5A);
            PEX_RUNDOWN_REF_CACHE_AWARE Aware = (PEX_RUNDOWN_REF_CACHE_AWARE)(Memory + Offset);
            ExInitializeRundownProtectionCacheAware(Aware, Bytes);
            CheckCacheAware(Aware);
            // Not a byte beyond what was asked for.
            for (ULONG Index = 0; Index < 8; Index += 1) {
                IS(Memory[Offset + Bytes + Index], 0x5A);
            }
            ExFreePoolWithTag(Memory, 'nwdR');
        }
    }
}

static VOID RunOn(ULONG Processor)
{
    KeSetSystemAffinityThreadEx((KAFFINITY)1 << Processor);
}

// What is acquired on one processor may be released on another: the words of both are wrong, their sum is
// not.
static void TestCacheAwareElsewhere(void)
{
    PEX_RUNDOWN_REF_CACHE_AWARE Aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'nwdR');
    ULONG Last = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) - 1;
    OK(Aware != NULL);
    if (Aware == NULL) {
        return;
    }
    RunOn(0);
    OK(ExAcquireRundownProtectionCacheAwareEx(Aware, 3));
    RunOn(Last);
    ExReleaseRundownProtectionCacheAwareEx(Aware, 2);
    OK(ExAcquireRundownProtectionCacheAware(Aware));
    RunOn(0);
    ExReleaseRundownProtectionCacheAware(Aware);
    RunOn(Last);
    ExReleaseRundownProtectionCacheAware(Aware);
    KeRevertToUserAffinityThreadEx(0);
    ExWaitForRundownProtectionReleaseCacheAware(Aware); // or it would wait for ever
    OK(!ExAcquireRundownProtectionCacheAware(Aware));
    ExFreeCacheAwareRundownProtection(Aware);
}

#define USERS 6

static struct {
    PEX_RUNDOWN_REF_CACHE_AWARE Aware;
    volatile LONG Inside, RunDown, Late, Uses;
} Shared;

// Until it is refused: in and out, now and then to another processor in between.
static VOID NTAPI Use(PVOID Context)
{
    ULONG Processors = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    for (ULONG Round = PtrToUlong(Context); ExAcquireRundownProtectionCacheAware(Shared.Aware); Round += 1) {
        InterlockedIncrement(&Shared.Inside);
        if (Shared.RunDown) {
            InterlockedIncrement(&Shared.Late);
        }
        RunOn(Round % Processors);
        if (Round % 3 == 0) {
            TestSleep(1);
        }
        InterlockedIncrement(&Shared.Uses);
        InterlockedDecrement(&Shared.Inside);
        ExReleaseRundownProtectionCacheAware(Shared.Aware);
    }
}

static void TestCacheAwareUsers(void)
{
    PETHREAD Threads[USERS];
    Shared.Aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'nwdR');
    OK(Shared.Aware != NULL);
    for (ULONG Round = 0; Shared.Aware != NULL && Round < 10; Round += 1) {
        Shared.RunDown = Shared.Uses = 0;
        for (ULONG Index = 0; Index < USERS; Index += 1) {
            Threads[Index] = TestStartThread(Use, UlongToPtr(Index));
        }
        TestSleep(5);
        ExWaitForRundownProtectionReleaseCacheAware(Shared.Aware);
        Shared.RunDown = TRUE;
        IS(Shared.Inside, 0);
        for (ULONG Index = 0; Index < USERS; Index += 1) {
            TestJoinThread(Threads[Index]);
        }
        IS(Shared.Late, 0);
        OK(Shared.Uses > 0);
        ExReInitializeRundownProtectionCacheAware(Shared.Aware);
    }
    if (Shared.Aware != NULL) {
        ExFreeCacheAwareRundownProtection(Shared.Aware);
    }
}

TEST_DRIVER(TestCounts, TestAtDispatch, TestWait, TestCacheAware, TestCacheAwareInPlace,
            TestCacheAwareElsewhere, TestCacheAwareUsers)
