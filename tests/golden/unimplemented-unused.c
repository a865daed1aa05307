// SPDX-License-Identifier: MIT
// An import that kmode does not implement yet is warned of, and harmless until it is called.
#include <ntifs.h>

static volatile BOOLEAN Never;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (Never) {
        HARDWARE_COUNTER Counter = {0};
        KeSetHardwareCounterConfiguration(&Counter, 1);
    }
    DbgPrint("unimplemented-unused: fine so far\n");
    return STATUS_SUCCESS;
}
