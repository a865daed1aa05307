// SPDX-License-Identifier: MIT
// Requests: those that wait for the engine, the one that it computes for, and its memory.
#include "engine.h"

static IO_CSQ_INSERT_IRP_EX EngineInsertWaiting, EngineInsertRunning;
static IO_CSQ_REMOVE_IRP EngineRemoveWaiting, EngineRemoveRunning;
static IO_CSQ_PEEK_NEXT_IRP EnginePeekWaiting, EnginePeekRunning;
static IO_CSQ_ACQUIRE_LOCK EngineAcquireWaiting, EngineAcquireRunning;
static IO_CSQ_RELEASE_LOCK EngineReleaseWaiting, EngineReleaseRunning;
static IO_CSQ_COMPLETE_CANCELED_IRP EngineCancelWaiting, EngineCancelRunning;

static VOID EngineEnd(_Inout_ PENGINE Engine, _Inout_ PIRP Irp, _In_ NTSTATUS Status,
                      _In_ ULONG_PTR Information)
{
    EngineComplete(Irp, Status, Information);
    IoReleaseRemoveLock(&Engine->RemoveLock, Irp);
}

// ---- The queue of those that wait

_Use_decl_annotations_ static NTSTATUS EngineInsertWaiting(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    PENGINE Engine = CONTAINING_RECORD(Csq, ENGINE, Waiting);
    UNREFERENCED_PARAMETER(InsertContext);
    if (Engine->State == EngineRemoved) {
        return STATUS_DEVICE_REMOVED;
    }
    InsertTailList(&Engine->WaitingList, &Irp->Tail.Overlay.ListEntry);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID EngineRemoveWaiting(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

_Use_decl_annotations_ static PIRP EnginePeekWaiting(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PENGINE Engine = CONTAINING_RECORD(Csq, ENGINE, Waiting);
    UNREFERENCED_PARAMETER(PeekContext);
    PLIST_ENTRY Next = Irp == NULL ? Engine->WaitingList.Flink : Irp->Tail.Overlay.ListEntry.Flink;
    return Next != &Engine->WaitingList ? CONTAINING_RECORD(Next, IRP, Tail.Overlay.ListEntry) : NULL;
}

_Use_decl_annotations_ static VOID EngineAcquireWaiting(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, ENGINE, Waiting)->Lock, Irql);
}

_Use_decl_annotations_ static VOID EngineReleaseWaiting(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, ENGINE, Waiting)->Lock, Irql);
}

_Use_decl_annotations_ static VOID EngineCancelWaiting(PIO_CSQ Csq, PIRP Irp)
{
    EngineEnd(CONTAINING_RECORD(Csq, ENGINE, Waiting), Irp, STATUS_CANCELLED, 0);
}

// ---- The one that the engine computes for, which may be cancelled as well: the result is then nobody's

_Use_decl_annotations_ static NTSTATUS EngineInsertRunning(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    UNREFERENCED_PARAMETER(InsertContext);
    CONTAINING_RECORD(Csq, ENGINE, Running)->RunningIrp = Irp;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID EngineRemoveRunning(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Irp);
    CONTAINING_RECORD(Csq, ENGINE, Running)->RunningIrp = NULL;
}

_Use_decl_annotations_ static PIRP EnginePeekRunning(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    UNREFERENCED_PARAMETER(PeekContext);
    return Irp == NULL ? CONTAINING_RECORD(Csq, ENGINE, Running)->RunningIrp : NULL;
}

_Use_decl_annotations_ static VOID EngineAcquireRunning(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, ENGINE, Running)->Lock, Irql);
}

_Use_decl_annotations_ static VOID EngineReleaseRunning(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, ENGINE, Running)->Lock, Irql);
}

_Use_decl_annotations_ static VOID EngineCancelRunning(PIO_CSQ Csq, PIRP Irp)
{
    EngineEnd(CONTAINING_RECORD(Csq, ENGINE, Running), Irp, STATUS_CANCELLED, 0);
}

