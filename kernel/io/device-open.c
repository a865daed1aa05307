// SPDX-License-Identifier: MIT
// From a device, and what is left of a name, to an open file.
#include "inc/kernel.h"

// Of a stack it is the highest device that says so: filters copy the characteristics of the one below.
static BOOLEAN IopIsSecureOpen(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql = IopLockDatabase();
    ULONG Characteristics = IopTopOfStack(DeviceObject)->Characteristics;
    IopUnlockDatabase(OldIrql);
    return (Characteristics & FILE_DEVICE_SECURE_OPEN) != 0;
}

// Whether the device's own security lets it be opened. A name below it is its driver's business, unless the
// driver leaves that to us.
static NTSTATUS IopCheckDeviceAccess(PDEVICE_OBJECT DeviceObject, PIOP_OPEN_PACKET Packet,
                                     PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, ULONG Attributes,
                                     BOOLEAN Below)
{
    if (Packet->RelatedFileObject != NULL || (Below && !IopIsSecureOpen(DeviceObject))) {
        return STATUS_SUCCESS;
    }
    if ((Attributes & OBJ_FORCE_ACCESS_CHECK) || (Packet->Options & IO_FORCE_ACCESS_CHECK)) {
        Mode = UserMode;
    }
    return ObpCheckAccess(DeviceObject, AccessState, Mode);
}

static const struct {
    ULONG CreateOption, FileFlag;
} IopFileFlags[] = {
    {FILE_SYNCHRONOUS_IO_ALERT, FO_SYNCHRONOUS_IO | FO_ALERTABLE_IO},
    {FILE_SYNCHRONOUS_IO_NONALERT, FO_SYNCHRONOUS_IO},
    {FILE_NO_INTERMEDIATE_BUFFERING, FO_NO_INTERMEDIATE_BUFFERING},
    {FILE_WRITE_THROUGH, FO_WRITE_THROUGH},
    {FILE_SEQUENTIAL_ONLY, FO_SEQUENTIAL_ONLY},
    {FILE_RANDOM_ACCESS, FO_RANDOM_ACCESS},
};

static NTSTATUS IopFillFile(PFILE_OBJECT FileObject, const IOP_OPEN_PACKET *Packet, ULONG Attributes,
                            PUNICODE_STRING Name, BOOLEAN Rooted)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopFileFlags); Index += 1) {
        if (Packet->CreateOptions & IopFileFlags[Index].CreateOption) {
            FileObject->Flags |= IopFileFlags[Index].FileFlag;
        }
    }
    if (!(Attributes & OBJ_CASE_INSENSITIVE)) {
        FileObject->Flags |= FO_OPENED_CASE_SENSITIVE;
    }
    if (Packet->CreateFileType == CreateFileTypeNamedPipe) {
        FileObject->Flags |= FO_NAMED_PIPE;
    } else if (Packet->CreateFileType == CreateFileTypeMailslot) {
        FileObject->Flags |= FO_MAILSLOT;
    }
    FileObject->RelatedFileObject = Packet->RelatedFileObject;
    ((PIOP_FILE)FileObject)->Extension.DeviceHint = Packet->DeviceHint;
    ((PIOP_FILE)FileObject)->Extension.IgnoreShareAccess =
        (Packet->Options & IO_IGNORE_SHARE_ACCESS_CHECK) != 0;
    // Below a device the name begins with the separator, which the walk has taken off.
    ULONG Separator = Rooted ? sizeof(WCHAR) : 0;
    ULONG Bytes = Name->Length + Separator;
    if (Bytes == 0) {
        return STATUS_SUCCESS;
    }
    if (Bytes > UNICODE_STRING_MAX_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    // Drivers replace the buffer by one of theirs: it has no tag that a free would have to know.
    PWCH Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes + sizeof(WCHAR), TAG_FILE_NAME);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Rooted) {
        Buffer[0] = OBJ_NAME_PATH_SEPARATOR;
    }
    RtlCopyMemory((PUCHAR)Buffer + Separator, Name->Buffer, Name->Length);
    FileObject->FileName = (UNICODE_STRING){(USHORT)Bytes, (USHORT)(Bytes + sizeof(WCHAR)), Buffer};
    return STATUS_SUCCESS;
}

