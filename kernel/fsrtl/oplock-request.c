// SPDX-License-Identifier: MIT
// Oplocks requested and acknowledged: FSCTL_REQUEST_* and FSCTL_OPLOCK_*, as the page "Granting oplocks" has
// them.
#include "inc/kernel.h"
#include "fsrtl/oplock.h"

typedef struct _FSRTLP_REQUEST {
    PIRP Irp;
    PFILE_OBJECT FileObject;
    ULONG Level;
    ULONG OpenCount;
    BOOLEAN AllKeysMatch;
} FSRTLP_REQUEST;

typedef enum _FSRTLP_MEETING {
    FsRtlpRefuses,
    FsRtlpCoexists,
    FsRtlpGivesWay,  // Level 2, for an exclusive one: broken to none
    FsRtlpIsReplaced // the new one is its owner's
} FSRTLP_MEETING;

#define RH (FSRTLP_R | FSRTLP_H)
#define RW (FSRTLP_R | FSRTLP_W)

static FSRTLP_MEETING FsRtlpMeet(const FSRTLP_REQUEST *Request, const FSRTLP_HOLD *Hold)
{
    BOOLEAN SameKey = FsRtlOplockKeysEqual(Request->FileObject, Hold->FileObject);
    if (Hold->State != FsRtlpGranted) {
        return FsRtlpRefuses;
    }
    switch (Request->Level) {
    case FSRTLP_LEVEL_1:
    case FSRTLP_BATCH:
    case FSRTLP_FILTER: return Hold->Level == FSRTLP_LEVEL_2 ? FsRtlpGivesWay : FsRtlpRefuses;
    case FSRTLP_LEVEL_2:
        return Hold->Level == FSRTLP_LEVEL_2 || Hold->Level == FSRTLP_R ? FsRtlpCoexists : FsRtlpRefuses;
    case FSRTLP_R:
        if (Hold->Level == RH) {
            return SameKey ? FsRtlpRefuses : FsRtlpCoexists;
        }
        if (Hold->Level == FSRTLP_R) {
            return SameKey ? FsRtlpIsReplaced : FsRtlpCoexists;
        }
        return Hold->Level == FSRTLP_LEVEL_2 ? FsRtlpCoexists : FsRtlpRefuses;
    case RH:
        if (Hold->Level != FSRTLP_R && Hold->Level != RH) {
            return FsRtlpRefuses;
        }
        return SameKey ? FsRtlpIsReplaced : FsRtlpCoexists;
    case RW:
        return SameKey && (Hold->Level == FSRTLP_R || Hold->Level == RW) ? FsRtlpIsReplaced : FsRtlpRefuses;
    default: return SameKey && (Hold->Level & FSRTLP_CACHE_LEVELS) ? FsRtlpIsReplaced : FsRtlpRefuses;
    }
}

// Whether the file as such allows it.
static NTSTATUS FsRtlpCheckFile(const FSRTLP_REQUEST *Request)
{
    BOOLEAN Exclusive = (Request->Level & FSRTLP_EXCLUSIVE) != 0;
    if (IopIsSenderWaiting(Request->Irp)) {
        return STATUS_OPLOCK_NOT_GRANTED;
    }
    // Of an exclusive one the number of handles, of a shared one whether there are byte-range locks.
    if (Exclusive ? Request->OpenCount > 1 && !(Request->AllKeysMatch && (Request->Level & FSRTLP_W))
                  : Request->OpenCount != 0) {
        return STATUS_OPLOCK_NOT_GRANTED;
    }
    if ((Request->Level & FSRTLP_CACHE_LEVELS) && Request->FileObject->SectionObjectPointer != NULL &&
        MmDoesFileHaveUserWritableReferences(Request->FileObject->SectionObjectPointer) != 0) {
        return STATUS_CANNOT_GRANT_REQUESTED_OPLOCK;
    }
    return STATUS_SUCCESS;
}

// A create that has reserved the oplock has made way for this request.
static VOID FsRtlpDropReservation(FSRTLP_OPLOCK *Oplock, PFILE_OBJECT FileObject, FSRTLP_DUE *Due)
{
    PLIST_ENTRY Next;
    for (PLIST_ENTRY Link = Oplock->Holds.Flink; Link != &Oplock->Holds; Link = Next) {
        Next = Link->Flink;
        if (FsRtlpHoldOf(Link)->Level == FSRTLP_RESERVED && FsRtlpHoldOf(Link)->FileObject == FileObject) {
            FsRtlpDropHold(FsRtlpHoldOf(Link), STATUS_SUCCESS, 0, Due);
        }
    }
}

