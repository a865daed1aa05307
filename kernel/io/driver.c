// SPDX-License-Identifier: MIT
// Driver objects: made for a service's image, initialised by DriverEntry, unloaded.
#include "inc/kernel.h"
#include "io/pnp-resource.h"

#define IOP_SERVICES_KEY     L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\"
#define IOP_DRIVER_DIRECTORY L"\\Driver\\"
#define IOP_HARDWARE_KEY     L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM"

POBJECT_TYPE IoDriverObjectType;

static UNICODE_STRING IopHardwareDatabase = RTL_CONSTANT_STRING(IOP_HARDWARE_KEY);

static VOID NTAPI IopDeleteDriverObject(PVOID Object)
{
    PIOP_DRIVER Driver = Object;
    IopFreeReinitializations(Driver);
    IopFreeDriverExtensions(Driver);
    PipReleaseResources(&Driver->Object);
    if (Driver->Image != NULL) {
        MmUnloadSystemImage(Driver->Image);
    }
}

static const OB_TYPE_DESCRIPTION IopDriverDescription = {
    .Name = L"Driver",
    .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
                       STANDARD_RIGHTS_ALL},
    .ValidAccessMask = STANDARD_RIGHTS_ALL,
    .Delete = IopDeleteDriverObject,
};

NTSTATUS IopInitializeDriverType(VOID)
{
    return ObpCreateType(&IopDriverDescription, &IoDriverObjectType);
}

// The dispatch routine of every major function that a driver leaves alone.
static NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS IopReferenceDriver(PUNICODE_STRING Name, PDRIVER_OBJECT *DriverObject)
{
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByName(Name, OBJ_CASE_INSENSITIVE, NULL, 0, IoDriverObjectType,
                                              KernelMode, NULL, &Object);
    *DriverObject = NT_SUCCESS(Status) ? Object : NULL;
    return Status;
}

// "\Driver\" and the service's name, in Buffer.
static NTSTATUS IopDriverName(PCSTR ServiceName, PWCH Buffer, ULONG BufferBytes, PUNICODE_STRING Name)
{
    const ULONG PrefixBytes = sizeof(IOP_DRIVER_DIRECTORY) - sizeof(WCHAR);
    ULONG NameBytes;
    RtlCopyMemory(Buffer, IOP_DRIVER_DIRECTORY, PrefixBytes);
    NTSTATUS Status = RtlUTF8ToUnicodeN(Buffer + PrefixBytes / sizeof(WCHAR), BufferBytes - PrefixBytes,
                                        &NameBytes, ServiceName, (ULONG)strlen(ServiceName));
    *Name = (UNICODE_STRING){(USHORT)(PrefixBytes + NameBytes), (USHORT)(PrefixBytes + NameBytes), Buffer};
    return Status;
}

// A driver's name without its directory.
static UNICODE_STRING IopServiceName(const UNICODE_STRING *DriverName)
{
    UNICODE_STRING Service = *DriverName;
    for (ULONG Index = 0; Index < DriverName->Length / sizeof(WCHAR); Index += 1) {
        if (DriverName->Buffer[Index] == OBJ_NAME_PATH_SEPARATOR) {
            Service.Buffer = DriverName->Buffer + Index + 1;
            Service.Length = (USHORT)(DriverName->Length - (Index + 1) * sizeof(WCHAR));
        }
    }
    Service.MaximumLength = Service.Length;
    return Service;
}

