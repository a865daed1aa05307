// SPDX-License-Identifier: MIT
// Byte-range locks: granted, checked against, released. An exclusive lock overlaps no other, but for a shared
// one of the same owner; where any lock is, only its owner writes, and under a shared one nobody
// ("LockFileEx", and the pages of these routines).
#include "inc/kernel.h"
#include "fsrtl/file-lock.h"

BOOLEAN FsRtlpSetRange(FSRTLP_LOCK_REQUEST *Request, const LARGE_INTEGER *Offset, const LARGE_INTEGER *Length)
{
    Request->Length = *Length;
    Request->First = (ULONG64)Offset->QuadPart;
    Request->Last = Request->First + (ULONG64)Length->QuadPart - 1;
    return Length->QuadPart == 0 || Request->Last >= Request->First;
}

static BOOLEAN FsRtlpOverlaps(const FILE_LOCK_INFO *Info, const FSRTLP_LOCK_REQUEST *Request)
{
    return Info->Length.QuadPart != 0 && Request->Length.QuadPart != 0 &&
           (ULONG64)Info->StartingByte.QuadPart <= Request->Last &&
           (ULONG64)Info->EndingByte.QuadPart >= Request->First;
}

// ---- The structure

VOID NTAPI FsRtlInitializeFileLock(PFILE_LOCK FileLock, PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine,
                                   PUNLOCK_ROUTINE UnlockRoutine)
{
    RtlZeroMemory(FileLock, sizeof(*FileLock));
    FileLock->CompleteLockIrpRoutine = CompleteLockIrpRoutine;
    FileLock->UnlockRoutine = UnlockRoutine;
}

PFILE_LOCK NTAPI FsRtlAllocateFileLock(PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine,
                                       PUNLOCK_ROUTINE UnlockRoutine)
{
    PFILE_LOCK FileLock = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*FileLock), TAG_FILE_LOCK);
    if (FileLock != NULL) {
        FsRtlInitializeFileLock(FileLock, CompleteLockIrpRoutine, UnlockRoutine);
    }
    return FileLock;
}

FSRTLP_LOCKS *FsRtlpLocksOf(PFILE_LOCK FileLock)
{
    FSRTLP_LOCKS *Locks = FileLock->LockInformation;
    if (Locks != NULL) {
        return Locks;
    }
    Locks = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Locks), TAG_FILE_LOCK);
    if (Locks == NULL) {
        return NULL;
    }
    InitializeListHead(&Locks->Granted);
    InitializeListHead(&Locks->Waiting);
    PVOID Other = InterlockedCompareExchangePointer(&FileLock->LockInformation, Locks, NULL);
    if (Other != NULL) {
        ExFreePoolWithTag(Locks, TAG_FILE_LOCK);
        Locks = Other;
    }
    return Locks;
}

static VOID FsRtlpNoteWhetherLocked(PFILE_LOCK FileLock, const FSRTLP_LOCKS *Locks)
{
    FileLock->FastIoIsQuestionable = !IsListEmpty(&Locks->Granted);
}

VOID NTAPI FsRtlUninitializeFileLock(PFILE_LOCK FileLock)
{
    FSRTLP_LOCKS *Locks = InterlockedExchangePointer(&FileLock->LockInformation, NULL);
    if (Locks == NULL) {
        return;
    }
    while (!IsListEmpty(&Locks->Granted)) {
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Locks->Granted), FSRTLP_LOCK, Link),
                          TAG_FILE_LOCK);
    }
    for (;;) {
        KIRQL OldIrql;
        PIRP Irp = NULL;
        KeAcquireSpinLock(&Locks->SpinLock, &OldIrql);
        for (PLIST_ENTRY Link = Locks->Waiting.Flink; Irp == NULL && Link != &Locks->Waiting;
             Link = Link->Flink) {
            PIRP Waiting = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
            if (IoSetCancelRoutine(Waiting, NULL) != NULL) {
                RemoveEntryList(Link);
                Irp = Waiting;
            }
        }
        KeReleaseSpinLock(&Locks->SpinLock, OldIrql);
        if (Irp == NULL) {
            break;
        }
        FsRtlpCompleteLockIrp(FileLock, Irp, Irp->Tail.Overlay.DriverContext[0], STATUS_RANGE_NOT_LOCKED);
    }
    FileLock->FastIoIsQuestionable = FALSE;
    ExFreePoolWithTag(Locks, TAG_FILE_LOCK);
}

