// SPDX-License-Identifier: MIT
// Directory change notification: who watches which directory of a volume, the requests that wait for a
// change, and the changes that wait for a request. IRQL < DISPATCH_LEVEL.
#include "inc/kernel.h"
#include "fsrtl/notify.h"

// ---- Lists

VOID NTAPI FsRtlNotifyInitializeSync(PNOTIFY_SYNC *NotifySync)
{
    FSRTLP_NOTIFY_SYNC *Sync = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Sync), TAG_NOTIFY);
    *NotifySync = (PNOTIFY_SYNC)Sync;
    if (Sync == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    ExInitializeFastMutex(&Sync->Mutex);
}

VOID NTAPI FsRtlNotifyUninitializeSync(PNOTIFY_SYNC *NotifySync)
{
    if (*NotifySync != NULL) {
        ExFreePoolWithTag(*NotifySync, TAG_NOTIFY);
        *NotifySync = NULL;
    }
}

static VOID FsRtlpLockNotify(PNOTIFY_SYNC NotifySync)
{
    ExAcquireFastMutex(&((FSRTLP_NOTIFY_SYNC *)NotifySync)->Mutex);
}

static VOID FsRtlpUnlockNotify(PNOTIFY_SYNC NotifySync)
{
    ExReleaseFastMutex(&((FSRTLP_NOTIFY_SYNC *)NotifySync)->Mutex);
}

static FSRTLP_NOTIFY *FsRtlpFindNotify(PLIST_ENTRY NotifyList, PVOID FsContext)
{
    for (PLIST_ENTRY Link = NotifyList->Flink; Link != NotifyList; Link = Link->Flink) {
        FSRTLP_NOTIFY *Notify = CONTAINING_RECORD(Link, FSRTLP_NOTIFY, Link);
        if (Notify->FsContext == FsContext) {
            return Notify;
        }
    }
    return NULL;
}

// The notify lock is held.
static VOID FsRtlpDeleteNotify(FSRTLP_NOTIFY *Notify)
{
    FsRtlpCompleteNotifyIrps(Notify, NULL, STATUS_NOTIFY_CLEANUP);
    RemoveEntryList(&Notify->Link);
    if (Notify->SubjectContext != NULL) {
        SeReleaseSubjectContext(Notify->SubjectContext);
        ExFreePool(Notify->SubjectContext);
    }
    if (Notify->Changes != NULL) {
        ExFreePoolWithTag(Notify->Changes, TAG_NOTIFY);
    }
    ExFreePoolWithTag(Notify, TAG_NOTIFY);
}

VOID NTAPI FsRtlNotifyCleanup(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext)
{
    FsRtlpLockNotify(NotifySync);
    FSRTLP_NOTIFY *Notify = FsRtlpFindNotify(NotifyList, FsContext);
    if (Notify != NULL) {
        FsRtlpDeleteNotify(Notify);
    }
    FsRtlpUnlockNotify(NotifySync);
}

VOID NTAPI FsRtlNotifyCleanupAll(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList)
{
    FsRtlpLockNotify(NotifySync);
    while (!IsListEmpty(NotifyList)) {
        FsRtlpDeleteNotify(CONTAINING_RECORD(NotifyList->Flink, FSRTLP_NOTIFY, Link));
    }
    FsRtlpUnlockNotify(NotifySync);
}

// ---- Requests

// A name whose second byte is 0 is Unicode: every name begins with a backslash.
static ULONG FsRtlpCharacterBytes(const STRING *Name)
{
    return Name->Length >= sizeof(WCHAR) && Name->Buffer[1] == '\0' ? sizeof(WCHAR) : sizeof(CHAR);
}

static FSRTLP_NOTIFY *FsRtlpCreateNotify(PVOID FsContext, const STRING *Directory, ULONG BufferBytes)
{
    ULONG Bytes = Directory != NULL ? Directory->Length : 0;
    FSRTLP_NOTIFY *Notify = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Notify) + Bytes, TAG_NOTIFY);
    if (Notify == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    Notify->FsContext = FsContext;
    Notify->ChangesSize = BufferBytes;
    InitializeListHead(&Notify->Irps);
    Notify->Directory = (STRING){(USHORT)Bytes, (USHORT)Bytes, (PCHAR)(Notify + 1)};
    if (Bytes != 0) {
        RtlCopyMemory(Notify->Directory.Buffer, Directory->Buffer, Bytes);
        Notify->CharacterBytes = FsRtlpCharacterBytes(Directory);
    } else {
        Notify->CharacterBytes = sizeof(WCHAR);
    }
    return Notify;
}

