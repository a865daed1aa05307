// SPDX-License-Identifier: MIT
// Events: enabled while somebody wants them, written, delivered with the names that their driver leaves out;
// collection of blocks that are expensive.
#include "wmi.h"

static PROVIDER Provider;
static BLOCK Blocks[] = {{&FirstGuid,
                          WMIREG_FLAG_INSTANCE_LIST | WMIREG_FLAG_EVENT_ONLY_GUID,
                          2,
                          {L"Red", L"Green"},
                          NULL,
                          {"one", "second"},
                          FALSE,
                          0},
                         {&SecondGuid,
                          WMIREG_FLAG_INSTANCE_BASENAME | WMIREG_FLAG_EXPENSIVE,
                          2,
                          {L"Lamp"},
                          NULL,
                          {"big one", "big second"},
                          FALSE,
                          0}};

static struct {
    ULONG Count;
    PVOID Context;
    KIRQL Irql;
    BOOLEAN OtherThread;
    UCHAR Node[2048] __attribute__((aligned(8)));
} Heard;
static PETHREAD Writer;

static VOID NTAPI Notify(PVOID Wnode, PVOID Context)
{
    Heard.Count += 1;
    Heard.Context = Context;
    Heard.Irql = KeGetCurrentIrql();
    Heard.OtherThread = PsGetCurrentThread() != Writer;
    RtlCopyMemory(Heard.Node, Wnode, min(((PWNODE_HEADER)Wnode)->BufferSize, sizeof(Heard.Node)));
}

