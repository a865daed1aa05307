// SPDX-License-Identifier: MIT
// Reading and writing by handle.
#include "inc/kernel.h"

// What differs between the two.
typedef struct _IOP_TRANSFER {
    UCHAR MajorFunction;
    ULONG IrpFlags;
    ACCESS_MASK AllOf, AnyOf;
} IOP_TRANSFER;

static const IOP_TRANSFER IopRead = {IRP_MJ_READ, IRP_READ_OPERATION, FILE_READ_DATA, 0};
static const IOP_TRANSFER IopWrite = {IRP_MJ_WRITE, IRP_WRITE_OPERATION, 0,
                                      FILE_WRITE_DATA | FILE_APPEND_DATA};

typedef struct _IOP_TRANSFER_ARGUMENTS {
    PIO_STATUS_BLOCK IoStatusBlock;
    PVOID Buffer;
    ULONG Length;
    BOOLEAN HasOffset, HasKey;
    LARGE_INTEGER Offset;
    ULONG Key;
} IOP_TRANSFER_ARGUMENTS, *PIOP_TRANSFER_ARGUMENTS;

static NTSTATUS IopCaptureTransfer(PIOP_TRANSFER_ARGUMENTS Arguments, PLARGE_INTEGER ByteOffset, PULONG Key,
                                   BOOLEAN Write, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (Mode != KernelMode) {
            IopProbeStatusBlock(Arguments->IoStatusBlock, Mode);
            if (Write) {
                ProbeForRead(Arguments->Buffer, Arguments->Length, 1);
            } else {
                ProbeForWrite(Arguments->Buffer, Arguments->Length, 1);
            }
            if (ByteOffset != NULL) {
                ProbeForRead(ByteOffset, sizeof(*ByteOffset), sizeof(ULONG));
            }
            if (Key != NULL) {
                ProbeForRead(Key, sizeof(*Key), sizeof(ULONG));
            }
        }
        if (ByteOffset != NULL) {
            Arguments->HasOffset = TRUE;
            Arguments->Offset = *ByteOffset;
        }
        if (Key != NULL) {
            Arguments->HasKey = TRUE;
            Arguments->Key = *Key;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static BOOLEAN IopIsSpecialOffset(const IOP_TRANSFER_ARGUMENTS *Arguments, ULONG Low)
{
    return Arguments->HasOffset && Arguments->Offset.HighPart == -1 && Arguments->Offset.LowPart == Low;
}

// Where it begins. Writing may begin at the end of the file; a synchronous file has a position of its own.
static NTSTATUS IopResolveOffset(PIOP_SERVICE Service, PIOP_TRANSFER_ARGUMENTS Arguments, BOOLEAN Write)
{
    BOOLEAN AtEnd = Write && IopIsSpecialOffset(Arguments, FILE_WRITE_TO_END_OF_FILE);
    // With no more than the right to append, wherever the caller says. (ZwCreateFile)
    if (Write && (Service->GrantedAccess & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA) {
        Arguments->HasOffset = TRUE;
        Arguments->Offset.QuadPart = -1;
        return STATUS_SUCCESS;
    }
    if (AtEnd) {
        return STATUS_SUCCESS;
    }
    if (Service->Synchronous &&
        (!Arguments->HasOffset || IopIsSpecialOffset(Arguments, FILE_USE_FILE_POINTER_POSITION))) {
        Arguments->Offset = Service->FileObject->CurrentByteOffset;
        return STATUS_SUCCESS;
    }
    if (!Arguments->HasOffset) {
        return Service->FileObject->Flags & (FO_NAMED_PIPE | FO_MAILSLOT) ? STATUS_SUCCESS
                                                                          : STATUS_INVALID_PARAMETER;
    }
    return Arguments->Offset.QuadPart < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

// A file without buffers in between is read and written in whole sectors.
static NTSTATUS IopCheckAlignment(const IOP_SERVICE *Service, const IOP_TRANSFER_ARGUMENTS *Arguments,
                                  BOOLEAN Write)
{
    PDEVICE_OBJECT DeviceObject = Service->DeviceObject;
    if (!(Service->FileObject->Flags & FO_NO_INTERMEDIATE_BUFFERING)) {
        return STATUS_SUCCESS;
    }
    ULONG SectorSize = DeviceObject->SectorSize;
    BOOLEAN AtEnd = Write && IopIsSpecialOffset(Arguments, FILE_WRITE_TO_END_OF_FILE);
    if ((SectorSize != 0 &&
         (Arguments->Length % SectorSize != 0 || (!AtEnd && Arguments->Offset.QuadPart % SectorSize != 0))) ||
        ((ULONG_PTR)Arguments->Buffer & DeviceObject->AlignmentRequirement)) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

// The file is cached: its file system may answer at once.
static BOOLEAN IopTryFastTransfer(const IOP_SERVICE *Service, PIOP_TRANSFER_ARGUMENTS Arguments,
                                  BOOLEAN Write, PIO_STATUS_BLOCK Answer)
{
    PFAST_IO_DISPATCH Fast = Service->DeviceObject->DriverObject->FastIoDispatch;
    BOOLEAN Done = FALSE;
    if (Service->FileObject->PrivateCacheMap == NULL || !Service->Synchronous || Fast == NULL) {
        return FALSE;
    }
    PFAST_IO_READ Read = Fast->FastIoRead;
    PFAST_IO_WRITE WriteRoutine = Fast->FastIoWrite;
    KeEnterCriticalRegion();
    if (Write && WriteRoutine != NULL) {
        Done = WriteRoutine(Service->FileObject, &Arguments->Offset, Arguments->Length, TRUE, Arguments->Key,
                            Arguments->Buffer, Answer, Service->DeviceObject);
    } else if (!Write && Read != NULL) {
        Done = Read(Service->FileObject, &Arguments->Offset, Arguments->Length, TRUE, Arguments->Key,
                    Arguments->Buffer, Answer, Service->DeviceObject);
    }
    KeLeaveCriticalRegion();
    return Done && (NT_SUCCESS(Answer->Status) || Answer->Status == STATUS_BUFFER_OVERFLOW ||
                    Answer->Status == STATUS_END_OF_FILE);
}

static NTSTATUS IopSendTransfer(PIOP_SERVICE Service, const IOP_TRANSFER *Transfer,
                                const IOP_TRANSFER_ARGUMENTS *Arguments, PIO_APC_ROUTINE ApcRoutine,
                                PVOID ApcContext)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PIRP Irp = IopAllocateServiceIrp(Service, Transfer->MajorFunction, Arguments->IoStatusBlock, ApcRoutine,
                                     ApcContext);
    if (Irp == NULL) {
        IopEndService(Service);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Irp->Flags |= Transfer->IrpFlags;
    if (Service->FileObject->Flags & FO_NO_INTERMEDIATE_BUFFERING) {
        Irp->Flags |= IRP_NOCACHE;
    }
    if (Transfer->MajorFunction == IRP_MJ_WRITE && (Service->FileObject->Flags & FO_WRITE_THROUGH)) {
        Stack->Flags |= SL_WRITE_THROUGH;
    }
    if (Arguments->HasKey) {
        Stack->Flags |= SL_KEY_SPECIFIED;
    }
    // Read and Write have the same layout.
    Stack->Parameters.Read.Length = Arguments->Length;
    Stack->Parameters.Read.Key = Arguments->Key;
    Stack->Parameters.Read.ByteOffset = Arguments->Offset;
    __try {
        IopSetTransferBuffer(Irp, Service->DeviceObject, Transfer->MajorFunction, Arguments->Buffer,
                             Arguments->Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        IopAbandonServiceIrp(Service, Irp);
        return Status;
    }
    return IopSendRequest(Service, Irp, FALSE);
}

static NTSTATUS IopTransfer(const IOP_TRANSFER *Transfer, HANDLE FileHandle, HANDLE Event,
                            PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                            PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    IOP_SERVICE Service;
    IO_STATUS_BLOCK Answer;
    BOOLEAN Write = Transfer->MajorFunction == IRP_MJ_WRITE;
    IOP_TRANSFER_ARGUMENTS Arguments = {.IoStatusBlock = IoStatusBlock, .Buffer = Buffer, .Length = Length};
    NTSTATUS Status = IopCaptureTransfer(&Arguments, ByteOffset, Key, Write, KeGetPreviousMode());
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopBeginService(&Service, FileHandle, Transfer->AllOf, Transfer->AnyOf, Event);
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    Status = IopResolveOffset(&Service, &Arguments, Write);
    if (NT_SUCCESS(Status)) {
        Status = IopCheckAlignment(&Service, &Arguments, Write);
    }
    if (!NT_SUCCESS(Status)) {
        IopEndService(&Service);
        return Status;
    }
    if (IopTryFastTransfer(&Service, &Arguments, Write, &Answer)) {
        return IopAnswerService(&Service, IoStatusBlock, &Answer);
    }
    return IopSendTransfer(&Service, Transfer, &Arguments, ApcRoutine, ApcContext);
}

NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                          PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                          PLARGE_INTEGER ByteOffset, PULONG Key)
{
    return IopTransfer(&IopRead, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length,
                       ByteOffset, Key);
}

KI_DEFINE_ZW(ReadFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
              PULONG Key),
             (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key))

NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                           PLARGE_INTEGER ByteOffset, PULONG Key)
{
    return IopTransfer(&IopWrite, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length,
                       ByteOffset, Key);
}

KI_DEFINE_ZW(WriteFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
              PULONG Key),
             (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key))