// The file stream is being deleted: whoever watches by a file object of it is told.
static VOID FsRtlpNotifyDeletePending(PLIST_ENTRY NotifyList, PVOID FsContext)
{
    for (PLIST_ENTRY Link = NotifyList->Flink; Link != NotifyList; Link = Link->Flink) {
        FsRtlpCompleteNotifyIrps(CONTAINING_RECORD(Link, FSRTLP_NOTIFY, Link), FsContext,
                                 STATUS_DELETE_PENDING);
    }
}

// A new request for Notify. The notify lock is held.
static VOID FsRtlpAcceptNotifyIrp(FSRTLP_NOTIFY *Notify, PIRP Irp)
{
    NTSTATUS Status = FsRtlpLockNotifyBuffer(Irp);
    if (!NT_SUCCESS(Status)) {
        FsRtlpCompleteNotifyIrp(Irp, Status, 0);
    } else if (Notify->ChangesLost) {
        Notify->ChangesLost = FALSE;
        FsRtlpCompleteNotifyIrp(Irp, STATUS_NOTIFY_ENUM_DIR, 0);
    } else if (Notify->ChangesBytes != 0) {
        FsRtlpDeliverChanges(Notify, Irp);
    } else {
        FsRtlpPendNotifyIrp(Notify, Irp);
    }
}

VOID NTAPI FsRtlNotifyFilterChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext,
                                            PSTRING FullDirectoryName, BOOLEAN WatchTree,
                                            BOOLEAN IgnoreBuffer, ULONG CompletionFilter, PIRP NotifyIrp,
                                            PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                            PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                            PFILTER_REPORT_CHANGE FilterCallback)
{
    FsRtlpLockNotify(NotifySync);
    __try {
        PIO_STACK_LOCATION Stack = NotifyIrp != NULL ? IoGetCurrentIrpStackLocation(NotifyIrp) : NULL;
        if (NotifyIrp == NULL) {
            FsRtlpNotifyDeletePending(NotifyList, FsContext);
            __leave;
        }
        if (Stack->FileObject != NULL && (Stack->FileObject->Flags & FO_CLEANUP_COMPLETE)) {
            FsRtlpCompleteNotifyIrp(NotifyIrp, STATUS_NOTIFY_CLEANUP, 0);
            __leave;
        }
        FSRTLP_NOTIFY *Notify = FsRtlpFindNotify(NotifyList, FsContext);
        if (Notify == NULL) {
            ULONG Length = Stack->Parameters.NotifyDirectory.Length;
            Notify = FsRtlpCreateNotify(FsContext, FullDirectoryName, Length);
            Notify->WatchTree = WatchTree;
            Notify->IgnoreBuffer = IgnoreBuffer || Length == 0;
            Notify->CompletionFilter = CompletionFilter;
            Notify->TraverseCallback = TraverseCallback;
            Notify->FilterCallback = FilterCallback;
            Notify->SubjectContext = SubjectContext;
            SubjectContext = NULL;
            InsertTailList(NotifyList, &Notify->Link);
        }
        FsRtlpAcceptNotifyIrp(Notify, NotifyIrp);
    } __finally {
        FsRtlpUnlockNotify(NotifySync);
        if (SubjectContext != NULL) {
            SeReleaseSubjectContext(SubjectContext);
            ExFreePool(SubjectContext);
        }
    }
}

VOID NTAPI FsRtlNotifyFullChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext,
                                          PSTRING FullDirectoryName, BOOLEAN WatchTree, BOOLEAN IgnoreBuffer,
                                          ULONG CompletionFilter, PIRP NotifyIrp,
                                          PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                          PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    FsRtlNotifyFilterChangeDirectory(NotifySync, NotifyList, FsContext, FullDirectoryName, WatchTree,
                                     IgnoreBuffer, CompletionFilter, NotifyIrp, TraverseCallback,
                                     SubjectContext, NULL);
}

