// SPDX-License-Identifier: MIT
// What the kernel's most used routines take. Prints "NAME NANOSECONDS" lines; linux-basics.c has the peers'
// of the same names. Time is the wall clock's: run it with --clock real --no-checks.
#include <ntifs.h>

#define ROUNDS 200000
#define TAG    'hcnB'

static KEVENT Ping, Pong;
static KSPIN_LOCK Lock;
static KDPC Dpc;
static KTIMER Timer;
static volatile LONG DpcRuns;

static VOID Report(const char *Name, LARGE_INTEGER Start, ULONG Rounds)
{
    LARGE_INTEGER Frequency, End = KeQueryPerformanceCounter(&Frequency);
    ULONG64 Picoseconds = (ULONG64)(End.QuadPart - Start.QuadPart) * (1000000000000ULL / Frequency.QuadPart);
    ULONG64 Tenths = Picoseconds / Rounds / 100;
    DbgPrint("%s %I64u.%I64u\n", Name, Tenths / 10, Tenths % 10);
}

static VOID NTAPI Answer(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Round = 0; Round < ROUNDS / 2; Round += 1) {
        KeWaitForSingleObject(&Ping, Executive, KernelMode, FALSE, NULL);
        KeSetEvent(&Pong, IO_NO_INCREMENT, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// One round is two switches: there and back.
static NTSTATUS MeasureSwitch(VOID)
{
    HANDLE Handle;
    KeInitializeEvent(&Ping, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Pong, SynchronizationEvent, FALSE);
    NTSTATUS Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Answer, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    LARGE_INTEGER Start = KeQueryPerformanceCounter(NULL);
    for (ULONG Round = 0; Round < ROUNDS / 2; Round += 1) {
        KeSetEvent(&Ping, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&Pong, Executive, KernelMode, FALSE, NULL);
    }
    Report("context-switch", Start, ROUNDS);
    ZwWaitForSingleObject(Handle, FALSE, NULL);
    return ZwClose(Handle);
}

static VOID MeasureSpinLock(VOID)
{
    KIRQL OldIrql;
    KeInitializeSpinLock(&Lock);
    LARGE_INTEGER Start = KeQueryPerformanceCounter(NULL);
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        KeAcquireSpinLock(&Lock, &OldIrql);
        KeReleaseSpinLock(&Lock, OldIrql);
    }
    Report("lock", Start, ROUNDS);
}

static NTSTATUS MeasurePool(VOID)
{
    LARGE_INTEGER Start = KeQueryPerformanceCounter(NULL);
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG);
        if (Block == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        ExFreePoolWithTag(Block, TAG);
    }
    Report("allocate-64", Start, ROUNDS);
    return STATUS_SUCCESS;
}

static VOID NTAPI CountDpc(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    DpcRuns += 1;
}

static NTSTATUS MeasureDpc(VOID)
{
    KeInitializeDpc(&Dpc, CountDpc, NULL);
    LARGE_INTEGER Start = KeQueryPerformanceCounter(NULL);
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        KeInsertQueueDpc(&Dpc, NULL, NULL);
    }
    Report("deferred-call", Start, ROUNDS);
    return DpcRuns == ROUNDS ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static VOID MeasureTimer(VOID)
{
    LARGE_INTEGER Hour = {.QuadPart = -36000000000LL};
    KeInitializeTimer(&Timer);
    LARGE_INTEGER Start = KeQueryPerformanceCounter(NULL);
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        KeSetTimer(&Timer, Hour, &Dpc);
        KeCancelTimer(&Timer);
    }
    Report("timer", Start, ROUNDS);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = MeasureSwitch();
    MeasureSpinLock();
    if (NT_SUCCESS(Status)) {
        Status = MeasurePool();
    }
    if (NT_SUCCESS(Status)) {
        Status = MeasureDpc();
    }
    MeasureTimer();
    return Status;
}
