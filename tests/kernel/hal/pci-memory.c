// SPDX-License-Identifier: MIT
// The memory and the ports behind the BARs of pci.json, where firmware has placed them and where the driver
// moves them.
#include "../test.h"

#define COMMAND    0x04
#define MEMORY_BAR 0x10 // of device 5: 16 KB
#define SMALL_BAR  0x14 // 256 bytes
#define HIGH_BAR   0x18 // 8 KB, of 64 bits
#define PORT_BAR   0x20 // 16 ports
#define HOLE       0xF0000000

static ULONG Slot(ULONG Device)
{
    PCI_SLOT_NUMBER Number = {0};
    Number.u.bits.DeviceNumber = Device;
    return Number.u.AsULONG;
}

static ULONG Get(ULONG Device, ULONG Offset)
{
    ULONG Value = 0;
    HalGetBusDataByOffset(PCIConfiguration, 0, Slot(Device), &Value, Offset, sizeof(Value));
    return Value;
}

static void Set(ULONG Device, ULONG Offset, ULONG Value)
{
    HalSetBusDataByOffset(PCIConfiguration, 0, Slot(Device), &Value, Offset, sizeof(Value));
}

static PUCHAR Map(ULONG64 Address, SIZE_T Bytes)
{
    const PHYSICAL_ADDRESS Physical = {.QuadPart = (LONGLONG)Address};
    return MmMapIoSpace(Physical, Bytes, MmNonCached);
}

static ULONG Read(PVOID Address)
{
    return READ_REGISTER_ULONG(Address);
}

static void TestAssigned(void)
{
    IS(Get(5, COMMAND) & 0xFFFF, PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE);
    OK(Get(5, MEMORY_BAR) >= 0xC0000000 && Get(5, MEMORY_BAR) % 0x4000 == 0);
    OK(Get(5, SMALL_BAR) >= 0xC0000000 && Get(5, SMALL_BAR) % PAGE_SIZE == 0);
    IS(Get(5, HIGH_BAR) & 0x1FFF, 4); // 64 bits
    OK(Get(5, HIGH_BAR + 4) >= 0x100);
    IS(Get(5, PORT_BAR) & 0xF, 1);
    OK(Get(5, PORT_BAR) >= 0x1000 && Get(5, PORT_BAR) < 0x10000);
    // There is no room for 2 GB below 4 GB: only its ports answer.
    IS(Get(6, MEMORY_BAR), 0);
    IS(Get(6, COMMAND) & 0xFFFF, PCI_ENABLE_IO_SPACE);
}

static void TestMemory(void)
{
    const ULONG Bar = Get(5, MEMORY_BAR);
    PUCHAR Memory = Map(Bar, 0x4000), Again = Map(Bar + 0x3004, 4);
    OK(Memory != NULL && Again != NULL);
    IS(MmGetPhysicalAddress(Memory + 5).QuadPart, Bar + 5);
    IS(Read(Memory), 0);
    WRITE_REGISTER_ULONG((PULONG)(Memory + 0x3004), 0x12345678);
    IS(Read(Again), 0x12345678);
    WRITE_REGISTER_UCHAR(Again + 1, 0xAB);
    IS(READ_REGISTER_USHORT((PUSHORT)(Memory + 0x3004)), 0xAB78);
    InterlockedIncrement((PLONG)Again);
    IS(Read(Memory + 0x3004), 0x1234AB79);
    MmUnmapIoSpace(Again, 4);
    MmUnmapIoSpace(Memory, 0x4000);
    Memory = Map(Bar, 0x4000);
    IS(Read(Memory + 0x3004), 0x1234AB79); // it is the device's, and stays
    MmUnmapIoSpace(Memory, 0x4000);
}

static void TestNowhere(void)
{
    const ULONG Bar = Get(5, MEMORY_BAR);
    OK(Map(HOLE, PAGE_SIZE) == NULL);
    OK(Map(1ULL << 45, PAGE_SIZE) == NULL);
    OK(Map(Bar - PAGE_SIZE, 2 * PAGE_SIZE) == NULL || Get(3, MEMORY_BAR) == Bar - PAGE_SIZE);
    OK(Map((ULONG64)Get(5, HIGH_BAR + 4) << 32 | (Get(5, HIGH_BAR) & ~0xFu), 0x2001) == NULL);
}

