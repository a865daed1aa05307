// SPDX-License-Identifier: MIT
// Hives that have been loaded from files: written back, and unloaded.
#include "inc/kernel.h"
#include "cm/hive.h"

static LIST_ENTRY CmpHives = {&CmpHives, &CmpHives};

PCM_HIVE CmpHiveOf(PCM_KEY_CONTROL_BLOCK Key)
{
    while (Key != NULL && !(Key->Flags & CM_KEY_HIVE)) {
        Key = Key->Parent;
    }
    for (PLIST_ENTRY Link = CmpHives.Flink; Key != NULL && Link != &CmpHives; Link = Link->Flink) {
        PCM_HIVE Hive = CONTAINING_RECORD(Link, CM_HIVE, Link);
        if (Hive->Root == Key) {
            return Hive;
        }
    }
    return NULL;
}

// ---- The list of them: a value for each, named by its path, of its file's name

static PCM_KEY_CONTROL_BLOCK CmpHiveList(VOID)
{
    static const UNICODE_STRING Path[] = {RTL_CONSTANT_STRING(L"MACHINE"), RTL_CONSTANT_STRING(L"SYSTEM"),
                                          RTL_CONSTANT_STRING(L"ControlSet001"),
                                          RTL_CONSTANT_STRING(L"Control"), RTL_CONSTANT_STRING(L"hivelist")};
    PCM_KEY_CONTROL_BLOCK Key = CmpRootKey;
    ULONG Position;
    for (ULONG Index = 0; Key != NULL && Index < RTL_NUMBER_OF(Path); Index += 1) {
        Key = CmpFindSubKey(Key, &Path[Index], &Position);
    }
    return Key; // somebody may have deleted it
}

static NTSTATUS CmpChangeHiveList(PCM_HIVE Hive, BOOLEAN Present)
{
    PCM_KEY_CONTROL_BLOCK List = Hive->Application ? NULL : CmpHiveList();
    ULONG Bytes = CmpKeyPath(Hive->Root, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN Changed;
    if (List == NULL || Bytes > CM_MAXIMUM_VALUE_NAME_BYTES) {
        return STATUS_SUCCESS;
    }
    PWCH Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_KEY_BUFFER);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    CmpKeyPath(Hive->Root, Buffer + Bytes / sizeof(WCHAR));
    const UNICODE_STRING Name = {(USHORT)Bytes, (USHORT)Bytes, Buffer};
    if (Present) {
        Status = CmpSetValue(List, &Name, REG_SZ, Hive->FileName.Buffer,
                             Hive->FileName.Length + (ULONG)sizeof(WCHAR), &Changed);
    } else {
        CmpDeleteValue(List, &Name);
    }
    CmpReportNotify(List, REG_NOTIFY_CHANGE_LAST_SET);
    CmpFreeCaptured(Buffer);
    return Status;
}

NTSTATUS CmpAddHive(PCM_HIVE Hive, PCM_KEY_CONTROL_BLOCK Root)
{
    Hive->Root = Root;
    NTSTATUS Status = CmpChangeHiveList(Hive, TRUE);
    if (NT_SUCCESS(Status)) {
        InsertTailList(&CmpHives, &Hive->Link);
    }
    return Status;
}

VOID CmpFreeHive(PCM_HIVE Hive)
{
    if (Hive->File != NULL) {
        ZwClose(Hive->File);
    }
    if (Hive->UserEvent != NULL) {
        ObfDereferenceObject(Hive->UserEvent);
    }
    if (Hive->UnloadEvent != NULL) {
        ObfDereferenceObject(Hive->UnloadEvent);
    }
    CmpFreeString(&Hive->FileName);
    ExFreePoolWithTag(Hive, TAG_KEY);
}

// ---- Writing

// The registry is locked for writing, and unlocked: the hive has changed.
static NTSTATUS CmpWriteLockedHive(PCM_HIVE Hive)
{
    PVOID Contents;
    ULONG Bytes;
    PCM_KEY_CONTROL_BLOCK Root = Hive->Root;
    HANDLE File = Hive->File;
    NTSTATUS Status = CmpWriteTree(Root, Hive->Minor, Hive->Sequence + 1, &Hive->FileName, &Contents, &Bytes);
    if (!NT_SUCCESS(Status)) {
        CmpUnlockRegistry();
        return Status;
    }
    Hive->Sequence += 1;
    Root->Flags &= ~(ULONG)CM_KEY_CHANGED;
    CmpReferenceKey(Root);
    CmpUnlockRegistry();
    Status = CmpWriteHiveFile(File, Contents, Bytes);
    CmpFreeCaptured(Contents);
    if (!NT_SUCCESS(Status)) {
        CmpLockRegistry();
        Root->Flags |= CM_KEY_CHANGED;
        CmpUnlockRegistry();
    }
    CmpDereferenceKey(Root);
    return Status;
}

// Held while a hive's file is written, or closed.
static EX_PUSH_LOCK CmpHiveLock;

static VOID CmpEnterHives(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&CmpHiveLock);
}

