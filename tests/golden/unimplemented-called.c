// SPDX-License-Identifier: MIT
// Calling an import that kmode does not implement yet stops the run and names it.
#include <ntifs.h>

static __declspec(noinline) NTSTATUS SetCounter(PHARDWARE_COUNTER Counter)
{
    NTSTATUS Status = KeSetHardwareCounterConfiguration(Counter, 1);
    DbgPrint("must not be reached\n");
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    HARDWARE_COUNTER Counter = {0};
    return SetCounter(&Counter);
}
