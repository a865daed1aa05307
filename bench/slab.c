// SPDX-License-Identifier: MIT
// What a slab takes to allocate and free 64 bytes. Prints "NAME NANOSECONDS" lines, per allocation and free;
// malloc.c has the peers' of the same names. Run it with --clock real --no-checks.
#include <ntifs.h>

#include <kmode.h>

#define ROUNDS     2000000
#define BATCH      1000
#define BYTES      64
#define RING       4096 // a power of two
#define RING_BATCH 64   // objects between two publications of a ring's index

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'hcnB');
static KM_SLAB Slab;
static KAFFINITY Processors;
static volatile LONG Ready, Go, Failed;

typedef VOID WORK(ULONG Processor);

static VOID Touch(PVOID Object)
{
    *(volatile ULONG *)Object = 1;
}

static VOID Pairs(ULONG Processor)
{
    UNREFERENCED_PARAMETER(Processor);
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        PVOID Object = KmSlabAlloc(&Slab);
        if (Object == NULL) {
            Failed = 1;
            return;
        }
        Touch(Object);
        KmSlabFree(&Slab, Object);
    }
}

static VOID PairsAtDpcLevel(ULONG Processor)
{
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();
    UNREFERENCED_PARAMETER(Processor);
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        PVOID Object = KmSlabAllocAtDpcLevel(&Slab);
        if (Object == NULL) {
            Failed = 1;
            break;
        }
        Touch(Object);
        KmSlabFreeAtDpcLevel(&Slab, Object);
    }
    KeLowerIrql(OldIrql);
}

static PVOID Objects[2][BATCH];

static VOID Batches(ULONG Processor)
{
    PVOID *Mine = Objects[Processor];
    for (ULONG Round = 0; Round < ROUNDS / BATCH; Round += 1) {
        for (ULONG Index = 0; Index < BATCH; Index += 1) {
            Mine[Index] = KmSlabAlloc(&Slab);
            if (Mine[Index] == NULL) {
                Failed = 1;
                return;
            }
            Touch(Mine[Index]);
        }
        for (ULONG Index = 0; Index < BATCH; Index += 1) {
            KmSlabFree(&Slab, Mine[Index]);
        }
    }
}

static VOID BatchesAtDpcLevel(ULONG Processor)
{
    PVOID *Mine = Objects[Processor];
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();
    for (ULONG Round = 0; Round < ROUNDS / BATCH && !Failed; Round += 1) {
        for (ULONG Index = 0; Index < BATCH; Index += 1) {
            Mine[Index] = KmSlabAllocAtDpcLevel(&Slab);
            if (Mine[Index] == NULL) {
                Failed = 1;
                break;
            }
            Touch(Mine[Index]);
        }
        for (ULONG Index = 0; Index < BATCH; Index += 1) {
            KmSlabFreeAtDpcLevel(&Slab, Mine[Index]);
        }
    }
    KeLowerIrql(OldIrql);
}

static VOID BatchesAtOnce(ULONG Processor)
{
    PVOID *Mine = Objects[Processor];
    for (ULONG Round = 0; Round < ROUNDS / BATCH && !Failed; Round += 1) {
        ULONG Count = KmSlabAllocBatch(&Slab, Mine, BATCH);
        for (ULONG Index = 0; Index < Count; Index += 1) {
            Touch(Mine[Index]);
        }
        KmSlabFreeBatch(&Slab, Mine, Count);
        if (Count != BATCH) {
            Failed = 1;
        }
    }
}

// One processor allocates, the other frees.
static PVOID volatile Ring[RING];
static __declspec(align(128)) volatile LONG64 Written;
static __declspec(align(128)) volatile LONG64 Read;

static VOID Cross(ULONG Processor)
{
    if (Processor == 0) {
        for (LONG64 Index = 0; Index < ROUNDS; Index += 1) {
            PVOID Object = KmSlabAlloc(&Slab);
            if (Object == NULL) {
                Failed = 1;
            } else {
                Touch(Object);
            }
            while (Index - Read >= RING) {
                YieldProcessor();
            }
            Ring[Index % RING] = Object;
            if ((Index + 1) % RING_BATCH == 0) {
                Written = Index + 1;
            }
        }
        return;
    }
    for (LONG64 Index = 0; Index < ROUNDS; Index += 1) {
        while (Index >= Written) {
            YieldProcessor();
        }
        KmSlabFree(&Slab, Ring[Index % RING]);
        if ((Index + 1) % RING_BATCH == 0) {
            Read = Index + 1;
        }
    }
}

static WORK *Work;

static VOID NTAPI Worker(PVOID Context)
{
    ULONG Processor = (ULONG)(ULONG_PTR)Context;
    KeSetSystemAffinityThread((KAFFINITY)1 << Processor);
    InterlockedIncrement(&Ready);
    while (!Go) {
        YieldProcessor();
    }
    Work(Processor);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS Measure(const char *Name, WORK *What, ULONG Count)
{
    HANDLE Threads[2];
    LARGE_INTEGER Frequency, Start, End;
    ULONG64 Hundredths;

    Work = What;
    Ready = Go = 0;
    Written = Read = 0;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        NTSTATUS Status = PsCreateSystemThread(&Threads[Index], THREAD_ALL_ACCESS, NULL, NULL, NULL, Worker,
                                               (PVOID)(ULONG_PTR)Index);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        // On one processor the next thread gets it only when this one waits.
        while (Count > 1 && Ready != (LONG)Index + 1) {
            LARGE_INTEGER Moment = {.QuadPart = -1000};
            KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        }
    }
    Start = KeQueryPerformanceCounter(&Frequency);
    Go = 1;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        ZwWaitForSingleObject(Threads[Index], FALSE, NULL);
        ZwClose(Threads[Index]);
    }
    End = KeQueryPerformanceCounter(NULL);
    Hundredths = (ULONG64)(End.QuadPart - Start.QuadPart) * (100000000000ULL / Frequency.QuadPart) / ROUNDS;
    DbgPrint("%s %I64u.%02I64u\n", Name, Hundredths / 100, Hundredths % 100);
    return Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const struct {
        const char *Name;
        WORK *Work;
        ULONG Processors;
    } Measurements[] = {{"pairs-1", Pairs, 1},
                        {"batches-1", Batches, 1},
                        {"dpc-pairs-1", PairsAtDpcLevel, 1},
                        {"dpc-batches-1", BatchesAtDpcLevel, 1},
                        {"once-batches-1", BatchesAtOnce, 1},
                        {"once-batches-2", BatchesAtOnce, 2},
                        {"pairs-2", Pairs, 2},
                        {"batches-2", Batches, 2},
                        {"dpc-pairs-2", PairsAtDpcLevel, 2},
                        {"dpc-batches-2", BatchesAtDpcLevel, 2},
                        {"cross-2", Cross, 2}};
    NTSTATUS Status = KmSlabInit(&Slab, &Pool, BYTES, NULL);

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    Processors = KeQueryActiveProcessors();
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Measurements); Index += 1) {
        if ((Processors >> (Measurements[Index].Processors - 1)) != 0) {
            Status =
                Measure(Measurements[Index].Name, Measurements[Index].Work, Measurements[Index].Processors);
        }
    }
    if (NT_SUCCESS(Status)) {
        Status = KmSlabDestroy(&Slab);
    }
    return Status;
}