static VOID CmpLeaveHives(VOID)
{
    ExReleasePushLockExclusive(&CmpHiveLock);
    KeLeaveCriticalRegion();
}

NTSTATUS CmpFlushHive(PCM_KEY_CONTROL_BLOCK Key)
{
    NTSTATUS Status = STATUS_SUCCESS;
    CmpEnterHives();
    CmpLockRegistry();
    PCM_HIVE Hive = CmpHiveOf(Key);
    if (Key->Flags & CM_KEY_DELETED) {
        Status = STATUS_KEY_DELETED;
    }
    if (NT_SUCCESS(Status) && Hive != NULL && (Hive->Root->Flags & CM_KEY_CHANGED)) {
        Status = CmpWriteLockedHive(Hive);
    } else {
        CmpUnlockRegistry();
    }
    CmpLeaveHives();
    return Status;
}

// ---- Unloading

// The registry is locked for writing. Whoever has opened keys finds them deleted.
static VOID CmpDetachHive(PCM_HIVE Hive)
{
    PCM_KEY_CONTROL_BLOCK Root = Hive->Root, Parent = Root->Parent;
    CmpChangeHiveList(Hive, FALSE);
    CmpEmptyTree(Root);
    CmpFlushNotify(Root);
    CmpRemoveKey(Root);
    CmpDereferenceKey(Root);
    RemoveEntryList(&Hive->Link);
    CmpTouchKey(Parent);
    CmpReportNotify(Parent, REG_NOTIFY_CHANGE_NAME);
}

static NTSTATUS CmpMayUnload(PCM_KEY_CONTROL_BLOCK Key, PCM_HIVE Hive, ULONG Own, ULONG Flags, PKEVENT Event)
{
    if (Key->Flags & CM_KEY_DELETED) {
        return STATUS_KEY_DELETED;
    }
    if (Hive == NULL || Hive->Root != Key) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Flags & CM_UNLOAD_FORCE) || CmpCountUsers(Key) == Own) {
        return STATUS_SUCCESS;
    }
    if (!(Flags & CM_UNLOAD_LATE)) {
        return STATUS_CANNOT_DELETE;
    }
    if (Hive->UnloadEvent != NULL) {
        return STATUS_TOO_LATE; // another is waiting
    }
    if (Event != NULL) {
        ObfReferenceObject(Event);
    }
    Hive->UnloadEvent = Event;
    return STATUS_PENDING;
}

static VOID CmpTellUnloaded(PKEVENT Event)
{
    if (Event != NULL) {
        KeSetEvent(Event, 0, FALSE);
    }
}

NTSTATUS CmpUnloadHive(PCM_KEY_CONTROL_BLOCK Key, ULONG Own, ULONG Flags, PKEVENT Event)
{
    NTSTATUS Status;
    PCM_HIVE Hive;
    CmpEnterHives();
    for (;;) {
        CmpLockRegistry();
        Hive = CmpHiveOf(Key);
        Status = CmpMayUnload(Key, Hive, Own, Flags, Event);
        if (Status != STATUS_SUCCESS || !(Key->Flags & CM_KEY_CHANGED)) {
            break;
        }
        // It may change while it is written, and is looked at again then.
        Status = CmpWriteLockedHive(Hive);
        if (!NT_SUCCESS(Status)) {
            CmpLeaveHives();
            return Status;
        }
    }
    if (Status == STATUS_SUCCESS) {
        CmpDetachHive(Hive);
    }
    CmpUnlockRegistry();
    CmpLeaveHives();
    if (Status == STATUS_SUCCESS) {
        CmpTellUnloaded(Hive->UserEvent);
        CmpTellUnloaded(Hive->UnloadEvent);
        CmpTellUnloaded(Event);
        CmpFreeHive(Hive);
    }
    return Status;
}

// The registry is not locked. The root of one that is to go and has no user, referenced; NULL: none.
static PCM_KEY_CONTROL_BLOCK CmpFindAbandoned(VOID)
{
    PCM_KEY_CONTROL_BLOCK Found = NULL;
    CmpLockRegistryShared();
    for (PLIST_ENTRY Link = CmpHives.Flink; Found == NULL && Link != &CmpHives; Link = Link->Flink) {
        PCM_HIVE Hive = CONTAINING_RECORD(Link, CM_HIVE, Link);
        if ((Hive->Application || Hive->UnloadEvent != NULL) && CmpCountUsers(Hive->Root) == 0) {
            Found = Hive->Root;
            CmpReferenceKey(Found);
        }
    }
    CmpUnlockRegistryShared();
    return Found;
}

VOID CmpUnloadAbandonedHives(VOID)
{
    PCM_KEY_CONTROL_BLOCK Root;
    if (IsListEmpty(&CmpHives)) {
        return;
    }
    while ((Root = CmpFindAbandoned()) != NULL) {
        NTSTATUS Status = CmpUnloadHive(Root, 1, 0, NULL);
        CmpDereferenceKey(Root);
        if (!NT_SUCCESS(Status)) {
            return; // somebody has opened it again, or its file cannot be written
        }
    }
}
