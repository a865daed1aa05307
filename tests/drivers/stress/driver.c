// SPDX-License-Identifier: MIT
// System threads that send IRPs of their own to other drivers' devices, wait for them for a while, and cancel
// them.
#include <ntifs.h> // RtlRandomEx

#include "public.h"
#include "../ioctl/public.h"
#include "../queue/public.h"

#define STRESS_POOL_TAG      'srtS'
#define STRESS_DEVICE_NAME   L"\\Device\\Stress"
#define STRESS_SYMBOLIC_LINK L"\\DosDevices\\Stress"
#define STRESS_THREADS       16

typedef struct _STRESS_TARGET {
    PDEVICE_OBJECT DeviceObject;
    PFILE_OBJECT FileObject;
} STRESS_TARGET, *PSTRESS_TARGET;

// Of a run; the threads share the targets' file objects.
typedef struct _STRESS_CONTEXT {
    STRESS_TARGET Mailbox, Cipher;
    STRESS_RUN Run;
    STRESS_RESULT Result; // counted by interlocked operations
    LONG Numbers;         // that threads have taken
} STRESS_CONTEXT, *PSTRESS_CONTEXT;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD StressUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH StressCreateClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH_PAGED StressDeviceControl;
static IO_COMPLETION_ROUTINE StressCompleted;
static KSTART_ROUTINE StressThread;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, StressUnload)
#pragma alloc_text(PAGE, StressDeviceControl)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(STRESS_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(STRESS_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                            &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = StressCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = StressCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = StressDeviceControl;
    DriverObject->DriverUnload = StressUnload;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
    }
    return Status;
}

_Use_decl_annotations_ static VOID StressUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(STRESS_SYMBOLIC_LINK);

    PAGED_CODE();
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static VOID StressCount(_Inout_ PULONG Counter)
{
    InterlockedIncrement((PLONG)Counter);
}

// ---- Requests -------------------------------------------------------------------------------------------

typedef struct _STRESS_REQUEST {
    PIRP Irp;
    KEVENT Completed;
    UCHAR Buffer[MAILBOX_MESSAGE_BYTES];
} STRESS_REQUEST, *PSTRESS_REQUEST;

// The IRP stays the sender's, so that it can be cancelled at any time until it is freed.
_Use_decl_annotations_ static NTSTATUS StressCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

// Sends a read or write of Bytes, or the control code with so much input and output. FALSE: no memory. Ended
// by StressFinish.
static BOOLEAN StressSend(_Out_ PSTRESS_REQUEST Request, _In_ PSTRESS_TARGET Target, _In_ UCHAR MajorFunction,
                          _In_ ULONG Code, _In_ ULONG Bytes)
{
    PIO_STACK_LOCATION Stack;

    Request->Irp = IoAllocateIrp(Target->DeviceObject->StackSize, FALSE);
    if (Request->Irp == NULL) {
        return FALSE;
    }
    KeInitializeEvent(&Request->Completed, NotificationEvent, FALSE);
    Request->Irp->AssociatedIrp.SystemBuffer = Request->Buffer;
    Request->Irp->RequestorMode = KernelMode;
    Request->Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    Stack->MajorFunction = MajorFunction;
    Stack->FileObject = Target->FileObject;
    switch (MajorFunction) {
    case IRP_MJ_READ: Stack->Parameters.Read.Length = Bytes; break;
    case IRP_MJ_WRITE: Stack->Parameters.Write.Length = Bytes; break;
    default:
        Stack->Parameters.DeviceIoControl.IoControlCode = Code;
        Stack->Parameters.DeviceIoControl.InputBufferLength = Bytes;
        Stack->Parameters.DeviceIoControl.OutputBufferLength = Bytes;
        break;
    }
    IoSetCompletionRoutine(Request->Irp, StressCompleted, &Request->Completed, TRUE, TRUE, TRUE);
    (VOID) IoCallDriver(Target->DeviceObject, Request->Irp); // the event tells, whatever it returns
    return TRUE;
}

// Waits so many microseconds for the end, cancels, waits for it, and frees the IRP.
static IO_STATUS_BLOCK StressFinish(_Inout_ PSTRESS_REQUEST Request, _In_ ULONG Microseconds)
{
    LARGE_INTEGER Time = {.QuadPart = -10LL * Microseconds};
    IO_STATUS_BLOCK Result;

    if (KeWaitForSingleObject(&Request->Completed, Executive, KernelMode, FALSE, &Time) == STATUS_TIMEOUT) {
        (VOID) IoCancelIrp(Request->Irp);
        (VOID) KeWaitForSingleObject(&Request->Completed, Executive, KernelMode, FALSE, NULL);
    }
    Result = Request->Irp->IoStatus;
    IoFreeIrp(Request->Irp);
    return Result;
}

