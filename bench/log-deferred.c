// SPDX-License-Identifier: MIT
// What a call of the deferred log takes in a driver, into a ring of RING_FLAGS. Prints "NAME NANOSECONDS"
// lines; run it with --clock real --no-checks.
#include <kmode.h>

#include "log-measure.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'glnB');
static struct measurement Result;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

static ULONG64 CounterFrequency(VOID)
{
    LARGE_INTEGER Frequency, Start = KeQueryPerformanceCounter(&Frequency), End;
    const ULONG64 StartTicks = ticks_now();

    do {
        End = KeQueryPerformanceCounter(NULL);
    } while (End.QuadPart - Start.QuadPart < Frequency.QuadPart / 20);
    return (ticks_now() - StartTicks) * (ULONG64)Frequency.QuadPart /
           (ULONG64)(End.QuadPart - Start.QuadPart);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KM_LOG_RING_STATISTICS Statistics;
    PKM_LOG_RING Ring;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    // As many bytes as NanoLog's buffer has.
    Status = KmLogRingCreate(&NonPaged, 1 << 20, RING_FLAGS, &Ring);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KmLogDeferredStart(Ring, KmLevelInfo);
    MEASURE(&Result, KmInfoDeferred("request %p of %lu bytes took %d us", DriverObject, (ULONG)i_, burst_),
            KmDebugDeferred("request %p of %lu bytes took %d us", DriverObject, (ULONG)i_, 0), (void)0);
    KmLogDeferredStop();
    REPORT(DbgPrint, &Result, CounterFrequency());
    KmLogRingQuery(Ring, &Statistics);
    KmLogRingDelete(Ring);
    return Statistics.Written == 2 * BURST * BURSTS && Statistics.Dropped == 0 ? STATUS_SUCCESS
                                                                               : STATUS_UNSUCCESSFUL;
}
