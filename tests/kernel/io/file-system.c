// SPDX-License-Identifier: MIT
// File systems registered, filters told of them; volumes mounted, recognized, verified.
#include "device.h"

static PDEVICE_OBJECT Told[16];
static BOOLEAN ToldActive[16];
static ULONG ToldCount;

static VOID NTAPI Notified(PDEVICE_OBJECT DeviceObject, BOOLEAN FsActive)
{
    // The volume C: has a file system too.
    if (RtlCompareMemory(DeviceObject->DriverObject->DriverName.Buffer, L"\\Driver\\", 16) == 16 &&
        ToldCount < 16) {
        Told[ToldCount] = DeviceObject;
        ToldActive[ToldCount++] = FsActive;
    }
}

static VOID NTAPI NotifiedToo(PDEVICE_OBJECT DeviceObject, BOOLEAN FsActive)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(FsActive);
}

// A device of a driver of its own.
static PDEVICE_OBJECT MakeTyped(PCWSTR DriverName, PCWSTR DeviceName, DEVICE_TYPE Type)
{
    WCHAR Buffer[64] = L"\\Driver\\";
    UNICODE_STRING Name = {16, sizeof(Buffer), Buffer}, Device;
    PDEVICE_OBJECT DeviceObject = NULL;
    RtlAppendUnicodeToString(&Name, DriverName);
    IS(IoCreateDriver(&Name, TestDriverEntry), STATUS_SUCCESS);
    RtlInitUnicodeString(&Device, DeviceName);
    IS(IoCreateDevice(TestNewDriver, 0, DeviceName != NULL ? &Device : NULL, Type, 0, FALSE, &DeviceObject),
       STATUS_SUCCESS);
    DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    return DeviceObject;
}

static void TestRegistration(void)
{
    PDEVICE_OBJECT First = MakeTyped(L"First", L"\\FirstFs", FILE_DEVICE_DISK_FILE_SYSTEM);
    PDEVICE_OBJECT Second = MakeTyped(L"Second", L"\\SecondFs", FILE_DEVICE_CD_ROM_FILE_SYSTEM);
    PDEVICE_OBJECT Other = MakeTyped(L"Other", NULL, FILE_DEVICE_TAPE_FILE_SYSTEM);
    PDRIVER_OBJECT Drivers[4] = {NULL};
    ULONG Count = 0;
    LONG References = First->ReferenceCount;
    IoRegisterFileSystem(First);
    IS(First->ReferenceCount, References + 1);
    // Who comes later is told of those who are there.
    ToldCount = 0;
    IS(IoRegisterFsRegistrationChange(First->DriverObject, Notified), STATUS_SUCCESS);
    IS(ToldCount, 1);
    IS(Told[0], First);
    IS(ToldActive[0], TRUE);
    IS(IoRegisterFsRegistrationChange(First->DriverObject, Notified), STATUS_DEVICE_ALREADY_ATTACHED);
    IS(ToldCount, 1);
    IoRegisterFileSystem(Second);
    IS(ToldCount, 2);
    IS(Told[1], Second);
    IoRegisterFileSystem(Other); // no file system of a kind that mounts
    IS(ToldCount, 2);
    IS(Other->ReferenceCount, 0);
    // Another one in between: the same may come again.
    IS(IoRegisterFsRegistrationChangeMountAware(Second->DriverObject, NotifiedToo, TRUE), STATUS_SUCCESS);
    IS(IoRegisterFsRegistrationChangeMountAware(Second->DriverObject, NotifiedToo, FALSE),
       STATUS_DEVICE_ALREADY_ATTACHED);
    IS(IoEnumerateRegisteredFiltersList(NULL, 0, &Count), STATUS_BUFFER_TOO_SMALL);
    IS(Count, 2);
    IS(IoEnumerateRegisteredFiltersList(Drivers, sizeof(PVOID), &Count), STATUS_BUFFER_TOO_SMALL);
    IS(Count, 2);
    IS(Drivers[0], Second->DriverObject);
    ObDereferenceObject(Drivers[0]);
    IS(IoEnumerateRegisteredFiltersList(Drivers, sizeof(Drivers), &Count), STATUS_SUCCESS);
    IS(Drivers[0], Second->DriverObject);
    IS(Drivers[1], First->DriverObject);
    ObDereferenceObject(Drivers[0]);
    ObDereferenceObject(Drivers[1]);
    IoUnregisterFsRegistrationChange(Second->DriverObject, NotifiedToo);
    IoUnregisterFileSystem(Second);
    IS(ToldCount, 3);
    IS(Told[2], Second);
    IS(ToldActive[2], FALSE);
    IoUnregisterFsRegistrationChange(First->DriverObject, Notified);
    IoUnregisterFileSystem(First);
    IS(First->ReferenceCount, References);
    IS(ToldCount, 3);
    IS(IoEnumerateRegisteredFiltersList(NULL, 0, &Count), STATUS_SUCCESS);
    IS(Count, 0);
    DeleteDevice(First);
    DeleteDevice(Second);
    DeleteDevice(Other);
}

