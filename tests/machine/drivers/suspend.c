// SPDX-License-Identifier: MIT
// Suspends and resumes processes, and waits within a critical region.
#include <ntifs.h>

#define FIND    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) // input: process id
#define SUSPEND CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS) // the one found
#define RESUME  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define COUNT   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS) // input: thread id
#define BLOCK   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS) // until RELEASE
#define RELEASE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define STAGE   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x806, METHOD_BUFFERED, FILE_ANY_ACCESS) // how far BLOCK is

NTKERNELAPI NTSTATUS NTAPI PsSuspendProcess(PEPROCESS Process);
NTKERNELAPI NTSTATUS NTAPI PsResumeProcess(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetThreadFreezeCount(PETHREAD Thread);

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Suspend");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Suspend");
static PEPROCESS Found;
static KEVENT Released;
static volatile LONG Stage;

static NTSTATUS Find(ULONG64 Id)
{
    if (Found != NULL) {
        ObDereferenceObject(Found);
        Found = NULL;
    }
    return PsLookupProcessByProcessId((HANDLE)Id, &Found);
}

static NTSTATUS CountOf(ULONG64 Id, PULONG64 Answer)
{
    PETHREAD Thread;
    NTSTATUS Status = PsLookupThreadByThreadId((HANDLE)Id, &Thread);
    if (NT_SUCCESS(Status)) {
        *Answer = PsGetThreadFreezeCount(Thread);
        ObDereferenceObject(Thread);
    }
    return Status;
}

static VOID Block(VOID)
{
    KeEnterCriticalRegion();
    Stage = 1;
    KeWaitForSingleObject(&Released, Executive, KernelMode, FALSE, NULL);
    Stage = 2;
    KeLeaveCriticalRegion();
    Stage = 3;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PULONG64 Number = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
        case FIND: Status = Find(*Number); break;
        case SUSPEND: Status = PsSuspendProcess(Found); break;
        case RESUME: Status = PsResumeProcess(Found); break;
        case COUNT: Status = CountOf(*Number, Number); break;
        case BLOCK: Block(); break;
        case RELEASE: KeSetEvent(&Released, IO_NO_INCREMENT, FALSE); break;
        case STAGE: *Number = (ULONG64)Stage; break;
        default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
        }
        Irp->IoStatus.Information =
            NT_SUCCESS(Status) ? Stack->Parameters.DeviceIoControl.OutputBufferLength : 0;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    if (Found != NULL) {
        ObDereferenceObject(Found);
    }
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Control;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Control;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Released, SynchronizationEvent, FALSE);
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
        if (!NT_SUCCESS(Status)) {
            IoDeleteDevice(Device);
        }
    }
    return Status;
}
