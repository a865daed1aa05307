// SPDX-License-Identifier: MIT
// IRPs on their way up: completion routines, then what is left to do in the thread that asked.
#include "inc/kernel.h"

#undef IoCompleteRequest

// A location is wiped before its completion routine runs, so that nothing of a lower driver's is left in what
// a higher one may send again.
static VOID IopWipeStackLocation(PIO_STACK_LOCATION Stack)
{
    Stack->MinorFunction = 0;
    Stack->Flags = 0;
    Stack->Control &= SL_ERROR_RETURNED;
    RtlZeroMemory(&Stack->Parameters, sizeof(Stack->Parameters));
    Stack->FileObject = NULL;
}

static BOOLEAN IopWantsCompletion(const IRP *Irp, UCHAR Control)
{
    return (NT_SUCCESS(Irp->IoStatus.Status) ? (Control & SL_INVOKE_ON_SUCCESS)
                                             : (Control & SL_INVOKE_ON_ERROR)) != 0 ||
           (Irp->Cancel && (Control & SL_INVOKE_ON_CANCEL) != 0);
}

// FALSE: a completion routine has taken the IRP back.
static BOOLEAN IopCallCompletionRoutines(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = Irp->Tail.Overlay.CurrentStackLocation;
    Irp->CurrentLocation += 1;
    Irp->Tail.Overlay.CurrentStackLocation += 1;
    for (; Irp->CurrentLocation <= Irp->StackCount + 1;
         Stack += 1, Irp->CurrentLocation += 1, Irp->Tail.Overlay.CurrentStackLocation += 1) {
        UCHAR Control = Stack->Control;
        if (ViChecks()) {
            ViLocationCompleted(Irp, (CHAR)(Irp->CurrentLocation - 1), Control);
        }
        PIO_COMPLETION_ROUTINE Routine = Stack->CompletionRoutine;
        PVOID Context = Stack->Context;
        Irp->PendingReturned = (Control & SL_PENDING_RETURNED) != 0;
        if (!IopWantsCompletion(Irp, Control)) {
            if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount) {
                IoMarkIrpPending(Irp);
            }
            IopWipeStackLocation(Stack);
            continue;
        }
        // Above the topmost location there is no driver, and no device to name.
        PDEVICE_OBJECT DeviceObject = Irp->CurrentLocation == Irp->StackCount + 1
                                          ? NULL
                                          : Irp->Tail.Overlay.CurrentStackLocation->DeviceObject;
        IopWipeStackLocation(Stack);
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "IO_COMPLETION_ROUTINE", Routine, 3, DeviceObject, Irp, Context);
        NTSTATUS Status = Routine(DeviceObject, Irp, Context);
        ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
        if (Status == STATUS_MORE_PROCESSING_REQUIRED) {
            return FALSE;
        }
    }
    return TRUE;
}

static VOID IopFreeMdls(PIRP Irp)
{
    PMDL Next;
    for (PMDL Mdl = Irp->MdlAddress; Mdl != NULL; Mdl = Next) {
        Next = Mdl->Next;
        IoFreeMdl(Mdl);
    }
    Irp->MdlAddress = NULL;
}

// The parts of a completed associated IRP are no thread's: what is left is its master's.
static VOID IopFinishAssociatedIrp(PIRP Irp, CCHAR PriorityBoost)
{
    PIRP Master = Irp->AssociatedIrp.MasterIrp;
    IopFreeMdls(Irp);
    IoFreeIrp(Irp);
    if (InterlockedDecrement(&Master->AssociatedIrp.IrpCount) == 0) {
        IofCompleteRequest(Master, PriorityBoost);
    }
}

// Paging I/O and close requests: whoever sent them waits at the event, and their memory is the waiter's to
// free, but for that of a synchronous one.
static VOID IopFinishPagingOrClose(PIRP Irp, CCHAR PriorityBoost)
{
    ULONG Flags = Irp->Flags;
    PKEVENT Event = Irp->UserEvent;
    *Irp->UserIosb = Irp->IoStatus;
    if (Flags & (IRP_SYNCHRONOUS_PAGING_IO | IRP_CLOSE_OPERATION)) {
        IoFreeIrp(Irp);
    }
    KeSetEvent(Event, PriorityBoost, FALSE);
}