// The last to register is asked first; one of low priority, last of all.
static void TestOrder(void)
{
    PDEVICE_OBJECT First = MakeTyped(L"First", L"\\FirstFs", FILE_DEVICE_DISK_FILE_SYSTEM);
    PDEVICE_OBJECT Low = MakeTyped(L"Low", L"\\LowFs", FILE_DEVICE_DISK_FILE_SYSTEM);
    PDEVICE_OBJECT Last = MakeTyped(L"Last", L"\\LastFs", FILE_DEVICE_DISK_FILE_SYSTEM);
    PDEVICE_OBJECT Network =
        MakeTyped(L"Network", NULL, FILE_DEVICE_NETWORK_FILE_SYSTEM); // a name is not needed
    Low->Flags |= DO_LOW_PRIORITY_FILESYSTEM;
    IoRegisterFileSystem(First);
    IoRegisterFileSystem(Low);
    IoRegisterFileSystem(Last);
    IoRegisterFileSystem(Network);
    ToldCount = 0;
    IS(IoRegisterFsRegistrationChange(First->DriverObject, Notified), STATUS_SUCCESS);
    IS(ToldCount, 4);
    IS(Told[0], Last);
    IS(Told[1], First);
    IS(Told[2], Low);
    IS(Told[3], Network);
    IoUnregisterFsRegistrationChange(First->DriverObject, Notified);
    PDEVICE_OBJECT All[] = {First, Low, Last, Network};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(All); Index += 1) {
        IoUnregisterFileSystem(All[Index]);
        DeleteDevice(All[Index]);
    }
}

// ---- A file system, a recognizer and a disk

static struct {
    ULONG Mounts, Loads, Verifies, Creates, DiskCreates;
    NTSTATUS MountStatus, VerifyStatus;
    PDEVICE_OBJECT Volume, Disk, MountDevice;
    UCHAR Flags;
    BOOLEAN Pend;
} Fs;

static PDEVICE_OBJECT FileSystem, Recognizer;

