// SPDX-License-Identifier: MIT
// A device for tests of the public API: requests that answer at once, pend, are cancelled, come later, block.
#include <ntddk.h>

#define UPPER(method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, method, FILE_ANY_ACCESS)
#define HOLD          CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define RELEASE       CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define LATER         CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define NEEDS_WRITE   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define OVERFLOW      CTL_CODE(FILE_DEVICE_UNKNOWN, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define BLOCK         CTL_CODE(FILE_DEVICE_UNKNOWN, 0x806, METHOD_BUFFERED, FILE_ANY_ACCESS)

static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Requests");
static UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Requests");

static IO_CSQ Queue;
static LIST_ENTRY Held;
static KSPIN_LOCK HeldLock;
static KEVENT Released;
static KTIMER Timer;
static KDPC TimerDpc;
static PIRP Later;
static CHAR Kept[16];
static ULONG KeptBytes;

static VOID NTAPI InsertHeld(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    InsertTailList(&Held, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI RemoveHeld(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI PeekHeld(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Csq);
    UNREFERENCED_PARAMETER(Context);
    PLIST_ENTRY Next = Irp == NULL ? Held.Flink : Irp->Tail.Overlay.ListEntry.Flink;
    return Next == &Held ? NULL : CONTAINING_RECORD(Next, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI AcquireHeld(PIO_CSQ Csq, PKIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeAcquireSpinLock(&HeldLock, Irql);
}

static VOID NTAPI ReleaseHeld(PIO_CSQ Csq, KIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeReleaseSpinLock(&HeldLock, Irql);
}

static VOID Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static VOID NTAPI CancelHeld(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static VOID CompleteHeld(PIRP Irp)
{
    ULONG Bytes = min(4, IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength);
    if (Bytes != 0) {
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, "held", Bytes);
    }
    Complete(Irp, STATUS_SUCCESS, Bytes);
}

static KDEFERRED_ROUTINE CompleteLater;
static VOID NTAPI CompleteLater(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Complete(Later, STATUS_SUCCESS, 0);
}

// The buffers of a request of any method.
static NTSTATUS GetBuffers(PIRP Irp, PIO_STACK_LOCATION Stack, PCHAR *Input, PCHAR *Output)
{
    switch (METHOD_FROM_CTL_CODE(Stack->Parameters.DeviceIoControl.IoControlCode)) {
    case METHOD_BUFFERED: *Input = *Output = Irp->AssociatedIrp.SystemBuffer; return STATUS_SUCCESS;
    case METHOD_NEITHER:
        *Input = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
        *Output = Irp->UserBuffer;
        return STATUS_SUCCESS;
    default:
        *Input = Irp->AssociatedIrp.SystemBuffer;
        *Output = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
        return *Output != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
}

static NTSTATUS Upper(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG Bytes)
{
    PCHAR Input, Output;
    NTSTATUS Status = GetBuffers(Irp, Stack, &Input, &Output);
    *Bytes = 0;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    const ULONG Count = min(Stack->Parameters.DeviceIoControl.InputBufferLength,
                            Stack->Parameters.DeviceIoControl.OutputBufferLength);
    __try {
        if (METHOD_FROM_CTL_CODE(Stack->Parameters.DeviceIoControl.IoControlCode) == METHOD_NEITHER) {
            ProbeForRead(Input, Count, 1);
            ProbeForWrite(Output, Count, 1);
        }
        for (ULONG Index = 0; Index < Count; Index += 1) {
            Output[Index] = RtlUpperChar(Input[Index]);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    *Bytes = Count;
    return STATUS_SUCCESS;
}

static NTSTATUS Control(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    const ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Bytes = 0;
    LARGE_INTEGER Due;
    PIRP Other;
    switch (Code) {
    case UPPER(METHOD_BUFFERED):
    case UPPER(METHOD_IN_DIRECT):
    case UPPER(METHOD_OUT_DIRECT):
    case UPPER(METHOD_NEITHER): Status = Upper(Irp, Stack, &Bytes); break;
    case HOLD: IoCsqInsertIrp(&Queue, Irp, NULL); return STATUS_PENDING;
    case RELEASE:
        while ((Other = IoCsqRemoveNextIrp(&Queue, NULL)) != NULL) {
            CompleteHeld(Other);
        }
        KeSetEvent(&Released, IO_NO_INCREMENT, FALSE);
        break;
    case LATER:
        IoMarkIrpPending(Irp);
        Later = Irp;
        Due.QuadPart = -10000LL * *(PULONG)Irp->AssociatedIrp.SystemBuffer;
        KeSetTimer(&Timer, Due, &TimerDpc);
        return STATUS_PENDING;
    case NEEDS_WRITE: break;
    case OVERFLOW:
        Status = STATUS_BUFFER_OVERFLOW;
        Bytes = Stack->Parameters.DeviceIoControl.OutputBufferLength / 2;
        RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, Bytes, 'h');
        break;
    case BLOCK:
        KeClearEvent(&Released);
        KeWaitForSingleObject(&Released, Executive, KernelMode, FALSE, NULL);
        CompleteHeld(Irp);
        return STATUS_SUCCESS;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    Complete(Irp, Status, Bytes);
    return Status;
}

static DRIVER_DISPATCH Dispatch;
static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Bytes = 0, Offset;
    switch (Stack->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL: return Control(Irp, Stack);
    case IRP_MJ_READ:
        Offset = min(Stack->Parameters.Read.ByteOffset.LowPart, KeptBytes);
        Bytes = min(Stack->Parameters.Read.Length, KeptBytes - Offset);
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Kept + Offset, Bytes);
        break;
    case IRP_MJ_WRITE:
        KeptBytes = Bytes = min(Stack->Parameters.Write.Length, sizeof(Kept));
        RtlCopyMemory(Kept, Irp->AssociatedIrp.SystemBuffer, Bytes);
        break;
    case IRP_MJ_SHUTDOWN: DbgPrint("shutdown\n"); break;
    }
    Complete(Irp, STATUS_SUCCESS, Bytes);
    return STATUS_SUCCESS;
}

static DRIVER_UNLOAD Unload;
static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&Link);
    IoUnregisterShutdownNotification(DriverObject->DeviceObject);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    static const UCHAR Majors[] = {IRP_MJ_CREATE, IRP_MJ_CLEANUP,  IRP_MJ_CLOSE,         IRP_MJ_READ,
                                   IRP_MJ_WRITE,  IRP_MJ_SHUTDOWN, IRP_MJ_DEVICE_CONTROL};
    PDEVICE_OBJECT Device;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Majors); Index += 1) {
        DriverObject->MajorFunction[Majors[Index]] = Dispatch;
    }
    DriverObject->DriverUnload = Unload;
    InitializeListHead(&Held);
    KeInitializeSpinLock(&HeldLock);
    KeInitializeEvent(&Released, NotificationEvent, FALSE);
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&TimerDpc, CompleteLater, NULL);
    NTSTATUS Status =
        IoCsqInitialize(&Queue, InsertHeld, RemoveHeld, PeekHeld, AcquireHeld, ReleaseHeld, CancelHeld);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Device->Flags |= DO_BUFFERED_IO;
    Status = IoRegisterShutdownNotification(Device);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (NT_SUCCESS(Status)) {
        return Status;
    }
    IoUnregisterShutdownNotification(Device);
DeleteDevice:
    IoDeleteDevice(Device);
    return Status;
}
