// SPDX-License-Identifier: MIT
// A request that a driver has kept, marked pending, and passes on later in its own stack location: the driver
// below completes it at once, and has not marked anything. The verifier finds nothing.
#include "test.h"

static PDEVICE_OBJECT Upper, Lower;
static PIRP Kept;
static NTSTATUS Answer;

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    if (DeviceObject == Upper) {
        IoMarkIrpPending(Irp);
        Kept = Irp;
        return STATUS_PENDING;
    }
    if (Answer == STATUS_PENDING) {
        IoMarkIrpPending(Irp);
        Kept = Irp;
        return STATUS_PENDING;
    }
    Irp->IoStatus.Status = Answer;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Answer;
}

static NTSTATUS Send(NTSTATUS Wanted)
{
    IO_STATUS_BLOCK IoStatus;
    KEVENT Event;
    PIRP Irp;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp =
        IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS),
                                      Upper, NULL, 0, NULL, 0, FALSE, &Event, &IoStatus);
    Answer = Wanted;
    IS(IoCallDriver(Upper, Irp), STATUS_PENDING);
    Irp = Kept;
    IoSkipCurrentIrpStackLocation(Irp);
    IS(IoCallDriver(Lower, Irp), Wanted);
    if (Wanted == STATUS_PENDING) {
        Kept->IoStatus.Status = STATUS_SUCCESS;
        Kept->IoStatus.Information = 0;
        IoCompleteRequest(Kept, IO_NO_INCREMENT);
    }
    (void)KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    return IoStatus.Status;
}

static void TestPassedOn(void)
{
    IS(Send(STATUS_SUCCESS), STATUS_SUCCESS);
    IS(Send(STATUS_DEVICE_NOT_READY), STATUS_DEVICE_NOT_READY);
    IS(Send(STATUS_PENDING), STATUS_SUCCESS);
}

#define DriverEntry RunTests
TEST_DRIVER(TestPassedOn)
#undef DriverEntry

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteDevice(Upper);
    IoDeleteDevice(Lower);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    IS(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Lower), STATUS_SUCCESS);
    IS(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Upper), STATUS_SUCCESS);
    Lower->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    OK(IoAttachDeviceToDeviceStack(Upper, Lower) == Lower);
    Status = RunTests(DriverObject, RegistryPath);
    IoDetachDevice(Lower); // a device with another above it is in use, and DriverUnload is not called
    DriverObject->DriverUnload = Unload;
    return Status;
}
