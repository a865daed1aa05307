// SPDX-License-Identifier: MIT
// Control requests by handle: methods, rights, events, routines, waiting and not.
#include "device.h"

static PDEVICE_OBJECT Device;
static HANDLE Handle; // opened for all, asynchronous
static IO_STATUS_BLOCK Io;
static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KmodeControl");

static struct {
    UCHAR Major, Minor;
    ULONG Code, InputLength, OutputLength;
    PVOID SystemBuffer, Mdl, UserBuffer, Type3InputBuffer;
    UCHAR Input;
} Seen;
static PIRP Pended;
static BOOLEAN Pend;
static NTSTATUS Answer;
static ULONG_PTR Information;

static VOID Finish(PIRP Irp)
{
    if (Irp->AssociatedIrp.SystemBuffer != NULL) {
        RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, 8, 0x5a);
    }
    Irp->IoStatus.Status = Answer;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static VOID NTAPI Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Answer = STATUS_CANCELLED;
    Information = 0;
    Finish(Irp);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UNREFERENCED_PARAMETER(DeviceObject);
    Seen.Major = Stack->MajorFunction;
    Seen.Minor = Stack->MinorFunction;
    Seen.Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    Seen.InputLength = Stack->Parameters.DeviceIoControl.InputBufferLength;
    Seen.OutputLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    Seen.Type3InputBuffer = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    Seen.SystemBuffer = Irp->AssociatedIrp.SystemBuffer;
    Seen.Mdl = Irp->MdlAddress;
    Seen.UserBuffer = Irp->UserBuffer;
    Seen.Input = Seen.SystemBuffer != NULL ? *(PUCHAR)Seen.SystemBuffer : 0;
    if (Pend) {
        Pended = Irp;
        IoMarkIrpPending(Irp);
        IoSetCancelRoutine(Irp, Cancel);
        return STATUS_PENDING;
    }
    NTSTATUS Status = Answer;
    Finish(Irp);
    return Status;
}

static NTSTATUS Open(PHANDLE File, ACCESS_MASK Access, ULONG Options)
{
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenFile(File, Access, &Attributes, &Io, 0, Options);
}

static void Setup(void)
{
    Device = MakeDevice(L"KmodeControl", Name.Buffer, 0);
    DispatchOf(Device, IRP_MJ_CREATE, SucceedRequest);
    DispatchOf(Device, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(Device, IRP_MJ_CLOSE, SucceedRequest);
    DispatchOf(Device, IRP_MJ_DEVICE_CONTROL, Control);
    DispatchOf(Device, IRP_MJ_FILE_SYSTEM_CONTROL, Control);
    IS(Open(&Handle, FILE_ALL_ACCESS, 0), STATUS_SUCCESS);
}

static UCHAR Input[16], Output[16];

static void Reset(NTSTATUS Status, ULONG_PTR Bytes)
{
    RtlZeroMemory(&Seen, sizeof(Seen));
    RtlFillMemory(Input, sizeof(Input), 0x66);
    RtlFillMemory(Output, sizeof(Output), 0x11);
    Io = (IO_STATUS_BLOCK){.Status = STATUS_UNSUCCESSFUL, .Information = 99};
    Answer = Status;
    Information = Bytes;
    Pend = FALSE;
}

#define CODE(Method, Access) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, Method, Access)

static NTSTATUS Send(ULONG Code)
{
    return ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Io, Code, Input, sizeof(Input), Output,
                                 sizeof(Output));
}

