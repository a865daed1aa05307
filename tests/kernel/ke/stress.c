// SPDX-License-Identifier: MIT
// Threads, events, mutexes, semaphores, queues, timers, DPCs, spin locks and work items, all at the same
// time: what they count together must come out right, however they are interleaved. One seed chooses one
// interleaving on one processor; on several they race.
#include "thread.h"

#define WORKERS 6
#define ROUNDS  150

static KSPIN_LOCK Lock;
static LONG Guarded[4]; // always equal, but within the lock
static FAST_MUTEX FastMutex;
static KMUTEX Mutex;
static LONG Exclusive;
static KEVENT Ping, Pong, Stop;
static KSEMAPHORE Slots;
static volatile LONG InSlots, Failures;
static KQUEUE Queue;
static volatile LONG Taken, DpcRuns, DpcInserts, TimerRuns;
static KDPC Dpcs[WORKERS];
static EX_RUNDOWN_REF Rundown;

#define CHECK(Expression)                                                                                    \
    do {                                                                                                     \
        if (!(Expression)) {                                                                                 \
            InterlockedIncrement(&Failures);                                                                 \
            DbgPrint("# failed at %s:%d: %s\n", __FILE__, __LINE__, #Expression);                            \
        }                                                                                                    \
    } while (0)

static VOID AddUnderSpinLock(VOID)
{
    KIRQL OldIrql;
    KeAcquireSpinLock(&Lock, &OldIrql);
    LONG First = Guarded[0];
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Guarded); Index += 1) {
        CHECK(Guarded[Index] == First);
        Guarded[Index] += 1;
    }
    KeReleaseSpinLock(&Lock, OldIrql);
}

static VOID NTAPI CountDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
    AddUnderSpinLock();
    InterlockedIncrement(&DpcRuns);
}

static VOID NTAPI CountTimer(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    InterlockedIncrement(&TimerRuns);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
}

// What each worker does in one round, chosen by what it has done before.
static VOID UseMutexes(VOID)
{
    ExAcquireFastMutex(&FastMutex);
    LONG Before = Exclusive;
    Exclusive = Before + 1;
    ExReleaseFastMutex(&FastMutex);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    CHECK(KeReadStateMutex(&Mutex) != 1);
    KeReleaseMutex(&Mutex, FALSE);
}

static VOID UseSemaphore(VOID)
{
    KeWaitForSingleObject(&Slots, Executive, KernelMode, FALSE, NULL);
    CHECK(InterlockedIncrement(&InSlots) <= 2);
    InterlockedDecrement(&InSlots);
    KeReleaseSemaphore(&Slots, IO_NO_INCREMENT, 1, FALSE);
}

static VOID UseTimer(ULONG Round)
{
    KTIMER Timer;
    KDPC Dpc;
    KEVENT Event;
    KeInitializeTimer(&Timer);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeInitializeDpc(&Dpc, CountTimer, &Event);
    KeSetTimer(&Timer, TestMilliseconds(1 + (LONG)(Round % 3)), &Dpc);
    if (Round % 2 == 0 && KeCancelTimer(&Timer)) {
        InterlockedIncrement(&TimerRuns);
    } else {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    // The routine may still be in KeSetEvent.
    KeFlushQueuedDpcs();
}

static VOID NTAPI Work(PVOID Context)
{
    const ULONG Number = (ULONG)(ULONG_PTR)Context;
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        AddUnderSpinLock();
        UseMutexes();
        UseSemaphore();
        if (KeInsertQueueDpc(&Dpcs[Number], NULL, NULL)) {
            InterlockedIncrement(&DpcInserts);
        }
        if (Round % 8 == 0) {
            UseTimer(Round);
        }
        if (Round % 16 == 1) {
            KeSetSystemAffinityThreadEx(1ULL << (Round / 16 % KeQueryActiveProcessorCount(NULL)));
            KeRevertToUserAffinityThread();
        }
        CHECK(ExAcquireRundownProtection(&Rundown));
        PLIST_ENTRY Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(LIST_ENTRY), 'sseT');
        CHECK(Entry != NULL);
        if (Entry != NULL) {
            KeInsertQueue(&Queue, Entry);
        }
        ExReleaseRundownProtection(&Rundown);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI TakeEntries(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (;;) {
        LARGE_INTEGER Timeout = TestMilliseconds(5);
        PLIST_ENTRY Entry = KeRemoveQueue(&Queue, KernelMode, &Timeout);
        if ((NTSTATUS)(ULONG_PTR)Entry == STATUS_TIMEOUT) {
            if (KeReadStateEvent(&Stop) != 0) {
                PsTerminateSystemThread(STATUS_SUCCESS);
            }
            continue;
        }
        ExFreePoolWithTag(Entry, 'sseT');
        InterlockedIncrement(&Taken);
    }
}

static VOID NTAPI Answer(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    PVOID Objects[] = {&Ping, &Stop};
    while (KeWaitForMultipleObjects(2, Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL) ==
           STATUS_WAIT_0) {
        KeSetEvent(&Pong, IO_NO_INCREMENT, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void PrepareObjects(void)
{
    KeInitializeSpinLock(&Lock);
    ExInitializeFastMutex(&FastMutex);
    KeInitializeMutex(&Mutex, 0);
    KeInitializeEvent(&Ping, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Pong, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    KeInitializeSemaphore(&Slots, 2, 2);
    KeInitializeQueue(&Queue, 0);
    ExInitializeRundownProtection(&Rundown);
    for (ULONG Index = 0; Index < WORKERS; Index += 1) {
        KeInitializeDpc(&Dpcs[Index], CountDpc, NULL);
        if (Index % 2 != 0) {
            KeSetTargetProcessorDpc(&Dpcs[Index], (CCHAR)(Index % KeQueryActiveProcessorCount(NULL)));
        }
    }
}

static void TestEverythingAtOnce(void)
{
    PETHREAD Workers[WORKERS], Takers[2], Answerer;
    PrepareObjects();
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Takers); Index += 1) {
        Takers[Index] = TestStartThread(TakeEntries, NULL);
    }
    Answerer = TestStartThread(Answer, NULL);
    for (ULONG Index = 0; Index < WORKERS; Index += 1) {
        Workers[Index] = TestStartThread(Work, (PVOID)(ULONG_PTR)Index);
    }
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        KeSetEvent(&Ping, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&Pong, Executive, KernelMode, FALSE, NULL);
    }
    for (ULONG Index = 0; Index < WORKERS; Index += 1) {
        TestJoinThread(Workers[Index]);
    }
    while (Taken != WORKERS * ROUNDS) {
        TestSleep(1);
    }
    KeSetEvent(&Stop, IO_NO_INCREMENT, FALSE);
    TestJoinThread(Answerer);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Takers); Index += 1) {
        TestJoinThread(Takers[Index]);
    }
    KeFlushQueuedDpcs();
    ExWaitForRundownProtectionRelease(&Rundown);
    IS(Failures, 0);
    IS(DpcRuns, DpcInserts);
    IS(Guarded[0], WORKERS * ROUNDS + DpcRuns);
    IS(Exclusive, WORKERS * ROUNDS);
    IS(TimerRuns, WORKERS * ((ROUNDS + 7) / 8));
    OK(KeRundownQueue(&Queue) == NULL);
}

TEST_DRIVER(TestEverythingAtOnce)
