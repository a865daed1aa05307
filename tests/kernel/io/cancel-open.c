// SPDX-License-Identifier: MIT
// IoCancelFileOpen: a filter that does not let in what the device below has let in.
#include "device.h"

static PDEVICE_OBJECT Upper, Lower;
static ULONG Cleanups[2], Closes[2], FlagsAtClose;
static BOOLEAN Refuses;

static NTSTATUS PassOn(PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static NTSTATUS NTAPI Create(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (!Refuses) {
        return PassOn(Irp);
    }
    OK(IoForwardIrpSynchronously(Lower, Irp));
    IS(Irp->IoStatus.Status, STATUS_SUCCESS);
    OK(!(FileObject->Flags & FO_HANDLE_CREATED));
    IoCancelFileOpen(Lower, FileObject);
    IS(Cleanups[1], 1);
    IS(Closes[1], 0);
    OK((FileObject->Flags & FO_FILE_OPEN_CANCELLED) != 0);
    Irp->IoStatus.Status = STATUS_ACCESS_DENIED;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_ACCESS_DENIED;
}

static NTSTATUS NTAPI Count(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Place = DeviceObject == Lower;
    if (Stack->MajorFunction == IRP_MJ_CLEANUP) {
        Cleanups[Place] += 1;
    } else {
        Closes[Place] += 1;
        FlagsAtClose = Stack->FileObject->Flags;
    }
    return Place == 0 ? PassOn(Irp) : SucceedRequest(DeviceObject, Irp);
}

static NTSTATUS Open(PHANDLE Handle)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KmodeCancelOpen");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    RtlZeroMemory(Cleanups, sizeof(Cleanups));
    RtlZeroMemory(Closes, sizeof(Closes));
    return ZwOpenFile(Handle, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &IoStatus, 0, 0);
}

static void TestCancelled(void)
{
    PFILE_OBJECT FileObject;
    HANDLE Handle = NULL;

    Lower = MakeDevice(L"KmodeCancelOpenLower", L"\\Device\\KmodeCancelOpen", 0);
    Upper = MakeDevice(L"KmodeCancelOpenUpper", NULL, 0);
    DispatchOf(Lower, IRP_MJ_CREATE, SucceedRequest);
    DispatchOf(Upper, IRP_MJ_CREATE, Create);
    DispatchOf(Lower, IRP_MJ_CLEANUP, Count);
    DispatchOf(Lower, IRP_MJ_CLOSE, Count);
    DispatchOf(Upper, IRP_MJ_CLEANUP, Count);
    DispatchOf(Upper, IRP_MJ_CLOSE, Count);
    OK(IoAttachDeviceToDeviceStack(Upper, Lower) == Lower);

    Refuses = TRUE;
    IS(Open(&Handle), STATUS_ACCESS_DENIED);
    OK(Handle == NULL);
    // Below, a file that was opened and closed; above, an open that has failed.
    IS(Cleanups[1], 1);
    IS(Closes[1], 1);
    IS(Cleanups[0], 0);
    OK((FlagsAtClose & FO_FILE_OPEN_CANCELLED) != 0 && !(FlagsAtClose & FO_FILE_OPEN));
    Refuses = FALSE;
    IS(Open(&Handle), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&FileObject, NULL),
       STATUS_SUCCESS);
    OK((FileObject->Flags & FO_HANDLE_CREATED) != 0);
    ObDereferenceObject(FileObject);
    IS(ZwClose(Handle), STATUS_SUCCESS);
    OK(Cleanups[0] == 1 && Cleanups[1] == 1 && Closes[0] == 1 && Closes[1] == 1);
    OK(!(FlagsAtClose & FO_FILE_OPEN_CANCELLED));

    IoDetachDevice(Lower);
    DeleteDevice(Upper);
    DeleteDevice(Lower);
}

TEST_DRIVER(TestCancelled)
