// SPDX-License-Identifier: MIT
// Byte ranges of files, locked and unlocked by handle.
#include "inc/kernel.h"

typedef struct _IOP_RANGE {
    LARGE_INTEGER Offset, Length;
} IOP_RANGE;

static NTSTATUS IopCaptureRange(IOP_RANGE *Range, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                                PLARGE_INTEGER Length)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    __try {
        if (Mode != KernelMode) {
            IopProbeStatusBlock(IoStatusBlock, Mode);
            ProbeForRead(ByteOffset, sizeof(*ByteOffset), sizeof(ULONG));
            ProbeForRead(Length, sizeof(*Length), sizeof(ULONG));
        }
        Range->Offset = *ByteOffset;
        Range->Length = *Length;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

// On failure the service is over. STATUS_INSUFFICIENT_RESOURCES.
static NTSTATUS IopMakeLockIrp(PIOP_SERVICE Service, UCHAR MinorFunction, const IOP_RANGE *Range, ULONG Key,
                               PIO_STATUS_BLOCK IoStatusBlock, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                               PIRP *Made)
{
    PIRP Irp = IopAllocateServiceIrp(Service, IRP_MJ_LOCK_CONTROL, IoStatusBlock, ApcRoutine, ApcContext);
    if (Irp == NULL) {
        IopEndService(Service);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PLARGE_INTEGER Length = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Length), TAG_IO_BUFFER);
    if (Length == NULL) {
        IopAbandonServiceIrp(Service, Irp);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Length = Range->Length;
    Irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)Length;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = MinorFunction;
    Stack->Parameters.LockControl.Length = Length;
    Stack->Parameters.LockControl.Key = Key;
    Stack->Parameters.LockControl.ByteOffset = Range->Offset;
    *Made = Irp;
    return STATUS_SUCCESS;
}

static BOOLEAN IopHasFast(const FAST_IO_DISPATCH *Fast, ULONG Offset)
{
    return Fast != NULL && Fast->SizeOfFastIoDispatch > Offset &&
           *(const PVOID *)((const UCHAR *)Fast + Offset) != NULL;
}

static BOOLEAN IopTryFastLock(const IOP_SERVICE *Service, IOP_RANGE *Range, ULONG Key, BOOLEAN Immediately,
                              BOOLEAN Exclusive, PIO_STATUS_BLOCK Answer)
{
    PFAST_IO_DISPATCH Fast = Service->DeviceObject->DriverObject->FastIoDispatch;
    return IopHasFast(Fast, FIELD_OFFSET(FAST_IO_DISPATCH, FastIoLock)) &&
           Fast->FastIoLock(Service->FileObject, &Range->Offset, &Range->Length, PsGetCurrentProcess(), Key,
                            Immediately, Exclusive, Answer, Service->DeviceObject);
}

NTSTATUS NTAPI NtLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                          PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length,
                          ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock)
{
    PIRP Irp;
    IOP_RANGE Range;
    IOP_SERVICE Service;
    IO_STATUS_BLOCK Answer = {0};
    NTSTATUS Status = IopCaptureRange(&Range, IoStatusBlock, ByteOffset, Length);
    if (NT_SUCCESS(Status)) {
        Status = IopBeginService(&Service, FileHandle, 0, FILE_READ_DATA | FILE_WRITE_DATA, Event);
    }
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    if (IopTryFastLock(&Service, &Range, Key, FailImmediately, ExclusiveLock, &Answer)) {
        Service.FileObject->LockOperation = TRUE;
        return IopAnswerService(&Service, IoStatusBlock, &Answer);
    }
    Status = IopMakeLockIrp(&Service, IRP_MN_LOCK, &Range, Key, IoStatusBlock, ApcRoutine, ApcContext, &Irp);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    IoGetNextIrpStackLocation(Irp)->Flags =
        (UCHAR)((FailImmediately ? SL_FAIL_IMMEDIATELY : 0) | (ExclusiveLock ? SL_EXCLUSIVE_LOCK : 0));
    Service.FileObject->LockOperation = TRUE;
    return IopSendRequest(&Service, Irp, FALSE);
}

KI_DEFINE_ZW(LockFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key,
              BOOLEAN FailImmediately, BOOLEAN ExclusiveLock),
             (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, ByteOffset, Length, Key,
              FailImmediately, ExclusiveLock))

NTSTATUS NTAPI NtUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                            PLARGE_INTEGER Length, ULONG Key)
{
    PIRP Irp;
    IOP_RANGE Range;
    IOP_SERVICE Service;
    IO_STATUS_BLOCK Answer = {0};
    NTSTATUS Status = IopCaptureRange(&Range, IoStatusBlock, ByteOffset, Length);
    if (NT_SUCCESS(Status)) {
        Status = IopBeginService(&Service, FileHandle, 0, FILE_READ_DATA | FILE_WRITE_DATA, NULL);
    }
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    PFAST_IO_DISPATCH Fast = Service.DeviceObject->DriverObject->FastIoDispatch;
    if (IopHasFast(Fast, FIELD_OFFSET(FAST_IO_DISPATCH, FastIoUnlockSingle)) &&
        Fast->FastIoUnlockSingle(Service.FileObject, &Range.Offset, &Range.Length, PsGetCurrentProcess(), Key,
                                 &Answer, Service.DeviceObject)) {
        return IopAnswerService(&Service, IoStatusBlock, &Answer);
    }
    Status = IopMakeLockIrp(&Service, IRP_MN_UNLOCK_SINGLE, &Range, Key, IoStatusBlock, NULL, NULL, &Irp);
    return NT_SUCCESS(Status) ? IopSendRequest(&Service, Irp, TRUE) : Status;
}

KI_DEFINE_ZW(UnlockFile,
             (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
              PLARGE_INTEGER Length, ULONG Key),
             (FileHandle, IoStatusBlock, ByteOffset, Length, Key))
