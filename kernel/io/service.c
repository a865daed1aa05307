// SPDX-License-Identifier: MIT
// What every system service that sends a request to a file's device does before and after.
#include "inc/kernel.h"

// Until there are event objects.
extern POBJECT_TYPE ExEventObjectType __attribute__((weak));

static NTSTATUS IopReferenceEvent(HANDLE Event, KPROCESSOR_MODE Mode, PKEVENT *Object)
{
    PVOID Found;
    *Object = NULL;
    if (Event == NULL) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status =
        ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, ExEventObjectType, Mode, &Found, NULL);
    if (NT_SUCCESS(Status)) {
        *Object = Found;
    }
    return Status;
}

NTSTATUS IopBeginService(PIOP_SERVICE Service, HANDLE FileHandle, ACCESS_MASK AllOf, ACCESS_MASK AnyOf,
                         HANDLE Event)
{
    PVOID Object;
    OBJECT_HANDLE_INFORMATION Information;
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    NTSTATUS Status =
        ObReferenceObjectByHandle(FileHandle, AllOf, IoFileObjectType, Mode, &Object, &Information);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PFILE_OBJECT FileObject = Object;
    *Service = (IOP_SERVICE){.Mode = Mode,
                             .FileObject = FileObject,
                             .GrantedAccess = Information.GrantedAccess,
                             .Synchronous = (FileObject->Flags & FO_SYNCHRONOUS_IO) != 0};
    if (Mode != KernelMode && AnyOf != 0 && !(Information.GrantedAccess & AnyOf)) {
        Status = STATUS_ACCESS_DENIED;
        goto Dereference;
    }
    Status = IopReferenceEvent(Event, Mode, &Service->Event);
    if (!NT_SUCCESS(Status)) {
        goto Dereference;
    }
    if (Service->Synchronous) {
        Status = IopLockFile(FileObject, Mode);
        if (Status != STATUS_SUCCESS) {
            goto DereferenceEvent;
        }
    }
    Service->DeviceObject = IoGetRelatedDeviceObject(FileObject);
    return STATUS_SUCCESS;
DereferenceEvent:
    if (Service->Event != NULL) {
        ObfDereferenceObject(Service->Event);
    }
Dereference:
    ObfDereferenceObject(FileObject);
    return Status;
}

