// SPDX-License-Identifier: MIT
// Flushing what is buffered of a file.
#include "inc/kernel.h"

#ifndef IRP_MN_FLUSH_DATA_ONLY
#define IRP_MN_FLUSH_DATA_ONLY      2
#define IRP_MN_FLUSH_NO_SYNC        3
#define IRP_MN_FLUSH_DATA_SYNC_ONLY 4
#endif

static NTSTATUS IopFlush(HANDLE FileHandle, UCHAR MinorFunction, PIO_STATUS_BLOCK IoStatusBlock)
{
    IOP_SERVICE Service;
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        IopProbeStatusBlock(IoStatusBlock, KeGetPreviousMode());
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status)) {
        Status = IopBeginService(&Service, FileHandle, 0, FILE_WRITE_DATA | FILE_APPEND_DATA, NULL);
    }
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    PIRP Irp = IopAllocateServiceIrp(&Service, IRP_MJ_FLUSH_BUFFERS, IoStatusBlock, NULL, NULL);
    if (Irp == NULL) {
        IopEndService(&Service);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IoGetNextIrpStackLocation(Irp)->MinorFunction = MinorFunction;
    return IopSendRequest(&Service, Irp, TRUE);
}

NTSTATUS NTAPI NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    return IopFlush(FileHandle, 0, IoStatusBlock);
}

KI_DEFINE_ZW(FlushBuffersFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock),
             (FileHandle, IoStatusBlock))

NTSTATUS NTAPI NtFlushBuffersFileEx(HANDLE FileHandle, ULONG Flags, PVOID Parameters, ULONG ParametersSize,
                                    PIO_STATUS_BLOCK IoStatusBlock)
{
    // Each flag excludes the others, and none has parameters.
    if (Parameters != NULL || ParametersSize != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    switch (Flags) {
    case 0: return IopFlush(FileHandle, 0, IoStatusBlock);
    case FLUSH_FLAGS_FILE_DATA_ONLY: return IopFlush(FileHandle, IRP_MN_FLUSH_DATA_ONLY, IoStatusBlock);
    case FLUSH_FLAGS_NO_SYNC: return IopFlush(FileHandle, IRP_MN_FLUSH_NO_SYNC, IoStatusBlock);
    case FLUSH_FLAGS_FILE_DATA_SYNC_ONLY:
        return IopFlush(FileHandle, IRP_MN_FLUSH_DATA_SYNC_ONLY, IoStatusBlock);
    default: return STATUS_INVALID_PARAMETER;
    }
}

KI_DEFINE_ZW(FlushBuffersFileEx,
             (HANDLE FileHandle, ULONG Flags, PVOID Parameters, ULONG ParametersSize,
              PIO_STATUS_BLOCK IoStatusBlock),
             (FileHandle, Flags, Parameters, ParametersSize, IoStatusBlock))
