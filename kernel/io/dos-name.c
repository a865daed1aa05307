// SPDX-License-Identifier: MIT
// Drive letters of volumes, and the names of files with them: pages iovolumedevicetodosname (ntddk.h),
// ioqueryfiledosdevicename (ntifs.h). There is no mount manager: a drive letter is the symbolic link alone.
#include "inc/kernel.h"
#include "io/file-name.h"

#define IOP_DEVICE_NAME_BYTES 0x200
#define IOP_DRIVE_BYTES       (2 * sizeof(WCHAR)) // a letter and a colon

// Is the drive a link to Device?
static BOOLEAN IopIsDriveOf(WCHAR Letter, PCUNICODE_STRING Device)
{
    WCHAR Path[] = L"\\GLOBAL??\\A:", Buffer[IOP_DEVICE_NAME_BYTES / sizeof(WCHAR)];
    UNICODE_STRING Name = RTL_CONSTANT_STRING(Path), Target = {0, sizeof(Buffer), Buffer};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Link;
    Path[RTL_NUMBER_OF(Path) - 3] = Letter;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenSymbolicLinkObject(&Link, SYMBOLIC_LINK_QUERY, &Attributes))) {
        return FALSE;
    }
    NTSTATUS Status = ZwQuerySymbolicLinkObject(Link, &Target, NULL);
    ZwClose(Link);
    return NT_SUCCESS(Status) && RtlEqualUnicodeString(&Target, Device, TRUE);
}

// STATUS_INVALID_PARAMETER: there is none.
static NTSTATUS IopFindDrive(PVOID DeviceObject, PWCHAR Letter)
{
    ULONG64 Buffer[IOP_DEVICE_NAME_BYTES / sizeof(ULONG64)];
    POBJECT_NAME_INFORMATION Device = (POBJECT_NAME_INFORMATION)Buffer;
    ULONG Needed;
    if (!NT_SUCCESS(ObQueryNameString(DeviceObject, Device, sizeof(Buffer), &Needed)) ||
        Device->Name.Length == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    for (*Letter = L'A'; *Letter <= L'Z'; *Letter += 1) {
        if (IopIsDriveOf(*Letter, &Device->Name)) {
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    WCHAR Letter;
    NTSTATUS Status = IopFindDrive(VolumeDeviceObject, &Letter);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PWCH Buffer = ExAllocatePool2(POOL_FLAG_PAGED, IOP_DRIVE_BYTES + sizeof(UNICODE_NULL), TAG_OBJECT_NAME);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Buffer[0] = Letter;
    Buffer[1] = L':';
    *DosName = (UNICODE_STRING){IOP_DRIVE_BYTES, IOP_DRIVE_BYTES + sizeof(UNICODE_NULL), Buffer};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    return IoVolumeDeviceToDosName(VolumeDeviceObject, DosName);
}

NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT FileObject,
                                        POBJECT_NAME_INFORMATION *ObjectNameInformation)
{
    WCHAR Letter;
    ULONG64 Buffer[IOP_DEVICE_NAME_BYTES / sizeof(ULONG64)];
    POBJECT_NAME_INFORMATION Device = (POBJECT_NAME_INFORMATION)Buffer;
    ULONG Needed = 0, Bytes;
    NTSTATUS Status = IopFindDrive(FileObject->DeviceObject, &Letter);
    if (NT_SUCCESS(Status)) {
        Status = ObQueryNameString(FileObject->DeviceObject, Device, sizeof(Buffer), &Bytes);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // The device's name, which is longer than the drive's, is replaced where it is.
    Status = IopQueryFileName(FileObject, TRUE, NULL, 0, &Needed, KernelMode);
    if (Status != STATUS_INFO_LENGTH_MISMATCH) {
        return Status;
    }
    POBJECT_NAME_INFORMATION Information = ExAllocatePool2(POOL_FLAG_PAGED, Needed, TAG_OBJECT_NAME);
    if (Information == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = IopQueryFileName(FileObject, TRUE, Information, Needed, &Bytes, KernelMode);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Information, TAG_OBJECT_NAME);
        return Status;
    }
    PUNICODE_STRING Name = &Information->Name;
    USHORT Rest = Name->Length - Device->Name.Length;
    Name->Buffer[0] = Letter;
    Name->Buffer[1] = L':';
    RtlMoveMemory(Name->Buffer + 2, (PUCHAR)Name->Buffer + Device->Name.Length, Rest + sizeof(UNICODE_NULL));
    Name->Length = IOP_DRIVE_BYTES + Rest;
    *ObjectNameInformation = Information;
    return STATUS_SUCCESS;
}
