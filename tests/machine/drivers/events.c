// SPDX-License-Identifier: MIT
// Two event providers that print what their enable callbacks are told, and write an event there.
#include <ntddk.h>

static const GUID FirstId = {0xE7575E55, 0x0001, 0x4000, {0x80, 0, 0, 0, 0, 0, 0, 1}};
static const GUID SecondId = {0xE7575E55, 0x0002, 0x4000, {0x80, 0, 0, 0, 0, 0, 0, 2}};
static const GUID ThirdId = {0xE7575E55, 0x0003, 0x4000, {0x80, 0, 0, 0, 0, 0, 0, 3}};
static REGHANDLE First, Second;
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

// As one that has a provider for a moment only: there are more and fewer than when the callbacks began.
static VOID RegisterAnother(VOID)
{
    REGHANDLE Third;
    if (NT_SUCCESS(EtwRegister(&ThirdId, NULL, NULL, &Third))) {
        DbgPrint("third %d\n", EtwProviderEnabled(Third, 1, 0));
        EtwUnregister(Third);
    }
}

static VOID NTAPI Enabled(LPCGUID SourceId, ULONG ControlCode, UCHAR Level, ULONGLONG MatchAny,
                          ULONGLONG MatchAll, PEVENT_FILTER_DESCRIPTOR FilterData, PVOID Context)
{
    const REGHANDLE *Handle = Context;
    const EVENT_DESCRIPTOR Event = {.Id = Handle == &First ? 1 : 2, .Level = 1};
    UNREFERENCED_PARAMETER(SourceId);
    DbgPrint("%s %lu %u %I64x %I64x %p %u\n", Handle == &First ? "first" : "second", ControlCode, Level,
             MatchAny, MatchAll, FilterData, KeGetCurrentIrql());
    EtwWrite(*Handle, &Event, NULL, 0, NULL);
    if (Level == 2) {
        RegisterAnother();
    }
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    EtwUnregister(First);
    EtwUnregister(Second);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = EtwRegister(&FirstId, Enabled, &First, &First);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = EtwRegister(&SecondId, Enabled, &Second, &Second);
    if (!NT_SUCCESS(Status)) {
        EtwUnregister(First);
    }
    return Status;
}
