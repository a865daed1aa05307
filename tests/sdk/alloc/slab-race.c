// SPDX-License-Identifier: MIT
// Slabs used by all processors at once: threads and DPCs allocate, hand objects to each other and free them,
// while the slab is flushed.
#include "test.h"
#include <kmode.h>

#include "shadow.h"

#define THREADS 4
#define SLOTS   512
#define ROUNDS  4000
#define BYTES   64

typedef struct OBJECT {
    ULONG64 Words[BYTES / sizeof(ULONG64)]; // its own address while somebody has it
} OBJECT;

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'rSnK');
static KM_SLAB Slab;
static PVOID volatile Slots[SLOTS];
static volatile LONG Faults, Running;

static void Mark(OBJECT *Object)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Object->Words); Index += 1) {
        Object->Words[Index] = (ULONG64)(ULONG_PTR)Object + Index;
    }
}

// Whoever takes an object out of a slot has it alone; so nobody else's mark may be in it.
static void Release(OBJECT *Object, BOOLEAN AtDpcLevel)
{
    if (Object == NULL) {
        return;
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Object->Words); Index += 1) {
        if (Object->Words[Index] != (ULONG64)(ULONG_PTR)Object + Index) {
            InterlockedIncrement(&Faults);
        }
        Object->Words[Index] = 0;
    }
    if (AtDpcLevel) {
        KmSlabFreeAtDpcLevel(&Slab, Object);
    } else {
        KmSlabFree(&Slab, Object);
    }
}

static void Exchange(ULONG64 *Random, BOOLEAN AtDpcLevel)
{
    OBJECT *Object = (OBJECT *)(AtDpcLevel ? KmSlabAllocAtDpcLevel(&Slab) : KmSlabAlloc(&Slab));

    if (Object == NULL) {
        InterlockedIncrement(&Faults);
        return;
    }
    Mark(Object);
    Release((OBJECT *)InterlockedExchangePointer(&Slots[ShadowRandom(Random, SLOTS)], Object), AtDpcLevel);
}

static VOID NTAPI Worker(PVOID Context)
{
    ULONG64 Random = (ULONG_PTR)Context * 0x9E3779B97F4A7C15ULL;

    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        Exchange(&Random, FALSE);
        // A thread that has its objects on one processor gives some back on another.
        if (Round % 100 == 0) {
            KeSetSystemAffinityThread((KAFFINITY)1 << (Round / 100 % KeQueryActiveProcessorCount(NULL)));
        }
        // Now and then everything becomes free, so that pages go back while others want new ones.
        if (Round % 256 == 255) {
            for (ULONG Index = 0; Index < SLOTS; Index += 1) {
                Release((OBJECT *)InterlockedExchangePointer(&Slots[Index], NULL), FALSE);
            }
            KmSlabFlush(&Slab);
        }
    }
    InterlockedDecrement(&Running);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static KDPC Dpc;
static KTIMER Timer;
static ULONG64 DpcRandom = 1;
static ULONG DpcRuns;

static VOID NTAPI InDpc(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    for (ULONG Round = 0; Round < 100; Round += 1) {
        Exchange(&DpcRandom, TRUE);
    }
    DpcRuns += 1;
}

static void TestRace(void)
{
    HANDLE Threads[THREADS];
    LARGE_INTEGER Moment = {.QuadPart = -10000};
    KM_SLAB_CONFIG Config;
    KM_SLAB_STATISTICS Statistics;

    KmSlabConfigInit(&Config, BYTES);
    Config.BatchObjects = 8;
    Config.ProcessorBatches = 2;
    Config.DepotBatches = 4;
    Config.EmptyPages = 1;
    IS(KmSlabInit(&Slab, &Pool, BYTES, &Config), STATUS_SUCCESS);
    KeInitializeDpc(&Dpc, InDpc, NULL);
    KeInitializeTimer(&Timer);
    KeSetTimerEx(&Timer, Moment, 1, &Dpc);
    Running = THREADS;
    for (ULONG Index = 0; Index < THREADS; Index += 1) {
        IS(PsCreateSystemThread(&Threads[Index], THREAD_ALL_ACCESS, NULL, NULL, NULL, Worker,
                                (PVOID)(ULONG_PTR)(Index + 1)),
           STATUS_SUCCESS);
    }
    for (ULONG Index = 0; Index < THREADS; Index += 1) {
        ZwWaitForSingleObject(Threads[Index], FALSE, NULL);
        ZwClose(Threads[Index]);
    }
    // The clock may not have moved while the threads computed.
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    KeCancelTimer(&Timer);
    KeFlushQueuedDpcs();
    OK(DpcRuns != 0);
    for (ULONG Index = 0; Index < SLOTS; Index += 1) {
        Release((OBJECT *)Slots[Index], FALSE);
    }
    IS(Faults, 0);
    IS(Running, 0);
    KmSlabQuery(&Slab, &Statistics);
    IS(Statistics.LiveObjects, 0);
    IS(Statistics.Allocations, THREADS * ROUNDS + DpcRuns * 100);
    IS(Statistics.Frees, Statistics.Allocations);
    OK(Statistics.PagesFreed != 0);
    IS(KmSlabDestroy(&Slab), STATUS_SUCCESS);
}

TEST_DRIVER(TestRace)
