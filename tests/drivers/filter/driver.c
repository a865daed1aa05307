// SPDX-License-Identifier: MIT
// A filter attached over the cipher device, with a control device of its own: it counts what passes, sees it
// come back by completion routines, and refuses a code that it is told to.
#include <ntddk.h>

#include "public.h"

#define FILTER_POOL_TAG      'tliF'
#define FILTER_TARGET        L"\\Device\\Cipher"
#define FILTER_CONTROL_NAME  L"\\Device\\CipherFilter"
#define FILTER_SYMBOLIC_LINK L"\\DosDevices\\CipherFilter"

typedef enum _FILTER_DEVICE_KIND { FilterControlDevice, FilterAttachedDevice } FILTER_DEVICE_KIND;

// What both device objects' extensions begin with.
typedef struct _FILTER_COMMON {
    FILTER_DEVICE_KIND Kind;
} FILTER_COMMON, *PFILTER_COMMON;

typedef struct _FILTER_DEVICE {
    FILTER_COMMON Common;
    PDEVICE_OBJECT LowerDevice;
    IO_REMOVE_LOCK RemoveLock; // held by each request that is below: the filter is not detached before
    KSPIN_LOCK Lock;           // guards what follows
    ULONG RefusedCode;
    FILTER_STATISTICS Statistics;
} FILTER_DEVICE, *PFILTER_DEVICE;

typedef struct _FILTER_CONTROL {
    FILTER_COMMON Common;
    PFILTER_DEVICE Filter;
} FILTER_CONTROL, *PFILTER_CONTROL;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD FilterUnload;
static DRIVER_DISPATCH FilterDispatch;
static IO_COMPLETION_ROUTINE FilterCreateCompleted, FilterControlCompleted;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, FilterUnload)
#endif

static NTSTATUS FilterAttach(_In_ PDRIVER_OBJECT DriverObject, _Out_ PDEVICE_OBJECT *FilterObject);
static VOID FilterDetach(_In_ PDEVICE_OBJECT FilterObject);

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING ControlName = RTL_CONSTANT_STRING(FILTER_CONTROL_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(FILTER_SYMBOLIC_LINK);
    PDEVICE_OBJECT ControlObject, FilterObject;
    PFILTER_CONTROL Control;
    NTSTATUS Status;
    ULONG Major;

    UNREFERENCED_PARAMETER(RegistryPath);

    // Whatever comes has to be handed on, also what this filter knows nothing of.
    for (Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major += 1) {
        DriverObject->MajorFunction[Major] = FilterDispatch;
    }
    DriverObject->DriverUnload = FilterUnload;

    Status = IoCreateDevice(DriverObject, sizeof(FILTER_CONTROL), &ControlName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &ControlObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Control = ControlObject->DeviceExtension;
    Control->Common.Kind = FilterControlDevice;

    Status = FilterAttach(DriverObject, &FilterObject);
    if (!NT_SUCCESS(Status)) {
        goto DeleteControlDevice;
    }
    Control->Filter = FilterObject->DeviceExtension;

    // Last: from here on somebody may open it.
    Status = IoCreateSymbolicLink(&LinkName, &ControlName);
    if (!NT_SUCCESS(Status)) {
        goto Detach;
    }
    return STATUS_SUCCESS;

Detach:
    FilterDetach(FilterObject);
DeleteControlDevice:
    IoDeleteDevice(ControlObject);
    return Status;
}

static NTSTATUS FilterAttach(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT *FilterObject)
{
    UNICODE_STRING TargetName = RTL_CONSTANT_STRING(FILTER_TARGET);
    PDEVICE_OBJECT TargetObject;
    PFILE_OBJECT FileObject;
    PFILTER_DEVICE Filter;
    NTSTATUS Status;

    Status = IoGetDeviceObjectPointer(&TargetName, FILE_READ_ATTRIBUTES, &FileObject, &TargetObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateDevice(DriverObject, sizeof(FILTER_DEVICE), NULL, TargetObject->DeviceType,
                            TargetObject->Characteristics & FILE_DEVICE_SECURE_OPEN, FALSE, FilterObject);
    if (!NT_SUCCESS(Status)) {
        goto Dereference;
    }
    Filter = (*FilterObject)->DeviceExtension;
    Filter->Common.Kind = FilterAttachedDevice;
    KeInitializeSpinLock(&Filter->Lock);
    IoInitializeRemoveLock(&Filter->RemoveLock, FILTER_POOL_TAG, 0, 0);

    // Buffers are made as the device below wants them.
    (*FilterObject)->Flags |= TargetObject->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    Status = IoAttachDeviceToDeviceStackSafe(*FilterObject, TargetObject, &Filter->LowerDevice);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(*FilterObject);
        goto Dereference;
    }
    (*FilterObject)->Flags &= ~DO_DEVICE_INITIALIZING;

Dereference:
    // The attachment keeps the device below from now on.
    ObDereferenceObject(FileObject);
    return Status;
}

// Waits for the requests that are below.
static VOID FilterDetach(PDEVICE_OBJECT FilterObject)
{
    PFILTER_DEVICE Filter = FilterObject->DeviceExtension;

    PAGED_CODE();
    IoDetachDevice(Filter->LowerDevice);
    if (NT_SUCCESS(IoAcquireRemoveLock(&Filter->RemoveLock, FilterObject))) {
        IoReleaseRemoveLockAndWait(&Filter->RemoveLock, FilterObject);
    }
    IoDeleteDevice(FilterObject);
}

_Use_decl_annotations_ static VOID FilterUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(FILTER_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject, Next;

    PAGED_CODE();
    IoDeleteSymbolicLink(&LinkName);
    for (DeviceObject = DriverObject->DeviceObject; DeviceObject != NULL; DeviceObject = Next) {
        Next = DeviceObject->NextDevice;
        if (((PFILTER_COMMON)DeviceObject->DeviceExtension)->Kind == FilterAttachedDevice) {
            FilterDetach(DeviceObject);
        } else {
            IoDeleteDevice(DeviceObject);
        }
    }
}

static NTSTATUS FilterComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// ---- The control device ---------------------------------------------------------------------------------

static NTSTATUS FilterDispatchControl(_In_ PFILTER_CONTROL Control, _In_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILTER_DEVICE Filter = Control->Filter;
    KIRQL OldIrql;

    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE: return FilterComplete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_DEVICE_CONTROL: break;
    default: return FilterComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_FILTER_QUERY:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(FILTER_STATISTICS)) {
            return FilterComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        KeAcquireSpinLock(&Filter->Lock, &OldIrql);
        *(FILTER_STATISTICS *)Irp->AssociatedIrp.SystemBuffer = Filter->Statistics;
        KeReleaseSpinLock(&Filter->Lock, OldIrql);
        return FilterComplete(Irp, STATUS_SUCCESS, sizeof(FILTER_STATISTICS));
    case IOCTL_FILTER_REFUSE:
        if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(ULONG)) {
            return FilterComplete(Irp, STATUS_INVALID_PARAMETER, 0);
        }
        KeAcquireSpinLock(&Filter->Lock, &OldIrql);
        Filter->RefusedCode = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
        KeReleaseSpinLock(&Filter->Lock, OldIrql);
        return FilterComplete(Irp, STATUS_SUCCESS, 0);
    default: return FilterComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

// ---- The attached device --------------------------------------------------------------------------------

_Use_decl_annotations_ static NTSTATUS FilterCreateCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                                             PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned) {
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    }
    // FilterCreate goes on with the IRP, which is the filter's again.
    return STATUS_MORE_PROCESSING_REQUIRED;
}

