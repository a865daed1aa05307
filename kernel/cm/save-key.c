// SPDX-License-Identifier: MIT
// Keys saved to files, restored from them, and the files of hives replaced.
#include "inc/kernel.h"
#include "cm/hive.h"

// ---- Saving

static NTSTATUS CmpSaveTree(PCM_KEY_BODY Body, ULONG Format, PVOID *Contents, PULONG Bytes)
{
    static const UNICODE_STRING NoName = {0};
    PCM_KEY_CONTROL_BLOCK Key = Body->KeyControlBlock;
    NTSTATUS Status;
    CmpLockRegistryShared();
    if (CmpIsDeleted(Body)) {
        Status = STATUS_KEY_DELETED;
    } else if (Key->Flags & CM_KEY_VOLATILE) {
        Status = STATUS_ACCESS_DENIED;
    } else if (Format == REG_NO_COMPRESSION && !(Key->Flags & CM_KEY_HIVE)) {
        Status = STATUS_INVALID_PARAMETER;
    } else {
        Status = CmpWriteTree(Key, Format == REG_STANDARD_FORMAT ? 3 : 5, 1, &NoName, Contents, Bytes);
    }
    CmpUnlockRegistryShared();
    return Status;
}

static NTSTATUS CmpPerformSave(PVOID Information)
{
    PREG_SAVE_KEY_INFORMATION Save = Information;
    PVOID Contents;
    ULONG Bytes;
    HANDLE File;
    NTSTATUS Status = CmpReferenceFile(Save->FileHandle, FILE_WRITE_DATA, &File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpSaveTree(Save->Object, Save->Format, &Contents, &Bytes);
    if (NT_SUCCESS(Status)) {
        Status = CmpWriteHiveFile(File, Contents, Bytes);
        CmpFreeCaptured(Contents);
    }
    ZwClose(File);
    return Status;
}

static const CM_OPERATION_KIND CmpSaveOperation =
    CM_OPERATION(SaveKey, REG_SAVE_KEY_INFORMATION, CmpPerformSave);

// Writes the key with its values, and all keys under it that are not volatile, to the file of FileHandle, as
// a hive. Format: REG_STANDARD_FORMAT (1.3), REG_LATEST_FORMAT (1.5), REG_NO_COMPRESSION (the same, of a
// hive's root alone). STATUS_INVALID_PARAMETER, STATUS_PRIVILEGE_NOT_HELD (backup), STATUS_ACCESS_DENIED (the
// key is volatile; the file is not open for writing), STATUS_KEY_DELETED, STATUS_INVALID_HANDLE,
// STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES, what writing returns. (wdm,
// REG_SAVE_KEY_INFORMATION; winreg, RegSaveKeyEx)
NTSTATUS NTAPI NtSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format)
{
    PCM_KEY_BODY Body;
    if (Format != REG_STANDARD_FORMAT && Format != REG_LATEST_FORMAT && Format != REG_NO_COMPRESSION) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpCheckHivePrivileges(TRUE, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpReferenceKeyBody(KeyHandle, 0, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    REG_SAVE_KEY_INFORMATION Information = {.Object = Body, .FileHandle = FileHandle, .Format = Format};
    Status = CmpOperate(&CmpSaveOperation, &Information);
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(SaveKeyEx, (HANDLE KeyHandle, HANDLE FileHandle, ULONG Format), (KeyHandle, FileHandle, Format))

// In the standard format.
NTSTATUS NTAPI NtSaveKey(HANDLE KeyHandle, HANDLE FileHandle)
{
    return NtSaveKeyEx(KeyHandle, FileHandle, REG_STANDARD_FORMAT);
}

KI_DEFINE_ZW(SaveKey, (HANDLE KeyHandle, HANDLE FileHandle), (KeyHandle, FileHandle))

// ---- Restoring

// A tree of what the file has, whose root stands for a key Depth levels down. CmpDropTree frees it.
static NTSTATUS CmpReadDetached(HANDLE File, PCM_KEY_CONTROL_BLOCK Key, PCM_KEY_CONTROL_BLOCK *Top)
{
    PVOID Contents;
    ULONG Bytes, Minor, Sequence;
    *Top = NULL;
    NTSTATUS Status = CmpReadHiveFile(File, &Contents, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = STATUS_INSUFFICIENT_RESOURCES;
    PCM_KEY_CONTROL_BLOCK Made = CmpAllocateKey(&Key->Name, NULL, 0);
    if (Made != NULL) {
        Made->Depth = Key->Depth;
        CmpLockRegistryShared();
        Made->Security = Key->Security;
        ObpReferenceDescriptor(Made->Security);
        CmpUnlockRegistryShared();
        *Top = Made;
        Status = Contents != NULL
                     ? CmpReadTree(Contents, Bytes, Made, Key->Flags & CM_KEY_VOLATILE, &Minor, &Sequence)
                     : STATUS_NOT_REGISTRY_FILE;
    }
    CmpFreeCaptured(Contents);
    return Status;
}

static VOID CmpDropTree(PCM_KEY_CONTROL_BLOCK Top)
{
    if (Top != NULL) {
        CmpEmptyTree(Top);
        CmpDereferenceKey(Top);
    }
}

// The registry is locked for writing. What Top has becomes Key's, and the other way round.
static VOID CmpExchangeContents(PCM_KEY_CONTROL_BLOCK Key, PCM_KEY_CONTROL_BLOCK Top)
{
    CM_KEY_CONTROL_BLOCK Before = *Key;
#define EXCHANGE(Member) (Key->Member = Top->Member, Top->Member = Before.Member)
    EXCHANGE(SubKeys);
    EXCHANGE(SubKeyCount);
    EXCHANGE(SubKeyRoom);
    EXCHANGE(Values);
    EXCHANGE(ValueCount);
    EXCHANGE(ValueRoom);
    EXCHANGE(Class);
    EXCHANGE(UserFlags);
    EXCHANGE(VirtualizationFlags);
    EXCHANGE(Security);
#undef EXCHANGE
    for (ULONG Index = 0; Index < Key->SubKeyCount; Index += 1) {
        Key->SubKeys[Index]->Parent = Key;
    }
    for (ULONG Index = 0; Index < Top->SubKeyCount; Index += 1) {
        Top->SubKeys[Index]->Parent = Top;
    }
}

// Users of the keys under Key. The registry is locked.
static BOOLEAN CmpAreSubKeysOpen(PCM_KEY_CONTROL_BLOCK Key)
{
    return CmpCountUsers(Key) != (ULONG)Key->ReferenceCount - 1;
}

// The registry is locked for writing.
static NTSTATUS CmpReplaceContents(PCM_KEY_BODY Body, PCM_KEY_CONTROL_BLOCK Top, ULONG Flags)
{
    PCM_KEY_CONTROL_BLOCK Key = Body->KeyControlBlock;
    if (CmpIsDeleted(Body)) {
        return STATUS_KEY_DELETED;
    }
    if ((Key->Flags & CM_KEY_DIRECTORY) || (!(Flags & REG_FORCE_RESTORE) && CmpAreSubKeysOpen(Key))) {
        return STATUS_ACCESS_DENIED;
    }
    CmpExchangeContents(Key, Top);
    CmpEmptyTree(Top); // whoever watches what was there is told
    CmpTouchKey(Key);
    CmpReportNotify(Key, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

// The file that the hive of Body, its root, is in.
static NTSTATUS CmpReferenceOwnFile(PCM_KEY_BODY Body, PHANDLE File)
{
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    PVOID Object = NULL;
    CmpLockRegistryShared();
    PCM_HIVE Hive = CmpIsDeleted(Body) ? NULL : CmpHiveOf(Body->KeyControlBlock);
    if (Hive != NULL && Hive->Root == Body->KeyControlBlock) {
        Status = ObReferenceObjectByHandle(Hive->File, 0, IoFileObjectType, KernelMode, &Object, NULL);
    }
    CmpUnlockRegistryShared();
    if (NT_SUCCESS(Status)) {
        Status = ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, FILE_READ_DATA | SYNCHRONIZE,
                                       IoFileObjectType, KernelMode, File);
        ObfDereferenceObject(Object);
    }
    return Status;
}

static NTSTATUS CmpPerformRestore(PVOID Information)
{
    PREG_RESTORE_KEY_INFORMATION Restore = Information;
    PCM_KEY_BODY Body = Restore->Object;
    PCM_KEY_CONTROL_BLOCK Key = Body->KeyControlBlock, Top;
    BOOLEAN Refresh = (Restore->Flags & REG_REFRESH_HIVE) != 0;
    HANDLE File;
    NTSTATUS Status = Refresh ? CmpReferenceOwnFile(Body, &File)
                              : CmpReferenceFile(Restore->FileHandle, FILE_READ_DATA, &File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpReadDetached(File, Key, &Top);
    ZwClose(File);
    if (NT_SUCCESS(Status)) {
        CmpLockRegistry();
        Status = CmpReplaceContents(Body, Top, Restore->Flags);
        if (NT_SUCCESS(Status) && Refresh) {
            Key->Flags &= ~(ULONG)CM_KEY_CHANGED; // it is what its file has
        }
        CmpUnlockRegistry();
    }
    CmpDropTree(Top);
    return Status;
}

static const CM_OPERATION_KIND CmpRestoreOperation =
    CM_OPERATION(RestoreKey, REG_RESTORE_KEY_INFORMATION, CmpPerformRestore);

// The key's values, subkeys, class and security descriptor become those of the root in the file of
// FileHandle. Flags: REG_FORCE_RESTORE, though keys under it are open: they are deleted ones then;
// REG_REFRESH_HIVE, of the root of a loaded hive, what its own file has, as it was last written;
// REG_NO_LAZY_FLUSH, which makes no difference. STATUS_INVALID_PARAMETER (other flags, no such root),
// STATUS_PRIVILEGE_NOT_HELD (backup and restore; to refresh, the system's), STATUS_ACCESS_DENIED (keys under
// it are open; it is no key of a hive; the file is not open for reading), STATUS_NOT_REGISTRY_FILE,
// STATUS_REGISTRY_CORRUPT, STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_INSUFFICIENT_RESOURCES. A failure changes nothing. (wdm, REG_RESTORE_KEY_INFORMATION; winreg,
// RegRestoreKey)
NTSTATUS NTAPI NtRestoreKey(HANDLE KeyHandle, HANDLE FileHandle, ULONG Flags)
{
    PCM_KEY_BODY Body;
    if (Flags & ~(ULONG)(REG_FORCE_RESTORE | REG_NO_LAZY_FLUSH | REG_REFRESH_HIVE)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpCheckHivePrivileges(TRUE, TRUE);
    if (NT_SUCCESS(Status) && (Flags & REG_REFRESH_HIVE) &&
        !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_TCB_PRIVILEGE), KeGetPreviousMode())) {
        Status = STATUS_PRIVILEGE_NOT_HELD;
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpReferenceKeyBody(KeyHandle, 0, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    REG_RESTORE_KEY_INFORMATION Information = {.Object = Body, .FileHandle = FileHandle, .Flags = Flags};
    Status = CmpOperate(&CmpRestoreOperation, &Information);
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(RestoreKey, (HANDLE KeyHandle, HANDLE FileHandle, ULONG Flags), (KeyHandle, FileHandle, Flags))
