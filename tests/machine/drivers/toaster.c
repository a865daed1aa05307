// SPDX-License-Identifier: MIT
// A function driver that tells each Plug and Play IRP, and refuses what it is told to refuse.
#include "pnp-driver.h"
#include "toaster.h"

typedef struct {
    PDEVICE_OBJECT Pdo, Lower;
    UNICODE_STRING Interface;
    BOOLEAN Enabled, Gone;
} FDO;

static const GUID InterfaceClass = {
    0x781ef630, 0x72b2, 0x11d2, {0xb8, 0x52, 0x00, 0xc0, 0x4f, 0xad, 0x51, 0x71}};

static ULONG Refuses, State;

static VOID TellResources(PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated)
{
    if (Raw == NULL) {
        DbgPrint("without resources\n");
        return;
    }
    for (ULONG i = 0; i < Raw->List[0].PartialResourceList.Count; i += 1) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR One = &Raw->List[0].PartialResourceList.PartialDescriptors[i],
                                        Same = &Translated->List[0].PartialResourceList.PartialDescriptors[i];
        if (One->Type == CmResourceTypePort) {
            DbgPrint("port %I64x, %lu bytes, translated %I64x\n", One->u.Port.Start.QuadPart,
                     One->u.Port.Length, Same->u.Port.Start.QuadPart);
        } else if (One->Type == CmResourceTypeInterrupt) {
            DbgPrint("interrupt %lu, IRQL of a device %d\n", One->u.Interrupt.Vector,
                     Same->u.Interrupt.Level > DISPATCH_LEVEL && Same->u.Interrupt.Level < 13);
        }
    }
}

static NTSTATUS Start(FDO *Fdo, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    TellResources(Stack->Parameters.StartDevice.AllocatedResources,
                  Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    NTSTATUS Status = ForwardAndWait(Fdo->Lower, Irp);
    if (NT_SUCCESS(Status) && (Refuses & TOASTER_FAILS_START)) {
        Status = STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    if (NT_SUCCESS(Status) && !Fdo->Enabled) {
        Status = IoSetDeviceInterfaceState(&Fdo->Interface, TRUE);
        Fdo->Enabled = NT_SUCCESS(Status);
    }
    return Complete(Irp, Status, 0);
}

static VOID Disable(FDO *Fdo)
{
    if (Fdo->Enabled) {
        IoSetDeviceInterfaceState(&Fdo->Interface, FALSE);
        Fdo->Enabled = FALSE;
    }
}

static NTSTATUS Remove(PDEVICE_OBJECT Device, PIRP Irp)
{
    FDO *Fdo = Device->DeviceExtension;
    Disable(Fdo);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS Status = Skip(Fdo->Lower, Irp);
    IoDetachDevice(Fdo->Lower);
    RtlFreeUnicodeString(&Fdo->Interface);
    IoDeleteDevice(Device);
    return Status;
}

static NTSTATUS Pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    FDO *Fdo = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    DbgPrint("%s\n", Minors[Stack->MinorFunction]);
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE: return Start(Fdo, Irp);
    case IRP_MN_REMOVE_DEVICE: return Remove(Device, Irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
        if (Refuses & TOASTER_REFUSES_REMOVE) {
            return Complete(Irp, STATUS_UNSUCCESSFUL, 0);
        }
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
        if (Refuses & TOASTER_REFUSES_STOP) {
            return Complete(Irp, STATUS_UNSUCCESSFUL, 0);
        }
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        Fdo->Gone = TRUE;
        Disable(Fdo);
        break;
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        Irp->IoStatus.Information |= State;
        State = 0;
        break;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE: break;
    default: return Skip(Fdo->Lower, Irp);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return Skip(Fdo->Lower, Irp);
}

static NTSTATUS Pass(PDEVICE_OBJECT Device, PIRP Irp)
{
    return Skip(((FDO *)Device->DeviceExtension)->Lower, Irp);
}

static NTSTATUS CreateClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Control(PDEVICE_OBJECT Device, PIRP Irp)
{
    FDO *Fdo = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Fdo->Gone) {
        return Complete(Irp, STATUS_NO_SUCH_DEVICE, 0);
    }
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(ULONG)) {
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    ULONG Number = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case TOASTER_REFUSE: Refuses = Number; break;
    case TOASTER_STATE:
        State = Number;
        IoInvalidateDeviceState(Fdo->Pdo);
        break;
    default: return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    DbgPrint("AddDevice\n");
    if (Refuses & TOASTER_FAILS_ADD) {
        return STATUS_NO_SUCH_DEVICE;
    }
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(FDO), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                     FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    FDO *Fdo = Device->DeviceExtension;
    Fdo->Pdo = Pdo;
    Status = IoRegisterDeviceInterface(Pdo, &InterfaceClass, NULL, &Fdo->Interface);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Fdo->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    DbgPrint("DriverUnload\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->MajorFunction[IRP_MJ_PNP] = Pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = Pass;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = Pass;
    Driver->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = CreateClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
