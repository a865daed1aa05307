// SPDX-License-Identifier: MIT
// Whether a driver takes part in what becomes of a file's requests. (ntifs, FILE_FS_DRIVER_PATH_INFORMATION)
#include "inc/kernel.h"

#define IOP_PATH_FIXED FIELD_OFFSET(FILE_FS_DRIVER_PATH_INFORMATION, DriverName)

// In the stack that Top, which is referenced and given up, is the top of.
static BOOLEAN IopIsInStack(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Top)
{
    BOOLEAN Found = FALSE;
    for (PDEVICE_OBJECT Device = Top, Lower; Device != NULL; Device = Lower) {
        Found = Found || Device->DriverObject == DriverObject;
        Lower = IoGetLowerDeviceObject(Device);
        ObfDereferenceObject(Device);
    }
    return Found;
}

// The file system's stack, and of a volume the disk's below it.
static BOOLEAN IopIsInPath(PDRIVER_OBJECT DriverObject, PFILE_OBJECT FileObject)
{
    PDEVICE_OBJECT Top = IoGetRelatedDeviceObject(FileObject);
    ObfReferenceObject(Top);
    if (IopIsInStack(DriverObject, Top)) {
        return TRUE;
    }
    return FileObject->Vpb != NULL &&
           IopIsInStack(DriverObject, IoGetAttachedDeviceReference(FileObject->Vpb->RealDevice));
}

// The name that the caller has stored, from pool (TAG_IO_BUFFER). Raises.
static NTSTATUS IopCaptureDriverName(const IOP_CLASS_REQUEST *Request, PUNICODE_STRING Name)
{
    const FILE_FS_DRIVER_PATH_INFORMATION *Information = Request->Buffer;
    const ULONG Length = Information->DriverNameLength;
    if (Length == 0 || Length % sizeof(WCHAR) != 0 || Length > UNICODE_STRING_MAX_BYTES ||
        Length > Request->Length - IOP_PATH_FIXED) {
        return STATUS_INVALID_PARAMETER;
    }
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, Length, TAG_IO_BUFFER);
    if (Name->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Name->Length = Name->MaximumLength = (USHORT)Length;
    RtlCopyMemory(Name->Buffer, Information->DriverName, Length);
    return STATUS_SUCCESS;
}

NTSTATUS IopQueryDriverPath(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request)
{
    UNICODE_STRING Name = {0};
    PVOID DriverObject = NULL;
    NTSTATUS Status;
    __try {
        Status = IopCaptureDriverName(Request, &Name);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, IoDriverObjectType, KernelMode,
                                         NULL, &DriverObject);
    }
    if (Name.Buffer != NULL) {
        ExFreePoolWithTag(Name.Buffer, TAG_IO_BUFFER);
    }
    if (!NT_SUCCESS(Status)) {
        IopEndService(Service);
        return Status;
    }
    BOOLEAN InPath = IopIsInPath(DriverObject, Service->FileObject);
    ObfDereferenceObject(DriverObject);
    return IopAnswerQuery(Service, Request, &InPath, sizeof(InPath));
}
