// SPDX-License-Identifier: MIT
// What a file or directory is.
#include <ntifs.h>
#include <kmode.h>

static NTSTATUS Open(PCWSTR Path, ACCESS_MASK Access, PHANDLE File)
{
    UNICODE_STRING Name;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Name, Path);

    *File = NULL;
    return NT_SUCCESS(Status)
               ? KmFileOpenEx(NULL, &Name, Access, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT, File, NULL)
               : Status;
}

NTSTATUS NTAPI KmFileQuery(PCWSTR Path, PKM_FILE_INFORMATION Information)
{
    FILE_NETWORK_OPEN_INFORMATION Network;
    IO_STATUS_BLOCK IoStatus;
    HANDLE File;
    NTSTATUS Status = Open(Path, FILE_READ_ATTRIBUTES, &File);

    RtlZeroMemory(Information, sizeof(*Information));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ZwQueryInformationFile(File, &IoStatus, &Network, sizeof(Network), FileNetworkOpenInformation);
    (VOID) ZwClose(File);
    if (NT_SUCCESS(Status)) {
        Information->Bytes = (ULONGLONG)Network.EndOfFile.QuadPart;
        Information->AllocatedBytes = (ULONGLONG)Network.AllocationSize.QuadPart;
        Information->Attributes = Network.FileAttributes;
        Information->CreationTime = Network.CreationTime.QuadPart;
        Information->LastAccessTime = Network.LastAccessTime.QuadPart;
        Information->LastWriteTime = Network.LastWriteTime.QuadPart;
        Information->ChangeTime = Network.ChangeTime.QuadPart;
    }
    return Status;
}

NTSTATUS NTAPI KmFileSet(PCWSTR Path, const KM_FILE_INFORMATION *Information)
{
    FILE_BASIC_INFORMATION Basic = {.CreationTime.QuadPart = Information->CreationTime,
                                    .LastAccessTime.QuadPart = Information->LastAccessTime,
                                    .LastWriteTime.QuadPart = Information->LastWriteTime,
                                    .ChangeTime.QuadPart = Information->ChangeTime,
                                    .FileAttributes = Information->Attributes};
    IO_STATUS_BLOCK IoStatus;
    HANDLE File;
    NTSTATUS Status = Open(Path, FILE_WRITE_ATTRIBUTES, &File);

    if (NT_SUCCESS(Status)) {
        Status = ZwSetInformationFile(File, &IoStatus, &Basic, sizeof(Basic), FileBasicInformation);
        (VOID) ZwClose(File);
    }
    return Status;
}

BOOLEAN NTAPI KmFileExists(PCWSTR Path)
{
    HANDLE File;
    NTSTATUS Status = Open(Path, FILE_READ_ATTRIBUTES, &File);

    if (NT_SUCCESS(Status)) {
        (VOID) ZwClose(File);
    }
    return NT_SUCCESS(Status);
}
