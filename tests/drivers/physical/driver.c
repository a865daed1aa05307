// SPDX-License-Identifier: MIT
// A reader of physical memory: what RAM there is, where a user's page lies in it, and what stands there.
#include <ntddk.h>

#include "public.h"

#define PHYSICAL_DEVICE_NAME   L"\\Device\\PhysicalReader"
#define PHYSICAL_SYMBOLIC_LINK L"\\DosDevices\\PhysicalReader"

typedef struct _PHYSICAL_DEVICE {
    PUCHAR Buffer;
    PHYSICAL_ADDRESS BufferAddress;
} PHYSICAL_DEVICE, *PPHYSICAL_DEVICE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD PhysicalUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH PhysicalCreateClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH_PAGED PhysicalDeviceControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, PhysicalUnload)
#pragma alloc_text(PAGE, PhysicalDeviceControl)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(PHYSICAL_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(PHYSICAL_SYMBOLIC_LINK);
    const PHYSICAL_ADDRESS Lowest = {.QuadPart = 0}, Highest = {.QuadPart = 0xFFFFFFFF},
                           Boundary = {.QuadPart = 0};
    PDEVICE_OBJECT DeviceObject;
    PPHYSICAL_DEVICE Device;
    NTSTATUS Status;
    ULONG Index;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = IoCreateDevice(DriverObject, sizeof(PHYSICAL_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Device = DeviceObject->DeviceExtension;
    Device->Buffer =
        MmAllocateContiguousMemorySpecifyCache(PHYSICAL_BUFFER_BYTES, Lowest, Highest, Boundary, MmCached);
    if (Device->Buffer == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto DeleteDevice;
    }
    for (Index = 0; Index < PHYSICAL_BUFFER_BYTES; Index += 1) {
        Device->Buffer[Index] = (UCHAR)(Index / 16);
    }
    Device->BufferAddress = MmGetPhysicalAddress(Device->Buffer);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = PhysicalCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PhysicalCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = PhysicalDeviceControl;
    DriverObject->DriverUnload = PhysicalUnload;

    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto FreeBuffer;
    }
    return STATUS_SUCCESS;

FreeBuffer:
    MmFreeContiguousMemorySpecifyCache(Device->Buffer, PHYSICAL_BUFFER_BYTES, MmCached);
DeleteDevice:
    IoDeleteDevice(DeviceObject);
    return Status;
}