static void TestHigh(void)
{
    const ULONG64 Bar = (ULONG64)Get(5, HIGH_BAR + 4) << 32 | (Get(5, HIGH_BAR) & ~0xFu);
    PUCHAR Memory = Map(Bar, 0x2000);
    OK(Memory != NULL);
    IS(MmGetPhysicalAddress(Memory).QuadPart, Bar);
    WRITE_REGISTER_ULONG64((PULONG64)(Memory + 0x1FF8), 0x1122334455667788);
    IS(READ_REGISTER_ULONG64((PULONG64)(Memory + 0x1FF8)), 0x1122334455667788);
    MmUnmapIoSpace(Memory, 0x2000);
}

// It is smaller than a page: each access goes by way of the device.
static void TestSmall(void)
{
    UCHAR Bytes[64], Back[64];
    PUCHAR Memory = Map(Get(5, SMALL_BAR), 256);
    OK(Memory != NULL);
    for (ULONG Index = 0; Index < sizeof(Bytes); Index += 1) {
        Bytes[Index] = (UCHAR)(Index * 3);
    }
    RtlCopyMemory(Memory + 3, Bytes, sizeof(Bytes));
    RtlCopyMemory(Back, Memory + 3, sizeof(Back));
    IS(RtlCompareMemory(Bytes, Back, sizeof(Bytes)), sizeof(Bytes));
    IS(RtlCompareMemory(Bytes, Memory + 3, sizeof(Bytes)), sizeof(Bytes));
    WRITE_REGISTER_BUFFER_ULONG((PULONG)(Memory + 128), (PULONG)Bytes, 4);
    RtlZeroMemory(Back, sizeof(Back));
    READ_REGISTER_BUFFER_ULONG((PULONG)(Memory + 128), (PULONG)Back, 4);
    IS(RtlCompareMemory(Bytes, Back, 16), 16);
    READ_REGISTER_BUFFER_USHORT((PUSHORT)(Memory + 130), (PUSHORT)Back, 4);
    IS(RtlCompareMemory(Bytes + 2, Back, 8), 8);
    READ_REGISTER_BUFFER_UCHAR(Memory + 131, Back, 9);
    IS(RtlCompareMemory(Bytes + 3, Back, 9), 9);
    WRITE_REGISTER_BUFFER_ULONG64((PULONG64)(Memory + 192), (PULONG64)Bytes, 2);
    RtlZeroMemory(Back, sizeof(Back));
    READ_REGISTER_BUFFER_ULONG64((PULONG64)(Memory + 192), (PULONG64)Back, 2);
    IS(RtlCompareMemory(Bytes, Back, 16), 16);
    WRITE_REGISTER_UCHAR(Memory + 255, 0x42);
    IS(READ_REGISTER_UCHAR(Memory + 255), 0x42);
    volatile ULONG *Register = (volatile ULONG *)(Memory + 0xF0);
    *Register = 1;
    *Register |= 0x80;
    *Register += 2;
    IS(*Register, 0x83);
    IS(InterlockedCompareExchange((volatile LONG *)Register, 5, 0x83), 0x83);
    IS(InterlockedExchange((volatile LONG *)Register, 6), 5);
    // Behind its end nothing answers.
    IS(READ_REGISTER_UCHAR(Memory + 256), 0xFF);
    IS(Read(Memory + 0x800), 0xFFFFFFFF);
    IS(Read(Memory + 254), 0xFFFF4200);
    WRITE_REGISTER_UCHAR(Memory + 256, 1);
    IS(READ_REGISTER_UCHAR(Memory + 256), 0xFF);
    MmUnmapIoSpace(Memory, 256);
}