// ---- Changes

static BOOLEAN FsRtlpIsSeparator(const STRING *Name, ULONG Offset, ULONG CharacterBytes)
{
    return Offset + CharacterBytes <= Name->Length && Name->Buffer[Offset] == '\\' &&
           (CharacterBytes == 1 || Name->Buffer[Offset + 1] == '\0');
}

// The offset in Target of its name as seen from the directory of Notify; 0: the change is not there.
// *Direct: in the directory itself, not below it.
static ULONG FsRtlpRelativeOffset(const FSRTLP_NOTIFY *Notify, const STRING *Target, ULONG NameOffset,
                                  PBOOLEAN Direct)
{
    ULONG Bytes = Notify->Directory.Length, Unit = Notify->CharacterBytes;
    // The root's name is its separator alone.
    if (Bytes >= Unit && FsRtlpIsSeparator(&Notify->Directory, Bytes - Unit, Unit)) {
        Bytes -= Unit;
    }
    if (Bytes + Unit > NameOffset || !FsRtlpIsSeparator(Target, Bytes, Unit) ||
        !RtlEqualMemory(Target->Buffer, Notify->Directory.Buffer, Bytes)) {
        return 0;
    }
    *Direct = Bytes + Unit == NameOffset;
    return Bytes + Unit;
}

static BOOLEAN FsRtlpIsWatched(const FSRTLP_NOTIFY *Notify, const FSRTLP_CHANGE *Change, PULONG Offset)
{
    BOOLEAN Direct = FALSE;
    if (!(Notify->CompletionFilter & Change->FilterMatch)) {
        return FALSE;
    }
    *Offset = FsRtlpRelativeOffset(Notify, Change->Target, Change->NameOffset, &Direct);
    if (*Offset == 0 || (!Direct && !Notify->WatchTree)) {
        return FALSE;
    }
    if (!Direct && Notify->TraverseCallback != NULL &&
        !Notify->TraverseCallback(Notify->FsContext, Change->TargetContext, Notify->SubjectContext)) {
        return FALSE;
    }
    return Notify->FilterCallback == NULL || Notify->FilterCallback(Notify->FsContext, Change->FilterContext);
}

VOID NTAPI FsRtlNotifyFilterReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                         PSTRING FullTargetName, USHORT TargetNameOffset, PSTRING StreamName,
                                         PSTRING NormalizedParentName, ULONG FilterMatch, ULONG Action,
                                         PVOID TargetContext, PVOID FilterContext)
{
    const FSRTLP_CHANGE Change = {.Target = FullTargetName,
                                  .NameOffset = TargetNameOffset,
                                  .Stream = StreamName,
                                  .NormalizedParent = NormalizedParentName,
                                  .FilterMatch = FilterMatch,
                                  .Action = Action,
                                  .TargetContext = TargetContext,
                                  .FilterContext = FilterContext};
    FsRtlpLockNotify(NotifySync);
    for (PLIST_ENTRY Link = NotifyList->Flink; Link != NotifyList; Link = Link->Flink) {
        FSRTLP_NOTIFY *Notify = CONTAINING_RECORD(Link, FSRTLP_NOTIFY, Link);
        ULONG Offset;
        if (FsRtlpIsWatched(Notify, &Change, &Offset)) {
            FsRtlpAddChange(Notify, &Change, Offset);
            FsRtlpDeliverToWaiting(Notify);
        }
    }
    FsRtlpUnlockNotify(NotifySync);
}

VOID NTAPI FsRtlNotifyFullReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                       PSTRING FullTargetName, USHORT TargetNameOffset, PSTRING StreamName,
                                       PSTRING NormalizedParentName, ULONG FilterMatch, ULONG Action,
                                       PVOID TargetContext)
{
    FsRtlNotifyFilterReportChange(NotifySync, NotifyList, FullTargetName, TargetNameOffset, StreamName,
                                  NormalizedParentName, FilterMatch, Action, TargetContext, NULL);
}
