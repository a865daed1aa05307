// SPDX-License-Identifier: MIT
// Requests that a driver makes for the one below; what an IRP tells of who asked.
#include "device.h"

static PDEVICE_OBJECT Device;
static IO_STATUS_BLOCK Io;
static KEVENT Event;
static UCHAR Data[64];

// What the dispatch routine saw.
static struct {
    IO_STACK_LOCATION Stack;
    ULONG Flags;
    PVOID SystemBuffer, UserBuffer, MdlAddress;
    UCHAR FirstByte;
    BOOLEAN Synchronous, Is32Bit;
    PEPROCESS Process;
    ULONG ProcessId, SessionId;
    NTSTATUS SessionStatus;
    KPROCESSOR_MODE Mode;
    BOOLEAN HasThread;
} Seen;

static BOOLEAN Pend;
static PIRP Pended;

static void Finish(PIRP Irp)
{
    // The answer: as much as was asked for, of a byte that the test knows.
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Buffer = Irp->MdlAddress != NULL && Stack->MajorFunction != IRP_MJ_DEVICE_CONTROL
                       ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority)
                       : Irp->AssociatedIrp.SystemBuffer;
    Irp->IoStatus.Information = 0;
    if (Buffer != NULL && Stack->MajorFunction != IRP_MJ_WRITE) {
        RtlFillMemory(Buffer, 8, 0x5a);
        Irp->IoStatus.Information = 8;
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Seen.Stack = *IoGetCurrentIrpStackLocation(Irp);
    Seen.Flags = Irp->Flags;
    Seen.SystemBuffer = Irp->AssociatedIrp.SystemBuffer;
    Seen.UserBuffer = Irp->UserBuffer;
    Seen.MdlAddress = Irp->MdlAddress;
    Seen.FirstByte = Seen.SystemBuffer != NULL ? *(PUCHAR)Seen.SystemBuffer : 0;
    Seen.Synchronous = IoIsOperationSynchronous(Irp);
    Seen.Is32Bit = IoIs32bitProcess(Irp);
    Seen.Process = IoGetRequestorProcess(Irp);
    Seen.ProcessId = IoGetRequestorProcessId(Irp);
    Seen.SessionStatus = IoGetRequestorSessionId(Irp, &Seen.SessionId);
    Seen.Mode = Irp->RequestorMode;
    Seen.HasThread = Irp->Tail.Overlay.Thread == PsGetCurrentThread();
    if (Pend) {
        IoMarkIrpPending(Irp);
        Pended = Irp;
        return STATUS_PENDING;
    }
    Finish(Irp);
    return STATUS_SUCCESS;
}

static void Setup(void)
{
    Device = MakeDevice(L"KmodeBuild", NULL, 0);
    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function += 1) {
        DispatchOf(Device, Function, Dispatch);
    }
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
}

static void Reset(ULONG DeviceFlags)
{
    RtlZeroMemory(&Seen, sizeof(Seen));
    RtlFillMemory(Data, sizeof(Data), 0x11);
    Io = (IO_STATUS_BLOCK){.Status = STATUS_UNSUCCESSFUL, .Information = 99};
    KeClearEvent(&Event);
    Device->Flags = (Device->Flags & ~(DO_BUFFERED_IO | DO_DIRECT_IO)) | DeviceFlags;
}

static PIRP Build(ULONG MajorFunction, ULONG Length)
{
    LARGE_INTEGER Offset = {.QuadPart = 0x123456789};
    PIRP Irp = IoBuildSynchronousFsdRequest(MajorFunction, Device, Data, Length, &Offset, &Event, &Io);
    OK(Irp != NULL);
    return Irp;
}

