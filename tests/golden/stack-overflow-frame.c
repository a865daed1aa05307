// SPDX-License-Identifier: MIT
// kmode build: -Wno-frame-larger-than
// One frame of 64 KB leaves the stack of 24 KB at once.
#include <ntifs.h>

static __declspec(noinline) UCHAR FillBuffer(UCHAR Value)
{
    volatile UCHAR Buffer[0x10000];
    for (ULONG Index = 0; Index < sizeof(Buffer); Index += 1) {
        Buffer[Index] = Value;
    }
    return Buffer[sizeof(Buffer) / 2];
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("buffer: %u\n", FillBuffer(1));
    return STATUS_SUCCESS;
}