static BOOLEAN FsRtlpMayGrant(const FSRTLP_OPLOCK *Oplock, const FSRTLP_REQUEST *Request)
{
    for (PLIST_ENTRY Link = Oplock->Holds.Flink; Link != &Oplock->Holds; Link = Link->Flink) {
        if (FsRtlpMeet(Request, FsRtlpHoldOf(Link)) == FsRtlpRefuses) {
            return FALSE;
        }
    }
    return TRUE;
}

static VOID FsRtlpMakeRoom(FSRTLP_OPLOCK *Oplock, const FSRTLP_REQUEST *Request, FSRTLP_DUE *Due)
{
    PLIST_ENTRY Next;
    for (PLIST_ENTRY Link = Oplock->Holds.Flink; Link != &Oplock->Holds; Link = Next) {
        FSRTLP_HOLD *Hold = FsRtlpHoldOf(Link);
        Next = Link->Flink;
        switch (FsRtlpMeet(Request, Hold)) {
        case FsRtlpGivesWay: FsRtlpBreakHold(Hold, 0, FALSE, NULL, Due); break;
        case FsRtlpIsReplaced: FsRtlpDropHold(Hold, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE, 0, Due); break;
        default: break;
        }
    }
}

static NTSTATUS FsRtlpFinishRequest(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
    return Status;
}

