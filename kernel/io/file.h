// SPDX-License-Identifier: MIT
// File objects and the requests made by handle.
#ifndef KMODE_IO_FILE_H
#define KMODE_IO_FILE_H

// What NtCreateFile and its kin ask of the parse method of a device or file.
typedef struct _IOP_OPEN_PACKET {
    CSHORT Type; // IO_TYPE_OPEN_PACKET
    USHORT Size;
    ULONG Options; // IO_* of IoCreateFile
    ULONG CreateOptions;
    ULONG Disposition;
    ULONG FileAttributes;
    ULONG ShareAccess;
    LARGE_INTEGER AllocationSize;
    PVOID EaBuffer; // from pool; the create request's
    ULONG EaLength;
    CREATE_FILE_TYPE CreateFileType;
    PVOID CreateParameters; // of a pipe or mailslot
    PFILE_OBJECT RelatedFileObject;
    PDEVICE_OBJECT DeviceHint; // NULL: the top of the stack
    PECP_LIST EcpList;         // the caller's; NULL: none
    // The answer.
    BOOLEAN Asked; // a driver's: FinalStatus and Information are valid
    NTSTATUS FinalStatus;
    ULONG_PTR Information;
} IOP_OPEN_PACKET, *PIOP_OPEN_PACKET;

// FILE_OBJECT.FileObjectExtension
typedef struct _IOP_FILE_EXTENSION {
    PDEVICE_OBJECT DeviceHint;
    IO_PRIORITY_HINT PriorityHint;
    PVPB Vpb;                     // of the volume, referenced as long as the file is there
    OPLOCK_KEY_CONTEXT OplockKey; // Flags 0: none
    BOOLEAN IgnoreShareAccess;    // opened with IO_IGNORE_SHARE_ACCESS_CHECK
} IOP_FILE_EXTENSION, *PIOP_FILE_EXTENSION;

// The body of a File object.
typedef struct _IOP_FILE {
    FILE_OBJECT FileObject;
    IOP_FILE_EXTENSION Extension;
} IOP_FILE, *PIOP_FILE;

static inline PDEVICE_OBJECT IopFileHint(PFILE_OBJECT FileObject)
{
    PIOP_FILE_EXTENSION Extension = FileObject->FileObjectExtension;
    return Extension != NULL ? Extension->DeviceHint : NULL;
}

// ---- File objects (io/file-object.c)

NTSTATUS IopInitializeFileType(VOID);

// A file object of DeviceObject, with one reference, neither opened nor named. The device's count is not
// touched. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS IopCreateFileObject(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT *FileObject);

// The turn of the current thread with a file that is opened for synchronous I/O. STATUS_SUCCESS; with
// FO_ALERTABLE_IO what ended the wait: STATUS_ALERTED, STATUS_USER_APC. IRQL PASSIVE_LEVEL.
NTSTATUS IopLockFile(PFILE_OBJECT FileObject, KPROCESSOR_MODE Mode);
VOID IopUnlockFile(PFILE_OBJECT FileObject);

// Opens a device, or what is below one, that is no directory: *Handle is the kernel's, *FileObject
// referenced. What ZwOpenFile says. IRQL PASSIVE_LEVEL.
NTSTATUS IopOpenDevice(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess, PHANDLE Handle,
                       PFILE_OBJECT *FileObject);

// ---- Requests by handle (io/service.c)

// What a system service that sends a request holds.
typedef struct _IOP_SERVICE {
    KPROCESSOR_MODE Mode;
    BOOLEAN Synchronous; // the file is: its turn is ours
    PFILE_OBJECT FileObject;
    PDEVICE_OBJECT DeviceObject;
    PKEVENT Event;
    ACCESS_MASK GrantedAccess;
} IOP_SERVICE, *PIOP_SERVICE;

// Refers to FileHandle, opened with all of the rights AllOf or, if it is not 0, with one of AnyOf, and to
// Event, which may be NULL; takes the file's turn. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_ACCESS_DENIED, and what IopLockFile says. On success IopEndService or IopSendRequest lets go.
NTSTATUS IopBeginService(PIOP_SERVICE Service, HANDLE FileHandle, ACCESS_MASK AllOf, ACCESS_MASK AnyOf,
                         HANDLE Event);
VOID IopEndService(PIOP_SERVICE Service);

// Tells the service's caller of a request that no driver has been asked, or that fast I/O has answered.
NTSTATUS IopAnswerService(PIOP_SERVICE Service, PIO_STATUS_BLOCK UserIosb, const IO_STATUS_BLOCK *Answer);

// An IRP for the service's device, with references to file and event that its completion drops. Its next
// stack location has MajorFunction and the file. NULL: no memory.
PIRP IopAllocateServiceIrp(PIOP_SERVICE Service, UCHAR MajorFunction, PIO_STATUS_BLOCK UserIosb,
                           PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext);

