// SPDX-License-Identifier: MIT
// What the system has of memory.
#include "mdl.h"

static void TestRanges(void)
{
    PPHYSICAL_MEMORY_RANGE Ranges = MmGetPhysicalMemoryRanges();
    OK(Ranges != NULL);
    ULONG Count = 0;
    ULONG64 End = 0, Data = TestPhysical(&TestCount);
    BOOLEAN Found = FALSE;
    for (; Ranges[Count].BaseAddress.QuadPart != 0 || Ranges[Count].NumberOfBytes.QuadPart != 0; Count += 1) {
        const ULONG64 Start = (ULONG64)Ranges[Count].BaseAddress.QuadPart;
        const ULONG64 Bytes = (ULONG64)Ranges[Count].NumberOfBytes.QuadPart;
        IS(Start % PAGE_SIZE, 0);
        IS(Bytes % PAGE_SIZE, 0);
        OK(Start >= End);
        End = Start + Bytes;
        Found = Found || (Data >= Start && Data < End);
    }
    OK(Count != 0);
    OK(Found);
    ExFreePool(Ranges);
    Ranges = MmGetPhysicalMemoryRangesEx(NULL);
    OK(Ranges != NULL);
    ExFreePool(Ranges);
    Ranges = MmGetPhysicalMemoryRangesEx2(NULL, MM_GET_PHYSICAL_MEMORY_RANGES_INCLUDE_ALL_PARTITIONS);
    OK(Ranges != NULL);
    ExFreePool(Ranges);
    IS(MmGetPhysicalMemoryRangesEx2(NULL, 0x80), NULL);
    IS(MmGetPhysicalMemoryRangesEx(&Count), NULL); // no partition
}

static void TestSystem(void)
{
    IS(MmQuerySystemSize(), MmLargeSystem);
    IS(MmIsThisAnNtAsSystem(), FALSE);
    PVOID Paged = ExAllocatePoolWithTag(PagedPool, 64, TAG),
          Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    OK(MmIsNonPagedSystemAddressValid(Block));
    OK(!MmIsNonPagedSystemAddressValid(NULL));
    OK(!MmIsNonPagedSystemAddressValid((PVOID)0x7FFFFFFF0000));
    ExFreePoolWithTag(Paged, TAG);
    ExFreePoolWithTag(Block, TAG);
}

TEST_DRIVER(TestRanges, TestSystem)