static const UCHAR IopCreateFunctions[] = {
    [CreateFileTypeNone] = IRP_MJ_CREATE,
    [CreateFileTypeNamedPipe] = IRP_MJ_CREATE_NAMED_PIPE,
    [CreateFileTypeMailslot] = IRP_MJ_CREATE_MAILSLOT,
};

static VOID IopFillCreate(PIRP Irp, PFILE_OBJECT FileObject, PIOP_OPEN_PACKET Packet, KPROCESSOR_MODE Mode,
                          ULONG Attributes, PIO_SECURITY_CONTEXT SecurityContext)
{
    Irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    Irp->RequestorMode = Mode;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = FileObject;
    Irp->Overlay.AllocationSize = Packet->AllocationSize;
    if (Packet->EaBuffer != NULL) {
        Irp->AssociatedIrp.SystemBuffer = Packet->EaBuffer;
    }
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IopCreateFunctions[Packet->CreateFileType];
    Stack->FileObject = FileObject;
    Stack->Flags = (UCHAR)((Attributes & OBJ_CASE_INSENSITIVE ? 0 : SL_CASE_SENSITIVE) |
                           ((Attributes & OBJ_FORCE_ACCESS_CHECK) || (Packet->Options & IO_FORCE_ACCESS_CHECK)
                                ? SL_FORCE_ACCESS_CHECK
                                : 0) |
                           (Packet->Options & IO_OPEN_PAGING_FILE ? SL_OPEN_PAGING_FILE : 0) |
                           (Packet->Options & IO_OPEN_TARGET_DIRECTORY ? SL_OPEN_TARGET_DIRECTORY : 0) |
                           (Packet->Options & IO_STOP_ON_SYMLINK ? SL_STOP_ON_SYMLINK : 0));
    Stack->Parameters.Create.SecurityContext = SecurityContext;
    Stack->Parameters.Create.Options = Packet->Disposition << 24 | Packet->CreateOptions;
    Stack->Parameters.Create.ShareAccess = (USHORT)Packet->ShareAccess;
    if (Packet->CreateFileType == CreateFileTypeNone) {
        Stack->Parameters.Create.FileAttributes = (USHORT)Packet->FileAttributes;
        Stack->Parameters.Create.EaLength = Packet->EaLength;
    } else {
        // CreatePipe and CreateMailslot have the caller's parameters where those two are.
        *(PVOID *)&Stack->Parameters.Create.EaLength = Packet->CreateParameters;
    }
}

// Asks the driver. *Answer is its, whatever the status.
static NTSTATUS IopSendCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp, PFILE_OBJECT FileObject,
                              PIO_STATUS_BLOCK Answer)
{
    Irp->UserIosb = Answer;
    ObfReferenceObject(FileObject); // the request's
    IopQueueThreadIrp(Irp);
    NTSTATUS Status = IofCallDriver(DeviceObject, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&FileObject->Event, Executive, KernelMode, FALSE, NULL);
        return Answer->Status;
    }
    KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
    *Answer = Irp->IoStatus;
    IopFinishIrp(Irp, FileObject);
    KiLowerIrql(OldIrql);
    return Answer->Status;
}

// A driver says that the file's name, which it has replaced, means another one: the walk begins anew.
static NTSTATUS IopReparse(PFILE_OBJECT FileObject, ULONG_PTR Information, PUNICODE_STRING CompleteName)
{
    UNICODE_STRING Name;
    if (Information != IO_REPARSE && Information != IO_REMOUNT) {
        return STATUS_IO_REPARSE_TAG_NOT_HANDLED;
    }
    if (Information == IO_REPARSE) {
        NTSTATUS Status = ObpCopyName(&Name, &FileObject->FileName);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        ObpFreeName(CompleteName);
        *CompleteName = Name;
    }
    return STATUS_REPARSE;
}

