// SPDX-License-Identifier: MIT
// A resource is released by a thread that does not own it.
#include <ntifs.h>

static ERESOURCE Resource;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExReleaseResourceLite(&Resource);
    return STATUS_SUCCESS;
}
