// SPDX-License-Identifier: MIT
// Names and numbers of instances: suggested, made unique, found by device.
#include "inc/kernel.h"
#include "io/wmi.h"

// *FirstInstanceId and those up to InstanceCount are given out for Guid once. STATUS_INSUFFICIENT_RESOURCES.
// IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoWMIAllocateInstanceIds(GUID *Guid, ULONG InstanceCount, PULONG FirstInstanceId)
{
    WmipAcquireLock();
    PWMIP_GUID Found = WmipFindGuid(Guid);
    if (Found != NULL) {
        *FirstInstanceId = Found->NextInstanceId;
        Found->NextInstanceId += InstanceCount;
    }
    WmipReleaseLock();
    return Found != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

// ---- Suggestions

// Zero-terminated text from pool, of a device's description. What IoGetDeviceProperty says.
static NTSTATUS WmipDescription(PDEVICE_OBJECT PhysicalDeviceObject, PWSTR *Text)
{
    ULONG Bytes = 0;
    *Text = NULL;
    NTSTATUS Status =
        IoGetDeviceProperty(PhysicalDeviceObject, DevicePropertyDeviceDescription, 0, NULL, &Bytes);
    if (Status != STATUS_BUFFER_TOO_SMALL) {
        return Status;
    }
    *Text = ExAllocatePoolZero(PagedPool, Bytes + sizeof(WCHAR), TAG_WMI);
    return *Text != NULL ? IoGetDeviceProperty(PhysicalDeviceObject, DevicePropertyDeviceDescription, Bytes,
                                               *Text, &Bytes)
                         : STATUS_INSUFFICIENT_RESOURCES;
}

// The same of an interface's FriendlyName.
static NTSTATUS WmipFriendlyName(PUNICODE_STRING SymbolicLinkName, PWSTR *Text)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"FriendlyName");
    HANDLE Key;
    ULONG Bytes;
    *Text = NULL;
    NTSTATUS Status = IoOpenDeviceInterfaceRegistryKey(SymbolicLinkName, KEY_QUERY_VALUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, NULL, 0, &Bytes);
    if (Status == STATUS_BUFFER_TOO_SMALL || Status == STATUS_BUFFER_OVERFLOW) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        PKEY_VALUE_PARTIAL_INFORMATION Value = ExAllocatePoolZero(PagedPool, Bytes + sizeof(WCHAR), TAG_WMI);
        if (Value != NULL) {
            Status = ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Value, Bytes, &Bytes);
        }
        if (Value != NULL && NT_SUCCESS(Status) && Value->Type == REG_SZ) {
            // The zero behind the value ends one that has none of its own.
            RtlMoveMemory(Value, Value->Data, Value->DataLength + sizeof(WCHAR));
            *Text = (PWSTR)Value;
        } else if (Value != NULL) {
            Status = NT_SUCCESS(Status) ? STATUS_OBJECT_TYPE_MISMATCH : Status;
            ExFreePoolWithTag(Value, TAG_WMI);
        }
    }
    ZwClose(Key);
    return Status;
}

