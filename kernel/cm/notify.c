// SPDX-License-Identifier: MIT
// Notification of changes to keys: who waits for one is told of the first that comes, or has come since it
// was last told.
#include "inc/kernel.h"

// What a key object watches. The first call decides what that is.
typedef struct _CM_NOTIFY_BLOCK {
    LIST_ENTRY Link; // CM_KEY_CONTROL_BLOCK.NotifyList; empty: the key is deleted
    ULONG Filter;
    BOOLEAN WatchTree;
    BOOLEAN Pending;  // something has changed, and nobody was waiting
    LIST_ENTRY Posts; // CM_POST.Link
} CM_NOTIFY_BLOCK, *PCM_NOTIFY_BLOCK;

// One call that is to be told.
typedef struct _CM_POST {
    LIST_ENTRY Link;
    LIST_ENTRY ThreadLink; // CmpThreadPosts, of user mode's
    KPROCESSOR_MODE Mode;
    BOOLEAN ThreadAgnostic;
    NTSTATUS Status;
    PIO_STATUS_BLOCK IoStatusBlock;
    PKEVENT Event;   // the caller's, referenced; NULL: none
    PKEVENT Done;    // not NULL: the caller waits for it and owns the post
    PKTHREAD Thread; // of user mode: the caller, referenced
    PVOID Routine;   // PIO_APC_ROUTINE of user mode, PWORK_QUEUE_ITEM of kernel mode; NULL: none
    PVOID Context;   // of the APC routine, or the WORK_QUEUE_TYPE
    KAPC Apc;
} CM_POST, *PCM_POST;

static LIST_ENTRY CmpThreadPosts = {&CmpThreadPosts, &CmpThreadPosts};

// ---- Posts

static VOID CmpFreePost(PCM_POST Post)
{
    if (Post->Event != NULL) {
        ObfDereferenceObject(Post->Event);
    }
    if (Post->Thread != NULL) {
        ObfDereferenceObject(Post->Thread);
    }
    ExFreePoolWithTag(Post, TAG_KEY_NOTIFY);
}

// In the context of the caller's process.
static VOID CmpWriteStatus(PCM_POST Post)
{
    __try {
        Post->IoStatusBlock->Status = Post->Status;
        Post->IoStatusBlock->Information = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        // It was writable when the call was made: whoever took it away does not want to know.
        Post->Status = GetExceptionCode();
    }
    if (Post->Event != NULL) {
        KeSetEvent(Post->Event, 0, FALSE);
    }
}

static VOID NTAPI CmpRundownPost(PRKAPC Apc)
{
    CmpFreePost(CONTAINING_RECORD(Apc, CM_POST, Apc));
}

static VOID NTAPI CmpUserApc(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                             PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    CmpFreePost(CONTAINING_RECORD(Apc, CM_POST, Apc));
}

static VOID NTAPI CmpCompletionApc(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                   PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    PCM_POST Post = CONTAINING_RECORD(Apc, CM_POST, Apc);
    CmpWriteStatus(Post);
    if (Post->Routine != NULL) {
        KeInitializeApc(&Post->Apc, Post->Thread, CurrentApcEnvironment, CmpUserApc, CmpRundownPost,
                        (PKNORMAL_ROUTINE)(ULONG_PTR)Post->Routine, UserMode, Post->Context);
        if (KeInsertQueueApc(&Post->Apc, Post->IoStatusBlock, NULL, 0)) {
            return;
        }
    }
    CmpFreePost(Post);
}

// The registry is locked for writing. Post is on no list any more.
static VOID CmpFinishPost(PCM_POST Post, NTSTATUS Status)
{
    Post->Status = Status;
    if (Post->Done != NULL) {
        KeSetEvent(Post->Done, 0, FALSE);
        return;
    }
    if (Post->Mode == KernelMode) {
        CmpWriteStatus(Post);
        if (Post->Routine != NULL) {
            ExQueueWorkItem(Post->Routine, (WORK_QUEUE_TYPE)(ULONG_PTR)Post->Context);
        }
        CmpFreePost(Post);
        return;
    }
    KeInitializeApc(&Post->Apc, Post->Thread, OriginalApcEnvironment, CmpCompletionApc, CmpRundownPost, NULL,
                    KernelMode, NULL);
    if (!KeInsertQueueApc(&Post->Apc, NULL, NULL, 0)) {
        if (Post->Event != NULL) {
            KeSetEvent(Post->Event, 0, FALSE);
        }
        CmpFreePost(Post);
    }
}

static VOID CmpUnlinkPost(PCM_POST Post)
{
    RemoveEntryList(&Post->Link);
    InitializeListHead(&Post->Link);
    RemoveEntryList(&Post->ThreadLink);
    InitializeListHead(&Post->ThreadLink);
}

