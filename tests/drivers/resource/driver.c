// SPDX-License-Identifier: MIT
// System threads that take requests from a kernel queue and share what an ERESOURCE guards.
#include <ntifs.h> // KQUEUE

#include "public.h"

#define LEDGER_POOL_TAG      'rgdL'
#define LEDGER_DEVICE_NAME   L"\\Device\\Ledger"
#define LEDGER_SYMBOLIC_LINK L"\\DosDevices\\Ledger"

typedef struct _LEDGER_WORKER {
    struct _LEDGER_DEVICE *Ledger;
    ULONG Number;
    PETHREAD Thread;
    LIST_ENTRY Stop; // what ends it, in the queue
} LEDGER_WORKER, *PLEDGER_WORKER;

typedef struct _LEDGER_DEVICE {
    KQUEUE Queue; // of IRPs, by Tail.Overlay.ListEntry, and of Stop entries
    ULONG WorkerCount;
    LEDGER_WORKER Workers[LEDGER_WORKERS];
    LONG Jobs, Recursive, Wrong;
    ERESOURCE Resource; // guards the accounts
    LONG Accounts[LEDGER_ACCOUNTS];
} LEDGER_DEVICE, *PLEDGER_DEVICE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD LedgerUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH LedgerCreateClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH_PAGED LedgerDeviceControl;
static KSTART_ROUTINE LedgerWorkerThread;

static NTSTATUS LedgerStartWorkers(_Inout_ PLEDGER_DEVICE Ledger);
static VOID LedgerStopWorkers(_Inout_ PLEDGER_DEVICE Ledger);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, LedgerUnload)
#pragma alloc_text(PAGE, LedgerStartWorkers)
#pragma alloc_text(PAGE, LedgerStopWorkers)
#pragma alloc_text(PAGE, LedgerDeviceControl)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(LEDGER_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(LEDGER_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject;
    PLEDGER_DEVICE Ledger;
    NTSTATUS Status;
    ULONG Index;

    UNREFERENCED_PARAMETER(RegistryPath);

    // The device extension is nonpaged, as a resource and a queue have to be.
    Status = IoCreateDevice(DriverObject, sizeof(LEDGER_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Ledger = DeviceObject->DeviceExtension;
    for (Index = 0; Index < LEDGER_ACCOUNTS; Index += 1) {
        Ledger->Accounts[Index] = LEDGER_START;
    }
    KeInitializeQueue(&Ledger->Queue, 0); // as many threads at a time as there are processors
    Status = ExInitializeResourceLite(&Ledger->Resource);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    Status = LedgerStartWorkers(Ledger);
    if (!NT_SUCCESS(Status)) {
        goto DeleteResource;
    }

    DriverObject->MajorFunction[IRP_MJ_CREATE] = LedgerCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = LedgerCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = LedgerDeviceControl;
    DriverObject->DriverUnload = LedgerUnload;

    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto StopWorkers;
    }
    return STATUS_SUCCESS;

StopWorkers:
    LedgerStopWorkers(Ledger);
DeleteResource:
    ExDeleteResourceLite(&Ledger->Resource);
DeleteDevice:
    IoDeleteDevice(DeviceObject);
    return Status;
}

_Use_decl_annotations_ static VOID LedgerUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(LEDGER_SYMBOLIC_LINK);
    PLEDGER_DEVICE Ledger = DriverObject->DeviceObject->DeviceExtension;

    PAGED_CODE();
    IoDeleteSymbolicLink(&LinkName);
    LedgerStopWorkers(Ledger);
    ExDeleteResourceLite(&Ledger->Resource);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS LedgerComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// ---- The threads ----------------------------------------------------------------------------------------

// All or none.
static NTSTATUS LedgerStartWorkers(PLEDGER_DEVICE Ledger)
{
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;
    HANDLE Handle;

    PAGED_CODE();
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    while (Ledger->WorkerCount < LEDGER_WORKERS) {
        PLEDGER_WORKER Worker = &Ledger->Workers[Ledger->WorkerCount];

        Worker->Ledger = Ledger;
        Worker->Number = Ledger->WorkerCount;
        Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, LedgerWorkerThread,
                                      Worker);
        if (!NT_SUCCESS(Status)) {
            LedgerStopWorkers(Ledger);
            return Status;
        }
        Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode,
                                           (PVOID *)&Worker->Thread, NULL);
        NT_ASSERT(NT_SUCCESS(Status));
        ZwClose(Handle);
        Ledger->WorkerCount += 1;
    }
    return STATUS_SUCCESS;
}

