// SPDX-License-Identifier: MIT
// Requests that wait in cancel-safe queues, and a system thread that brings messages to them.
#include <ntddk.h>

#include "public.h"

#define MAILBOX_POOL_TAG      'xobM'
#define MAILBOX_DEVICE_NAME   L"\\Device\\Mailbox"
#define MAILBOX_SYMBOLIC_LINK L"\\DosDevices\\Mailbox"

typedef struct _MAILBOX_MESSAGE {
    LIST_ENTRY Link;
    ULONG Bytes;
    UCHAR Text[MAILBOX_MESSAGE_BYTES];
} MAILBOX_MESSAGE, *PMAILBOX_MESSAGE;

typedef struct _MAILBOX_DEVICE {
    IO_CSQ Reads, Reservations;
    KSPIN_LOCK Lock; // guards what follows
    LIST_ENTRY ReadList, ReservationList, MessageList;
    MAILBOX_STATE State;

    KEVENT Work; // there are a message and a read, perhaps
    KEVENT Stop; // the thread shall end
    PETHREAD Thread;
} MAILBOX_DEVICE, *PMAILBOX_DEVICE;

typedef enum _MAILBOX_RESERVED {
    MailboxNotReserved,
    MailboxReserving, // Reservation is about to be initialized
    MailboxReserved
} MAILBOX_RESERVED;

typedef struct _MAILBOX_FILE {
    LONG Reserved; // MAILBOX_RESERVED
    IO_CSQ_IRP_CONTEXT Reservation;
} MAILBOX_FILE, *PMAILBOX_FILE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD MailboxUnload;
_Dispatch_type_(IRP_MJ_CREATE) static DRIVER_DISPATCH_PAGED MailboxCreate;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH MailboxCleanup;
_Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH_PAGED MailboxClose;
_Dispatch_type_(IRP_MJ_READ) static DRIVER_DISPATCH MailboxRead;
_Dispatch_type_(IRP_MJ_WRITE) static DRIVER_DISPATCH MailboxWrite;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH MailboxDeviceControl;
static KSTART_ROUTINE MailboxThread;

static IO_CSQ_INSERT_IRP_EX MailboxInsertRead, MailboxInsertReservation;
static IO_CSQ_REMOVE_IRP MailboxRemoveRead, MailboxRemoveReservation;
static IO_CSQ_PEEK_NEXT_IRP MailboxPeekRead, MailboxPeekReservation;
static IO_CSQ_ACQUIRE_LOCK MailboxAcquireReads, MailboxAcquireReservations;
static IO_CSQ_RELEASE_LOCK MailboxReleaseReads, MailboxReleaseReservations;
static IO_CSQ_COMPLETE_CANCELED_IRP MailboxCancelRead, MailboxCancelReservation;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, MailboxUnload)
#pragma alloc_text(PAGE, MailboxCreate)
#pragma alloc_text(PAGE, MailboxClose)
#endif

static NTSTATUS MailboxStartThread(_In_ PMAILBOX_DEVICE Mailbox);

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(MAILBOX_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(MAILBOX_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject;
    PMAILBOX_DEVICE Mailbox;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = IoCreateDevice(DriverObject, sizeof(MAILBOX_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DeviceObject->Flags |= DO_BUFFERED_IO;
    Mailbox = DeviceObject->DeviceExtension;
    KeInitializeSpinLock(&Mailbox->Lock);
    InitializeListHead(&Mailbox->ReadList);
    InitializeListHead(&Mailbox->ReservationList);
    InitializeListHead(&Mailbox->MessageList);
    KeInitializeEvent(&Mailbox->Work, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Mailbox->Stop, NotificationEvent, FALSE);
    Status = IoCsqInitializeEx(&Mailbox->Reads, MailboxInsertRead, MailboxRemoveRead, MailboxPeekRead,
                               MailboxAcquireReads, MailboxReleaseReads, MailboxCancelRead);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    Status = IoCsqInitializeEx(&Mailbox->Reservations, MailboxInsertReservation, MailboxRemoveReservation,
                               MailboxPeekReservation, MailboxAcquireReservations, MailboxReleaseReservations,
                               MailboxCancelReservation);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }

    DriverObject->MajorFunction[IRP_MJ_CREATE] = MailboxCreate;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = MailboxCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = MailboxClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = MailboxRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = MailboxWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = MailboxDeviceControl;
    DriverObject->DriverUnload = MailboxUnload;

    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    Status = MailboxStartThread(Mailbox);
    if (!NT_SUCCESS(Status)) {
        goto DeleteLink;
    }
    return STATUS_SUCCESS;

DeleteLink:
    IoDeleteSymbolicLink(&LinkName);
DeleteDevice:
    IoDeleteDevice(DeviceObject);
    return Status;
}

static NTSTATUS MailboxStartThread(PMAILBOX_DEVICE Mailbox)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE ThreadHandle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&ThreadHandle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, MailboxThread,
                                  Mailbox);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // Cannot fail: the handle is the kernel's and grants all.
    Status = ObReferenceObjectByHandle(ThreadHandle, SYNCHRONIZE, *PsThreadType, KernelMode,
                                       (PVOID *)&Mailbox->Thread, NULL);
    NT_ASSERT(NT_SUCCESS(Status));
    ZwClose(ThreadHandle);
    return Status;
}

