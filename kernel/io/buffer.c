// SPDX-License-Identifier: MIT
// The buffers of a request as its device wants them: copied, locked, or left as they are.
#include "inc/kernel.h"
#include "ex/pool.h"

VOID IopSetSystemBuffer(PIRP Irp, PVOID Source, ULONG SourceBytes, ULONG Bytes)
{
    PVOID Buffer =
        ExpAllocateForDriver(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED | POOL_FLAG_RAISE_ON_FAILURE |
                                 (Irp->RequestorMode != KernelMode ? POOL_FLAG_USE_QUOTA : 0),
                             Bytes, TAG_IO_BUFFER);
    Irp->AssociatedIrp.SystemBuffer = Buffer;
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (Source != NULL) {
        RtlCopyMemory(Buffer, Source, SourceBytes);
    }
}

static VOID IopSetMdl(PIRP Irp, PVOID Buffer, ULONG Length, LOCK_OPERATION Operation)
{
    PMDL Mdl = IoAllocateMdl(Buffer, Length, FALSE, Irp->RequestorMode != KernelMode, Irp);
    if (Mdl == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    MmProbeAndLockPages(Mdl, Irp->RequestorMode, Operation);
}

VOID IopSetTransferBuffer(PIRP Irp, PDEVICE_OBJECT DeviceObject, UCHAR MajorFunction, PVOID Buffer,
                          ULONG Length)
{
    BOOLEAN Write = MajorFunction == IRP_MJ_WRITE;
    if (DeviceObject->Flags & DO_BUFFERED_IO) {
        if (Length == 0) {
            return;
        }
        if (!Write) {
            Irp->UserBuffer = Buffer;
            Irp->Flags |= IRP_INPUT_OPERATION;
        }
        IopSetSystemBuffer(Irp, Write ? Buffer : NULL, Length, Length);
    } else if (DeviceObject->Flags & DO_DIRECT_IO) {
        if (Length != 0) {
            IopSetMdl(Irp, Buffer, Length, Write ? IoReadAccess : IoWriteAccess);
        }
    } else {
        Irp->UserBuffer = Buffer;
    }
}

VOID IopSetControlBuffers(PIRP Irp, ULONG IoControlCode, PVOID Input, ULONG InputLength, PVOID Output,
                          ULONG OutputLength)
{
    ULONG Method = METHOD_FROM_CTL_CODE(IoControlCode);
    if (Method == METHOD_NEITHER) {
        Irp->UserBuffer = Output;
        IoGetNextIrpStackLocation(Irp)->Parameters.DeviceIoControl.Type3InputBuffer = Input;
        return;
    }
    if (Method == METHOD_BUFFERED) {
        ULONG Bytes = max(InputLength, OutputLength);
        if (Bytes != 0) {
            Irp->UserBuffer = Output;
            if (Output != NULL) {
                Irp->Flags |= IRP_INPUT_OPERATION;
            }
            IopSetSystemBuffer(Irp, Input, InputLength, Bytes);
        }
        return;
    }
    if (Input != NULL && InputLength != 0) {
        IopSetSystemBuffer(Irp, Input, InputLength, InputLength);
    }
    if (Output != NULL && OutputLength != 0) {
        IopSetMdl(Irp, Output, OutputLength, Method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
    }
}
