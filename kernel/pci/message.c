// SPDX-License-Identifier: MIT
// Message-signaled interrupts of a function: its MSI or MSI-X capability (PCI Local Bus
// Specification 3.0, 6.8), and whether its driver wants them. Page: kernel,
// enabling-message-signaled-interrupts-in-the-registry.
#include "inc/kernel.h"
#include "io/pnp-resource.h"
#include "pci/pci.h"

#define PCI_MESSAGE_KEY L"Interrupt Management\\MessageSignaledInterruptProperties"

#define PCI_MOST_CAPABILITIES 48u // that fit into the space: a list that is longer is a ring

#define PCI_MESSAGE_CONTROL          2u
#define PCI_MESSAGE_ADDRESS          4u
#define PCI_MESSAGE_ENABLE           0x0001u
#define PCI_MESSAGE_ENABLED_SHIFT    4
#define PCI_MESSAGE_CAPABLE(Control) (1u << ((Control) >> 1 & 7))
#define PCI_MESSAGE_ENABLED_MASK     0x0070u
#define PCI_TABLE_PLACE              4u
#define PCI_TABLE_BAR                7u
#define PCI_TABLE_ENABLE             0x8000u
#define PCI_TABLE_CAPABLE(Control)   (((Control) & 0x7FFu) + 1)
#define PCI_TABLE_MASKED             1u
#define PCI_MESSAGE_64BIT            0x0080u

// Of MSI-X.
typedef struct _PCI_TABLE_ENTRY {
    ULONG AddressLow, AddressHigh, Data, Control;
} PCI_TABLE_ENTRY;

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
    const ULONG Capability =
        Function->TableCapability != 0 ? Function->TableCapability : Function->MessageCapability;
    if (Capability == 0 || !NT_SUCCESS(IoOpenDeviceRegistryKey(Function->DeviceObject, PLUGPLAY_REGKEY_DEVICE,
                                                               KEY_READ, &Device))) {
        return 0;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Device, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes))) {
        if (PciMessageProperty(Key, L"MSISupported", 0) != 0) {
            const USHORT Control = PciReadWord(Function, Capability + PCI_MESSAGE_CONTROL);
            const ULONG Limit = PciMessageProperty(Key, L"MessageNumberLimit", MAXULONG);
            if (Function->TableCapability != 0) {
                Count = min(PCI_TABLE_CAPABLE(Control), max(Limit, 1));
            } else { // a power of two, as the capability has it
                for (Count = PCI_MESSAGE_CAPABLE(Control); Count > Limit && Count > 1; Count /= 2) {
                }
            }
        }
        ZwClose(Key);
    }
    ZwClose(Device);
    return Count;
}

// ---- MSI

static VOID PciDisableMessages(const PCI_FUNCTION *Function, ULONG Capability, USHORT Enable)
{
    if (Capability != 0) {
        USHORT Control = PciReadWord(Function, Capability + PCI_MESSAGE_CONTROL) & (USHORT)~Enable;
        PciWriteSpace(Function, &Control, Capability + PCI_MESSAGE_CONTROL, sizeof(Control));
    }
}

static VOID PciEnableByAddress(const PCI_FUNCTION *Function, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw)
{
    const ULONG Offset = Function->MessageCapability;
    USHORT Control = PciReadWord(Function, Offset + PCI_MESSAGE_CONTROL);
    USHORT Data = (USHORT)Raw->u.MessageInterrupt.Raw.Vector;
    const BOOLEAN Wide = (Control & PCI_MESSAGE_64BIT) != 0;
    ULONG64 Address = KM_MESSAGE_ADDRESS;
    PciWriteSpace(Function, &Address, Offset + PCI_MESSAGE_ADDRESS, Wide ? 8 : 4);
    PciWriteSpace(Function, &Data, Offset + PCI_MESSAGE_ADDRESS + (Wide ? 8 : 4), sizeof(Data));
    // A driver may have asked for another number than a power of two.
    const ULONG Count = Raw->u.MessageInterrupt.Raw.MessageCount;
    const ULONG Exponent = Count > 1 ? 32 - (ULONG)__builtin_clz(Count - 1) : 0;
    Control |= (USHORT)(Exponent << PCI_MESSAGE_ENABLED_SHIFT | PCI_MESSAGE_ENABLE);
    PciWriteSpace(Function, &Control, Offset + PCI_MESSAGE_CONTROL, sizeof(Control));
}