static void TestRead(void)
{
    static const ULONG Kinds[] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Kinds); Index += 1) {
        Reset(Kinds[Index]);
        PIRP Irp = Build(IRP_MJ_READ, 16);
        OK(Irp->UserEvent == &Event && Irp->UserIosb == &Io);
        IS(IoCallDriver(Device, Irp), STATUS_SUCCESS);
        IS(Seen.Stack.MajorFunction, IRP_MJ_READ);
        IS(Seen.Stack.Parameters.Read.Length, 16);
        IS(Seen.Stack.Parameters.Read.ByteOffset.QuadPart, 0x123456789);
        IS(Seen.SystemBuffer != NULL, Kinds[Index] == DO_BUFFERED_IO);
        IS(Seen.MdlAddress != NULL, Kinds[Index] == DO_DIRECT_IO);
        IS(Seen.Mode, KernelMode);
        OK(Seen.HasThread);
        // Completed, all is as the caller of a file sees it: event, status, bytes.
        IS(KeReadStateEvent(&Event), 1);
        IS(Io.Status, STATUS_SUCCESS);
        IS(Io.Information, Kinds[Index] != 0 ? 8 : 0);
        IS(Data[0], Kinds[Index] != 0 ? 0x5a : 0x11);
        IS(Data[8], 0x11);
    }
    OK(Seen.UserBuffer == Data); // neither: the driver has the address
}

static void TestWrite(void)
{
    Reset(DO_BUFFERED_IO);
    Data[0] = 0x77;
    IS(IoCallDriver(Device, Build(IRP_MJ_WRITE, 16)), STATUS_SUCCESS);
    IS(Seen.FirstByte, 0x77);
    OK(Seen.SystemBuffer != Data);
    IS(Seen.Stack.Parameters.Write.ByteOffset.QuadPart, 0x123456789);
    IS(Data[0], 0x77);
}

static void TestOthers(void)
{
    static const UCHAR Functions[] = {IRP_MJ_FLUSH_BUFFERS, IRP_MJ_SHUTDOWN, IRP_MJ_PNP};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Functions); Index += 1) {
        Reset(DO_BUFFERED_IO);
        PIRP Irp = IoBuildSynchronousFsdRequest(Functions[Index], Device, NULL, 0, NULL, &Event, &Io);
        OK(Irp != NULL);
        IS(IoCallDriver(Device, Irp), STATUS_SUCCESS);
        IS(Seen.Stack.MajorFunction, Functions[Index]);
        OK(Seen.SystemBuffer == NULL && Seen.MdlAddress == NULL);
        IS(KeReadStateEvent(&Event), 1);
    }
}

static void TestPending(void)
{
    LARGE_INTEGER Timeout = TestMilliseconds(1);
    Reset(DO_BUFFERED_IO);
    Pend = TRUE;
    IS(IoCallDriver(Device, Build(IRP_MJ_READ, 16)), STATUS_PENDING);
    Pend = FALSE;
    IS(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT);
    IS(Io.Status, STATUS_UNSUCCESSFUL);
    Finish(Pended);
    IS(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Timeout), STATUS_SUCCESS);
    IS(Io.Status, STATUS_SUCCESS);
    IS(Data[0], 0x5a);
}

static NTSTATUS NTAPI FreeIt(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    *(PIO_STATUS_BLOCK)Context = Irp->IoStatus;
    if (Irp->AssociatedIrp.SystemBuffer != NULL && (Irp->Flags & IRP_DEALLOCATE_BUFFER)) {
        ExFreePool(Irp->AssociatedIrp.SystemBuffer);
    }
    IoFreeIrp(Irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

// Nobody's thread waits for it: the maker's completion routine ends it.
static void TestAsynchronous(void)
{
    IO_STATUS_BLOCK Answer = {0};
    LARGE_INTEGER Offset = {.QuadPart = 7};
    Reset(DO_BUFFERED_IO);
    PIRP Irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, Device, Data, 16, &Offset, NULL);
    OK(Irp != NULL && Irp->UserEvent == NULL && Irp->UserIosb == NULL);
    IoSetCompletionRoutine(Irp, FreeIt, &Answer, TRUE, TRUE, TRUE);
    IS(IoCallDriver(Device, Irp), STATUS_SUCCESS);
    IS(Seen.Stack.Parameters.Write.ByteOffset.QuadPart, 7);
    IS(Answer.Status, STATUS_SUCCESS);
    // Without an offset it is 0.
    Irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, Device, Data, 16, NULL, NULL);
    IoSetCompletionRoutine(Irp, FreeIt, &Answer, TRUE, TRUE, TRUE);
    IoCallDriver(Device, Irp);
    IS(Seen.Stack.Parameters.Write.ByteOffset.QuadPart, 0);
}

