// SPDX-License-Identifier: MIT
// The data of a request, whichever way it is transferred: input that its sender cannot change any more,
// output that can be written.
#include "device/device.h"
#include "runtime/mapping-priority.h"

#define METHOD(Code) ((Code) & 3)

static BOOLEAN IsUser(PKM_REQUEST Request)
{
    return Request->Irp->RequestorMode != KernelMode;
}

// Copies the input to memory of the request's own. The source is the sender's: it may be no memory at all.
static NTSTATUS CopyInput(PKM_REQUEST Request, const VOID *Source, ULONG Bytes, BOOLEAN Probe)
{
    NTSTATUS Status = STATUS_SUCCESS;

    Request->Copy = Bytes <= sizeof(Request->InlineCopy)
                        ? (PVOID)Request->InlineCopy
                        : KmAllocUninitialized(&Request->Device->Memory, Bytes);
    if (Request->Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        if (Probe) {
            ProbeForRead((PVOID)(ULONG_PTR)Source, Bytes, 1);
        }
        RtlCopyMemory(Request->Copy, Source, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        KmpReleaseBuffers(Request);
        return Status;
    }
    Request->Input = Request->Copy;
    return STATUS_SUCCESS;
}

static PVOID MapPages(PMDL Mdl)
{
    return MmGetSystemAddressForMdlSafe(Mdl, KmpMappingPriority());
}

// Locks the sender's pages as METHOD_OUT_DIRECT has them.
static NTSTATUS LockOutput(PKM_REQUEST Request, ULONG Bytes)
{
    PMDL Mdl = IoAllocateMdl(Request->Irp->UserBuffer, Bytes, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(Mdl, Request->Irp->RequestorMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        IoFreeMdl(Mdl);
        return Status;
    }
    Request->OutputMdl = Mdl;
    return STATUS_SUCCESS;
}

// The request's own MDL is not put into the IRP: the device below has to find that as its sender has left it.
// For a request that was pending the pages are locked already.
static NTSTATUS PrepareOutput(PKM_REQUEST Request, ULONG Bytes, BOOLEAN Lock)
{
    NTSTATUS Status;

    Request->OutputBytes = Bytes;
    if (Bytes == 0) {
        return STATUS_SUCCESS;
    }
    if (Lock && Request->OutputMdl == NULL) {
        Status = LockOutput(Request, Bytes);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Request->Output = MapPages(Lock ? Request->OutputMdl : Request->Irp->MdlAddress);
    return Request->Output != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

// Of a request that was pending the input has been kept. Copied: the source is not the request's alone.
static NTSTATUS PrepareInput(PKM_REQUEST Request, const VOID *Source, ULONG Bytes, BOOLEAN Copied,
                             BOOLEAN Probe)
{
    Request->InputBytes = Bytes;
    if (Bytes == 0) {
        return STATUS_SUCCESS;
    }
    KmpTakeKeptInput(Request);
    if (Request->Copy != NULL) {
        Request->Input = Request->Copy;
        return STATUS_SUCCESS;
    }
    if (Copied) {
        return CopyInput(Request, Source, Bytes, Probe);
    }
    Request->Input = Source;
    return STATUS_SUCCESS;
}

static NTSTATUS PrepareBuffered(PKM_REQUEST Request, ULONG InputBytes, ULONG OutputBytes)
{
    PVOID Buffer = Request->Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = PrepareInput(Request, Buffer, InputBytes, OutputBytes != 0, FALSE);

    if (NT_SUCCESS(Status) && OutputBytes != 0) {
        // What the handler does not write must not come back as what the pool held before.
        RtlZeroMemory(Buffer, OutputBytes);
        Request->Output = Buffer;
        Request->OutputBytes = OutputBytes;
    }
    return Status;
}

static NTSTATUS PrepareControl(PKM_REQUEST Request)
{
    PIO_STACK_LOCATION Stack = Request->Stack;
    ULONG InputBytes = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG OutputBytes = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    NTSTATUS Status;

    switch (METHOD(Stack->Parameters.DeviceIoControl.IoControlCode)) {
    case METHOD_BUFFERED: return PrepareBuffered(Request, InputBytes, OutputBytes);
    case METHOD_NEITHER:
        Status = PrepareInput(Request, Stack->Parameters.DeviceIoControl.Type3InputBuffer, InputBytes, TRUE,
                              IsUser(Request));
        return NT_SUCCESS(Status) ? PrepareOutput(Request, OutputBytes, TRUE) : Status;
    default:
        Status = PrepareInput(Request, Request->Irp->AssociatedIrp.SystemBuffer, InputBytes, FALSE, FALSE);
        return NT_SUCCESS(Status) ? PrepareOutput(Request, OutputBytes, FALSE) : Status;
    }
}

static NTSTATUS PrepareRead(PKM_REQUEST Request)
{
    ULONG Bytes = Request->Stack->Parameters.Read.Length;
    ULONG Flags = Request->Device->DeviceObject->Flags;

    if (Flags & DO_BUFFERED_IO) {
        return PrepareBuffered(Request, 0, Bytes);
    }
    // Of a device that does neither, an MDL is there if a driver above has locked the pages.
    return PrepareOutput(Request, Bytes, (Flags & DO_DIRECT_IO) == 0 && Request->Irp->MdlAddress == NULL);
}

static NTSTATUS PrepareWrite(PKM_REQUEST Request)
{
    ULONG Bytes = Request->Stack->Parameters.Write.Length;
    ULONG Flags = Request->Device->DeviceObject->Flags;
    PVOID Mapped;

    if (Flags & DO_BUFFERED_IO) {
        return PrepareBuffered(Request, Bytes, 0);
    }
    if ((Flags & DO_DIRECT_IO) == 0) {
        return PrepareInput(Request, Request->Irp->UserBuffer, Bytes, TRUE, IsUser(Request));
    }
    Mapped = Bytes != 0 ? MapPages(Request->Irp->MdlAddress) : NULL;
    if (Bytes != 0 && Mapped == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return PrepareInput(Request, Mapped, Bytes, FALSE, FALSE);
}

NTSTATUS KmpPrepareBuffers(PKM_REQUEST Request)
{
    NTSTATUS Status;

    switch (Request->Stack->MajorFunction) {
    case IRP_MJ_READ: Status = PrepareRead(Request); break;
    case IRP_MJ_WRITE: Status = PrepareWrite(Request); break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: Status = PrepareControl(Request); break;
    default: return STATUS_SUCCESS;
    }
    if (!NT_SUCCESS(Status)) {
        KmpReleaseBuffers(Request);
    }
    return Status;
}

VOID KmpRestoreBuffers(PKM_REQUEST Request)
{
    PVOID SystemBuffer = Request->Irp->AssociatedIrp.SystemBuffer;

    if (Request->Copy != NULL && Request->Output != NULL && Request->Output == SystemBuffer) {
        RtlCopyMemory(SystemBuffer, Request->Copy, Request->InputBytes);
    }
}

NTSTATUS KmpKeepInput(PKM_REQUEST Request)
{
    PVOID Kept = Request->Copy;

    if (Kept == (PVOID)Request->InlineCopy) {
        Kept = KmAllocUninitialized(&Request->Device->Memory, Request->InputBytes);
        if (Kept == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(Kept, Request->Copy, Request->InputBytes);
    }
    Request->Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_INPUT] = Kept;
    return STATUS_SUCCESS;
}

VOID KmpTakeKeptInput(PKM_REQUEST Request)
{
    Request->Copy = Request->Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_INPUT];
    Request->Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_INPUT] = NULL;
}

VOID KmpReleaseBuffers(PKM_REQUEST Request)
{
    if (Request->OutputMdl != NULL) {
        MmUnlockPages(Request->OutputMdl);
        IoFreeMdl(Request->OutputMdl);
        Request->OutputMdl = NULL;
        Request->Output = NULL;
    }
    if (Request->Copy != NULL && Request->Copy != (PVOID)Request->InlineCopy) {
        KmFree(&Request->Device->Memory, Request->Copy, Request->InputBytes);
    }
    Request->Copy = NULL;
}
