// SPDX-License-Identifier: MIT
// The file of a hive replaced by another, which is the one that is loaded the next time.
#include "inc/kernel.h"
#include "cm/hive.h"

typedef struct _CM_REPLACE {
    REG_REPLACE_KEY_INFORMATION Public; // first
    HANDLE OldDirectory, NewDirectory;  // of the two names
} CM_REPLACE, *PCM_REPLACE;

// Gives the file another name, in the place of no other file.
static NTSTATUS CmpRenameFile(HANDLE File, PCUNICODE_STRING Name, HANDLE Directory)
{
    IO_STATUS_BLOCK Io;
    ULONG Bytes = FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) + Name->Length + (ULONG)sizeof(WCHAR);
    PFILE_RENAME_INFORMATION Rename = ExAllocatePoolZero(PagedPool, Bytes, TAG_KEY_BUFFER);
    if (Rename == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Rename->RootDirectory = Directory;
    Rename->FileNameLength = Name->Length;
    RtlCopyMemory(Rename->FileName, Name->Buffer, Name->Length);
    NTSTATUS Status = ZwSetInformationFile(File, &Io, Rename, Bytes, FileRenameInformation);
    CmpFreeCaptured(Rename);
    return Status;
}

// Whether it is a hive's file.
static NTSTATUS CmpCheckHiveFile(HANDLE File)
{
    static const UNICODE_STRING NoName = {0};
    PVOID Contents;
    ULONG Bytes, Minor, Sequence;
    NTSTATUS Status = CmpReadHiveFile(File, &Contents, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PCM_KEY_CONTROL_BLOCK Top = CmpAllocateKey(&NoName, NULL, 0);
    Status = STATUS_INSUFFICIENT_RESOURCES;
    if (Top != NULL) {
        Status = Contents != NULL ? CmpReadTree(Contents, Bytes, Top, 0, &Minor, &Sequence)
                                  : STATUS_NOT_REGISTRY_FILE;
        CmpEmptyTree(Top);
        CmpDereferenceKey(Top);
    }
    CmpFreeCaptured(Contents);
    return Status;
}

// The hive's file, by a handle of its own, which is open as long as this one is.
static NTSTATUS CmpOpenFileOfHive(PCM_KEY_BODY Body, PHANDLE File)
{
    NTSTATUS Status = STATUS_KEY_DELETED;
    PVOID Object = NULL;
    CmpLockRegistryShared();
    if (!CmpIsDeleted(Body)) {
        PCM_HIVE Hive = CmpHiveOf(Body->KeyControlBlock);
        Status = Hive == NULL
                     ? STATUS_INVALID_PARAMETER
                     : ObReferenceObjectByHandle(Hive->File, 0, IoFileObjectType, KernelMode, &Object, NULL);
    }
    CmpUnlockRegistryShared();
    if (NT_SUCCESS(Status)) {
        Status = ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, DELETE | SYNCHRONIZE,
                                       IoFileObjectType, KernelMode, File);
        ObfDereferenceObject(Object);
    }
    return Status;
}

static NTSTATUS CmpExchangeFiles(PCM_REPLACE Replace, HANDLE Current, HANDLE New)
{
    POBJECT_NAME_INFORMATION Path;
    NTSTATUS Status = CmpQueryFilePath(Current, &Path);
    if (NT_SUCCESS(Status)) {
        Status = CmpRenameFile(Current, Replace->Public.OldFileName, Replace->OldDirectory);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpRenameFile(New, &Path->Name, NULL);
        if (!NT_SUCCESS(Status)) {
            CmpRenameFile(Current, &Path->Name, NULL);
        }
    }
    CmpFreeCaptured(Path);
    return Status;
}

static NTSTATUS CmpPerformReplace(PVOID Information)
{
    PCM_REPLACE Replace = Information;
    HANDLE Current, New;
    NTSTATUS Status = CmpOpenFileOfHive(Replace->Public.Object, &Current);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpOpenHiveFile(Replace->Public.NewFileName, Replace->NewDirectory, FILE_OPEN, &New);
    if (NT_SUCCESS(Status)) {
        Status = CmpCheckHiveFile(New);
        if (NT_SUCCESS(Status)) {
            // What becomes the backup is what the hive has now.
            Status = CmpFlushHive(((PCM_KEY_BODY)Replace->Public.Object)->KeyControlBlock);
        }
        if (NT_SUCCESS(Status)) {
            Status = CmpExchangeFiles(Replace, Current, New);
        }
        ZwClose(New);
    }
    ZwClose(Current);
    return Status;
}

static const CM_OPERATION_KIND CmpReplaceOperation =
    CM_OPERATION(ReplaceKey, REG_REPLACE_KEY_INFORMATION, CmpPerformReplace);

// The file of the hive that the key is in gets the name OldFile, and the one that NewFile names gets its:
// that is what is loaded when the hive is the next time. The hive in memory stays what it is, and is written
// to the old file. STATUS_INVALID_PARAMETER: the hive has no file. STATUS_PRIVILEGE_NOT_HELD (backup and
// restore), STATUS_NOT_REGISTRY_FILE, STATUS_REGISTRY_CORRUPT, STATUS_OBJECT_NAME_COLLISION (there is an old
// file), STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, what opening and renaming
// return. (wdm, REG_REPLACE_KEY_INFORMATION; winreg, RegReplaceKey)
NTSTATUS NTAPI NtReplaceKey(POBJECT_ATTRIBUTES NewFile, HANDLE TargetHandle, POBJECT_ATTRIBUTES OldFile)
{
    CM_CAPTURED_ATTRIBUTES New, Old;
    PCM_KEY_BODY Body;
    NTSTATUS Status = CmpCheckHivePrivileges(TRUE, TRUE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpReferenceKeyBody(TargetHandle, 0, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureAttributes(NewFile, &New);
    if (!NT_SUCCESS(Status)) {
        goto Dereference;
    }
    Status = CmpCaptureAttributes(OldFile, &Old);
    if (!NT_SUCCESS(Status)) {
        goto FreeNew;
    }
    CM_REPLACE Replace = {
        .Public = {.Object = Body, .OldFileName = &Old.Name, .NewFileName = &New.Name},
        .OldDirectory = Old.RootDirectory,
        .NewDirectory = New.RootDirectory,
    };
    Status = CmpOperate(&CmpReplaceOperation, &Replace);
    CmpFreeCaptured(Old.Name.Buffer);
FreeNew:
    CmpFreeCaptured(New.Name.Buffer);
Dereference:
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(ReplaceKey, (POBJECT_ATTRIBUTES NewFile, HANDLE TargetHandle, POBJECT_ATTRIBUTES OldFile),
             (NewFile, TargetHandle, OldFile))
