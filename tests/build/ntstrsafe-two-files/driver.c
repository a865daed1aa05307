// SPDX-License-Identifier: MIT
// ntstrsafe in two source files of one driver.
#include <ntddk.h>
#include <ntstrsafe.h>
#include "names.h"

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WCHAR Buffer[64];
    CHAR Narrow[16];
    UNICODE_STRING Name = {0, sizeof(Buffer), Buffer};
    NTSTRSAFE_PWSTR End;
    size_t Remaining;

    UNREFERENCED_PARAMETER(DriverObject);
    if (!NT_SUCCESS(MakeName(&Name, 7)) || !NT_SUCCESS(RtlUnicodeStringCatString(&Name, L".sys"))) {
        return STATUS_UNSUCCESSFUL;
    }
    if (RtlStringCchCopyA(Narrow, ARRAYSIZE(Narrow), "longer than the buffer") != STATUS_BUFFER_OVERFLOW) {
        return STATUS_UNSUCCESSFUL;
    }
    if (!NT_SUCCESS(
            RtlStringCbCopyExW(Buffer, sizeof(Buffer), L"x", &End, &Remaining, STRSAFE_FILL_BEHIND_NULL))) {
        return STATUS_UNSUCCESSFUL;
    }
    return RtlUnicodeStringCopy(&Name, RegistryPath);
}
