// SPDX-License-Identifier: MIT
// WMILIB.SYS: a driver that leaves its WMI IRPs to WmiSystemControl, asked by others in the kernel.
#include "../io/wmi.h"
#include <wmilib.h>

static PDEVICE_OBJECT Device, Pdo;
static GUID DataGuid, EventGuid;
static WMIGUIDREGINFO Guids[] = {{&DataGuid, 2, 0}, {&EventGuid, 1, WMIREG_FLAG_EVENT_ONLY_GUID}};
static PCSTR Data[] = {"first", "second one"};

static struct {
    ULONG Count;
    KIRQL Irql;
    PDEVICE_OBJECT DeviceObject;
    ULONG GuidIndex, InstanceIndex, InstanceCount, Id, InBytes, OutBytes;
    WMIENABLEDISABLECONTROL Function;
    BOOLEAN Enable;
    CHAR Input[32];
} Seen;
static SYSCTL_IRP_DISPOSITION Disposition;
static NTSTATUS Returned;
static PIRP Held;
static BOOLEAN Hold;

static VOID See(PDEVICE_OBJECT DeviceObject, ULONG GuidIndex, ULONG InstanceIndex)
{
    Seen.Count += 1;
    Seen.Irql = KeGetCurrentIrql();
    Seen.DeviceObject = DeviceObject;
    Seen.GuidIndex = GuidIndex;
    Seen.InstanceIndex = InstanceIndex;
}

static UNICODE_STRING RegistryPath = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\x");
static ULONG BaseNames, Flags = WMIREG_FLAG_INSTANCE_BASENAME;

