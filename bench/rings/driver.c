// SPDX-License-Identifier: MIT
// What kmode's rings take to hand over a number: prints "NAME NANOSECONDS" lines, an element, of the same
// work as the peers. Run it with --clock real --no-checks --cpus 2.
#include <ntifs.h>

#include <kmode.h>

#include "work.h"

KM_RING_DEFINE(SingleRing, ULONG64)
KM_SHARED_RING_DEFINE(SharedRing, ULONG64)

static SingleRing Single;
static SharedRing Shared;
static ULONG64 SingleSlots[RING_SLOTS];
static SharedRingSlot SharedSlots[RING_SLOTS];

#define SINGLE_PUSH(Number)      SingleRingPush(&Single, (Number))
#define SINGLE_POP(Number)       SingleRingPop(&Single, (PULONG64)(Number))
#define SHARED_PUSH(Number)      SharedRingPush(&Shared, (Number))
#define SHARED_POP(Number)       SharedRingPop(&Shared, (PULONG64)(Number))
#define SHARED_POP_ALONE(Number) SharedRingPopAlone(&Shared, (PULONG64)(Number))
RING_WORK(single, SINGLE_PUSH, SINGLE_POP)
RING_WORK(shared, SHARED_PUSH, SHARED_POP)
RING_WORK_OF_TWO(shared, SHARED_PUSH, SHARED_POP)
RING_WORK(alone, SHARED_PUSH, SHARED_POP_ALONE)

static const struct ring_measurement Measurements[] = {
    {"ring-pairs-1", single_pairs, NULL},
    {"ring-fill-1", single_fill, NULL},
    {"ring-across-2", single_produce, single_consume},
    {"shared-pairs-1", shared_pairs, NULL},
    {"shared-fill-1", shared_fill, NULL},
    {"shared-across-2", shared_produce, shared_consume},
    {"shared-each-2", shared_even, shared_odd},
    {"alone-pairs-1", alone_pairs, NULL},
    {"alone-fill-1", alone_fill, NULL},
    {"alone-across-2", alone_produce, alone_consume},
};

static volatile LONG Ready, Go;
static ring_work *Work[2];
static volatile ULONG64 Sums[2];

static void Wait(void)
{
    LARGE_INTEGER Moment = {.QuadPart = 0};

    (void)KeDelayExecutionThread(KernelMode, FALSE, &Moment);
}

static VOID NTAPI Worker(PVOID Context)
{
    ULONG Processor = (ULONG)(ULONG_PTR)Context;

    KeSetSystemAffinityThread((KAFFINITY)1 << Processor);
    InterlockedIncrement(&Ready);
    while (!Go) {
        YieldProcessor();
    }
    Sums[Processor] = Work[Processor](Wait);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS Measure(const struct ring_measurement *Measurement)
{
    ULONG Count = Measurement->second != NULL ? 2 : 1;
    HANDLE Threads[2];
    LARGE_INTEGER Frequency, Start, End;
    ULONG64 Hundredths;

    if (Count > KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS)) {
        return STATUS_SUCCESS;
    }
    Work[0] = Measurement->first;
    Work[1] = Measurement->second;
    Sums[0] = Sums[1] = 0;
    Ready = Go = 0;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        NTSTATUS Status = PsCreateSystemThread(&Threads[Index], THREAD_ALL_ACCESS, NULL, NULL, NULL, Worker,
                                               (PVOID)(ULONG_PTR)Index);

        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        // On one processor the next thread gets it only when this one waits.
        while (Count > 1 && Ready != (LONG)Index + 1) {
            Wait();
        }
    }
    Start = KeQueryPerformanceCounter(&Frequency);
    Go = 1;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        ZwWaitForSingleObject(Threads[Index], FALSE, NULL);
        ZwClose(Threads[Index]);
    }
    End = KeQueryPerformanceCounter(NULL);
    if (Sums[0] + Sums[1] != RING_SUM) {
        DbgPrint("%s: what was put in did not come out\n", Measurement->name);
        return STATUS_DATA_ERROR;
    }
    Hundredths =
        (ULONG64)(End.QuadPart - Start.QuadPart) * (100000000000ULL / Frequency.QuadPart) / RING_ROUNDS;
    DbgPrint("%s %I64u.%02I64u\n", Measurement->name, Hundredths / 100, Hundredths % 100);
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = SingleRingInit(&Single, SingleSlots, RTL_NUMBER_OF(SingleSlots));

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (NT_SUCCESS(Status)) {
        Status = SharedRingInit(&Shared, SharedSlots, RTL_NUMBER_OF(SharedSlots));
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Measurements); Index += 1) {
        Status = Measure(&Measurements[Index]);
    }
    return Status;
}
