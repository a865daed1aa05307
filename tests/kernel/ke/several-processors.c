// SPDX-License-Identifier: MIT
// What differs with the number of processors: true of one, shown by two.
#include "thread.h"

static ULONG Processors(VOID)
{
    return KeQueryActiveProcessorCount(NULL);
}

static volatile ULONG64 Seen; // bit n: on processor n

static VOID Note(VOID)
{
    InterlockedOr64((volatile LONG64 *)&Seen, 1LL << KeGetCurrentProcessorNumberEx(NULL));
}

static void TestSharedData(void)
{
    const KUSER_SHARED_DATA *Shared = (const KUSER_SHARED_DATA *)0xFFFFF78000000000ULL;
    IS(Shared->ActiveProcessorCount, Processors());
}

static void TestAffinityMoves(void)
{
    for (ULONG Number = 0; Number < Processors(); Number += 1) {
        KeSetSystemAffinityThreadEx(1ULL << Number);
        IS(KeGetCurrentProcessorNumberEx(NULL), Number);
        TestSleep(1);
        IS(KeGetCurrentProcessorNumberEx(NULL), Number);
    }
    KeRevertToUserAffinityThread();
}

// At DISPATCH_LEVEL the move waits.
static void TestAffinityWaitsForIrql(void)
{
    KIRQL OldIrql;
    ULONG Last = Processors() - 1;
    KeSetSystemAffinityThreadEx(1);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeSetSystemAffinityThreadEx(1ULL << Last);
    IS(KeGetCurrentProcessorNumberEx(NULL), 0);
    KeLowerIrql(OldIrql);
    IS(KeGetCurrentProcessorNumberEx(NULL), Last);
    KeRevertToUserAffinityThread();
}

static volatile LONG Arrived;

static ULONG_PTR NTAPI MeetAtIpiLevel(ULONG_PTR Count)
{
    Note();
    InterlockedIncrement(&Arrived);
    // All of them are here at the same time, or this never ends.
    while (Arrived != (LONG)Count) {
        YieldProcessor();
    }
    return KeGetCurrentIrql();
}

static void TestIpiMeetsAll(void)
{
    Seen = 0;
    for (LONG Round = 0; Round < 20; Round += 1) {
        Arrived = 0;
        if (KeIpiGenericCall(MeetAtIpiLevel, Processors()) != IPI_LEVEL) {
            IS(Round, -1);
        }
    }
    IS(Seen, KeQueryActiveProcessors());
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static KEVENT Done;

static VOID NTAPI NoteDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    *(volatile ULONG *)Context = KeGetCurrentProcessorNumberEx(NULL);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static void TestTargetedDpcs(void)
{
    KDPC Dpc;
    KeInitializeEvent(&Done, SynchronizationEvent, FALSE);
    for (ULONG Number = 0; Number < Processors(); Number += 1) {
        volatile ULONG Ran = ~0u;
        PROCESSOR_NUMBER Target = {.Number = (UCHAR)Number};
        KeInitializeDpc(&Dpc, NoteDpc, (PVOID)&Ran);
        IS(KeSetTargetProcessorDpcEx(&Dpc, &Target), STATUS_SUCCESS);
        OK(KeInsertQueueDpc(&Dpc, NULL, NULL));
        KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
        IS(Ran, Number);
        KeFlushQueuedDpcs();
    }
    PROCESSOR_NUMBER None = {.Number = (UCHAR)Processors()};
    IS(KeSetTargetProcessorDpcEx(&Dpc, &None), STATUS_INVALID_PARAMETER);
}

static KSPIN_LOCK Lock;
static volatile LONG Spinning;
static LONG Total;

static VOID NTAPI AddQueued(PVOID Context)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeSetSystemAffinityThreadEx(1ULL << (ULONG_PTR)Context);
    for (LONG Round = 0; Round < 5000; Round += 1) {
        KeAcquireInStackQueuedSpinLock(&Lock, &Handle);
        Total += 1;
        KeReleaseInStackQueuedSpinLock(&Handle);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestQueuedSpinLocks(void)
{
    PETHREAD Threads[64];
    KeInitializeSpinLock(&Lock);
    for (ULONG Number = 0; Number < Processors(); Number += 1) {
        Threads[Number] = TestStartThread(AddQueued, (PVOID)(ULONG_PTR)Number);
    }
    for (ULONG Number = 0; Number < Processors(); Number += 1) {
        TestJoinThread(Threads[Number]);
    }
    IS(Total, 5000 * Processors());
}

static VOID NTAPI StopSpinning(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeSetPriorityThread(KeGetCurrentThread(), LOW_REALTIME_PRIORITY);
    Spinning = 0;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// A loop that never calls the kernel, and a thread of the same priority that must run on the same processor.
static void TestQuantumEnds(void)
{
    KeSetSystemAffinityThreadEx(1);
    Spinning = 1;
    PETHREAD Thread = TestStartThread(StopSpinning, NULL);
    while (Spinning) {
        YieldProcessor();
    }
    KeRevertToUserAffinityThread();
    TestJoinThread(Thread);
    OK(!Spinning);
}

NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG, PULONG);

// The thread that loads drivers was made when there was one processor.
static void TestFirstThreadRunsAnywhere(void)
{
    struct {
        NTSTATUS ExitStatus;
        PVOID TebBaseAddress;
        CLIENT_ID ClientId;
        KAFFINITY AffinityMask;
        KPRIORITY Priority, BasePriority;
    } Thread;
    PROCESS_BASIC_INFORMATION Process;
    IS(ZwQueryInformationThread(NtCurrentThread(), ThreadBasicInformation, &Thread, sizeof(Thread), NULL),
       STATUS_SUCCESS);
    IS(Thread.AffinityMask, KeQueryActiveProcessors());
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &Process, sizeof(Process),
                                 NULL),
       STATUS_SUCCESS);
    IS(Process.AffinityMask, KeQueryActiveProcessors());
}

TEST_DRIVER(TestSharedData, TestFirstThreadRunsAnywhere, TestAffinityMoves, TestAffinityWaitsForIrql,
            TestIpiMeetsAll, TestTargetedDpcs, TestQueuedSpinLocks, TestQuantumEnds)
