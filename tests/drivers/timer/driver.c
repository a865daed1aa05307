// SPDX-License-Identifier: MIT
// Timers and DPCs: a periodic timer whose DPC ends the requests that wait for its beats, with cancel routines
// of the driver's own; a high-resolution timer; DPCs for certain processors.
#include <ntddk.h>

#include "public.h"

#define METRONOME_POOL_TAG      'rteM'
#define METRONOME_DEVICE_NAME   L"\\Device\\Metronome"
#define METRONOME_SYMBOLIC_LINK L"\\DosDevices\\Metronome"

typedef struct _METRONOME_DEVICE {
    KTIMER Timer;
    KDPC BeatDpc;
    PEX_TIMER AfterTimer;

    KSPIN_LOCK Lock; // guards what follows
    BOOLEAN Beating;
    ULONG64 StartTime; // interrupt time, 100 ns
    METRONOME_BEATS_KEPT Beats;
    LIST_ENTRY Waiting; // IRPs, by Tail.Overlay.ListEntry, with a cancel routine each
    PIRP After;         // with a cancel routine
    ULONG64 AfterTime;
} METRONOME_DEVICE, *PMETRONOME_DEVICE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD MetronomeUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH MetronomeCreateClose;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH MetronomeCleanup;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH MetronomeDeviceControl;
static DRIVER_CANCEL MetronomeCancelWait, MetronomeCancelAfter;
static KDEFERRED_ROUTINE MetronomeBeat, MetronomeRoundDpc, MetronomeThreadedDpc;
static EXT_CALLBACK MetronomeAfterExpired;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, MetronomeUnload)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(METRONOME_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(METRONOME_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject;
    PMETRONOME_DEVICE Metronome;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = IoCreateDevice(DriverObject, sizeof(METRONOME_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Metronome = DeviceObject->DeviceExtension;
    KeInitializeSpinLock(&Metronome->Lock);
    InitializeListHead(&Metronome->Waiting);
    KeInitializeTimerEx(&Metronome->Timer, SynchronizationTimer);
    KeInitializeDpc(&Metronome->BeatDpc, MetronomeBeat, Metronome);
    Metronome->AfterTimer = ExAllocateTimer(MetronomeAfterExpired, Metronome, EX_TIMER_HIGH_RESOLUTION);
    if (Metronome->AfterTimer == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto DeleteDevice;
    }

    DriverObject->MajorFunction[IRP_MJ_CREATE] = MetronomeCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = MetronomeCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = MetronomeCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = MetronomeDeviceControl;
    DriverObject->DriverUnload = MetronomeUnload;

    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto DeleteTimer;
    }
    return STATUS_SUCCESS;

DeleteTimer:
    ExDeleteTimer(Metronome->AfterTimer, TRUE, TRUE, NULL);
DeleteDevice:
    IoDeleteDevice(DeviceObject);
    return Status;
}

_Use_decl_annotations_ static VOID MetronomeUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(METRONOME_SYMBOLIC_LINK);
    PMETRONOME_DEVICE Metronome = DriverObject->DeviceObject->DeviceExtension;

    PAGED_CODE();
    IoDeleteSymbolicLink(&LinkName);
    // The DPC may have been queued before: both timer and queue have to be empty of it.
    KeCancelTimer(&Metronome->Timer);
    KeFlushQueuedDpcs();
    ExDeleteTimer(Metronome->AfterTimer, TRUE, TRUE, NULL);
    NT_ASSERT(IsListEmpty(&Metronome->Waiting) && Metronome->After == NULL);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS MetronomeComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// Completes the requests of List, whose cancel routines are off.
static VOID MetronomeCompleteList(_Inout_ PLIST_ENTRY List, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    while (!IsListEmpty(List)) {
        (VOID) MetronomeComplete(CONTAINING_RECORD(RemoveHeadList(List), IRP, Tail.Overlay.ListEntry), Status,
                                 Information);
    }
}

static ULONG MetronomeMicrosecondsSince(_In_ ULONG64 Time)
{
    return (ULONG)((KeQueryInterruptTime() - Time) / 10);
}

// ---- Beats ----------------------------------------------------------------------------------------------

// DISPATCH_LEVEL.
_Use_decl_annotations_ static VOID MetronomeBeat(PKDPC Dpc, PVOID DeferredContext, PVOID Argument1,
                                                 PVOID Argument2)
{
    PMETRONOME_DEVICE Metronome = DeferredContext;
    LIST_ENTRY Ready, *Entry, *Next;
    PIRP Irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    InitializeListHead(&Ready);

    KeAcquireSpinLockAtDpcLevel(&Metronome->Lock);
    if (Metronome->Beats.Count < METRONOME_BEATS) {
        Metronome->Beats.Times[Metronome->Beats.Count] = MetronomeMicrosecondsSince(Metronome->StartTime);
    }
    Metronome->Beats.Count += 1;
    for (Entry = Metronome->Waiting.Flink; Entry != &Metronome->Waiting; Entry = Next) {
        Next = Entry->Flink;
        Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (*(PULONG)Irp->AssociatedIrp.SystemBuffer > Metronome->Beats.Count) {
            continue;
        }
        // The I/O manager has taken a routine that is gone, and calls it when the lock is free: the IRP is
        // its.
        if (IoSetCancelRoutine(Irp, NULL) != NULL) {
            RemoveEntryList(Entry);
            InsertTailList(&Ready, Entry);
            *(PULONG)Irp->AssociatedIrp.SystemBuffer = Metronome->Beats.Count;
        }
    }
    KeReleaseSpinLockFromDpcLevel(&Metronome->Lock);

    MetronomeCompleteList(&Ready, STATUS_SUCCESS, sizeof(ULONG));
}

_Use_decl_annotations_ static VOID MetronomeCancelWait(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PMETRONOME_DEVICE Metronome = DeviceObject->DeviceExtension;
    KIRQL OldIrql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Metronome->Lock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Metronome->Lock, OldIrql);
    (VOID) MetronomeComplete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS MetronomeStart(_Inout_ PMETRONOME_DEVICE Metronome, _In_ ULONG Period)
{
    LARGE_INTEGER Due;
    BOOLEAN Beating;
    KIRQL OldIrql;

    if (Period == 0 || Period > 10000) {
        return STATUS_INVALID_PARAMETER;
    }
    Due.QuadPart = -10000LL * Period;
    KeAcquireSpinLock(&Metronome->Lock, &OldIrql);
    Beating = Metronome->Beating;
    if (!Beating) {
        Metronome->Beating = TRUE;
        Metronome->StartTime = KeQueryInterruptTime();
        RtlZeroMemory(&Metronome->Beats, sizeof(Metronome->Beats));
        // The period begins with the count: nobody may beat in between.
        KeSetTimerEx(&Metronome->Timer, Due, (LONG)Period, &Metronome->BeatDpc);
    }
    KeReleaseSpinLock(&Metronome->Lock, OldIrql);
    return Beating ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;
}

static NTSTATUS MetronomeStop(_Inout_ PMETRONOME_DEVICE Metronome, _Out_ METRONOME_BEATS_KEPT *Beats)
{
    BOOLEAN Beating;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Metronome->Lock, &OldIrql);
    Beating = Metronome->Beating;
    KeReleaseSpinLock(&Metronome->Lock, OldIrql);
    if (!Beating) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    KeCancelTimer(&Metronome->Timer);
    KeFlushQueuedDpcs();
    KeAcquireSpinLock(&Metronome->Lock, &OldIrql);
    Metronome->Beating = FALSE;
    *Beats = Metronome->Beats;
    KeReleaseSpinLock(&Metronome->Lock, OldIrql);
    return STATUS_SUCCESS;
}

// Queues the IRP, or answers it at once.
static NTSTATUS MetronomeWait(_Inout_ PMETRONOME_DEVICE Metronome, _In_ PIRP Irp)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&Metronome->Lock, &OldIrql);
    if (*(PULONG)Irp->AssociatedIrp.SystemBuffer <= Metronome->Beats.Count) {
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = Metronome->Beats.Count;
        KeReleaseSpinLock(&Metronome->Lock, OldIrql);
        return MetronomeComplete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    }
    IoMarkIrpPending(Irp);
    InsertTailList(&Metronome->Waiting, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, MetronomeCancelWait);
    // It may have been cancelled before there was a routine to call. If there is none any more, it is being
    // called.
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&Metronome->Lock, OldIrql);
        (VOID) MetronomeComplete(Irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    KeReleaseSpinLock(&Metronome->Lock, OldIrql);
    return STATUS_PENDING;
}

