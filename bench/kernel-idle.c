// SPDX-License-Identifier: MIT
// A driver that waits for a second of real time: what an idle machine needs of memory is measured meanwhile.
#include <ntifs.h>

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Second = {.QuadPart = -10000000LL};
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    return KeDelayExecutionThread(KernelMode, FALSE, &Second);
}
