// SPDX-License-Identifier: MIT
// The drive letter of a volume, and names of files with it.
#include "file.h"

static PFILE_OBJECT FileOf(HANDLE Handle)
{
    PFILE_OBJECT File = NULL;
    IS(ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL),
       STATUS_SUCCESS);
    return File;
}

static VOID IsName(PFILE_OBJECT File, PCWSTR Expected)
{
    POBJECT_NAME_INFORMATION Information = NULL;
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Expected);
    IS(IoQueryFileDosDeviceName(File, &Information), STATUS_SUCCESS);
    if (Information != NULL) {
        OK(RtlEqualUnicodeString(&Information->Name, &Name, FALSE));
        IS(Information->Name.Buffer[Information->Name.Length / sizeof(WCHAR)], 0);
        ExFreePool(Information);
    }
}

static void TestVolume(void)
{
    UNICODE_STRING Name = {0}, Drive = RTL_CONSTANT_STRING(L"C:");
    HANDLE Handle = Open(L"\\??\\C:\\", FILE_OPEN, FILE_DIRECTORY_FILE);
    PFILE_OBJECT File = FileOf(Handle);
    IS(IoVolumeDeviceToDosName(File->DeviceObject, &Name), STATUS_SUCCESS);
    OK(RtlEqualUnicodeString(&Name, &Drive, FALSE));
    IS(Name.MaximumLength, 6);
    IS(Name.Buffer[2], 0);
    ExFreePool(Name.Buffer);
    IS(RtlVolumeDeviceToDosName(File->DeviceObject, &Name), STATUS_SUCCESS);
    OK(RtlEqualUnicodeString(&Name, &Drive, FALSE));
    ExFreePool(Name.Buffer);
    // The file system's device, which has no name.
    IS(IoVolumeDeviceToDosName(File->Vpb->DeviceObject, &Name), STATUS_INVALID_PARAMETER);
    IsName(File, L"C:\\");
    ObDereferenceObject(File);
    ZwClose(Handle);
}

static void TestNoDrive(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Null"), DosName;
    PFILE_OBJECT File;
    PDEVICE_OBJECT Device;
    POBJECT_NAME_INFORMATION Information;
    if (!NT_SUCCESS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Device))) {
        RtlInitUnicodeString(&Name, L"\\Kmfs");
        IS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Device), STATUS_SUCCESS);
    }
    IS(IoVolumeDeviceToDosName(File->DeviceObject, &DosName), STATUS_INVALID_PARAMETER);
    IS(IoQueryFileDosDeviceName(File, &Information), STATUS_INVALID_PARAMETER);
    ObDereferenceObject(File);
}

static void TestFile(void)
{
    HANDLE Folder = Open(L"\\??\\C:\\dos-name", FILE_CREATE, FILE_DIRECTORY_FILE), Handle;
    IS(TryOpen(&Handle, Folder, L"a file.txt", ALL, SHARE_ALL, FILE_CREATE, FILE_NON_DIRECTORY_FILE),
       STATUS_SUCCESS);
    PFILE_OBJECT File = FileOf(Handle);
    IsName(File, L"C:\\dos-name\\a file.txt");
    ObDereferenceObject(File);
    ZwClose(Handle);
    ZwClose(Folder);
    Remove(L"\\??\\C:\\dos-name\\a file.txt");
    Remove(L"\\??\\C:\\dos-name");
}

TEST_DRIVER(TestVolume, TestNoDrive, TestFile)
