// SPDX-License-Identifier: MIT
// Information about the volume that a file is on, or about its device.
#include "inc/kernel.h"

static const IOP_CLASS IopQueryVolumeClasses[] = {
    [FileFsVolumeInformation] = {.Bytes = sizeof(FILE_FS_VOLUME_INFORMATION)},
    [FileFsSizeInformation] = {.Bytes = sizeof(FILE_FS_SIZE_INFORMATION)},
    [FileFsDeviceInformation] = {.Bytes = sizeof(FILE_FS_DEVICE_INFORMATION)},
    [FileFsAttributeInformation] = {.Bytes = sizeof(FILE_FS_ATTRIBUTE_INFORMATION)},
    [FileFsControlInformation] = {sizeof(FILE_FS_CONTROL_INFORMATION), FILE_READ_DATA, 0},
    [FileFsDriverPathInformation] = {.Bytes = sizeof(FILE_FS_DRIVER_PATH_INFORMATION)},
    [FileFsFullSizeInformation] = {.Bytes = sizeof(FILE_FS_FULL_SIZE_INFORMATION)},
    [FileFsObjectIdInformation] = {.Bytes = sizeof(FILE_FS_OBJECTID_INFORMATION)},
    [FileFsVolumeFlagsInformation] = {.Bytes = sizeof(FILE_FS_VOLUME_FLAGS_INFORMATION)},
    [FileFsSectorSizeInformation] = {.Bytes = sizeof(FILE_FS_SECTOR_SIZE_INFORMATION)},
};

static const IOP_CLASS IopSetVolumeClasses[] = {
    [FileFsLabelInformation] = {sizeof(FILE_FS_LABEL_INFORMATION), FILE_WRITE_DATA, 0},
    [FileFsControlInformation] = {sizeof(FILE_FS_CONTROL_INFORMATION), FILE_WRITE_DATA, 0},
    [FileFsObjectIdInformation] = {sizeof(FILE_FS_OBJECTID_INFORMATION), FILE_WRITE_DATA, 0},
    [FileFsVolumeFlagsInformation] = {sizeof(FILE_FS_VOLUME_FLAGS_INFORMATION), FILE_WRITE_DATA, 0},
};

// FALSE: the device is remote, and only its driver knows.
static BOOLEAN IopDescribeDevice(PFILE_OBJECT FileObject, PFILE_FS_DEVICE_INFORMATION Information)
{
    PDEVICE_OBJECT DeviceObject = FileObject->DeviceObject;
    if (DeviceObject->Characteristics & FILE_REMOTE_DEVICE) {
        return FALSE;
    }
    Information->DeviceType = DeviceObject->DeviceType;
    Information->Characteristics = DeviceObject->Characteristics;
    if (DeviceObject->Vpb != NULL && (DeviceObject->Vpb->Flags & VPB_MOUNTED)) {
        Information->Characteristics |= FILE_DEVICE_IS_MOUNTED;
    }
    return TRUE;
}

static NTSTATUS IopSendVolume(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request)
{
    PIRP Irp;
    FILE_FS_DEVICE_INFORMATION Device;
    if (Request->MajorFunction == IRP_MJ_QUERY_VOLUME_INFORMATION &&
        Request->Class == FileFsDeviceInformation && IopDescribeDevice(Service->FileObject, &Device)) {
        return IopAnswerQuery(Service, Request, &Device, sizeof(Device));
    }
    if (Request->MajorFunction == IRP_MJ_QUERY_VOLUME_INFORMATION &&
        Request->Class == FileFsDriverPathInformation) {
        return IopQueryDriverPath(Service, Request);
    }
    NTSTATUS Status = IopMakeClassIrp(Service, Request, &Irp);
    return NT_SUCCESS(Status) ? IopSendRequest(Service, Irp, TRUE) : Status;
}

static NTSTATUS IopVolume(HANDLE FileHandle, const IOP_CLASS_REQUEST *Request, const IOP_CLASS *Classes,
                          ULONG Count)
{
    IOP_SERVICE Service;
    NTSTATUS Status = IopCheckClassRequest(Request, Classes, Count);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopBeginService(&Service, FileHandle, Classes[Request->Class].AllOf, 0, NULL);
    return Status == STATUS_SUCCESS ? IopSendVolume(&Service, Request) : Status;
}

NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                            PVOID FsInformation, ULONG Length,
                                            FS_INFORMATION_CLASS FsInformationClass)
{
    IOP_CLASS_REQUEST Request = {IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformationClass, FsInformation, Length,
                                 IoStatusBlock};
    return IopVolume(FileHandle, &Request, IopQueryVolumeClasses, RTL_NUMBER_OF(IopQueryVolumeClasses));
}

KI_DEFINE_ZW(QueryVolumeInformationFile,
             (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
              FS_INFORMATION_CLASS FsInformationClass),
             (FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass))

NTSTATUS NTAPI NtSetVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                          PVOID FsInformation, ULONG Length,
                                          FS_INFORMATION_CLASS FsInformationClass)
{
    IOP_CLASS_REQUEST Request = {IRP_MJ_SET_VOLUME_INFORMATION, FsInformationClass, FsInformation, Length,
                                 IoStatusBlock};
    return IopVolume(FileHandle, &Request, IopSetVolumeClasses, RTL_NUMBER_OF(IopSetVolumeClasses));
}

KI_DEFINE_ZW(SetVolumeInformationFile,
             (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
              FS_INFORMATION_CLASS FsInformationClass),
             (FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass))

NTSTATUS NTAPI IoQueryVolumeInformation(PFILE_OBJECT FileObject, FS_INFORMATION_CLASS FsInformationClass,
                                        ULONG Length, PVOID FsInformation, PULONG ReturnedLength)
{
    IOP_SERVICE Service;
    IO_STATUS_BLOCK IoStatus = {0};
    IOP_CLASS_REQUEST Request = {IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformationClass, FsInformation, Length,
                                 &IoStatus};
    if (Request.Class >= RTL_NUMBER_OF(IopQueryVolumeClasses) ||
        IopQueryVolumeClasses[Request.Class].Bytes == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < IopQueryVolumeClasses[Request.Class].Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS Status = IopBeginOwnService(&Service, FileObject);
    if (Status == STATUS_SUCCESS) {
        Status = IopSendVolume(&Service, &Request);
    }
    *ReturnedLength = (ULONG)IoStatus.Information;
    return Status;
}