static PIRP BuildControl(ULONG Method, ULONG InputLength, ULONG OutputLength, BOOLEAN Internal)
{
    static UCHAR Input[16] = {0x66};
    PIRP Irp =
        IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, Method, FILE_ANY_ACCESS), Device,
                                      InputLength != 0 ? Input : NULL, InputLength,
                                      OutputLength != 0 ? Data : NULL, OutputLength, Internal, &Event, &Io);
    OK(Irp != NULL);
    return Irp;
}

static void TestControl(void)
{
    for (ULONG Method = METHOD_BUFFERED; Method <= METHOD_NEITHER; Method += 1) {
        Reset(0);
        IS(IoCallDriver(Device, BuildControl(Method, 16, 32, Method == METHOD_OUT_DIRECT)), STATUS_SUCCESS);
        IS(Seen.Stack.MajorFunction,
           Method == METHOD_OUT_DIRECT ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL);
        IS(Seen.Stack.Parameters.DeviceIoControl.IoControlCode,
           CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, Method, FILE_ANY_ACCESS));
        IS(Seen.Stack.Parameters.DeviceIoControl.InputBufferLength, 16);
        IS(Seen.Stack.Parameters.DeviceIoControl.OutputBufferLength, 32);
        OK(Seen.Stack.FileObject == NULL);
        IS(Seen.Mode, KernelMode);
        IS(Seen.FirstByte, Method == METHOD_NEITHER ? 0 : 0x66);
        IS(Seen.MdlAddress != NULL, Method == METHOD_IN_DIRECT || Method == METHOD_OUT_DIRECT);
        IS(KeReadStateEvent(&Event), 1);
        if (Method == METHOD_BUFFERED) {
            IS(Data[0], 0x5a); // Information's bytes came back
            IS(Data[8], 0x11);
        } else if (Method == METHOD_NEITHER) {
            OK(Seen.UserBuffer == Data);
            OK(Seen.Stack.Parameters.DeviceIoControl.Type3InputBuffer != NULL);
        }
    }
    Reset(0);
    IS(IoCallDriver(Device, BuildControl(METHOD_BUFFERED, 0, 0, FALSE)), STATUS_SUCCESS);
    OK(Seen.SystemBuffer == NULL && Seen.MdlAddress == NULL);
}

static NTSTATUS NTAPI NoteCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    *(PNTSTATUS)Context = Irp->IoStatus.Status;
    return STATUS_CONTINUE_COMPLETION;
}

// Without an event the maker's completion routine is told; the rest is as with one.
static void TestNoEvent(void)
{
    NTSTATUS Status = STATUS_PENDING;
    Reset(0);
    PIRP Irp =
        IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS),
                                      Device, NULL, 0, Data, sizeof(Data), FALSE, NULL, &Io);
    OK(Irp != NULL);
    IoSetCompletionRoutine(Irp, NoteCompletion, &Status, TRUE, TRUE, TRUE);
    IS(IoCallDriver(Device, Irp), STATUS_SUCCESS);
    IS(Status, STATUS_SUCCESS);
    IS(Io.Status, STATUS_SUCCESS);
    IS(Data[0], 0x5a);
    IS(KeReadStateEvent(&Event), 0);
}

// A buffer that cannot be had as the device or the control code wants it.
static void TestNoBuffer(void)
{
    const PVOID Nowhere = (PVOID)0x10000;
    Reset(DO_DIRECT_IO);
    OK(IoBuildSynchronousFsdRequest(IRP_MJ_READ, Device, Nowhere, 16, NULL, &Event, &Io) == NULL);
    OK(IoBuildAsynchronousFsdRequest(IRP_MJ_READ, Device, Nowhere, 16, NULL, &Io) == NULL);
    Reset(DO_BUFFERED_IO);
    OK(IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, Device, Nowhere, 16, NULL, &Event, &Io) == NULL);
    OK(IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS),
                                     Device, NULL, 0, Nowhere, 16, FALSE, &Event, &Io) == NULL);
    OK(IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS),
                                     Device, Nowhere, 16, NULL, 0, FALSE, &Event, &Io) == NULL);
}

// ---- A thread that ends

static ULONG Cancels;

static VOID NTAPI CancelIt(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Cancels += 1;
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI Keep(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, CancelIt);
    return STATUS_PENDING;
}

