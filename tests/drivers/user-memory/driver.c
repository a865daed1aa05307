// SPDX-License-Identifier: MIT
// A device that does with its client's memory what the client says: by the SDK's user pointers, locked pages,
// sections.
#include <kmode.h>

#include "public.h"

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\UserMemory");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\UserMemory");
static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'mUsK');
static KM_LOCKED_PAGES Pages;
static PVOID Mapping, Block;
static KM_SECTION Section;
static KM_VIEW InSystem, InProgram;

static NTSTATUS Add(PVOID Address, ULONG64 Value)
{
    ULONG64 Number;
    NTSTATUS Status = KmUserRead64(Address, &Number);

    return NT_SUCCESS(Status) ? KmUserWrite64(Address, Number + Value) : Status;
}

static NTSTATUS String(PVOID Address, PVOID Output, ULONG Room, PULONG_PTR Written)
{
    UNICODE_STRING Text;
    NTSTATUS Status = KmUserCaptureUnicodeString(&Pool, Address, USER_MEMORY_LONGEST, &Text);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Written = min(Text.Length, Room);
    RtlCopyMemory(Output, Text.Buffer, *Written);
    KmFree(&Pool, Text.Buffer, Text.MaximumLength);
    return STATUS_SUCCESS;
}

static NTSTATUS Lock(PVOID Address, SIZE_T Bytes)
{
    NTSTATUS Status;

    if (Pages.Mdl != NULL) {
        return STATUS_DEVICE_BUSY;
    }
    Status = KmLockPages(&Pages, Address, Bytes, UserMode, IoModifyAccess);
    if (NT_SUCCESS(Status)) {
        Status = KmMapLockedPages(&Pages, &Mapping);
        if (!NT_SUCCESS(Status)) {
            KmUnlockPages(&Pages);
        }
    }
    return Status;
}

static NTSTATUS Change(UCHAR Value, PULONG64 Sum)
{
    if (Pages.Mdl == NULL) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    *Sum = 0;
    for (ULONG Index = 0; Index < MmGetMdlByteCount(Pages.Mdl); Index += 1) {
        ((PUCHAR)Mapping)[Index] = (UCHAR)(((PUCHAR)Mapping)[Index] + Value);
        *Sum += ((PUCHAR)Mapping)[Index];
    }
    return STATUS_SUCCESS;
}

static VOID Unlock(VOID)
{
    KmUnlockPages(&Pages);
    KmFree(&Pool, Block, PAGE_SIZE);
    Block = NULL;
}

static NTSTATUS Share(SIZE_T Bytes, PULONG64 Address)
{
    NTSTATUS Status;

    if (InProgram.Address != NULL) {
        return STATUS_DEVICE_BUSY;
    }
    Status = KmSectionCreate(&Section, Bytes);
    if (NT_SUCCESS(Status)) {
        Status = KmSectionMapInSystem(&Section, &InSystem);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READWRITE, &InProgram);
    }
    if (!NT_SUCCESS(Status)) {
        KmViewUnmap(&InSystem);
    }
    // Its views keep it.
    KmSectionClose(&Section);
    *Address = (ULONG64)InProgram.Address;
    return Status;
}

static NTSTATUS Swap(ULONG64 Value, PULONG64 Before)
{
    if (InSystem.Address == NULL) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    *Before = (ULONG64)InterlockedExchange64((volatile LONG64 *)InSystem.Address, (LONG64)Value);
    return STATUS_SUCCESS;
}

static NTSTATUS Show(PULONG64 Address)
{
    PVOID Shown;
    NTSTATUS Status;

    if (Pages.Mdl != NULL) {
        return STATUS_DEVICE_BUSY;
    }
    Block = KmAlloc(&Pool, PAGE_SIZE);
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *(PULONG64)Block = 0x1234;
    Status = KmLockPages(&Pages, Block, PAGE_SIZE, KernelMode, IoModifyAccess);
    if (NT_SUCCESS(Status)) {
        Mapping = Block;
        Status = KmMapLockedPagesToUser(&Pages, &Shown);
    }
    if (!NT_SUCCESS(Status)) {
        Unlock();
        return Status;
    }
    *Address = (ULONG64)Shown;
    return STATUS_SUCCESS;
}

static NTSTATUS Control(PIO_STACK_LOCATION Stack, PVOID Buffer, PULONG_PTR Written)
{
    USER_MEMORY_REQUEST Request;
    PVOID Address;
    ULONG64 Answer = 0;
    NTSTATUS Status;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(Request)) {
        return STATUS_INVALID_PARAMETER;
    }
    Request = *(USER_MEMORY_REQUEST *)Buffer;
    Address = (PVOID)Request.Address;
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_USER_MEMORY_ADD: return Add(Address, Request.Value);
    case IOCTL_USER_MEMORY_STRING:
        return String(Address, Buffer, Stack->Parameters.DeviceIoControl.OutputBufferLength, Written);
    case IOCTL_USER_MEMORY_LOCK: return Lock(Address, Request.Bytes);
    case IOCTL_USER_MEMORY_UNLOCK: Unlock(); return STATUS_SUCCESS;
    case IOCTL_USER_MEMORY_CHANGE: Status = Change((UCHAR)Request.Value, &Answer); break;
    case IOCTL_USER_MEMORY_SHARE: Status = Share(Request.Bytes, &Answer); break;
    case IOCTL_USER_MEMORY_SWAP: Status = Swap(Request.Value, &Answer); break;
    case IOCTL_USER_MEMORY_SHOW: Status = Show(&Answer); break;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (NT_SUCCESS(Status) && Stack->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(Answer)) {
        *(PULONG64)Buffer = Answer;
        *Written = sizeof(Answer);
    }
    return Status;
}

static DRIVER_DISPATCH Dispatch;
static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR Written = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        Status = Control(Stack, Irp->AssociatedIrp.SystemBuffer, &Written);
    } else if (Stack->MajorFunction == IRP_MJ_CLEANUP) {
        Unlock();
        KmViewUnmap(&InProgram);
        KmViewUnmap(&InSystem);
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Written;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static DRIVER_UNLOAD Unload;
static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    (void)IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const ULONG Functions[] = {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_DEVICE_CONTROL};
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, TRUE,
                            &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Functions); Index += 1) {
        DriverObject->MajorFunction[Functions[Index]] = Dispatch;
    }
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
