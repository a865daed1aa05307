// SPDX-License-Identifier: MIT
// A system call instruction in a driver never reaches Linux.
#include <ntddk.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ULONG64 Number = 231; // exit_group, where it would end the process with status 42
    __asm__ volatile("syscall" : "+a"(Number) : "D"(42ull) : "rcx", "r11", "memory");
    DbgPrint("not reached\n");
    return STATUS_SUCCESS;
}
