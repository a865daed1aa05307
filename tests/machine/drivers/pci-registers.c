// SPDX-License-Identifier: MIT
// Reads and writes registers of two PCI devices as it is told, and serves their interrupts.
#include <ntddk.h>

#include "pci-registers.h"

#define LINE 18

// mingw-w64's ntddk.h leaves it out.
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber,
                                           ULONG BusInterruptLevel, ULONG BusInterruptVector, PKIRQL Irql,
                                           PKAFFINITY Affinity);

static struct {
    PUCHAR Registers;
    ULONG_PTR Ports;
    PKINTERRUPT Interrupt;
    volatile LONG Claimed;
} Devices[2];
static volatile LONG Calls;
static PULONG64 Buffer; // a page

static BOOLEAN NTAPI Serve(PKINTERRUPT Interrupt, PVOID Context)
{
    const ULONG Device = (ULONG)(ULONG_PTR)Context;
    UNREFERENCED_PARAMETER(Interrupt);
    InterlockedIncrement(&Calls);
    if (READ_REGISTER_ULONG((PULONG)(Devices[Device].Registers + PCI_REGISTER_CAUSE)) == 0) {
        return FALSE;
    }
    WRITE_REGISTER_ULONG((PULONG)(Devices[Device].Registers + PCI_REGISTER_DONE), 1);
    InterlockedIncrement(&Devices[Device].Claimed);
    return TRUE;
}

static VOID Disconnect(VOID)
{
    for (ULONG Device = 0; Device < 2; Device += 1) {
        if (Devices[Device].Interrupt != NULL) {
            IoDisconnectInterrupt(Devices[Device].Interrupt);
            Devices[Device].Interrupt = NULL;
        }
    }
}

static NTSTATUS Connect(VOID)
{
    KIRQL Irql;
    KAFFINITY Affinity;
    const ULONG Vector = HalGetInterruptVector(PCIBus, 0, LINE, LINE, &Irql, &Affinity);
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Device = 0; NT_SUCCESS(Status) && Device < 2; Device += 1) {
        Status = IoConnectInterrupt(&Devices[Device].Interrupt, Serve, (PVOID)(ULONG_PTR)Device, NULL, Vector,
                                    Irql, Irql, LevelSensitive, TRUE, Affinity, FALSE);
    }
    return Status;
}

static ULONG64 ReadRegister(const struct pci_registers_access *Access)
{
    const ULONG_PTR Port = Devices[Access->device].Ports + Access->offset;
    PVOID Register = Devices[Access->device].Registers + Access->offset;
    switch (Access->bytes) {
    case 1: return Access->is_port ? READ_PORT_UCHAR((PUCHAR)Port) : READ_REGISTER_UCHAR((PUCHAR)Register);
    case 2:
        return Access->is_port ? READ_PORT_USHORT((PUSHORT)Port) : READ_REGISTER_USHORT((PUSHORT)Register);
    case 4: return Access->is_port ? READ_PORT_ULONG((PULONG)Port) : READ_REGISTER_ULONG((PULONG)Register);
    default: return *(volatile ULONG64 *)Register;
    }
}

static VOID WriteRegister(const struct pci_registers_access *Access)
{
    const ULONG_PTR Port = Devices[Access->device].Ports + Access->offset;
    PVOID Register = Devices[Access->device].Registers + Access->offset;
    switch (Access->bytes) {
    case 1:
        if (Access->is_port) {
            WRITE_PORT_UCHAR((PUCHAR)Port, (UCHAR)Access->value);
        } else {
            WRITE_REGISTER_UCHAR((PUCHAR)Register, (UCHAR)Access->value);
        }
        break;
    case 2:
        if (Access->is_port) {
            WRITE_PORT_USHORT((PUSHORT)Port, (USHORT)Access->value);
        } else {
            WRITE_REGISTER_USHORT((PUSHORT)Register, (USHORT)Access->value);
        }
        break;
    case 4:
        if (Access->is_port) {
            WRITE_PORT_ULONG((PULONG)Port, (ULONG)Access->value);
        } else {
            WRITE_REGISTER_ULONG((PULONG)Register, (ULONG)Access->value);
        }
        break;
    default: *(volatile ULONG64 *)Register = Access->value; break;
    }
}

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    struct pci_registers_access *Access = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Bytes = 0;
    UNREFERENCED_PARAMETER(DeviceObject);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case PCI_REGISTERS_READ:
        Access->value = ReadRegister(Access);
        Bytes = sizeof(*Access);
        break;
    case PCI_REGISTERS_WRITE: WriteRegister(Access); break;
    case PCI_REGISTERS_COUNT:
        ((PLONG)Access)[0] = Devices[0].Claimed;
        ((PLONG)Access)[1] = Devices[1].Claimed;
        ((PLONG)Access)[2] = Calls;
        Bytes = 3 * sizeof(LONG);
        break;
    case PCI_REGISTERS_BUFFER:
        ((PULONG64)Access)[0] = (ULONG64)MmGetPhysicalAddress(Buffer).QuadPart;
        ((PULONG64)Access)[1] = *(volatile ULONG64 *)Buffer;
        Bytes = 2 * sizeof(ULONG64);
        break;
    case PCI_REGISTERS_CONNECT: Status = Connect(); break;
    case PCI_REGISTERS_DISCONNECT: Disconnect(); break;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Bytes;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\??\\PciRegisters");
    Disconnect();
    for (ULONG Device = 0; Device < 2; Device += 1) {
        MmUnmapIoSpace(Devices[Device].Registers, PAGE_SIZE);
    }
    MmFreeContiguousMemory(Buffer);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\PciRegisters");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\??\\PciRegisters");
    PDEVICE_OBJECT DeviceObject;
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG Device = 0; Device < 2; Device += 1) {
        PCI_SLOT_NUMBER Slot = {.u.bits.DeviceNumber = 3 + Device};
        PCI_COMMON_CONFIG Config;
        HalGetBusData(PCIConfiguration, 0, Slot.u.AsULONG, &Config, PCI_COMMON_HDR_LENGTH);
        const PHYSICAL_ADDRESS Bar = {.QuadPart = Config.u.type0.BaseAddresses[0] & ~15u};
        Devices[Device].Registers = MmMapIoSpace(Bar, PAGE_SIZE, MmNonCached);
        Devices[Device].Ports = Config.u.type0.BaseAddresses[1] & ~3u;
        if (Devices[Device].Registers == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    const PHYSICAL_ADDRESS Highest = {.QuadPart = MAXULONG};
    Buffer = MmAllocateContiguousMemory(PAGE_SIZE, Highest);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Buffer[0] = 0x1122334455667788;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &DeviceObject);
    if (NT_SUCCESS(Status)) {
        IoCreateSymbolicLink(&Link, &Name);
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    DriverObject->DriverUnload = Unload;
    return Status;
}