// "First" or "Second", of which one may be NULL, or "First (Second)".
static NTSTATUS WmipCombine(PCWSTR First, PCWSTR Second, PUNICODE_STRING Result)
{
    PCWSTR Only = Second == NULL ? First : Second;
    SIZE_T Bytes = ((First != NULL ? wcslen(First) : 0) + (Second != NULL ? wcslen(Second) : 0) + 4) *
                   sizeof(WCHAR); // and " ()", and the zero
    if (Bytes > UNICODE_STRING_MAX_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    PWCH Buffer = ExAllocatePoolZero(PagedPool, Bytes, TAG_WMI);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Result = (UNICODE_STRING){0, (USHORT)Bytes, Buffer};
    if (First != NULL && Second != NULL) {
        RtlAppendUnicodeToString(Result, First);
        RtlAppendUnicodeToString(Result, L" (");
        RtlAppendUnicodeToString(Result, Second);
        RtlAppendUnicodeToString(Result, L")");
    } else {
        RtlAppendUnicodeToString(Result, Only);
    }
    return STATUS_SUCCESS;
}

// The device's description, the interface's friendly name, or both: the buffer, from paged pool, is the
// caller's. STATUS_INVALID_PARAMETER: not the one, or the two with CombineNames, that are asked for;
// STATUS_INSUFFICIENT_RESOURCES; what looking the name up says. IRQL <= APC_LEVEL. (wdm)
NTSTATUS NTAPI IoWMISuggestInstanceName(PDEVICE_OBJECT PhysicalDeviceObject, PUNICODE_STRING SymbolicLinkName,
                                        BOOLEAN CombineNames, PUNICODE_STRING SuggestedInstanceName)
{
    PWSTR Description = NULL, FriendlyName = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Given = (PhysicalDeviceObject != NULL) + (SymbolicLinkName != NULL);
    if (Given != (CombineNames ? 2u : 1u)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (PhysicalDeviceObject != NULL) {
        Status = WmipDescription(PhysicalDeviceObject, &Description);
    }
    if (NT_SUCCESS(Status) && SymbolicLinkName != NULL) {
        Status = WmipFriendlyName(SymbolicLinkName, &FriendlyName);
    }
    if (NT_SUCCESS(Status)) {
        Status = WmipCombine(Description, FriendlyName, SuggestedInstanceName);
    }
    if (FriendlyName != NULL) {
        ExFreePoolWithTag(FriendlyName, TAG_WMI);
    }
    if (Description != NULL) {
        ExFreePoolWithTag(Description, TAG_WMI);
    }
    return Status;
}

// ---- By device

// The top of the stack that DeviceObject is in. Not referenced: for comparison.
static PDEVICE_OBJECT WmipTopOf(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql = IopLockDatabase();
    PDEVICE_OBJECT Top = IopTopOfStack(DeviceObject);
    IopUnlockDatabase(OldIrql);
    return Top;
}

// The lock is held. The first set of Guid with static names whose provider is DeviceObject; or, with Stack,
// one of the devices of its stack.
static PWMIP_SET WmipSetOfDevice(PWMIP_GUID Guid, PDEVICE_OBJECT DeviceObject, BOOLEAN Stack)
{
    for (PLIST_ENTRY Link = Guid->Sets.Flink; Link != &Guid->Sets; Link = Link->Flink) {
        PWMIP_SET Set = CONTAINING_RECORD(Link, WMIP_SET, GuidLink);
        PDEVICE_OBJECT Candidate = Set->Provider->DeviceObject;
        BOOLEAN Same = Stack ? WmipTopOf(Candidate) == WmipTopOf(DeviceObject) : Candidate == DeviceObject;
        if (Same && Set->InstanceCount != 0) {
            return Set;
        }
    }
    return NULL;
}

// The first static name that DeviceObject, or else a device of its stack, has of the block: the buffer, from
// pool, is the caller's. STATUS_WMI_INSTANCE_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL. (wdm)
NTSTATUS NTAPI IoWMIDeviceObjectToInstanceName(PVOID DataBlockObject, PDEVICE_OBJECT DeviceObject,
                                               PUNICODE_STRING InstanceName)
{
    PWMIP_BLOCK Block;
    NTSTATUS Status = WmipReferenceBlock(DataBlockObject, 0, &Block);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = STATUS_WMI_INSTANCE_NOT_FOUND;
    WmipAcquireLock();
    PWMIP_SET Set = WmipSetOfDevice(Block->Guid, DeviceObject, FALSE);
    if (Set == NULL) {
        Set = WmipSetOfDevice(Block->Guid, DeviceObject, TRUE);
    }
    if (Set != NULL) {
        PUNICODE_STRING Name = &Set->Names[0];
        USHORT Bytes = (USHORT)(Name->Length + sizeof(WCHAR));
        PWCH Buffer = ExAllocatePoolZero(NonPagedPoolNx, Bytes, TAG_WMI);
        Status = STATUS_INSUFFICIENT_RESOURCES;
        if (Buffer != NULL) {
            RtlCopyMemory(Buffer, Name->Buffer, Name->Length);
            *InstanceName = (UNICODE_STRING){Name->Length, Bytes, Buffer};
            Status = STATUS_SUCCESS;
        }
    }
    WmipReleaseLock();
    ObfDereferenceObject(Block);
    return Status;
}

// The same of the device that the file was opened on. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.
// (wdm)
NTSTATUS NTAPI IoWMIHandleToInstanceName(PVOID DataBlockObject, HANDLE FileHandle,
                                         PUNICODE_STRING InstanceName)
{
    PVOID FileObject;
    NTSTATUS Status =
        ObReferenceObjectByHandle(FileHandle, 0, IoFileObjectType, KernelMode, &FileObject, NULL);
    if (NT_SUCCESS(Status)) {
        Status = IoWMIDeviceObjectToInstanceName(DataBlockObject, IoGetBaseFileSystemDeviceObject(FileObject),
                                                 InstanceName);
        ObfDereferenceObject(FileObject);
    }
    return Status;
}
