// SPDX-License-Identifier: MIT
// Which operations break which oplocks, and what has to be waited for: the pages "Breaking oplocks" and
// irp-mj-*2 of Microsoft's file system documentation, as a table.
#include "inc/kernel.h"
#include "fsrtl/oplock.h"

typedef enum _FSRTLP_OPERATION {
    FsRtlpHarmless,
    FsRtlpRead,
    FsRtlpWrite, // and whatever else changes contents or size
    FsRtlpLock,
    FsRtlpRename,
    FsRtlpDelete,
    FsRtlpOpen,
    FsRtlpOverwrite,
    FsRtlpOverwriteShared, // as FsRtlpOverwrite, but such that a filter oplock stays
    FsRtlpOpenToWrite,     // as FsRtlpOpen, with rights and sharing that break a filter oplock
    FsRtlpReleaseHandle,   // handle caching, for a sharing violation
    FsRtlpToNone,
    FsRtlpOperations,
} FSRTLP_OPERATION;

typedef enum _FSRTLP_ANSWER {
    FsRtlpKeep,     // not broken
    FsRtlpTell,     // broken, and gone at once
    FsRtlpContinue, // to be acknowledged, which the operation does not wait for
    FsRtlpWait,     // to be acknowledged before the operation goes on
} FSRTLP_ANSWER;

typedef struct _FSRTLP_RULE {
    UCHAR To; // FSRTLP_LEVEL_2, or OPLOCK_LEVEL_CACHE_*
    UCHAR Answer;
} FSRTLP_RULE;

enum {
    OnLevel1,
    OnLevel2,
    OnBatch,
    OnFilter,
    OnRead,
    OnReadHandle,
    OnReadWrite,
    OnReadWriteHandle,
    OnReserved,
    OnLevelCount
};

#define TELL     {0, FsRtlpTell}
#define CONTINUE {0, FsRtlpContinue}
#define WAIT     {0, FsRtlpWait}
#define WAIT_2   {FSRTLP_LEVEL_2, FsRtlpWait}
#define WAIT_R   {FSRTLP_R, FsRtlpWait}
#define WAIT_RH  {FSRTLP_R | FSRTLP_H, FsRtlpWait}
#define WAIT_RW  {FSRTLP_R | FSRTLP_W, FsRtlpWait}

// clang-format off
static const FSRTLP_RULE FsRtlpRules[FsRtlpOperations][OnLevelCount] = {
    [FsRtlpRead]          = {[OnLevel1] = WAIT_2, [OnBatch] = WAIT_2, [OnReadWrite] = WAIT_R,
                             [OnReadWriteHandle] = WAIT_RH, [OnReserved] = WAIT},
    [FsRtlpWrite]         = {[OnLevel1] = WAIT, [OnLevel2] = TELL, [OnBatch] = WAIT, [OnFilter] = WAIT, [OnRead] = TELL,
                             [OnReadHandle] = CONTINUE, [OnReadWrite] = WAIT, [OnReadWriteHandle] = WAIT,
                             [OnReserved] = WAIT},
    [FsRtlpLock]          = {[OnLevel1] = WAIT, [OnLevel2] = TELL, [OnBatch] = WAIT, [OnRead] = TELL,
                             [OnReadHandle] = CONTINUE, [OnReadWrite] = WAIT, [OnReadWriteHandle] = CONTINUE,
                             [OnReserved] = WAIT},
    [FsRtlpRename]        = {[OnBatch] = WAIT, [OnFilter] = WAIT, [OnReadHandle] = WAIT_R,
                             [OnReadWriteHandle] = WAIT_RW, [OnReserved] = WAIT},
    [FsRtlpDelete]        = {[OnReadHandle] = WAIT_R, [OnReadWriteHandle] = WAIT_RW, [OnReserved] = WAIT},
    [FsRtlpOpen]          = {[OnLevel1] = WAIT_2, [OnBatch] = WAIT_2, [OnReadWrite] = WAIT_R,
                             [OnReadWriteHandle] = WAIT_RH, [OnReserved] = WAIT},
    [FsRtlpOpenToWrite]   = {[OnLevel1] = WAIT_2, [OnBatch] = WAIT_2, [OnFilter] = WAIT, [OnReadWrite] = WAIT_R,
                             [OnReadWriteHandle] = WAIT_RH, [OnReserved] = WAIT},
    [FsRtlpOverwrite]     = {[OnLevel1] = WAIT, [OnLevel2] = TELL, [OnBatch] = WAIT, [OnFilter] = WAIT, [OnRead] = TELL,
                             [OnReadHandle] = CONTINUE, [OnReadWrite] = WAIT, [OnReadWriteHandle] = WAIT,
                             [OnReserved] = WAIT},
    [FsRtlpOverwriteShared] = {[OnLevel1] = WAIT, [OnLevel2] = TELL, [OnBatch] = WAIT, [OnRead] = TELL,
                             [OnReadHandle] = CONTINUE, [OnReadWrite] = WAIT, [OnReadWriteHandle] = WAIT,
                             [OnReserved] = WAIT},
    [FsRtlpReleaseHandle] = {[OnReadHandle] = WAIT_R, [OnReadWriteHandle] = WAIT_RW},
    [FsRtlpToNone]        = {[OnLevel1] = WAIT, [OnLevel2] = TELL, [OnBatch] = WAIT, [OnFilter] = WAIT, [OnRead] = TELL,
                             [OnReadHandle] = CONTINUE, [OnReadWrite] = WAIT, [OnReadWriteHandle] = WAIT,
                             [OnReserved] = TELL},
};
// clang-format on

