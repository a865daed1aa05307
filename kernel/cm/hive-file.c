// SPDX-License-Identifier: MIT
// Files of hives: found, read and written.
#include "inc/kernel.h"
#include "cm/hive.h"
#include "cm/hive-format.h"

NTSTATUS CmpCaptureAttributes(POBJECT_ATTRIBUTES Given, CM_CAPTURED_ATTRIBUTES *Captured)
{
    OBJECT_ATTRIBUTES Copy;
    Captured->Name = (UNICODE_STRING){0};
    if (Given == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForRead(Given, sizeof(*Given), sizeof(ULONG64));
        }
        Copy = *(volatile OBJECT_ATTRIBUTES *)Given;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Copy.Length != sizeof(Copy) || (Copy.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES)) {
        return STATUS_INVALID_PARAMETER;
    }
    Captured->RootDirectory = Copy.RootDirectory;
    Captured->Attributes = Copy.Attributes;
    return CmpCaptureName(&Captured->Name, Copy.ObjectName, CM_MAXIMUM_PATH_BYTES);
}

NTSTATUS CmpCheckHivePrivileges(BOOLEAN Backup, BOOLEAN Restore)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    if ((Backup && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_BACKUP_PRIVILEGE), Mode)) ||
        (Restore && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_RESTORE_PRIVILEGE), Mode))) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    return STATUS_SUCCESS;
}

NTSTATUS CmpReferenceFile(HANDLE Handle, ACCESS_MASK Access, PHANDLE File)
{
    PVOID Object;
    NTSTATUS Status =
        ObReferenceObjectByHandle(Handle, Access, IoFileObjectType, KeGetPreviousMode(), &Object, NULL);
    if (NT_SUCCESS(Status)) {
        // The caller may close its handle whenever it wants to.
        Status = ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, Access | SYNCHRONIZE,
                                       IoFileObjectType, KernelMode, File);
        ObfDereferenceObject(Object);
    }
    return Status;
}

NTSTATUS CmpOpenHiveFile(PUNICODE_STRING Name, HANDLE RootDirectory, ULONG Disposition, PHANDLE File)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    ULONG Check = KeGetPreviousMode() != KernelMode ? OBJ_FORCE_ACCESS_CHECK : 0;
    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | Check,
                               RootDirectory, NULL);
    return ZwCreateFile(File, FILE_READ_DATA | FILE_WRITE_DATA | DELETE | SYNCHRONIZE, &Attributes, &Io, NULL,
                        FILE_ATTRIBUTE_NORMAL, 0, Disposition,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
}

NTSTATUS CmpQueryFilePath(HANDLE File, POBJECT_NAME_INFORMATION *Name)
{
    PVOID Object;
    ULONG Bytes = 0;
    *Name = NULL;
    NTSTATUS Status = ObReferenceObjectByHandle(File, 0, IoFileObjectType, KernelMode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObQueryNameString(Object, NULL, 0, &Bytes);
    if (Status == STATUS_INFO_LENGTH_MISMATCH) {
        *Name = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_KEY_BUFFER);
        Status =
            *Name != NULL ? ObQueryNameString(Object, *Name, Bytes, &Bytes) : STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfDereferenceObject(Object);
    return Status;
}

// ---- Reading and writing

// A caller's file may be one that does not wait by itself.
typedef NTSTATUS (*CMP_TRANSFER)(HANDLE File, HANDLE Event, PIO_STATUS_BLOCK Io, PVOID Buffer, ULONG Bytes,
                                 PLARGE_INTEGER Offset);

static NTSTATUS CmpRead(HANDLE File, HANDLE Event, PIO_STATUS_BLOCK Io, PVOID Buffer, ULONG Bytes,
                        PLARGE_INTEGER Offset)
{
    return ZwReadFile(File, Event, NULL, NULL, Io, Buffer, Bytes, Offset, NULL);
}

static NTSTATUS CmpWrite(HANDLE File, HANDLE Event, PIO_STATUS_BLOCK Io, PVOID Buffer, ULONG Bytes,
                         PLARGE_INTEGER Offset)
{
    return ZwWriteFile(File, Event, NULL, NULL, Io, Buffer, Bytes, Offset, NULL);
}

// All of it, or an error.
static NTSTATUS CmpTransfer(CMP_TRANSFER Transfer, HANDLE File, PVOID Buffer, ULONG Bytes, ULONG FileOffset)
{
    HANDLE Event;
    IO_STATUS_BLOCK Io = {0};
    LARGE_INTEGER Offset = {.QuadPart = FileOffset};
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, SynchronizationEvent, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Transfer(File, Event, &Io, Buffer, Bytes, &Offset);
    if (Status == STATUS_PENDING) {
        ZwWaitForSingleObject(Event, FALSE, NULL);
        Status = Io.Status;
    }
    ZwClose(Event);
    return NT_SUCCESS(Status) && Io.Information != Bytes ? STATUS_REGISTRY_IO_FAILED : Status;
}

NTSTATUS CmpReadHiveFile(HANDLE File, PVOID *Contents, PULONG Bytes)
{
    FILE_STANDARD_INFORMATION Information;
    IO_STATUS_BLOCK Io;
    *Contents = NULL;
    *Bytes = 0;
    NTSTATUS Status =
        ZwQueryInformationFile(File, &Io, &Information, sizeof(Information), FileStandardInformation);
    if (!NT_SUCCESS(Status) || Information.EndOfFile.QuadPart == 0) {
        return Status;
    }
    if (Information.EndOfFile.QuadPart > MAXLONG) {
        return STATUS_INSUFFICIENT_RESOURCES; // no hive is as large as that
    }
    ULONG Length = (ULONG)Information.EndOfFile.QuadPart;
    PVOID Buffer = ExAllocatePoolWithTag(PagedPool, Length, TAG_KEY_BUFFER);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CmpTransfer(CmpRead, File, Buffer, Length, 0);
    if (!NT_SUCCESS(Status)) {
        CmpFreeCaptured(Buffer);
        return Status;
    }
    *Contents = Buffer;
    *Bytes = Length;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpWriteBaseBlock(HANDLE File, CM_HIVE_BASE_BLOCK *Base, ULONG Secondary)
{
    Base->SecondarySequence = Secondary;
    Base->CheckSum = CmpHiveCheckSum(Base);
    return CmpTransfer(CmpWrite, File, Base, CM_HIVE_BLOCK_BYTES, 0);
}

NTSTATUS CmpWriteHiveFile(HANDLE File, PVOID Contents, ULONG Bytes)
{
    CM_HIVE_BASE_BLOCK *Base = Contents;
    IO_STATUS_BLOCK Io;
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile = {.QuadPart = Bytes}};
    NTSTATUS Status = CmpWriteBaseBlock(File, Base, Base->PrimarySequence - 1);
    if (NT_SUCCESS(Status)) {
        Status = CmpTransfer(CmpWrite, File, (PUCHAR)Contents + CM_HIVE_BLOCK_BYTES,
                             Bytes - CM_HIVE_BLOCK_BYTES, CM_HIVE_BLOCK_BYTES);
    }
    if (NT_SUCCESS(Status)) {
        Status = ZwSetInformationFile(File, &Io, &End, sizeof(End), FileEndOfFileInformation);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpWriteBaseBlock(File, Base, Base->PrimarySequence);
    }
    return NT_SUCCESS(Status) ? ZwFlushBuffersFile(File, &Io) : Status;
}
