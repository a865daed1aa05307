// SPDX-License-Identifier: MIT
// A function of a bus as a device: what its physical device object answers.
#include "inc/kernel.h"
#include "hal/bus-data.h"
#include "pci/pci.h"
#include "rtl/crt/crt.h"

ULONG PciReadSpace(const PCI_FUNCTION *Function, PVOID Buffer, ULONG Offset, ULONG Length)
{
    return HalpGetPciData(Function->Bus, Function->Slot, Buffer, Offset, Length);
}

ULONG PciWriteSpace(const PCI_FUNCTION *Function, PVOID Buffer, ULONG Offset, ULONG Length)
{
    return HalpSetPciData(Function->Bus, Function->Slot, Buffer, Offset, Length);
}

NTSTATUS PciAnswerText(PCWSTR Text, PULONG_PTR Information)
{
    const SIZE_T Bytes = (wcslen(Text) + 1) * sizeof(WCHAR);
    PWCH Copy = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, TAG_PCI);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Copy, Text, Bytes);
    *Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

NTSTATUS PciAnswerTarget(PDEVICE_OBJECT DeviceObject, PULONG_PTR Information)
{
    PDEVICE_RELATIONS Relations = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Relations), TAG_PCI);
    if (Relations == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(DeviceObject);
    Relations->Count = 1;
    Relations->Objects[0] = DeviceObject;
    *Information = (ULONG_PTR)Relations;
    return STATUS_SUCCESS;
}

NTSTATUS PciAnswerBusInformation(const GUID *BusType, INTERFACE_TYPE LegacyType, ULONG Number,
                                 PULONG_PTR Information)
{
    PPNP_BUS_INFORMATION Bus = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Bus), TAG_PCI);
    if (Bus == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Bus = (PNP_BUS_INFORMATION){*BusType, LegacyType, Number};
    *Information = (ULONG_PTR)Bus;
    return STATUS_SUCCESS;
}

// The address is as IoGetDeviceProperty has it for PCI: the device above, the function below.
static NTSTATUS PciAnswerCapabilities(const PCI_FUNCTION *Function, PDEVICE_CAPABILITIES Capabilities)
{
    if (Capabilities->Version != 1 || Capabilities->Size < sizeof(*Capabilities)) {
        return STATUS_UNSUCCESSFUL;
    }
    Capabilities->Address = Function->Slot.u.bits.DeviceNumber << 16 | Function->Slot.u.bits.FunctionNumber;
    Capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (SYSTEM_POWER_STATE State = PowerSystemSleeping1; State < PowerSystemMaximum; State += 1) {
        Capabilities->DeviceState[State] = PowerDeviceD3;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PciAnswerDeviceText(const PCI_FUNCTION *Function, DEVICE_TEXT_TYPE Type, NTSTATUS Status,
                                    PULONG_PTR Information)
{
    WCHAR Text[64];
    switch (Type) {
    case DeviceTextDescription: return PciAnswerText(L"PCI Device", Information);
    case DeviceTextLocationInformation:
        swprintf(Text, L"PCI bus %u, device %u, function %u", Function->Bus,
                 Function->Slot.u.bits.DeviceNumber, Function->Slot.u.bits.FunctionNumber);
        return PciAnswerText(Text, Information);
    default: return Status;
    }
}

// IRP_MN_READ_CONFIG and IRP_MN_WRITE_CONFIG: of the two spaces that wdm.h names, no function has a ROM.
static NTSTATUS PciAccessSpace(const PCI_FUNCTION *Function, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    const ULONG Offset = Stack->Parameters.ReadWriteConfig.Offset;
    const ULONG Length = Stack->Parameters.ReadWriteConfig.Length;
    USHORT VendorId = PCI_INVALID_VENDORID;
    if (Stack->Parameters.ReadWriteConfig.WhichSpace != PCI_WHICHSPACE_CONFIG) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (Offset >= PCI_SPACE_BYTES || Length > PCI_SPACE_BYTES - Offset) {
        return STATUS_INVALID_PARAMETER_3;
    }
    PciReadSpace(Function, &VendorId, 0, sizeof(VendorId));
    if (VendorId == PCI_INVALID_VENDORID) {
        return STATUS_NO_SUCH_DEVICE;
    }
    *Information = (Stack->MinorFunction == IRP_MN_READ_CONFIG ? PciReadSpace : PciWriteSpace)(
        Function, Stack->Parameters.ReadWriteConfig.Buffer, Offset, Length);
    return STATUS_SUCCESS;
}

// One that is gone takes its object with it; else its bus goes on to report it.
static VOID PciRemoveFunction(PPCI_FUNCTION Function)
{
    PciDisableFunction(Function);
    if (!Function->Present) {
        RemoveEntryList(&Function->Link);
        IoDeleteDevice(Function->DeviceObject);
    }
}

NTSTATUS PciFunctionPnp(PDEVICE_OBJECT DeviceObject, PIO_STACK_LOCATION Stack, NTSTATUS Status,
                        PULONG_PTR Information)
{
    PPCI_FUNCTION Function = DeviceObject->DeviceExtension;
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return PciEnableFunction(Function, Stack->Parameters.StartDevice.AllocatedResources);
    case IRP_MN_STOP_DEVICE: PciDisableFunction(Function); return STATUS_SUCCESS;
    case IRP_MN_REMOVE_DEVICE: PciRemoveFunction(Function); return STATUS_SUCCESS;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_DEVICE_USAGE_NOTIFICATION: return STATUS_SUCCESS;
    case IRP_MN_QUERY_CAPABILITIES:
        return PciAnswerCapabilities(Function, Stack->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_ID: return PciAnswerId(Function, Stack->Parameters.QueryId.IdType, Status, Information);
    case IRP_MN_QUERY_DEVICE_TEXT:
        return PciAnswerDeviceText(Function, Stack->Parameters.QueryDeviceText.DeviceTextType, Status,
                                   Information);
    case IRP_MN_QUERY_BUS_INFORMATION:
        return PciAnswerBusInformation(&GUID_BUS_TYPE_PCI, PCIBus, Function->Bus, Information);
    case IRP_MN_QUERY_RESOURCES: return PciAnswerResources(Function, Status, Information);
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS: return PciAnswerRequirements(Function, Status, Information);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        return Stack->Parameters.QueryDeviceRelations.Type == TargetDeviceRelation
                   ? PciAnswerTarget(DeviceObject, Information)
                   : Status;
    case IRP_MN_QUERY_INTERFACE: return PciAnswerInterface(Function, Stack, Status);
    case IRP_MN_READ_CONFIG:
    case IRP_MN_WRITE_CONFIG: return PciAccessSpace(Function, Stack, Information);
    default: return Status;
    }
}