static ULONG FsRtlpRowOf(ULONG Level)
{
    switch (Level) {
    case FSRTLP_LEVEL_1: return OnLevel1;
    case FSRTLP_LEVEL_2: return OnLevel2;
    case FSRTLP_BATCH: return OnBatch;
    case FSRTLP_FILTER: return OnFilter;
    case FSRTLP_R: return OnRead;
    case FSRTLP_R | FSRTLP_H: return OnReadHandle;
    case FSRTLP_R | FSRTLP_W: return OnReadWrite;
    case FSRTLP_CACHE_LEVELS: return OnReadWriteHandle;
    default: return OnReserved;
    }
}

// ---- What an IRP is

#define FSRTLP_ATTRIBUTE_ACCESS (FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE)
#define FSRTLP_READING_ACCESS                                                                                \
    (FSRTLP_ATTRIBUTE_ACCESS | FILE_READ_DATA | FILE_READ_EA | FILE_EXECUTE | READ_CONTROL)

static FSRTLP_OPERATION FsRtlpClassifyCreate(PIO_STACK_LOCATION Stack)
{
    ACCESS_MASK Access = Stack->Parameters.Create.SecurityContext->DesiredAccess;
    ULONG Options = Stack->Parameters.Create.Options, Disposition = Options >> 24;
    RtlMapGenericMask(&Access, IoGetFileObjectGenericMapping());
    if (Options & FILE_RESERVE_OPFILTER) {
        return FsRtlpOverwrite;
    }
    if (!(Access & ~(ACCESS_MASK)FSRTLP_ATTRIBUTE_ACCESS)) {
        return FsRtlpHarmless;
    }
    BOOLEAN Overwrites =
        Disposition == FILE_SUPERSEDE || Disposition == FILE_OVERWRITE || Disposition == FILE_OVERWRITE_IF;
    if ((Access & ~(ACCESS_MASK)FSRTLP_READING_ACCESS) &&
        !(Stack->Parameters.Create.ShareAccess & FILE_SHARE_READ)) {
        return Overwrites ? FsRtlpOverwrite : FsRtlpOpenToWrite;
    }
    return Overwrites ? FsRtlpOverwriteShared : FsRtlpOpen;
}

static FSRTLP_OPERATION FsRtlpClassifySet(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    switch (Stack->Parameters.SetFile.FileInformationClass) {
    case FileEndOfFileInformation:
        // The lazy writer's: the write that it is about has been checked.
        return Stack->Parameters.SetFile.AdvanceOnly ? FsRtlpHarmless : FsRtlpWrite;
    case FileAllocationInformation:
    case FileValidDataLengthInformation: return FsRtlpWrite;
    case FileRenameInformation:
    case FileRenameInformationEx:
    case FileLinkInformationEx:
    case FileShortNameInformation:
    case FileLinkInformation: return FsRtlpRename;
    case FileDispositionInformation:
        return ((PFILE_DISPOSITION_INFORMATION)Irp->AssociatedIrp.SystemBuffer)->DeleteFile ? FsRtlpDelete
                                                                                            : FsRtlpHarmless;
    case FileDispositionInformationEx:
        return ((PFILE_DISPOSITION_INFORMATION_EX)Irp->AssociatedIrp.SystemBuffer)->Flags &
                       FILE_DISPOSITION_DELETE
                   ? FsRtlpDelete
                   : FsRtlpHarmless;
    default: return FsRtlpHarmless;
    }
}

