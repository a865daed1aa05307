// SPDX-License-Identifier: MIT
// A timer of high resolution with an absolute due time.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PEX_TIMER Timer = ExAllocateTimer(NULL, NULL, EX_TIMER_HIGH_RESOLUTION);
    ExSetTimer(Timer, 1, 0, NULL);
    return STATUS_SUCCESS;
}