static void TestBuffered(void)
{
    Reset(STATUS_SUCCESS, 8);
    IS(Send(CODE(METHOD_BUFFERED, FILE_ANY_ACCESS)), STATUS_SUCCESS);
    IS(Seen.Major, IRP_MJ_DEVICE_CONTROL);
    IS(Seen.Code, CODE(METHOD_BUFFERED, FILE_ANY_ACCESS));
    IS(Seen.InputLength, 16);
    IS(Seen.OutputLength, 16);
    IS(Seen.Input, 0x66);
    OK(Seen.SystemBuffer != Input && Seen.SystemBuffer != Output && Seen.Mdl == NULL);
    IS(Io.Status, STATUS_SUCCESS);
    IS(Io.Information, 8);
    IS(Output[7], 0x5a);
    IS(Output[8], 0x11); // as many bytes as Information says
    // A warning's bytes come back, an error's do not.
    Reset(STATUS_BUFFER_OVERFLOW, 4);
    IS(Send(CODE(METHOD_BUFFERED, FILE_ANY_ACCESS)), STATUS_BUFFER_OVERFLOW);
    IS(Output[3], 0x5a);
    IS(Output[4], 0x11);
    IS(Io.Information, 4);
    Reset(STATUS_INVALID_PARAMETER, 8);
    IS(Send(CODE(METHOD_BUFFERED, FILE_ANY_ACCESS)), STATUS_INVALID_PARAMETER);
    IS(Output[0], 0x11);
    // No buffers at all.
    Reset(STATUS_SUCCESS, 0);
    IS(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Io, CODE(METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0,
                             NULL, 0),
       STATUS_SUCCESS);
    OK(Seen.SystemBuffer == NULL);
}

static void TestDirect(void)
{
    for (ULONG Method = METHOD_IN_DIRECT; Method <= METHOD_OUT_DIRECT; Method += 1) {
        Reset(STATUS_SUCCESS, 8);
        IS(Send(CODE(Method, FILE_ANY_ACCESS)), STATUS_SUCCESS);
        OK(Seen.SystemBuffer != NULL && Seen.Mdl != NULL);
        IS(Seen.Input, 0x66);
        IS(Output[0], 0x11); // what was in the system buffer is input
        IS(Io.Information, 8);
        Reset(STATUS_SUCCESS, 0);
        IS(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Io, CODE(Method, FILE_ANY_ACCESS), Input, 0,
                                 Output, 0),
           STATUS_SUCCESS);
        OK(Seen.SystemBuffer == NULL && Seen.Mdl == NULL);
    }
}

static void TestNeither(void)
{
    Reset(STATUS_SUCCESS, 0);
    IS(Send(CODE(METHOD_NEITHER, FILE_ANY_ACCESS)), STATUS_SUCCESS);
    OK(Seen.Type3InputBuffer == Input && Seen.UserBuffer == Output);
    OK(Seen.SystemBuffer == NULL && Seen.Mdl == NULL);
}

