// SPDX-License-Identifier: MIT
// Keys deleted, renamed and flushed.
#include "inc/kernel.h"
#include "cm/hive.h"

static NTSTATUS CmpPerformDelete(PVOID Information)
{
    PCM_KEY_CONTROL_BLOCK Key =
        ((PCM_KEY_BODY)((PREG_DELETE_KEY_INFORMATION)Information)->Object)->KeyControlBlock;
    NTSTATUS Status = STATUS_SUCCESS;
    CmpLockRegistry();
    if (Key->Flags & CM_KEY_DELETED) {
        Status = STATUS_KEY_DELETED;
    } else if (Key->SubKeyCount != 0 || (Key->Flags & (CM_KEY_HIVE | CM_KEY_DIRECTORY))) {
        Status = STATUS_CANNOT_DELETE;
    } else {
        PCM_KEY_CONTROL_BLOCK Parent = Key->Parent;
        CmpFlushNotify(Key);
        CmpRemoveKey(Key);
        CmpDereferenceKey(Key);
        CmpTouchKey(Parent);
        CmpReportNotify(Parent, REG_NOTIFY_CHANGE_NAME);
    }
    CmpUnlockRegistry();
    return Status;
}

static const CM_OPERATION_KIND CmpDeleteOperation =
    CM_OPERATION(DeleteKey, REG_DELETE_KEY_INFORMATION, CmpPerformDelete);

// Deletes the key: every handle to it answers STATUS_KEY_DELETED from now on. STATUS_CANNOT_DELETE: it has
// subkeys, or is the root of a hive. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
// (no DELETE), and what a registry filter refuses it with. (wdm, ZwDeleteKey)
NTSTATUS NTAPI NtDeleteKey(HANDLE KeyHandle)
{
    PCM_KEY_BODY Body;
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, DELETE, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    REG_DELETE_KEY_INFORMATION Information = {.Object = Body};
    Status = CmpOperate(&CmpDeleteOperation, &Information);
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(DeleteKey, (HANDLE KeyHandle), (KeyHandle))

// ---- Renaming

static NTSTATUS CmpPerformRename(PVOID Information)
{
    PREG_RENAME_KEY_INFORMATION Rename = Information;
    PCM_KEY_CONTROL_BLOCK Key = ((PCM_KEY_BODY)Rename->Object)->KeyControlBlock;
    NTSTATUS Status;
    CmpLockRegistry();
    if (Key->Flags & CM_KEY_DELETED) {
        Status = STATUS_KEY_DELETED;
    } else if (Key->Flags & (CM_KEY_HIVE | CM_KEY_DIRECTORY)) {
        Status = STATUS_CANNOT_DELETE;
    } else {
        Status = CmpRenameKey(Key, Rename->NewName);
    }
    if (NT_SUCCESS(Status)) {
        CmpReportNotify(Key->Parent, REG_NOTIFY_CHANGE_NAME);
    }
    CmpUnlockRegistry();
    return Status;
}

static const CM_OPERATION_KIND CmpRenameOperation =
    CM_OPERATION(RenameKey, REG_RENAME_KEY_INFORMATION, CmpPerformRename);

static BOOLEAN CmpIsKeyName(PCUNICODE_STRING Name)
{
    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index += 1) {
        if (Name->Buffer[Index] == OBJ_NAME_PATH_SEPARATOR) {
            return FALSE;
        }
    }
    return Name->Length != 0;
}

// Another name for a key; what is under it stays. STATUS_INVALID_PARAMETER (empty, longer than 255
// characters, a path), STATUS_CANNOT_DELETE (another key has the name, or it is the root of a hive),
// STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED (no
// KEY_WRITE), STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS NTAPI NtRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName)
{
    PCM_KEY_BODY Body;
    UNICODE_STRING Name;
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, KEY_WRITE, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureName(&Name, NewName, CM_MAXIMUM_KEY_NAME_BYTES);
    if (NT_SUCCESS(Status)) {
        REG_RENAME_KEY_INFORMATION Information = {.Object = Body, .NewName = &Name};
        Status =
            CmpIsKeyName(&Name) ? CmpOperate(&CmpRenameOperation, &Information) : STATUS_INVALID_PARAMETER;
        CmpFreeCaptured(Name.Buffer);
    }
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(RenameKey, (HANDLE KeyHandle, PUNICODE_STRING NewName), (KeyHandle, NewName))

// ---- Flushing

// Hives without a file are memory alone, which has every change.
static NTSTATUS CmpPerformFlush(PVOID Information)
{
    return CmpFlushHive(((PCM_KEY_BODY)((PREG_FLUSH_KEY_INFORMATION)Information)->Object)->KeyControlBlock);
}

static const CM_OPERATION_KIND CmpFlushOperation =
    CM_OPERATION(FlushKey, REG_FLUSH_KEY_INFORMATION, CmpPerformFlush);

// Writes the whole hive of the key. STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
// what writing the file returns. (wdm, ZwFlushKey)
NTSTATUS NTAPI NtFlushKey(HANDLE KeyHandle)
{
    PCM_KEY_BODY Body;
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, 0, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    REG_FLUSH_KEY_INFORMATION Information = {.Object = Body};
    Status = CmpOperate(&CmpFlushOperation, &Information);
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(FlushKey, (HANDLE KeyHandle), (KeyHandle))
