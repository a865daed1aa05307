// SPDX-License-Identifier: MIT
// A file's size, asked by one who may own the file system's locks: page fsrtlgetfilesize (ntifs.h).
#include "inc/kernel.h"
#include "fsrtl/fast-io.h"

static NTSTATUS NTAPI FsRtlpSizeCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

// Not by IoQueryFileInformation, which takes the file object's lock.
static NTSTATUS FsRtlpQueryByIrp(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject,
                                 PFILE_STANDARD_INFORMATION Information)
{
    KEVENT Event;
    PIRP Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE);
    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_QUERY_INFORMATION;
    Stack->FileObject = FileObject;
    Stack->Parameters.QueryFile.Length = sizeof(*Information);
    Stack->Parameters.QueryFile.FileInformationClass = FileStandardInformation;
    Irp->AssociatedIrp.SystemBuffer = Information;
    Irp->RequestorMode = KernelMode;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = FileObject;
    IoSetCompletionRoutine(Irp, FsRtlpSizeCompleted, &Event, TRUE, TRUE, TRUE);
    IoCallDriver(DeviceObject, Irp);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    NTSTATUS Status = Irp->IoStatus.Status;
    IoFreeIrp(Irp);
    return Status;
}

NTSTATUS NTAPI FsRtlGetFileSize(PFILE_OBJECT FileObject, PLARGE_INTEGER FileSize)
{
    FILE_STANDARD_INFORMATION Information = {0};
    IO_STATUS_BLOCK IoStatus = {0};
    BOOLEAN Done = FALSE;
    PDEVICE_OBJECT DeviceObject = IoGetRelatedDeviceObject(FileObject);
    PFAST_IO_DISPATCH Fast = DeviceObject->DriverObject->FastIoDispatch;
    FsRtlEnterFileSystem();
    if (FSRTLP_HAS_FAST(Fast, FastIoQueryStandardInfo)) {
        Done = Fast->FastIoQueryStandardInfo(FileObject, TRUE, &Information, &IoStatus, DeviceObject);
    }
    FsRtlExitFileSystem();
    NTSTATUS Status = Done ? IoStatus.Status : FsRtlpQueryByIrp(FileObject, DeviceObject, &Information);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Information.Directory) {
        return STATUS_FILE_IS_A_DIRECTORY;
    }
    *FileSize = Information.EndOfFile;
    return STATUS_SUCCESS;
}