// The code's rights are asked of the handle.
static void TestRights(void)
{
    static const struct {
        ACCESS_MASK Access;
        ULONG Required;
        NTSTATUS Status;
    } Cases[] = {
        {FILE_READ_DATA, FILE_ANY_ACCESS, STATUS_SUCCESS},
        {FILE_READ_DATA, FILE_READ_ACCESS, STATUS_SUCCESS},
        {FILE_READ_DATA, FILE_WRITE_ACCESS, STATUS_ACCESS_DENIED},
        {FILE_WRITE_DATA, FILE_READ_ACCESS, STATUS_ACCESS_DENIED},
        {FILE_WRITE_DATA, FILE_WRITE_ACCESS, STATUS_SUCCESS},
        {FILE_READ_DATA, FILE_READ_ACCESS | FILE_WRITE_ACCESS, STATUS_ACCESS_DENIED},
        {FILE_READ_ATTRIBUTES, FILE_ANY_ACCESS, STATUS_SUCCESS},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        // The kernel's handles have what they were opened with only if somebody looks: a Zw call does not.
        HANDLE File;
        Reset(STATUS_SUCCESS, 0);
        IS(Open(&File, Cases[Index].Access, 0), STATUS_SUCCESS);
        PFILE_OBJECT FileObject;
        OBJECT_HANDLE_INFORMATION Granted;
        IS(ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&FileObject, &Granted),
           STATUS_SUCCESS);
        IS(Granted.GrantedAccess & (FILE_READ_DATA | FILE_WRITE_DATA),
           Cases[Index].Access & (FILE_READ_DATA | FILE_WRITE_DATA));
        IS(ZwDeviceIoControlFile(File, NULL, NULL, NULL, &Io, CODE(METHOD_BUFFERED, Cases[Index].Required),
                                 NULL, 0, NULL, 0),
           STATUS_SUCCESS);
        // What the driver can ask on behalf of a user.
        PIRP Irp = IoAllocateIrp(1, FALSE);
        IoSetNextIrpStackLocation(Irp);
        PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
        Stack->MajorFunction = IRP_MJ_DEVICE_CONTROL;
        Stack->Flags = (Granted.GrantedAccess & FILE_READ_DATA ? SL_READ_ACCESS_GRANTED : 0) |
                       (Granted.GrantedAccess & FILE_WRITE_DATA ? SL_WRITE_ACCESS_GRANTED : 0);
        Irp->RequestorMode = UserMode;
        IS(IoValidateDeviceIoControlAccess(Irp, Cases[Index].Required), Cases[Index].Status);
        Irp->RequestorMode = KernelMode;
        IS(IoValidateDeviceIoControlAccess(Irp, Cases[Index].Required), STATUS_SUCCESS);
        IS(IoValidateDeviceIoControlAccess(Irp, 4), STATUS_INVALID_PARAMETER);
        Stack->MajorFunction = IRP_MJ_READ;
        IS(IoValidateDeviceIoControlAccess(Irp, FILE_READ_ACCESS), STATUS_INVALID_PARAMETER);
        IoFreeIrp(Irp);
        ObDereferenceObject(FileObject);
        IS(ZwClose(File), STATUS_SUCCESS);
    }
}

static void TestFsControl(void)
{
    Reset(STATUS_SUCCESS, 8);
    IS(ZwFsControlFile(Handle, NULL, NULL, NULL, &Io, FSCTL_GET_REPARSE_POINT, Input, sizeof(Input), Output,
                       sizeof(Output)),
       STATUS_SUCCESS);
    IS(Seen.Major, IRP_MJ_FILE_SYSTEM_CONTROL);
    IS(Seen.Minor, IRP_MN_USER_FS_REQUEST);
    IS(Seen.Code, FSCTL_GET_REPARSE_POINT);
    IS(Io.Information, 8);
    IS(Output[0], 0x5a);
    // Lengths of buffers that are not there are ignored.
    Reset(STATUS_SUCCESS, 0);
    IS(ZwFsControlFile(Handle, NULL, NULL, NULL, &Io, FSCTL_GET_REPARSE_POINT, NULL, 16, NULL, 16),
       STATUS_SUCCESS);
    IS(Seen.InputLength, 0);
    IS(Seen.OutputLength, 0);
    OK(Seen.SystemBuffer == NULL);
    IS(ZwFsControlFile(NULL, NULL, NULL, NULL, &Io, FSCTL_GET_REPARSE_POINT, NULL, 0, NULL, 0),
       STATUS_INVALID_HANDLE);
}

// ---- Later

static LONG Apcs;
static PVOID ApcContext;
static IO_STATUS_BLOCK ApcStatus;

static VOID NTAPI Apc(PVOID Context, PIO_STATUS_BLOCK Status, ULONG Reserved)
{
    UNREFERENCED_PARAMETER(Reserved);
    ApcContext = Context;
    ApcStatus = *Status;
    InterlockedIncrement(&Apcs);
}

