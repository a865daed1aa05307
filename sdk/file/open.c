// SPDX-License-Identifier: MIT
// Opening files. A DOS path is put behind the name of the directory that NT keeps drive letters in, on the
// stack; one of more than MAX_PATH characters is opened relative to that directory, which needs no room, and
// which Wine does not know.
#include <ntifs.h>
#include <kmode.h>

#define DOS_DEVICES       L"\\??\\"
#define DOS_DEVICES_BYTES (sizeof(DOS_DEVICES) - sizeof(WCHAR))
#define SHORT_PATH_BYTES  (260 * sizeof(WCHAR))

static BOOLEAN IsDosPath(PCUNICODE_STRING Name)
{
    return Name->Length >= 2 * sizeof(WCHAR) && Name->Buffer[1] == L':';
}

static NTSTATUS OpenDosDevices(PHANDLE Directory)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??");
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenDirectoryObject(Directory, DIRECTORY_TRAVERSE, &Attributes);
}

NTSTATUS NTAPI KmFileOpenEx(HANDLE Directory, PCUNICODE_STRING Name, ACCESS_MASK Access, ULONG FileAttributes,
                            ULONG Share, ULONG Disposition, ULONG Options, PHANDLE File,
                            PULONG_PTR Information)
{
    WCHAR Full[(DOS_DEVICES_BYTES + SHORT_PATH_BYTES) / sizeof(WCHAR)] = DOS_DEVICES;
    UNICODE_STRING FullName;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus = {.Information = 0};
    HANDLE DosDevices = NULL;
    NTSTATUS Status;

    *File = NULL;
    if (Information != NULL) {
        *Information = 0;
    }
    if (Directory == NULL && IsDosPath(Name) && Name->Length <= SHORT_PATH_BYTES) {
        RtlCopyMemory((PUCHAR)Full + DOS_DEVICES_BYTES, Name->Buffer, Name->Length);
        FullName.Buffer = Full;
        FullName.Length = FullName.MaximumLength = (USHORT)(DOS_DEVICES_BYTES + Name->Length);
        Name = &FullName;
    } else if (Directory == NULL && IsDosPath(Name)) {
        Status = OpenDosDevices(&DosDevices);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Directory = DosDevices;
    }
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               Directory, NULL);
    Status = ZwCreateFile(File, Access | SYNCHRONIZE, &Attributes, &IoStatus, NULL, FileAttributes, Share,
                          Disposition, Options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (DosDevices != NULL) {
        (VOID) ZwClose(DosDevices);
    }
    if (!NT_SUCCESS(Status)) {
        *File = NULL;
    } else if (Information != NULL) {
        *Information = IoStatus.Information;
    }
    return Status;
}

NTSTATUS NTAPI KmFileOpen(PCWSTR Path, ACCESS_MASK Access, ULONG Disposition, PHANDLE File)
{
    UNICODE_STRING Name;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Name, Path);

    *File = NULL;
    return NT_SUCCESS(Status) ? KmFileOpenEx(NULL, &Name, Access, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ,
                                             Disposition, FILE_NON_DIRECTORY_FILE, File, NULL)
                              : Status;
}