// What may be asked of a device without a thought of what is on it.
#define IOP_DIRECT_ACCESS                                                                                    \
    (SYNCHRONIZE | FILE_READ_ATTRIBUTES | READ_CONTROL | ACCESS_SYSTEM_SECURITY | WRITE_OWNER | WRITE_DAC)

// Sees to the volume that is on the device, mounted if need be; a file of it refers to its VPB.
static NTSTATUS IopEnterVolume(PFILE_OBJECT FileObject, const IOP_OPEN_PACKET *Packet, ACCESS_MASK Access)
{
    BOOLEAN Whole = FileObject->FileName.Length == 0 && Packet->RelatedFileObject == NULL;
    if (FileObject->DeviceObject->Vpb == NULL) {
        return STATUS_SUCCESS;
    }
    if ((Whole && !(Access & ~(ACCESS_MASK)IOP_DIRECT_ACCESS)) ||
        (Packet->RelatedFileObject != NULL && (Packet->RelatedFileObject->Flags & FO_DIRECT_DEVICE_OPEN))) {
        FileObject->Flags |= FO_DIRECT_DEVICE_OPEN;
        return STATUS_SUCCESS;
    }
    return IopReferenceVolume(FileObject->DeviceObject, Whole, &((PIOP_FILE)FileObject)->Extension.Vpb);
}

// Whether the device that is to be asked first is one of those that the file's requests go through.
static NTSTATUS IopCheckHint(PFILE_OBJECT FileObject, const IOP_OPEN_PACKET *Packet)
{
    if (Packet->DeviceHint == NULL) {
        return STATUS_SUCCESS;
    }
    KIRQL OldIrql = IopLockDatabase();
    PDEVICE_OBJECT Device = IoGetBaseFileSystemDeviceObject(FileObject);
    while (Device != NULL && Device != Packet->DeviceHint) {
        Device = Device->AttachedDevice;
    }
    IopUnlockDatabase(OldIrql);
    if (Device != NULL) {
        return STATUS_SUCCESS;
    }
    // Asked already, a driver has led the name to another volume.
    return Packet->Asked ? STATUS_MOUNT_POINT_NOT_RESOLVED : STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
}