static NTSTATUS NTAPI QueryRegInfo(PDEVICE_OBJECT DeviceObject, PULONG RegFlags, PUNICODE_STRING InstanceName,
                                   PUNICODE_STRING *Path, PUNICODE_STRING MofResourceName,
                                   PDEVICE_OBJECT *PhysicalDevice)
{
    static WCHAR Mof[] = L"MofResourceName";
    See(DeviceObject, 0, 0);
    *RegFlags = Flags;
    *Path = &RegistryPath;
    RtlInitUnicodeString(MofResourceName, Mof);
    *PhysicalDevice = Pdo;
    if (Flags & WMIREG_FLAG_INSTANCE_BASENAME) {
        InstanceName->Buffer = ExAllocatePoolZero(PagedPool, 8, 'imwT'); // the library frees it
        RtlCopyMemory(InstanceName->Buffer, L"Disk", 8);
        InstanceName->Length = InstanceName->MaximumLength = 8;
        BaseNames += 1;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI QueryBlock(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, ULONG InstanceIndex,
                                 ULONG InstanceCount, PULONG Lengths, ULONG Room, PUCHAR Buffer)
{
    ULONG Needed = 0;
    See(DeviceObject, GuidIndex, InstanceIndex);
    Seen.InstanceCount = InstanceCount;
    if (Hold) {
        Held = Irp;
        IoMarkIrpPending(Irp);
        return STATUS_PENDING;
    }
    for (ULONG Index = InstanceIndex; Index < InstanceIndex + InstanceCount; Index += 1) {
        Needed = ALIGN_UP_BY(Needed, 8) + (ULONG)strlen(Data[Index]);
    }
    if (Needed > Room) {
        OK(Room != 0 || (Buffer == NULL && Lengths == NULL));
        return WmiCompleteRequest(DeviceObject, Irp, STATUS_BUFFER_TOO_SMALL, Needed, IO_NO_INCREMENT);
    }
    PUCHAR At = Buffer;
    for (ULONG Index = 0; Index < InstanceCount; Index += 1) {
        Lengths[Index] = (ULONG)strlen(Data[InstanceIndex + Index]);
        RtlCopyMemory(At, Data[InstanceIndex + Index], Lengths[Index]);
        At += ALIGN_UP_BY(Lengths[Index], 8);
    }
    return WmiCompleteRequest(DeviceObject, Irp, STATUS_SUCCESS, Needed, IO_NO_INCREMENT);
}

static VOID Take(PUCHAR Buffer, ULONG Bytes)
{
    RtlZeroMemory(Seen.Input, sizeof(Seen.Input));
    RtlCopyMemory(Seen.Input, Buffer, min(Bytes, sizeof(Seen.Input) - 1));
    Seen.InBytes = Bytes;
}

static NTSTATUS NTAPI SetBlock(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, ULONG InstanceIndex,
                               ULONG Bytes, PUCHAR Buffer)
{
    See(DeviceObject, GuidIndex, InstanceIndex);
    Take(Buffer, Bytes);
    return WmiCompleteRequest(DeviceObject, Irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI SetItem(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, ULONG InstanceIndex,
                              ULONG ItemId, ULONG Bytes, PUCHAR Buffer)
{
    See(DeviceObject, GuidIndex, InstanceIndex);
    Take(Buffer, Bytes);
    Seen.Id = ItemId;
    return WmiCompleteRequest(DeviceObject, Irp, STATUS_WMI_SET_FAILURE, 0, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI ExecuteMethod(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex,
                                    ULONG InstanceIndex, ULONG MethodId, ULONG InBytes, ULONG OutBytes,
                                    PUCHAR Buffer)
{
    See(DeviceObject, GuidIndex, InstanceIndex);
    Take(Buffer, InBytes);
    Seen.Id = MethodId;
    Seen.OutBytes = OutBytes;
    if (OutBytes < 4) {
        return WmiCompleteRequest(DeviceObject, Irp, STATUS_BUFFER_TOO_SMALL, 4, IO_NO_INCREMENT);
    }
    RtlCopyMemory(Buffer, "done", 4);
    return WmiCompleteRequest(DeviceObject, Irp, STATUS_SUCCESS, 4, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI ControlFunction(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex,
                                      WMIENABLEDISABLECONTROL Function, BOOLEAN Enable)
{
    See(DeviceObject, GuidIndex, 0);
    Seen.Function = Function;
    Seen.Enable = Enable;
    return WmiCompleteRequest(DeviceObject, Irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

static WMILIB_CONTEXT Library = {2,        Guids,   QueryRegInfo,  QueryBlock,
                                 SetBlock, SetItem, ExecuteMethod, ControlFunction};
static PVOID Target; // NULL: the device itself

// What the pages of WmiSystemControl and SYSCTL_IRP_DISPOSITION have a driver do.
static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Returned = WmiSystemControl(&Library, Target != NULL ? Target : DeviceObject, Irp, &Disposition);
    NTSTATUS Status = Returned;
    switch (Disposition) {
    case IrpProcessed: break;
    case IrpNotCompleted: IoCompleteRequest(Irp, IO_NO_INCREMENT); break;
    default:
        Status = Irp->IoStatus.Status;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        break;
    }
    return Status;
}

static NTSTATUS Act(ULONG Action)
{
    NTSTATUS Status = IoWMIRegistrationControl(Device, Action);
    TestSleep(10);
    return Status;
}

static void SetUp(void)
{
    DataGuid = FirstGuid;
    EventGuid = SecondGuid;
    Device = MakeDevice(L"KmodeWmilib", NULL, 0);
    DispatchOf(Device, IRP_MJ_SYSTEM_CONTROL, Dispatch);
    IS(Act(WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(Seen.Count, 1);
    IS(Seen.Irql, PASSIVE_LEVEL);
    OK(Seen.DeviceObject == Device);
    IS(Disposition, IrpNotCompleted);
    IS(Returned, STATUS_SUCCESS);
    IS(BaseNames, 1);
    IS(QueryName(&FirstGuid, L"Disk0"), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Disk1"), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Disk2"), STATUS_WMI_INSTANCE_NOT_FOUND);
    IS(QueryName(&SecondGuid, L"Disk0"), STATUS_WMI_GUID_NOT_FOUND); // for events alone
}

static void TestQuery(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY);
    UNICODE_STRING Name = NameOf(L"Disk1");
    ULONG Bytes = sizeof(AnswerBuffer);
    IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    IS(Disposition, IrpProcessed);
    IS(Seen.GuidIndex, 0);
    IS(Seen.InstanceIndex, 0);
    IS(Seen.InstanceCount, 2);
    PWNODE_ALL_DATA All = (PVOID)AnswerBuffer;
    IS(All->InstanceCount, 2);
    for (ULONG Index = 0; Index < 2; Index += 1) {
        OFFSETINSTANCEDATAANDLENGTH At = All->OffsetInstanceDataAndLength[Index];
        IS(At.LengthInstanceData, strlen(Data[Index]));
        IS(At.OffsetInstanceData % 8, 0);
        OK(RtlCompareMemory(AnswerBuffer + At.OffsetInstanceData, Data[Index], At.LengthInstanceData) ==
           At.LengthInstanceData);
    }
    OK(All->WnodeHeader.TimeStamp.QuadPart != 0);
    Bytes = sizeof(AnswerBuffer);
    IS(IoWMIQuerySingleInstance(Block, &Name, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    IS(Seen.InstanceIndex, 1);
    IS(Seen.InstanceCount, 1);
    PWNODE_SINGLE_INSTANCE One = (PVOID)AnswerBuffer;
    IS(One->SizeDataBlock, strlen(Data[1]));
    OK(RtlCompareMemory(AnswerBuffer + One->DataBlockOffset, Data[1], One->SizeDataBlock) ==
       One->SizeDataBlock);
    ObDereferenceObject(Block);
}

// More than the first buffer takes: the library makes a WNODE_TOO_SMALL of it.
static void TestTooSmall(void)
{
    static CHAR Long[3000];
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY);
    PCSTR Short = Data[1];
    ULONG Bytes = sizeof(AnswerBuffer);
    memset(Long, 'x', sizeof(Long) - 1);
    Data[1] = Long;
    Seen.Count = 0;
    IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    IS(Seen.Count, 2);
    OK(Bytes > sizeof(Long));
    IS(QueryName(&FirstGuid, L"Disk1"), STATUS_SUCCESS);
    Data[1] = Short;
    ObDereferenceObject(Block);
}

static VOID NTAPI Finish(PVOID Context)
{
    while (Held == NULL) {
        TestSleep(1);
    }
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Held);
    PWNODE_SINGLE_INSTANCE One = Stack->Parameters.WMI.Buffer;
    RtlCopyMemory((PUCHAR)One + One->DataBlockOffset, "late", 4);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    NTSTATUS Status = WmiCompleteRequest(Device, Held, STATUS_SUCCESS, 4, IO_NO_INCREMENT);
    KeLowerIrql(OldIrql);
    *(NTSTATUS *)Context = Status;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// The routine may leave the IRP for later.
static void TestPending(void)
{
    NTSTATUS Completed = STATUS_PENDING;
    Hold = TRUE;
    PETHREAD Thread = TestStartThread(Finish, &Completed);
    IS(QueryName(&FirstGuid, L"Disk0"), STATUS_SUCCESS);
    Hold = FALSE;
    TestJoinThread(Thread);
    IS(Returned, STATUS_PENDING);
    IS(Completed, STATUS_SUCCESS);
    IS(((PWNODE_SINGLE_INSTANCE)AnswerBuffer)->SizeDataBlock, 4);
}

static void TestChange(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_SET | WMIGUID_EXECUTE);
    UNICODE_STRING Name = NameOf(L"Disk1");
    CHAR Value[8] = "value";
    ULONG Bytes = sizeof(Value);
    IS(IoWMISetSingleInstance(Block, &Name, 0, 5, Value), STATUS_SUCCESS);
    IS(Seen.InstanceIndex, 1);
    IS(Seen.InBytes, 5);
    IS_STRING(Seen.Input, "value");
    IS(IoWMISetSingleItem(Block, &Name, 9, 0, 5, Value), STATUS_WMI_SET_FAILURE);
    IS(Seen.Id, 9);
    IS(IoWMIExecuteMethod(Block, &Name, 3, 5, &Bytes, (PUCHAR)Value), STATUS_SUCCESS);
    IS(Seen.Id, 3);
    IS(Seen.InBytes, 5);
    IS(Seen.OutBytes, 8);
    IS(Bytes, 4);
    OK(RtlCompareMemory(Value, "done", 4) == 4);
    Bytes = 0;
    IS(IoWMIExecuteMethod(Block, &Name, 3, 0, &Bytes, NULL), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, 4);
    // Without the routines.
    Library.SetWmiDataBlock = NULL;
    Library.SetWmiDataItem = NULL;
    Library.ExecuteWmiMethod = NULL;
    IS(IoWMISetSingleInstance(Block, &Name, 0, 5, Value), STATUS_WMI_READ_ONLY);
    IS(Disposition, IrpNotCompleted);
    IS(IoWMISetSingleItem(Block, &Name, 9, 0, 5, Value), STATUS_WMI_READ_ONLY);
    IS(IoWMIExecuteMethod(Block, &Name, 3, 0, &Bytes, NULL), STATUS_INVALID_DEVICE_REQUEST);
    ObDereferenceObject(Block);
}

static struct {
    ULONG Count, Bytes;
    CHAR Data[16];
    WCHAR Name[16];
} Heard;

static VOID NTAPI Notify(PVOID Wnode, PVOID Context)
{
    PWNODE_SINGLE_INSTANCE One = Wnode;
    UNREFERENCED_PARAMETER(Context);
    Heard.Count += 1;
    Heard.Bytes = One->SizeDataBlock;
    RtlCopyMemory(Heard.Data, (PUCHAR)One + One->DataBlockOffset, min(One->SizeDataBlock, 15));
    PUSHORT Counted = (PUSHORT)((PUCHAR)One + One->OffsetInstanceName);
    RtlCopyMemory(Heard.Name, Counted + 1, min(*Counted, 30));
}

static void TestEvent(void)
{
    PVOID Block = OpenBlock(&SecondGuid, WMIGUID_NOTIFICATION);
    IS(Seen.GuidIndex, 1);
    IS(Seen.Function, WmiEventControl);
    OK(Seen.Enable);
    IS(IoWMISetNotificationCallback(Block, Notify, NULL), STATUS_SUCCESS);
    PVOID Alarm = ExAllocatePoolZero(NonPagedPoolNx, 5, 'imwT'); // the library frees it
    RtlCopyMemory(Alarm, "alarm", 5);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    NTSTATUS Status = WmiFireEvent(Device, &SecondGuid, 0, 5, Alarm);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
    TestSleep(10);
    IS(Heard.Count, 1);
    IS(Heard.Bytes, 5);
    IS_STRING(Heard.Data, "alarm");
    OK(wcscmp(Heard.Name, L"Disk0") == 0);
    IS(WmiFireEvent(Device, &SecondGuid, 0, 0, NULL), STATUS_SUCCESS);
    TestSleep(10);
    IS(Heard.Count, 2);
    IS(Heard.Bytes, 0);
    IS(WmiFireEvent(Device, &SecondGuid, 0, 2000, ExAllocatePoolZero(NonPagedPoolNx, 2000, 'imwT')),
       STATUS_BUFFER_OVERFLOW);
    ObDereferenceObject(Block);
    OK(!Seen.Enable);
    // Blocks that are expensive, and no routine.
    Guids[0].Flags = WMIREG_FLAG_EXPENSIVE;
    IS(Act(WMIREG_ACTION_UPDATE_GUIDS), STATUS_SUCCESS);
    Block = OpenBlock(&FirstGuid, WMIGUID_QUERY);
    IS(Seen.Function, WmiDataBlockControl);
    OK(Seen.Enable);
    Library.WmiFunctionControl = NULL;
    ObDereferenceObject(Block);
    OK(Seen.Enable);
    IS(Returned, STATUS_SUCCESS);
    IS(Disposition, IrpNotCompleted);
}

// Sends the device an IRP of WMI's by itself.
static NTSTATUS Send(UCHAR MinorFunction, PVOID Provider, const GUID *Guid, PVOID Buffer, ULONG Bytes)
{
    KEVENT Event;
    IO_STATUS_BLOCK IoStatus = {0};
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Device, NULL, 0, NULL, &Event, &IoStatus);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    Stack->MinorFunction = MinorFunction;
    Stack->Parameters.WMI.ProviderId = (ULONG_PTR)Provider;
    Stack->Parameters.WMI.DataPath = (PVOID)Guid;
    Stack->Parameters.WMI.Buffer = Buffer;
    Stack->Parameters.WMI.BufferSize = Bytes;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    return IoCallDriver(Device, Irp);
}

static void TestDisposition(void)
{
    PWNODE_SINGLE_INSTANCE Node = (PVOID)AnswerBuffer;
    IS(Send(0x0a, Device, &FirstGuid, Node, 512), STATUS_NOT_SUPPORTED);
    IS(Disposition, IrpNotWmi);
    IS(Send(IRP_MN_QUERY_ALL_DATA, &Device, &FirstGuid, Node, 512), STATUS_NOT_SUPPORTED);
    IS(Disposition, IrpForward);
    IS(Send(IRP_MN_QUERY_ALL_DATA, Device, &NobodysGuid, Node, 512), STATUS_WMI_GUID_NOT_FOUND);
    IS(Disposition, IrpNotCompleted);
    IS(Send(IRP_MN_QUERY_ALL_DATA, Device, &FirstGuid, Node, 20), STATUS_BUFFER_TOO_SMALL);
    RtlZeroMemory(Node, 512);
    Node->DataBlockOffset = 64;
    IS(Send(IRP_MN_QUERY_SINGLE_INSTANCE, Device, &FirstGuid, Node, 512), STATUS_WMI_INSTANCE_NOT_FOUND);
    Node->WnodeHeader.Flags = WNODE_FLAG_STATIC_INSTANCE_NAMES;
    Node->InstanceIndex = 2;
    IS(Send(IRP_MN_QUERY_SINGLE_INSTANCE, Device, &FirstGuid, Node, 512), STATUS_WMI_INSTANCE_NOT_FOUND);
    Node->InstanceIndex = 0;
    IS(Send(IRP_MN_QUERY_SINGLE_INSTANCE, Device, &FirstGuid, Node, 512), STATUS_SUCCESS);
    Node->SizeDataBlock = 1000;
    IS(Send(IRP_MN_QUERY_SINGLE_INSTANCE, Device, &FirstGuid, Node, 512), STATUS_INVALID_PARAMETER);
    IS(Send(IRP_MN_REGINFO, Device, WMIREGISTER, Node, 40), STATUS_BUFFER_TOO_SMALL);
    OK(*(PULONG)Node > 40);
    IS(Send(IRP_MN_REGINFO, Device, WMIREGISTER, Node, 512), STATUS_SUCCESS);
    IS(((PWMIREGINFOW)Node)->GuidCount, 2);
}

static void TearDown(void)
{
    IS(Act(WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
    DeleteDevice(Device);
}

TEST_DRIVER(SetUp, TestQuery, TestTooSmall, TestPending, TestChange, TestEvent, TestDisposition, TearDown)