// ---- One delay, by a high-resolution timer --------------------------------------------------------------

// DISPATCH_LEVEL.
_Use_decl_annotations_ static VOID MetronomeAfterExpired(PEX_TIMER Timer, PVOID Context)
{
    PMETRONOME_DEVICE Metronome = Context;
    ULONG Took = 0;
    PIRP Irp;

    UNREFERENCED_PARAMETER(Timer);
    KeAcquireSpinLockAtDpcLevel(&Metronome->Lock);
    Irp = Metronome->After;
    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) != NULL) {
        Metronome->After = NULL;
        Took = MetronomeMicrosecondsSince(Metronome->AfterTime);
    } else {
        Irp = NULL; // its cancel routine runs, or has run
    }
    KeReleaseSpinLockFromDpcLevel(&Metronome->Lock);
    if (Irp != NULL) {
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = Took;
        (VOID) MetronomeComplete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    }
}

_Use_decl_annotations_ static VOID MetronomeCancelAfter(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PMETRONOME_DEVICE Metronome = DeviceObject->DeviceExtension;
    KIRQL OldIrql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Metronome->Lock, &OldIrql);
    // The next delay sets the timer anew.
    ExCancelTimer(Metronome->AfterTimer, NULL);
    Metronome->After = NULL;
    KeReleaseSpinLock(&Metronome->Lock, OldIrql);
    (VOID) MetronomeComplete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS MetronomeAfter(_Inout_ PMETRONOME_DEVICE Metronome, _In_ PIRP Irp)
{
    ULONG Delay = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Metronome->Lock, &OldIrql);
    if (Metronome->After != NULL) {
        KeReleaseSpinLock(&Metronome->Lock, OldIrql);
        return MetronomeComplete(Irp, STATUS_DEVICE_BUSY, 0);
    }
    IoMarkIrpPending(Irp);
    Metronome->After = Irp;
    Metronome->AfterTime = KeQueryInterruptTime();
    IoSetCancelRoutine(Irp, MetronomeCancelAfter);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        Metronome->After = NULL;
        KeReleaseSpinLock(&Metronome->Lock, OldIrql);
        (VOID) MetronomeComplete(Irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    ExSetTimer(Metronome->AfterTimer, -10LL * Delay, 0, NULL);
    KeReleaseSpinLock(&Metronome->Lock, OldIrql);
    return STATUS_PENDING;
}