_Use_decl_annotations_ NTSTATUS EngineInitializeQueues(PENGINE Engine)
{
    KeInitializeSpinLock(&Engine->Lock);
    InitializeListHead(&Engine->WaitingList);
    NTSTATUS Status =
        IoCsqInitializeEx(&Engine->Waiting, EngineInsertWaiting, EngineRemoveWaiting, EnginePeekWaiting,
                          EngineAcquireWaiting, EngineReleaseWaiting, EngineCancelWaiting);
    if (NT_SUCCESS(Status)) {
        Status =
            IoCsqInitializeEx(&Engine->Running, EngineInsertRunning, EngineRemoveRunning, EnginePeekRunning,
                              EngineAcquireRunning, EngineReleaseRunning, EngineCancelRunning);
    }
    return Status;
}

// ---- What the engine does

// TRUE: there may be a request for it, and it is this caller's to start.
static BOOLEAN EngineTake(_Inout_ PENGINE Engine)
{
    KIRQL Irql;
    KeAcquireSpinLock(&Engine->Lock, &Irql);
    const BOOLEAN Taken =
        Engine->State == EngineStarted && !Engine->Busy && !IsListEmpty(&Engine->WaitingList);
    Engine->Busy = Engine->Busy || Taken;
    KeReleaseSpinLock(&Engine->Lock, Irql);
    return Taken;
}

static VOID EngineRelease(_Inout_ PENGINE Engine)
{
    KIRQL Irql;
    KeAcquireSpinLock(&Engine->Lock, &Irql);
    Engine->Busy = FALSE;
    KeReleaseSpinLock(&Engine->Lock, Irql);
}

_Use_decl_annotations_ VOID EngineStartNext(PENGINE Engine)
{
    PIRP Irp = NULL;
    KIRQL Irql;
    while (EngineTake(Engine)) {
        Irp = IoCsqRemoveNextIrp(&Engine->Waiting, NULL);
        if (Irp != NULL) {
            break;
        }
        EngineRelease(Engine); // it was cancelled in between
    }
    if (Irp == NULL) {
        return;
    }
    const ULONG Operand = *(ULONG *)Irp->AssociatedIrp.SystemBuffer;
    IoCsqInsertIrpEx(&Engine->Running, Irp, &Engine->RunningContext, NULL);
    KeAcquireSpinLock(&Engine->Lock, &Irql);
    const BOOLEAN Started = Engine->State == EngineStarted;
    if (Started) {
        WRITE_REGISTER_ULONG((PULONG)(Engine->Registers + FACTORIAL_OPERAND), Operand);
    }
    KeReleaseSpinLock(&Engine->Lock, Irql);
    if (!Started) {
        // Removed in between, and perhaps nobody has seen the request.
        Irp = IoCsqRemoveIrp(&Engine->Running, &Engine->RunningContext);
        if (Irp != NULL) {
            EngineEnd(Engine, Irp, STATUS_DEVICE_REMOVED, 0);
        }
        EngineRelease(Engine);
    }
}

_Use_decl_annotations_ VOID EngineDpcForIsr(PKDPC Dpc, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PENGINE Engine = DeviceObject->DeviceExtension;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    // It interrupts once for each operand, and gets the next one behind this.
    const ULONG64 Result = Engine->Result;
    Irp = IoCsqRemoveIrp(&Engine->Running, &Engine->RunningContext);
    if (Irp != NULL) {
        *(ULONG64 *)Irp->AssociatedIrp.SystemBuffer = Result;
        InterlockedIncrement(&Engine->Computed);
        EngineEnd(Engine, Irp, STATUS_SUCCESS, sizeof(ULONG64));
    }
    EngineRelease(Engine);
    EngineStartNext(Engine);
}

_Use_decl_annotations_ BOOLEAN EnginePause(PENGINE Engine, BOOLEAN ForGood)
{
    KIRQL Irql;
    KeAcquireSpinLock(&Engine->Lock, &Irql);
    const BOOLEAN Idle = !Engine->Busy || (ForGood && Engine->RunningIrp == NULL);
    if (Idle && Engine->State == EngineStarted) {
        Engine->State = EnginePaused;
    }
    KeReleaseSpinLock(&Engine->Lock, Irql);
    return Idle;
}

_Use_decl_annotations_ VOID EngineSetState(PENGINE Engine, ENGINE_STATE State)
{
    KIRQL Irql;
    KeAcquireSpinLock(&Engine->Lock, &Irql);
    Engine->State = State;
    KeReleaseSpinLock(&Engine->Lock, Irql);
}

