// SPDX-License-Identifier: MIT
// int 29h: the driver found its own data corrupt.
#include <ntifs.h>

static __declspec(noinline) VOID RemoveEntry(VOID)
{
    __asm__ volatile("int $0x29" ::"c"(3ULL)); // FAST_FAIL_CORRUPT_LIST_ENTRY
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    RemoveEntry();
    return STATUS_SUCCESS;
}