static void TestDecode(void)
{
    const ULONG Bar = Get(5, MEMORY_BAR), Command = Get(5, COMMAND) & 0xFFFF;
    PUCHAR Memory = Map(Bar, 0x4000);
    WRITE_REGISTER_ULONG((PULONG)Memory, 0xCAFE);
    Set(5, COMMAND, Command & ~PCI_ENABLE_MEMORY_SPACE);
    IS(Read(Memory), 0xFFFFFFFF);
    WRITE_REGISTER_ULONG((PULONG)Memory, 0);
    PUCHAR Other = Map(Bar, PAGE_SIZE); // mapped while nothing answers
    OK(Other != NULL);
    IS(Read(Other), 0xFFFFFFFF);
    Set(5, COMMAND, Command);
    IS(Read(Memory), 0xCAFE);
    IS(Read(Other), 0xCAFE);
    MmUnmapIoSpace(Other, PAGE_SIZE);
    MmUnmapIoSpace(Memory, 0x4000);
}

static void TestMove(void)
{
    const ULONG Bar = Get(5, MEMORY_BAR);
    PUCHAR Memory = Map(Bar, 0x4000);
    WRITE_REGISTER_ULONG((PULONG)(Memory + 0x2000), 0xBEEF);
    Set(5, MEMORY_BAR, HOLE);
    IS(Get(5, MEMORY_BAR), HOLE);
    IS(Read(Memory + 0x2000), 0xFFFFFFFF);
    PUCHAR Moved = Map(HOLE, 0x4000);
    OK(Moved != NULL);
    IS(Read(Moved + 0x2000), 0xBEEF);
    OK(Map(Bar, 0x4000) == NULL); // what it left
    Set(5, MEMORY_BAR, Bar);
    IS(Read(Memory + 0x2000), 0xBEEF);
    IS(Read(Moved + 0x2000), 0xFFFFFFFF);
    MmUnmapIoSpace(Moved, 0x4000);
    MmUnmapIoSpace(Memory, 0x4000);
}

// As drivers find out how large a BAR is: its memory is away meanwhile.
static void TestSize(void)
{
    const ULONG Bar = Get(5, MEMORY_BAR);
    PUCHAR Memory = Map(Bar, 0x4000);
    WRITE_REGISTER_ULONG((PULONG)Memory, 0xCAFE);
    Set(5, MEMORY_BAR, MAXULONG);
    IS(Get(5, MEMORY_BAR), 0xFFFFC000);
    Set(5, MEMORY_BAR, Bar);
    IS(Read(Memory), 0xCAFE);
    MmUnmapIoSpace(Memory, 0x4000);
}

static void TestPorts(void)
{
    const ULONG_PTR Port = Get(5, PORT_BAR) & ~3u;
    const ULONG Command = Get(5, COMMAND) & 0xFFFF;
    IS(READ_PORT_ULONG((PULONG)Port), 0);
    WRITE_PORT_ULONG((PULONG)Port, 0x11223344);
    WRITE_PORT_UCHAR((PUCHAR)(Port + 1), 0x99);
    IS(READ_PORT_ULONG((PULONG)Port), 0x11229944);
    IS(READ_PORT_USHORT((PUSHORT)(Port + 2)), 0x1122);
    // The last that anybody has: half of it is behind the end.
    IS(READ_PORT_ULONG((PULONG)((Get(6, 0x14) & ~3u) + 2ULL)), 0xFFFF0000);
    Set(5, COMMAND, Command & ~PCI_ENABLE_IO_SPACE);
    IS(READ_PORT_ULONG((PULONG)Port), 0xFFFFFFFF);
    WRITE_PORT_ULONG((PULONG)Port, 0);
    Set(5, COMMAND, Command);
    Set(5, PORT_BAR, 0x7000);
    IS(READ_PORT_ULONG((PULONG)Port), 0xFFFFFFFF);
    IS(READ_PORT_ULONG((PULONG)0x7000), 0x11229944);
    Set(5, PORT_BAR, (ULONG)Port);
}

TEST_DRIVER(TestAssigned, TestMemory, TestNowhere, TestHigh, TestSmall, TestDecode, TestMove, TestSize,
            TestPorts)
