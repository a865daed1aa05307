// SPDX-License-Identifier: MIT
// Answers of processes what the SDK does.
#include <ntifs.h>
#include <kmode.h>

#include "events.h"
#include "public.h"

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Processes");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Processes");

// ---- An allocator that fails when it is told to, for one request at a time

static ULONG FailAt, Calls;
static LONG Outstanding;

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    PVOID Memory = ++Calls != FailAt ? ExAllocatePoolWithTag(PagedPool, Bytes, Allocator->Tag) : NULL;

    if (Memory != NULL) {
        RtlFillMemory(Memory, Bytes, Zeroed ? 0 : 0xA5);
        Outstanding += 1;
    }
    return Memory;
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    Outstanding -= 1;
    ExFreePoolWithTag(Memory, Allocator->Tag);
}

static const KM_ALLOCATOR_OPERATIONS FailingOperations = {Allocate, Free, NULL, APC_LEVEL};
static KM_ALLOCATOR Failing = KM_ALLOCATOR_INIT(FailingOperations, 'liaF');
static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'corP');

// ---- Requests

static PEPROCESS Held;

static NTSTATUS Find(ULONG64 Id, PEPROCESS *Process)
{
    if (Id != 0) {
        return KmProcessById((HANDLE)(ULONG_PTR)Id, Process);
    }
    *Process = Held;
    if (Held == NULL) {
        return STATUS_NOT_FOUND;
    }
    KmProcessReference(Held);
    return STATUS_SUCCESS;
}

static VOID CopyText(PWCHAR Target, SIZE_T Bytes, PCUNICODE_STRING Source)
{
    RtlZeroMemory(Target, Bytes);
    RtlCopyMemory(Target, Source->Buffer, min(Bytes - sizeof(WCHAR), Source->Length));
}

static NTSTATUS Describe(PEPROCESS Process, PROCESS_DESCRIPTION *Out)
{
    KM_PROCESS_SNAPSHOT Snapshot;
    KM_PROCESS_ENTRY Entry;
    UNICODE_STRING Text;
    BOOLEAN Protected;
    NTSTATUS Status;

    RtlZeroMemory(Out, sizeof(*Out));
    Out->ParentId = (ULONG64)KmProcessParentId(Process);
    Out->Peb = (ULONG64)KmProcessPeb(Process);
    Out->WowPeb = (ULONG64)KmProcessWow64Peb(Process);
    Out->CreateTime = (ULONG64)KmProcessCreateTime(Process);
    Out->SessionStatus = (ULONG)KmProcessSessionId(Process, &Out->Session);
    Out->ExitStatus = (ULONG)KmProcessExitStatus(Process);
    Out->Exited = KmProcessHasExited(Process);
    Out->Wow64 = KmProcessIsWow64(Process);
    Status = KmProcessIsProtected(Process, &Protected);
    Out->Protected = NT_SUCCESS(Status) ? Protected : MAXULONG;
    Status = KmProcessImagePath(Process, &Paged, &Text);
    Out->PathStatus = (ULONG)Status;
    if (NT_SUCCESS(Status)) {
        CopyText(Out->Path, sizeof(Out->Path), &Text);
        KmUnicodeFree(&Paged, &Text);
    }
    Status = KmProcessImageName(Process, &Paged, &Text);
    if (NT_SUCCESS(Status)) {
        CopyText(Out->Name, sizeof(Out->Name), &Text);
        KmUnicodeFree(&Paged, &Text);
    }
    Status = KmProcessSnapshotTake(&Paged, &Snapshot);
    if (NT_SUCCESS(Status)) {
        if (KmProcessSnapshotFind(&Snapshot, PsGetProcessId(Process), &Entry)) {
            Out->Threads = Entry.ThreadCount;
        }
        KmProcessSnapshotFree(&Snapshot);
    }
    return Status;
}

static NTSTATUS Copy(PEPROCESS Process, PROCESS_COPY *Request, BOOLEAN Write)
{
    SIZE_T Done = 0;

    if (Request->Bytes > sizeof(Request->Data)) {
        return STATUS_INVALID_PARAMETER;
    }
    Request->Status = (ULONG)(Write ? KmProcessWrite(Process, (PVOID)(ULONG_PTR)Request->Address,
                                                     Request->Data, (SIZE_T)Request->Bytes, &Done)
                                    : KmProcessRead(Process, (PVOID)(ULONG_PTR)Request->Address,
                                                    Request->Data, (SIZE_T)Request->Bytes, &Done));
    Request->Done = Done;
    return STATUS_SUCCESS;
}

