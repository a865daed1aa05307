// SPDX-License-Identifier: MIT
// File objects: made, taken turns with, cleaned up after the last handle, closed after the last reference.
#include "inc/kernel.h"
#include "io/file-name.h"

POBJECT_TYPE IoFileObjectType;

// A request that the I/O manager itself makes and waits for, about a file that nobody can name any more.
static VOID IopCallForFile(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject, UCHAR MajorFunction)
{
    KEVENT Event;
    IO_STATUS_BLOCK Status;
    LARGE_INTEGER Second = {.QuadPart = -10000000LL};
    PIRP Irp;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    // It must be sent: there is no second chance, and nobody to tell.
    while ((Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE)) == NULL) {
        KeDelayExecutionThread(KernelMode, FALSE, &Second);
    }
    Irp->UserIosb = &Status;
    Irp->UserEvent = &Event;
    Irp->RequestorMode = KernelMode;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = FileObject;
    Irp->Flags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = MajorFunction;
    Stack->FileObject = FileObject;
    if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
}

static VOID NTAPI IopCloseFileHandle(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount,
                                     ULONG_PTR SystemHandleCount)
{
    PFILE_OBJECT FileObject = Object;
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessHandleCount);
    if (SystemHandleCount != 1 || !(FileObject->Flags & FO_FILE_OPEN)) {
        return;
    }
    BOOLEAN Locked = (FileObject->Flags & FO_SYNCHRONOUS_IO) != 0;
    if (Locked) {
        // Whoever is alerted meanwhile still has to wait: a cleanup is not to overtake a request.
        while (IopLockFile(FileObject, KernelMode) != STATUS_SUCCESS) {
        }
    }
    IopCallForFile(IoGetRelatedDeviceObject(FileObject), FileObject, IRP_MJ_CLEANUP);
    FileObject->Flags |= FO_CLEANUP_COMPLETE;
    if (Locked) {
        IopUnlockFile(FileObject);
    }
}

static VOID NTAPI IopDeleteFile(PVOID Object)
{
    PFILE_OBJECT FileObject = Object;
    PDEVICE_OBJECT DeviceObject = FileObject->DeviceObject;
    if (FileObject->Flags & (FO_FILE_OPEN | FO_FILE_OPEN_CANCELLED)) {
        PDEVICE_OBJECT Top = IoGetRelatedDeviceObject(FileObject);
        if (!(FileObject->Flags & (FO_CLEANUP_COMPLETE | FO_STREAM_FILE))) {
            // It never had a handle: the last reference is the last of both. Of a stream there is no cleanup
            // then.
            IopCallForFile(Top, FileObject, IRP_MJ_CLEANUP);
        }
        IopCallForFile(Top, FileObject, IRP_MJ_CLOSE);
    }
    if (FileObject->FileName.Buffer != NULL) {
        ExFreePool(FileObject->FileName.Buffer);
    }
    if (((PIOP_FILE)FileObject)->Extension.Vpb != NULL) {
        IopDereferenceVpb(((PIOP_FILE)FileObject)->Extension.Vpb);
    }
    if (DeviceObject != NULL) {
        IopDereferenceDevice(DeviceObject);
        ObfDereferenceObject(DeviceObject);
    }
}

// Undoes an open that the drivers from DeviceObject down have let in, and the caller above it, whose
// IRP_MJ_CREATE this still is, does not: they see the file cleaned up now, and closed when the file object
// goes. PASSIVE_LEVEL. (ntddk)
VOID NTAPI IoCancelFileOpen(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject)
{
    if (FileObject->Flags & (FO_HANDLE_CREATED | FO_FILE_OPEN)) {
        KeBugCheckEx(INVALID_CANCEL_OF_FILE_OPEN, (ULONG_PTR)FileObject, (ULONG_PTR)DeviceObject, 0, 0);
    }
    FileObject->Flags |= FO_FILE_OPEN_CANCELLED;
    IopCallForFile(DeviceObject, FileObject, IRP_MJ_CLEANUP);
    FileObject->Flags |= FO_CLEANUP_COMPLETE;
}

// A name below an open file, or a device: FileObject's own device says what it means.
static NTSTATUS NTAPI IopParseFile(PVOID Object, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                                   KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                                   PUNICODE_STRING RemainingName, PVOID Context,
                                   PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found)
{
    PIOP_OPEN_PACKET Packet = Context;
    PFILE_OBJECT FileObject = Object;
    if (Packet == NULL || Packet->Type != IO_TYPE_OPEN_PACKET || Packet->Size != sizeof(*Packet)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    Packet->RelatedFileObject = FileObject;
    return IopParseDevice(FileObject->DeviceObject, Type, AccessState, Mode, Attributes, CompleteName,
                          RemainingName, Context, SecurityQos, Found);
}

static const OB_TYPE_DESCRIPTION IopFileDescription = {
    .Name = L"File",
    .GenericMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS},
    .ValidAccessMask = FILE_ALL_ACCESS,
    .Security = IopFileSecurityMethod,
    .Flags = OB_TYPE_MAINTAIN_HANDLE_COUNT,
    .Close = IopCloseFileHandle,
    .Delete = IopDeleteFile,
    .Parse = IopParseFile,
    .QueryName = IopQueryFileName,
    .DefaultObject = OB_WAIT_AT_OFFSET,
    .WaitObjectOffset = FIELD_OFFSET(FILE_OBJECT, Event),
};