static FSRTLP_OPERATION FsRtlpClassify(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: return FsRtlpClassifyCreate(Stack);
    case IRP_MJ_READ: return Irp->Flags & IRP_PAGING_IO ? FsRtlpHarmless : FsRtlpRead;
    case IRP_MJ_FLUSH_BUFFERS: return FsRtlpRead;
    case IRP_MJ_WRITE: return Irp->Flags & IRP_PAGING_IO ? FsRtlpHarmless : FsRtlpWrite;
    case IRP_MJ_LOCK_CONTROL: return FsRtlpLock;
    case IRP_MJ_SET_INFORMATION: return FsRtlpClassifySet(Irp, Stack);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        return Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_SET_ZERO_DATA ? FsRtlpWrite
                                                                                        : FsRtlpHarmless;
    default: return FsRtlpHarmless;
    }
}

// ---- The check

typedef struct _FSRTLP_CHECK {
    FSRTLP_OPLOCK *Oplock;
    PIRP Irp;
    FSRTLP_OPERATION Operation;
    BOOLEAN IgnoreKeys, MayNotBreak;
} FSRTLP_CHECK;

static const FSRTLP_RULE *FsRtlpRuleOf(const FSRTLP_CHECK *Check, const FSRTLP_HOLD *Hold)
{
    static const FSRTLP_RULE Nothing = {0, FsRtlpKeep};
    const FSRTLP_RULE *Rule = &FsRtlpRules[Check->Operation][FsRtlpRowOf(Hold->Level)];
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Check->Irp)->FileObject;
    // Level 2 is broken by its owner's own writes and locks too.
    BOOLEAN Anybody =
        Check->IgnoreKeys || (Hold->Level == FSRTLP_LEVEL_2 &&
                              (Check->Operation == FsRtlpWrite || Check->Operation == FsRtlpLock));
    return !Anybody && FsRtlOplockKeysEqual(FileObject, Hold->FileObject) ? &Nothing : Rule;
}

// Breaks what is in the way. TRUE: the operation has to wait. STATUS_CANNOT_BREAK_OPLOCK in *Status.
static BOOLEAN FsRtlpBreakAll(const FSRTLP_CHECK *Check, NTSTATUS *Status)
{
    FSRTLP_DUE Due;
    PLIST_ENTRY Next;
    BOOLEAN Wait = FALSE;
    *Status = STATUS_SUCCESS;
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    for (PLIST_ENTRY Link = Check->Oplock->Holds.Flink; Link != &Check->Oplock->Holds; Link = Next) {
        FSRTLP_HOLD *Hold = FsRtlpHoldOf(Link);
        const FSRTLP_RULE *Rule = FsRtlpRuleOf(Check, Hold);
        Next = Link->Flink;
        if (Rule->Answer == FsRtlpKeep) {
            continue;
        }
        if (Check->MayNotBreak) {
            *Status = STATUS_CANNOT_BREAK_OPLOCK;
            break;
        }
        if (Hold->State == FsRtlpGranted || Hold->Level == FSRTLP_RESERVED) {
            FsRtlpBreakHold(Hold, Rule->To, Rule->Answer != FsRtlpTell, Check->Irp, &Due);
        }
        Wait = Wait || Rule->Answer == FsRtlpWait;
    }
    FsRtlpReleaseWaiters(Check->Oplock, &Due);
    // An owner that has cancelled its request has nothing to acknowledge.
    Wait = Wait && FsRtlpIsBreaking(Check->Oplock);
    FsRtlpUnlockOplocks(&Due, OldIrql);
    return Wait;
}

// The handle is closed: whatever it holds is over.
static VOID FsRtlpCleanUp(FSRTLP_OPLOCK *Oplock, PFILE_OBJECT FileObject)
{
    FSRTLP_DUE Due;
    PLIST_ENTRY Next;
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    for (PLIST_ENTRY Link = Oplock->Holds.Flink; Link != &Oplock->Holds; Link = Next) {
        Next = Link->Flink;
        if (FsRtlpHoldOf(Link)->FileObject == FileObject) {
            FsRtlpBreakHold(FsRtlpHoldOf(Link), 0, FALSE, NULL, &Due);
        }
    }
    FsRtlpReleaseWaiters(Oplock, &Due);
    FsRtlpUnlockOplocks(&Due, OldIrql);
}

