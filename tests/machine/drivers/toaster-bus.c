// SPDX-License-Identifier: MIT
// A bus driver whose toasters are plugged in and unplugged by device control, at \Device\ToasterBus.
#include "pnp-driver.h"
#include "toaster.h"
#include <wchar.h>

#define MOST_TOASTERS 4

typedef struct {
    BOOLEAN IsPdo;
    PDEVICE_OBJECT Pdo, Lower; // of the bus
    ULONG Number;              // of a toaster
    BOOLEAN Present, Reported;
} EXTENSION;

static PDRIVER_OBJECT BusDriver;
static PDEVICE_OBJECT Bus, Control, Toasters[MOST_TOASTERS];

#define TAG 'tsoT'

static PVOID Allocate(SIZE_T Bytes)
{
    return ExAllocatePool2(POOL_FLAG_PAGED, Bytes, TAG);
}

// ---- The bus

static NTSTATUS Relations(PIRP Irp)
{
    PDEVICE_RELATIONS List = Allocate(sizeof(*List) + MOST_TOASTERS * sizeof(PDEVICE_OBJECT));
    if (List == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG i = 0; i < MOST_TOASTERS; i += 1) {
        if (Toasters[i] != NULL) {
            EXTENSION *Toaster = Toasters[i]->DeviceExtension;
            Toaster->Reported = Toaster->Present;
            if (Toaster->Present) {
                ObReferenceObject(Toasters[i]);
                List->Objects[List->Count++] = Toasters[i];
            }
        }
    }
    Irp->IoStatus.Information = (ULONG_PTR)List;
    return STATUS_SUCCESS;
}

static NTSTATUS BusPnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXTENSION *Fdo = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE: return Complete(Irp, ForwardAndWait(Fdo->Lower, Irp), 0);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (Stack->Parameters.QueryDeviceRelations.Type == BusRelations) {
            Status = Relations(Irp);
            if (!NT_SUCCESS(Status)) {
                return Complete(Irp, Status, 0);
            }
            Irp->IoStatus.Status = Status;
        }
        break;
    case IRP_MN_REMOVE_DEVICE:
        for (ULONG i = 0; i < MOST_TOASTERS; i += 1) {
            if (Toasters[i] != NULL) {
                IoDeleteDevice(Toasters[i]);
                Toasters[i] = NULL;
            }
        }
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Status = Skip(Fdo->Lower, Irp);
        IoDetachDevice(Fdo->Lower);
        IoDeleteDevice(Device);
        Bus = NULL;
        return Status;
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL: Irp->IoStatus.Status = STATUS_SUCCESS; break;
    default: break;
    }
    return Skip(Fdo->Lower, Irp);
}

// ---- A toaster

static NTSTATUS Text(PCWSTR Source, ULONG Characters, PULONG_PTR Information)
{
    PWCH Copy = Allocate((Characters + 1) * sizeof(WCHAR));
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Copy, Source, Characters * sizeof(WCHAR));
    *Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

#define TEXT_OF(Literal) Text(Literal, RTL_NUMBER_OF(Literal), Information)

static NTSTATUS Id(EXTENSION *Toaster, BUS_QUERY_ID_TYPE Type, NTSTATUS Status, PULONG_PTR Information)
{
    WCHAR Number[2] = {(WCHAR)(L'0' + Toaster->Number)};
    switch (Type) {
    case BusQueryDeviceID: return TEXT_OF(L"ToasterBus\\MsToaster");
    case BusQueryInstanceID: return Text(Number, 2, Information);
    case BusQueryHardwareIDs: return TEXT_OF(L"ToasterBus\\MsToaster\0");
    case BusQueryCompatibleIDs: return TEXT_OF(L"ToasterBus\\AnyToaster\0");
    default: return Status;
    }
}