// ---- DPCs for each processor ----------------------------------------------------------------------------

typedef struct _METRONOME_ROUND {
    KEVENT Done;
    LONG Left; // DPCs that have not run
    METRONOME_ROUND_ANSWER *Answer;
    KDPC Threaded;
    KDPC Dpcs[METRONOME_PROCESSORS];
} METRONOME_ROUND, *PMETRONOME_ROUND;

static VOID MetronomeRoundDone(_Inout_ PMETRONOME_ROUND Round)
{
    if (InterlockedDecrement(&Round->Left) == 0) {
        KeSetEvent(&Round->Done, IO_NO_INCREMENT, FALSE);
    }
}

// DISPATCH_LEVEL, on the processor that it was queued for.
_Use_decl_annotations_ static VOID MetronomeRoundDpc(PKDPC Dpc, PVOID DeferredContext, PVOID Argument1,
                                                     PVOID Argument2)
{
    PMETRONOME_ROUND Round = DeferredContext;
    ULONG Index = PtrToUlong(Argument1);

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument2);
    Round->Answer->RanOn[Index] = (UCHAR)KeGetCurrentProcessorNumberEx(NULL);
    Round->Answer->Irql[Index] = KeGetCurrentIrql();
    MetronomeRoundDone(Round);
}

// PASSIVE_LEVEL, or DISPATCH_LEVEL where threaded DPCs are off.
_Use_decl_annotations_ static VOID MetronomeThreadedDpc(PKDPC Dpc, PVOID DeferredContext, PVOID Argument1,
                                                        PVOID Argument2)
{
    PMETRONOME_ROUND Round = DeferredContext;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Round->Answer->ThreadedAtPassive = KeGetCurrentIrql() == PASSIVE_LEVEL;
    MetronomeRoundDone(Round);
}