static VOID NTAPI IopCompletionApc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                   PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument2);
    PIRP Irp = CONTAINING_RECORD(Apc, IRP, Tail.Apc);
    PFILE_OBJECT FileObject = *SystemArgument1;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    IopFinishIrp(Irp, FileObject);
}

static VOID NTAPI IopCompletionRundown(PKAPC Apc)
{
    PIRP Irp = CONTAINING_RECORD(Apc, IRP, Tail.Apc);
    IopDropIrp(Irp, Apc->SystemArgument1);
}

VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    if (ViChecks() && !ViBeginCompletion(Irp)) {
        return;
    }
    if (Irp->Type != IO_TYPE_IRP || Irp->CurrentLocation > Irp->StackCount + 1) {
        KeBugCheckEx(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, 0, 0, 0);
    }
    if (!IopCallCompletionRoutines(Irp)) {
        return;
    }
    if (ViChecks()) {
        ViIrpGone(Irp);
    }
    if (Irp->Flags & IRP_ASSOCIATED_IRP) {
        IopFinishAssociatedIrp(Irp, PriorityBoost);
        return;
    }
    if (Irp->Flags & (IRP_PAGING_IO | IRP_CLOSE_OPERATION)) {
        IopFinishPagingOrClose(Irp, PriorityBoost);
        return;
    }
    // What a service has captured for the driver. The completion's APC takes its place.
    if (Irp->Tail.Overlay.AuxiliaryBuffer != NULL) {
        ExFreePool(Irp->Tail.Overlay.AuxiliaryBuffer);
        Irp->Tail.Overlay.AuxiliaryBuffer = NULL;
    }
    for (PMDL Mdl = Irp->MdlAddress; Mdl != NULL; Mdl = Mdl->Next) {
        MmUnlockPages(Mdl);
    }
    // The sender has not left its call yet and will do the rest itself.
    if ((Irp->Flags & IRP_DEFER_IO_COMPLETION) && !Irp->PendingReturned) {
        return;
    }
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    PFILE_OBJECT FileObject = Irp->Tail.Overlay.OriginalFileObject;
    if (Thread == NULL) {
        // Made by IoAllocateIrp, and no completion routine has kept it from us: nobody is left to free it.
        KeBugCheckEx(INCONSISTENT_IRP, (ULONG_PTR)Irp, 0, 0, 0);
    }
    KeInitializeApc(&Irp->Tail.Apc, &Thread->Tcb, (KAPC_ENVIRONMENT)Irp->ApcEnvironment, IopCompletionApc,
                    IopCompletionRundown, NULL, KernelMode, NULL);
    if (!KeInsertQueueApc(&Irp->Tail.Apc, FileObject, NULL, PriorityBoost)) {
        IopDropIrp(Irp, FileObject);
    }
}

VOID NTAPI IoCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    IofCompleteRequest(Irp, PriorityBoost);
}

// ---- In the thread that asked

// What the driver put into the system buffer goes to the caller. TRUE unless the caller's buffer is none any
// more.
static BOOLEAN IopCopyOut(PIRP Irp)
{
    if (!(Irp->Flags & IRP_INPUT_OPERATION) || NT_ERROR(Irp->IoStatus.Status) ||
        Irp->IoStatus.Status == STATUS_VERIFY_REQUIRED || Irp->IoStatus.Information == 0) {
        return TRUE;
    }
    BOOLEAN Copied = TRUE;
    __try {
        RtlCopyMemory(Irp->UserBuffer, Irp->AssociatedIrp.SystemBuffer, Irp->IoStatus.Information);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Copied = FALSE;
    }
    return Copied;
}

VOID IopReleaseBuffers(PIRP Irp)
{
    if ((Irp->Flags & IRP_BUFFERED_IO) && (Irp->Flags & IRP_DEALLOCATE_BUFFER)) {
        ExFreePool(Irp->AssociatedIrp.SystemBuffer);
    }
    Irp->Flags &= ~(IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER);
    if (Irp->MdlAddress != NULL) {
        IopFreeMdls(Irp);
    }
}

static BOOLEAN IopIsIrpSynchronous(const IRP *Irp, const FILE_OBJECT *FileObject)
{
    return (Irp->Flags & IRP_SYNCHRONOUS_API) ||
           (FileObject != NULL && (FileObject->Flags & FO_SYNCHRONOUS_IO));
}