static NTSTATUS Requirements(PULONG_PTR Information)
{
    ULONG Bytes = sizeof(IO_RESOURCE_REQUIREMENTS_LIST) + sizeof(IO_RESOURCE_DESCRIPTOR);
    PIO_RESOURCE_REQUIREMENTS_LIST List = Allocate(Bytes);
    if (List == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    List->ListSize = Bytes;
    List->InterfaceType = Isa;
    List->AlternativeLists = 1;
    List->List[0].Version = List->List[0].Revision = 1;
    List->List[0].Count = 2;
    PIO_RESOURCE_DESCRIPTOR One = List->List[0].Descriptors;
    One[0] = (IO_RESOURCE_DESCRIPTOR){.Type = CmResourceTypePort,
                                      .ShareDisposition = CmResourceShareDeviceExclusive,
                                      .Flags = CM_RESOURCE_PORT_IO};
    One[0].u.Port.Length = 8;
    One[0].u.Port.Alignment = 16;
    One[0].u.Port.MinimumAddress.QuadPart = 0x301;
    One[0].u.Port.MaximumAddress.QuadPart = 0x32F;
    One[1] =
        (IO_RESOURCE_DESCRIPTOR){.Type = CmResourceTypeInterrupt, .ShareDisposition = CmResourceShareShared};
    One[1].u.Interrupt.MinimumVector = 5;
    One[1].u.Interrupt.MaximumVector = 7;
    *Information = (ULONG_PTR)List;
    return STATUS_SUCCESS;
}

static NTSTATUS BusInformation(PULONG_PTR Information)
{
    PPNP_BUS_INFORMATION Answer = Allocate(sizeof(*Answer));
    if (Answer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Answer->LegacyBusType = PNPBus;
    Answer->BusNumber = 3;
    *Information = (ULONG_PTR)Answer;
    return STATUS_SUCCESS;
}

static NTSTATUS ToasterPnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXTENSION *Toaster = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PULONG_PTR Information = &Irp->IoStatus.Information;
    NTSTATUS Status = Irp->IoStatus.Status;
    DbgPrint("toaster %lu: %s\n", Toaster->Number, Minors[Stack->MinorFunction]);
    switch (Stack->MinorFunction) {
    case IRP_MN_QUERY_ID: Status = Id(Toaster, Stack->Parameters.QueryId.IdType, Status, Information); break;
    case IRP_MN_QUERY_DEVICE_TEXT:
        if (Stack->Parameters.QueryDeviceText.DeviceTextType == DeviceTextDescription) {
            Status = TEXT_OF(L"A toaster");
        }
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        Stack->Parameters.DeviceCapabilities.Capabilities->Removable = TRUE;
        Stack->Parameters.DeviceCapabilities.Capabilities->EjectSupported = TRUE;
        Stack->Parameters.DeviceCapabilities.Capabilities->Address = Toaster->Number;
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS: Status = Requirements(Information); break;
    case IRP_MN_QUERY_BUS_INFORMATION: Status = BusInformation(Information); break;
    case IRP_MN_EJECT: Toaster->Present = FALSE; __attribute__((fallthrough));
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL: Status = STATUS_SUCCESS; break;
    case IRP_MN_REMOVE_DEVICE: {
        BOOLEAN Gone = !Toaster->Reported;
        Status = Complete(Irp, STATUS_SUCCESS, 0);
        if (Gone) {
            if (Toasters[Toaster->Number] == Device) {
                Toasters[Toaster->Number] = NULL;
            }
            IoDeleteDevice(Device);
        }
        return Status;
    }
    default: break;
    }
    return Complete(Irp, Status, *Information);
}

static NTSTATUS Pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    return ((EXTENSION *)Device->DeviceExtension)->IsPdo ? ToasterPnp(Device, Irp) : BusPnp(Device, Irp);
}

// ---- The device that is controlled

static NTSTATUS CreateClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS PlugIn(ULONG Number)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status =
        IoCreateDevice(BusDriver, sizeof(EXTENSION), NULL, FILE_DEVICE_UNKNOWN,
                       FILE_AUTOGENERATED_DEVICE_NAME | FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        *(EXTENSION *)Device->DeviceExtension = (EXTENSION){.IsPdo = TRUE, .Number = Number, .Present = TRUE};
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
        Toasters[Number] = Device;
    }
    return Status;
}

static VOID Ejected(NTSTATUS Status, PVOID Context)
{
    DbgPrint("ejected 0x%x%s\n", Status, Context == &Bus ? "" : " in a wrong context");
}

static NTSTATUS ControlDevice(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    if (Device != Control || Bus == NULL) {
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    ULONG Number = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    if (Stack->Parameters.DeviceIoControl.IoControlCode == TOASTER_BUS_EJECT) {
        Status = IoRequestDeviceEjectEx(Toasters[Number], Ejected, &Bus, BusDriver);
        return Complete(Irp, Status, 0);
    }
    if (Stack->Parameters.DeviceIoControl.IoControlCode == TOASTER_BUS_PLUG_IN) {
        Status = PlugIn(Number);
    } else {
        ((EXTENSION *)Toasters[Number]->DeviceExtension)->Present = FALSE;
    }
    IoInvalidateDeviceRelations(((EXTENSION *)Bus->DeviceExtension)->Pdo, BusRelations);
    return Complete(Irp, Status, 0);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status =
        IoCreateDevice(Driver, sizeof(EXTENSION), NULL, FILE_DEVICE_BUS_EXTENDER, 0, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        EXTENSION *Fdo = Device->DeviceExtension;
        Fdo->Pdo = Pdo;
        Fdo->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
        Bus = Device;
    }
    return Status;
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    IoDeleteDevice(Control);
    DbgPrint("bus: DriverUnload\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\ToasterBus");
    UNREFERENCED_PARAMETER(RegistryPath);
    BusDriver = Driver;
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->MajorFunction[IRP_MJ_PNP] = Pnp;
    Driver->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = CreateClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ControlDevice;
    Driver->DriverUnload = Unload;
    return IoCreateDevice(Driver, sizeof(EXTENSION), &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Control);
}