_Use_decl_annotations_ static VOID MailboxUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(MAILBOX_SYMBOLIC_LINK);
    PMAILBOX_DEVICE Mailbox = DriverObject->DeviceObject->DeviceExtension;

    PAGED_CODE();
    IoDeleteSymbolicLink(&LinkName);

    // The code of the thread goes with the driver, so the thread has to be gone before.
    KeSetEvent(&Mailbox->Stop, IO_NO_INCREMENT, FALSE);
    (VOID) KeWaitForSingleObject(Mailbox->Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Mailbox->Thread);

    NT_ASSERT(IsListEmpty(&Mailbox->ReadList) && IsListEmpty(&Mailbox->ReservationList));
    while (!IsListEmpty(&Mailbox->MessageList)) {
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Mailbox->MessageList), MAILBOX_MESSAGE, Link),
                          MAILBOX_POOL_TAG);
    }
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS MailboxComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_SOUND_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

// ---- The queues -----------------------------------------------------------------------------------------

static PIRP MailboxPeek(_In_ PLIST_ENTRY List, _In_opt_ PIRP Irp, _In_opt_ PVOID PeekContext)
{
    PLIST_ENTRY Entry = Irp == NULL ? List->Flink : Irp->Tail.Overlay.ListEntry.Flink;

    for (; Entry != List; Entry = Entry->Flink) {
        PIRP Candidate = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL || IoGetCurrentIrpStackLocation(Candidate)->FileObject == PeekContext) {
            return Candidate;
        }
    }
    return NULL;
}

_Use_decl_annotations_ static NTSTATUS MailboxInsertRead(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    PMAILBOX_DEVICE Mailbox = CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reads);

    UNREFERENCED_PARAMETER(InsertContext);
    if (Mailbox->State.Reads == MAILBOX_READS) {
        return STATUS_DEVICE_BUSY;
    }
    InsertTailList(&Mailbox->ReadList, &Irp->Tail.Overlay.ListEntry);
    Mailbox->State.Reads += 1;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID MailboxRemoveRead(PIO_CSQ Csq, PIRP Irp)
{
    PMAILBOX_DEVICE Mailbox = CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reads);

    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    Mailbox->State.Reads -= 1;
}

_Use_decl_annotations_ static PIRP MailboxPeekRead(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    return MailboxPeek(&CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reads)->ReadList, Irp, PeekContext);
}

_Use_decl_annotations_ static VOID MailboxAcquireReads(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reads)->Lock, Irql);
}

_Use_decl_annotations_ static VOID MailboxReleaseReads(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reads)->Lock, Irql);
}

static VOID MailboxCancel(_In_ PMAILBOX_DEVICE Mailbox, _In_ PIRP Irp)
{
    InterlockedIncrement((PLONG)&Mailbox->State.Cancelled);
    (VOID) MailboxComplete(Irp, STATUS_CANCELLED, 0);
}

_Use_decl_annotations_ static VOID MailboxCancelRead(PIO_CSQ Csq, PIRP Irp)
{
    MailboxCancel(CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reads), Irp);
}

