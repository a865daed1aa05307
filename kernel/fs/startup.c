// SPDX-License-Identifier: MIT
// The driver: its devices, its dispatch, the volume mounted.
#include "inc/kernel.h"
#include "fs/fs.h"

ERESOURCE FspLock;
PVPB FspVpb;
PNOTIFY_SYNC FspNotifySync;
LIST_ENTRY FspNotifyList;

// By the name of the first the file system is found and filtered; the second is the machine's disk.
static PDEVICE_OBJECT FspControlDevice, FspDisk;

static NTSTATUS FspLockControl(PIRP Irp, PIO_STACK_LOCATION Stack, BOOLEAN *Completed)
{
    FSP_NODE *Node = FspNodeOf(Stack->FileObject);
    if (Node->Volume || FspIsFolder(Node)) {
        return STATUS_INVALID_PARAMETER;
    }
    *Completed = TRUE;
    return FsRtlProcessFileLock(&Node->FileLock, Irp, NULL);
}

static NTSTATUS FspDirectoryControl(PIRP Irp, PIO_STACK_LOCATION Stack, BOOLEAN *Completed)
{
    FSP_OPEN *Open = FspOpenOf(Stack->FileObject);
    if (Stack->MinorFunction == IRP_MN_QUERY_DIRECTORY) {
        return FspQueryDirectory(Irp, Stack);
    }
    if (Stack->MinorFunction != IRP_MN_NOTIFY_CHANGE_DIRECTORY) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (!FspIsFolder(Open->Node)) {
        return STATUS_INVALID_PARAMETER;
    }
    *Completed = TRUE;
    FsRtlNotifyFullChangeDirectory(FspNotifySync, &FspNotifyList, Open, (PSTRING)&Open->Node->Path,
                                   (Stack->Flags & SL_WATCH_TREE) != 0, FALSE,
                                   Stack->Parameters.NotifyDirectory.CompletionFilter, Irp, NULL, NULL);
    return STATUS_PENDING;
}

static FSP_HANDLER *const FspHandlers[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
    [IRP_MJ_CREATE] = FspCreate,
    [IRP_MJ_CLEANUP] = FspCleanup,
    [IRP_MJ_CLOSE] = FspClose,
    [IRP_MJ_READ] = FspRead,
    [IRP_MJ_WRITE] = FspWrite,
    [IRP_MJ_FLUSH_BUFFERS] = FspFlush,
    [IRP_MJ_QUERY_INFORMATION] = FspQueryInformation,
    [IRP_MJ_SET_INFORMATION] = FspSetInformation,
    [IRP_MJ_QUERY_VOLUME_INFORMATION] = FspQueryVolume,
};

// A volume for the disk, if it is ours. The caller holds the disk's lock: there is one mount at a time.
static NTSTATUS FspMount(PIO_STACK_LOCATION Stack)
{
    PDEVICE_OBJECT Volume;
    PVPB Vpb = Stack->Parameters.MountVolume.Vpb;
    if (Vpb->RealDevice != FspDisk) {
        return STATUS_UNRECOGNIZED_VOLUME;
    }
    NTSTATUS Status = IoCreateDevice(FspControlDevice->DriverObject, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0,
                                     FALSE, &Volume);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Volume->SectorSize = FSP_SECTOR;
    Volume->StackSize = (CCHAR)(Stack->Parameters.MountVolume.DeviceObject->StackSize + 1);
    Volume->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    Vpb->SerialNumber = FSP_SERIAL;
    Vpb->DeviceObject = Volume;
    FspVpb = Vpb;
    return STATUS_SUCCESS;
}

