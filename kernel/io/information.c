// SPDX-License-Identifier: MIT
// What the requests about information by class have in common.
#include "inc/kernel.h"

static BOOLEAN IopIsQuery(UCHAR MajorFunction)
{
    return MajorFunction == IRP_MJ_QUERY_INFORMATION || MajorFunction == IRP_MJ_QUERY_VOLUME_INFORMATION;
}

NTSTATUS IopCheckClassRequest(const IOP_CLASS_REQUEST *Request, const IOP_CLASS *Classes, ULONG Count)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    if (Request->Class >= Count || Classes[Request->Class].Bytes == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Request->Length < Classes[Request->Class].Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if (Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    __try {
        IopProbeStatusBlock(Request->IoStatusBlock, Mode);
        if (IopIsQuery(Request->MajorFunction)) {
            ProbeForWrite(Request->Buffer, Request->Length, sizeof(ULONG));
        } else {
            ProbeForRead(Request->Buffer, Request->Length, sizeof(ULONG));
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS IopMakeClassIrp(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request, PIRP *Made)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PIRP Irp = IopAllocateServiceIrp(Service, Request->MajorFunction, Request->IoStatusBlock, NULL, NULL);
    if (Irp == NULL) {
        IopEndService(Service);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // The four have the same layout here.
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.QueryFile.Length = Request->Length;
    Stack->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS)Request->Class;
    __try {
        if (IopIsQuery(Request->MajorFunction)) {
            Irp->UserBuffer = Request->Buffer;
            IopSetSystemBuffer(Irp, NULL, 0, Request->Length);
            Irp->Flags |= IRP_INPUT_OPERATION;
            // A driver that leaves out what it does not support leaves zeroes.
            RtlZeroMemory(Irp->AssociatedIrp.SystemBuffer, Request->Length);
        } else {
            IopSetSystemBuffer(Irp, Request->Buffer, Request->Length, Request->Length);
        }
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

NTSTATUS IopAnswerQuery(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request, const VOID *Source,
                        ULONG Bytes)
{
    IO_STATUS_BLOCK Answer = {.Status = STATUS_SUCCESS, .Information = Bytes};
    __try {
        RtlCopyMemory(Request->Buffer, Source, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Answer.Status = GetExceptionCode();
        Answer.Information = 0;
    }
    if (NT_ERROR(Answer.Status)) {
        IopEndService(Service);
        return Answer.Status;
    }
    return IopAnswerService(Service, Request->IoStatusBlock, &Answer);
}
