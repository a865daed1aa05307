// SPDX-License-Identifier: MIT
// The way of an IRP from the I/O manager to the handler that the device's table has for it.
#include "device/device.h"

PKM_DEVICE KmpFindDevice(PDEVICE_OBJECT DeviceObject)
{
    PKM_DEVICE Device = (PKM_DEVICE)DeviceObject->DeviceExtension;

    // One that the driver has made itself has an extension of any size, or none. Wine does not say how large:
    // its Size is 0.
    if (Device == NULL ||
        (DeviceObject->Size != 0 && DeviceObject->Size < sizeof(DEVICE_OBJECT) + sizeof(KM_DEVICE))) {
        return NULL;
    }
    return Device->Signature == KMP_DEVICE_SIGNATURE ? Device : NULL;
}

static const KM_DEVICE_ENTRY *FindControl(const KM_DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    const KM_DEVICE_ENTRY *Entry = KmpFindEntry(Device->Entries, KmpEntryControl);

    while (Entry != NULL && (Entry->Code != Code || Entry->Major != Stack->MajorFunction)) {
        Entry = KmpFindEntry(Entry + 1, KmpEntryControl);
    }
    return Entry;
}

NTSTATUS KmpCompleteIrp(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS CheckSizes(PIO_STACK_LOCATION Stack, const KM_DEVICE_ENTRY *Entry)
{
    ULONG InputBytes = Stack->Parameters.DeviceIoControl.InputBufferLength;

    if (InputBytes < Entry->InputMinimum ||
        Stack->Parameters.DeviceIoControl.OutputBufferLength < Entry->OutputMinimum) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    return InputBytes > Entry->InputMaximum ? STATUS_INVALID_BUFFER_SIZE : STATUS_SUCCESS;
}

VOID KmpBeginRequest(PKM_REQUEST Request, PKM_DEVICE Device, PIRP Irp, const KM_DEVICE_ENTRY *Entry)
{
    PFILE_OBJECT FileObject;

    Request->Irp = Irp;
    Request->Stack = IoGetCurrentIrpStackLocation(Irp);
    Request->Device = Device;
    FileObject = Request->Stack->FileObject;
    Request->FileContext = NULL;
    if (Device->File != NULL && FileObject != NULL) {
        Request->FileContext = Device->FilterFiles != NULL
                                   ? Device->Trait->PassesFiles->Find(Device, FileObject)
                                   : FileObject->FsContext;
    }
    Request->Input = NULL;
    Request->Output = NULL;
    Request->InputBytes = 0;
    Request->OutputBytes = 0;
    Request->PriorityBoost = IO_NO_INCREMENT;
    Request->Information = KMP_REQUEST_NO_INFORMATION;
    Request->Entry = Entry;
    Request->Copy = NULL;
    Request->OutputMdl = NULL;
    Request->Forwarded = FALSE;
    Request->Withdraw = NULL;
}

VOID KmpComplain(const KM_REQUEST *Request, PCSTR Mistake)
{
    PIO_STACK_LOCATION Stack = Request->Stack;
    BOOLEAN IsControl = KmpIsControl(Stack->MajorFunction);

    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "mistake in the handler of %s 0x%lX: %s\n",
               IsControl ? "control code" : "major function",
               IsControl ? Stack->Parameters.DeviceIoControl.IoControlCode : Stack->MajorFunction, Mistake);
}

NTSTATUS KmpHandle(PKM_DEVICE Device, PIRP Irp, const KM_DEVICE_ENTRY *Entry, KM_REQUEST_HANDLER *Handler,
                   NTSTATUS EndingStatus)
{
    KM_REQUEST Request;
    NTSTATUS Status;

    if (!KmpRundownAcquire(&Device->Requests)) {
        return KmpCompleteIrp(Irp, EndingStatus);
    }
    KmpBeginRequest(&Request, Device, Irp, Entry);
    Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_INPUT] = NULL;
    Status =
        Entry != NULL && Entry->Kind == KmpEntryControl ? CheckSizes(Request.Stack, Entry) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        Status = KmpPrepareBuffers(&Request);
    }
    if (!NT_SUCCESS(Status)) {
        return KmRequestComplete(&Request, Status);
    }
    Status = Handler(&Request);
    if (Request.Irp == NULL) {
        // It is pending, or another driver's.
        return Status;
    }
    if (Status == STATUS_PENDING) {
        KmpComplain(&Request, "it has returned STATUS_PENDING without KmRequestPend");
    }
    return KmRequestComplete(&Request, Status);
}