_Use_decl_annotations_ VOID EngineFailRequests(PENGINE Engine)
{
    PIRP Irp = IoCsqRemoveIrp(&Engine->Running, &Engine->RunningContext);
    if (Irp != NULL) {
        EngineEnd(Engine, Irp, STATUS_DEVICE_REMOVED, 0);
    }
    while ((Irp = IoCsqRemoveNextIrp(&Engine->Waiting, NULL)) != NULL) {
        EngineEnd(Engine, Irp, STATUS_DEVICE_REMOVED, 0);
    }
}

// ---- Dispatch

static NTSTATUS EngineCompute(_Inout_ PENGINE Engine, _Inout_ PIRP Irp)
{
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(ULONG) ||
        *(ULONG *)Irp->AssociatedIrp.SystemBuffer > FACTORIAL_LARGEST) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG64)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    IoMarkIrpPending(Irp);
    Status = IoCsqInsertIrpEx(&Engine->Waiting, Irp, NULL, NULL);
    if (NT_SUCCESS(Status)) {
        EngineStartNext(Engine);
    } else {
        EngineEnd(Engine, Irp, Status, 0);
    }
    return STATUS_PENDING;
}

_Use_decl_annotations_ NTSTATUS EngineDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PENGINE Engine = DeviceObject->DeviceExtension;
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    FACTORIAL_COUNTS *Counts = Irp->AssociatedIrp.SystemBuffer;
    ULONG_PTR Information = 0;
    NTSTATUS Status = IoAcquireRemoveLock(&Engine->RemoveLock, Irp);

    if (!NT_SUCCESS(Status)) {
        return EngineComplete(Irp, Status, 0);
    }
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_FACTORIAL_COMPUTE:
        Status = EngineCompute(Engine, Irp);
        if (Status == STATUS_PENDING) {
            return Status;
        }
        break;
    case IOCTL_FACTORIAL_COUNT:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*Counts)) {
            Status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        Counts->Interrupts = Engine->Interrupts;
        Counts->Served = Engine->Served;
        Counts->Computed = Engine->Computed;
        Counts->Messages = Engine->Messages != NULL ? Engine->Messages->MessageCount : 0;
        Information = sizeof(*Counts);
        break;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    EngineEnd(Engine, Irp, Status, Information);
    return Status;
}

// The buffer of a request whose length lies in the engine's memory.
static NTSTATUS EngineBufferOf(_In_ PIRP Irp, _In_ LONGLONG Offset, _In_ ULONG Length, _Out_ PVOID *Buffer)
{
    *Buffer = NULL;
    if (Offset < 0 || Offset > FACTORIAL_MEMORY_BYTES || Length > (ULONG)(FACTORIAL_MEMORY_BYTES - Offset)) {
        return STATUS_INVALID_PARAMETER;
    }
    *Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    return *Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

_Use_decl_annotations_ NTSTATUS EngineReadWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PENGINE Engine = DeviceObject->DeviceExtension;
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    const BOOLEAN Read = Stack->MajorFunction == IRP_MJ_READ;
    // The two requests have their parameters in the same place.
    const ULONG Length = Stack->Parameters.Read.Length;
    const LONGLONG Offset = Stack->Parameters.Read.ByteOffset.QuadPart;
    PVOID Buffer;
    NTSTATUS Status = IoAcquireRemoveLock(&Engine->RemoveLock, Irp);

    if (!NT_SUCCESS(Status)) {
        return EngineComplete(Irp, Status, 0);
    }
    Status = Length != 0 ? EngineBufferOf(Irp, Offset, Length, &Buffer) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status) && Length != 0) {
        ExAcquireFastMutex(&Engine->MemoryMutex);
        if (Engine->Memory == NULL) {
            Status = STATUS_DEVICE_NOT_READY;
        } else if (Read) {
            READ_REGISTER_BUFFER_UCHAR(Engine->Memory + Offset, Buffer, Length);
        } else {
            WRITE_REGISTER_BUFFER_UCHAR(Engine->Memory + Offset, Buffer, Length);
        }
        ExReleaseFastMutex(&Engine->MemoryMutex);
    }
    EngineEnd(Engine, Irp, Status, NT_SUCCESS(Status) ? Length : 0);
    return Status;
}