static NTSTATUS Finish(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI FsControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVPB Vpb = Stack->Parameters.MountVolume.Vpb;
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (Stack->MinorFunction == IRP_MN_VERIFY_VOLUME) {
        Fs.Verifies += 1;
        IS(DeviceObject, Fs.Volume);
        IS(Stack->Parameters.VerifyVolume.Vpb, Fs.Disk->Vpb);
        IS(Stack->Parameters.VerifyVolume.DeviceObject, Fs.Volume);
        if (Fs.VerifyStatus == STATUS_WRONG_VOLUME) {
            KIRQL Irql;
            IoAcquireVpbSpinLock(&Irql);
            Fs.Disk->Vpb->Flags &= (USHORT)~VPB_MOUNTED;
            Fs.Disk->Vpb->DeviceObject = NULL;
            IoReleaseVpbSpinLock(Irql);
        }
        return Finish(Irp, Fs.VerifyStatus);
    }
    if (Stack->MinorFunction != IRP_MN_MOUNT_VOLUME) {
        return Finish(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
    IS(DeviceObject, FileSystem);
    IS(Vpb->RealDevice, Fs.Disk);
    Fs.Mounts += 1;
    Fs.MountDevice = Stack->Parameters.MountVolume.DeviceObject;
    Fs.Flags = Stack->Flags;
    if (NT_SUCCESS(Fs.MountStatus)) {
        Vpb->DeviceObject = Fs.Volume;
    }
    return Finish(Irp, Fs.MountStatus);
}

static NTSTATUS NTAPI FsCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    IS(DeviceObject, Fs.Volume);
    Fs.Creates += 1;
    IoGetCurrentIrpStackLocation(Irp)->FileObject->Vpb = Fs.Disk->Vpb;
    return Finish(Irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI DiskCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    IS(DeviceObject, Fs.Disk);
    Fs.DiskCreates += 1;
    return Finish(Irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI RecognizerControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    IS(DeviceObject, Recognizer);
    if (Stack->MinorFunction == IRP_MN_LOAD_FILE_SYSTEM) {
        Fs.Loads += 1;
        IoRegisterFileSystem(FileSystem);
        IoUnregisterFileSystem(Recognizer);
        return Finish(Irp, STATUS_SUCCESS);
    }
    IS(Stack->MinorFunction, IRP_MN_MOUNT_VOLUME);
    return Finish(Irp, STATUS_FS_DRIVER_REQUIRED);
}

static NTSTATUS OpenDisk(PCWSTR Path, ACCESS_MASK Access, PFILE_OBJECT *File)
{
    HANDLE Handle;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK Io;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    *File = NULL;
    NTSTATUS Status = ZwOpenFile(&Handle, Access, &Attributes, &Io, 7, 0);
    if (NT_SUCCESS(Status)) {
        IS(ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)File, NULL),
           STATUS_SUCCESS);
        ZwClose(Handle);
    }
    return Status;
}

static VOID Drop(PFILE_OBJECT File)
{
    ObDereferenceObject(File);
}

static void TestMount(void)
{
    PFILE_OBJECT File, Other;
    RtlZeroMemory(&Fs, sizeof(Fs));
    Fs.Disk = MakeTyped(L"Disk", L"\\Device\\TestDisk", FILE_DEVICE_DISK);
    FileSystem = MakeTyped(L"Fs", L"\\TestFs", FILE_DEVICE_DISK_FILE_SYSTEM);
    Recognizer = MakeTyped(L"Recognizer", L"\\TestRec", FILE_DEVICE_DISK_FILE_SYSTEM);
    IS(IoCreateDevice(FileSystem->DriverObject, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Fs.Volume),
       STATUS_SUCCESS);
    Fs.Volume->StackSize = 2;
    Fs.Volume->Flags &= ~DO_DEVICE_INITIALIZING;
    DispatchOf(Fs.Disk, IRP_MJ_CREATE, DiskCreate);
    DispatchOf(Fs.Disk, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(Fs.Disk, IRP_MJ_CLOSE, SucceedRequest);
    DispatchOf(FileSystem, IRP_MJ_CREATE, FsCreate);
    DispatchOf(FileSystem, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(FileSystem, IRP_MJ_CLOSE, SucceedRequest);
    DispatchOf(FileSystem, IRP_MJ_FILE_SYSTEM_CONTROL, FsControl);
    DispatchOf(Recognizer, IRP_MJ_FILE_SYSTEM_CONTROL, RecognizerControl);

    // Nobody knows it: it opens as a whole, and nothing on it does.
    IS(OpenDisk(L"\\Device\\TestDisk\\a", FILE_READ_DATA, &File), STATUS_UNRECOGNIZED_VOLUME);
    IS(Fs.DiskCreates, 0);
    IS(OpenDisk(L"\\Device\\TestDisk", FILE_READ_DATA, &File), STATUS_SUCCESS);
    IS(Fs.DiskCreates, 1);
    Drop(File);
    IS(IoVerifyVolume(Fs.Disk, FALSE), STATUS_UNRECOGNIZED_VOLUME);

    // With attributes alone it is the device that is opened.
    IoRegisterFileSystem(Recognizer);
    IS(OpenDisk(L"\\Device\\TestDisk", FILE_READ_ATTRIBUTES, &File), STATUS_SUCCESS);
    IS(Fs.DiskCreates, 2);
    OK(File->Flags & FO_DIRECT_DEVICE_OPEN);
    IS(IoGetRelatedDeviceObject(File), Fs.Disk);
    Drop(File);
    IS(Fs.Loads, 0);

    // The recognizer brings the file system, which does not take it at first.
    Fs.MountStatus = STATUS_UNRECOGNIZED_VOLUME;
    IS(OpenDisk(L"\\Device\\TestDisk\\a", FILE_READ_DATA, &File), STATUS_UNRECOGNIZED_VOLUME);
    IS(Fs.Loads, 1);
    IS(Fs.Mounts, 1);
    IS(Fs.Flags, 0);
    Fs.MountStatus = STATUS_DEVICE_NOT_CONNECTED; // of the device itself
    IS(OpenDisk(L"\\Device\\TestDisk\\a", FILE_READ_DATA, &File), STATUS_DEVICE_NOT_CONNECTED);
    Fs.MountStatus = STATUS_SUCCESS;
    IS(OpenDisk(L"\\Device\\TestDisk\\a", FILE_READ_DATA, &File), STATUS_SUCCESS);
    IS(Fs.Mounts, 3);
    IS(Fs.MountDevice, Fs.Disk);
    IS(Fs.Creates, 1);
    IS(Fs.DiskCreates, 2);
    IS(Fs.Disk->Vpb->Flags & VPB_MOUNTED, VPB_MOUNTED);
    IS(Fs.Disk->Vpb->ReferenceCount, 2); // the mount and the file
    IS(IoGetRelatedDeviceObject(File), Fs.Volume);
    IS(IoGetBaseFileSystemDeviceObject(File), Fs.Volume);
    IS(OpenDisk(L"\\Device\\TestDisk", FILE_READ_DATA, &Other), STATUS_SUCCESS);
    IS(Fs.Mounts, 3);
    IS(Fs.Creates, 2);
    IS(Fs.Disk->Vpb->ReferenceCount, 3);
    Drop(Other);
    Drop(File);
    IS(Fs.Disk->Vpb->ReferenceCount, 1);
    Fs.Disk->Vpb->Flags |= VPB_LOCKED;
    IS(OpenDisk(L"\\Device\\TestDisk\\a", FILE_READ_DATA, &File), STATUS_ACCESS_DENIED);
    Fs.Disk->Vpb->Flags &= (USHORT)~VPB_LOCKED;

    // Verified.
    IS(IoVerifyVolume(Fs.Disk, FALSE), STATUS_SUCCESS);
    IS(Fs.Verifies, 1);
    Fs.VerifyStatus = STATUS_UNSUCCESSFUL;
    IS(IoVerifyVolume(Fs.Disk, FALSE), STATUS_UNSUCCESSFUL);
    Fs.VerifyStatus = STATUS_WRONG_VOLUME;
    IS(IoVerifyVolume(Fs.Disk, TRUE), STATUS_WRONG_VOLUME);
    IS(Fs.Mounts, 4);
    IS(Fs.Flags, SL_ALLOW_RAW_MOUNT);
    IS(Fs.Disk->Vpb->Flags & VPB_MOUNTED, VPB_MOUNTED);
    Fs.MountStatus = STATUS_UNRECOGNIZED_VOLUME;
    IS(IoVerifyVolume(Fs.Disk, FALSE), STATUS_UNRECOGNIZED_VOLUME);
    IS(Fs.Disk->Vpb->Flags & VPB_MOUNTED, 0);
    Fs.MountStatus = STATUS_SUCCESS;
    IS(IoVerifyVolume(Fs.Disk, FALSE), STATUS_SUCCESS); // it was not mounted before

    IoUnregisterFileSystem(FileSystem);
    IoDeleteDevice(Fs.Volume);
    DeleteDevice(FileSystem);
    DeleteDevice(Recognizer);
    DeleteDevice(Fs.Disk);
}

static ULONG Completions;

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    Completions += 1;
    IS(Irp->IoStatus.Information, 0);
    IS(Irp->IoStatus.Status, STATUS_NO_MEDIA_IN_DEVICE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void TestHardErrors(void)
{
    UNICODE_STRING Text = RTL_CONSTANT_STRING(L"D:");
    PDEVICE_OBJECT Disk = MakeTyped(L"Disk", NULL, FILE_DEVICE_DISK);
    PIRP Irp = IoAllocateIrp(2, FALSE);
    IoSetNextIrpStackLocation(Irp);
    IoSetCompletionRoutine(Irp, Completed, NULL, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Irp);
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetHardErrorOrVerifyDevice(Irp, Disk);
    IS(IoGetDeviceToVerify(PsGetCurrentThread()), Disk);
    IoSetDeviceToVerify(PsGetCurrentThread(), NULL);

    IS(IoRaiseInformationalHardError(STATUS_NO_MEDIA_IN_DEVICE, &Text, NULL), TRUE);
    IS(IoSetThreadHardErrorMode(FALSE), TRUE);
    IS(IoSetThreadHardErrorMode(FALSE), FALSE);
    IS(IoRaiseInformationalHardError(STATUS_NO_MEDIA_IN_DEVICE, NULL, KeGetCurrentThread()), FALSE);
    Irp->IoStatus.Status = STATUS_NO_MEDIA_IN_DEVICE;
    Irp->IoStatus.Information = 512;
    IoRaiseHardError(Irp, Disk->Vpb, Disk);
    IS(Completions, 1);
    IS(IoSetThreadHardErrorMode(TRUE), FALSE);
    IS(IoRaiseInformationalHardError(STATUS_NO_MEDIA_IN_DEVICE, NULL, KeGetCurrentThread()), TRUE);
    IoFreeIrp(Irp);
    DeleteDevice(Disk);
}

TEST_DRIVER(TestRegistration, TestOrder, TestMount, TestHardErrors)