_Use_decl_annotations_ static NTSTATUS MailboxInsertReservation(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    PMAILBOX_FILE File = InsertContext;

    WriteRelease(&File->Reserved, MailboxReserved);
    InsertTailList(&CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reservations)->ReservationList,
                   &Irp->Tail.Overlay.ListEntry);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID MailboxRemoveReservation(PIO_CSQ Csq, PIRP Irp)
{
    PMAILBOX_FILE File = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;

    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    WriteRelease(&File->Reserved, MailboxNotReserved);
}

_Use_decl_annotations_ static PIRP MailboxPeekReservation(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    return MailboxPeek(&CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reservations)->ReservationList, Irp,
                       PeekContext);
}

_Use_decl_annotations_ static VOID MailboxAcquireReservations(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reservations)->Lock, Irql);
}

_Use_decl_annotations_ static VOID MailboxReleaseReservations(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reservations)->Lock, Irql);
}

_Use_decl_annotations_ static VOID MailboxCancelReservation(PIO_CSQ Csq, PIRP Irp)
{
    MailboxCancel(CONTAINING_RECORD(Csq, MAILBOX_DEVICE, Reservations), Irp);
}

// ---- The thread -----------------------------------------------------------------------------------------

// The oldest message, which stays where it is: this thread alone takes messages away. NULL: there is none.
static PMAILBOX_MESSAGE MailboxFirstMessage(_Inout_ PMAILBOX_DEVICE Mailbox)
{
    PMAILBOX_MESSAGE Message = NULL;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Mailbox->Lock, &OldIrql);
    if (!IsListEmpty(&Mailbox->MessageList)) {
        Message = CONTAINING_RECORD(Mailbox->MessageList.Flink, MAILBOX_MESSAGE, Link);
    }
    KeReleaseSpinLock(&Mailbox->Lock, OldIrql);
    return Message;
}

static VOID MailboxFreeMessage(_Inout_ PMAILBOX_DEVICE Mailbox, _In_ PMAILBOX_MESSAGE Message)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&Mailbox->Lock, &OldIrql);
    RemoveEntryList(&Message->Link);
    Mailbox->State.Messages -= 1;
    Mailbox->State.Delivered += 1;
    KeReleaseSpinLock(&Mailbox->Lock, OldIrql);
    ExFreePoolWithTag(Message, MAILBOX_POOL_TAG);
}

static VOID MailboxDeliver(_Inout_ PMAILBOX_DEVICE Mailbox)
{
    PMAILBOX_MESSAGE Message;
    NTSTATUS Status;
    ULONG Bytes;
    PIRP Irp;

    while ((Message = MailboxFirstMessage(Mailbox)) != NULL &&
           (Irp = IoCsqRemoveNextIrp(&Mailbox->Reads, NULL)) != NULL) {
        Bytes = min(Message->Bytes, IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length);
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Message->Text, Bytes);
        Status = Bytes < Message->Bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
        MailboxFreeMessage(Mailbox, Message);
        (VOID) MailboxComplete(Irp, Status, Bytes);
    }
}

_Use_decl_annotations_ static VOID MailboxThread(PVOID StartContext)
{
    PMAILBOX_DEVICE Mailbox = StartContext;
    PVOID Events[] = {&Mailbox->Stop, &Mailbox->Work};

    KeSetPriorityThread(KeGetCurrentThread(), LOW_REALTIME_PRIORITY);
    while (KeWaitForMultipleObjects(RTL_NUMBER_OF(Events), Events, WaitAny, Executive, KernelMode, FALSE,
                                    NULL, NULL) != STATUS_WAIT_0) {
        MailboxDeliver(Mailbox);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// ---- Dispatch routines ----------------------------------------------------------------------------------

_Use_decl_annotations_ static NTSTATUS MailboxCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();
    FileObject->FsContext = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(MAILBOX_FILE), MAILBOX_POOL_TAG);
    return MailboxComplete(Irp,
                           FileObject->FsContext == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS, 0);
}

