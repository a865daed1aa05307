// SPDX-License-Identifier: MIT
// The kernel's own code, called by the driver, meets the page fault at DISPATCH_LEVEL.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    UNICODE_STRING From = {8, 8, (PWCH)0x12345678000}, To = {0, 8, (PWCH)0x12345679000};
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    RtlCopyUnicodeString(&To, &From);
    KeLowerIrql(OldIrql);
    return STATUS_SUCCESS;
}