// ---- What a thread does ---------------------------------------------------------------------------------

typedef VOID STRESS_ACTION(_Inout_ PSTRESS_CONTEXT Context, _In_ ULONG Random);

// A message is as many bytes of that value.
static VOID StressCheckRead(_Inout_ PSTRESS_CONTEXT Context, _In_ PSTRESS_REQUEST Request,
                            _In_ IO_STATUS_BLOCK Result)
{
    ULONG Index;

    switch (Result.Status) {
    case STATUS_SUCCESS: StressCount(&Context->Result.Read); break;
    case STATUS_CANCELLED: StressCount(&Context->Result.Cancelled); return;
    case STATUS_DEVICE_BUSY: StressCount(&Context->Result.Busy); return;
    default: StressCount(&Context->Result.Wrong); return;
    }
    if (Result.Information == 0 || Result.Information > MAILBOX_MESSAGE_BYTES) {
        StressCount(&Context->Result.Wrong);
        return;
    }
    for (Index = 0; Index < Result.Information; Index += 1) {
        if (Request->Buffer[Index] != Result.Information) {
            StressCount(&Context->Result.Wrong);
            return;
        }
    }
}

static VOID StressRead(PSTRESS_CONTEXT Context, ULONG Random)
{
    STRESS_REQUEST Request;

    if (StressSend(&Request, &Context->Mailbox, IRP_MJ_READ, 0, MAILBOX_MESSAGE_BYTES)) {
        StressCheckRead(Context, &Request, StressFinish(&Request, Random % 300));
    }
}

// The second one is cancelled first, as likely as not.
static VOID StressReadTwo(PSTRESS_CONTEXT Context, ULONG Random)
{
    STRESS_REQUEST First, Second;

    if (!StressSend(&First, &Context->Mailbox, IRP_MJ_READ, 0, MAILBOX_MESSAGE_BYTES)) {
        return;
    }
    if (StressSend(&Second, &Context->Mailbox, IRP_MJ_READ, 0, MAILBOX_MESSAGE_BYTES)) {
        StressCheckRead(Context, &Second, StressFinish(&Second, Random % 100));
    }
    StressCheckRead(Context, &First, StressFinish(&First, Random % 200));
}

static VOID StressWrite(PSTRESS_CONTEXT Context, ULONG Random)
{
    ULONG Bytes = Random % MAILBOX_MESSAGE_BYTES + 1;
    STRESS_REQUEST Request;
    NTSTATUS Status;

    RtlFillMemory(Request.Buffer, Bytes, (UCHAR)Bytes);
    if (!StressSend(&Request, &Context->Mailbox, IRP_MJ_WRITE, 0, Bytes)) {
        return;
    }
    Status = StressFinish(&Request, 1000000).Status;
    StressCount(Status == STATUS_SUCCESS       ? &Context->Result.Written
                : Status == STATUS_DEVICE_BUSY ? &Context->Result.Full
                                               : &Context->Result.Wrong);
}

// All threads reserve and recall by way of one file: one's reservation may be recalled by another, or
// cancelled.
static VOID StressReserve(PSTRESS_CONTEXT Context, ULONG Random)
{
    STRESS_REQUEST Request;
    NTSTATUS Status;

    if (!StressSend(&Request, &Context->Mailbox, IRP_MJ_DEVICE_CONTROL, IOCTL_MAILBOX_RESERVE, 0)) {
        return;
    }
    Status = StressFinish(&Request, Random % 200).Status;
    if (Status == STATUS_SUCCESS) {
        StressCount(&Context->Result.Reserved);
    } else if (Status != STATUS_CANCELLED && Status != STATUS_DEVICE_BUSY) {
        StressCount(&Context->Result.Wrong);
    }
}

static VOID StressRecall(PSTRESS_CONTEXT Context, ULONG Random)
{
    STRESS_REQUEST Request;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Random);
    if (!StressSend(&Request, &Context->Mailbox, IRP_MJ_DEVICE_CONTROL, IOCTL_MAILBOX_RECALL, 0)) {
        return;
    }
    Status = StressFinish(&Request, 1000000).Status;
    if (Status == STATUS_SUCCESS) {
        StressCount(&Context->Result.Recalled);
    } else if (Status != STATUS_NOT_FOUND) {
        StressCount(&Context->Result.Wrong);
    }
}