// What the file waits for ends with its last handle.
_Use_decl_annotations_ static NTSTATUS MailboxCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PMAILBOX_DEVICE Mailbox = DeviceObject->DeviceExtension;
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PIRP Waiting;

    while ((Waiting = IoCsqRemoveNextIrp(&Mailbox->Reads, FileObject)) != NULL) {
        MailboxCancel(Mailbox, Waiting);
    }
    while ((Waiting = IoCsqRemoveNextIrp(&Mailbox->Reservations, FileObject)) != NULL) {
        MailboxCancel(Mailbox, Waiting);
    }
    return MailboxComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS MailboxClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();
    ExFreePoolWithTag(IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext, MAILBOX_POOL_TAG);
    return MailboxComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS MailboxRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PMAILBOX_DEVICE Mailbox = DeviceObject->DeviceExtension;
    NTSTATUS Status;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0) {
        return MailboxComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    // Marks it pending. Once it is in the queue it may be completed at any time: it is not to be touched.
    Status = IoCsqInsertIrpEx(&Mailbox->Reads, Irp, NULL, NULL);
    if (!NT_SUCCESS(Status)) {
        // It is marked pending already, so that is what has to be returned.
        (VOID) MailboxComplete(Irp, Status, 0);
        return STATUS_PENDING;
    }
    KeSetEvent(&Mailbox->Work, IO_NO_INCREMENT, FALSE);
    return STATUS_PENDING;
}

_Use_decl_annotations_ static NTSTATUS MailboxWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PMAILBOX_DEVICE Mailbox = DeviceObject->DeviceExtension;
    ULONG Bytes = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    PMAILBOX_MESSAGE Message;
    BOOLEAN Full;
    KIRQL OldIrql;

    if (Bytes == 0 || Bytes > MAILBOX_MESSAGE_BYTES) {
        return MailboxComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    Message = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Message), MAILBOX_POOL_TAG);
    if (Message == NULL) {
        return MailboxComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    Message->Bytes = Bytes;
    RtlCopyMemory(Message->Text, Irp->AssociatedIrp.SystemBuffer, Bytes);

    KeAcquireSpinLock(&Mailbox->Lock, &OldIrql);
    Full = Mailbox->State.Messages >= MAILBOX_MESSAGES;
    if (!Full) {
        InsertTailList(&Mailbox->MessageList, &Message->Link);
        Mailbox->State.Messages += 1;
    }
    KeReleaseSpinLock(&Mailbox->Lock, OldIrql);
    if (Full) {
        ExFreePoolWithTag(Message, MAILBOX_POOL_TAG);
        return MailboxComplete(Irp, STATUS_DEVICE_BUSY, 0);
    }
    KeSetEvent(&Mailbox->Work, IO_NO_INCREMENT, FALSE);
    return MailboxComplete(Irp, STATUS_SUCCESS, Bytes);
}

_Use_decl_annotations_ static NTSTATUS MailboxDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PMAILBOX_DEVICE Mailbox = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PMAILBOX_FILE File = Stack->FileObject->FsContext;
    PIRP Reserved;
    KIRQL OldIrql;

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_MAILBOX_RESERVE:
        // The file's context is in use while a request stands in the queue with it.
        if (InterlockedCompareExchange(&File->Reserved, MailboxReserving, MailboxNotReserved) !=
            MailboxNotReserved) {
            return MailboxComplete(Irp, STATUS_DEVICE_BUSY, 0);
        }
        (VOID)
            IoCsqInsertIrpEx(&Mailbox->Reservations, Irp, &File->Reservation, File); // never fails: see there
        return STATUS_PENDING;
    case IOCTL_MAILBOX_RECALL:
        // It may be cancelled in between: the context tells.
        Reserved = ReadAcquire(&File->Reserved) == MailboxReserved
                       ? IoCsqRemoveIrp(&Mailbox->Reservations, &File->Reservation)
                       : NULL;
        if (Reserved == NULL) {
            return MailboxComplete(Irp, STATUS_NOT_FOUND, 0);
        }
        (VOID) MailboxComplete(Reserved, STATUS_SUCCESS, 0);
        return MailboxComplete(Irp, STATUS_SUCCESS, 0);
    case IOCTL_MAILBOX_QUERY:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(MAILBOX_STATE)) {
            return MailboxComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        KeAcquireSpinLock(&Mailbox->Lock, &OldIrql);
        *(MAILBOX_STATE *)Irp->AssociatedIrp.SystemBuffer = Mailbox->State;
        KeReleaseSpinLock(&Mailbox->Lock, OldIrql);
        return MailboxComplete(Irp, STATUS_SUCCESS, sizeof(MAILBOX_STATE));
    default: return MailboxComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
