// SPDX-License-Identifier: MIT
// Object callbacks that take the right to terminate from handles to a protected process and its threads.
// Links with /integritycheck, without which Windows refuses the registration.
#include <ntifs.h>

#include "public.h"

#define PROTECT_DEVICE_NAME   L"\\Device\\Protect"
#define PROTECT_SYMBOLIC_LINK L"\\DosDevices\\Protect"
#define PROTECT_ALTITUDE      L"321000.7"

#ifndef PROCESS_TERMINATE
#define PROCESS_TERMINATE 0x0001
#endif

typedef struct _PROTECT_DEVICE {
    PVOID Registration;
    EX_PUSH_LOCK Lock; // guards what follows
    HANDLE ProcessId;  // of the protected process; NULL: none
    PFILE_OBJECT Owner;
    PROTECT_STATE State; // the counts, by interlocked operations
} PROTECT_DEVICE, *PPROTECT_DEVICE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD ProtectUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH ProtectCreateClose;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH_PAGED ProtectCleanup;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH_PAGED ProtectDeviceControl;
static OB_PREOP_CALLBACK_STATUS NTAPI ProtectPreOperation(_In_ PVOID RegistrationContext,
                                                          _Inout_ POB_PRE_OPERATION_INFORMATION Information);
static VOID NTAPI ProtectPostOperation(_In_ PVOID RegistrationContext,
                                       _In_ POB_POST_OPERATION_INFORMATION Information);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, ProtectUnload)
#pragma alloc_text(PAGE, ProtectCleanup)
#pragma alloc_text(PAGE, ProtectDeviceControl)
#endif

