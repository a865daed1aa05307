// SPDX-License-Identifier: MIT
// Reserved address space is freed with another tag than it was reserved with.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PVOID Address = MmAllocateMappingAddress(PAGE_SIZE, 'enoT');
    MmFreeMappingAddress(Address, 'owtT');
    return STATUS_SUCCESS;
}