static VOID IopFillDriver(PIOP_DRIVER Driver, PUNICODE_STRING DriverName, PKLDR_DATA_TABLE_ENTRY Image,
                          PDRIVER_INITIALIZE DriverInit)
{
    PDRIVER_OBJECT Object = &Driver->Object;
    InitializeListHead(&Driver->Extensions);
    InitializeListHead(&Driver->Reinitializations);
    Driver->Image = Image;
    RtlCopyMemory(Driver->Name, DriverName->Buffer, DriverName->Length);
    Object->Type = IO_TYPE_DRIVER;
    Object->Size = sizeof(DRIVER_OBJECT);
    Object->DriverInit = DriverInit;
    Object->DriverExtension = &Driver->Extension;
    Object->HardwareDatabase = &IopHardwareDatabase;
    Object->DriverName = (UNICODE_STRING){DriverName->Length, DriverName->Length, Driver->Name};
    if (Image != NULL) {
        Object->Flags = DRVO_LEGACY_DRIVER;
        Object->DriverStart = Image->DllBase;
        Object->DriverSize = Image->SizeOfImage;
        Object->DriverSection = Image;
    } else {
        Object->Flags = DRVO_BUILTIN_DRIVER;
    }
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index += 1) {
        Object->MajorFunction[Index] = IopInvalidDeviceRequest;
    }
    Driver->Extension.DriverObject = Object;
    Driver->Extension.ServiceKeyName = IopServiceName(&Object->DriverName);
}

// Image is the driver's, whose deletion unloads it; on failure that has happened.
static NTSTATUS IopCreateDriverObject(PUNICODE_STRING DriverName, PKLDR_DATA_TABLE_ENTRY Image,
                                      PDRIVER_INITIALIZE DriverInit, PIOP_DRIVER *Driver)
{
    PVOID Object;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, DriverName,
                               OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ObCreateObject(KernelMode, IoDriverObjectType, &Attributes, KernelMode, NULL,
                                     sizeof(IOP_DRIVER) + DriverName->Length + sizeof(WCHAR), 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        if (Image != NULL) {
            MmUnloadSystemImage(Image);
        }
        return Status;
    }
    IopFillDriver(Object, DriverName, Image, DriverInit);
    Status = ObInsertObject(Object, NULL, 0, 0, NULL, NULL);
    if (NT_SUCCESS(Status)) {
        *Driver = Object;
    }
    return Status;
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

static VOID IopCheckLeft(const IOP_DRIVER *Driver)
{
    if (ViChecks() && Driver->Image != NULL) {
        ViCheckUnload((ULONG_PTR)Driver->Image->DllBase, Driver->Image->SizeOfImage);
    }
}

// The driver leaves the namespace; its last reference, which may be a device's, unloads its image.
static VOID IopDropDriver(PDRIVER_OBJECT DriverObject)
{
    PipForgetReported(DriverObject);
    ObMakeTemporaryObject(DriverObject);
    ObfDereferenceObject(DriverObject);
}

// What DriverEntry may have left: entries of its own that are no routine, and devices that may be used now.
static VOID IopReadyDriver(PDRIVER_OBJECT DriverObject)
{
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index += 1) {
        if (DriverObject->MajorFunction[Index] == NULL) {
            DriverObject->MajorFunction[Index] = IopInvalidDeviceRequest;
        }
    }
    KIRQL OldIrql = IopLockDatabase();
    DriverObject->Flags |= DRVO_INITIALIZED;
    for (PDEVICE_OBJECT Device = DriverObject->DeviceObject; Device != NULL; Device = Device->NextDevice) {
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
    }
    IopUnlockDatabase(OldIrql);
}

// Behind DriverEntry. Drops the driver if it has failed.
static VOID IopFinishDriverEntry(PIOP_DRIVER Driver, NTSTATUS Status)
{
    IopCheckReturnIrql((PVOID)(ULONG_PTR)Driver->Object.DriverInit, &Driver->Object);
    if (NT_SUCCESS(Status)) {
        IopReadyDriver(&Driver->Object);
        IopCallReinitializationRoutines(Driver);
    } else {
        IopCheckLeft(Driver);
        IopDropDriver(&Driver->Object);
    }
}

