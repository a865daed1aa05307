// SPDX-License-Identifier: MIT
// A timer with a period above MAXLONG.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PEX_TIMER Timer = ExAllocateTimer(NULL, NULL, 0);
    ExSetTimer(Timer, -10000, MAXLONG + 1LL, NULL);
    return STATUS_SUCCESS;
}