static void SetUp(void)
{
    Writer = PsGetCurrentThread();
    MakeProvider(&Provider, L"KmodeWmiEvent", Blocks, 2);
    IS(Control(&Provider, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
}

static ULONG Calls(UCHAR MinorFunction)
{
    return Provider.Calls[MinorFunction];
}

static void Forget(void)
{
    RtlZeroMemory(Provider.Calls, sizeof(Provider.Calls));
    RtlZeroMemory(&Heard, sizeof(Heard));
}

// The first who wants events has them enabled, the last who leaves disabled.
static void TestEnable(void)
{
    Forget();
    PVOID First = OpenBlock(&FirstGuid, WMIGUID_NOTIFICATION | SYNCHRONIZE);
    IS(Calls(IRP_MN_ENABLE_EVENTS), 1);
    IS(Provider.Irql, PASSIVE_LEVEL);
    OK(RtlCompareMemory(Provider.DataPath, &FirstGuid, sizeof(GUID)) == sizeof(GUID));
    OK(Provider.BufferSize >= sizeof(WNODE_HEADER));
    PVOID Second = OpenBlock(&FirstGuid, WMIGUID_NOTIFICATION | SYNCHRONIZE);
    IS(Calls(IRP_MN_ENABLE_EVENTS), 1);
    ObDereferenceObject(First);
    IS(Calls(IRP_MN_DISABLE_EVENTS), 0);
    ObDereferenceObject(Second);
    IS(Calls(IRP_MN_DISABLE_EVENTS), 1);
    // Who asks for data alone does not want events.
    ObDereferenceObject(OpenBlock(&FirstGuid, WMIGUID_QUERY));
    IS(Calls(IRP_MN_ENABLE_EVENTS), 1);
    IS(Calls(IRP_MN_ENABLE_COLLECTION), 0); // not expensive
}

static void TestCollection(void)
{
    Forget();
    PVOID First = OpenBlock(&SecondGuid, WMIGUID_QUERY), Second = OpenBlock(&SecondGuid, WMIGUID_SET);
    IS(Calls(IRP_MN_ENABLE_COLLECTION), 1);
    IS(Calls(IRP_MN_ENABLE_EVENTS), 0);
    ObDereferenceObject(Second);
    IS(Calls(IRP_MN_DISABLE_COLLECTION), 0);
    ObDereferenceObject(First);
    IS(Calls(IRP_MN_DISABLE_COLLECTION), 1);
}

// A provider that comes later is told of who is there already, and told once.
static void TestLate(void)
{
    Forget();
    IS(Control(&Provider, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
    PVOID Event = OpenBlock(&FirstGuid, WMIGUID_NOTIFICATION), Data = OpenBlock(&SecondGuid, WMIGUID_QUERY);
    IS(Calls(IRP_MN_ENABLE_EVENTS), 0);
    IS(Control(&Provider, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(Calls(IRP_MN_ENABLE_EVENTS), 1);
    IS(Calls(IRP_MN_ENABLE_COLLECTION), 1);
    Blocks[0].Names[1] = L"Blue";
    IS(Control(&Provider, WMIREG_ACTION_UPDATE_GUIDS), STATUS_SUCCESS);
    IS(Calls(IRP_MN_ENABLE_EVENTS), 1);
    ObDereferenceObject(Event);
    ObDereferenceObject(Data);
    IS(Calls(IRP_MN_DISABLE_EVENTS), 1);
    IS(Calls(IRP_MN_DISABLE_COLLECTION), 1);
    Blocks[0].Names[1] = L"Green";
    IS(Control(&Provider, WMIREG_ACTION_UPDATE_GUIDS), STATUS_SUCCESS);
}

// ---- Events

// An event of the first block about its Index-th instance, or of all of one instance each, from pool.
static PWNODE_HEADER MakeEvent(ULONG Kind, ULONG Index, ULONG Bytes)
{
    PWNODE_HEADER Node = ExAllocatePoolZero(NonPagedPoolNx, Bytes, 'imwT');
    Node->BufferSize = Bytes;
    Node->ProviderId = IoWMIDeviceObjectToProviderId(Provider.Device);
    Node->Guid = FirstGuid;
    KeQuerySystemTime(&Node->TimeStamp);
    Node->Flags = Kind | WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES;
    if (Kind == WNODE_FLAG_SINGLE_INSTANCE) {
        PWNODE_SINGLE_INSTANCE One = (PVOID)Node;
        One->InstanceIndex = Index;
        One->DataBlockOffset = 64;
        One->SizeDataBlock = 5;
        RtlCopyMemory((PUCHAR)Node + 64, "alarm", 5);
    } else if (Kind == WNODE_FLAG_SINGLE_ITEM) {
        PWNODE_SINGLE_ITEM Item = (PVOID)Node;
        Item->InstanceIndex = Index;
        Item->ItemId = 7;
        Item->DataBlockOffset = 72;
        Item->SizeDataItem = 4;
    } else if (Kind == WNODE_FLAG_ALL_DATA) {
        PWNODE_ALL_DATA All = (PVOID)Node;
        All->WnodeHeader.Flags |= WNODE_FLAG_FIXED_INSTANCE_SIZE;
        All->InstanceCount = 2;
        All->DataBlockOffset = 64;
        All->FixedInstanceSize = 1;
    }
    return Node;
}

static BOOLEAN HeardName(ULONG Offset, PCWSTR Expected)
{
    PUSHORT Counted = (PUSHORT)(Heard.Node + Offset);
    UNICODE_STRING Name = {*Counted, *Counted, (PWCH)(Counted + 1)}, Text = NameOf(Expected);
    return Offset != 0 && RtlEqualUnicodeString(&Name, &Text, FALSE);
}

static NTSTATUS Write(PWNODE_HEADER Node)
{
    NTSTATUS Status = IoWMIWriteEvent(Node);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Node, 'imwT');
    }
    TestSleep(10);
    return Status;
}

static void TestWrite(void)
{
    static int Context;
    PWNODE_SINGLE_INSTANCE One = (PVOID)Heard.Node;
    Forget();
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_NOTIFICATION | SYNCHRONIZE);
    IS(Write(MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 1, 69)), STATUS_SUCCESS);
    IS(Heard.Count, 0); // no callback yet
    IS(IoWMISetNotificationCallback(Block, Notify, &Context), STATUS_SUCCESS);
    IS(Write(MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 1, 69)), STATUS_SUCCESS);
    IS(Heard.Count, 1);
    OK(Heard.Context == &Context);
    IS(Heard.Irql, PASSIVE_LEVEL);
    OK(Heard.OtherThread);
    OK(HeardName(One->OffsetInstanceName, L"Green"));
    IS(One->SizeDataBlock, 5);
    OK(RtlCompareMemory(Heard.Node + One->DataBlockOffset, "alarm", 5) == 5);
    IS(One->WnodeHeader.Flags & WNODE_FLAG_EVENT_ITEM, WNODE_FLAG_EVENT_ITEM);
    IS(One->WnodeHeader.ProviderId, IoWMIDeviceObjectToProviderId(Provider.Device));
    // Other forms of it.
    IS(Write(MakeEvent(WNODE_FLAG_SINGLE_ITEM, 0, 76)), STATUS_SUCCESS);
    IS(((PWNODE_SINGLE_ITEM)Heard.Node)->ItemId, 7);
    OK(HeardName(One->OffsetInstanceName, L"Red"));
    IS(Write(MakeEvent(WNODE_FLAG_ALL_DATA, 0, 80)), STATUS_SUCCESS);
    PULONG Names = (PULONG)(Heard.Node + ((PWNODE_ALL_DATA)Heard.Node)->OffsetInstanceNameOffsets);
    OK(HeardName(Names[0], L"Red") && HeardName(Names[1], L"Green"));
    // An instance that it has not: as it is.
    IS(Write(MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 2, 69)), STATUS_SUCCESS);
    IS(Heard.Count, 4);
    IS(One->OffsetInstanceName, 0);
    // Two hear it.
    PVOID Other = OpenBlock(&FirstGuid, WMIGUID_NOTIFICATION);
    IS(IoWMISetNotificationCallback(Other, Notify, NULL), STATUS_SUCCESS);
    IS(Write(MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 0, 69)), STATUS_SUCCESS);
    IS(Heard.Count, 6);
    ObDereferenceObject(Other);
    IS(IoWMISetNotificationCallback(Block, NULL, NULL), STATUS_SUCCESS);
    IS(Write(MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 0, 69)), STATUS_SUCCESS);
    IS(Heard.Count, 6);
    ObDereferenceObject(Block);
}

