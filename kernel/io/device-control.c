// SPDX-License-Identifier: MIT
// Control requests by handle.
#include "inc/kernel.h"

typedef struct _IOP_CONTROL {
    ULONG Code;
    PVOID Input, Output;
    ULONG InputLength, OutputLength;
} IOP_CONTROL, *PIOP_CONTROL;

// The rights that an IOCTL's code asks for: its bits are named after the two rights.
static ACCESS_MASK IopRequiredAccess(ULONG IoControlCode)
{
    ULONG Access = (IoControlCode >> 14) & 3;
    return (Access & FILE_READ_ACCESS ? FILE_READ_DATA : 0) |
           (Access & FILE_WRITE_ACCESS ? FILE_WRITE_DATA : 0);
}

C_ASSERT(FILE_READ_ACCESS == 1 && FILE_WRITE_ACCESS == 2);

static NTSTATUS IopProbeControl(PIOP_CONTROL Control, PIO_STATUS_BLOCK IoStatusBlock, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Method = METHOD_FROM_CTL_CODE(Control->Code);
    // The length of a buffer that is not there is nobody's. (ZwFsControlFile)
    if (Method != METHOD_NEITHER && Control->Input == NULL) {
        Control->InputLength = 0;
    }
    if (Method != METHOD_NEITHER && Control->Output == NULL) {
        Control->OutputLength = 0;
    }
    if (Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    __try {
        IopProbeStatusBlock(IoStatusBlock, Mode);
        if (Method != METHOD_NEITHER) {
            ProbeForRead(Control->Input, Control->InputLength, 1);
            // A direct method's output is probed as it is locked.
            if (Method == METHOD_BUFFERED) {
                ProbeForWrite(Control->Output, Control->OutputLength, 1);
            }
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

// TRUE: the driver has done it without an IRP.
static BOOLEAN IopTryFastControl(const IOP_SERVICE *Service, const IOP_CONTROL *Control,
                                 PIO_STATUS_BLOCK Answer)
{
    PFAST_IO_DISPATCH Fast = Service->DeviceObject->DriverObject->FastIoDispatch;
    if (Fast == NULL || Fast->SizeOfFastIoDispatch <= FIELD_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl) ||
        Fast->FastIoDeviceControl == NULL) {
        return FALSE;
    }
    return Fast->FastIoDeviceControl(Service->FileObject, TRUE, Control->Input, Control->InputLength,
                                     Control->Output, Control->OutputLength, Control->Code, Answer,
                                     Service->DeviceObject);
}

static NTSTATUS IopSendControl(PIOP_SERVICE Service, UCHAR MajorFunction, const IOP_CONTROL *Control,
                               PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PIRP Irp = IopAllocateServiceIrp(Service, MajorFunction, IoStatusBlock, ApcRoutine, ApcContext);
    if (Irp == NULL) {
        IopEndService(Service);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // DeviceIoControl and FileSystemControl have the same layout.
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.DeviceIoControl.OutputBufferLength = Control->OutputLength;
    Stack->Parameters.DeviceIoControl.InputBufferLength = Control->InputLength;
    Stack->Parameters.DeviceIoControl.IoControlCode = Control->Code;
    Stack->MinorFunction = IRP_MN_USER_FS_REQUEST; // which is 0, as a device control's is
    if (Service->GrantedAccess & FILE_READ_DATA) {
        Stack->Flags |= SL_READ_ACCESS_GRANTED;
    }
    if (Service->GrantedAccess & FILE_WRITE_DATA) {
        Stack->Flags |= SL_WRITE_ACCESS_GRANTED;
    }
    __try {
        IopSetControlBuffers(Irp, Control->Code, Control->Input, Control->InputLength, Control->Output,
                             Control->OutputLength);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        IopAbandonServiceIrp(Service, Irp);
        return Status;
    }
    return IopSendRequest(Service, Irp, FALSE);
}

static NTSTATUS IopControl(UCHAR MajorFunction, HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                           PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PIOP_CONTROL Control)
{
    IOP_SERVICE Service;
    IO_STATUS_BLOCK Answer = {0};
    NTSTATUS Status = IopProbeControl(Control, IoStatusBlock, KeGetPreviousMode());
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopBeginService(&Service, FileHandle, IopRequiredAccess(Control->Code), 0, Event);
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    if (MajorFunction == IRP_MJ_DEVICE_CONTROL && IopTryFastControl(&Service, Control, &Answer)) {
        return IopAnswerService(&Service, IoStatusBlock, &Answer);
    }
    return IopSendControl(&Service, MajorFunction, Control, ApcRoutine, ApcContext, IoStatusBlock);
}

NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                     PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode,
                                     PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                                     ULONG OutputBufferLength)
{
    IOP_CONTROL Control = {IoControlCode, InputBuffer, OutputBuffer, InputBufferLength, OutputBufferLength};
    return IopControl(IRP_MJ_DEVICE_CONTROL, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                      &Control);
}

KI_DEFINE_ZW(DeviceIoControlFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength,
              PVOID OutputBuffer, ULONG OutputBufferLength),
             (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, IoControlCode, InputBuffer,
              InputBufferLength, OutputBuffer, OutputBufferLength))

NTSTATUS NTAPI NtFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                               PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer,
                               ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength)
{
    IOP_CONTROL Control = {FsControlCode, InputBuffer, OutputBuffer, InputBufferLength, OutputBufferLength};
    return IopControl(IRP_MJ_FILE_SYSTEM_CONTROL, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                      &Control);
}

KI_DEFINE_ZW(FsControlFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength,
              PVOID OutputBuffer, ULONG OutputBufferLength),
             (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FsControlCode, InputBuffer,
              InputBufferLength, OutputBuffer, OutputBufferLength))

NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN IsControl =
        Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL || Stack->MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL;
    if (RequiredAccess & ~(ULONG)(FILE_READ_ACCESS | FILE_WRITE_ACCESS) || !IsControl) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Irp->RequestorMode == KernelMode) {
        return STATUS_SUCCESS;
    }
    if (((RequiredAccess & FILE_READ_ACCESS) && !(Stack->Flags & SL_READ_ACCESS_GRANTED)) ||
        ((RequiredAccess & FILE_WRITE_ACCESS) && !(Stack->Flags & SL_WRITE_ACCESS_GRANTED))) {
        return STATUS_ACCESS_DENIED;
    }
    return STATUS_SUCCESS;
}
