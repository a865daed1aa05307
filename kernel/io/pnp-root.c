// SPDX-License-Identifier: MIT
// The PnP manager's own bus: its driver, the root of the tree, and the devices that somebody says are there.
#include "inc/kernel.h"
#include "io/pnp.h"

#define PIP_ROOT_PATH    L"HTREE\\ROOT\\0"
#define PIP_ROOT_DRIVER  L"\\Driver\\PnpManager"
#define PIP_ROOT_BUS     L"ROOT\\"
#define PIP_MOST_DEVICES 10000 // instances are of four digits

static PDRIVER_OBJECT PipRootDriver;

// ---- What the bus answers about its devices

// *Information is a copy, from paged pool, of a value of the device's registry key. What reading it says.
static NTSTATUS PipAnswerFromRegistry(PIOP_DEVICE_NODE Node, PCWSTR SubKey, PCWSTR ValueName, ULONG Type,
                                      PULONG_PTR Information)
{
    HANDLE Key;
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    NTSTATUS Status = PipOpenInstanceKey(Node, SubKey, KEY_READ, FALSE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipQueryValue(Key, ValueName, &Value);
    ZwClose(Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PVOID Copy = NULL;
    if (Value->Type != Type || Value->DataLength == 0) {
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    } else if ((Copy = ExAllocatePool2(POOL_FLAG_PAGED, Value->DataLength, TAG_PNP)) == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        RtlCopyMemory(Copy, Value->Data, Value->DataLength);
        *Information = (ULONG_PTR)Copy;
    }
    ExFreePoolWithTag(Value, TAG_PNP);
    return Status;
}

static NTSTATUS PipAnswerText(PCWSTR Text, ULONG Characters, PULONG_PTR Information)
{
    PWCH Copy = ExAllocatePool2(POOL_FLAG_PAGED, (Characters + 1ULL) * sizeof(WCHAR), TAG_PNP);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Copy, Text, Characters * sizeof(WCHAR));
    *Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

static NTSTATUS PipAnswerId(PIOP_DEVICE_NODE Node, BUS_QUERY_ID_TYPE IdType, NTSTATUS Status,
                            PULONG_PTR Information)
{
    PCWSTR Path = Node->InstancePath.Buffer, Instance = wcsrchr(Path, OBJ_NAME_PATH_SEPARATOR);
    NTSTATUS Answer = Status;
    switch (IdType) {
    case BusQueryDeviceID: return PipAnswerText(Path, (ULONG)(Instance - Path), Information);
    case BusQueryInstanceID: return PipAnswerText(Instance + 1, (ULONG)wcslen(Instance + 1), Information);
    case BusQueryHardwareIDs:
        Answer = PipAnswerFromRegistry(Node, NULL, L"HardwareID", REG_MULTI_SZ, Information);
        break;
    case BusQueryCompatibleIDs:
        Answer = PipAnswerFromRegistry(Node, NULL, L"CompatibleIDs", REG_MULTI_SZ, Information);
        break;
    default: break;
    }
    return NT_SUCCESS(Answer) ? Answer : Status;
}

static NTSTATUS PipAnswerCapabilities(PDEVICE_CAPABILITIES Capabilities)
{
    if (Capabilities->Version != 1 || Capabilities->Size < sizeof(*Capabilities)) {
        return STATUS_UNSUCCESSFUL;
    }
    Capabilities->UniqueID = TRUE;
    Capabilities->SilentInstall = TRUE;
    Capabilities->RawDeviceOK = TRUE;
    Capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (SYSTEM_POWER_STATE State = PowerSystemSleeping1; State < PowerSystemMaximum; State += 1) {
        Capabilities->DeviceState[State] = PowerDeviceD3;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PipAnswerBusInformation(PULONG_PTR Information)
{
    PPNP_BUS_INFORMATION Bus = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Bus), TAG_PNP);
    if (Bus == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Bus = (PNP_BUS_INFORMATION){GUID_BUS_TYPE_INTERNAL, Internal, 0};
    *Information = (ULONG_PTR)Bus;
    return STATUS_SUCCESS;
}

static NTSTATUS PipAnswerTarget(PDEVICE_OBJECT DeviceObject, PULONG_PTR Information)
{
    PDEVICE_RELATIONS Relations = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Relations), TAG_PNP);
    if (Relations == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(DeviceObject);
    Relations->Count = 1;
    Relations->Objects[0] = DeviceObject;
    *Information = (ULONG_PTR)Relations;
    return STATUS_SUCCESS;
}

// Status is what the IRP says so far, and goes on to say where the bus has nothing to add.
static NTSTATUS PipAnswerPnp(PDEVICE_OBJECT DeviceObject, PIOP_DEVICE_NODE Node, PIO_STACK_LOCATION Stack,
                             NTSTATUS Status, PULONG_PTR Information)
{
    NTSTATUS Answer;
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_DEVICE_USAGE_NOTIFICATION: return STATUS_SUCCESS;
    case IRP_MN_QUERY_CAPABILITIES:
        return PipAnswerCapabilities(Stack->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        return Stack->Parameters.QueryDeviceRelations.Type == TargetDeviceRelation
                   ? PipAnswerTarget(DeviceObject, Information)
                   : Status;
    case IRP_MN_QUERY_BUS_INFORMATION: return PipAnswerBusInformation(Information);
    case IRP_MN_QUERY_ID:
        return Node != NULL ? PipAnswerId(Node, Stack->Parameters.QueryId.IdType, Status, Information)
                            : Status;
    case IRP_MN_QUERY_RESOURCES:
        Answer = Node != NULL
                     ? PipAnswerFromRegistry(Node, L"LogConf", L"BootConfig", REG_RESOURCE_LIST, Information)
                     : Status;
        return NT_SUCCESS(Answer) ? Answer : Status;
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
        Answer = Node != NULL ? PipAnswerFromRegistry(Node, L"LogConf", L"BasicConfigVector",
                                                      REG_RESOURCE_REQUIREMENTS_LIST, Information)
                              : Status;
        return NT_SUCCESS(Answer) ? Answer : Status;
    default: return Status;
    }
}

static NTSTATUS NTAPI PipRootPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIOP_DEVICE_NODE Node = PipReferenceNode(DeviceObject);
    NTSTATUS Status = PipAnswerPnp(DeviceObject, Node, IoGetCurrentIrpStackLocation(Irp),
                                   Irp->IoStatus.Status, &Irp->IoStatus.Information);
    if (Node != NULL) {
        PipDereferenceNode(Node);
    }
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI PipRootPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS Status = Irp->IoStatus.Status;
    if (Minor == IRP_MN_SET_POWER || Minor == IRP_MN_QUERY_POWER) {
        Status = STATUS_SUCCESS;
    }
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI PipRootSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    NTSTATUS Status = Irp->IoStatus.Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI PipRootDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_PNP] = PipRootPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = PipRootPower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PipRootSystemControl;
    PipRootDriver = DriverObject;
    return STATUS_SUCCESS;
}