_Use_decl_annotations_ static VOID PhysicalUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(PHYSICAL_SYMBOLIC_LINK);
    PPHYSICAL_DEVICE Device = DriverObject->DeviceObject->DeviceExtension;

    PAGED_CODE();
    IoDeleteSymbolicLink(&LinkName);
    MmFreeContiguousMemorySpecifyCache(Device->Buffer, PHYSICAL_BUFFER_BYTES, MmCached);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS PhysicalComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS PhysicalCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return PhysicalComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS PhysicalRanges(_Out_writes_(Room) PHYSICAL_RANGE *Answer, _In_ ULONG Room,
                               _Out_ PULONG_PTR Information)
{
    PPHYSICAL_MEMORY_RANGE Ranges = MmGetPhysicalMemoryRanges();
    ULONG Index;
    BOOLEAN All;

    PAGED_CODE();
    *Information = 0;
    if (Ranges == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // The last one has neither a base nor a length.
    for (Index = 0; Index < Room &&
                    (Ranges[Index].BaseAddress.QuadPart != 0 || Ranges[Index].NumberOfBytes.QuadPart != 0);
         Index += 1) {
        Answer[Index].Start = (ULONG64)Ranges[Index].BaseAddress.QuadPart;
        Answer[Index].Bytes = (ULONG64)Ranges[Index].NumberOfBytes.QuadPart;
    }
    All = Ranges[Index].NumberOfBytes.QuadPart == 0;
    ExFreePool(Ranges);
    *Information = Index * sizeof(*Answer);
    return All ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

// Locks the page, so that the address is true for at least as long as it takes to find it.
static NTSTATUS PhysicalTranslate(_In_ ULONG64 UserAddress, _In_ KPROCESSOR_MODE Mode,
                                  _Out_ PULONG64 Physical)
{
    PMDL Mdl = IoAllocateMdl((PVOID)UserAddress, 1, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Mapped;

    PAGED_CODE();
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(Mdl, Mode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
        goto FreeMdl;
    }
    *Physical = (ULONG64)MmGetMdlPfnArray(Mdl)[0] << PAGE_SHIFT | MmGetMdlByteOffset(Mdl);
    // By way of the system's own view of the page it is the same.
    Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoWrite | MdlMappingNoExecute);
    if (Mapped == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else if (*Physical != (ULONG64)MmGetPhysicalAddress(Mapped).QuadPart) {
        Status = STATUS_INTERNAL_ERROR;
    }
    MmUnlockPages(Mdl);
FreeMdl:
    IoFreeMdl(Mdl);
    return Status;
}

// Copies out of the driver's buffer by way of a mapping of its physical memory.
static NTSTATUS PhysicalReadMapped(_In_ PPHYSICAL_DEVICE Device, _In_ ULONG64 Address,
                                   _Out_writes_bytes_(Bytes) PVOID Data, _In_ SIZE_T Bytes)
{
    PHYSICAL_ADDRESS Physical = {.QuadPart = (LONGLONG)Address};
    ULONG64 Offset = Address - (ULONG64)Device->BufferAddress.QuadPart;
    PVOID Mapped;

    PAGED_CODE();
    if (Offset > PHYSICAL_BUFFER_BYTES || Bytes > PHYSICAL_BUFFER_BYTES - Offset) {
        return STATUS_INVALID_ADDRESS;
    }
    // The same caching as the mapping that there is.
    Mapped = MmMapIoSpaceEx(Physical, Bytes, PAGE_READONLY);
    if (Mapped == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Data, Mapped, Bytes);
    MmUnmapIoSpace(Mapped, Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS PhysicalRead(_In_ PPHYSICAL_DEVICE Device, _In_ PIRP Irp, _In_ PIO_STACK_LOCATION Stack,
                             _Out_ PULONG_PTR Information)
{
    const PHYSICAL_READ *Read = Irp->AssociatedIrp.SystemBuffer;
    SIZE_T Bytes = Stack->Parameters.DeviceIoControl.OutputBufferLength, Copied = 0;
    MM_COPY_ADDRESS Source;
    NTSTATUS Status;
    PVOID Data;

    PAGED_CODE();
    *Information = 0;
    if (Irp->MdlAddress == NULL || Read->Source >= PhysicalSources) {
        return STATUS_INVALID_PARAMETER;
    }
    Data = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    if (Data == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Read->Source == PhysicalMapped) {
        Status = PhysicalReadMapped(Device, Read->Address, Data, Bytes);
        *Information = NT_SUCCESS(Status) ? Bytes : 0;
        return Status;
    }
    Source.PhysicalAddress.QuadPart = (LONGLONG)Read->Address;
    Status =
        MmCopyMemory(Data, Source, Bytes,
                     Read->Source == PhysicalRam ? MM_COPY_MEMORY_PHYSICAL : MM_COPY_MEMORY_VIRTUAL, &Copied);
    *Information = Copied;
    return NT_SUCCESS(Status) || Copied == 0 ? Status : STATUS_BUFFER_OVERFLOW;
}

_Use_decl_annotations_ static NTSTATUS PhysicalDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPHYSICAL_DEVICE Device = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG Output = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    PAGED_CODE();
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PHYSICAL_RANGES:
        Status = Output < sizeof(PHYSICAL_RANGE)
                     ? STATUS_BUFFER_TOO_SMALL
                     : PhysicalRanges(Buffer, Output / sizeof(PHYSICAL_RANGE), &Information);
        break;
    case IOCTL_PHYSICAL_TRANSLATE:
        Status = Input != sizeof(ULONG64) || Output != sizeof(ULONG64)
                     ? STATUS_INVALID_PARAMETER
                     : PhysicalTranslate(*(PULONG64)Buffer, Irp->RequestorMode, Buffer);
        Information = NT_SUCCESS(Status) ? sizeof(ULONG64) : 0;
        break;
    case IOCTL_PHYSICAL_READ:
        Status = Input != sizeof(PHYSICAL_READ) ? STATUS_INVALID_PARAMETER
                                                : PhysicalRead(Device, Irp, Stack, &Information);
        break;
    case IOCTL_PHYSICAL_BUFFER:
        Status = Output < sizeof(PHYSICAL_BUFFER) ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        if (NT_SUCCESS(Status)) {
            *(PHYSICAL_BUFFER *)Buffer = (PHYSICAL_BUFFER){
                .Physical = (ULONG64)Device->BufferAddress.QuadPart, .Virtual = (ULONG64)Device->Buffer};
            Information = sizeof(PHYSICAL_BUFFER);
        }
        break;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    return PhysicalComplete(Irp, Status, Information);
}