static VOID NTAPI SendAndEnd(PVOID Context)
{
    PIRP Irp = Context != NULL ? Build(IRP_MJ_READ, 16) : BuildControl(METHOD_BUFFERED, 16, 16, FALSE);
    IS(IoCallDriver(Device, Irp), STATUS_PENDING);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// Its requests are cancelled.
static void TestThreadEnds(void)
{
    static const UCHAR Functions[] = {IRP_MJ_DEVICE_CONTROL, IRP_MJ_READ};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Functions); Index += 1) {
        Reset(DO_BUFFERED_IO);
        Cancels = 0;
        DispatchOf(Device, Functions[Index], Keep);
        TestJoinThread(TestStartThread(SendAndEnd, Functions[Index] == IRP_MJ_READ ? Device : NULL));
        DispatchOf(Device, Functions[Index], Dispatch);
        IS(Cancels, 1);
        IS(Io.Status, STATUS_CANCELLED);
        IS(KeReadStateEvent(&Event), 1);
    }
}

// ---- Who asked

static VOID NTAPI FinishWithBoost(PVOID Context)
{
    TestSleep(1); // the sender waits by then
    Pended->IoStatus.Status = STATUS_SUCCESS;
    Pended->IoStatus.Information = 0;
    IoCompleteRequest(Pended, *(PCCHAR)Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// The completion's boost is the sender's, for a while.
static void TestPriorityBoost(void)
{
    static CCHAR Boosts[] = {IO_NO_INCREMENT, IO_DISK_INCREMENT, IO_KEYBOARD_INCREMENT};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Boosts); Index += 1) {
        KPRIORITY Before = KeQueryPriorityThread(KeGetCurrentThread());
        Reset(DO_BUFFERED_IO);
        Pend = TRUE;
        IS(IoCallDriver(Device, Build(IRP_MJ_READ, 16)), STATUS_PENDING);
        Pend = FALSE;
        PETHREAD Thread = TestStartThread(FinishWithBoost, &Boosts[Index]);
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        KPRIORITY After = KeQueryPriorityThread(KeGetCurrentThread());
        IS(After, Before + Boosts[Index]);
        TestJoinThread(Thread);
        KeSetPriorityThread(KeGetCurrentThread(), Before);
    }
}

static void TestRequestor(void)
{
    Reset(0);
    IoCallDriver(Device, BuildControl(METHOD_BUFFERED, 16, 0, FALSE));
    OK(Seen.Process == PsGetCurrentProcess());
    IS(Seen.ProcessId, HandleToULong(PsGetCurrentProcessId()));
    IS(Seen.SessionStatus, STATUS_SUCCESS);
    IS(Seen.SessionId, 0);
    OK(!Seen.Is32Bit);
    OK(!IoIs32bitProcess(NULL));
    // A driver's own IRP belongs to no thread.
    PIRP Irp = IoAllocateIrp(1, FALSE);
    ULONG Session;
    OK(IoGetRequestorProcess(Irp) == NULL);
    IS(IoGetRequestorProcessId(Irp), 0);
    IS(IoGetRequestorSessionId(Irp, &Session), STATUS_UNSUCCESSFUL);
    IS(Session, MAXULONG);
    IoFreeIrp(Irp);
}

