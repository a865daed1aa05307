// SPDX-License-Identifier: MIT
// PCI configuration space by HalGetBusData and its like, of the devices of pci.json.
#include "../test.h"

#define COMMAND        0x04
#define BAR_0          0x10
#define INTERRUPT_LINE 0x3C

static ULONG Slot(ULONG Device, ULONG Function)
{
    PCI_SLOT_NUMBER Number = {0};
    Number.u.bits.DeviceNumber = Device;
    Number.u.bits.FunctionNumber = Function;
    return Number.u.AsULONG;
}

static void TestGet(void)
{
    PCI_COMMON_CONFIG Config;
    RtlFillMemory(&Config, sizeof(Config), 0xCC);
    IS(HalGetBusData(PCIConfiguration, 0, Slot(3, 0), &Config, PCI_COMMON_HDR_LENGTH), PCI_COMMON_HDR_LENGTH);
    IS(Config.VendorID, 0x1AF4);
    IS(Config.DeviceID, 0x1001);
    IS(Config.RevisionID, 7);
    IS(Config.BaseClass, 1);
    IS(Config.SubClass, 0x80);
    IS(Config.ProgIf, 0);
    IS(Config.HeaderType, PCI_MULTIFUNCTION | PCI_DEVICE_TYPE);
    IS(Config.u.type0.SubVendorID, 0x1234);
    IS(Config.u.type0.SubSystemID, 0x5678);
    IS(Config.u.type0.InterruptLine, 11);
    IS(Config.u.type0.InterruptPin, 1);
    IS(Config.DeviceSpecific[0], 0xCC); // nothing behind Length is written
    IS(HalGetBusData(PCIConfiguration, 0, Slot(3, 2), &Config, sizeof(Config)), 256);
    IS(Config.DeviceID, 0x1002);
    IS(Config.DeviceSpecific[0], 0);
    IS(HalGetBusData(PCIConfiguration, 2, Slot(31, 0), &Config, 4), 4);
    IS(Config.VendorID, 0x8086);
}

static void TestGetByOffset(void)
{
    UCHAR Bytes[8];
    RtlFillMemory(Bytes, sizeof(Bytes), 0xCC);
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Slot(3, 0), Bytes + 1, 0x01, 6), 6);
    static const UCHAR Expected[] = {0xCC, 0x1A, 0x01, 0x10, 3, 0, 0, 0xCC}; // firmware has enabled it
    IS(RtlCompareMemory(Bytes, Expected, sizeof(Bytes)), sizeof(Bytes));
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Slot(3, 0), Bytes, 0x2F, 1), 1);
    IS(Bytes[0], 0x56);
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Slot(3, 0), Bytes, 0xFE, 8), 2); // where the space ends
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Slot(3, 0), Bytes, 0x100, 8), 0);
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Slot(3, 0), Bytes, 0, 0), 0);
}

static void TestAbsent(void)
{
    USHORT VendorId[2] = {0, 0xCCCC};
    IS(HalGetBusData(PCIConfiguration, 0, Slot(4, 0), VendorId, 4), 2);
    IS(VendorId[0], PCI_INVALID_VENDORID);
    IS(VendorId[1], 0xCCCC);
    VendorId[0] = 0;
    IS(HalGetBusData(PCIConfiguration, 0, Slot(3, 1), VendorId, 1), 2);
    IS(VendorId[0], 0x00FF);
    IS(HalGetBusDataByOffset(PCIConfiguration, 2, Slot(3, 0), VendorId, 0x40, 4), 2);
    IS(VendorId[0], PCI_INVALID_VENDORID);
    VendorId[0] = 0;
    IS(HalSetBusData(PCIConfiguration, 0, Slot(4, 0), VendorId, 4), 0);
    IS(HalSetBusDataByOffset(PCIConfiguration, 0, Slot(4, 0), VendorId, INTERRUPT_LINE, 1), 0);
}

