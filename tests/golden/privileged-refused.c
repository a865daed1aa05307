// SPDX-License-Identifier: MIT
// rdmsr of a register that the processor does not have, and nobody handles it.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ULONG Low, High;
    __asm__ volatile("rdmsr" : "=a"(Low), "=d"(High) : "c"(0x12345678));
    DbgPrint("%08lx%08lx\n", High, Low);
    return STATUS_SUCCESS;
}
