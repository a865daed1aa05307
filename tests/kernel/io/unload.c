// SPDX-License-Identifier: MIT
// DriverUnload: called once, at PASSIVE_LEVEL, with the driver object that DriverEntry had, INIT code gone.
#include "test.h"

static PDRIVER_OBJECT Driver;
static ULONG Unloads;

static __attribute__((section("INIT"), noinline)) ULONG ReadParameters(VOID)
{
    return 7;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    Unloads += 1;
    IS(Unloads, 1);
    IS(DriverObject, Driver);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(DriverObject->Flags & 1, 1); // DRVO_UNLOAD_INVOKED
    OK(!MmIsAddressValid((PVOID)(ULONG_PTR)ReadParameters));
    OK(MmIsAddressValid((PVOID)(ULONG_PTR)Unload));
    DbgPrint("1..%lu\n", TestCount);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    IS(ReadParameters(), 7);
    OK(MmIsAddressValid((PVOID)(ULONG_PTR)ReadParameters));
    IS(DriverObject->Flags & 1, 0);
    Driver = DriverObject;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