// Lets each end when what was queued before is done, and waits for it.
static VOID LedgerStopWorkers(PLEDGER_DEVICE Ledger)
{
    ULONG Index;

    PAGED_CODE();
    for (Index = 0; Index < Ledger->WorkerCount; Index += 1) {
        KeInsertQueue(&Ledger->Queue, &Ledger->Workers[Index].Stop);
    }
    while (Ledger->WorkerCount > 0) {
        PLEDGER_WORKER Worker = &Ledger->Workers[Ledger->WorkerCount - 1];

        (VOID) KeWaitForSingleObject(Worker->Thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Worker->Thread);
        Ledger->WorkerCount -= 1;
    }
    // Answers what is left in it; the driver is not unloaded while requests are.
    (VOID) KeRundownQueue(&Ledger->Queue);
}

static BOOLEAN LedgerIsStop(_In_ PLEDGER_DEVICE Ledger, _In_ PLIST_ENTRY Entry)
{
    return (ULONG_PTR)Entry >= (ULONG_PTR)Ledger->Workers &&
           (ULONG_PTR)Entry < (ULONG_PTR)(Ledger->Workers + LEDGER_WORKERS);
}

static VOID LedgerPause(_In_ ULONG Microseconds)
{
    LARGE_INTEGER Delay;

    if (Microseconds != 0) {
        Delay.QuadPart = -10LL * Microseconds;
        KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    }
}

// With the resource, shared or exclusive.
static LONG LedgerSumAccounts(_Inout_ PLEDGER_DEVICE Ledger, _In_ ULONG Pause)
{
    LONG Sum = 0;
    ULONG Index;

    NT_ASSERT(ExIsResourceAcquiredSharedLite(&Ledger->Resource) != 0);
    for (Index = 0; Index < LEDGER_ACCOUNTS; Index += 1) {
        if (Index == LEDGER_ACCOUNTS / 2) {
            LedgerPause(Pause); // a sum during which somebody moves is wrong
        }
        Sum += Ledger->Accounts[Index];
    }
    if (Sum != LEDGER_ACCOUNTS * LEDGER_START) {
        InterlockedIncrement(&Ledger->Wrong);
    }
    return Sum;
}

// With the resource, exclusive.
static VOID LedgerMoveAmount(_Inout_ PLEDGER_DEVICE Ledger, _In_ const LEDGER_JOB *Job)
{
    NT_ASSERT(ExIsResourceAcquiredExclusiveLite(&Ledger->Resource));
    Ledger->Accounts[Job->From] -= Job->Amount;
    LedgerPause(Job->Pause); // what is neither here nor there must not be seen
    Ledger->Accounts[Job->To] += Job->Amount;
}

// In a critical region.
static NTSTATUS LedgerCarryOut(_Inout_ PLEDGER_DEVICE Ledger, _In_ const LEDGER_JOB *Job,
                               _Inout_ LEDGER_ANSWER *Answer)
{
    switch (Job->Kind) {
    case LedgerSum:
        ExAcquireResourceSharedLite(&Ledger->Resource, TRUE);
        // Who has it shared has it again at once, whoever waits.
        if (ExAcquireSharedStarveExclusive(&Ledger->Resource, FALSE)) {
            InterlockedIncrement(&Ledger->Recursive);
            ExReleaseResourceLite(&Ledger->Resource);
        }
        break;
    case LedgerSumStarving: ExAcquireSharedStarveExclusive(&Ledger->Resource, TRUE); break;
    case LedgerSumLast: ExAcquireSharedWaitForExclusive(&Ledger->Resource, TRUE); break;
    case LedgerMove:
        ExAcquireResourceExclusiveLite(&Ledger->Resource, TRUE);
        LedgerMoveAmount(Ledger, Job);
        ExConvertExclusiveToSharedLite(&Ledger->Resource);
        break;
    case LedgerTryMove:
        if (!ExAcquireResourceExclusiveLite(&Ledger->Resource, FALSE)) {
            return STATUS_CANT_WAIT;
        }
        LedgerMoveAmount(Ledger, Job);
        break;
    default: return STATUS_INVALID_PARAMETER;
    }
    Answer->Sum =
        LedgerSumAccounts(Ledger, Job->Kind == LedgerMove || Job->Kind == LedgerTryMove ? 0 : Job->Pause);
    Answer->Order = (ULONG)InterlockedIncrement(&Ledger->Jobs);
    ExReleaseResourceLite(&Ledger->Resource);
    return STATUS_SUCCESS;
}