static void TestPending(void)
{
    HANDLE Event;
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Now = {0};
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, TRUE), STATUS_SUCCESS);
    Reset(STATUS_SUCCESS, 8);
    Pend = TRUE;
    Apcs = 0;
    IS(ZwDeviceIoControlFile(Handle, Event, Apc, &Apcs, &Io, CODE(METHOD_BUFFERED, FILE_ANY_ACCESS), Input,
                             16, Output, 16),
       STATUS_PENDING);
    IS(ZwWaitForSingleObject(Event, FALSE, &Now), STATUS_TIMEOUT); // cleared as it began
    IS(Io.Status, STATUS_UNSUCCESSFUL);
    Finish(Pended);
    IS(ZwWaitForSingleObject(Event, FALSE, &Now), STATUS_SUCCESS);
    IS(Io.Status, STATUS_SUCCESS);
    IS(Io.Information, 8);
    IS(Output[0], 0x5a);
    IS(Apcs, 1);
    OK(ApcContext == &Apcs);
    IS(ApcStatus.Information, 8);
    // The file itself is signaled too, if there is no event.
    Reset(STATUS_SUCCESS, 0);
    Pend = TRUE;
    IS(Send(CODE(METHOD_BUFFERED, FILE_ANY_ACCESS)), STATUS_PENDING);
    IS(ZwWaitForSingleObject(Handle, FALSE, &Now), STATUS_TIMEOUT);
    Finish(Pended);
    IS(ZwWaitForSingleObject(Handle, FALSE, &Now), STATUS_SUCCESS);
    ZwClose(Event);
}

// A synchronous file's caller waits.
static VOID NTAPI FinishLater(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    while (Pended == NULL) {
        TestSleep(1);
    }
    TestSleep(5);
    Finish(Pended);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestSynchronousFile(void)
{
    HANDLE File;
    IS(Open(&File, FILE_READ_DATA | SYNCHRONIZE, FILE_SYNCHRONOUS_IO_NONALERT), STATUS_SUCCESS);
    Reset(STATUS_SUCCESS, 8);
    Pend = TRUE;
    Pended = NULL;
    PETHREAD Thread = TestStartThread(FinishLater, NULL);
    IS(ZwDeviceIoControlFile(File, NULL, NULL, NULL, &Io, CODE(METHOD_BUFFERED, FILE_ANY_ACCESS), Input, 16,
                             Output, 16),
       STATUS_SUCCESS);
    IS(Io.Status, STATUS_SUCCESS);
    IS(Output[0], 0x5a);
    TestJoinThread(Thread);
    ZwClose(File);
}

static void TestErrors(void)
{
    HANDLE Directory;
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Root = RTL_CONSTANT_STRING(L"\\Device");
    Reset(STATUS_SUCCESS, 0);
    InitializeObjectAttributes(&Attributes, &Root, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenDirectoryObject(&Directory, DIRECTORY_QUERY, &Attributes), STATUS_SUCCESS);
    IS(ZwDeviceIoControlFile(Directory, NULL, NULL, NULL, &Io, 0, NULL, 0, NULL, 0),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwDeviceIoControlFile((HANDLE)0x7ff0, NULL, NULL, NULL, &Io, 0, NULL, 0, NULL, 0),
       STATUS_INVALID_HANDLE);
    IS(ZwDeviceIoControlFile(Handle, Directory, NULL, NULL, &Io, 0, NULL, 0, NULL, 0),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(NtClose(Directory), STATUS_SUCCESS);
    IS(NtClose(Directory), STATUS_INVALID_HANDLE);
    IS(Seen.Major, 0); // the driver has seen none of it
}

// A file that is closed takes its requests with it when its thread cancels them.
static void TestCancelled(void)
{
    Reset(STATUS_SUCCESS, 0);
    Pend = TRUE;
    IS(Send(CODE(METHOD_BUFFERED, FILE_ANY_ACCESS)), STATUS_PENDING);
    IO_STATUS_BLOCK CancelIo;
    IS(ZwCancelIoFile(Handle, &CancelIo), STATUS_SUCCESS);
    IS(Io.Status, STATUS_CANCELLED);
}

static void Teardown(void)
{
    ZwClose(Handle);
    DeleteDevice(Device);
}

TEST_DRIVER(Setup, TestBuffered, TestDirect, TestNeither, TestRights, TestFsControl, TestPending,
            TestSynchronousFile, TestErrors, TestCancelled, Teardown)