static NTSTATUS Modules(PEPROCESS Process, PROCESS_MODULES *Request)
{
    KM_MODULE_LIST List;
    NTSTATUS Status;

    FailAt = Request->FailAt;
    Calls = 0;
    Status = Request->Peb == 0 ? KmProcessModules(Process, &Failing, &List)
                               : KmProcessModulesOfPeb(Process, (PVOID)(ULONG_PTR)Request->Peb,
                                                       Request->Wow64 != 0, &Failing, &List);
    Request->Status = (ULONG)Status;
    Request->Calls = Calls;
    Request->Count = List.Count;
    for (ULONG Index = 0; Index < min(List.Count, RTL_NUMBER_OF(Request->Modules)); Index++) {
        PKM_MODULE Module = &List.Modules[Index];

        Request->Modules[Index].Base = (ULONG64)Module->Base;
        Request->Modules[Index].Bytes = Module->Bytes;
        Request->Modules[Index].Wow64 = Module->Wow64;
        CopyText(Request->Modules[Index].Name, sizeof(Request->Modules[Index].Name), &Module->Name);
        CopyText(Request->Modules[Index].Path, sizeof(Request->Modules[Index].Path), &Module->Path);
        if (KmModuleByName(&List, &Module->Name) == NULL ||
            KmModuleOf(&List, (PUCHAR)Module->Base + Module->Bytes - 1) == NULL) {
            Request->Status = (ULONG)STATUS_INTERNAL_ERROR;
        }
    }
    KmModuleListFree(&List);
    Request->Leaked = (ULONG)Outstanding;
    return STATUS_SUCCESS;
}

static NTSTATUS Count(PWCHAR Name, ULONG Bytes, PULONG Number)
{
    UNICODE_STRING String = {.Buffer = Name, .Length = (USHORT)Bytes, .MaximumLength = (USHORT)Bytes};
    KM_PROCESS_LIST List;
    PEPROCESS First;
    NTSTATUS Status = KmProcessesByName(&String, &Paged, &List);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Number = List.Count;
    Status = KmProcessByName(&String, &Paged, &First);
    if (NT_SUCCESS(Status)) {
        Status = List.Count != 0 && First == List.Processes[0] ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
        KmProcessDereference(First);
    } else if (Status == STATUS_NOT_FOUND && List.Count == 0) {
        Status = STATUS_SUCCESS;
    }
    KmProcessListFree(&List);
    return Status;
}

// What takes an id first, and answers what it has made of the buffer.
static NTSTATUS OfProcess(ULONG Code, PVOID Buffer, ULONG OutBytes, PULONG_PTR Information)
{
    PEPROCESS Process;
    NTSTATUS Status = Find(*(PULONG64)Buffer, &Process);
    ULONG Bytes = Code == IOCTL_PROCESS_DESCRIBE  ? sizeof(PROCESS_DESCRIPTION)
                  : Code == IOCTL_PROCESS_MODULES ? sizeof(PROCESS_MODULES)
                                                  : sizeof(PROCESS_COPY);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (OutBytes < Bytes) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else if (Code == IOCTL_PROCESS_DESCRIBE) {
        Status = Describe(Process, (PROCESS_DESCRIPTION *)Buffer);
    } else if (Code == IOCTL_PROCESS_MODULES) {
        Status = Modules(Process, (PROCESS_MODULES *)Buffer);
    } else {
        Status = Copy(Process, (PROCESS_COPY *)Buffer, Code == IOCTL_PROCESS_WRITE);
    }
    *Information = Bytes;
    KmProcessDereference(Process);
    return Status;
}

static NTSTATUS Hold(ULONG64 Id)
{
    if (Held != NULL) {
        KmProcessDereference(Held);
        Held = NULL;
    }
    return Id != 0 ? KmProcessById((HANDLE)(ULONG_PTR)Id, &Held) : STATUS_SUCCESS;
}

static DRIVER_DISPATCH Dispatch;
static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG In = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG Out = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG_PTR Information = 0;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;

    if (Stack->MajorFunction != IRP_MJ_DEVICE_CONTROL) {
        Status = STATUS_SUCCESS;
    } else if (Code == IOCTL_PROCESS_RESTART) {
        EventsStop();
        Status = EventsStart(DeviceObject->DriverObject);
    } else if (Code == IOCTL_PROCESS_EVENTS && Out >= sizeof(PROCESS_EVENTS)) {
        RtlCopyMemory(Buffer, &Events, sizeof(Events));
        Information = sizeof(PROCESS_EVENTS);
        Status = STATUS_SUCCESS;
    } else if (Code == IOCTL_PROCESS_COUNT && Out >= sizeof(ULONG)) {
        ULONG Number = 0;

        Status = Count((PWCHAR)Buffer, In, &Number);
        *(PULONG)Buffer = Number;
        Information = sizeof(ULONG);
    } else if (In >= sizeof(ULONG64)) {
        switch (Code) {
        case IOCTL_PROCESS_HOLD: Status = Hold(*(PULONG64)Buffer); break;
        case IOCTL_PROCESS_GUARD: Status = EventsGuard(*(PULONG64)Buffer); break;
        case IOCTL_PROCESS_DESCRIBE:
        case IOCTL_PROCESS_READ:
        case IOCTL_PROCESS_WRITE:
        case IOCTL_PROCESS_MODULES: Status = OfProcess(Code, Buffer, Out, &Information); break;
        default: Status = STATUS_INVALID_DEVICE_REQUEST;
        }
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = NT_SUCCESS(Status) ? Information : 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    EventsStop();
    (VOID) Hold(0);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    DriverObject->DriverUnload = Unload;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (NT_SUCCESS(Status)) {
        Status = EventsStart(DriverObject);
        if (!NT_SUCCESS(Status)) {
            IoDeleteSymbolicLink(&LinkName);
        }
    }
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
    }
    return Status;
}
