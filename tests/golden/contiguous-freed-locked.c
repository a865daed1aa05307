// SPDX-License-Identifier: MIT
// Contiguous memory is freed that an MDL has locked.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    const PHYSICAL_ADDRESS Highest = {.QuadPart = -1};
    PVOID Memory = MmAllocateContiguousMemory(PAGE_SIZE, Highest);
    PMDL Mdl = IoAllocateMdl(Memory, PAGE_SIZE, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    MmFreeContiguousMemory(Memory);
    return STATUS_SUCCESS;
}