static NTSTATUS MetronomeRunRound(_Out_ METRONOME_ROUND_ANSWER *Answer)
{
    ULONG Count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), Index;
    PROCESSOR_NUMBER Number;
    PMETRONOME_ROUND Round;
    NTSTATUS Status;
    KIRQL OldIrql;

    if (Count > METRONOME_PROCESSORS) {
        return STATUS_NOT_SUPPORTED;
    }
    Round = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Round), METRONOME_POOL_TAG);
    if (Round == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Answer, sizeof(*Answer));
    Answer->Processors = Count;
    Round->Answer = Answer;
    Round->Left = (LONG)Count + 1;
    KeInitializeEvent(&Round->Done, NotificationEvent, FALSE);
    KeInitializeThreadedDpc(&Round->Threaded, MetronomeThreadedDpc, Round);
    for (Index = 0; Index < Count; Index += 1) {
        KeInitializeDpc(&Round->Dpcs[Index], MetronomeRoundDpc, Round);
        Status = KeGetProcessorNumberFromIndex(Index, &Number);
        if (NT_SUCCESS(Status)) {
            Status = KeSetTargetProcessorDpcEx(&Round->Dpcs[Index], &Number);
        }
        if (!NT_SUCCESS(Status)) {
            ExFreePoolWithTag(Round, METRONOME_POOL_TAG);
            return Status; // nothing is queued yet
        }
        KeSetImportanceDpc(&Round->Dpcs[Index], Index % 2 == 0 ? HighImportance : MediumHighImportance);
    }
    // At DISPATCH_LEVEL this processor's own cannot run between the two calls.
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Index = KeGetCurrentProcessorNumberEx(NULL);
    KeInsertQueueDpc(&Round->Dpcs[Index], UlongToPtr(Index), NULL);
    Answer->QueuedTwice = KeInsertQueueDpc(&Round->Dpcs[Index], UlongToPtr(Index), NULL);
    for (ULONG Other = 0; Other < Count; Other += 1) {
        if (Other != Index) {
            KeInsertQueueDpc(&Round->Dpcs[Other], UlongToPtr(Other), NULL);
        }
    }
    KeInsertQueueDpc(&Round->Threaded, NULL, NULL);
    KeLowerIrql(OldIrql);
    (VOID) KeWaitForSingleObject(&Round->Done, Executive, KernelMode, FALSE, NULL);
    // The last one may still be in its last instructions, which touch Round.
    KeFlushQueuedDpcs();
    ExFreePoolWithTag(Round, METRONOME_POOL_TAG);
    return STATUS_SUCCESS;
}

// ---- Dispatch routines ----------------------------------------------------------------------------------

_Use_decl_annotations_ static NTSTATUS MetronomeCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return MetronomeComplete(Irp, STATUS_SUCCESS, 0);
}

// Whatever of the file's waits for beats, which may never come, is cancelled.
_Use_decl_annotations_ static NTSTATUS MetronomeCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PMETRONOME_DEVICE Metronome = DeviceObject->DeviceExtension;
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    LIST_ENTRY Ready, *Entry, *Next;
    KIRQL OldIrql;

    InitializeListHead(&Ready);
    KeAcquireSpinLock(&Metronome->Lock, &OldIrql);
    for (Entry = Metronome->Waiting.Flink; Entry != &Metronome->Waiting; Entry = Next) {
        PIRP Waiting = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        Next = Entry->Flink;
        if (IoGetCurrentIrpStackLocation(Waiting)->FileObject == FileObject &&
            IoSetCancelRoutine(Waiting, NULL) != NULL) {
            RemoveEntryList(Entry);
            InsertTailList(&Ready, Entry);
        }
    }
    KeReleaseSpinLock(&Metronome->Lock, OldIrql);
    MetronomeCompleteList(&Ready, STATUS_CANCELLED, 0);
    return MetronomeComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS MetronomeDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PMETRONOME_DEVICE Metronome = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG Output = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG Information = 0;
    NTSTATUS Status;

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_METRONOME_START:
        Status = Input == sizeof(ULONG) ? MetronomeStart(Metronome, *(PULONG)Irp->AssociatedIrp.SystemBuffer)
                                        : STATUS_INVALID_PARAMETER;
        break;
    case IOCTL_METRONOME_STOP:
        Information = sizeof(METRONOME_BEATS_KEPT);
        Status = Output < Information ? STATUS_BUFFER_TOO_SMALL
                                      : MetronomeStop(Metronome, Irp->AssociatedIrp.SystemBuffer);
        break;
    case IOCTL_METRONOME_WAIT:
        if (Input == sizeof(ULONG) && Output == sizeof(ULONG)) {
            return MetronomeWait(Metronome, Irp);
        }
        Status = STATUS_INVALID_PARAMETER;
        break;
    case IOCTL_METRONOME_AFTER:
        if (Input == sizeof(ULONG) && Output == sizeof(ULONG)) {
            return MetronomeAfter(Metronome, Irp);
        }
        Status = STATUS_INVALID_PARAMETER;
        break;
    case IOCTL_METRONOME_ROUND:
        Information = sizeof(METRONOME_ROUND_ANSWER);
        Status = Output < Information ? STATUS_BUFFER_TOO_SMALL
                                      : MetronomeRunRound(Irp->AssociatedIrp.SystemBuffer);
        break;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    return MetronomeComplete(Irp, Status, NT_SUCCESS(Status) ? Information : 0);
}
