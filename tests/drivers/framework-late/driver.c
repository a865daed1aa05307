// SPDX-License-Identifier: MIT
// Opens that pend and end in every way, and handlers that look twice at their input.
#include <kmode.h>
#include "public.h"

// ---- Opens that pend

typedef struct PENDED {
    KM_REQUEST_QUEUE Opening;
} PENDED;

static KEVENT IsOpening;
static PIRP OpeningIrp;
static volatile LONG Closed;
static PKM_DEVICE PendedDevice;
static KM_THREAD Opener;
static NTSTATUS OpenStatus;

static NTSTATUS NTAPI StartPended(PKM_DEVICE Device)
{
    KmQueueInit(&KmDeviceContext(Device, PENDED)->Opening, Device);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    PIRP Irp = Request->Irp;
    NTSTATUS Status;

    *KmRequestFile(Request, ULONG) = 1;
    Status = KmRequestPend(Request, &KmDeviceContext(Request->Device, PENDED)->Opening);
    OpeningIrp = Irp;
    KeSetEvent(&IsOpening, IO_NO_INCREMENT, FALSE);
    return Status;
}

static VOID NTAPI Close(PKM_DEVICE Device, PVOID FileContext)
{
    UNREFERENCED_PARAMETER(Device);
    NT_ASSERT(*(PULONG)FileContext == 1);
    InterlockedIncrement(&Closed);
}

static const KM_DEVICE_ENTRY Pended[] = {
    KM_DEVICE_NAME(L"\\Device\\LatePended"),
    KM_DEVICE_CONTEXT(PENDED, StartPended, NULL),
    KM_FILE_CONTEXT(ULONG, Open, Close),
    KM_DEVICE_END,
};

static NTSTATUS NTAPI OpenIt(PKM_THREAD Self, PVOID Context)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\LatePended");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    HANDLE Handle;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateFile(&Handle, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &IoStatus, NULL, 0,
                          FILE_SHARE_READ, FILE_OPEN, 0, NULL, 0);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

static NTSTATUS NTAPI StartOpen(PKM_REQUEST Request)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Request);
    KeClearEvent(&IsOpening);
    Status = KmThreadCreate(&Opener, OpenIt, NULL);
    if (NT_SUCCESS(Status)) {
        (VOID) KeWaitForSingleObject(&IsOpening, Executive, KernelMode, FALSE, NULL);
    }
    return Status;
}

static NTSTATUS NTAPI CancelOpen(PKM_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    // It is pending: nobody else ends it.
    return IoCancelIrp(OpeningIrp) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

static NTSTATUS NTAPI AdmitOpen(PKM_REQUEST Request)
{
    KM_REQUEST Opening;
    NTSTATUS Status = KmQueueTake(&KmDeviceContext(PendedDevice, PENDED)->Opening, &Opening);

    UNREFERENCED_PARAMETER(Request);
    return NT_SUCCESS(Status) ? KmRequestComplete(&Opening, STATUS_SUCCESS) : STATUS_NOT_FOUND;
}

static NTSTATUS NTAPI EndDevice(PKM_REQUEST Request)
{
    PDRIVER_OBJECT DriverObject = Request->Device->DriverObject;

    KmDeviceDelete(PendedDevice);
    (VOID) KmThreadJoin(&Opener, KM_WAIT_FOREVER, &OpenStatus);
    return KmDeviceCreate(DriverObject, Pended, NULL, &PendedDevice);
}

static NTSTATUS NTAPI TellStatus(PKM_REQUEST Request)
{
    (VOID) KmThreadJoin(&Opener, KM_WAIT_FOREVER, &OpenStatus);
    *KmRequestOutput(Request, LONG) = OpenStatus;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI TellClosed(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, LONG) = Closed;
    return STATUS_SUCCESS;
}

// ---- Looking twice

static KEVENT LookOn;
static ULONG64 Address;
static LATE_LOOK Written;

static LATE_LOOK LookTwice(const LONG *Input, PVOID Sender)
{
    LATE_LOOK Seen = {*Input, 0, 0};

    Address = (ULONG_PTR)Sender;
    (VOID) KeWaitForSingleObject(&LookOn, Executive, KernelMode, FALSE, NULL);
    Seen.Second = *(const volatile LONG *)Input;
    (VOID) KmUserRead(&Seen.Sender, Sender, sizeof(Seen.Sender));
    return Seen;
}

static NTSTATUS NTAPI Look(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, LATE_LOOK) =
        LookTwice(KmRequestInput(Request, LONG), Request->Stack->Parameters.DeviceIoControl.Type3InputBuffer);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Write(PKM_REQUEST Request)
{
    const LONG *Input = KmRequestInput(Request, LONG);

    if (Input == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    Written = LookTwice(Input, Request->Irp->UserBuffer);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI TellAddress(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, ULONG64) = Address;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI GoOn(PKM_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    KeSetEvent(&LookOn, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI TellWritten(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, LATE_LOOK) = Written;
    return STATUS_SUCCESS;
}

// ---- The driver

static const KM_DEVICE_ENTRY Late[] = {
    KM_DEVICE_NAME(L"\\Device\\Late"),
    KM_DEVICE_LINK(L"\\DosDevices\\Late"),
    KM_DEVICE_IO(0),
    KM_ON_IOCTL_PLAIN(IOCTL_OPEN, StartOpen),
    KM_ON_IOCTL_PLAIN(IOCTL_OPEN_CANCEL, CancelOpen),
    KM_ON_IOCTL_PLAIN(IOCTL_OPEN_ADMIT, AdmitOpen),
    KM_ON_IOCTL_PLAIN(IOCTL_OPEN_END, EndDevice),
    KM_ON_IOCTL_OUTPUT(IOCTL_OPEN_STATUS, TellStatus, LONG),
    KM_ON_IOCTL_OUTPUT(IOCTL_OPEN_CLOSED, TellClosed, LONG),
    KM_ON_IOCTL(IOCTL_LOOK, Look, LONG, LATE_LOOK),
    KM_ON_IOCTL_OUTPUT(IOCTL_LOOK_ADDRESS, TellAddress, ULONG64),
    KM_ON_IOCTL_PLAIN(IOCTL_LOOK_ON, GoOn),
    KM_ON_IOCTL_OUTPUT(IOCTL_LOOK_WRITTEN, TellWritten, LATE_LOOK),
    KM_ON(IRP_MJ_WRITE, Write),
    KM_DEVICE_END,
};

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const KM_DEVICE_ENTRY *const Devices[] = {Late};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeEvent(&IsOpening, NotificationEvent, FALSE);
    KeInitializeEvent(&LookOn, SynchronizationEvent, FALSE);
    Status = KmDriverStart(DriverObject, Devices, RTL_NUMBER_OF(Devices));
    if (NT_SUCCESS(Status)) {
        Status = KmDeviceCreate(DriverObject, Pended, NULL, &PendedDevice);
        if (!NT_SUCCESS(Status)) {
            KmDriverStop(DriverObject);
        }
    }
    return Status;
}