static VOID CmpFinishPosts(PCM_NOTIFY_BLOCK Block, NTSTATUS Status)
{
    while (!IsListEmpty(&Block->Posts)) {
        PCM_POST Post = CONTAINING_RECORD(Block->Posts.Flink, CM_POST, Link);
        CmpUnlinkPost(Post);
        CmpFinishPost(Post, Status);
    }
}

// ---- What happens to keys

static VOID CmpReportToKey(PCM_KEY_CONTROL_BLOCK Key, ULONG Filter, BOOLEAN IsBelow)
{
    for (PLIST_ENTRY Link = Key->NotifyList.Flink; Link != &Key->NotifyList; Link = Link->Flink) {
        PCM_NOTIFY_BLOCK Block = CONTAINING_RECORD(Link, CM_NOTIFY_BLOCK, Link);
        if ((Block->Filter & Filter) && (Block->WatchTree || !IsBelow)) {
            Block->Pending = IsListEmpty(&Block->Posts);
            CmpFinishPosts(Block, STATUS_NOTIFY_ENUM_DIR);
        }
    }
}

VOID CmpReportNotify(PCM_KEY_CONTROL_BLOCK Key, ULONG Filter)
{
    for (PCM_KEY_CONTROL_BLOCK Above = Key; Above != NULL; Above = Above->Parent) {
        CmpReportToKey(Above, Filter, Above != Key);
    }
}

VOID CmpFlushNotify(PCM_KEY_CONTROL_BLOCK Key)
{
    while (!IsListEmpty(&Key->NotifyList)) {
        PCM_NOTIFY_BLOCK Block = CONTAINING_RECORD(Key->NotifyList.Flink, CM_NOTIFY_BLOCK, Link);
        RemoveEntryList(&Block->Link);
        InitializeListHead(&Block->Link);
        CmpFinishPosts(Block, STATUS_NOTIFY_CLEANUP);
    }
}

VOID CmpCloseNotify(PCM_KEY_BODY Body)
{
    CmpLockRegistry();
    PCM_NOTIFY_BLOCK Block = Body->NotifyBlock;
    Body->NotifyBlock = NULL;
    if (Block != NULL) {
        RemoveEntryList(&Block->Link);
        CmpFinishPosts(Block, STATUS_NOTIFY_CLEANUP);
        ExFreePoolWithTag(Block, TAG_KEY_NOTIFY);
    }
    CmpUnlockRegistry();
}

VOID CmNotifyRunDown(PETHREAD Thread)
{
    CmpLockRegistry();
    PLIST_ENTRY Next;
    for (PLIST_ENTRY Link = CmpThreadPosts.Flink; Link != &CmpThreadPosts; Link = Next) {
        PCM_POST Post = CONTAINING_RECORD(Link, CM_POST, ThreadLink);
        Next = Link->Flink;
        if (Post->Thread == &Thread->Tcb && !Post->ThreadAgnostic) {
            CmpUnlinkPost(Post);
            CmpFinishPost(Post, STATUS_NOTIFY_CLEANUP);
        }
    }
    CmpUnlockRegistry();
}

// ---- The service

static NTSTATUS CmpMakePost(HANDLE Event, PVOID Routine, PVOID Context, PIO_STATUS_BLOCK IoStatusBlock,
                            ULONG Filter, PCM_POST *Made)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID EventObject = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Event != NULL) {
        Status =
            ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, ExEventObjectType, Mode, &EventObject, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PCM_POST Post = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Post), TAG_KEY_NOTIFY);
    if (Post == NULL) {
        if (EventObject != NULL) {
            ObfDereferenceObject(EventObject);
        }
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InitializeListHead(&Post->Link);
    InitializeListHead(&Post->ThreadLink);
    Post->Mode = Mode;
    Post->ThreadAgnostic = (Filter & REG_NOTIFY_THREAD_AGNOSTIC) != 0;
    Post->IoStatusBlock = IoStatusBlock;
    Post->Event = EventObject;
    Post->Routine = Routine;
    Post->Context = Context;
    if (Mode != KernelMode) {
        Post->Thread = KeGetCurrentThread();
        ObfReferenceObject(Post->Thread);
    }
    if (Post->Event != NULL) {
        KeClearEvent(Post->Event);
    }
    *Made = Post;
    return STATUS_SUCCESS;
}

