// SPDX-License-Identifier: MIT
// PCI configuration space, by configuration mechanism #1. Pages: ntddk, HalGetBusDataByOffset,
// HalSetBusDataByOffset; what HalGetBusData and HalSetBusData answer is documented for Windows Embedded.
#include "inc/kernel.h"
#include "hal/bus-data.h"
#include "ke/irql.h"
#include "ke/spin-lock.h"

#define HALP_PCI_ADDRESS ((PULONG)0xCF8)
#define HALP_PCI_DATA    0xCFC
#define HALP_PCI_ENABLE  0x80000000u
#define HALP_PCI_BUSES   256u // of segment 0; mechanism #1 reaches no other
#define HALP_PCI_DEVICES 32u
#define HALP_PCI_SPACE   256u

static KSPIN_LOCK HalpPciLock; // address and data are two accesses; at HIGH_LEVEL

static KIRQL HalpLockPci(VOID)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&HalpPciLock);
    return OldIrql;
}

static VOID HalpUnlockPci(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&HalpPciLock, OldIrql);
}

static ULONG HalpPciAddress(ULONG BusNumber, PCI_SLOT_NUMBER Slot)
{
    return HALP_PCI_ENABLE | BusNumber << 16 | Slot.u.bits.DeviceNumber << 11 |
           Slot.u.bits.FunctionNumber << 8;
}

// The widest access that is aligned and stays inside.
static ULONG HalpAccessBytes(ULONG Offset, ULONG Length)
{
    return Offset % 4 == 0 && Length >= 4 ? 4 : Offset % 2 == 0 && Length >= 2 ? 2 : 1;
}

// With the lock held. Buffer need not be aligned.
static VOID HalpReadPci(ULONG Address, ULONG Offset, PUCHAR Buffer, ULONG Length)
{
    for (ULONG Bytes = 0; Length != 0; Offset += Bytes, Buffer += Bytes, Length -= Bytes) {
        const ULONG_PTR Port = HALP_PCI_DATA + Offset % 4;
        ULONG Value;
        Bytes = HalpAccessBytes(Offset, Length);
        WRITE_PORT_ULONG(HALP_PCI_ADDRESS, Address | (Offset & ~3u));
        switch (Bytes) {
        case 4: Value = READ_PORT_ULONG((PULONG)Port); break;
        case 2: Value = READ_PORT_USHORT((PUSHORT)Port); break;
        default: Value = READ_PORT_UCHAR((PUCHAR)Port); break;
        }
        RtlCopyMemory(Buffer, &Value, Bytes);
    }
}

static VOID HalpWritePci(ULONG Address, ULONG Offset, const UCHAR *Buffer, ULONG Length)
{
    for (ULONG Bytes = 0; Length != 0; Offset += Bytes, Buffer += Bytes, Length -= Bytes) {
        const ULONG_PTR Port = HALP_PCI_DATA + Offset % 4;
        ULONG Value = 0;
        Bytes = HalpAccessBytes(Offset, Length);
        RtlCopyMemory(&Value, Buffer, Bytes);
        WRITE_PORT_ULONG(HALP_PCI_ADDRESS, Address | (Offset & ~3u));
        switch (Bytes) {
        case 4: WRITE_PORT_ULONG((PULONG)Port, Value); break;
        case 2: WRITE_PORT_USHORT((PUSHORT)Port, (USHORT)Value); break;
        default: WRITE_PORT_UCHAR((PUCHAR)Port, (UCHAR)Value); break;
        }
    }
}

static BOOLEAN HalpIsPciFunction(ULONG Address)
{
    USHORT VendorId;
    HalpReadPci(Address, 0, (PUCHAR)&VendorId, sizeof(VendorId));
    return VendorId != PCI_INVALID_VENDORID;
}