// Twice is the text itself, whatever the key: it is the file's own, and nobody changes it.
static VOID StressEncode(PSTRESS_CONTEXT Context, ULONG Random)
{
    ULONG Bytes = Random % MAILBOX_MESSAGE_BYTES + 1, Round, Index;
    STRESS_REQUEST Request;

    RtlFillMemory(Request.Buffer, Bytes, (UCHAR)Random);
    for (Round = 0; Round < 2; Round += 1) {
        if (!StressSend(&Request, &Context->Cipher, IRP_MJ_DEVICE_CONTROL, IOCTL_CIPHER_ENCODE, Bytes)) {
            return;
        }
        if (StressFinish(&Request, 1000000).Status != STATUS_SUCCESS) {
            StressCount(&Context->Result.Wrong);
        }
    }
    for (Index = 0; Index < Bytes; Index += 1) {
        if (Request.Buffer[Index] != (UCHAR)Random) {
            StressCount(&Context->Result.Wrong);
        }
    }
    StressCount(&Context->Result.Encoded);
}

static STRESS_ACTION *const StressActions[] = {StressRead,  StressRead,    StressReadTwo, StressWrite,
                                               StressWrite, StressReserve, StressRecall,  StressEncode};

_Use_decl_annotations_ static VOID StressThread(PVOID StartContext)
{
    PSTRESS_CONTEXT Context = StartContext;
    ULONG Number = (ULONG)InterlockedIncrement(&Context->Numbers);
    ULONG Seed = Context->Run.Seed * 31 + Number, Round, Random;

    // Those of higher priority preempt the others in the middle.
    KeSetPriorityThread(KeGetCurrentThread(), (KPRIORITY)(8 + Number % 4));
    for (Round = 0; Round < Context->Run.Rounds; Round += 1) {
        Random = RtlRandomEx(&Seed);
        StressActions[Random % RTL_NUMBER_OF(StressActions)](Context, Random / RTL_NUMBER_OF(StressActions));
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// ---- A run ----------------------------------------------------------------------------------------------

static NTSTATUS StressOpen(_In_ PCWSTR Name, _Out_ PSTRESS_TARGET Target)
{
    UNICODE_STRING DeviceName;

    PAGED_CODE();
    RtlInitUnicodeString(&DeviceName, Name);
    return IoGetDeviceObjectPointer(&DeviceName, FILE_READ_DATA | FILE_WRITE_DATA, &Target->FileObject,
                                    &Target->DeviceObject);
}

// Starts the threads, as many as can be, and waits for them.
static NTSTATUS StressRunThreads(_Inout_ PSTRESS_CONTEXT Context)
{
    PVOID Threads[STRESS_THREADS];
    OBJECT_ATTRIBUTES Attributes;
    ULONG Count = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    HANDLE Handle;

    PAGED_CODE();
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    while (Count < Context->Run.Threads) {
        Status =
            PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, StressThread, Context);
        if (!NT_SUCCESS(Status)) {
            break;
        }
        Status =
            ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, &Threads[Count], NULL);
        NT_ASSERT(NT_SUCCESS(Status));
        ZwClose(Handle);
        Count += 1;
    }
    while (Count > 0) {
        Count -= 1;
        (VOID) KeWaitForSingleObject(Threads[Count], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Threads[Count]);
    }
    return Status;
}

static NTSTATUS StressRunAll(_In_ const STRESS_RUN *Run, _Out_ STRESS_RESULT *Result)
{
    PSTRESS_CONTEXT Context;
    NTSTATUS Status;

    PAGED_CODE();
    Context = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Context), STRESS_POOL_TAG);
    if (Context == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Context->Run = *Run;
    Status = StressOpen(L"\\Device\\Mailbox", &Context->Mailbox);
    if (!NT_SUCCESS(Status)) {
        goto FreeContext;
    }
    Status = StressOpen(L"\\Device\\Cipher", &Context->Cipher);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceMailbox;
    }
    Status = StressRunThreads(Context);
    *Result = Context->Result;
    ObDereferenceObject(Context->Cipher.FileObject);
DereferenceMailbox:
    ObDereferenceObject(Context->Mailbox.FileObject);
FreeContext:
    ExFreePoolWithTag(Context, STRESS_POOL_TAG);
    return Status;
}

static NTSTATUS StressComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS StressCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return StressComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS StressDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    STRESS_RUN Run;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();
    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_STRESS_RUN) {
        return StressComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(Run) ||
        Stack->Parameters.DeviceIoControl.OutputBufferLength != sizeof(STRESS_RESULT)) {
        return StressComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    Run = *(STRESS_RUN *)Irp->AssociatedIrp.SystemBuffer;
    if (Run.Threads > STRESS_THREADS) {
        return StressComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    Status = StressRunAll(&Run, Irp->AssociatedIrp.SystemBuffer);
    return StressComplete(Irp, Status, NT_SUCCESS(Status) ? sizeof(STRESS_RESULT) : 0);
}