VOID NTAPI FsRtlFreeFileLock(PFILE_LOCK FileLock)
{
    FsRtlUninitializeFileLock(FileLock);
    ExFreePoolWithTag(FileLock, TAG_FILE_LOCK);
}

// ---- Granting

static BOOLEAN FsRtlpIsInTheWay(const FILE_LOCK_INFO *Info, const FSRTLP_LOCK_REQUEST *Request)
{
    if (!FsRtlpOverlaps(Info, Request)) {
        return FALSE;
    }
    if (Request->Exclusive) {
        return TRUE;
    }
    return Info->ExclusiveLock && !FsRtlpIsOwner(Info, Request);
}

NTSTATUS FsRtlpTryLock(PFILE_LOCK FileLock, FSRTLP_LOCKS *Locks, const FSRTLP_LOCK_REQUEST *Request,
                       FSRTLP_LOCK **New)
{
    for (PLIST_ENTRY Link = Locks->Granted.Flink; Link != &Locks->Granted; Link = Link->Flink) {
        if (FsRtlpIsInTheWay(&CONTAINING_RECORD(Link, FSRTLP_LOCK, Link)->Info, Request)) {
            return STATUS_LOCK_NOT_GRANTED;
        }
    }
    FSRTLP_LOCK *Lock = *New;
    *New = NULL;
    Lock->Sequence = ++Locks->Sequence;
    Lock->Info = (FILE_LOCK_INFO){.StartingByte.QuadPart = (LONGLONG)Request->First,
                                  .Length = Request->Length,
                                  .ExclusiveLock = Request->Exclusive,
                                  .Key = Request->Key,
                                  .FileObject = Request->FileObject,
                                  .ProcessId = Request->Process,
                                  .EndingByte.QuadPart = (LONGLONG)Request->Last};
    InsertTailList(&Locks->Granted, &Lock->Link);
    FsRtlpNoteWhetherLocked(FileLock, Locks);
    return STATUS_SUCCESS;
}

// ---- Releasing

typedef enum _FSRTLP_RELEASE { FsRtlpThatRange, FsRtlpThatKey, FsRtlpAnyKey } FSRTLP_RELEASE;

static BOOLEAN FsRtlpIsReleased(const FILE_LOCK_INFO *Info, const FSRTLP_LOCK_REQUEST *Request,
                                FSRTLP_RELEASE Which)
{
    if (Info->FileObject != Request->FileObject || Info->ProcessId != Request->Process) {
        return FALSE;
    }
    if (Which == FsRtlpAnyKey) {
        return TRUE;
    }
    return Info->Key == Request->Key &&
           (Which == FsRtlpThatKey || ((ULONG64)Info->StartingByte.QuadPart == Request->First &&
                                       Info->Length.QuadPart == Request->Length.QuadPart));
}

static FSRTLP_LOCK *FsRtlpTakeLock(PFILE_LOCK FileLock, FSRTLP_LOCKS *Locks,
                                   const FSRTLP_LOCK_REQUEST *Request, FSRTLP_RELEASE Which)
{
    KIRQL OldIrql;
    FSRTLP_LOCK *Taken = NULL;
    KeAcquireSpinLock(&Locks->SpinLock, &OldIrql);
    for (PLIST_ENTRY Link = Locks->Granted.Flink; Taken == NULL && Link != &Locks->Granted;
         Link = Link->Flink) {
        FSRTLP_LOCK *Lock = CONTAINING_RECORD(Link, FSRTLP_LOCK, Link);
        if (FsRtlpIsReleased(&Lock->Info, Request, Which)) {
            RemoveEntryList(Link);
            Taken = Lock;
        }
    }
    FsRtlpNoteWhetherLocked(FileLock, Locks);
    KeReleaseSpinLock(&Locks->SpinLock, OldIrql);
    return Taken;
}

