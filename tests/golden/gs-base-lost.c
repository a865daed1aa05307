// SPDX-License-Identifier: MIT
// The gs base is changed, so that the kernel cannot take the trap that follows: a triple fault.
#include <ntddk.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    __asm__ volatile("wrgsbase %0" ::"r"(0x1234ull));
    *(volatile int *)NULL = 1;
    return STATUS_SUCCESS;
}