static void TestSynchronous(void)
{
    FILE_OBJECT File = {0};
    PIRP Irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(Irp);
    OK(!IoIsOperationSynchronous(Irp));
    IoGetCurrentIrpStackLocation(Irp)->FileObject = &File;
    OK(!IoIsOperationSynchronous(Irp));
    File.Flags = FO_SYNCHRONOUS_IO;
    OK(IoIsOperationSynchronous(Irp));
    // Paging follows its own flag alone.
    Irp->Flags = IRP_PAGING_IO;
    OK(!IoIsOperationSynchronous(Irp));
    Irp->Flags = IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO;
    OK(IoIsOperationSynchronous(Irp));
    File.Flags = 0;
    Irp->Flags = IRP_SYNCHRONOUS_API;
    OK(IoIsOperationSynchronous(Irp));
    // So are buffered control codes, for devices and file systems, whatever the file.
    static const struct {
        UCHAR Major, Minor;
        ULONG Method;
        BOOLEAN Synchronous;
    } Cases[] = {
        {IRP_MJ_DEVICE_CONTROL, 0, METHOD_BUFFERED, TRUE},
        {IRP_MJ_DEVICE_CONTROL, 0, METHOD_IN_DIRECT, FALSE},
        {IRP_MJ_DEVICE_CONTROL, 0, METHOD_OUT_DIRECT, FALSE},
        {IRP_MJ_DEVICE_CONTROL, 0, METHOD_NEITHER, FALSE},
        {IRP_MJ_FILE_SYSTEM_CONTROL, IRP_MN_USER_FS_REQUEST, METHOD_BUFFERED, TRUE},
        {IRP_MJ_FILE_SYSTEM_CONTROL, IRP_MN_USER_FS_REQUEST, METHOD_NEITHER, FALSE},
        {IRP_MJ_FILE_SYSTEM_CONTROL, IRP_MN_MOUNT_VOLUME, METHOD_BUFFERED, FALSE},
        {IRP_MJ_READ, 0, METHOD_BUFFERED, FALSE},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
        Irp->Flags = 0;
        Stack->MajorFunction = Cases[Index].Major;
        Stack->MinorFunction = Cases[Index].Minor;
        Stack->Parameters.DeviceIoControl.IoControlCode =
            CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, Cases[Index].Method, FILE_ANY_ACCESS);
        IS(IoIsOperationSynchronous(Irp), Cases[Index].Synchronous);
        Irp->Flags = IRP_PAGING_IO;
        OK(!IoIsOperationSynchronous(Irp));
    }
    IoFreeIrp(Irp);
}

static PIRP TopLevelOfOther;

static VOID NTAPI OtherThread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    TopLevelOfOther = IoGetTopLevelIrp();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestTopLevel(void)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    OK(IoGetTopLevelIrp() == NULL);
    IoSetTopLevelIrp(Irp);
    OK(IoGetTopLevelIrp() == Irp);
    TopLevelOfOther = Irp;
    TestJoinThread(TestStartThread(OtherThread, NULL)); // it is the thread's
    OK(TopLevelOfOther == NULL);
    IoSetTopLevelIrp((PIRP)FSRTL_FSP_TOP_LEVEL_IRP);
    OK(IoGetTopLevelIrp() == (PIRP)FSRTL_FSP_TOP_LEVEL_IRP);
    IoSetTopLevelIrp(NULL);
    OK(IoGetTopLevelIrp() == NULL);
    IoFreeIrp(Irp);
}

static void TestErrorLogEntry(void)
{
    LONG_PTR Before = ObReferenceObject(Device);
    ULONG Entry[4] = {0};
    ObDereferenceObject(Device);
    OK(IoAllocateErrorLogEntry(NULL, sizeof(IO_ERROR_LOG_PACKET)) == NULL);
    OK(IoAllocateErrorLogEntry(Entry, sizeof(IO_ERROR_LOG_PACKET)) == NULL); // neither device nor driver
    OK(IoAllocateErrorLogEntry(Device, sizeof(IO_ERROR_LOG_PACKET) - 1) == NULL);
    OK(IoAllocateErrorLogEntry(Device, ERROR_LOG_MAXIMUM_SIZE + 1) == NULL);
    PIO_ERROR_LOG_PACKET Packet = IoAllocateErrorLogEntry(Device, ERROR_LOG_MAXIMUM_SIZE);
    OK(Packet != NULL);
    BOOLEAN Zeroed = TRUE;
    for (ULONG Index = 0; Index < ERROR_LOG_MAXIMUM_SIZE; Index += 1) {
        Zeroed = Zeroed && ((PUCHAR)Packet)[Index] == 0;
    }
    OK(Zeroed);
    IoFreeErrorLogEntry(Packet);
    Packet = IoAllocateErrorLogEntry(Device->DriverObject, sizeof(*Packet));
    Packet->ErrorCode = (NTSTATUS)0xC0040001;
    IoWriteErrorLogEntry(Packet);
    IS(ObReferenceObject(Device), Before);
    ObDereferenceObject(Device);
}

static void Teardown(void)
{
    DeleteDevice(Device);
}

TEST_DRIVER(Setup, TestRead, TestWrite, TestOthers, TestPending, TestAsynchronous, TestControl, TestNoEvent,
            TestNoBuffer, TestThreadEnds, TestPriorityBoost, TestRequestor, TestSynchronous, TestTopLevel,
            TestErrorLogEntry, Teardown)
