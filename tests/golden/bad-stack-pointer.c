// SPDX-License-Identifier: MIT
// A fault with rsp anywhere has no stack to be handled on.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    __asm__ volatile("movq $0x12345678, %rsp\n\t"
                     "movq (%rsp), %rax");
    return STATUS_SUCCESS;
}
