// SPDX-License-Identifier: MIT
// int 2Ch: NT_ASSERT in a checked driver.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    __asm__ volatile("int $0x2c");
    return STATUS_SUCCESS;
}