static VOID IopWriteStatusBlock(PIRP Irp)
{
    if (Irp->UserIosb == NULL) {
        return;
    }
    // Status last: it is what a user-mode caller polls.
    __try {
        Irp->UserIosb->Information = Irp->IoStatus.Information;
        *(volatile NTSTATUS *)&Irp->UserIosb->Status = Irp->IoStatus.Status;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        // The caller has unmapped it meanwhile: its loss.
    }
}

static VOID IopSignalEvents(PIRP Irp, PFILE_OBJECT FileObject)
{
    if (Irp->UserEvent != NULL) {
        KeSetEvent(Irp->UserEvent, 0, FALSE);
        if (FileObject != NULL && (FileObject->Flags & FO_SYNCHRONOUS_IO) &&
            !(Irp->Flags & IRP_SYNCHRONOUS_API)) {
            FileObject->FinalStatus = Irp->IoStatus.Status;
            KeSetEvent(&FileObject->Event, 0, FALSE);
        }
    } else if (FileObject != NULL) {
        FileObject->FinalStatus = Irp->IoStatus.Status;
        KeSetEvent(&FileObject->Event, 0, FALSE);
    }
}

// The references that a request by handle holds. A request that a driver has made has no file object of ours,
// and its event is the driver's own memory.
static VOID IopReleaseObjects(PIRP Irp, PFILE_OBJECT FileObject)
{
    if (FileObject == NULL) {
        return;
    }
    if (Irp->UserEvent != NULL && !(Irp->Flags & IRP_SYNCHRONOUS_API)) {
        ObDereferenceObject(Irp->UserEvent);
    }
    ObDereferenceObject(FileObject);
}

static VOID NTAPI IopUserApc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                             PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

static VOID NTAPI IopUserApcRundown(PKAPC Apc)
{
    IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

// TRUE: the IRP has become an APC of the caller's and is not to be freed.
static BOOLEAN IopQueueUserApc(PIRP Irp)
{
    // A create request has its allocation size there.
    if (Irp->Flags & IRP_CREATE_OPERATION) {
        return FALSE;
    }
    PIO_APC_ROUTINE Routine = Irp->Overlay.AsynchronousParameters.UserApcRoutine;
    PVOID Context = Irp->Overlay.AsynchronousParameters.UserApcContext;
    if (Routine == NULL) {
        return FALSE;
    }
    KeInitializeApc(&Irp->Tail.Apc, KiCurrentThread(), CurrentApcEnvironment, IopUserApc, IopUserApcRundown,
                    (PKNORMAL_ROUTINE)(ULONG_PTR)Routine, Irp->RequestorMode, Context);
    return KeInsertQueueApc(&Irp->Tail.Apc, Irp->UserIosb, NULL, 2);
}

VOID IopFinishIrp(PIRP Irp, PFILE_OBJECT FileObject)
{
    if ((Irp->Flags & IRP_BUFFERED_IO) && !IopCopyOut(Irp)) {
        Irp->IoStatus.Status = STATUS_ACCESS_VIOLATION;
        Irp->IoStatus.Information = 0;
    }
    IopReleaseBuffers(Irp);
    IopDequeueThreadIrp(Irp->Tail.Overlay.Thread, Irp);

    NTSTATUS Status = Irp->IoStatus.Status;
    BOOLEAN Synchronous = IopIsIrpSynchronous(Irp, FileObject);
    if (NT_ERROR(Status) && !Irp->PendingReturned) {
        // The caller has been told by the return value alone.
        IopReleaseObjects(Irp, FileObject);
        IoFreeIrp(Irp);
        return;
    }
    IopWriteStatusBlock(Irp);
    IopSignalEvents(Irp, FileObject);
    IopReleaseObjects(Irp, FileObject);
    // A synchronous request that failed has no APC: its caller has the status.
    if ((NT_ERROR(Status) && Synchronous) || !IopQueueUserApc(Irp)) {
        IoFreeIrp(Irp);
    }
}

VOID IopDropIrp(PIRP Irp, PFILE_OBJECT FileObject)
{
    IopReleaseBuffers(Irp);
    IopReleaseObjects(Irp, FileObject);
    IoFreeIrp(Irp);
}