static void TestErrors(void)
{
    PWNODE_HEADER Node;
    IS(Write(MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 0, 1025)), STATUS_BUFFER_OVERFLOW);
    IS(Write(MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 0, 1024)), STATUS_SUCCESS);
    Node = MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 0, 69);
    Node->BufferSize = sizeof(*Node) - 1;
    IS(Write(Node), STATUS_INVALID_PARAMETER);
    // No trace session takes it, at any IRQL.
    KIRQL OldIrql;
    Node = MakeEvent(WNODE_FLAG_SINGLE_INSTANCE, 0, 69);
    Node->Flags = WNODE_FLAG_TRACED_GUID;
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    NTSTATUS Status = IoWMIWriteEvent(Node);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_UNSUCCESSFUL);
    ExFreePoolWithTag(Node, 'imwT');
}

// What is larger than an event may be is asked for.
static void TestReference(void)
{
    Forget();
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_NOTIFICATION);
    IS(IoWMISetNotificationCallback(Block, Notify, NULL), STATUS_SUCCESS);
    PWNODE_EVENT_REFERENCE Reference = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Reference), 'imwT');
    Reference->WnodeHeader.BufferSize = sizeof(*Reference);
    Reference->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(Provider.Device);
    Reference->WnodeHeader.Guid = FirstGuid;
    Reference->WnodeHeader.Flags = WNODE_FLAG_EVENT_REFERENCE | WNODE_FLAG_STATIC_INSTANCE_NAMES;
    Reference->TargetGuid = SecondGuid;
    Reference->TargetInstanceIndex = 1;
    IS(Write(&Reference->WnodeHeader), STATUS_SUCCESS);
    IS(Calls(IRP_MN_QUERY_SINGLE_INSTANCE), 1);
    IS(Heard.Count, 1);
    PWNODE_SINGLE_INSTANCE One = (PVOID)Heard.Node;
    IS(One->WnodeHeader.Flags & WNODE_FLAG_EVENT_ITEM, WNODE_FLAG_EVENT_ITEM);
    OK(HeardName(One->OffsetInstanceName, L"Lamp1"));
    OK(RtlCompareMemory(Heard.Node + One->DataBlockOffset, "big second", 10) == 10);
    // By name.
    Reference = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Reference) + 32, 'imwT');
    Reference->WnodeHeader.BufferSize = sizeof(*Reference) + 32;
    Reference->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(Provider.Device);
    Reference->WnodeHeader.Guid = FirstGuid;
    Reference->WnodeHeader.Flags = WNODE_FLAG_EVENT_REFERENCE;
    Reference->TargetGuid = SecondGuid;
    PutString((PUCHAR)Reference->TargetInstanceName, L"Lamp0");
    IS(Write(&Reference->WnodeHeader), STATUS_SUCCESS);
    IS(Heard.Count, 2);
    OK(RtlCompareMemory(Heard.Node + One->DataBlockOffset, "big one", 7) == 7);
    ObDereferenceObject(Block);
}

static void TearDown(void)
{
    DropProvider(&Provider);
}

TEST_DRIVER(SetUp, TestEnable, TestCollection, TestLate, TestWrite, TestErrors, TestReference, TearDown)
