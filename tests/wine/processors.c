// SPDX-License-Identifier: MIT
// A thread that goes to each processor: under Wine too.
#include <kmode.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

typedef struct VISITS {
    ULONG64 Seen; // a bit each
    BOOLEAN Elsewhere;
} VISITS;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

static KM_PROCESSOR_ROUTINE Visit;
static VOID NTAPI Visit(ULONG Processor, PVOID Context)
{
    VISITS *Visits = (VISITS *)Context;

    Visits->Seen |= 1ull << Processor;
    Visits->Elsewhere |= KmProcessorCurrent() != Processor;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    const ULONG64 All = (1ull << KmProcessorCount()) - 1;
    VISITS Visits = {0, FALSE};

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KmRunOnEachProcessor(Visit, &Visits);
    DbgPrint("each processor: %s\n", Visits.Seen == All && !Visits.Elsewhere ? "yes" : "no");
    DbgPrint("one that is not there: %08lx\n", KmRunOnProcessor(KmProcessorCount(), Visit, &Visits));
    return STATUS_SUCCESS;
}