NTSTATUS NTAPI KmRequestComplete(PKM_REQUEST Request, NTSTATUS Status)
{
    PIRP Irp = Request->Irp;
    PKM_DEVICE Device = Request->Device;
    UCHAR Major = Request->Stack->MajorFunction;
    ULONG_PTR Information = Request->Information;
    ULONG_PTR Limit = Major == IRP_MJ_WRITE ? Request->InputBytes : Request->OutputBytes;

    if (Information == KMP_REQUEST_NO_INFORMATION) {
        Information = Major == IRP_MJ_WRITE    ? Request->InputBytes
                      : Request->Entry != NULL ? Request->Entry->OutputMinimum
                                               : 0;
    }
    if (NT_ERROR(Status)) {
        Information = 0;
    } else if (Information > Limit &&
               (Major == IRP_MJ_READ || Major == IRP_MJ_WRITE || KmpIsControl(Major))) {
        // The I/O manager would copy what lies behind the buffer.
        KmpComplain(Request, "KmRequestSetInformation was given more bytes than there are");
        Status = STATUS_INTERNAL_ERROR;
        Information = 0;
    }
    if (Major == IRP_MJ_CREATE && !KmpIsOpened(Status)) {
        if (Request->Withdraw != NULL) {
            Request->Withdraw(Request);
        }
        KmpEndFailedCreate(Request);
    }
    KmpReleaseBuffers(Request);
    Request->Irp = NULL;
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, Request->PriorityBoost);
    KmpRundownRelease(&Device->Requests);
    return Status;
}

// What a device that is not there, or not ready, need not take.
static BOOLEAN IsRefusable(UCHAR MajorFunction)
{
    return MajorFunction != IRP_MJ_PNP && MajorFunction != IRP_MJ_POWER &&
           MajorFunction != IRP_MJ_SYSTEM_CONTROL && MajorFunction != IRP_MJ_CLEANUP &&
           MajorFunction != IRP_MJ_CLOSE;
}

static BOOLEAN IsTraits(PKM_DEVICE Device, UCHAR MajorFunction)
{
    return Device->Trait != NULL && Device->Trait->OwnsPnp &&
           (MajorFunction == IRP_MJ_PNP || MajorFunction == IRP_MJ_POWER);
}

// The entry that handles Irp; NULL: there is none.
static const KM_DEVICE_ENTRY *FindEntryOf(const KM_DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    const KM_DEVICE_ENTRY *Entry = KmpIsControl(Stack->MajorFunction) ? FindControl(Device, Stack) : NULL;

    return Entry != NULL ? Entry : KmpFindHandler(Device, Stack->MajorFunction);
}

// Requests of handles have the context that their device's table promises: one that a driver has sent without
// a file object, or of a handle that was not let in, as Wine has them, reaches no handler. What drivers and
// the system send by itself has none; nor, under a filter, what was open before.
static BOOLEAN LacksContext(const KM_DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    if (Device->File == NULL || Device->FilterFiles != NULL ||
        (Stack->FileObject != NULL && Stack->FileObject->FsContext != NULL)) {
        return FALSE;
    }
    return IsRefusable(Stack->MajorFunction) && Stack->MajorFunction != IRP_MJ_INTERNAL_DEVICE_CONTROL &&
           Stack->MajorFunction != IRP_MJ_SHUTDOWN;
}

static NTSTATUS Route(PKM_DEVICE Device, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    const KM_DEVICE_ENTRY *Entry = FindEntryOf(Device, Stack);
    NTSTATUS Status;

    if (Device->Trait != NULL && Device->Trait->PassesFiles != NULL) {
        if (Stack->MajorFunction == IRP_MJ_CLEANUP) {
            KmpCancelPendingOf(Device, Stack->FileObject);
        } else if (Stack->MajorFunction == IRP_MJ_CREATE && Device->FilterFiles != NULL) {
            return Device->Trait->PassesFiles->Create(Device, Irp);
        } else if (Stack->MajorFunction == IRP_MJ_CLOSE && Device->FilterFiles != NULL) {
            return Device->Trait->PassesFiles->Close(Device, Irp);
        }
    } else {
        switch (Stack->MajorFunction) {
        case IRP_MJ_CREATE: return KmpCreateFile(Device, Irp);
        case IRP_MJ_CLEANUP: return KmpCleanupFile(Device, Irp);
        case IRP_MJ_CLOSE: return KmpCloseFile(Device, Irp);
        default: break;
        }
    }
    if (Entry != NULL && LacksContext(Device, Stack)) {
        return KmpCompleteIrp(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
    if (Entry != NULL && !IsTraits(Device, Stack->MajorFunction)) {
        return KmpHandle(Device, Irp, Entry, Entry->Handler, STATUS_DELETE_PENDING);
    }
    if (Device->Trait != NULL && Device->Trait->Dispatch(Device, Irp, &Status)) {
        return Status;
    }
    return KmpCompleteIrp(Irp, STATUS_INVALID_DEVICE_REQUEST);
}

static DRIVER_DISPATCH Dispatch;
static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PKM_DEVICE Device = KmpFindDevice(DeviceObject);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;

    if (Device == NULL) {
        return KmpCompleteIrp(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
    if (Device->Trait == NULL || Device->Trait->Admit == NULL || !IsRefusable(Stack->MajorFunction)) {
        return Route(Device, Irp, Stack);
    }
    Status = Device->Trait->Admit(Device);
    if (!NT_SUCCESS(Status)) {
        return KmpCompleteIrp(Irp, Status);
    }
    Status = Route(Device, Irp, Stack);
    Device->Trait->Leave(Device);
    return Status;
}

VOID KmpSetDispatch(PDRIVER_OBJECT DriverObject)
{
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index += 1) {
        DriverObject->MajorFunction[Index] = Dispatch;
    }
}