static VOID FsRtlpBackOut(FSRTLP_OPLOCK *Oplock, PFILE_OBJECT FileObject)
{
    FSRTLP_DUE Due;
    PLIST_ENTRY Next;
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    for (PLIST_ENTRY Link = Oplock->Holds.Flink; Link != &Oplock->Holds; Link = Next) {
        Next = Link->Flink;
        if (FsRtlpHoldOf(Link)->FileObject == FileObject && FsRtlpHoldOf(Link)->Level == FSRTLP_RESERVED) {
            FsRtlpDropHold(FsRtlpHoldOf(Link), STATUS_SUCCESS, 0, &Due);
        }
    }
    FsRtlpReleaseWaiters(Oplock, &Due);
    FsRtlpUnlockOplocks(&Due, OldIrql);
}

static NTSTATUS FsRtlpCheck(FSRTLP_CHECK *Check, ULONG Flags, PVOID Context,
                            POPLOCK_WAIT_COMPLETE_ROUTINE Routine, POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    NTSTATUS Status;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Check->Irp);
    ULONG Options = Stack->MajorFunction == IRP_MJ_CREATE ? Stack->Parameters.Create.Options : 0;
    Check->IgnoreKeys = Check->IgnoreKeys || (Flags & OPLOCK_FLAG_IGNORE_OPLOCK_KEYS) != 0;
    Check->MayNotBreak = (Options & FILE_OPEN_REQUIRING_OPLOCK) != 0;
    while (FsRtlpBreakAll(Check, &Status)) {
        if ((Flags & OPLOCK_FLAG_COMPLETE_IF_OPLOCKED) || (Options & FILE_COMPLETE_IF_OPLOCKED)) {
            return STATUS_OPLOCK_BREAK_IN_PROGRESS;
        }
        Status = FsRtlpWaitForBreak(Check->Oplock, Check->Irp, Context, Routine, PostIrpRoutine);
        if (Status != STATUS_SUCCESS) {
            return Status;
        }
        // The owner may hold a lower level by now that is in the way too.
    }
    return Status;
}

NTSTATUS NTAPI FsRtlCheckOplockEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                  POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                  POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction == IRP_MJ_CREATE) {
        NTSTATUS Status = IopTakeOplockKey(Irp);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    if (*Oplock == NULL || (Flags & OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY)) {
        return STATUS_SUCCESS;
    }
    if (Flags & OPLOCK_FLAG_BACK_OUT_ATOMIC_OPLOCK) {
        FsRtlpBackOut(*Oplock, Stack->FileObject);
        return STATUS_SUCCESS;
    }
    if (Stack->MajorFunction == IRP_MJ_CLEANUP && !(Flags & OPLOCK_FLAG_PARENT_OBJECT)) {
        FsRtlpCleanUp(*Oplock, Stack->FileObject);
        return STATUS_SUCCESS;
    }
    FSRTLP_CHECK Check = {.Oplock = *Oplock, .Irp = Irp, .Operation = FsRtlpClassify(Irp, Stack)};
    return FsRtlpCheck(&Check, Flags, Context, CompletionRoutine, PostIrpRoutine);
}

NTSTATUS NTAPI FsRtlCheckOplock(POPLOCK Oplock, PIRP Irp, PVOID Context,
                                POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    return FsRtlCheckOplockEx(Oplock, Irp, 0, Context, CompletionRoutine, PostIrpRoutine);
}

NTSTATUS NTAPI FsRtlOplockBreakH(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                 POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                 POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    FSRTLP_CHECK Check = {.Oplock = *Oplock, .Irp = Irp, .Operation = FsRtlpReleaseHandle};
    return *Oplock == NULL ? STATUS_SUCCESS
                           : FsRtlpCheck(&Check, Flags, Context, CompletionRoutine, PostIrpRoutine);
}

NTSTATUS NTAPI FsRtlOplockBreakToNoneEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                        POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                        POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    FSRTLP_CHECK Check = {.Oplock = *Oplock, .Irp = Irp, .Operation = FsRtlpToNone, .IgnoreKeys = TRUE};
    return *Oplock == NULL ? STATUS_SUCCESS
                           : FsRtlpCheck(&Check, Flags, Context, CompletionRoutine, PostIrpRoutine);
}

NTSTATUS NTAPI FsRtlOplockBreakToNone(POPLOCK Oplock, PIO_STACK_LOCATION IrpSp, PIRP Irp, PVOID Context,
                                      POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                      POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    UNREFERENCED_PARAMETER(IrpSp);
    return FsRtlOplockBreakToNoneEx(Oplock, Irp, 0, Context, CompletionRoutine, PostIrpRoutine);
}
