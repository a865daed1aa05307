// SPDX-License-Identifier: MIT
// Message-signaled interrupts of a function: its MSI capability (PCI Local Bus Specification 3.0, 6.8.1), and
// whether its driver wants them. Page: kernel, enabling-message-signaled-interrupts-in-the-registry.
#include "inc/kernel.h"
#include "io/pnp.h"
#include "pci/pci.h"

#define PCI_MESSAGE_KEY L"Interrupt Management\\MessageSignaledInterruptProperties"

#define PCI_MOST_CAPABILITIES 48u // that fit into the space: a list that is longer is a ring

#define PCI_MESSAGE_CONTROL          2u
#define PCI_MESSAGE_ADDRESS          4u
#define PCI_MESSAGE_ENABLE           0x0001u
#define PCI_MESSAGE_ENABLED_SHIFT    4
#define PCI_MESSAGE_CAPABLE(Control) (1u << ((Control) >> 1 & 7))
#define PCI_MESSAGE_ENABLED_MASK     0x0070u
#define PCI_MESSAGE_64BIT            0x0080u

static USHORT PciReadWord(const PCI_FUNCTION *Function, ULONG Offset)
{
    USHORT Value = 0;
    PciReadSpace(Function, &Value, Offset, sizeof(Value));
    return Value;
}

ULONG PciFindCapability(const PCI_FUNCTION *Function, UCHAR Id)
{
    if (!(Function->Header.Status & PCI_STATUS_CAPABILITIES_LIST)) {
        return 0;
    }
    ULONG Offset = Function->Header.u.type0.CapabilitiesPtr & ~3u;
    for (ULONG Count = 0; Offset != 0 && Count < PCI_MOST_CAPABILITIES; Count += 1) {
        const USHORT Capability = PciReadWord(Function, Offset);
        if ((UCHAR)Capability == Id) {
            return Offset;
        }
        Offset = Capability >> 8 & ~3u;
    }
    return 0;
}

// A DWORD value of the key that a driver's installation writes; Absent: there is none.
static ULONG PciMessageProperty(HANDLE Key, PCWSTR Name, ULONG Absent)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    ULONG Number = Absent;
    if (!NT_SUCCESS(PipQueryValue(Key, Name, &Value))) {
        return Absent;
    }
    if (Value->Type == REG_DWORD && Value->DataLength == sizeof(ULONG)) {
        Number = *(PULONG)Value->Data;
    }
    ExFreePoolWithTag(Value, TAG_PNP);
    return Number;
}

ULONG PciWantedMessages(const PCI_FUNCTION *Function)
{
    HANDLE Device, Key;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(PCI_MESSAGE_KEY);
    OBJECT_ATTRIBUTES Attributes;
    ULONG Count = 0;
    if (Function->MessageCapability == 0 ||
        !NT_SUCCESS(
            IoOpenDeviceRegistryKey(Function->DeviceObject, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &Device))) {
        return 0;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Device, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes))) {
        if (PciMessageProperty(Key, L"MSISupported", 0) != 0) {
            const USHORT Control = PciReadWord(Function, Function->MessageCapability + PCI_MESSAGE_CONTROL);
            const ULONG Limit = PciMessageProperty(Key, L"MessageNumberLimit", MAXULONG);
            // A power of two, as the capability has it.
            for (Count = PCI_MESSAGE_CAPABLE(Control); Count > Limit && Count > 1; Count /= 2) {
            }
        }
        ZwClose(Key);
    }
    ZwClose(Device);
    return Count;
}

VOID PciEnableMessages(const PCI_FUNCTION *Function, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw)
{
    const ULONG Offset = Function->MessageCapability;
    if (Offset == 0) {
        return;
    }
    USHORT Control = PciReadWord(Function, Offset + PCI_MESSAGE_CONTROL);
    Control &= (USHORT) ~(PCI_MESSAGE_ENABLE | PCI_MESSAGE_ENABLED_MASK);
    PciWriteSpace(Function, &Control, Offset + PCI_MESSAGE_CONTROL, sizeof(Control));
    if (Raw == NULL) {
        return;
    }
    const ULONG64 Address = KM_MESSAGE_ADDRESS;
    const BOOLEAN Wide = (Control & PCI_MESSAGE_64BIT) != 0;
    USHORT Data = (USHORT)Raw->u.MessageInterrupt.Raw.Vector;
    PciWriteSpace(Function, (PVOID)&Address, Offset + PCI_MESSAGE_ADDRESS, Wide ? 8 : 4);
    PciWriteSpace(Function, &Data, Offset + PCI_MESSAGE_ADDRESS + (Wide ? 8 : 4), sizeof(Data));
    // A driver may have asked for another number than a power of two.
    const ULONG Count = Raw->u.MessageInterrupt.Raw.MessageCount;
    const ULONG Exponent = Count > 1 ? 32 - (ULONG)__builtin_clz(Count - 1) : 0;
    Control |= (USHORT)(Exponent << PCI_MESSAGE_ENABLED_SHIFT | PCI_MESSAGE_ENABLE);
    PciWriteSpace(Function, &Control, Offset + PCI_MESSAGE_CONTROL, sizeof(Control));
}