static VOID LedgerDoJob(_Inout_ PLEDGER_WORKER Worker, _In_ PIRP Irp)
{
    PLEDGER_DEVICE Ledger = Worker->Ledger;
    const LEDGER_JOB Job = *(LEDGER_JOB *)Irp->AssociatedIrp.SystemBuffer;
    LEDGER_ANSWER Answer = {.Worker = Worker->Number};
    NTSTATUS Status;

    KeEnterCriticalRegion();
    Status = LedgerCarryOut(Ledger, &Job, &Answer);
    KeLeaveCriticalRegion();
    *(LEDGER_ANSWER *)Irp->AssociatedIrp.SystemBuffer = Answer;
    (VOID) LedgerComplete(Irp, Status, NT_SUCCESS(Status) ? sizeof(Answer) : 0);
}

_Use_decl_annotations_ static VOID LedgerWorkerThread(PVOID StartContext)
{
    PLEDGER_WORKER Worker = StartContext;
    PLEDGER_DEVICE Ledger = Worker->Ledger;
    PLIST_ENTRY Entry;

    for (;;) {
        Entry = KeRemoveQueue(&Ledger->Queue, KernelMode, NULL);
        if (LedgerIsStop(Ledger, Entry)) {
            break; // whosever it was: there is one for each
        }
        LedgerDoJob(Worker, CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry));
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// ---- Dispatch routines ----------------------------------------------------------------------------------

_Use_decl_annotations_ static NTSTATUS LedgerCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return LedgerComplete(Irp, STATUS_SUCCESS, 0);
}

static VOID LedgerQuery(_Inout_ PLEDGER_DEVICE Ledger, _Out_ LEDGER_STATE *State)
{
    PAGED_CODE();
    ExEnterCriticalRegionAndAcquireResourceShared(&Ledger->Resource);
    RtlCopyMemory(State->Accounts, Ledger->Accounts, sizeof(State->Accounts));
    State->Jobs = (ULONG)Ledger->Jobs;
    State->Recursive = (ULONG)Ledger->Recursive;
    State->Wrong = (ULONG)Ledger->Wrong;
    State->Contention = Ledger->Resource.ContentionCount;
    ExReleaseResourceAndLeaveCriticalRegion(&Ledger->Resource);
}

_Use_decl_annotations_ static NTSTATUS LedgerDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PLEDGER_DEVICE Ledger = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG Output = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    const LEDGER_JOB *Job = Irp->AssociatedIrp.SystemBuffer;

    PAGED_CODE();
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_LEDGER_JOB:
        if (Input != sizeof(*Job) || Output != sizeof(LEDGER_ANSWER) || Job->From >= LEDGER_ACCOUNTS ||
            Job->To >= LEDGER_ACCOUNTS) {
            return LedgerComplete(Irp, STATUS_INVALID_PARAMETER, 0);
        }
        IoMarkIrpPending(Irp);
        KeInsertQueue(&Ledger->Queue, &Irp->Tail.Overlay.ListEntry);
        return STATUS_PENDING;
    case IOCTL_LEDGER_QUERY:
        if (Output < sizeof(LEDGER_STATE)) {
            return LedgerComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        LedgerQuery(Ledger, Irp->AssociatedIrp.SystemBuffer);
        return LedgerComplete(Irp, STATUS_SUCCESS, sizeof(LEDGER_STATE));
    default: return LedgerComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