NTSTATUS IopLoadDriver(PCSTR ServiceName, PCSTR FileName, PULONG Detail)
{
    PKLDR_DATA_TABLE_ENTRY Image;
    PIOP_DRIVER Driver;
    PDRIVER_OBJECT Existing;
    UNICODE_STRING DriverName, RegistryPath;
    WCHAR Buffer[256];
    NTSTATUS Status = IopDriverName(ServiceName, Buffer, sizeof(Buffer), &DriverName);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (NT_SUCCESS(IopReferenceDriver(&DriverName, &Existing))) {
        ObfDereferenceObject(Existing);
        return STATUS_IMAGE_ALREADY_LOADED;
    }
    Status = MmLoadSystemImage(FileName, &Image);
    if (!NT_SUCCESS(Status)) {
        *Detail = Status == STATUS_INSUFFICIENT_RESOURCES ? KM_DETAIL_NONE : KM_DETAIL_IMAGE_REFUSED;
        return Status;
    }
    Status = IopCreateDriverObject(&DriverName, Image, (PDRIVER_INITIALIZE)Image->EntryPoint, &Driver);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopCreateServiceKey(&Driver->Extension.ServiceKeyName, &Image->BaseDllName);
    if (!NT_SUCCESS(Status)) {
        IopDropDriver(&Driver->Object);
        return Status;
    }
    if (!IopCreateRegistryPath(&Driver->Extension.ServiceKeyName, &RegistryPath)) {
        IopDropDriver(&Driver->Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_INITIALIZE", Driver->Object.DriverInit, 2, &Driver->Object,
                    &RegistryPath);
    Status = Driver->Object.DriverInit(&Driver->Object, &RegistryPath);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    ExFreePoolWithTag(RegistryPath.Buffer, TAG_REGISTRY_PATH);
    IopFinishDriverEntry(Driver, Status);
    if (!NT_SUCCESS(Status)) {
        *Detail = KM_DETAIL_DRIVER_ENTRY;
        return Status;
    }
    KeMachine->discard_image_init(&Image->Image);
    return Status;
}

// Behind DriverUnload.
static VOID IopFinishUnload(PDRIVER_OBJECT DriverObject, PDRIVER_UNLOAD DriverUnload)
{
    IopCheckReturnIrql((PVOID)(ULONG_PTR)DriverUnload, DriverObject);
    IopCheckLeft(CONTAINING_RECORD(DriverObject, IOP_DRIVER, Object));
    IopDropDriver(DriverObject);
}

// TRUE: nothing uses the driver's devices, and the caller is to unload it. With Request every device is
// marked, so that none is opened any more, and its last user's leaving unloads the driver.
static BOOLEAN IopClaimUnload(PDRIVER_OBJECT DriverObject, BOOLEAN Request)
{
    BOOLEAN Unused = TRUE;
    KIRQL OldIrql = IopLockDatabase();
    for (PDEVICE_OBJECT Device = DriverObject->DeviceObject; Device != NULL; Device = Device->NextDevice) {
        PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(Device);
        if (Request) {
            Extension->ExtensionFlags |= DOE_UNLOAD_PENDING;
        }
        if (Device->ReferenceCount != 0 || Device->AttachedDevice != NULL ||
            !(Extension->ExtensionFlags & DOE_UNLOAD_PENDING)) {
            Unused = FALSE;
        }
    }
    if (DriverObject->Flags & DRVO_UNLOAD_INVOKED) {
        Unused = FALSE;
    } else if (Unused) {
        DriverObject->Flags |= DRVO_UNLOAD_INVOKED;
    }
    IopUnlockDatabase(OldIrql);
    return Unused;
}

static VOID NTAPI IopUnloadWorker(PVOID Parameter)
{
    PDRIVER_OBJECT DriverObject = Parameter;
    PDRIVER_UNLOAD DriverUnload = DriverObject->DriverUnload;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_UNLOAD", DriverUnload, 1, DriverObject);
    DriverUnload(DriverObject);
    ViLeaveCallback(&Callback, 0);
    IopFinishUnload(DriverObject, DriverUnload);
}

VOID IopUnloadIfUnused(PDRIVER_OBJECT DriverObject)
{
    PIOP_DRIVER Driver = CONTAINING_RECORD(DriverObject, IOP_DRIVER, Object);
    if (IopClaimUnload(DriverObject, FALSE)) {
        ExInitializeWorkItem(&Driver->UnloadItem, IopUnloadWorker, DriverObject);
        ExQueueWorkItem(&Driver->UnloadItem, DelayedWorkQueue);
    }
}

// What it holds itself may be what its unload waits for.
static VOID IopCheckHeld(const IOP_DRIVER *Driver)
{
    if (ViChecks() && Driver->Image != NULL) {
        ViCheckHeld((ULONG_PTR)Driver->Image->DllBase, Driver->Image->SizeOfImage);
    }
}

static BOOLEAN IopIsUnloadPending(PDRIVER_OBJECT DriverObject)
{
    KIRQL OldIrql = IopLockDatabase();
    PDEVICE_OBJECT Device = DriverObject->DeviceObject;
    BOOLEAN Pending =
        Device != NULL && (IopDeviceExtension(Device)->ExtensionFlags & DOE_UNLOAD_PENDING) != 0;
    IopUnlockDatabase(OldIrql);
    return Pending;
}

NTSTATUS IopUnloadDriver(PCSTR ServiceName, PULONG Detail)
{
    PDRIVER_OBJECT DriverObject;
    UNICODE_STRING DriverName;
    WCHAR Buffer[256];
    NTSTATUS Status = IopDriverName(ServiceName, Buffer, sizeof(Buffer), &DriverName);
    if (NT_SUCCESS(Status)) {
        Status = IopReferenceDriver(&DriverName, &DriverObject);
    }
    if (!NT_SUCCESS(Status)) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    BOOLEAN Again = IopIsUnloadPending(DriverObject);
    if (DriverObject->DriverUnload == NULL) {
        *Detail = KM_DETAIL_NO_UNLOAD;
        Status = STATUS_INVALID_DEVICE_REQUEST;
    } else if (!NT_SUCCESS(Status = PipRemoveDevices(DriverObject))) {
        *Detail = KM_DETAIL_DEVICE_STAYS;
    } else if (IopClaimUnload(DriverObject, TRUE)) {
        PDRIVER_UNLOAD DriverUnload = DriverObject->DriverUnload;
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "DRIVER_UNLOAD", DriverUnload, 1, DriverObject);
        DriverUnload(DriverObject);
        ViLeaveCallback(&Callback, 0);
        IopFinishUnload(DriverObject, DriverUnload);
    } else {
        *Detail = KM_DETAIL_IN_USE;
        if (Again) {
            IopCheckHeld(CONTAINING_RECORD(DriverObject, IOP_DRIVER, Object));
        }
    }
    ObfDereferenceObject(DriverObject);
    return Status;
}

// ---- Drivers without an image of their own

#define IOP_GENERATED_NAME L"\\Driver\\00000000"

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction)
{
    static volatile LONG LastNumber;
    WCHAR Buffer[] = IOP_GENERATED_NAME;
    UNICODE_STRING Generated = RTL_CONSTANT_STRING(Buffer);
    PIOP_DRIVER Driver;
    if (DriverName == NULL) {
        ULONG Number = (ULONG)InterlockedIncrement(&LastNumber);
        for (ULONG Index = RTL_NUMBER_OF(Buffer) - 2; Number != 0; Index -= 1, Number /= 10) {
            Buffer[Index] = (WCHAR)(L'0' + Number % 10);
        }
        DriverName = &Generated;
    }
    NTSTATUS Status = IopCreateDriverObject(DriverName, NULL, InitializationFunction, &Driver);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_INITIALIZE", InitializationFunction, 2, &Driver->Object, NULL);
    Status = InitializationFunction(&Driver->Object, NULL);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    IopFinishDriverEntry(Driver, Status);
    return Status;
}

VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT DriverObject)
{
    IopDropDriver(DriverObject);
}
