// SPDX-License-Identifier: MIT
// Driver objects: made for a service's image, initialised by DriverEntry, unloaded.
#include "inc/kernel.h"

#define IOP_SERVICES_KEY     L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\"
#define IOP_DRIVER_DIRECTORY L"\\Driver\\"
#define IOP_HARDWARE_KEY     L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM"

// A driver object and all that goes with it, in one allocation.
typedef struct _IOP_DRIVER {
    LIST_ENTRY Link;
    DRIVER_OBJECT Object;
    DRIVER_EXTENSION Extension;
    PKLDR_DATA_TABLE_ENTRY Image;
    UNICODE_STRING ServiceName;
    WCHAR Names[]; // "\Driver\" and the service name
} IOP_DRIVER, *PIOP_DRIVER;

static LIST_ENTRY IopDrivers = {&IopDrivers, &IopDrivers};
static UNICODE_STRING IopHardwareDatabase = RTL_CONSTANT_STRING(IOP_HARDWARE_KEY);

// The dispatch routine of every major function that a driver leaves alone.
static NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    // Completing the request is the I/O manager's next storey; nothing can send one yet.
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    return STATUS_INVALID_DEVICE_REQUEST;
}

static PIOP_DRIVER IopFindDriver(PCSTR ServiceName)
{
    WCHAR Wide[256];
    ULONG Bytes;
    if (RtlUTF8ToUnicodeN(Wide, sizeof(Wide), &Bytes, ServiceName, (ULONG)strlen(ServiceName)) !=
        STATUS_SUCCESS) {
        return NULL;
    }
    UNICODE_STRING Name = {(USHORT)Bytes, (USHORT)Bytes, Wide};
    for (PLIST_ENTRY Link = IopDrivers.Flink; Link != &IopDrivers; Link = Link->Flink) {
        PIOP_DRIVER Driver = CONTAINING_RECORD(Link, IOP_DRIVER, Link);
        if (RtlEqualUnicodeString(&Driver->ServiceName, &Name, TRUE)) {
            return Driver;
        }
    }
    return NULL;
}

static PIOP_DRIVER IopCreateDriver(PCSTR ServiceName, PKLDR_DATA_TABLE_ENTRY Image)
{
    const ULONG PrefixBytes = sizeof(IOP_DRIVER_DIRECTORY) - sizeof(WCHAR);
    ULONG NameBytes, NameLength = (ULONG)strlen(ServiceName);
    if (!NT_SUCCESS(RtlUTF8ToUnicodeN(NULL, 0, &NameBytes, ServiceName, NameLength))) {
        return NULL;
    }
    SIZE_T Bytes = sizeof(IOP_DRIVER) + PrefixBytes + NameBytes;
    PIOP_DRIVER Driver = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG_DRIVER_OBJECT);
    if (Driver == NULL) {
        return NULL;
    }
    RtlZeroMemory(Driver, Bytes);
    RtlCopyMemory(Driver->Names, IOP_DRIVER_DIRECTORY, PrefixBytes);
    PWCH Name = Driver->Names + PrefixBytes / sizeof(WCHAR);
    RtlUTF8ToUnicodeN(Name, NameBytes, &NameBytes, ServiceName, NameLength);
    Driver->ServiceName = (UNICODE_STRING){(USHORT)NameBytes, (USHORT)NameBytes, Name};
    Driver->Image = Image;

    PDRIVER_OBJECT Object = &Driver->Object;
    Object->Type = IO_TYPE_DRIVER;
    Object->Size = sizeof(DRIVER_OBJECT);
    Object->Flags = DRVO_LEGACY_DRIVER;
    Object->DriverStart = Image->DllBase;
    Object->DriverSize = Image->SizeOfImage;
    Object->DriverSection = Image;
    Object->DriverInit = (PDRIVER_INITIALIZE)Image->EntryPoint;
    Object->DriverExtension = &Driver->Extension;
    Object->HardwareDatabase = &IopHardwareDatabase;
    Object->DriverName =
        (UNICODE_STRING){(USHORT)(PrefixBytes + NameBytes), (USHORT)(PrefixBytes + NameBytes), Driver->Names};
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index += 1) {
        Object->MajorFunction[Index] = IopInvalidDeviceRequest;
    }
    Driver->Extension.DriverObject = Object;
    Driver->Extension.ServiceKeyName = Driver->ServiceName;
    return Driver;
}