NTSTATUS IopBeginOwnService(PIOP_SERVICE Service, PFILE_OBJECT FileObject)
{
    *Service = (IOP_SERVICE){.Mode = KernelMode,
                             .FileObject = FileObject,
                             .GrantedAccess = FILE_ALL_ACCESS,
                             .Synchronous = (FileObject->Flags & FO_SYNCHRONOUS_IO) != 0,
                             .DeviceObject = IoGetRelatedDeviceObject(FileObject)};
    ObfReferenceObject(FileObject);
    if (Service->Synchronous) {
        NTSTATUS Status = IopLockFile(FileObject, KernelMode);
        if (Status != STATUS_SUCCESS) {
            ObfDereferenceObject(FileObject);
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

static VOID IopDropReferences(PIOP_SERVICE Service)
{
    if (Service->Event != NULL) {
        ObfDereferenceObject(Service->Event);
    }
    ObfDereferenceObject(Service->FileObject);
}

VOID IopEndService(PIOP_SERVICE Service)
{
    if (Service->Synchronous) {
        IopUnlockFile(Service->FileObject);
    }
    IopDropReferences(Service);
}

NTSTATUS IopAnswerService(PIOP_SERVICE Service, PIO_STATUS_BLOCK UserIosb, const IO_STATUS_BLOCK *Answer)
{
    NTSTATUS Status = Answer->Status;
    __try {
        *UserIosb = *Answer;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (Service->Event != NULL) {
        KeSetEvent(Service->Event, 0, FALSE);
    }
    IopEndService(Service);
    return Status;
}

PIRP IopAllocateServiceIrp(PIOP_SERVICE Service, UCHAR MajorFunction, PIO_STATUS_BLOCK UserIosb,
                           PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext)
{
    PIRP Irp = IoAllocateIrp(Service->DeviceObject->StackSize, Service->Mode != KernelMode);
    if (Irp == NULL) {
        return NULL;
    }
    // What is signaled at the end must not be from the start.
    KeClearEvent(&Service->FileObject->Event);
    if (Service->Event != NULL) {
        KeClearEvent(Service->Event);
    }
    Irp->RequestorMode = Service->Mode;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = Service->FileObject;
    Irp->UserIosb = UserIosb;
    Irp->UserEvent = Service->Event;
    Irp->Overlay.AsynchronousParameters.UserApcRoutine = ApcRoutine;
    Irp->Overlay.AsynchronousParameters.UserApcContext = ApcContext;
    Irp->Flags = IRP_DEFER_IO_COMPLETION;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = MajorFunction;
    Stack->FileObject = Service->FileObject;
    return Irp;
}

VOID IopAbandonServiceIrp(PIOP_SERVICE Service, PIRP Irp)
{
    if (Irp->Tail.Overlay.AuxiliaryBuffer != NULL) {
        ExFreePool(Irp->Tail.Overlay.AuxiliaryBuffer);
    }
    IopReleaseBuffers(Irp);
    IoFreeIrp(Irp);
    IopEndService(Service);
}

// Whoever waits is alerted: the request is cancelled, and waited for all the same. It may be over already.
static VOID IopCancelAlertedRequest(PKEVENT Event, PIRP Irp)
{
    KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
    if (KeReadStateEvent(Event) == 0) {
        // Its last step is an APC of this thread, which APC_LEVEL holds back.
        IoCancelIrp(Irp);
    }
    KiLowerIrql(OldIrql);
    KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS IopWaitForRequest(PIOP_SERVICE Service, PIRP Irp)
{
    PFILE_OBJECT FileObject = Service->FileObject;
    BOOLEAN Alertable = (FileObject->Flags & FO_ALERTABLE_IO) != 0;
    NTSTATUS Status = KeWaitForSingleObject(&FileObject->Event, Executive,
                                            Alertable ? Service->Mode : KernelMode, Alertable, NULL);
    if (Status == STATUS_ALERTED || Status == STATUS_USER_APC) {
        IopCancelAlertedRequest(&FileObject->Event, Irp);
    }
    return FileObject->FinalStatus;
}

// A service that waits although the file is not synchronous has the answer in a place of its own.
typedef struct _IOP_WAITED_REQUEST {
    KEVENT Event;
    IO_STATUS_BLOCK IoStatus;
    PIO_STATUS_BLOCK UserIosb;
} IOP_WAITED_REQUEST, *PIOP_WAITED_REQUEST;

static NTSTATUS IopFinishWaited(PIOP_WAITED_REQUEST Waited, NTSTATUS Status)
{
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Waited->Event, Executive, KernelMode, FALSE, NULL);
        Status = Waited->IoStatus.Status;
    }
    if (NT_ERROR(Status)) {
        return Status;
    }
    __try {
        *Waited->UserIosb = Waited->IoStatus;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS IopSendRequest(PIOP_SERVICE Service, PIRP Irp, BOOLEAN Wait)
{
    IOP_WAITED_REQUEST Waited;
    BOOLEAN Apart = Wait && !Service->Synchronous;
    PFILE_OBJECT FileObject = Service->FileObject;
    if (Apart) {
        KeInitializeEvent(&Waited.Event, NotificationEvent, FALSE);
        Waited.UserIosb = Irp->UserIosb;
        Irp->UserIosb = &Waited.IoStatus;
        Irp->UserEvent = &Waited.Event;
        Irp->Flags |= IRP_SYNCHRONOUS_API;
    }
    // The references of the service become the request's; the lock's own outlasts it.
    IopQueueThreadIrp(Irp);
    NTSTATUS Status = IofCallDriver(Service->DeviceObject, Irp);
    if (Status != STATUS_PENDING) {
        KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
        IopFinishIrp(Irp, FileObject);
        KiLowerIrql(OldIrql);
    }
    if (Apart) {
        return IopFinishWaited(&Waited, Status);
    }
    if (Service->Synchronous) {
        if (Status == STATUS_PENDING) {
            Status = IopWaitForRequest(Service, Irp);
        }
        IopUnlockFile(FileObject);
    }
    return Status;
}
