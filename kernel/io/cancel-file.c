// SPDX-License-Identifier: MIT
// Cancelling the requests that have been made of a file.
#include "inc/kernel.h"

// Cancels the IRPs of Thread about FileObject, or of them the one whose status block is UserIosb. FALSE:
// there is none.
static BOOLEAN IopCancelListed(PETHREAD Thread, PFILE_OBJECT FileObject, PIO_STATUS_BLOCK UserIosb)
{
    BOOLEAN Found = FALSE;
    for (PLIST_ENTRY Link = Thread->IrpList.Flink; Link != &Thread->IrpList; Link = Link->Flink) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, ThreadListEntry);
        if (Irp->Tail.Overlay.OriginalFileObject == FileObject &&
            (UserIosb == NULL || Irp->UserIosb == UserIosb)) {
            Found = TRUE;
            IoCancelIrp(Irp);
        }
    }
    return Found;
}

static BOOLEAN IopCancelOf(PETHREAD Thread, PFILE_OBJECT FileObject, PIO_STATUS_BLOCK UserIosb)
{
    BOOLEAN Found;
    if (Thread == (PETHREAD)KiCurrentThread()) {
        // IRPs leave the list in an APC of this very thread, which APC_LEVEL keeps away.
        KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
        Found = IopCancelListed(Thread, FileObject, UserIosb);
        KiLowerIrql(OldIrql);
        return Found;
    }
    KIRQL OldIrql = KiAcquireSpinLockRaise(&Thread->IrpListLock);
    Found = IopCancelListed(Thread, FileObject, UserIosb);
    KiReleaseSpinLockLower(&Thread->IrpListLock, OldIrql);
    return Found;
}

static BOOLEAN IopHasIrpOf(PETHREAD Thread, PFILE_OBJECT FileObject)
{
    BOOLEAN Found = FALSE;
    KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
    for (PLIST_ENTRY Link = Thread->IrpList.Flink; Link != &Thread->IrpList; Link = Link->Flink) {
        Found |= CONTAINING_RECORD(Link, IRP, ThreadListEntry)->Tail.Overlay.OriginalFileObject == FileObject;
    }
    KiLowerIrql(OldIrql);
    return Found;
}

// The Index-th thread of Process, referenced; NULL.
static PETHREAD IopThreadOf(PKPROCESS Process, ULONG Index)
{
    PETHREAD Found = NULL;
    KIRQL OldIrql = KiLockDispatcher();
    for (PLIST_ENTRY Link = Process->KernelThreadListHead.Flink; Link != &Process->KernelThreadListHead;
         Link = Link->Flink, Index -= 1) {
        if (Index == 0) {
            Found = CONTAINING_RECORD(CONTAINING_RECORD(Link, KTHREAD, ThreadListEntry), ETHREAD, Tcb);
            ObfReferenceObject(Found);
            break;
        }
    }
    KiUnlockDispatcher(OldIrql);
    return Found;
}

static NTSTATUS IopReferenceToCancel(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                     PFILE_OBJECT *FileObject)
{
    PVOID Object;
    NTSTATUS Status = STATUS_SUCCESS;
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    __try {
        IopProbeStatusBlock(IoStatusBlock, Mode);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(FileHandle, 0, IoFileObjectType, Mode, &Object, NULL);
    }
    if (NT_SUCCESS(Status)) {
        *FileObject = Object;
    }
    return Status;
}

static NTSTATUS IopAnswerCancel(PIO_STATUS_BLOCK IoStatusBlock, NTSTATUS Status)
{
    __try {
        IoStatusBlock->Information = 0;
        IoStatusBlock->Status = Status;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    PFILE_OBJECT FileObject;
    LARGE_INTEGER Interval = {.QuadPart = -10LL * 10000};
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    NTSTATUS Status = IopReferenceToCancel(FileHandle, IoStatusBlock, &FileObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    IopCancelOf(Thread, FileObject, NULL);
    while (IopHasIrpOf(Thread, FileObject)) {
        KeDelayExecutionThread(KernelMode, FALSE, &Interval);
    }
    ObfDereferenceObject(FileObject);
    return IopAnswerCancel(IoStatusBlock, STATUS_SUCCESS);
}

KI_DEFINE_ZW(CancelIoFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock), (FileHandle, IoStatusBlock))

NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                                PIO_STATUS_BLOCK IoStatusBlock)
{
    PETHREAD Thread;
    PFILE_OBJECT FileObject;
    BOOLEAN Found = FALSE;
    NTSTATUS Status = IopReferenceToCancel(FileHandle, IoStatusBlock, &FileObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (ULONG Index = 0; (Thread = IopThreadOf(KiCurrentThread()->ApcState.Process, Index)) != NULL;
         Index += 1) {
        Found |= IopCancelOf(Thread, FileObject, IoRequestToCancel);
        ObfDereferenceObject(Thread);
    }
    ObfDereferenceObject(FileObject);
    return IopAnswerCancel(IoStatusBlock, Found ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}

KI_DEFINE_ZW(CancelIoFileEx,
             (HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock),
             (FileHandle, IoRequestToCancel, IoStatusBlock))
