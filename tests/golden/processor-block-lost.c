// SPDX-License-Identifier: MIT
// The machine's processor block is overwritten and then used by `mov cr8`: the machine keeps its own copy.
#include <ntddk.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile UCHAR *Shared = (volatile UCHAR *)0x400000020000;
    for (ULONG Index = 0; Index < 0x1000; Index += 1) {
        Shared[Index] = 0x41;
    }
    ULONG64 Irql;
    __asm__ volatile("mov %%cr8, %0" : "=r"(Irql));
    *(volatile int *)NULL = (int)Irql;
    return STATUS_SUCCESS;
}
