// SPDX-License-Identifier: MIT
// The PCI bus driver: root buses, and the functions that configuration space has on them, as devices of the
// Plug and Play tree. NT's is a driver too, pci.sys, of which ACPI's driver reports the root buses. All but
// what its comment says runs on the PnP worker, at PASSIVE_LEVEL.
#ifndef KMODE_PCI_PCI_H
#define KMODE_PCI_PCI_H

#include <wdmguid.h>

#define PCI_SPACE_BYTES 256u

// What stands behind PCI's device objects.
typedef enum _PCI_KIND { PciRootBus, PciFunction } PCI_KIND;

typedef struct _PCI_BUS {
    PCI_KIND Kind;
    ULONG Number;
    LIST_ENTRY Functions; // PCI_FUNCTION.Link
} PCI_BUS, *PPCI_BUS;

typedef struct _PCI_BAR {
    ULONG Register; // 0 to 5
    BOOLEAN Io, Wide;
    ULONG64 Bytes;
    ULONG64 Address; // that firmware has given it; 0: none
} PCI_BAR, *PPCI_BAR;

typedef struct _PCI_FUNCTION {
    PCI_KIND Kind;
    LIST_ENTRY Link;
    PDEVICE_OBJECT DeviceObject; // the physical device object
    ULONG Bus;
    PCI_SLOT_NUMBER Slot;
    BOOLEAN Present;          // when the bus was last asked
    PCI_COMMON_HEADER Header; // as it was found
    ULONG TableCapability;    // offset of the MSI-X capability; 0: there is none
    ULONG MessageCapability;  // offset of the MSI capability; 0: there is none
    ULONG BarCount;
    PCI_BAR Bars[PCI_TYPE0_ADDRESSES];
} PCI_FUNCTION, *PPCI_FUNCTION;

// Makes the driver, and reports the root buses: Buses of them, 0 if there is no PCI. Once, when there are
// drivers.
NTSTATUS PciInitSystem(ULONG Buses);

// ---- Root buses (pci/bus.c)

// IRP_MJ_PNP for one, as for a function below.
NTSTATUS PciBusPnp(PDEVICE_OBJECT DeviceObject, PIO_STACK_LOCATION Stack, NTSTATUS Status,
                   PULONG_PTR Information);

// A physical device object of the driver's, which has Bytes behind it. What IoCreateDevice says.
NTSTATUS PciCreatePdo(SIZE_T Bytes, PDEVICE_OBJECT *DeviceObject);

// ---- Functions

// IRP_MJ_PNP (pci/function.c). Status is what the IRP says so far, and goes on to say where there is nothing
// to add.
NTSTATUS PciFunctionPnp(PDEVICE_OBJECT DeviceObject, PIO_STACK_LOCATION Stack, NTSTATUS Status,
                        PULONG_PTR Information);

// Bytes of its configuration space that were read or written; 0 or, reading, 2 with an invalid vendor: it is
// gone. Any IRQL; Buffer is nonpaged above APC_LEVEL.
ULONG PciReadSpace(const PCI_FUNCTION *Function, PVOID Buffer, ULONG Offset, ULONG Length);
ULONG PciWriteSpace(const PCI_FUNCTION *Function, PVOID Buffer, ULONG Offset, ULONG Length);

// *Information is a copy of Text, from paged pool. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS PciAnswerText(PCWSTR Text, PULONG_PTR Information);
// *Information, from paged pool, is the answer to TargetDeviceRelation, or tells that its bus is of that
// type.
NTSTATUS PciAnswerTarget(PDEVICE_OBJECT DeviceObject, PULONG_PTR Information);
NTSTATUS PciAnswerBusInformation(const GUID *BusType, INTERFACE_TYPE LegacyType, ULONG Number,
                                 PULONG_PTR Information);

// IRP_MN_QUERY_ID (pci/identify.c).
NTSTATUS PciAnswerId(const PCI_FUNCTION *Function, BUS_QUERY_ID_TYPE Type, NTSTATUS Status,
                     PULONG_PTR Information);

// ---- Resources (pci/resource.c)

// Finds out how large its BARs are, which answer nowhere meanwhile, and where firmware has put them.
VOID PciMeasureBars(PPCI_FUNCTION Function);
// IRP_MN_QUERY_RESOURCES, IRP_MN_QUERY_RESOURCE_REQUIREMENTS: what firmware has given it; the same, or any
// other place where it may be.
NTSTATUS PciAnswerResources(const PCI_FUNCTION *Function, NTSTATUS Status, PULONG_PTR Information);
NTSTATUS PciAnswerRequirements(const PCI_FUNCTION *Function, NTSTATUS Status, PULONG_PTR Information);
// Writes what it has been assigned to its BARs, and lets them answer. STATUS_INVALID_PARAMETER: that is not
// what it requires.
NTSTATUS PciEnableFunction(const PCI_FUNCTION *Function, const CM_RESOURCE_LIST *Raw);
// Its BARs answer no more, and it is no bus master.
VOID PciDisableFunction(const PCI_FUNCTION *Function);

// ---- Messages (pci/message.c)

// The offset of its first capability of that ID; 0: it has none.
ULONG PciFindCapability(const PCI_FUNCTION *Function, UCHAR Id);
// As many as it has, if the registry says that its driver wants messages; 0: none.
ULONG PciWantedMessages(const PCI_FUNCTION *Function);
BOOLEAN PciIsMessage(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor);
// It interrupts by the messages of that raw list; NULL, or one without any: by none any more. Its BARs
// answer. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS PciEnableMessages(const PCI_FUNCTION *Function, const CM_RESOURCE_LIST *Raw);

// ---- GUID_BUS_INTERFACE_STANDARD (pci/interface.c)

// IRP_MN_QUERY_INTERFACE.
NTSTATUS PciAnswerInterface(PPCI_FUNCTION Function, const IO_STACK_LOCATION *Stack, NTSTATUS Status);

#endif
