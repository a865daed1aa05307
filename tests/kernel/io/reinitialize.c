// SPDX-License-Identifier: MIT
// IoRegisterDriverReinitialization and IoRegisterBootDriverReinitialization: called behind DriverEntry, with
// a count, as often as they are registered.
#include "../test.h"

static PDRIVER_OBJECT Driver;
static BOOLEAN InDriverEntry;
static ULONG Calls, BootCalls;

static void Check(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count)
{
    OK(DriverObject == Driver);
    OK(Context == &Driver);
    OK(!InDriverEntry);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    OK(PsIsSystemThread(PsGetCurrentThread()));
    IS(Count, Calls + BootCalls);
    IS(Driver->DriverExtension->Count, Count);
}

static VOID NTAPI BootAgain(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count)
{
    BootCalls += 1;
    Check(DriverObject, Context, Count);
    DbgPrint("1..%lu\n", TestCount);
}

static VOID NTAPI Again(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count)
{
    Calls += 1;
    Check(DriverObject, Context, Count);
    if (Calls < 3) {
        IoRegisterDriverReinitialization(DriverObject, Again, Context);
    } else {
        IoRegisterBootDriverReinitialization(DriverObject, BootAgain, Context);
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    InDriverEntry = TRUE;
    IoRegisterDriverReinitialization(DriverObject, Again, &Driver);
    IS(Calls, 0);
    InDriverEntry = FALSE;
    DriverObject->DriverUnload = TestUnload;
    return STATUS_SUCCESS;
}
