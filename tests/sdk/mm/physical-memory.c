// SPDX-License-Identifier: MIT
// Physical memory: where things are, reading, writing, mapping, ranges.
#include "test.h"
#include <kmode.h>

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'yhPK');

static void TestCopy(void)
{
    PULONG Block = (PULONG)KmAlloc(&Pool, PAGE_SIZE);
    ULONG Values[2] = {0, 0};
    ULONG64 Physical;
    SIZE_T Done = 9;
    KIRQL OldIrql;

    Block[0] = 11;
    Block[1] = 12;
    IS(KmPhysicalOf(Block, &Physical), STATUS_SUCCESS);
    OK(Physical != 0);
    IS(KmPhysicalRead(Physical, Values, sizeof(Values), &Done), STATUS_SUCCESS);
    IS(Done, sizeof(Values));
    OK(Values[0] == 11 && Values[1] == 12);
    IS(KmPhysicalRead(Physical, Values, 0, &Done), STATUS_SUCCESS);
    IS(Done, 0);
    Values[0] = 21;
    IS(KmPhysicalWrite(Physical, Values, sizeof(ULONG), &Done), STATUS_SUCCESS);
    IS(Done, sizeof(ULONG));
    OK(Block[0] == 21 && Block[1] == 12);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    NTSTATUS Raised = KmPhysicalRead(Physical, Values, sizeof(Values), &Done);
    KeLowerIrql(OldIrql);
    IS(Raised, STATUS_SUCCESS);

    // Behind all memory.
    OK(!NT_SUCCESS(KmPhysicalRead(0x000FFFFFFFFF0000ULL, Values, sizeof(Values), &Done)));
    IS(Done, 0);
    IS(KmPhysicalWrite(0x000FFFFFFFFF0000ULL, Values, sizeof(Values), &Done), STATUS_INVALID_ADDRESS);
    IS(Done, 0);
    KmFree(&Pool, Block, PAGE_SIZE);
    IS(KmPhysicalOf((PVOID)8, &Physical), STATUS_INVALID_ADDRESS);
    IS(Physical, 0);
}

static void TestOverPages(void)
{
    SIZE_T Bytes = 3 * PAGE_SIZE, Done;
    PHYSICAL_ADDRESS Highest = {.QuadPart = -1};
    PUCHAR Memory = (PUCHAR)MmAllocateContiguousMemory(Bytes, Highest);
    PUCHAR Copy = (PUCHAR)KmAlloc(&Pool, Bytes);
    ULONG64 Physical;

    for (SIZE_T Index = 0; Index < Bytes; Index += 1) {
        Copy[Index] = (UCHAR)(Index * 7);
    }
    IS(KmPhysicalOf(Memory, &Physical), STATUS_SUCCESS);
    IS(KmPhysicalWrite(Physical + 5, Copy + 5, Bytes - 10, &Done), STATUS_SUCCESS);
    IS(Done, Bytes - 10);
    IS(RtlCompareMemory(Memory + 5, Copy + 5, Bytes - 10), Bytes - 10);
    RtlZeroMemory(Copy, Bytes);
    IS(KmPhysicalRead(Physical + 5, Copy + 5, Bytes - 10, &Done), STATUS_SUCCESS);
    IS(RtlCompareMemory(Memory + 5, Copy + 5, Bytes - 10), Bytes - 10);
    KmFree(&Pool, Copy, Bytes);
    MmFreeContiguousMemory(Memory);
}

static void TestMap(void)
{
    PULONG Block = (PULONG)KmAlloc(&Pool, PAGE_SIZE);
    ULONG64 Physical;
    PVOID Mapping;

    IS(KmPhysicalOf(Block, &Physical), STATUS_SUCCESS);
    IS(KmPhysicalMap(Physical, sizeof(ULONG), MmCached, &Mapping), STATUS_SUCCESS);
    *(PULONG)Mapping = 5;
    IS(Block[0], 5);
    KmPhysicalUnmap(Mapping, sizeof(ULONG));
    KmFree(&Pool, Block, PAGE_SIZE);
    IS(KmPhysicalMap(0x1000, 0, MmNonCached, &Mapping), STATUS_INVALID_PARAMETER);
    IS(KmPhysicalMap(~0ULL, 2, MmNonCached, &Mapping), STATUS_INVALID_PARAMETER);
    IS(KmPhysicalMap(0x1000, 2, MmMaximumCacheType, &Mapping), STATUS_INVALID_PARAMETER);
    IS(KmPhysicalMap(0x1000, 2, MmNotMapped, &Mapping), STATUS_INVALID_PARAMETER);
    OK(Mapping == NULL);
}

static void TestRanges(void)
{
    PPHYSICAL_MEMORY_RANGE Ranges;
    ULONG Count;
    ULONG64 Physical;
    PVOID Block = KmAlloc(&Pool, 64);

    IS(KmPhysicalRanges(&Ranges, &Count), STATUS_SUCCESS);
    OK(Count >= 1);
    IS(Ranges[Count].NumberOfBytes.QuadPart, 0);
    OK(KmPhysicalMemorySize(Ranges, Count) >= 16 * 1024 * 1024);
    IS(KmPhysicalMemorySize(Ranges, 0), 0);
    IS(KmPhysicalOf(Block, &Physical), STATUS_SUCCESS);
    OK(KmPhysicalIsMemory(Ranges, Count, Physical, 64));
    ULONG64 Base = (ULONG64)Ranges[0].BaseAddress.QuadPart, Size = (ULONG64)Ranges[0].NumberOfBytes.QuadPart;
    OK(KmPhysicalIsMemory(Ranges, 1, Base, Size));
    OK(!KmPhysicalIsMemory(Ranges, 1, Base, Size + 1));
    OK(KmPhysicalIsMemory(Ranges, 1, Base + Size - 1, 1));
    OK(!KmPhysicalIsMemory(Ranges, 1, Base + Size, 1));
    OK(!KmPhysicalIsMemory(Ranges, 1, Base - 1, 2));
    OK(!KmPhysicalIsMemory(Ranges, 1, Base, ~(SIZE_T)0));
    ExFreePool(Ranges);
    KmFree(&Pool, Block, 64);
}

TEST_DRIVER(TestCopy, TestOverPages, TestMap, TestRanges)