static NTSTATUS FsRtlpRelease(PFILE_LOCK FileLock, const FSRTLP_LOCK_REQUEST *Request, FSRTLP_RELEASE Which,
                              PVOID Context)
{
    FSRTLP_LOCKS *Locks = FileLock->LockInformation;
    FSRTLP_LOCK *Lock;
    NTSTATUS Status = STATUS_RANGE_NOT_LOCKED;
    while (Locks != NULL && (Lock = FsRtlpTakeLock(FileLock, Locks, Request, Which)) != NULL) {
        Status = STATUS_SUCCESS;
        if (FileLock->UnlockRoutine != NULL) {
            FileLock->UnlockRoutine(Context, &Lock->Info);
        }
        ExFreePoolWithTag(Lock, TAG_FILE_LOCK);
        if (Which == FsRtlpThatRange) {
            break;
        }
    }
    if (NT_SUCCESS(Status)) {
        FsRtlpGrantWaiting(FileLock);
    }
    return Status;
}

VOID FsRtlpRemoveLock(PFILE_LOCK FileLock, const FSRTLP_LOCK_REQUEST *Request)
{
    FSRTLP_LOCK *Lock = FsRtlpTakeLock(FileLock, FileLock->LockInformation, Request, FsRtlpThatRange);
    if (Lock != NULL) {
        ExFreePoolWithTag(Lock, TAG_FILE_LOCK);
    }
}

NTSTATUS NTAPI FsRtlFastUnlockSingle(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                     PLARGE_INTEGER Length, PEPROCESS Process, ULONG Key, PVOID Context,
                                     BOOLEAN AlreadySynchronized)
{
    FSRTLP_LOCK_REQUEST Request = {.FileObject = FileObject, .Process = Process, .Key = Key};
    UNREFERENCED_PARAMETER(AlreadySynchronized);
    FsRtlpSetRange(&Request, FileOffset, Length);
    return FsRtlpRelease(FileLock, &Request, FsRtlpThatRange, Context);
}

NTSTATUS NTAPI FsRtlFastUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process,
                                  PVOID Context)
{
    const FSRTLP_LOCK_REQUEST Request = {.FileObject = FileObject, .Process = Process};
    return FsRtlpRelease(FileLock, &Request, FsRtlpAnyKey, Context);
}

NTSTATUS NTAPI FsRtlFastUnlockAllByKey(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process,
                                       ULONG Key, PVOID Context)
{
    const FSRTLP_LOCK_REQUEST Request = {.FileObject = FileObject, .Process = Process, .Key = Key};
    return FsRtlpRelease(FileLock, &Request, FsRtlpThatKey, Context);
}

// ---- Asking

static BOOLEAN FsRtlpMayAccess(PFILE_LOCK FileLock, const FSRTLP_LOCK_REQUEST *Request, BOOLEAN Write)
{
    FSRTLP_LOCKS *Locks = FileLock->LockInformation;
    BOOLEAN May = TRUE;
    KIRQL OldIrql;
    if (Locks == NULL || !FileLock->FastIoIsQuestionable || Request->Length.QuadPart == 0) {
        return TRUE;
    }
    KeAcquireSpinLock(&Locks->SpinLock, &OldIrql);
    for (PLIST_ENTRY Link = Locks->Granted.Flink; May && Link != &Locks->Granted; Link = Link->Flink) {
        const FILE_LOCK_INFO *Info = &CONTAINING_RECORD(Link, FSRTLP_LOCK, Link)->Info;
        if (FsRtlpOverlaps(Info, Request)) {
            May = Info->ExclusiveLock ? FsRtlpIsOwner(Info, Request) : !Write;
        }
    }
    KeReleaseSpinLock(&Locks->SpinLock, OldIrql);
    return May;
}

BOOLEAN NTAPI FsRtlFastCheckLockForRead(PFILE_LOCK FileLock, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length,
                                        ULONG Key, PFILE_OBJECT FileObject, PVOID Process)
{
    FSRTLP_LOCK_REQUEST Request = {.FileObject = FileObject, .Process = Process, .Key = Key};
    FsRtlpSetRange(&Request, FileOffset, Length);
    return FsRtlpMayAccess(FileLock, &Request, FALSE);
}

