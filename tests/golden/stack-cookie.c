// SPDX-License-Identifier: MIT
// kmode build: --cflag=-fstack-protector-all
// A local buffer is overrun: the stack protector stops the driver.
#include <ntifs.h>

static __declspec(noinline) ULONG Copy(const UCHAR *From, ULONG Bytes)
{
    UCHAR Buffer[16];
    for (volatile ULONG Index = 0; Index < Bytes; Index += 1) {
        Buffer[Index] = From[Index];
    }
    return Buffer[0] + Buffer[15];
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    static const UCHAR Message[40] = "longer than the buffer it is copied to";
    DbgPrint("copied: %lu\n", Copy(Message, sizeof(Message)));
    return STATUS_SUCCESS;
}
