// SPDX-License-Identifier: MIT
// Directories by handle: their entries, and what changes in them.
#include "inc/kernel.h"

// How long the buffer is at least; 0: not a class of a directory.
static const USHORT IopDirectoryBytes[] = {
    [FileDirectoryInformation] = sizeof(FILE_DIRECTORY_INFORMATION),
    [FileFullDirectoryInformation] = sizeof(FILE_FULL_DIR_INFORMATION),
    [FileBothDirectoryInformation] = sizeof(FILE_BOTH_DIR_INFORMATION),
    [FileNamesInformation] = sizeof(FILE_NAMES_INFORMATION),
    [FileObjectIdInformation] = sizeof(FILE_OBJECTID_INFORMATION),
    [FileQuotaInformation] = sizeof(FILE_QUOTA_INFORMATION),
    [FileReparsePointInformation] = sizeof(FILE_REPARSE_POINT_INFORMATION),
    [FileIdBothDirectoryInformation] = sizeof(FILE_ID_BOTH_DIR_INFORMATION),
    [FileIdFullDirectoryInformation] = sizeof(FILE_ID_FULL_DIR_INFORMATION),
    [FileIdGlobalTxDirectoryInformation] = sizeof(FILE_ID_GLOBAL_TX_DIR_INFORMATION),
    [FileIdExtdDirectoryInformation] = sizeof(FILE_ID_EXTD_DIR_INFORMATION),
    [FileIdExtdBothDirectoryInformation] = sizeof(FILE_ID_EXTD_BOTH_DIR_INFORMATION),
};

#define IOP_QUERY_FLAGS                                                                                      \
    (SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY | SL_INDEX_SPECIFIED | SL_RETURN_ON_DISK_ENTRIES_ONLY |        \
     SL_NO_CURSOR_UPDATE_QUERY)

// What both services have in common.
typedef struct _IOP_DIRECTORY_REQUEST {
    HANDLE FileHandle, Event;
    PIO_APC_ROUTINE ApcRoutine;
    PVOID ApcContext;
    PIO_STATUS_BLOCK IoStatusBlock;
    PVOID Buffer;
    ULONG Length;
    UCHAR MinorFunction;
    UCHAR Flags; // SL_*
} IOP_DIRECTORY_REQUEST;

