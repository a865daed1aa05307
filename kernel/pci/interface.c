// SPDX-License-Identifier: MIT
// GUID_BUS_INTERFACE_STANDARD: configuration space at DISPATCH_LEVEL and above, without an IRP. Pages: wdm,
// BUS_INTERFACE_STANDARD, GET_SET_DEVICE_DATA, TRANSLATE_BUS_ADDRESS, GET_DMA_ADAPTER.
#include "inc/kernel.h"
#include "pci/pci.h"

#define PCI_INTERFACE_VERSION 1

// The context is a PCI_FUNCTION, whose device object is referenced. IRQL <= DISPATCH_LEVEL.
static VOID NTAPI PciInterfaceReference(PVOID Context)
{
    ObfReferenceObject(((PPCI_FUNCTION)Context)->DeviceObject);
}

static VOID NTAPI PciInterfaceDereference(PVOID Context)
{
    ObfDereferenceObject(((PPCI_FUNCTION)Context)->DeviceObject);
}

// A bus address is the processor's.
static BOOLEAN NTAPI PciTranslateBusAddress(PVOID Context, PHYSICAL_ADDRESS BusAddress, ULONG Length,
                                            PULONG AddressSpace, PPHYSICAL_ADDRESS TranslatedAddress)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(AddressSpace);
    *TranslatedAddress = BusAddress;
    return TRUE;
}

// NULL: there is no DMA.
static struct _DMA_ADAPTER *NTAPI PciGetDmaAdapter(PVOID Context, struct _DEVICE_DESCRIPTION *Description,
                                                   PULONG NumberOfMapRegisters)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Description);
    *NumberOfMapRegisters = 0;
    return NULL;
}

// Bytes read or written; 0: not the space of configuration. Any IRQL.
static ULONG NTAPI PciGetBusData(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length)
{
    return DataType == PCI_WHICHSPACE_CONFIG ? PciReadSpace(Context, Buffer, Offset, Length) : 0;
}

static ULONG NTAPI PciSetBusData(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length)
{
    return DataType == PCI_WHICHSPACE_CONFIG ? PciWriteSpace(Context, Buffer, Offset, Length) : 0;
}

NTSTATUS PciAnswerInterface(PPCI_FUNCTION Function, const IO_STACK_LOCATION *Stack, NTSTATUS Status)
{
    PBUS_INTERFACE_STANDARD Interface = (PBUS_INTERFACE_STANDARD)Stack->Parameters.QueryInterface.Interface;
    if (!IsEqualGUID(Stack->Parameters.QueryInterface.InterfaceType, &GUID_BUS_INTERFACE_STANDARD) ||
        Stack->Parameters.QueryInterface.Size < sizeof(*Interface) ||
        Stack->Parameters.QueryInterface.Version < PCI_INTERFACE_VERSION) {
        return Status;
    }
    *Interface = (BUS_INTERFACE_STANDARD){
        .Size = sizeof(*Interface),
        .Version = PCI_INTERFACE_VERSION,
        .Context = Function,
        .InterfaceReference = PciInterfaceReference,
        .InterfaceDereference = PciInterfaceDereference,
        .TranslateBusAddress = PciTranslateBusAddress,
        .GetDmaAdapter = PciGetDmaAdapter,
        .SetBusData = PciSetBusData,
        .GetBusData = PciGetBusData,
    };
    PciInterfaceReference(Function);
    return STATUS_SUCCESS;
}
