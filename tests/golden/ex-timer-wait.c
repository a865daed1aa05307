// SPDX-License-Identifier: MIT
// ExDeleteTimer is to wait, but not to cancel.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PEX_TIMER Timer = ExAllocateTimer(NULL, NULL, EX_TIMER_HIGH_RESOLUTION);
    ExDeleteTimer(Timer, FALSE, TRUE, NULL);
    return STATUS_SUCCESS;
}
