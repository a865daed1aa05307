// SPDX-License-Identifier: MIT
// Opportunistic locks: made, held, given up, asked about.
#include "inc/kernel.h"
#include "fsrtl/oplock.h"

static KSPIN_LOCK FsRtlpOplockLock;

KIRQL FsRtlpLockOplocks(FSRTLP_DUE *Due)
{
    KIRQL OldIrql;
    InitializeListHead(&Due->Irps);
    InitializeListHead(&Due->Holds);
    InitializeListHead(&Due->Waiters);
    KeAcquireSpinLock(&FsRtlpOplockLock, &OldIrql);
    return OldIrql;
}

VOID FsRtlpUnlockOplocks(FSRTLP_DUE *Due, KIRQL OldIrql)
{
    KeReleaseSpinLock(&FsRtlpOplockLock, OldIrql);
    while (!IsListEmpty(&Due->Irps)) {
        PIRP Irp = CONTAINING_RECORD(RemoveHeadList(&Due->Irps), IRP, Tail.Overlay.ListEntry);
        IofCompleteRequest(Irp, IO_DISK_INCREMENT);
    }
    while (!IsListEmpty(&Due->Holds)) {
        FsRtlpFreeHold(FsRtlpHoldOf(RemoveHeadList(&Due->Holds)));
    }
    FsRtlpResumeWaiters(&Due->Waiters);
}

FSRTLP_HOLD *FsRtlpAllocateHold(FSRTLP_OPLOCK *Oplock, PIRP Irp, ULONG Level)
{
    FSRTLP_HOLD *Hold = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Hold), TAG_OPLOCK);
    if (Hold != NULL) {
        Hold->Oplock = Oplock;
        Hold->FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
        Hold->Process = IoGetRequestorProcess(Irp);
        Hold->Level = Level;
        if (Hold->Process != NULL) {
            ObfReferenceObject(Hold->Process);
        }
    }
    return Hold;
}

VOID FsRtlpFreeHold(FSRTLP_HOLD *Hold)
{
    if (Hold->Process != NULL) {
        ObfDereferenceObject(Hold->Process);
    }
    ExFreePoolWithTag(Hold, TAG_OPLOCK);
}

// ---- The IRP of a hold: its IoStatus.Information leads to the hold.

static VOID NTAPI FsRtlpCancelHold(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FSRTLP_DUE Due;
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    FSRTLP_HOLD *Hold = (FSRTLP_HOLD *)Irp->IoStatus.Information;
    if (Hold != NULL) {
        // A hold that was given up meanwhile has let go of its IRP.
        FSRTLP_OPLOCK *Oplock = Hold->Oplock;
        Hold->Irp = NULL;
        FsRtlpDropHold(Hold, STATUS_CANCELLED, 0, &Due);
        FsRtlpReleaseWaiters(Oplock, &Due);
    }
    FsRtlpUnlockOplocks(&Due, OldIrql);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

BOOLEAN FsRtlpPendHold(FSRTLP_HOLD *Hold, PIRP Irp)
{
    Irp->IoStatus.Information = (ULONG_PTR)Hold;
    IoSetCancelRoutine(Irp, FsRtlpCancelHold);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        return FALSE;
    }
    IoMarkIrpPending(Irp);
    Hold->Irp = Irp;
    Hold->State = FsRtlpGranted;
    return TRUE;
}

// Takes the IRP away from its hold. NULL: it is being cancelled, and its cancel routine completes it.
static PIRP FsRtlpTakeIrp(FSRTLP_HOLD *Hold)
{
    PIRP Irp = Hold->Irp;
    Hold->Irp = NULL;
    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL) {
        Irp->IoStatus.Information = 0;
        return NULL;
    }
    return Irp;
}

VOID FsRtlpDropHold(FSRTLP_HOLD *Hold, NTSTATUS Status, ULONG_PTR Information, FSRTLP_DUE *Due)
{
    PIRP Irp = FsRtlpTakeIrp(Hold);
    if (Irp != NULL) {
        Irp->IoStatus.Status = Status;
        Irp->IoStatus.Information = Information;
        InsertTailList(&Due->Irps, &Irp->Tail.Overlay.ListEntry);
    }
    RemoveEntryList(&Hold->Link);
    InsertTailList(&Due->Holds, &Hold->Link);
}

// ---- Breaks