static NTSTATUS IopProbeDirectory(const IOP_DIRECTORY_REQUEST *Request)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    if (Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    __try {
        IopProbeStatusBlock(Request->IoStatusBlock, Mode);
        ProbeForWrite(Request->Buffer, Request->Length, sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

// On failure the service is over.
static NTSTATUS IopMakeDirectoryIrp(PIOP_SERVICE Service, const IOP_DIRECTORY_REQUEST *Request, PIRP *Made)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PIRP Irp = IopAllocateServiceIrp(Service, IRP_MJ_DIRECTORY_CONTROL, Request->IoStatusBlock,
                                     Request->ApcRoutine, Request->ApcContext);
    if (Irp == NULL) {
        IopEndService(Service);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = Request->MinorFunction;
    Stack->Flags = Request->Flags;
    // The two have the length at the same place.
    Stack->Parameters.QueryDirectory.Length = Request->Length;
    __try {
        IopSetTransferBuffer(Irp, Service->DeviceObject, IRP_MJ_READ, Request->Buffer, Request->Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        IopAbandonServiceIrp(Service, Irp);
        return Status;
    }
    *Made = Irp;
    return STATUS_SUCCESS;
}

// The expression as the driver gets it: a string with its characters behind it, NULL if there is none.
static NTSTATUS IopCaptureExpression(PUNICODE_STRING FileName, PUNICODE_STRING *Captured)
{
    UNICODE_STRING Name;
    *Captured = NULL;
    if (FileName == NULL) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = ObpCaptureName(&Name, FileName, KeGetPreviousMode());
    if (!NT_SUCCESS(Status) || Name.Length == 0) {
        return Status;
    }
    PUNICODE_STRING Copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Copy) + Name.Length, TAG_FILE_NAME);
    if (Copy != NULL) {
        *Copy = (UNICODE_STRING){Name.Length, Name.Length, (PWCH)(Copy + 1)};
        RtlCopyMemory(Copy->Buffer, Name.Buffer, Name.Length);
    }
    ObpFreeName(&Name);
    *Captured = Copy;
    return Copy != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS IopQueryDirectory(const IOP_DIRECTORY_REQUEST *Request, FILE_INFORMATION_CLASS Class,
                                  PUNICODE_STRING FileName)
{
    PIRP Irp;
    IOP_SERVICE Service;
    PUNICODE_STRING Expression;
    if ((ULONG)Class >= RTL_NUMBER_OF(IopDirectoryBytes) || IopDirectoryBytes[Class] == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Request->Length < IopDirectoryBytes[Class]) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS Status = IopProbeDirectory(Request);
    if (NT_SUCCESS(Status)) {
        Status = IopCaptureExpression(FileName, &Expression);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopBeginService(&Service, Request->FileHandle, FILE_LIST_DIRECTORY, 0, Request->Event);
    if (Status == STATUS_SUCCESS) {
        Status = IopMakeDirectoryIrp(&Service, Request, &Irp);
    }
    if (Status != STATUS_SUCCESS) {
        if (Expression != NULL) {
            ExFreePoolWithTag(Expression, TAG_FILE_NAME);
        }
        return Status;
    }
    Irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)Expression;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.QueryDirectory.FileName = Expression;
    Stack->Parameters.QueryDirectory.FileInformationClass = Class;
    return IopSendRequest(&Service, Irp, FALSE);
}

NTSTATUS NTAPI NtQueryDirectoryFileEx(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                      PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                      ULONG Length, FILE_INFORMATION_CLASS FileInformationClass,
                                      ULONG QueryFlags, PUNICODE_STRING FileName)
{
    if (QueryFlags & ~(ULONG)IOP_QUERY_FLAGS) {
        return STATUS_INVALID_PARAMETER;
    }
    IOP_DIRECTORY_REQUEST Request = {FileHandle,       Event,           ApcRoutine, ApcContext,
                                     IoStatusBlock,    FileInformation, Length,     IRP_MN_QUERY_DIRECTORY,
                                     (UCHAR)QueryFlags};
    return IopQueryDirectory(&Request, FileInformationClass, FileName);
}

KI_DEFINE_ZW(QueryDirectoryFileEx,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
              FILE_INFORMATION_CLASS FileInformationClass, ULONG QueryFlags, PUNICODE_STRING FileName),
             (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FileInformation, Length,
              FileInformationClass, QueryFlags, FileName))

NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                    PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                    ULONG Length, FILE_INFORMATION_CLASS FileInformationClass,
                                    BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName, BOOLEAN RestartScan)
{
    return NtQueryDirectoryFileEx(
        FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FileInformation, Length,
        FileInformationClass,
        (ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0) | (RestartScan ? SL_RESTART_SCAN : 0), FileName);
}

KI_DEFINE_ZW(QueryDirectoryFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
              FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry,
              PUNICODE_STRING FileName, BOOLEAN RestartScan),
             (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FileInformation, Length,
              FileInformationClass, ReturnSingleEntry, FileName, RestartScan))

NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                           PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                                           ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree)
{
    PIRP Irp;
    IOP_SERVICE Service;
    if (CompletionFilter == 0 || (CompletionFilter & ~(ULONG)FILE_NOTIFY_VALID_MASK)) {
        return STATUS_INVALID_PARAMETER;
    }
    IOP_DIRECTORY_REQUEST Request = {FileHandle,
                                     Event,
                                     ApcRoutine,
                                     ApcContext,
                                     IoStatusBlock,
                                     Buffer,
                                     Length,
                                     IRP_MN_NOTIFY_CHANGE_DIRECTORY,
                                     (UCHAR)(WatchTree ? SL_WATCH_TREE : 0)};
    NTSTATUS Status = IopProbeDirectory(&Request);
    if (NT_SUCCESS(Status)) {
        Status = IopBeginService(&Service, FileHandle, FILE_LIST_DIRECTORY, 0, Event);
    }
    if (Status == STATUS_SUCCESS) {
        Status = IopMakeDirectoryIrp(&Service, &Request, &Irp);
    }
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    IoGetNextIrpStackLocation(Irp)->Parameters.NotifyDirectory.CompletionFilter = CompletionFilter;
    return IopSendRequest(&Service, Irp, FALSE);
}

KI_DEFINE_ZW(NotifyChangeDirectoryFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, ULONG CompletionFilter,
              BOOLEAN WatchTree),
             (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, CompletionFilter,
              WatchTree))