// The service's key, zero-terminated too: drivers are known to rely on it. Freed after DriverEntry, as NT
// does.
static BOOLEAN IopCreateRegistryPath(const UNICODE_STRING *ServiceName, PUNICODE_STRING Path)
{
    const ULONG PrefixBytes = sizeof(IOP_SERVICES_KEY) - sizeof(WCHAR);
    ULONG Bytes = PrefixBytes + ServiceName->Length;
    if (Bytes + sizeof(WCHAR) > UNICODE_STRING_MAX_BYTES) {
        return FALSE;
    }
    Path->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes + sizeof(WCHAR), TAG_REGISTRY_PATH);
    if (Path->Buffer == NULL) {
        return FALSE;
    }
    RtlCopyMemory(Path->Buffer, IOP_SERVICES_KEY, PrefixBytes);
    RtlCopyMemory((PUCHAR)Path->Buffer + PrefixBytes, ServiceName->Buffer, ServiceName->Length);
    Path->Buffer[Bytes / sizeof(WCHAR)] = L'\0';
    Path->Length = (USHORT)Bytes;
    Path->MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    return TRUE;
}

#ifndef WORKER_THREAD_RETURNED_AT_BAD_IRQL
#define WORKER_THREAD_RETURNED_AT_BAD_IRQL 0xE1
#endif

// NT runs DriverEntry and DriverUnload on a system worker thread, which ends the system when what it ran has
// raised IRQL and not lowered it.
static VOID IopCheckReturnIrql(PVOID Routine, PDRIVER_OBJECT DriverObject)
{
    KIRQL Irql = KiGetIrql();
    if (Irql != PASSIVE_LEVEL) {
        KeBugCheckEx(WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG_PTR)Routine, Irql, (ULONG_PTR)DriverObject,
                     0);
    }
}

NTSTATUS IopLoadDriver(PCSTR ServiceName, PCSTR FileName, PULONG Detail)
{
    PKLDR_DATA_TABLE_ENTRY Image;
    UNICODE_STRING RegistryPath;
    NTSTATUS Status = MmLoadSystemImage(FileName, &Image);
    if (!NT_SUCCESS(Status)) {
        *Detail = Status == STATUS_INSUFFICIENT_RESOURCES ? KM_DETAIL_NONE : KM_DETAIL_IMAGE_REFUSED;
        return Status;
    }
    PIOP_DRIVER Driver = IopCreateDriver(ServiceName, Image);
    if (Driver == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto UnloadImage;
    }
    if (!IopCreateRegistryPath(&Driver->ServiceName, &RegistryPath)) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto FreeDriver;
    }
    InsertTailList(&IopDrivers, &Driver->Link);
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_INITIALIZE", Driver->Object.DriverInit, 2, &Driver->Object,
                    &RegistryPath);
    Status = Driver->Object.DriverInit(&Driver->Object, &RegistryPath);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    IopCheckReturnIrql((PVOID)Image->EntryPoint, &Driver->Object);
    ExFreePoolWithTag(RegistryPath.Buffer, TAG_REGISTRY_PATH);
    if (!NT_SUCCESS(Status)) {
        *Detail = KM_DETAIL_DRIVER_ENTRY;
        goto RemoveDriver;
    }
    KeMachine->discard_image_init(&Image->Image);
    return Status;
RemoveDriver:
    RemoveEntryList(&Driver->Link);
FreeDriver:
    ExFreePoolWithTag(Driver, TAG_DRIVER_OBJECT);
UnloadImage:
    MmUnloadSystemImage(Image);
    return Status;
}

NTSTATUS IopUnloadDriver(PCSTR ServiceName, PULONG Detail)
{
    PIOP_DRIVER Driver = IopFindDriver(ServiceName);
    if (Driver == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (Driver->Object.DriverUnload == NULL) {
        *Detail = KM_DETAIL_NO_UNLOAD;
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    Driver->Object.Flags |= DRVO_UNLOAD_INVOKED;
    PDRIVER_UNLOAD DriverUnload = Driver->Object.DriverUnload;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_UNLOAD", DriverUnload, 1, &Driver->Object);
    DriverUnload(&Driver->Object);
    ViLeaveCallback(&Callback, 0);
    IopCheckReturnIrql((PVOID)DriverUnload, &Driver->Object);
    RemoveEntryList(&Driver->Link);
    PKLDR_DATA_TABLE_ENTRY Image = Driver->Image;
    ExFreePoolWithTag(Driver, TAG_DRIVER_OBJECT);
    MmUnloadSystemImage(Image);
    return STATUS_SUCCESS;
}