// What the owner of a level that is kept in flags is told. The request has made sure of the room.
static ULONG_PTR FsRtlpDescribeBreak(PIRP Irp, const FSRTLP_HOLD *Hold, BOOLEAN Acknowledge, PIRP Breaker)
{
    PREQUEST_OPLOCK_OUTPUT_BUFFER Output = Irp->AssociatedIrp.SystemBuffer;
    *Output = (REQUEST_OPLOCK_OUTPUT_BUFFER){
        .StructureVersion = REQUEST_OPLOCK_CURRENT_VERSION,
        .StructureLength = sizeof(*Output),
        .OriginalOplockLevel = Hold->Level,
        .NewOplockLevel = Hold->BreakTo,
        .Flags = Acknowledge ? REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED : 0,
    };
    if (Breaker != NULL && (Hold->Level & ~Hold->BreakTo & FSRTLP_H)) {
        PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Breaker);
        if (Stack->MajorFunction == IRP_MJ_CREATE) {
            Output->AccessMode = Stack->Parameters.Create.SecurityContext->DesiredAccess;
            Output->ShareMode = Stack->Parameters.Create.ShareAccess;
            Output->Flags |= REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;
        }
    }
    return sizeof(*Output);
}

VOID FsRtlpBreakHold(FSRTLP_HOLD *Hold, ULONG BreakTo, BOOLEAN Acknowledge, PIRP Breaker, FSRTLP_DUE *Due)
{
    Hold->BreakTo = BreakTo;
    if (Hold->Level == FSRTLP_RESERVED) {
        // Nobody has a request pending that could be told. A filter oplock's gives way.
        if (!Acknowledge || Hold->State == FsRtlpGranted) {
            FsRtlpDropHold(Hold, STATUS_SUCCESS, 0, Due);
        }
        return;
    }
    PIRP Irp = FsRtlpTakeIrp(Hold);
    if (Irp != NULL) {
        Irp->IoStatus.Status = STATUS_SUCCESS;
        if (Hold->Level & FSRTLP_CACHE_LEVELS) {
            Irp->IoStatus.Information = FsRtlpDescribeBreak(Irp, Hold, Acknowledge, Breaker);
        } else {
            Irp->IoStatus.Information =
                BreakTo == FSRTLP_LEVEL_2 ? FILE_OPLOCK_BROKEN_TO_LEVEL_2 : FILE_OPLOCK_BROKEN_TO_NONE;
        }
        InsertTailList(&Due->Irps, &Irp->Tail.Overlay.ListEntry);
    }
    // Whoever cancels at this moment gives it up, and will not answer.
    if (Acknowledge && Irp != NULL) {
        Hold->State = FsRtlpBreaking;
    } else {
        RemoveEntryList(&Hold->Link);
        InsertTailList(&Due->Holds, &Hold->Link);
    }
}

BOOLEAN FsRtlpIsBreaking(const FSRTLP_OPLOCK *Oplock)
{
    for (PLIST_ENTRY Link = Oplock->Holds.Flink; Link != &Oplock->Holds; Link = Link->Flink) {
        if (FsRtlpHoldOf(Link)->State != FsRtlpGranted) {
            return TRUE;
        }
    }
    return FALSE;
}

FSRTLP_HOLD *FsRtlpFindBreaking(const FSRTLP_OPLOCK *Oplock, PFILE_OBJECT FileObject)
{
    for (PLIST_ENTRY Link = Oplock->Holds.Flink; Link != &Oplock->Holds; Link = Link->Flink) {
        if (FsRtlpHoldOf(Link)->State == FsRtlpBreaking && FsRtlpHoldOf(Link)->FileObject == FileObject &&
            FsRtlpHoldOf(Link)->Level != FSRTLP_RESERVED) {
            return FsRtlpHoldOf(Link);
        }
    }
    return NULL;
}

VOID FsRtlpReleaseWaiters(FSRTLP_OPLOCK *Oplock, FSRTLP_DUE *Due)
{
    if (FsRtlpIsBreaking(Oplock)) {
        return;
    }
    while (!IsListEmpty(&Oplock->Waiters)) {
        FSRTLP_WAITER *Waiter = CONTAINING_RECORD(RemoveHeadList(&Oplock->Waiters), FSRTLP_WAITER, Link);
        if (IoSetCancelRoutine(Waiter->Irp, NULL) != NULL) {
            InsertTailList(&Due->Waiters, &Waiter->Link);
        } else {
            InitializeListHead(&Waiter->Link); // its cancel routine runs, and lets it go on
        }
    }
}