static void TestNoBus(void)
{
    ULONG Value = 0xCCCCCCCC;
    IS(HalGetBusData(PCIConfiguration, 1, Slot(3, 0), &Value, 4), 0);
    IS(HalGetBusData(PCIConfiguration, 0x100, Slot(3, 0), &Value, 4), 0); // segment 1
    IS(HalGetBusDataByOffset(PCIConfiguration, 1, Slot(3, 0), &Value, 0, 4), 0);
    IS(HalGetBusData(EisaConfiguration, 0, Slot(3, 0), &Value, 4), 0);
    IS(HalGetBusData(MaximumBusDataType, 0, Slot(3, 0), &Value, 4), 0);
    IS(Value, 0xCCCCCCCC);
    IS(HalSetBusData(EisaConfiguration, 0, Slot(3, 0), &Value, 4), 0);
    IS(HalSetBusDataByOffset(PCIConfiguration, 1, Slot(3, 0), &Value, INTERRUPT_LINE, 1), 0);
    IS(HalSetBusDataByOffset(PCIConfiguration, 0x100, Slot(3, 0), &Value, INTERRUPT_LINE, 1), 0);
}

static void TestSetByOffset(void)
{
    const ULONG Device = Slot(3, 0);
    ULONG Value = MAXULONG, Old;
    UCHAR Line = 5;
    USHORT Command = PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER;
    // The size of a BAR, as drivers find it out.
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Device, &Old, BAR_0, 4), 4);
    IS(HalSetBusDataByOffset(PCIConfiguration, 0, Device, &Value, BAR_0, 4), 4);
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Device, &Value, BAR_0, 4), 4);
    IS(~(Value & 0xFFFFFFF0) + 1, 4096);
    IS(HalSetBusDataByOffset(PCIConfiguration, 0, Device, &Old, BAR_0, 4), 4);
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Device, &Value, BAR_0, 4), 4);
    IS(Value, Old);
    IS(HalSetBusDataByOffset(PCIConfiguration, 0, Device, &Line, INTERRUPT_LINE, 1), 1);
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Device, &Value, INTERRUPT_LINE, 4), 4);
    IS(Value, 0x00000105);
    IS(HalSetBusDataByOffset(PCIConfiguration, 0, Device, &Command, COMMAND, 2), 2);
    IS(HalGetBusDataByOffset(PCIConfiguration, 0, Device, &Value, COMMAND, 4), 4);
    IS(Value, PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
    IS(HalSetBusDataByOffset(PCIConfiguration, 0, Device, &Value, 0xFD, 4), 3); // where the space ends
    IS(HalSetBusDataByOffset(PCIConfiguration, 0, Device, &Value, 0x100, 4), 0);
}

static void TestSet(void)
{
    struct {
        USHORT VendorId, DeviceId, Command;
    } Header = {0xDEAD, 0xBEEF, PCI_ENABLE_IO_SPACE};
    IS(HalSetBusData(PCIConfiguration, 0, Slot(3, 0), &Header, sizeof(Header)), sizeof(Header));
    IS(HalGetBusData(PCIConfiguration, 0, Slot(3, 0), &Header, sizeof(Header)), sizeof(Header));
    IS(Header.VendorId, 0x1AF4); // read-only
    IS(Header.DeviceId, 0x1001);
    IS(Header.Command, PCI_ENABLE_IO_SPACE);
}

static void TestIrql(void)
{
    KIRQL Irql;
    USHORT VendorId = 0;
    KeRaiseIrql(HIGH_LEVEL, &Irql);
    ULONG Bytes = HalGetBusData(PCIConfiguration, 0, Slot(3, 0), &VendorId, 2);
    KIRQL Now = KeGetCurrentIrql();
    KeLowerIrql(Irql);
    IS(Bytes, 2);
    IS(VendorId, 0x1AF4);
    IS(Now, HIGH_LEVEL);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

TEST_DRIVER(TestGet, TestGetByOffset, TestAbsent, TestNoBus, TestSetByOffset, TestSet, TestIrql)
