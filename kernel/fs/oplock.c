// SPDX-License-Identifier: MIT
// Oplocks of the volume's files: requested, checked by what is done with a file, and by its opens.
#include "inc/kernel.h"
#include "fs/fs.h"

static BOOLEAN FspHasOplocks(const FSP_NODE *Node)
{
    return !Node->Volume && !FspIsFolder(Node);
}

// ---- Requests

static const ULONG FspOplockCodes[] = {
    FSCTL_REQUEST_OPLOCK_LEVEL_1,    FSCTL_REQUEST_OPLOCK_LEVEL_2, FSCTL_REQUEST_BATCH_OPLOCK,
    FSCTL_REQUEST_FILTER_OPLOCK,     FSCTL_REQUEST_OPLOCK,         FSCTL_OPLOCK_BREAK_ACKNOWLEDGE,
    FSCTL_OPBATCH_ACK_CLOSE_PENDING, FSCTL_OPLOCK_BREAK_ACK_NO_2,  FSCTL_OPLOCK_BREAK_NOTIFY,
};

NTSTATUS FspControlOplock(PIRP Irp, PIO_STACK_LOCATION Stack, BOOLEAN *Completed)
{
    FSP_NODE *Node = FspNodeOf(Stack->FileObject);
    ULONG Index = 0;
    while (FspOplockCodes[Index] != Stack->Parameters.FileSystemControl.FsControlCode) {
        Index += 1;
        if (Index == RTL_NUMBER_OF(FspOplockCodes)) {
            return STATUS_INVALID_DEVICE_REQUEST;
        }
    }
    if (!FspHasOplocks(Node)) {
        return STATUS_INVALID_PARAMETER;
    }
    // No open comes in between.
    ExAcquireResourceExclusiveLite(&FspLock, TRUE);
    ULONG Count =
        FsRtlOplockIsSharedRequest(Irp) ? FsRtlAreThereCurrentFileLocks(&Node->FileLock) : Node->Handles;
    *Completed = TRUE;
    NTSTATUS Status = FsRtlOplockFsctrl(&Node->Header.Oplock, Irp, Count);
    ExReleaseResourceLite(&FspLock);
    return Status;
}

// ---- Checks

// An IRP that has waited is carried out by a worker thread; its DriverContext is the work item.
C_ASSERT(sizeof(WORK_QUEUE_ITEM) <= sizeof(((PIRP)NULL)->Tail.Overlay.DriverContext));

static VOID NTAPI FspRedo(PVOID Context)
{
    PIRP Irp = Context;
    PDEVICE_OBJECT DeviceObject = IoGetCurrentIrpStackLocation(Irp)->DeviceObject;
    DeviceObject->DriverObject->MajorFunction[IoGetCurrentIrpStackLocation(Irp)->MajorFunction](DeviceObject,
                                                                                                Irp);
}

static VOID NTAPI FspResume(PVOID Context, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Context);
    if (!NT_SUCCESS(Irp->IoStatus.Status)) {
        IofCompleteRequest(Irp, IO_NO_INCREMENT);
        return;
    }
    PWORK_QUEUE_ITEM Item = (PVOID)Irp->Tail.Overlay.DriverContext;
    ExInitializeWorkItem(Item, FspRedo, Irp);
    ExQueueWorkItem(Item, DelayedWorkQueue);
}