NTSTATUS IopInitializeFileType(VOID)
{
    return ObpCreateType(&IopFileDescription, &IoFileObjectType);
}

NTSTATUS IopCreateFileObject(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT *FileObject)
{
    PVOID Object;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    NTSTATUS Status = ObCreateObject(KernelMode, IoFileObjectType, &Attributes, KernelMode, NULL,
                                     sizeof(IOP_FILE), 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // A file is found through its device, not inserted.
    ObpFreeCreateInformation(ObpHeader(Object));
    ObpHeader(Object)->Flags &= (UCHAR)~OB_FLAG_NEW_OBJECT;
    PFILE_OBJECT New = Object;
    New->Type = IO_TYPE_FILE;
    New->Size = sizeof(FILE_OBJECT);
    New->DeviceObject = DeviceObject;
    New->FileObjectExtension = &((PIOP_FILE)New)->Extension;
    ((PIOP_FILE)New)->Extension.PriorityHint = IoPriorityNormal;
    KeInitializeEvent(&New->Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&New->Event, NotificationEvent, FALSE);
    InitializeListHead(&New->IrpList);
    *FileObject = New;
    return STATUS_SUCCESS;
}

NTSTATUS IopLockFile(PFILE_OBJECT FileObject, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ObfReferenceObject(FileObject);
    if (InterlockedCompareExchange((volatile LONG *)&FileObject->Busy, TRUE, FALSE) == FALSE) {
        return STATUS_SUCCESS;
    }
    InterlockedIncrement((volatile LONG *)&FileObject->Waiters);
    while (InterlockedExchange((volatile LONG *)&FileObject->Busy, TRUE) && Status == STATUS_SUCCESS) {
        Status = KeWaitForSingleObject(&FileObject->Lock, Executive, Mode,
                                       (FileObject->Flags & FO_ALERTABLE_IO) != 0, NULL);
    }
    InterlockedDecrement((volatile LONG *)&FileObject->Waiters);
    if (Status != STATUS_SUCCESS) {
        ObfDereferenceObject(FileObject);
    }
    return Status;
}

VOID IopUnlockFile(PFILE_OBJECT FileObject)
{
    InterlockedExchange((volatile LONG *)&FileObject->Busy, FALSE);
    if (FileObject->Waiters != 0) {
        KeSetEvent(&FileObject->Lock, 0, FALSE);
    }
    ObfDereferenceObject(FileObject);
}

PFILE_OBJECT NTAPI IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject,
                                              PHANDLE FileObjectHandle)
{
    PFILE_OBJECT New;
    if (FileObjectHandle != NULL) {
        *FileObjectHandle = NULL;
    }
    if (FileObject != NULL) {
        DeviceObject = FileObject->DeviceObject;
    }
    ObfReferenceObject(DeviceObject);
    KIRQL OldIrql = IopLockDatabase();
    DeviceObject->ReferenceCount += 1;
    IopUnlockDatabase(OldIrql);
    NTSTATUS Status = IopCreateFileObject(DeviceObject, &New);
    if (!NT_SUCCESS(Status)) {
        IopDereferenceDevice(DeviceObject);
        ObfDereferenceObject(DeviceObject);
        ExRaiseStatus(Status);
    }
    New->Flags = FO_STREAM_FILE | FO_FILE_OPEN;
    if (FileObject != NULL) {
        New->Vpb = FileObject->Vpb;
    }
    if (FileObjectHandle != NULL) {
        Status = ObOpenObjectByPointer(New, OBJ_KERNEL_HANDLE, NULL, FILE_READ_DATA, IoFileObjectType,
                                       KernelMode, FileObjectHandle);
        if (!NT_SUCCESS(Status)) {
            New->Flags &= ~FO_FILE_OPEN;
            ObfDereferenceObject(New);
            ExRaiseStatus(Status);
        }
        New->Flags |= FO_HANDLE_CREATED;
    }
    return New;
}

// The handle goes, with its cleanup; the reference is the caller's.
PFILE_OBJECT NTAPI IoCreateStreamFileObject(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject)
{
    HANDLE Handle;
    PFILE_OBJECT New = IoCreateStreamFileObjectEx(FileObject, DeviceObject, &Handle);
    ZwClose(Handle);
    return New;
}

PFILE_OBJECT NTAPI IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject)
{
    return IoCreateStreamFileObjectEx(FileObject, DeviceObject, NULL);
}

PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID)
{
    return &IoFileObjectType->TypeInfo.GenericMapping;
}
