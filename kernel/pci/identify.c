// SPDX-License-Identifier: MIT
// The IDs of a function. Page: install, identifiers-for-pci-devices, in Windows 10's order.
#include "inc/kernel.h"
#include "pci/pci.h"
#include "rtl/crt/crt.h"

#define PCI_ID_CHARACTERS 48u

// What stands in an ID, in this order.
#define PCI_ID_VENDOR    0x01u // VEN_v
#define PCI_ID_DEVICE    0x02u // DEV_d
#define PCI_ID_SUBSYSTEM 0x04u // SUBSYS_sn
#define PCI_ID_CLASS     0x08u // CC_cs
#define PCI_ID_INTERFACE 0x10u // CC_csp
#define PCI_ID_REVISION  0x20u // REV_r

static const ULONG PciHardwareIds[] = {
    PCI_ID_VENDOR | PCI_ID_DEVICE | PCI_ID_SUBSYSTEM | PCI_ID_REVISION,
    PCI_ID_VENDOR | PCI_ID_DEVICE | PCI_ID_SUBSYSTEM,
    PCI_ID_VENDOR | PCI_ID_DEVICE | PCI_ID_INTERFACE,
    PCI_ID_VENDOR | PCI_ID_DEVICE | PCI_ID_CLASS,
};

static const ULONG PciCompatibleIds[] = {
    PCI_ID_VENDOR | PCI_ID_DEVICE | PCI_ID_REVISION,
    PCI_ID_VENDOR | PCI_ID_DEVICE,
    PCI_ID_VENDOR | PCI_ID_INTERFACE,
    PCI_ID_VENDOR | PCI_ID_CLASS,
    PCI_ID_VENDOR,
    PCI_ID_INTERFACE,
    PCI_ID_CLASS,
};

static const struct {
    ULONG Part;
    PCWSTR Name;
} PciParts[] = {
    {PCI_ID_VENDOR, L"VEN_"}, {PCI_ID_DEVICE, L"DEV_"},   {PCI_ID_SUBSYSTEM, L"SUBSYS_"},
    {PCI_ID_CLASS, L"CC_"},   {PCI_ID_INTERFACE, L"CC_"}, {PCI_ID_REVISION, L"REV_"},
};

static ULONG PciValueOf(const PCI_COMMON_HEADER *Header, ULONG Part, PULONG Digits)
{
    *Digits = 4;
    switch (Part) {
    case PCI_ID_VENDOR: return Header->VendorID;
    case PCI_ID_DEVICE: return Header->DeviceID;
    case PCI_ID_SUBSYSTEM:
        *Digits = 8;
        return (ULONG)Header->u.type0.SubSystemID << 16 | Header->u.type0.SubVendorID;
    case PCI_ID_CLASS: return (ULONG)Header->BaseClass << 8 | Header->SubClass;
    case PCI_ID_INTERFACE:
        *Digits = 6;
        return (ULONG)Header->BaseClass << 16 | (ULONG)Header->SubClass << 8 | Header->ProgIf;
    default: *Digits = 2; return Header->RevisionID;
    }
}

// Returns where the ID ends, with its zero.
static PWCH PciWriteId(const PCI_COMMON_HEADER *Header, ULONG Parts, PWCH Id)
{
    BOOLEAN First = TRUE;
    Id = wcscpy(Id, L"PCI\\") + 4;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(PciParts); Index += 1) {
        if (Parts & PciParts[Index].Part) {
            ULONG Digits;
            const ULONG Value = PciValueOf(Header, PciParts[Index].Part, &Digits);
            Id += swprintf(Id, L"%s%s%0*X", First ? L"" : L"&", PciParts[Index].Name, Digits, Value);
            First = FALSE;
        }
    }
    *Id = L'\0';
    return Id + 1;
}

static NTSTATUS PciAnswerIds(const PCI_FUNCTION *Function, const ULONG *Ids, ULONG Count,
                             PULONG_PTR Information)
{
    PWCH List = ExAllocatePool2(POOL_FLAG_PAGED, (Count * PCI_ID_CHARACTERS + 1) * sizeof(WCHAR), TAG_PCI);
    if (List == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PWCH End = List;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        End = PciWriteId(&Function->Header, Ids[Index], End);
    }
    *End = L'\0';
    *Information = (ULONG_PTR)List;
    return STATUS_SUCCESS;
}

NTSTATUS PciAnswerId(const PCI_FUNCTION *Function, BUS_QUERY_ID_TYPE Type, NTSTATUS Status,
                     PULONG_PTR Information)
{
    WCHAR Text[8];
    switch (Type) {
    case BusQueryDeviceID: return PciAnswerIds(Function, PciHardwareIds, 1, Information);
    case BusQueryHardwareIDs:
        return PciAnswerIds(Function, PciHardwareIds, RTL_NUMBER_OF(PciHardwareIds), Information);
    case BusQueryCompatibleIDs:
        return PciAnswerIds(Function, PciCompatibleIds, RTL_NUMBER_OF(PciCompatibleIds), Information);
    case BusQueryInstanceID: // unique on its bus
        swprintf(Text, L"%02X",
                 Function->Slot.u.bits.DeviceNumber << 3 | Function->Slot.u.bits.FunctionNumber);
        return PciAnswerText(Text, Information);
    default: return Status;
    }
}