static NTSTATUS FsRtlpRequest(FSRTLP_OPLOCK *Oplock, const FSRTLP_REQUEST *Request)
{
    FSRTLP_DUE Due;
    NTSTATUS Status = FsRtlpCheckFile(Request);
    FSRTLP_HOLD *Hold = FsRtlpAllocateHold(Oplock, Request->Irp, Request->Level);
    if (Hold == NULL) {
        return FsRtlpFinishRequest(Request->Irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    FsRtlpDropReservation(Oplock, Request->FileObject, &Due);
    if (NT_SUCCESS(Status) && !FsRtlpMayGrant(Oplock, Request)) {
        Status = STATUS_OPLOCK_NOT_GRANTED;
    }
    if (NT_SUCCESS(Status)) {
        Status = FsRtlpPendHold(Hold, Request->Irp) ? STATUS_PENDING : STATUS_CANCELLED;
    }
    if (Status == STATUS_PENDING) {
        FsRtlpMakeRoom(Oplock, Request, &Due);
        InsertTailList(&Oplock->Holds, &Hold->Link);
    } else {
        InsertTailList(&Due.Holds, &Hold->Link);
    }
    FsRtlpReleaseWaiters(Oplock, &Due);
    FsRtlpUnlockOplocks(&Due, OldIrql);
    if (Status != STATUS_PENDING) {
        Request->Irp->IoStatus.Information = 0;
        if (Status == STATUS_CANNOT_GRANT_REQUESTED_OPLOCK) {
            PREQUEST_OPLOCK_OUTPUT_BUFFER Output = Request->Irp->AssociatedIrp.SystemBuffer;
            *Output = (REQUEST_OPLOCK_OUTPUT_BUFFER){
                .StructureVersion = REQUEST_OPLOCK_CURRENT_VERSION,
                .StructureLength = sizeof(*Output),
                .Flags = REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT,
            };
            Request->Irp->IoStatus.Information = sizeof(*Output);
        }
        FsRtlpFinishRequest(Request->Irp, Status);
    }
    return Status;
}

// ---- Acknowledgments

// Level: what the owner holds from here on; 0: nothing, and Irp is completed.
static NTSTATUS FsRtlpAcknowledge(FSRTLP_OPLOCK *Oplock, PIRP Irp, ULONG Code, ULONG Level, BOOLEAN OnClose)
{
    FSRTLP_DUE Due;
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN Cached = Code == FSCTL_REQUEST_OPLOCK;
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    FSRTLP_HOLD *Hold = FsRtlpFindBreaking(Oplock, IoGetCurrentIrpStackLocation(Irp)->FileObject);
    if (Hold == NULL || ((Hold->Level & FSRTLP_CACHE_LEVELS) != 0) != Cached ||
        (Cached && (Level & ~Hold->BreakTo))) {
        Status = STATUS_INVALID_OPLOCK_PROTOCOL;
    } else {
        if (Code == FSCTL_OPLOCK_BREAK_ACKNOWLEDGE) {
            Level = Hold->BreakTo;
        }
        if (OnClose || (Code == FSCTL_OPBATCH_ACK_CLOSE_PENDING && Hold->Level != FSRTLP_LEVEL_1)) {
            Hold->State = FsRtlpClosePending;
        } else if (Level == 0) {
            FsRtlpDropHold(Hold, STATUS_SUCCESS, 0, &Due);
        } else {
            Hold->Level = Level;
            Status = FsRtlpPendHold(Hold, Irp) ? STATUS_PENDING : STATUS_CANCELLED;
            if (Status == STATUS_CANCELLED) {
                FsRtlpDropHold(Hold, STATUS_CANCELLED, 0, &Due);
            }
        }
        FsRtlpReleaseWaiters(Oplock, &Due);
    }
    FsRtlpUnlockOplocks(&Due, OldIrql);
    if (Status != STATUS_PENDING) {
        Irp->IoStatus.Information = 0;
        FsRtlpFinishRequest(Irp, Status);
    }
    return Status;
}

// ---- FSCTL_REQUEST_OPLOCK

static NTSTATUS FsRtlpCheckBuffers(PIRP Irp, const IO_STACK_LOCATION *Stack)
{
    const REQUEST_OPLOCK_INPUT_BUFFER *Input = Irp->AssociatedIrp.SystemBuffer;
    if (Stack->Parameters.FileSystemControl.InputBufferLength < sizeof(*Input)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Stack->Parameters.FileSystemControl.OutputBufferLength < sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    BOOLEAN Request = (Input->Flags & REQUEST_OPLOCK_INPUT_FLAG_REQUEST) != 0;
    BOOLEAN Acknowledge = (Input->Flags & REQUEST_OPLOCK_INPUT_FLAG_ACK) != 0;
    if (Input->StructureVersion != REQUEST_OPLOCK_CURRENT_VERSION ||
        Input->StructureLength < sizeof(*Input) || Request == Acknowledge ||
        (Input->RequestedOplockLevel & ~FSRTLP_CACHE_LEVELS)) {
        return STATUS_INVALID_PARAMETER;
    }
    // There is no caching without that of reads; an acknowledgment may give up all of it.
    if (!(Input->RequestedOplockLevel & FSRTLP_R) && (Request || Input->RequestedOplockLevel != 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS FsRtlpRequestCached(FSRTLP_OPLOCK *Oplock, FSRTLP_REQUEST *Request)
{
    PIRP Irp = Request->Irp;
    NTSTATUS Status = FsRtlpCheckBuffers(Irp, IoGetCurrentIrpStackLocation(Irp));
    if (!NT_SUCCESS(Status)) {
        return FsRtlpFinishRequest(Irp, Status);
    }
    REQUEST_OPLOCK_INPUT_BUFFER Input = *(PREQUEST_OPLOCK_INPUT_BUFFER)Irp->AssociatedIrp.SystemBuffer;
    if (Input.Flags & REQUEST_OPLOCK_INPUT_FLAG_ACK) {
        return FsRtlpAcknowledge(Oplock, Irp, FSCTL_REQUEST_OPLOCK, Input.RequestedOplockLevel,
                                 (Input.Flags & REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE) != 0);
    }
    Request->Level = Input.RequestedOplockLevel;
    return FsRtlpRequest(Oplock, Request);
}

// ---- The routines

static const struct {
    ULONG Code, Level; // Level 0: an acknowledgment
} FsRtlpCodes[] = {
    {FSCTL_REQUEST_OPLOCK_LEVEL_1, FSRTLP_LEVEL_1},
    {FSCTL_REQUEST_OPLOCK_LEVEL_2, FSRTLP_LEVEL_2},
    {FSCTL_REQUEST_BATCH_OPLOCK, FSRTLP_BATCH},
    {FSCTL_REQUEST_FILTER_OPLOCK, FSRTLP_FILTER},
    {FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, 0},
    {FSCTL_OPLOCK_BREAK_ACK_NO_2, 0},
    {FSCTL_OPBATCH_ACK_CLOSE_PENDING, 0},
};

static NTSTATUS FsRtlpControl(FSRTLP_OPLOCK *Oplock, FSRTLP_REQUEST *Request)
{
    ULONG Code = IoGetCurrentIrpStackLocation(Request->Irp)->Parameters.FileSystemControl.FsControlCode;
    if (Code == FSCTL_REQUEST_OPLOCK) {
        return FsRtlpRequestCached(Oplock, Request);
    }
    if (Code == FSCTL_OPLOCK_BREAK_NOTIFY) {
        return FsRtlpNotifyOfBreak(Oplock, Request->Irp);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(FsRtlpCodes); Index += 1) {
        if (FsRtlpCodes[Index].Code == Code) {
            Request->Level = FsRtlpCodes[Index].Level;
            return Request->Level != 0 ? FsRtlpRequest(Oplock, Request)
                                       : FsRtlpAcknowledge(Oplock, Request->Irp, Code, 0, FALSE);
        }
    }
    return FsRtlpFinishRequest(Request->Irp, STATUS_INVALID_PARAMETER);
}

// A create that is to be followed by a request keeps others out until then. The IRP is not completed.
static NTSTATUS FsRtlpReserve(FSRTLP_OPLOCK *Oplock, const FSRTLP_REQUEST *Request)
{
    FSRTLP_DUE Due;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Request->Irp);
    ULONG Options = Stack->Parameters.Create.Options;
    BOOLEAN Requiring = (Options & FILE_OPEN_REQUIRING_OPLOCK) != 0;
    if (!Requiring &&
        (Request->OpenCount != 1 ||
         (Stack->Parameters.Create.SecurityContext->DesiredAccess & ~SYNCHRONIZE) != FILE_READ_ATTRIBUTES ||
         Stack->Parameters.Create.ShareAccess != (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE))) {
        return STATUS_OPLOCK_NOT_GRANTED;
    }
    FSRTLP_HOLD *Hold = FsRtlpAllocateHold(Oplock, Request->Irp, FSRTLP_RESERVED);
    if (Hold == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Hold->State = Requiring ? FsRtlpBreaking : FsRtlpGranted;
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    BOOLEAN Free = TRUE;
    for (PLIST_ENTRY Link = Oplock->Holds.Flink; Link != &Oplock->Holds; Link = Link->Flink) {
        Free = Free && (FsRtlpHoldOf(Link)->Level & (FSRTLP_R | FSRTLP_LEVEL_2)) &&
               !(FsRtlpHoldOf(Link)->Level & FSRTLP_W) && FsRtlpHoldOf(Link)->State == FsRtlpGranted;
    }
    InsertTailList(Free ? &Oplock->Holds : &Due.Holds, &Hold->Link);
    FsRtlpUnlockOplocks(&Due, OldIrql);
    return Free ? STATUS_SUCCESS : Requiring ? STATUS_CANNOT_BREAK_OPLOCK : STATUS_OPLOCK_NOT_GRANTED;
}

// What is behind Oplock, made if there is nothing yet. NULL: no memory.
static FSRTLP_OPLOCK *FsRtlpOplockOf(POPLOCK Oplock)
{
    if (*Oplock != NULL) {
        return *Oplock;
    }
    FSRTLP_OPLOCK *New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_OPLOCK);
    if (New == NULL) {
        return NULL;
    }
    InitializeListHead(&New->Holds);
    InitializeListHead(&New->Waiters);
    PVOID Other = InterlockedCompareExchangePointer(Oplock, New, NULL);
    if (Other != NULL) {
        ExFreePoolWithTag(New, TAG_OPLOCK);
        return Other;
    }
    return New;
}

NTSTATUS NTAPI FsRtlOplockFsctrlEx(POPLOCK Oplock, PIRP Irp, ULONG OpenCount, ULONG Flags)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FSRTLP_REQUEST Request = {.Irp = Irp,
                              .FileObject = Stack->FileObject,
                              .OpenCount = OpenCount,
                              .AllKeysMatch = (Flags & OPLOCK_FSCTRL_FLAG_ALL_KEYS_MATCH) != 0};
    FSRTLP_OPLOCK *State = FsRtlpOplockOf(Oplock);
    if (Stack->MajorFunction == IRP_MJ_CREATE) {
        return State != NULL ? FsRtlpReserve(State, &Request) : STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->IoStatus.Information = 0;
    return State != NULL ? FsRtlpControl(State, &Request)
                         : FsRtlpFinishRequest(Irp, STATUS_INSUFFICIENT_RESOURCES);
}

NTSTATUS NTAPI FsRtlOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount)
{
    return FsRtlOplockFsctrlEx(Oplock, Irp, OpenCount, 0);
}

BOOLEAN NTAPI FsRtlOplockIsSharedRequest(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_REQUEST_OPLOCK_LEVEL_2) {
        return TRUE;
    }
    const REQUEST_OPLOCK_INPUT_BUFFER *Input = Irp->AssociatedIrp.SystemBuffer;
    return Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_REQUEST_OPLOCK &&
           Stack->Parameters.FileSystemControl.InputBufferLength >= sizeof(*Input) &&
           (Input->Flags & REQUEST_OPLOCK_INPUT_FLAG_REQUEST) && (Input->RequestedOplockLevel & FSRTLP_R) &&
           !(Input->RequestedOplockLevel & FSRTLP_W);
}
