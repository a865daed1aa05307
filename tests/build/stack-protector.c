// SPDX-License-Identifier: MIT
// options: -fstack-protector-strong
// A buffer that the compiler guards with a cookie.
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

DECLSPEC_NOINLINE static VOID Copy(PCUNICODE_STRING Source)
{
    WCHAR Buffer[64];

    RtlCopyMemory(Buffer, Source->Buffer, min(Source->Length, sizeof(Buffer)));
    DbgPrint("%c\n", (CHAR)Buffer[Source->Length / 2 % 64]);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Copy(RegistryPath);
    return STATUS_SUCCESS;
}