// Hands the creation on, waits, and completes it when it knows how it went.
static NTSTATUS FilterCreate(_In_ PFILTER_DEVICE Filter, _In_ PIRP Irp)
{
    KEVENT Completed;
    NTSTATUS Status;
    KIRQL OldIrql;

    PAGED_CODE();
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, FilterCreateCompleted, &Completed, TRUE, TRUE, TRUE);
    Status = IoCallDriver(Filter->LowerDevice, Irp);
    if (Status == STATUS_PENDING) {
        (VOID) KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL);
        Status = Irp->IoStatus.Status;
    }
    if (NT_SUCCESS(Status)) {
        KeAcquireSpinLock(&Filter->Lock, &OldIrql);
        Filter->Statistics.Opened += 1;
        KeReleaseSpinLock(&Filter->Lock, OldIrql);
    }
    IoReleaseRemoveLock(&Filter->RemoveLock, Irp);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// IRQL <= DISPATCH_LEVEL: in whatever context it was completed.
_Use_decl_annotations_ static NTSTATUS FilterControlCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                                              PVOID Context)
{
    PFILTER_DEVICE Filter = Context;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(DeviceObject);
    KeAcquireSpinLock(&Filter->Lock, &OldIrql);
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        Filter->Statistics.Succeeded += 1;
    } else {
        Filter->Statistics.Failed += 1;
    }
    if (!NT_ERROR(Irp->IoStatus.Status)) {
        Filter->Statistics.Information += Irp->IoStatus.Information;
    }
    KeReleaseSpinLock(&Filter->Lock, OldIrql);
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    IoReleaseRemoveLock(&Filter->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS FilterDeviceControl(_In_ PFILTER_DEVICE Filter, _In_ PIRP Irp, _In_ PIO_STACK_LOCATION Stack)
{
    BOOLEAN Refused;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Filter->Lock, &OldIrql);
    Refused =
        Filter->RefusedCode != 0 && Filter->RefusedCode == Stack->Parameters.DeviceIoControl.IoControlCode;
    if (Refused) {
        Filter->Statistics.Refused += 1;
    } else {
        Filter->Statistics.Passed += 1;
    }
    KeReleaseSpinLock(&Filter->Lock, OldIrql);
    if (Refused) {
        IoReleaseRemoveLock(&Filter->RemoveLock, Irp);
        return FilterComplete(Irp, STATUS_ACCESS_DENIED, 0);
    }
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, FilterControlCompleted, Filter, TRUE, TRUE, TRUE);
    return IoCallDriver(Filter->LowerDevice, Irp);
}

static NTSTATUS FilterPass(_In_ PFILTER_DEVICE Filter, _In_ PIRP Irp)
{
    NTSTATUS Status;

    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Filter->LowerDevice, Irp);
    // The IRP may be gone: as a tag alone.
    IoReleaseRemoveLock(&Filter->RemoveLock, Irp);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS FilterDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFILTER_DEVICE Filter = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    KIRQL OldIrql;

    if (Filter->Common.Kind == FilterControlDevice) {
        return FilterDispatchControl(DeviceObject->DeviceExtension, Irp);
    }
    Status = IoAcquireRemoveLock(&Filter->RemoveLock, Irp);
    if (!NT_SUCCESS(Status)) {
        return FilterComplete(Irp, Status, 0);
    }
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: return FilterCreate(Filter, Irp);
    case IRP_MJ_DEVICE_CONTROL: return FilterDeviceControl(Filter, Irp, Stack);
    case IRP_MJ_CLOSE:
        KeAcquireSpinLock(&Filter->Lock, &OldIrql);
        Filter->Statistics.Closed += 1;
        KeReleaseSpinLock(&Filter->Lock, OldIrql);
        return FilterPass(Filter, Irp);
    default: return FilterPass(Filter, Irp);
    }
}