// Frees an IRP of IopAllocateServiceIrp that is not to be sent, with what hangs on it, and ends the service.
VOID IopAbandonServiceIrp(PIOP_SERVICE Service, PIRP Irp);

// Sends it. Waits if the file is synchronous, or with Wait. The service is over. Returns its status.
NTSTATUS IopSendRequest(PIOP_SERVICE Service, PIRP Irp, BOOLEAN Wait);

// Buffer as DeviceObject's flags or the method of an IOCTL want it, for Mode. They raise what probing and
// locking raise, and STATUS_INSUFFICIENT_RESOURCES (io/buffer.c).
VOID IopSetTransferBuffer(PIRP Irp, PDEVICE_OBJECT DeviceObject, UCHAR MajorFunction, PVOID Buffer,
                          ULONG Length);
VOID IopSetControlBuffers(PIRP Irp, ULONG IoControlCode, PVOID Input, ULONG InputLength, PVOID Output,
                          ULONG OutputLength);
// A system buffer of Bytes, with Source's SourceBytes in front if it is not NULL.
VOID IopSetSystemBuffer(PIRP Irp, PVOID Source, ULONG SourceBytes, ULONG Bytes);

// ---- Extra create parameters (fsrtl/extra-create-parameter.c, io/oplock-key.c)

// Where the list of Irp, a create request of the I/O manager's, stands. NULL: it is none.
static inline PECP_LIST *IopEcpListOf(PIRP Irp)
{
    return (Irp->Flags & IRP_CREATE_OPERATION) &&
                   IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE
               ? Irp->UserBuffer
               : NULL;
}

// Notes what List, which may be NULL, has before an open; what drivers have added meanwhile is freed behind
// it.
VOID FsRtlpClaimEcps(PECP_LIST List);
VOID FsRtlpTrimEcps(PECP_LIST List);

// Notes the oplock key that the create request Irp brings for its file. STATUS_INVALID_PARAMETER: the
// parameter is too short.
NTSTATUS IopTakeOplockKey(PIRP Irp);

// ---- Information by class (io/information.c)

#define IOP_KNOWN_FOLDER_INFORMATION 76 // FileKnownFolderInformation, which the DDK's headers lack

// What a service asks of a class: how long its buffer is at least, and with which rights the file was opened.
typedef struct _IOP_CLASS {
    USHORT Bytes; // 0: not a class of this service
    ACCESS_MASK AllOf, AnyOf;
} IOP_CLASS;

// A request about a class of information, of files or of volumes.
typedef struct _IOP_CLASS_REQUEST {
    UCHAR MajorFunction; // IRP_MJ_QUERY_INFORMATION, _SET_INFORMATION, _QUERY_VOLUME_INFORMATION,
                         // _SET_VOLUME_INFORMATION
    ULONG Class;
    PVOID Buffer;
    ULONG Length;
    PIO_STATUS_BLOCK IoStatusBlock;
} IOP_CLASS_REQUEST;

// Looks Class up among Count Classes, and probes what user mode gives. STATUS_INVALID_INFO_CLASS,
// STATUS_INFO_LENGTH_MISMATCH, or what probing raised.
NTSTATUS IopCheckClassRequest(const IOP_CLASS_REQUEST *Request, const IOP_CLASS *Classes, ULONG Count);

// An IRP for the request, with a system buffer. On failure the service is over:
// STATUS_INSUFFICIENT_RESOURCES, or what reading the caller's buffer raised.
NTSTATUS IopMakeClassIrp(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request, PIRP *Irp);

// Answers a query with Bytes from Source, without a driver. The service is over.
NTSTATUS IopAnswerQuery(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request, const VOID *Source,
                        ULONG Bytes);
// Answers FileFsDriverPathInformation. STATUS_INVALID_PARAMETER: there is no name;
// STATUS_OBJECT_NAME_NOT_FOUND: no driver has it. IRQL PASSIVE_LEVEL. (io/driver-path.c)
NTSTATUS IopQueryDriverPath(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request);

// As IopBeginService, for the kernel itself, which has FileObject and may do everything.
NTSTATUS IopBeginOwnService(PIOP_SERVICE Service, PFILE_OBJECT FileObject);

// NtQueryInformationFile and NtSetInformationFile, from where the service has begun.
NTSTATUS IopQueryFile(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request);
NTSTATUS IopSetFile(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request);

// The services that no export list has, but user mode calls.
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                                PIO_STATUS_BLOCK IoStatusBlock);

// Probes what a service of user mode is to write. Raises.
static inline VOID IopProbeStatusBlock(PIO_STATUS_BLOCK IoStatusBlock, KPROCESSOR_MODE Mode)
{
    if (Mode != KernelMode) {
        ProbeForWrite(IoStatusBlock, sizeof(*IoStatusBlock), sizeof(PVOID));
    }
}

#endif