// ---- The pointer

VOID NTAPI FsRtlInitializeOplock(POPLOCK Oplock)
{
    // What most files never need is made by the first request.
    *Oplock = NULL;
}

VOID NTAPI FsRtlUninitializeOplock(POPLOCK Oplock)
{
    FSRTLP_DUE Due;
    FSRTLP_OPLOCK *Old = *Oplock;
    if (Old == NULL) {
        return;
    }
    *Oplock = NULL;
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    while (!IsListEmpty(&Old->Holds)) {
        FsRtlpBreakHold(FsRtlpHoldOf(Old->Holds.Flink), 0, FALSE, NULL, &Due);
    }
    FsRtlpReleaseWaiters(Old, &Due);
    FsRtlpUnlockOplocks(&Due, OldIrql);
    ExFreePoolWithTag(Old, TAG_OPLOCK);
}

// ---- Questions

// Which of Levels are held by somebody, in any state. Breaking: whether one is being broken.
static ULONG FsRtlpLevelsOf(POPLOCK Oplock, PBOOLEAN Breaking)
{
    FSRTLP_DUE Due;
    ULONG Levels = 0;
    FSRTLP_OPLOCK *State = Oplock != NULL ? *Oplock : NULL;
    *Breaking = FALSE;
    if (State == NULL) {
        return 0;
    }
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    for (PLIST_ENTRY Link = State->Holds.Flink; Link != &State->Holds; Link = Link->Flink) {
        Levels |= FsRtlpHoldOf(Link)->Level;
    }
    *Breaking = FsRtlpIsBreaking(State);
    FsRtlpUnlockOplocks(&Due, OldIrql);
    return Levels;
}

BOOLEAN NTAPI FsRtlOplockIsFastIoPossible(POPLOCK Oplock)
{
    BOOLEAN Breaking;
    ULONG Levels = FsRtlpLevelsOf(Oplock, &Breaking);
    // Whoever shares a level has to be told of a write.
    return Levels == 0 || ((Levels & FSRTLP_EXCLUSIVE) && !Breaking);
}

BOOLEAN NTAPI FsRtlCurrentBatchOplock(POPLOCK Oplock)
{
    BOOLEAN Breaking;
    return (FsRtlpLevelsOf(Oplock, &Breaking) & (FSRTLP_BATCH | FSRTLP_FILTER)) != 0;
}

BOOLEAN NTAPI FsRtlCurrentOplock(POPLOCK Oplock)
{
    BOOLEAN Breaking;
    return FsRtlpLevelsOf(Oplock, &Breaking) != 0;
}

BOOLEAN NTAPI FsRtlCurrentOplockH(POPLOCK Oplock)
{
    BOOLEAN Breaking;
    return (FsRtlpLevelsOf(Oplock, &Breaking) & FSRTLP_H) != 0;
}

PEPROCESS NTAPI FsRtlOplockGetAnyBreakOwnerProcess(POPLOCK Oplock)
{
    FSRTLP_DUE Due;
    PEPROCESS Owner = NULL;
    FSRTLP_OPLOCK *State = *Oplock;
    if (State == NULL) {
        return NULL;
    }
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    for (PLIST_ENTRY Link = State->Holds.Flink; Owner == NULL && Link != &State->Holds; Link = Link->Flink) {
        if ((FsRtlpHoldOf(Link)->Level & FSRTLP_EXCLUSIVE) || FsRtlpHoldOf(Link)->State != FsRtlpGranted) {
            Owner = FsRtlpHoldOf(Link)->Process;
        }
    }
    if (Owner != NULL) {
        ObfReferenceObject(Owner);
    }
    FsRtlpUnlockOplocks(&Due, OldIrql);
    return Owner;
}

BOOLEAN NTAPI FsRtlOplockKeysEqual(PFILE_OBJECT Fo1, PFILE_OBJECT Fo2)
{
    if (Fo1 == NULL || Fo2 == NULL) {
        return FALSE;
    }
    const OPLOCK_KEY_CONTEXT *First = IoGetOplockKeyContextEx(Fo1), *Second = IoGetOplockKeyContextEx(Fo2);
    return Fo1 == Fo2 ||
           (First != NULL && Second != NULL && (First->Flags & Second->Flags & OPLOCK_KEY_FLAG_TARGET_KEY) &&
            RtlEqualMemory(&First->TargetOplockKey, &Second->TargetOplockKey, sizeof(GUID)));
}