// The registry is locked for writing. Body's block, made if there is none.
static NTSTATUS CmpGetNotifyBlock(PCM_KEY_BODY Body, ULONG Filter, BOOLEAN WatchTree, PCM_NOTIFY_BLOCK *Block)
{
    if (CmpIsDeleted(Body)) {
        return STATUS_KEY_DELETED;
    }
    if (Body->NotifyBlock == NULL) {
        PCM_NOTIFY_BLOCK Made = ExAllocatePoolZero(PagedPool, sizeof(*Made), TAG_KEY_NOTIFY);
        if (Made == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Made->Filter = Filter;
        Made->WatchTree = WatchTree;
        InitializeListHead(&Made->Posts);
        InsertTailList(&Body->KeyControlBlock->NotifyList, &Made->Link);
        Body->NotifyBlock = Made;
    }
    *Block = Body->NotifyBlock;
    return STATUS_SUCCESS;
}

// Post waits for its change, or is told at once of one that has come. STATUS_PENDING, STATUS_SUCCESS.
static NTSTATUS CmpAddPost(PCM_KEY_BODY Body, ULONG Filter, BOOLEAN WatchTree, PCM_POST Post)
{
    PCM_NOTIFY_BLOCK Block;
    CmpLockRegistry();
    NTSTATUS Status = CmpGetNotifyBlock(Body, Filter, WatchTree, &Block);
    if (NT_SUCCESS(Status) && Block->Pending) {
        Block->Pending = FALSE;
        CmpFinishPost(Post, STATUS_NOTIFY_ENUM_DIR);
    } else if (NT_SUCCESS(Status)) {
        InsertTailList(&Block->Posts, &Post->Link);
        if (Post->Mode != KernelMode) {
            InsertTailList(&CmpThreadPosts, &Post->ThreadLink);
        }
        Status = STATUS_PENDING;
    }
    CmpUnlockRegistry();
    return Status;
}

// Post is the caller's, whose wait this is.
static NTSTATUS CmpWaitForPost(PCM_KEY_BODY Body, ULONG Filter, BOOLEAN WatchTree, PCM_POST Post)
{
    KEVENT Done;
    KeInitializeEvent(&Done, SynchronizationEvent, FALSE);
    Post->Done = &Done;
    NTSTATUS Status = CmpAddPost(Body, Filter, WatchTree, Post);
    if (NT_SUCCESS(Status)) {
        Status = KeWaitForSingleObject(&Done, UserRequest, Post->Mode, FALSE, NULL);
        CmpLockRegistry();
        CmpUnlinkPost(Post);
        CmpUnlockRegistry();
        if (Status == STATUS_SUCCESS) {
            Status = Post->Status;
            CmpWriteStatus(Post);
        }
    }
    CmpFreePost(Post);
    return Status;
}

// Tells the caller of a change, by CompletionFilter (REG_NOTIFY_*), to the key or, with WatchTree, to what is
// under it. Synchronously: returns when there is one. Else: STATUS_PENDING, or STATUS_SUCCESS if there has
// been one since the last call on this handle; then IoStatusBlock is written, Event is set, and ApcRoutine
// called (of kernel mode: a WORK_QUEUE_ITEM, queued to the queue ApcContext). The first call on a handle
// decides on filter and tree. The status that is told: STATUS_NOTIFY_ENUM_DIR; STATUS_NOTIFY_CLEANUP when the
// handle is closed, the key deleted, or the thread gone. STATUS_INVALID_PARAMETER (filter),
// STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED (no
// KEY_NOTIFY), STATUS_INSUFFICIENT_RESOURCES. (ntifs, ZwNotifyChangeKey)
NTSTATUS NTAPI NtNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                 PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree,
                                 PVOID Buffer, ULONG BufferSize, BOOLEAN Asynchronous)
{
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(BufferSize);
    const ULONG Known = REG_LEGAL_CHANGE_FILTER;
    PCM_KEY_BODY Body;
    PCM_POST Post;
    if (!(CompletionFilter & Known) || (CompletionFilter & ~(Known | (ULONG)REG_NOTIFY_THREAD_AGNOSTIC))) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, KEY_NOTIFY, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        IopProbeStatusBlock(IoStatusBlock, KeGetPreviousMode());
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpMakePost(Event, (PVOID)(ULONG_PTR)ApcRoutine, ApcContext, IoStatusBlock, CompletionFilter,
                             &Post);
    }
    if (!NT_SUCCESS(Status)) {
        goto Dereference;
    }
    if (!Asynchronous) {
        Status = CmpWaitForPost(Body, CompletionFilter, WatchTree, Post);
        goto Dereference;
    }
    Status = CmpAddPost(Body, CompletionFilter, WatchTree, Post);
    if (!NT_SUCCESS(Status)) {
        CmpFreePost(Post);
    }
Dereference:
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(NotifyChangeKey,
             (HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer,
              ULONG BufferSize, BOOLEAN Asynchronous),
             (KeyHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, CompletionFilter, WatchTree, Buffer,
              BufferSize, Asynchronous))
