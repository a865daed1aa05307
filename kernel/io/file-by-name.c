// SPDX-License-Identifier: MIT
// What can be asked of a file by its name alone: it is opened for that, and closed.
#include "inc/kernel.h"

#define IOP_SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
                                         PFILE_NETWORK_OPEN_INFORMATION FileInformation);

typedef struct _IOP_NAMED_FILE {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name; // captured
} IOP_NAMED_FILE;

// The caller's attributes, as the kernel itself may use them. What reading them raised,
// STATUS_INVALID_HANDLE, STATUS_OBJECT_NAME_INVALID, STATUS_INSUFFICIENT_RESOURCES.
static NTSTATUS IopCaptureNamedFile(IOP_NAMED_FILE *File, POBJECT_ATTRIBUTES ObjectAttributes)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(ObjectAttributes, sizeof(*ObjectAttributes), sizeof(ULONG));
        }
        File->Attributes = *ObjectAttributes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (File->Attributes.Length != sizeof(OBJECT_ATTRIBUTES)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Mode != KernelMode && ObpIsKernelHandle(File->Attributes.RootDirectory)) {
        return STATUS_INVALID_HANDLE;
    }
    Status = ObpCaptureName(&File->Name, File->Attributes.ObjectName, Mode);
    File->Attributes.ObjectName = &File->Name;
    // Nobody sees the handle, and nothing is created that could have a descriptor.
    File->Attributes.Attributes |= OBJ_KERNEL_HANDLE;
    File->Attributes.SecurityDescriptor = NULL;
    File->Attributes.SecurityQualityOfService = NULL;
    return Status;
}

static NTSTATUS IopOpenByName(POBJECT_ATTRIBUTES ObjectAttributes, ACCESS_MASK DesiredAccess, ULONG Options,
                              PHANDLE Handle)
{
    IOP_NAMED_FILE File;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = IopCaptureNamedFile(&File, ObjectAttributes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateFile(Handle, DesiredAccess, &File.Attributes, &IoStatus, NULL, 0, IOP_SHARE_ALL,
                          FILE_OPEN, Options, NULL, 0, CreateFileTypeNone, NULL,
                          IO_NO_PARAMETER_CHECKING |
                              (KeGetPreviousMode() != KernelMode ? IO_FORCE_ACCESS_CHECK : 0));
    ObpFreeName(&File.Name);
    return Status;
}

NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes)
{
    HANDLE Handle;
    NTSTATUS Status = IopOpenByName(ObjectAttributes, DELETE, FILE_DELETE_ON_CLOSE, &Handle);
    return NT_SUCCESS(Status) ? ObCloseHandle(Handle, KernelMode) : Status;
}

KI_DEFINE_ZW(DeleteFile, (POBJECT_ATTRIBUTES ObjectAttributes), (ObjectAttributes))

NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
                                         PFILE_NETWORK_OPEN_INFORMATION FileInformation)
{
    HANDLE Handle;
    IO_STATUS_BLOCK IoStatus;
    FILE_NETWORK_OPEN_INFORMATION Information;
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    NTSTATUS Status = IopOpenByName(ObjectAttributes, FILE_READ_ATTRIBUTES, FILE_OPEN_REPARSE_POINT, &Handle);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ZwQueryInformationFile(Handle, &IoStatus, &Information, sizeof(Information),
                                    FileNetworkOpenInformation);
    ObCloseHandle(Handle, KernelMode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(FileInformation, sizeof(*FileInformation), sizeof(ULONG));
        }
        *FileInformation = Information;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

KI_DEFINE_ZW(QueryFullAttributesFile,
             (POBJECT_ATTRIBUTES ObjectAttributes, PFILE_NETWORK_OPEN_INFORMATION FileInformation),
             (ObjectAttributes, FileInformation))
