// SPDX-License-Identifier: MIT
// The driver stops the machine itself.
#include <ntifs.h>

static __declspec(noinline) VOID GiveUp(ULONG Reason)
{
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, Reason, 0x22, 0x333, 0x4444);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    GiveUp(0x1);
    return STATUS_SUCCESS;
}
