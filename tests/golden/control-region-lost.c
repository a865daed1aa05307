// SPDX-License-Identifier: MIT
// The processor control region is overwritten: the kernel cannot go on, and the run still ends with a report.
#include <ntddk.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile ULONG64 *Region = (volatile ULONG64 *)__readgsqword(0x18);
    for (ULONG Index = 0; Index < 512; Index += 1) {
        Region[Index] = 0x4141414141414141;
    }
    *(volatile int *)NULL = 1;
    return STATUS_SUCCESS;
}
