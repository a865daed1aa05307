// SPDX-License-Identifier: MIT
// A frame of more than a page (stack probes), of a size known only at run time, and 128-bit division.
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

DECLSPEC_NOINLINE static ULONG Fill(PUCHAR Buffer, SIZE_T Length)
{
    ULONG Sum = 0;

    RtlFillMemory(Buffer, Length, 0x5A);
    for (SIZE_T Index = 0; Index < Length; Index += 512) {
        Sum += Buffer[Index];
    }
    return Sum;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UCHAR Large[3 * PAGE_SIZE];
    unsigned __int128 Wide = (unsigned __int128)(ULONG_PTR)DriverObject << 40;

    Wide /= (ULONG_PTR)RegistryPath | 1;
    DbgPrint("%lu %lu %llx\n", Fill(Large, sizeof(Large)),
             Fill((PUCHAR)__builtin_alloca(RegistryPath->Length + 1u), RegistryPath->Length), (ULONG64)Wide);
    return STATUS_SUCCESS;
}