// ---- Its devices

static NTSTATUS PipCreatePdo(PDEVICE_OBJECT *DeviceObject)
{
    NTSTATUS Status = IoCreateDevice(PipRootDriver, 0, NULL, FILE_DEVICE_CONTROLLER,
                                     FILE_AUTOGENERATED_DEVICE_NAME, FALSE, DeviceObject);
    if (NT_SUCCESS(Status)) {
        (*DeviceObject)->Flags &= ~DO_DEVICE_INITIALIZING;
    }
    return Status;
}

// "ROOT\", the ID in capitals, and a number that no other device has. STATUS_NO_SUCH_DEVICE.
static NTSTATUS PipNextInstance(PCWSTR DeviceId, PUNICODE_STRING Path)
{
    WCHAR Number[] = L"\\0000";
    for (ULONG Instance = 0; Instance < PIP_MOST_DEVICES; Instance += 1) {
        ULONG Rest = Instance;
        for (ULONG Digit = 4; Digit >= 1; Digit -= 1, Rest /= 10) {
            Number[Digit] = (WCHAR)(L'0' + Rest % 10);
        }
        NTSTATUS Status = PipJoin(Path, PIP_ROOT_BUS, DeviceId, Number, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        RtlUpcaseUnicodeString(Path, Path, FALSE);
        PIOP_DEVICE_NODE Node = PipFindNode(Path);
        if (Node == NULL) {
            return STATUS_SUCCESS;
        }
        PipDereferenceNode(Node);
        PipFreeString(Path);
    }
    return STATUS_NO_SUCH_DEVICE;
}

// What of a service's name or a hardware ID may not stand in a device ID is replaced.
static VOID PipMakeDeviceId(PWCH Id)
{
    for (; *Id != L'\0'; Id += 1) {
        if (*Id <= L' ' || *Id > 0x7E || *Id == L',' || *Id == OBJ_NAME_PATH_SEPARATOR) {
            *Id = L'_';
        }
    }
}

NTSTATUS PipCreateRootDevice(PCWSTR DeviceId, ULONG Flags, PDEVICE_OBJECT *PhysicalDeviceObject,
                             PIOP_DEVICE_NODE *Node)
{
    UNICODE_STRING Path, Id;
    HANDLE Key;
    if (*DeviceId == L'\0' || wcslen(DeviceId) > PIP_ID_CHARACTERS - sizeof("ROOT\\\\0000")) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = PipJoin(&Id, DeviceId, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PipMakeDeviceId(Id.Buffer);
    Status = PipNextInstance(Id.Buffer, &Path);
    PipFreeString(&Id);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BOOLEAN OwnPdo = *PhysicalDeviceObject == NULL;
    if (OwnPdo) {
        Status = PipCreatePdo(PhysicalDeviceObject);
        if (!NT_SUCCESS(Status)) {
            goto FreePath;
        }
    }
    *Node = PipCreateNode(*PhysicalDeviceObject, Path.Buffer,
                          Flags | PIP_NODE_ROOT | PIP_NODE_PRESENT | (OwnPdo ? PIP_NODE_OWN_PDO : 0));
    Status =
        *Node == NULL ? STATUS_INSUFFICIENT_RESOURCES : PipOpenInstanceKey(*Node, NULL, KEY_READ, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        goto DeletePdo;
    }
    ZwClose(Key);
    PipAnswerCapabilities(&(*Node)->Capabilities);
    (*Node)->BusInformation = (PNP_BUS_INFORMATION){GUID_BUS_TYPE_INTERNAL, Internal, 0};
    (*Node)->BusNumber = 0;
    PipInsertNode(PipRootNode, *Node);
    PipFreeString(&Path);
    return STATUS_SUCCESS;
DeletePdo:
    if (*Node != NULL) {
        PipDereferenceNode(*Node);
        *Node = NULL;
    }
    if (OwnPdo) {
        IoDeleteDevice(*PhysicalDeviceObject);
        *PhysicalDeviceObject = NULL;
    }
FreePath:
    PipFreeString(&Path);
    return Status;
}

VOID PipDeleteRootDevice(PIOP_DEVICE_NODE Node)
{
    PDEVICE_OBJECT DeviceObject = Node->PhysicalDeviceObject;
    BOOLEAN OwnPdo = (Node->Flags & PIP_NODE_OWN_PDO) != 0;
    ObfReferenceObject(DeviceObject);
    PipRemoveNode(Node);
    if (OwnPdo) {
        IoDeleteDevice(DeviceObject);
    }
    ObfDereferenceObject(DeviceObject);
}

static BOOLEAN PipIsReportedBy(PIOP_DEVICE_NODE Node, PVOID Context)
{
    return Node->Reporter == Context;
}

VOID PipForgetReported(PDRIVER_OBJECT DriverObject)
{
    PIOP_DEVICE_NODE Node;
    while ((Node = PipSearchNodes(PipIsReportedBy, DriverObject)) != NULL) {
        PipDisableInterfaces(Node);
        PipDeleteRootDevice(Node);
        PipDereferenceNode(Node);
    }
}

NTSTATUS PipInitialize(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(PIP_ROOT_DRIVER);
    PDEVICE_OBJECT DeviceObject;
    PipInitializeActions();
    InitializeListHead(&PipInterfaces);
    NTSTATUS Status = IoCreateDriver(&Name, PipRootDriverEntry);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipCreatePdo(&DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PipRootNode = PipCreateNode(DeviceObject, PIP_ROOT_PATH, PIP_NODE_ROOT | PIP_NODE_PRESENT);
    if (PipRootNode == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PipRootNode->State = DeviceNodeStarted;
    PipInsertNode(NULL, PipRootNode);
    return STATUS_SUCCESS;
}