// Bus 0 is there if the bridge is: its address register keeps what is written. Another one is, if something
// is on it.
static BOOLEAN HalpIsPciBus(ULONG BusNumber)
{
    PCI_SLOT_NUMBER Slot = {0};
    if (BusNumber >= HALP_PCI_BUSES) {
        return FALSE;
    }
    WRITE_PORT_ULONG(HALP_PCI_ADDRESS, HALP_PCI_ENABLE);
    if (READ_PORT_ULONG(HALP_PCI_ADDRESS) != HALP_PCI_ENABLE) {
        return FALSE;
    }
    BOOLEAN Found = BusNumber == 0;
    for (ULONG Device = 0; !Found && Device < HALP_PCI_DEVICES; Device += 1) {
        Slot.u.bits.DeviceNumber = Device;
        Found = HalpIsPciFunction(HalpPciAddress(BusNumber, Slot));
    }
    return Found;
}

ULONG HalpGetPciData(ULONG BusNumber, PCI_SLOT_NUMBER Slot, PVOID Buffer, ULONG Offset, ULONG Length)
{
    static const USHORT InvalidVendorId = PCI_INVALID_VENDORID;
    const ULONG Address = HalpPciAddress(BusNumber, Slot);
    UCHAR Bytes[HALP_PCI_SPACE];
    ULONG Read = 0;
    if (BusNumber >= HALP_PCI_BUSES || Length == 0) {
        return 0;
    }
    // Buffer may be pageable where the caller may page, and at HIGH_LEVEL nobody may.
    KIRQL OldIrql = HalpLockPci();
    const BOOLEAN IsThere = HalpIsPciFunction(Address);
    if (IsThere) {
        Read = Offset < HALP_PCI_SPACE ? min(Length, HALP_PCI_SPACE - Offset) : 0;
        HalpReadPci(Address, Offset, Bytes, Read);
    } else if (HalpIsPciBus(BusNumber)) {
        Read = sizeof(InvalidVendorId);
    }
    HalpUnlockPci(OldIrql);
    if (IsThere) {
        RtlCopyMemory(Buffer, Bytes, Read);
    } else if (Read != 0) {
        RtlCopyMemory(Buffer, &InvalidVendorId, min(Length, Read));
    }
    return Read;
}

ULONG HalpSetPciData(ULONG BusNumber, PCI_SLOT_NUMBER Slot, PVOID Buffer, ULONG Offset, ULONG Length)
{
    const ULONG Address = HalpPciAddress(BusNumber, Slot);
    UCHAR Bytes[HALP_PCI_SPACE];
    if (BusNumber >= HALP_PCI_BUSES || Offset >= HALP_PCI_SPACE) {
        return 0;
    }
    ULONG Written = min(Length, HALP_PCI_SPACE - Offset);
    RtlCopyMemory(Bytes, Buffer, Written);
    KIRQL OldIrql = HalpLockPci();
    if (HalpIsPciFunction(Address)) {
        HalpWritePci(Address, Offset, Bytes, Written);
    } else {
        Written = 0;
    }
    HalpUnlockPci(OldIrql);
    return Written;
}

// Bytes read, which end with the configuration space; 0: there is no such bus, or the type of data is another
// than PCIConfiguration, which are deprecated. No such function on a bus that is there: the length is that of
// a vendor ID, and what is there of Buffer is PCI_INVALID_VENDORID. Any IRQL; Buffer is nonpaged above
// APC_LEVEL.
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                  ULONG Offset, ULONG Length)
{
    const PCI_SLOT_NUMBER Slot = {.u.AsULONG = SlotNumber};
    return BusDataType == PCIConfiguration ? HalpGetPciData(BusNumber, Slot, Buffer, Offset, Length) : 0;
}

// Bytes written, which end with the configuration space; 0: there is no such bus or function, or the type of
// data is another. What is read-only stays as it is. Any IRQL, as HalGetBusDataByOffset.
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                  ULONG Offset, ULONG Length)
{
    const PCI_SLOT_NUMBER Slot = {.u.AsULONG = SlotNumber};
    return BusDataType == PCIConfiguration ? HalpSetPciData(BusNumber, Slot, Buffer, Offset, Length) : 0;
}

ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                          ULONG Length)
{
    return HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                          ULONG Length)
{
    return HalSetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}
