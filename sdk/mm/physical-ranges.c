// SPDX-License-Identifier: MIT
// What physical memory there is.
#include <kmode.h>

NTSTATUS NTAPI KmPhysicalRanges(PPHYSICAL_MEMORY_RANGE *Ranges, PULONG Count)
{
    *Count = 0;
    *Ranges = MmGetPhysicalMemoryRanges();
    if (*Ranges == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    while ((*Ranges)[*Count].NumberOfBytes.QuadPart != 0) {
        *Count += 1;
    }
    return STATUS_SUCCESS;
}

ULONG64 NTAPI KmPhysicalMemorySize(const PHYSICAL_MEMORY_RANGE *Ranges, ULONG Count)
{
    ULONG64 Sum = 0;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        Sum += (ULONG64)Ranges[Index].NumberOfBytes.QuadPart;
    }
    return Sum;
}

BOOLEAN NTAPI KmPhysicalIsMemory(const PHYSICAL_MEMORY_RANGE *Ranges, ULONG Count, ULONG64 Address,
                                 SIZE_T Bytes)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        ULONG64 Base = (ULONG64)Ranges[Index].BaseAddress.QuadPart;
        ULONG64 Size = (ULONG64)Ranges[Index].NumberOfBytes.QuadPart;

        if (Address >= Base && Address - Base < Size && Bytes <= Size - (Address - Base)) {
            return TRUE;
        }
    }
    return FALSE;
}
