// SPDX-License-Identifier: MIT
// A device that looks into other processes: attached, nested, across waits, and by a copy.
#include <ntifs.h>

// Input of all: a process id and an address there. Output: what is at the address.
#define PEEK_ATTACHED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define PEEK_NESTED   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define PEEK_WAITING  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define PEEK_OLD      CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define POKE_ATTACHED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Input: a process id and 0, or a thread id. Output: where its environment block is.
#define FIND_BLOCK    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct {
    ULONG64 ProcessId, Address;
} PLACE;

static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Attach");
static UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Attach");

NTKERNELAPI BOOLEAN NTAPI KeIsAttachedProcess(VOID);

static NTSTATUS Touch(const PLACE *Place, PULONG64 Value, BOOLEAN Write)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (Write) {
            *(volatile ULONG64 *)Place->Address = *Value;
        } else {
            *Value = *(volatile ULONG64 *)Place->Address;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

// Of a request that the current thread sends now: of the process that it is attached to.
static BOOLEAN IsRequestor(PEPROCESS Process)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    if (Irp == NULL) {
        return FALSE;
    }
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    BOOLEAN Is = IoGetRequestorProcess(Irp) == Process &&
                 IoGetRequestorProcessId(Irp) == HandleToULong(PsGetProcessId(Process));
    IoFreeIrp(Irp);
    return Is;
}

// STATUS_INTERNAL_ERROR: the thread is not where it ought to be.
static NTSTATUS Attached(ULONG Code, PEPROCESS Process, const PLACE *Place, PULONG64 Value)
{
    KAPC_STATE State, Inner;
    PEPROCESS Own = PsGetCurrentProcess();
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    NTSTATUS Status;
    if (Code == PEEK_OLD) {
        KeAttachProcess((PRKPROCESS)Process);
    } else {
        KeStackAttachProcess((PRKPROCESS)Process, &State);
    }
    BOOLEAN Right = PsGetCurrentProcess() == Process && PsGetThreadProcess(PsGetCurrentThread()) == Own &&
                    KeIsAttachedProcess() == (Process != Own) && IsRequestor(Process);
    if (Code == PEEK_NESTED) {
        KeStackAttachProcess((PRKPROCESS)PsInitialSystemProcess, &Inner);
        Right = Right && PsGetCurrentProcess() == PsInitialSystemProcess;
        KeUnstackDetachProcess(&Inner);
        Right = Right && PsGetCurrentProcess() == Process;
    }
    if (Code == PEEK_WAITING) {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
        Right = Right && PsGetCurrentProcess() == Process;
    }
    Status = Touch(Place, Value, Code == POKE_ATTACHED);
    if (Code == PEEK_OLD) {
        KeDetachProcess();
    } else {
        KeUnstackDetachProcess(&State);
    }
    Right = Right && PsGetCurrentProcess() == Own && !KeIsAttachedProcess() && IsRequestor(Own);
    return Right ? Status : STATUS_INTERNAL_ERROR;
}

NTKERNELAPI PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetThreadTeb(PETHREAD Thread);

// STATUS_INTERNAL_ERROR: two ways to ask for it have two answers.
static NTSTATUS FindBlock(PEPROCESS Process, const PLACE *Place, PULONG64 Value)
{
    PROCESS_BASIC_INFORMATION Basic;
    PETHREAD Thread;
    HANDLE Handle;
    if (Place->Address != 0) {
        NTSTATUS Status = PsLookupThreadByThreadId((HANDLE)Place->Address, &Thread);
        if (NT_SUCCESS(Status)) {
            *Value = (ULONG64)PsGetThreadTeb(Thread);
            ObDereferenceObject(Thread);
        }
        return Status;
    }
    *Value = (ULONG64)PsGetProcessPeb(Process);
    NTSTATUS Status =
        ObOpenObjectByPointer(Process, OBJ_KERNEL_HANDLE, NULL, 0, *PsProcessType, KernelMode, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = ZwQueryInformationProcess(Handle, ProcessBasicInformation, &Basic, sizeof(Basic), NULL);
        ZwClose(Handle);
    }
    return NT_SUCCESS(Status) && (ULONG64)Basic.PebBaseAddress != *Value ? STATUS_INTERNAL_ERROR : Status;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PULONG64 Value = Irp->AssociatedIrp.SystemBuffer;
    PEPROCESS Process;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Stack->Parameters.DeviceIoControl.InputBufferLength == sizeof(PLACE) + sizeof(ULONG64)) {
        PLACE Place = *(PLACE *)Irp->AssociatedIrp.SystemBuffer;
        *Value = Value[2];
        Status = PsLookupProcessByProcessId((HANDLE)Place.ProcessId, &Process);
        if (NT_SUCCESS(Status)) {
            ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
            Status = Code == FIND_BLOCK ? FindBlock(Process, &Place, Value)
                                        : Attached(Code, Process, &Place, Value);
            ObDereferenceObject(Process);
        }
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = NT_SUCCESS(Status) ? sizeof(ULONG64) : 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