// The caller's buffer is reached from another thread's process too. Raises.
static VOID FspLockBuffer(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    BOOLEAN Read = Stack->MajorFunction == IRP_MJ_READ;
    ULONG Length = Read ? Stack->Parameters.Read.Length : Stack->Parameters.Write.Length;
    if ((!Read && Stack->MajorFunction != IRP_MJ_WRITE) || Irp->MdlAddress != NULL || Length == 0) {
        return;
    }
    PMDL Mdl = IoAllocateMdl(Irp->UserBuffer, Length, FALSE, TRUE, Irp);
    if (Mdl == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    __try {
        MmProbeAndLockPages(Mdl, Irp->RequestorMode, Read ? IoWriteAccess : IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Irp->MdlAddress = NULL;
        IoFreeMdl(Mdl);
        ExRaiseStatus(GetExceptionCode());
    }
}

NTSTATUS FspCheckOplock(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    FSP_NODE *Node = FspNodeOf(Stack->FileObject);
    if (!FspHasOplocks(Node) || !FsRtlCurrentOplock(&Node->Header.Oplock)) {
        return STATUS_SUCCESS;
    }
    if (IopIsSenderWaiting(Irp)) {
        return FsRtlCheckOplock(&Node->Header.Oplock, Irp, NULL, NULL, NULL);
    }
    FspLockBuffer(Irp, Stack);
    return FsRtlCheckOplock(&Node->Header.Oplock, Irp, NULL, FspResume, NULL);
}

// ---- Opens

// Breaks what the open breaks. STATUS_OPLOCK_BREAK_IN_PROGRESS in *Result, once that is to be waited for, or
// told.
static NTSTATUS FspNoteBreak(FSP_OPLOCK_CHECK *Check, FSP_NODE *Node, NTSTATUS Status, BOOLEAN Handle)
{
    if (Status != STATUS_OPLOCK_BREAK_IN_PROGRESS) {
        return Status;
    }
    Check->BreakInProgress = TRUE;
    if (IoGetCurrentIrpStackLocation(Check->Irp)->Parameters.Create.Options & FILE_COMPLETE_IF_OPLOCKED) {
        return STATUS_SUCCESS;
    }
    // FspLock is to be given back before anybody can answer.
    Node->References += 1;
    Check->Blocked = Node;
    Check->ForHandle = Handle;
    return STATUS_OPLOCK_BREAK_IN_PROGRESS;
}

NTSTATUS FspCheckOpen(FSP_OPLOCK_CHECK *Check, FSP_NODE *Node, ACCESS_MASK Access, ULONG ShareAccess)
{
    POPLOCK Oplock = &Node->Header.Oplock;
    NTSTATUS Status = STATUS_SUCCESS;
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Check->Irp)->FileObject;
    if (!FspHasOplocks(Node) || Node->Handles == 0) {
        return STATUS_SUCCESS;
    }
    // Batch and filter oplocks, whether the open succeeds or not.
    if (FsRtlCurrentBatchOplock(Oplock)) {
        Status = FsRtlCheckOplockEx(Oplock, Check->Irp, OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, NULL, NULL, NULL);
        Status = FspNoteBreak(Check, Node, Status, FALSE);
    }
    if (!NT_SUCCESS(Status) || Check->Blocked != NULL) {
        return Status;
    }
    Status = IoCheckShareAccess(Access, ShareAccess, FileObject, &Node->ShareAccess, FALSE);
    if (Status == STATUS_SHARING_VIOLATION) {
        // Who keeps a handle for its cache alone closes it now.
        if (!Check->HandleAsked && FsRtlCurrentOplockH(Oplock)) {
            Check->HandleAsked = TRUE;
            NTSTATUS Asked =
                FsRtlOplockBreakH(Oplock, Check->Irp, OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, NULL, NULL, NULL);
            Asked = FspNoteBreak(Check, Node, Asked, TRUE);
            return Check->Blocked != NULL || !NT_SUCCESS(Asked) ? Asked : Status;
        }
        return Status;
    }
    Status = FsRtlCheckOplockEx(Oplock, Check->Irp, OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, NULL, NULL, NULL);
    return FspNoteBreak(Check, Node, Status, FALSE);
}

NTSTATUS FspWaitForOplock(FSP_OPLOCK_CHECK *Check)
{
    FSP_NODE *Node = Check->Blocked;
    POPLOCK Oplock = &Node->Header.Oplock;
    Check->Blocked = NULL;
    Check->BreakInProgress = FALSE;
    NTSTATUS Status = Check->ForHandle ? FsRtlOplockBreakH(Oplock, Check->Irp, 0, NULL, NULL, NULL)
                                       : FsRtlCheckOplock(Oplock, Check->Irp, NULL, NULL, NULL);
    ExAcquireResourceExclusiveLite(&FspLock, TRUE);
    FspReleaseNode(Node);
    ExReleaseResourceLite(&FspLock);
    return Status;
}

NTSTATUS FspReserveOplock(PIRP Irp, FSP_NODE *Node)
{
    ULONG Options = IoGetCurrentIrpStackLocation(Irp)->Parameters.Create.Options;
    if (!FspHasOplocks(Node) || !(Options & (FILE_OPEN_REQUIRING_OPLOCK | FILE_RESERVE_OPFILTER))) {
        return STATUS_SUCCESS;
    }
    return FsRtlOplockFsctrl(&Node->Header.Oplock, Irp, Node->Handles);
}
