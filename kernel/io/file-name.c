// SPDX-License-Identifier: MIT
// The names of file objects, which the namespace does not have.
#include "inc/kernel.h"
#include "io/file-name.h"

#define IOP_DEVICE_NAME_BYTES 0x200

// No file system is asked: a driver may ask for the name while the file system works on the file.
NTSTATUS NTAPI IopQueryFileName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Information,
                                ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    PFILE_OBJECT File = Object;
    ULONG64 Buffer[IOP_DEVICE_NAME_BYTES / sizeof(ULONG64)];
    POBJECT_NAME_INFORMATION Device = (POBJECT_NAME_INFORMATION)Buffer;
    UNICODE_STRING Folder = {0};
    UNREFERENCED_PARAMETER(HasName);
    UNREFERENCED_PARAMETER(Mode);
    NTSTATUS Status = ObQueryNameString(File->DeviceObject, Device, sizeof(Buffer), ReturnLength);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // One that was opened below another has the rest of the name alone.
    BOOLEAN Relative = File->RelatedFileObject != NULL && File->FileName.Length != 0 &&
                       File->FileName.Buffer[0] != OBJ_NAME_PATH_SEPARATOR;
    if (Relative) {
        Folder = File->RelatedFileObject->FileName;
        while (Folder.Length != 0 && Folder.Buffer[Folder.Length / sizeof(WCHAR) - 1] == L'\\') {
            Folder.Length -= sizeof(WCHAR);
        }
    }
    ULONG Bytes =
        Device->Name.Length + Folder.Length + (Relative ? (ULONG)sizeof(WCHAR) : 0) + File->FileName.Length;
    ULONG Needed = sizeof(*Information) + (Bytes != 0 ? Bytes + (ULONG)sizeof(UNICODE_NULL) : 0);
    *ReturnLength = Needed;
    if (Bytes + sizeof(UNICODE_NULL) > MAXUSHORT) {
        return STATUS_NAME_TOO_LONG;
    }
    if (Length < Needed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    UNICODE_STRING Name = {0, (USHORT)(Needed - sizeof(*Information)), NULL};
    if (Bytes != 0) {
        Name.Buffer = (PWCH)(Information + 1);
        RtlAppendUnicodeStringToString(&Name, &Device->Name);
        RtlAppendUnicodeStringToString(&Name, &Folder);
        if (Relative) {
            RtlAppendUnicodeToString(&Name, L"\\");
        }
        RtlAppendUnicodeStringToString(&Name, &File->FileName);
    }
    Information->Name = Name;
    return STATUS_SUCCESS;
}