BOOLEAN NTAPI FsRtlFastCheckLockForWrite(PFILE_LOCK FileLock, PLARGE_INTEGER FileOffset,
                                         PLARGE_INTEGER Length, ULONG Key, PFILE_OBJECT FileObject,
                                         PVOID Process)
{
    FSRTLP_LOCK_REQUEST Request = {.FileObject = FileObject, .Process = Process, .Key = Key};
    FsRtlpSetRange(&Request, FileOffset, Length);
    return FsRtlpMayAccess(FileLock, &Request, TRUE);
}

BOOLEAN NTAPI FsRtlCheckLockForReadAccess(PFILE_LOCK FileLock, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LARGE_INTEGER Length = {.QuadPart = Stack->Parameters.Read.Length};
    return FsRtlFastCheckLockForRead(FileLock, &Stack->Parameters.Read.ByteOffset, &Length,
                                     Stack->Parameters.Read.Key, Stack->FileObject,
                                     IoGetRequestorProcess(Irp));
}

BOOLEAN NTAPI FsRtlCheckLockForWriteAccess(PFILE_LOCK FileLock, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LARGE_INTEGER Length = {.QuadPart = Stack->Parameters.Write.Length};
    return FsRtlFastCheckLockForWrite(FileLock, &Stack->Parameters.Write.ByteOffset, &Length,
                                      Stack->Parameters.Write.Key, Stack->FileObject,
                                      IoGetRequestorProcess(Irp));
}

BOOLEAN NTAPI FsRtlAreThereWaitingFileLocks(PFILE_LOCK FileLock)
{
    FSRTLP_LOCKS *Locks = FileLock->LockInformation;
    return Locks != NULL && !IsListEmpty(&Locks->Waiting);
}

BOOLEAN NTAPI FsRtlAreThereCurrentOrInProgressFileLocks(PFILE_LOCK FileLock)
{
    return FileLock->FastIoIsQuestionable || FileLock->LockRequestsInProgress != 0 ||
           FsRtlAreThereWaitingFileLocks(FileLock);
}

BOOLEAN NTAPI FsRtlCheckLockForOplockRequest(PFILE_LOCK FileLock, PLARGE_INTEGER AllocationSize)
{
    FSRTLP_LOCKS *Locks = FileLock->LockInformation;
    BOOLEAN May = TRUE;
    KIRQL OldIrql;
    if (AllocationSize->QuadPart == 0 || Locks == NULL) {
        return TRUE;
    }
    if (FileLock->LockRequestsInProgress != 0) {
        return FALSE;
    }
    KeAcquireSpinLock(&Locks->SpinLock, &OldIrql);
    May = IsListEmpty(&Locks->Waiting);
    for (PLIST_ENTRY Link = Locks->Granted.Flink; May && Link != &Locks->Granted; Link = Link->Flink) {
        const FILE_LOCK_INFO *Info = &CONTAINING_RECORD(Link, FSRTLP_LOCK, Link)->Info;
        May = (ULONG64)Info->StartingByte.QuadPart >= (ULONG64)AllocationSize->QuadPart;
    }
    KeReleaseSpinLock(&Locks->SpinLock, OldIrql);
    return May;
}

// Where the enumeration is, is told by a lock's number: the lock itself may be gone.
PFILE_LOCK_INFO NTAPI FsRtlGetNextFileLock(PFILE_LOCK FileLock, BOOLEAN Restart)
{
    FSRTLP_LOCKS *Locks = FileLock->LockInformation;
    ULONG64 Last = Restart ? 0 : (ULONG64)FileLock->LastReturnedLock;
    PFILE_LOCK_INFO Next = NULL;
    KIRQL OldIrql;
    if (Locks == NULL) {
        return NULL;
    }
    KeAcquireSpinLock(&Locks->SpinLock, &OldIrql);
    for (PLIST_ENTRY Link = Locks->Granted.Flink; Next == NULL && Link != &Locks->Granted;
         Link = Link->Flink) {
        const FSRTLP_LOCK *Lock = CONTAINING_RECORD(Link, FSRTLP_LOCK, Link);
        if (Lock->Sequence > Last) {
            FileLock->LastReturnedLockInfo = Lock->Info;
            FileLock->LastReturnedLock = (PVOID)Lock->Sequence;
            Next = &FileLock->LastReturnedLockInfo;
        }
    }
    KeReleaseSpinLock(&Locks->SpinLock, OldIrql);
    return Next;
}