// The file system's own device and the disk, opened for themselves: there is nothing in them.
static NTSTATUS FspHandleDevice(PDEVICE_OBJECT DeviceObject, PIO_STACK_LOCATION Stack)
{
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE: return STATUS_SUCCESS;
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        if (DeviceObject == FspControlDevice && Stack->MinorFunction == IRP_MN_MOUNT_VOLUME) {
            return FspMount(Stack);
        }
        return STATUS_INVALID_DEVICE_REQUEST;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS FspControl(PIRP Irp, PIO_STACK_LOCATION Stack, BOOLEAN *Completed)
{
    if (Stack->MinorFunction == IRP_MN_VERIFY_VOLUME) {
        return STATUS_SUCCESS; // the medium is never another one
    }
    if ((Stack->MinorFunction != IRP_MN_USER_FS_REQUEST && Stack->MinorFunction != IRP_MN_KERNEL_CALL) ||
        Stack->FileObject == NULL || Stack->FileObject->FsContext2 == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    return FspControlOplock(Irp, Stack, Completed);
}

// What looks at a file's oplocks before it is carried out. Opens and cleanups do so themselves.
static BOOLEAN FspMayBreakOplock(UCHAR MajorFunction)
{
    return MajorFunction == IRP_MJ_READ || MajorFunction == IRP_MJ_WRITE ||
           MajorFunction == IRP_MJ_FLUSH_BUFFERS || MajorFunction == IRP_MJ_LOCK_CONTROL ||
           MajorFunction == IRP_MJ_SET_INFORMATION;
}

static NTSTATUS FspHandle(PIRP Irp, PIO_STACK_LOCATION Stack, BOOLEAN *Completed)
{
    if (Stack->MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL) {
        return FspControl(Irp, Stack, Completed);
    }
    // Without a file object's node there is no open of ours: a stream.
    if (Stack->MajorFunction != IRP_MJ_CREATE &&
        (Stack->FileObject == NULL || Stack->FileObject->FsContext2 == NULL)) {
        return Stack->MajorFunction == IRP_MJ_CLEANUP || Stack->MajorFunction == IRP_MJ_CLOSE
                   ? STATUS_SUCCESS
                   : STATUS_INVALID_DEVICE_REQUEST;
    }
    if (FspMayBreakOplock(Stack->MajorFunction)) {
        NTSTATUS Status = FspCheckOplock(Irp, Stack);
        if (Status != STATUS_SUCCESS) {
            *Completed = Status == STATUS_PENDING;
            return Status;
        }
    }
    if (Stack->MajorFunction == IRP_MJ_LOCK_CONTROL) {
        return FspLockControl(Irp, Stack, Completed);
    }
    if (Stack->MajorFunction == IRP_MJ_DIRECTORY_CONTROL) {
        return FspDirectoryControl(Irp, Stack, Completed);
    }
    FSP_HANDLER *Handler = FspHandlers[Stack->MajorFunction];
    return Handler != NULL ? Handler(Irp, Stack) : STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS NTAPI FspDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    NTSTATUS Status;
    BOOLEAN Completed = FALSE;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction != IRP_MJ_QUERY_INFORMATION) {
        Irp->IoStatus.Information = 0;
    }
    KeEnterCriticalRegion();
    __try {
        Status = DeviceObject == FspControlDevice || DeviceObject == FspDisk
                     ? FspHandleDevice(DeviceObject, Stack)
                     : FspHandle(Irp, Stack, &Completed);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        // A caller's buffer that is none, or the cache's failure.
        Status = GetExceptionCode();
    }
    KeLeaveCriticalRegion();
    if (!Completed) {
        Irp->IoStatus.Status = Status;
        // An open that fails may have broken an oplock, and says so.
        if (NT_ERROR(Status) && Stack->MajorFunction != IRP_MJ_CREATE) {
            Irp->IoStatus.Information = 0;
        }
        IofCompleteRequest(Irp, IO_DISK_INCREMENT);
    }
    return Status;
}

static NTSTATUS FspCreateDevices(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING DiskName = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1");
    UNICODE_STRING ControlName = RTL_CONSTANT_STRING(L"\\Kmfs");
    UNICODE_STRING Drive = RTL_CONSTANT_STRING(L"\\??\\C:");
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &ControlName, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE,
                                     &FspControlDevice);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // Who may do what with a file is not the disk's to say.
    Status = IoCreateDevice(DriverObject, 0, &DiskName, FILE_DEVICE_DISK, 0, FALSE, &FspDisk);
    if (!NT_SUCCESS(Status)) {
        goto DeleteControl;
    }
    Status = IoCreateSymbolicLink(&Drive, &DiskName);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDisk;
    }
    FspDisk->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    FspControlDevice->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    IoRegisterFileSystem(FspControlDevice);
    return STATUS_SUCCESS;
DeleteDisk:
    IoDeleteDevice(FspDisk);
DeleteControl:
    IoDeleteDevice(FspControlDevice);
    return Status;
}

static NTSTATUS NTAPI FspDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function += 1) {
        DriverObject->MajorFunction[Function] = FspDispatch;
    }
    return FspCreateDevices(DriverObject);
}

NTSTATUS FsInitSystem(ULONG BootFlags)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\FileSystem\\Kmfs");
    if (!(BootFlags & KM_BOOT_DISK)) {
        return STATUS_SUCCESS;
    }
    InitializeListHead(&FspNotifyList);
    FsRtlNotifyInitializeSync(&FspNotifySync);
    NTSTATUS Status = ExInitializeResourceLite(&FspLock);
    return NT_SUCCESS(Status) ? IoCreateDriver(&Name, FspDriverEntry) : Status;
}
