// SPDX-License-Identifier: MIT
// A function driver's life: AddDevice, each Plug and Play IRP in order, and what comes at unload.
#include <ntddk.h>

typedef struct {
    PDEVICE_OBJECT Pdo, Lower;
    UNICODE_STRING Interface;
    IO_REMOVE_LOCK RemoveLock;
} FDO;

static const GUID InterfaceClass = {
    0x781ef630, 0x72b2, 0x11d2, {0xb8, 0x52, 0x00, 0xc0, 0x4f, 0xad, 0x51, 0x71}};

static const char *const Minors[] = {
    [IRP_MN_START_DEVICE] = "START_DEVICE",
    [IRP_MN_QUERY_REMOVE_DEVICE] = "QUERY_REMOVE_DEVICE",
    [IRP_MN_REMOVE_DEVICE] = "REMOVE_DEVICE",
    [IRP_MN_CANCEL_REMOVE_DEVICE] = "CANCEL_REMOVE_DEVICE",
    [IRP_MN_STOP_DEVICE] = "STOP_DEVICE",
    [IRP_MN_QUERY_STOP_DEVICE] = "QUERY_STOP_DEVICE",
    [IRP_MN_CANCEL_STOP_DEVICE] = "CANCEL_STOP_DEVICE",
    [IRP_MN_QUERY_DEVICE_RELATIONS] = "QUERY_DEVICE_RELATIONS",
    [IRP_MN_QUERY_CAPABILITIES] = "QUERY_CAPABILITIES",
    [IRP_MN_FILTER_RESOURCE_REQUIREMENTS] = "FILTER_RESOURCE_REQUIREMENTS",
    [IRP_MN_QUERY_PNP_DEVICE_STATE] = "QUERY_PNP_DEVICE_STATE",
    [IRP_MN_SURPRISE_REMOVAL] = "SURPRISE_REMOVAL",
};

static NTSTATUS Completed(PDEVICE_OBJECT Device, PIRP Irp, PVOID Event)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS ForwardAndWait(FDO *Fdo, PIRP Irp)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Completed, &Event, TRUE, TRUE, TRUE);
    if (IoCallDriver(Fdo->Lower, Irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    return Irp->IoStatus.Status;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Start(FDO *Fdo, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    DbgPrint("resources: %s\n", Stack->Parameters.StartDevice.AllocatedResources == NULL ? "none" : "some");
    NTSTATUS Status = ForwardAndWait(Fdo, Irp);
    if (NT_SUCCESS(Status)) {
        Status = IoSetDeviceInterfaceState(&Fdo->Interface, TRUE);
    }
    return Complete(Irp, Status);
}

static NTSTATUS Remove(PDEVICE_OBJECT Device, PIRP Irp)
{
    FDO *Fdo = Device->DeviceExtension;
    IoReleaseRemoveLockAndWait(&Fdo->RemoveLock, Irp);
    IoSetDeviceInterfaceState(&Fdo->Interface, FALSE);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoCallDriver(Fdo->Lower, Irp);
    IoDetachDevice(Fdo->Lower);
    RtlFreeUnicodeString(&Fdo->Interface);
    IoDeleteDevice(Device);
    return Status;
}

static NTSTATUS Pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    FDO *Fdo = Device->DeviceExtension;
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    DbgPrint("%s at IRQL %d, status 0x%x\n", Minors[Minor], KeGetCurrentIrql(), Irp->IoStatus.Status);
    NTSTATUS Status = IoAcquireRemoveLock(&Fdo->RemoveLock, Irp);
    if (!NT_SUCCESS(Status)) {
        return Complete(Irp, Status);
    }
    switch (Minor) {
    case IRP_MN_START_DEVICE: Status = Start(Fdo, Irp); break;
    case IRP_MN_REMOVE_DEVICE: return Remove(Device, Irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL: Irp->IoStatus.Status = STATUS_SUCCESS; __attribute__((fallthrough));
    default:
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Fdo->Lower, Irp);
        break;
    }
    IoReleaseRemoveLock(&Fdo->RemoveLock, Irp);
    return Status;
}

static NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    WCHAR Text[64];
    ULONG Bytes;
    DbgPrint("AddDevice at IRQL %d\n", KeGetCurrentIrql());
    NTSTATUS Status = IoGetDeviceProperty(Pdo, DevicePropertyHardwareID, sizeof(Text), Text, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DbgPrint("hardware ID %S\n", Text);
    Status = IoGetDeviceProperty(Pdo, DevicePropertyDriverKeyName, sizeof(Text), Text, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DbgPrint("software key %S\n", Text);
    Status = IoCreateDevice(Driver, sizeof(FDO), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                            &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    FDO *Fdo = Device->DeviceExtension;
    Fdo->Pdo = Pdo;
    IoInitializeRemoveLock(&Fdo->RemoveLock, 'tsoT', 0, 0);
    Status = IoRegisterDeviceInterface(Pdo, &InterfaceClass, NULL, &Fdo->Interface);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DbgPrint("interface %wZ\n", &Fdo->Interface);
    Fdo->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags |= DO_POWER_PAGABLE;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    DbgPrint("DriverUnload with %s device\n", Driver->DeviceObject == NULL ? "no" : "a");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->MajorFunction[IRP_MJ_PNP] = Pnp;
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