static NTSTATUS ProtectRegister(_Inout_ PPROTECT_DEVICE Protect)
{
    OB_OPERATION_REGISTRATION Operations[] = {
        {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, ProtectPreOperation,
         ProtectPostOperation},
        {PsThreadType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, ProtectPreOperation,
         ProtectPostOperation},
    };
    OB_CALLBACK_REGISTRATION Registration = {.Version = OB_FLT_REGISTRATION_VERSION,
                                             .OperationRegistrationCount = RTL_NUMBER_OF(Operations),
                                             .Altitude = RTL_CONSTANT_STRING(PROTECT_ALTITUDE),
                                             .RegistrationContext = Protect,
                                             .OperationRegistration = Operations};

    return ObRegisterCallbacks(&Registration, &Protect->Registration);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(PROTECT_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(PROTECT_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject;
    PPROTECT_DEVICE Protect;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = IoCreateDevice(DriverObject, sizeof(PROTECT_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Protect = DeviceObject->DeviceExtension;
    ExInitializePushLock(&Protect->Lock);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = ProtectCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = ProtectCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = ProtectCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ProtectDeviceControl;
    DriverObject->DriverUnload = ProtectUnload;

    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    // Last: from now on it is called.
    Status = ProtectRegister(Protect);
    if (!NT_SUCCESS(Status)) {
        goto DeleteLink;
    }
    return STATUS_SUCCESS;

DeleteLink:
    IoDeleteSymbolicLink(&LinkName);
DeleteDevice:
    IoDeleteDevice(DeviceObject);
    return Status;
}

_Use_decl_annotations_ static VOID ProtectUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(PROTECT_SYMBOLIC_LINK);
    PPROTECT_DEVICE Protect = DriverObject->DeviceObject->DeviceExtension;

    PAGED_CODE();
    ObUnRegisterCallbacks(Protect->Registration); // waits for callbacks that run
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

// ---- The callbacks --------------------------------------------------------------------------------------

static HANDLE ProtectGetProcessId(_Inout_ PPROTECT_DEVICE Protect)
{
    HANDLE ProcessId;

    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Protect->Lock);
    ProcessId = Protect->ProcessId;
    ExReleasePushLockShared(&Protect->Lock);
    KeLeaveCriticalRegion();
    return ProcessId;
}

// Whether the handle is one to the protected process or a thread of it, asked for by another one's user mode.
static BOOLEAN ProtectConcerns(_Inout_ PPROTECT_DEVICE Protect, _In_ POBJECT_TYPE Type, _In_ PVOID Object)
{
    PEPROCESS Process = Type == *PsProcessType ? Object : IoThreadToProcess(Object);

    return Process != PsGetCurrentProcess() && PsGetProcessId(Process) == ProtectGetProcessId(Protect);
}

// PASSIVE_LEVEL, in the context of who asks.
_Use_decl_annotations_ static OB_PREOP_CALLBACK_STATUS NTAPI
ProtectPreOperation(PVOID RegistrationContext, POB_PRE_OPERATION_INFORMATION Information)
{
    PPROTECT_DEVICE Protect = RegistrationContext;
    ACCESS_MASK Terminate = Information->ObjectType == *PsProcessType ? PROCESS_TERMINATE : THREAD_TERMINATE;
    ACCESS_MASK Original;
    PACCESS_MASK Desired;

    Information->CallContext = NULL;
    if (Information->KernelHandle ||
        !ProtectConcerns(Protect, Information->ObjectType, Information->Object)) {
        return OB_PREOP_SUCCESS;
    }
    if (Information->Operation == OB_OPERATION_HANDLE_CREATE) {
        Desired = &Information->Parameters->CreateHandleInformation.DesiredAccess;
        Original = Information->Parameters->CreateHandleInformation.OriginalDesiredAccess;
        InterlockedIncrement((PLONG)&Protect->State.Created);
    } else {
        Desired = &Information->Parameters->DuplicateHandleInformation.DesiredAccess;
        Original = Information->Parameters->DuplicateHandleInformation.OriginalDesiredAccess;
        InterlockedIncrement((PLONG)&Protect->State.Duplicated);
    }
    if (Original & Terminate) {
        InterlockedIncrement((PLONG)&Protect->State.Stripped);
    }
    *Desired &= ~Terminate;
    Information->CallContext = UlongToPtr(Terminate); // what may not be in it
    return OB_PREOP_SUCCESS;
}

_Use_decl_annotations_ static VOID NTAPI ProtectPostOperation(PVOID RegistrationContext,
                                                              POB_POST_OPERATION_INFORMATION Information)
{
    PPROTECT_DEVICE Protect = RegistrationContext;
    ACCESS_MASK Granted;

    if (Information->CallContext == NULL || !NT_SUCCESS(Information->ReturnStatus)) {
        return;
    }
    Granted = Information->Operation == OB_OPERATION_HANDLE_CREATE
                  ? Information->Parameters->CreateHandleInformation.GrantedAccess
                  : Information->Parameters->DuplicateHandleInformation.GrantedAccess;
    InterlockedIncrement((PLONG)&Protect->State.Granted);
    if (Granted & PtrToUlong(Information->CallContext)) {
        InterlockedIncrement((PLONG)&Protect->State.Wrong);
    }
}

// ---- Dispatch routines ----------------------------------------------------------------------------------

static NTSTATUS ProtectComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS ProtectCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return ProtectComplete(Irp, STATUS_SUCCESS, 0);
}

// Owner takes over, or lays down; STATUS_DEVICE_BUSY: another one has it.
static NTSTATUS ProtectSet(_Inout_ PPROTECT_DEVICE Protect, _In_ PFILE_OBJECT Owner,
                           _In_opt_ HANDLE ProcessId)
{
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Protect->Lock);
    if (Protect->Owner != NULL && Protect->Owner != Owner) {
        Status = STATUS_DEVICE_BUSY;
    } else {
        Protect->ProcessId = ProcessId;
        Protect->Owner = ProcessId == NULL ? NULL : Owner;
    }
    ExReleasePushLockExclusive(&Protect->Lock);
    KeLeaveCriticalRegion();
    return Status;
}

_Use_decl_annotations_ static NTSTATUS ProtectCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PAGED_CODE();
    (VOID) ProtectSet(DeviceObject->DeviceExtension, IoGetCurrentIrpStackLocation(Irp)->FileObject, NULL);
    return ProtectComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS ProtectDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPROTECT_DEVICE Protect = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PEPROCESS Process;
    HANDLE ProcessId;
    NTSTATUS Status;

    PAGED_CODE();
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PROTECT_PROCESS:
        if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(ULONG64)) {
            return ProtectComplete(Irp, STATUS_INVALID_PARAMETER, 0);
        }
        ProcessId = (HANDLE) * (PULONG64)Irp->AssociatedIrp.SystemBuffer;
        Status = PsLookupProcessByProcessId(ProcessId, &Process);
        if (!NT_SUCCESS(Status)) {
            return ProtectComplete(Irp, Status, 0);
        }
        ObDereferenceObject(Process);
        return ProtectComplete(Irp, ProtectSet(Protect, Stack->FileObject, ProcessId), 0);
    case IOCTL_PROTECT_QUERY:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(PROTECT_STATE)) {
            return ProtectComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        *(PROTECT_STATE *)Irp->AssociatedIrp.SystemBuffer = Protect->State;
        return ProtectComplete(Irp, STATUS_SUCCESS, sizeof(PROTECT_STATE));
    default: return ProtectComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