// ---- MSI-X

// The table of Count messages mapped, of a function whose BARs answer. NULL: no room.
static PCI_TABLE_ENTRY *PciMapTable(const PCI_FUNCTION *Function, ULONG Count)
{
    ULONG Place = 0, Low = 0, High = 0;
    PciReadSpace(Function, &Place, Function->TableCapability + PCI_TABLE_PLACE, sizeof(Place));
    const ULONG Bar = FIELD_OFFSET(PCI_COMMON_HEADER, u.type0.BaseAddresses) + 4 * (Place & PCI_TABLE_BAR);
    PciReadSpace(Function, &Low, Bar, sizeof(Low));
    if ((Low & PCI_ADDRESS_MEMORY_TYPE_MASK) == PCI_TYPE_64BIT) {
        PciReadSpace(Function, &High, Bar + 4, sizeof(High));
    }
    const PHYSICAL_ADDRESS Address = {
        .QuadPart = (LONGLONG)(((ULONG64)High << 32 | (Low & PCI_ADDRESS_MEMORY_ADDRESS_MASK)) +
                               (Place & ~PCI_TABLE_BAR))};
    return MmMapIoSpace(Address, Count * sizeof(PCI_TABLE_ENTRY), MmNonCached);
}

static NTSTATUS PciEnableByTable(const PCI_FUNCTION *Function, const CM_RESOURCE_LIST *Raw)
{
    const USHORT Control = PciReadWord(Function, Function->TableCapability + PCI_MESSAGE_CONTROL);
    const ULONG Count = PCI_TABLE_CAPABLE(Control);
    PCI_TABLE_ENTRY *Table = PciMapTable(Function, Count);
    PIP_DESCRIPTOR_WALK Walk;
    ULONG Number = 0;
    if (Table == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (const CM_PARTIAL_RESOURCE_DESCRIPTOR *Given = PipFirstDescriptor(Raw, &Walk);
         Given != NULL && Number < Count; Given = PipFollowingDescriptor(&Walk)) {
        if (PciIsMessage(Given)) {
            PCI_TABLE_ENTRY *Entry = &Table[Number++];
            WRITE_REGISTER_ULONG(&Entry->AddressLow, KM_MESSAGE_ADDRESS);
            WRITE_REGISTER_ULONG(&Entry->AddressHigh, 0);
            WRITE_REGISTER_ULONG(&Entry->Data, Given->u.MessageInterrupt.Raw.Vector);
            WRITE_REGISTER_ULONG(&Entry->Control, 0);
        }
    }
    for (; Number < Count; Number += 1) {
        WRITE_REGISTER_ULONG(&Table[Number].Control, PCI_TABLE_MASKED);
    }
    MmUnmapIoSpace(Table, Count * sizeof(PCI_TABLE_ENTRY));
    USHORT Enabled = Control | PCI_TABLE_ENABLE;
    PciWriteSpace(Function, &Enabled, Function->TableCapability + PCI_MESSAGE_CONTROL, sizeof(Enabled));
    return STATUS_SUCCESS;
}

// ---- Either

BOOLEAN PciIsMessage(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    return Descriptor->Type == CmResourceTypeInterrupt && (Descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE);
}

NTSTATUS PciEnableMessages(const PCI_FUNCTION *Function, const CM_RESOURCE_LIST *Raw)
{
    PIP_DESCRIPTOR_WALK Walk;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Given = Raw != NULL ? PipFirstDescriptor(Raw, &Walk) : NULL;
    PciDisableMessages(Function, Function->MessageCapability, PCI_MESSAGE_ENABLE | PCI_MESSAGE_ENABLED_MASK);
    PciDisableMessages(Function, Function->TableCapability, PCI_TABLE_ENABLE);
    while (Given != NULL && !PciIsMessage(Given)) {
        Given = PipFollowingDescriptor(&Walk);
    }
    if (Given == NULL) {
        return STATUS_SUCCESS;
    }
    if (Function->TableCapability != 0) {
        return PciEnableByTable(Function, Raw);
    }
    PciEnableByAddress(Function, Given);
    return STATUS_SUCCESS;
}