static NTSTATUS IopOpenOnDevice(PDEVICE_OBJECT DeviceObject, PIOP_OPEN_PACKET Packet,
                                PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, ULONG Attributes,
                                PUNICODE_STRING CompleteName, PUNICODE_STRING Name, BOOLEAN Rooted,
                                PSECURITY_QUALITY_OF_SERVICE SecurityQos, PFILE_OBJECT *Opened)
{
    PFILE_OBJECT FileObject;
    IO_STATUS_BLOCK Answer = {0};
    ObpCaptureSubject(AccessState); // drivers decide by it, whoever asks
    IO_SECURITY_CONTEXT SecurityContext = {
        .SecurityQos = SecurityQos,
        .AccessState = AccessState,
        .DesiredAccess = AccessState->PreviouslyGrantedAccess | AccessState->RemainingDesiredAccess,
        .FullCreateOptions = Packet->CreateOptions,
    };
    NTSTATUS Status = IopCreateFileObject(DeviceObject, &FileObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObfReferenceObject(DeviceObject); // the file's
    Status = IopReferenceDevice(DeviceObject);
    if (!NT_SUCCESS(Status)) {
        FileObject->DeviceObject = NULL;
        ObfDereferenceObject(DeviceObject);
        goto DropFile;
    }
    Status = IopFillFile(FileObject, Packet, Attributes, Name, Rooted);
    if (NT_SUCCESS(Status)) {
        Status = IopEnterVolume(FileObject, Packet, SecurityContext.DesiredAccess);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopCheckHint(FileObject, Packet);
    }
    if (!NT_SUCCESS(Status)) {
        goto DropFile;
    }
    PDEVICE_OBJECT Top =
        Packet->DeviceHint != NULL ? Packet->DeviceHint : IoGetRelatedDeviceObject(FileObject);
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    if (Irp == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto DropFile;
    }
    IopFillCreate(Irp, FileObject, Packet, Mode, Attributes, &SecurityContext);
    PECP_LIST EcpList = Packet->EcpList;
    Irp->UserBuffer = &EcpList;
    FsRtlpClaimEcps(EcpList);
    Status = IopSendCreate(Top, Irp, FileObject, &Answer);
    if (EcpList != NULL && EcpList != Packet->EcpList) {
        FsRtlFreeExtraCreateParameterList(EcpList); // a driver's, for those below it
    } else {
        FsRtlpTrimEcps(EcpList);
    }
    Packet->Asked = TRUE;
    Packet->FinalStatus = Status;
    Packet->Information = Answer.Information;
    if (!NT_SUCCESS(Status)) {
        FileObject->Event.Header.SignalState = 0;
        goto DropFile;
    }
    if (Status == STATUS_REPARSE) {
        Status = IopReparse(FileObject, Packet->Information, CompleteName);
        goto DropFile;
    }
    KeClearEvent(&FileObject->Event);
    FileObject->Flags |= FO_FILE_OPEN | FO_HANDLE_CREATED; // the handle comes next
    *Opened = FileObject;
    return Status;
DropFile:
    ObfDereferenceObject(FileObject);
    return Status;
}

NTSTATUS NTAPI IopParseDevice(PVOID Object, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                              KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                              PUNICODE_STRING RemainingName, PVOID Context,
                              PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found)
{
    PDEVICE_OBJECT DeviceObject = Object;
    PIOP_OPEN_PACKET Packet = Context;
    PFILE_OBJECT FileObject;
    UNREFERENCED_PARAMETER(Type);
    // Only opening a file leads through a device: the object itself cannot be had by its name.
    if (Packet == NULL || Packet->Type != IO_TYPE_OPEN_PACKET || Packet->Size != sizeof(*Packet)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    // "\Device\X\" opens something in X, "\Device\X" opens X.
    BOOLEAN Separated = Packet->RelatedFileObject == NULL && RemainingName->Buffer > CompleteName->Buffer &&
                        RemainingName->Buffer[-1] == OBJ_NAME_PATH_SEPARATOR &&
                        RemainingName->Buffer != CompleteName->Buffer + 1;
    NTSTATUS Status = IopCheckDeviceAccess(DeviceObject, Packet, AccessState, Mode, Attributes,
                                           Separated || RemainingName->Length != 0);
    if (NT_SUCCESS(Status)) {
        Status = IopOpenOnDevice(DeviceObject, Packet, AccessState, Mode, Attributes, CompleteName,
                                 RemainingName, Separated, SecurityQos, &FileObject);
    }
    if (NT_SUCCESS(Status) && Status != STATUS_REPARSE) {
        *Found = FileObject;
    }
    return Status;
}

NTSTATUS IopOpenDevice(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess, PHANDLE Handle,
                       PFILE_OBJECT *FileObject)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    PVOID Object;
    InitializeObjectAttributes(&Attributes, ObjectName, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwOpenFile(Handle, DesiredAccess, &Attributes, &IoStatus, 0, FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(*Handle, 0, IoFileObjectType, KernelMode, &Object, NULL);
    if (NT_SUCCESS(Status)) {
        *FileObject = Object;
    } else {
        ZwClose(*Handle);
    }
    return Status;
}

NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess,
                                        PFILE_OBJECT *FileObject, PDEVICE_OBJECT *DeviceObject)
{
    HANDLE Handle;
    NTSTATUS Status = IopOpenDevice(ObjectName, DesiredAccess, &Handle, FileObject);
    if (NT_SUCCESS(Status)) {
        *DeviceObject = IoGetRelatedDeviceObject(*FileObject);
        ZwClose(Handle);
    }
    return Status;
}
