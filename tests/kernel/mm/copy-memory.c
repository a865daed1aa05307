// SPDX-License-Identifier: MIT
// MmCopyMemory: virtual and physical, whole and in part, from nowhere.
#include "mdl.h"

static UCHAR Data[3 * PAGE_SIZE], Target[3 * PAGE_SIZE];
static SIZE_T Copied;

static NTSTATUS Copy(ULONG64 Source, SIZE_T Bytes, ULONG Flags)
{
    MM_COPY_ADDRESS Address = {.PhysicalAddress.QuadPart = (LONGLONG)Source};
    RtlZeroMemory(Target, sizeof(Target));
    Copied = 0x5555;
    return MmCopyMemory(Target, Address, Bytes, Flags, &Copied);
}

static void TestVirtual(void)
{
    for (ULONG Index = 0; Index < sizeof(Data); Index += 1) {
        Data[Index] = (UCHAR)(Index * 7 + Index / 256);
    }
    IS(Copy((ULONG64)(Data + 3), 2 * PAGE_SIZE, MM_COPY_MEMORY_VIRTUAL), STATUS_SUCCESS);
    IS(Copied, 2 * PAGE_SIZE);
    IS(RtlCompareMemory(Target, Data + 3, 2 * PAGE_SIZE), 2 * PAGE_SIZE);
    IS(Target[2 * PAGE_SIZE], 0);
    IS(Copy((ULONG64)Data, 0, MM_COPY_MEMORY_VIRTUAL), STATUS_SUCCESS);
    IS(Copied, 0);
    // What Windows promises at a fixed address.
    IS(Copy(0xFFFFF78000000000 + 0x26C, 4, MM_COPY_MEMORY_VIRTUAL), STATUS_SUCCESS); // NtMajorVersion
    IS(*(PULONG)(PVOID)Target, 10);
}

static void TestVirtualNowhere(void)
{
    static const ULONG64 Nowhere[] = {0,
                                      0x20000000,
                                      0x468000000000,
                                      0x7FFFFFFF0000,
                                      0xFFFFF80000000000,
                                      0x8000000000000000, // not canonical
                                      ~0ULL - 8};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Nowhere); Index += 1) {
        IS(Copy(Nowhere[Index], 16, MM_COPY_MEMORY_VIRTUAL), STATUS_INVALID_ADDRESS);
        IS(Copied, 0);
    }
    // The top of a stack has nothing behind it.
    ULONG_PTR Low, High;
    IoGetStackLimits(&Low, &High);
    IS(Copy(High - 24, 100, MM_COPY_MEMORY_VIRTUAL), STATUS_INVALID_ADDRESS);
    IS(Copied, 24);
}

static void TestPhysicalCopy(void)
{
    PHYSICAL_ADDRESS Highest = {.QuadPart = -1};
    PUCHAR Memory = MmAllocateContiguousMemory(40 * PAGE_SIZE, Highest);
    OK(Memory != NULL);
    for (ULONG Index = 0; Index < 40; Index += 1) {
        Memory[Index * PAGE_SIZE + 5] = (UCHAR)(Index + 1);
    }
    const ULONG64 Physical = TestPhysical(Memory);
    IS(Copy(Physical + 5, PAGE_SIZE + 1, MM_COPY_MEMORY_PHYSICAL), STATUS_SUCCESS);
    IS(Copied, PAGE_SIZE + 1);
    IS(Target[0], 1);
    IS(Target[PAGE_SIZE], 2);
    PUCHAR Long = ExAllocatePoolWithTag(NonPagedPoolNx, 40 * PAGE_SIZE, TAG);
    MM_COPY_ADDRESS Address = {.PhysicalAddress.QuadPart = (LONGLONG)Physical};
    IS(MmCopyMemory(Long, Address, 40 * PAGE_SIZE, MM_COPY_MEMORY_PHYSICAL, &Copied), STATUS_SUCCESS);
    IS(Copied, 40 * PAGE_SIZE);
    IS(RtlCompareMemory(Long, Memory, 40 * PAGE_SIZE), 40 * PAGE_SIZE);
    ExFreePoolWithTag(Long, TAG);
    MmFreeContiguousMemory(Memory);
}

static void TestPhysicalNowhere(void)
{
    PPHYSICAL_MEMORY_RANGE Ranges = MmGetPhysicalMemoryRanges();
    OK(Ranges != NULL);
    const ULONG64 End = (ULONG64)(Ranges[0].BaseAddress.QuadPart + Ranges[0].NumberOfBytes.QuadPart);
    ExFreePool(Ranges);
    IS(Copy(End - 16, 16, MM_COPY_MEMORY_PHYSICAL), STATUS_SUCCESS);
    IS(Copy(End - 16, 17, MM_COPY_MEMORY_PHYSICAL), STATUS_INVALID_ADDRESS);
    IS(Copied, 16);
    IS(Copy(End, 1, MM_COPY_MEMORY_PHYSICAL), STATUS_INVALID_ADDRESS);
    IS(Copied, 0);
    IS(Copy(0x10000000000, 16, MM_COPY_MEMORY_PHYSICAL), STATUS_INVALID_ADDRESS); // a device's
    IS(Copy(~0ULL, 16, MM_COPY_MEMORY_PHYSICAL), STATUS_INVALID_ADDRESS);
}

static void TestFlags(void)
{
    static const ULONG Flags[] = {0, MM_COPY_MEMORY_VIRTUAL | MM_COPY_MEMORY_PHYSICAL, 4,
                                  MM_COPY_MEMORY_VIRTUAL | 8};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Flags); Index += 1) {
        IS(Copy((ULONG64)Data, 4, Flags[Index]), STATUS_INVALID_PARAMETER_4);
        IS(Copied, 0);
    }
}

TEST_DRIVER(TestVirtual, TestVirtualNowhere, TestPhysicalCopy, TestPhysicalNowhere, TestFlags)
