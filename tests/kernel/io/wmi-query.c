// SPDX-License-Identifier: MIT
// Blocks queried, changed and told to do something by others in the kernel.
#include "wmi.h"

static PROVIDER Static, Dynamic;
static BLOCK StaticBlocks[] = {
    {&FirstGuid, WMIREG_FLAG_INSTANCE_LIST, 2, {L"Red", L"Green"}, NULL, {"one", "second"}, FALSE, 0},
    {&SecondGuid,
     WMIREG_FLAG_INSTANCE_LIST | WMIREG_FLAG_EVENT_ONLY_GUID,
     1,
     {L"Red"},
     NULL,
     {"e"},
     FALSE,
     0}};
static BLOCK DynamicBlocks[] = {{&FirstGuid, DYNAMIC, 1, {L"Blue"}, NULL, {"third!"}, FALSE, 0}};

static void SetUp(void)
{
    MakeProvider(&Static, L"KmodeWmiStatic", StaticBlocks, 2);
    MakeProvider(&Dynamic, L"KmodeWmiDynamic", DynamicBlocks, 1);
    IS(Control(&Static, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(Control(&Dynamic, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
}

// ---- What a node says

static BOOLEAN HasName(PVOID Node, ULONG Offset, PCWSTR Expected)
{
    PUSHORT Counted = (PUSHORT)((PUCHAR)Node + Offset);
    UNICODE_STRING Name = {*Counted, *Counted, (PWCH)(Counted + 1)}, Text = NameOf(Expected);
    return RtlEqualUnicodeString(&Name, &Text, FALSE);
}

static BOOLEAN HasInstance(PWNODE_ALL_DATA Node, ULONG Index, PCWSTR Name, PCSTR Data)
{
    PULONG Names = (PULONG)((PUCHAR)Node + Node->OffsetInstanceNameOffsets);
    ULONG Offset = Node->OffsetInstanceDataAndLength[Index].OffsetInstanceData;
    ULONG Length = Node->OffsetInstanceDataAndLength[Index].LengthInstanceData;
    return HasName(Node, Names[Index], Name) && Length == strlen(Data) &&
           RtlCompareMemory((PUCHAR)Node + Offset, Data, Length) == Length;
}

static BOOLEAN IsInstance(PWNODE_SINGLE_INSTANCE Node, PCWSTR Name, PCSTR Data)
{
    return HasName(Node, Node->OffsetInstanceName, Name) && Node->SizeDataBlock == strlen(Data) &&
           Node->DataBlockOffset % 8 == 0 &&
           RtlCompareMemory((PUCHAR)Node + Node->DataBlockOffset, Data, strlen(Data)) == strlen(Data);
}

static PVOID NextNode(PVOID Node)
{
    ULONG Linkage = ((PWNODE_HEADER)Node)->Linkage;
    return Linkage != 0 ? (PUCHAR)Node + Linkage : NULL;
}

// ---- All data

static void TestAllData(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY);
    ULONG Bytes = 0;
    IS(IoWMIQueryAllData(Block, &Bytes, NULL), STATUS_BUFFER_TOO_SMALL);
    OK(Bytes > 0);
    ULONG Needed = Bytes;
    Bytes = Needed - 1;
    IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, Needed);
    RtlZeroMemory(AnswerBuffer, sizeof(AnswerBuffer));
    IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    IS(Bytes, Needed);
    IS(Static.Irql, PASSIVE_LEVEL);
    OK(Static.ProviderId == (ULONG_PTR)Static.Device);
    OK(RtlCompareMemory(Static.DataPath, &FirstGuid, sizeof(GUID)) == sizeof(GUID));
    IS(Static.NodeFlags, WNODE_FLAG_ALL_DATA | WNODE_FLAG_STATIC_INSTANCE_NAMES);
    IS(Dynamic.NodeFlags, WNODE_FLAG_ALL_DATA);
    PWNODE_ALL_DATA Node = (PVOID)AnswerBuffer;
    IS(Node->InstanceCount, 2);
    IS(Node->WnodeHeader.Flags & WNODE_FLAG_ALL_DATA, WNODE_FLAG_ALL_DATA);
    OK(HasInstance(Node, 0, L"Red", "one"));
    OK(HasInstance(Node, 1, L"Green", "second"));
    OK(Node->WnodeHeader.Linkage % 8 == 0);
    Node = NextNode(Node);
    OK(Node != NULL);
    IS(Node->InstanceCount, 1);
    OK(HasInstance(Node, 0, L"Blue", "third!"));
    OK(NextNode(Node) == NULL);
    OK(RtlCompareMemory(&Node->WnodeHeader.Guid, &FirstGuid, sizeof(GUID)) == sizeof(GUID));
    ObDereferenceObject(Block);
}

// A block of nobody's, one that is for events alone, a driver that fails.
static void TestNoData(void)
{
    ULONG Bytes = sizeof(AnswerBuffer);
    PVOID Nobodys = OpenBlock(&NobodysGuid, WMIGUID_QUERY), Event = OpenBlock(&SecondGuid, WMIGUID_QUERY);
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY);
    IS(IoWMIQueryAllData(Nobodys, &Bytes, AnswerBuffer), STATUS_WMI_GUID_NOT_FOUND);
    IS(IoWMIQueryAllData(Event, &Bytes, AnswerBuffer), STATUS_WMI_GUID_NOT_FOUND);
    // One that fails is no reason not to hear another.
    Static.Fails = STATUS_DEVICE_BUSY;
    IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    OK(HasInstance((PVOID)AnswerBuffer, 0, L"Blue", "third!"));
    OK(NextNode(AnswerBuffer) == NULL);
    Dynamic.Fails = STATUS_DEVICE_NOT_READY;
    IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), STATUS_DEVICE_NOT_READY);
    Static.Fails = Dynamic.Fails = STATUS_SUCCESS;
    // More than the first buffer takes.
    DynamicBlocks[0].Padding = 3000;
    Bytes = sizeof(AnswerBuffer);
    Dynamic.Calls[IRP_MN_QUERY_ALL_DATA] = 0;
    IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    IS(Dynamic.Calls[IRP_MN_QUERY_ALL_DATA], 2);
    OK(Bytes > 3000);
    DynamicBlocks[0].Padding = 0;
    ObDereferenceObject(Nobodys);
    ObDereferenceObject(Event);
    ObDereferenceObject(Block);
}

static void TestAllDataMultiple(void)
{
    PVOID Blocks[] = {OpenBlock(&FirstGuid, WMIGUID_QUERY), OpenBlock(&NobodysGuid, WMIGUID_QUERY),
                      OpenBlock(&FirstGuid, WMIGUID_QUERY)};
    ULONG Bytes = 0;
    IS(IoWMIQueryAllDataMultiple(Blocks, 3, &Bytes, NULL), STATUS_BUFFER_TOO_SMALL);
    IS(IoWMIQueryAllDataMultiple(Blocks, 3, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    ULONG Count = 0;
    for (PVOID Node = AnswerBuffer; Node != NULL; Node = NextNode(Node)) {
        Count += ((PWNODE_ALL_DATA)Node)->InstanceCount;
    }
    IS(Count, 6);
    // Nobody implements it: no error.
    Bytes = sizeof(AnswerBuffer);
    IS(IoWMIQueryAllDataMultiple(&Blocks[1], 1, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    IS(Bytes, 0);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Blocks); Index += 1) {
        ObDereferenceObject(Blocks[Index]);
    }
}

// ---- One instance

static void TestInstance(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY), Nobodys = OpenBlock(&NobodysGuid, WMIGUID_QUERY);
    UNICODE_STRING Green = NameOf(L"Green"), Blue = NameOf(L"blue"), Black = NameOf(L"Black");
    ULONG Bytes = 0;
    IS(IoWMIQuerySingleInstance(Block, &Green, &Bytes, NULL), STATUS_BUFFER_TOO_SMALL);
    ULONG Needed = Bytes;
    Bytes -= 1;
    IS(IoWMIQuerySingleInstance(Block, &Green, &Bytes, AnswerBuffer), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, Needed);
    Dynamic.Calls[IRP_MN_QUERY_SINGLE_INSTANCE] = 0;
    IS(IoWMIQuerySingleInstance(Block, &Green, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    OK(IsInstance((PVOID)AnswerBuffer, L"Green", "second"));
    IS(((PWNODE_HEADER)AnswerBuffer)->BufferSize, Needed);
    IS(((PWNODE_HEADER)AnswerBuffer)->Linkage, 0);
    IS(Static.NodeFlags, WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_STATIC_INSTANCE_NAMES);
    IS(Dynamic.Calls[IRP_MN_QUERY_SINGLE_INSTANCE], 0); // the static name says who has it
    Bytes = sizeof(AnswerBuffer);
    IS(IoWMIQuerySingleInstance(Block, &Blue, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    OK(IsInstance((PVOID)AnswerBuffer, L"blue", "third!"));
    IS(Dynamic.NodeFlags, WNODE_FLAG_SINGLE_INSTANCE);
    IS(IoWMIQuerySingleInstance(Block, &Black, &Bytes, AnswerBuffer), STATUS_WMI_INSTANCE_NOT_FOUND);
    IS(IoWMIQuerySingleInstance(Nobodys, &Blue, &Bytes, AnswerBuffer), STATUS_WMI_GUID_NOT_FOUND);
    Dynamic.Fails = STATUS_DEVICE_BUSY;
    IS(IoWMIQuerySingleInstance(Block, &Blue, &Bytes, AnswerBuffer), STATUS_DEVICE_BUSY);
    Dynamic.Fails = STATUS_SUCCESS;
    DynamicBlocks[0].Padding = 3000;
    Bytes = sizeof(AnswerBuffer);
    IS(IoWMIQuerySingleInstance(Block, &Blue, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    OK(Bytes > 3000);
    DynamicBlocks[0].Padding = 0;
    ObDereferenceObject(Block);
    ObDereferenceObject(Nobodys);
}

static void TestInstanceMultiple(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY);
    PVOID Blocks[] = {Block, Block, Block};
    UNICODE_STRING Names[] = {NameOf(L"Red"), NameOf(L"Black"), NameOf(L"Blue")};
    ULONG Bytes = 0;
    IS(IoWMIQuerySingleInstanceMultiple(Blocks, Names, 3, &Bytes, NULL), STATUS_BUFFER_TOO_SMALL);
    IS(IoWMIQuerySingleInstanceMultiple(Blocks, Names, 3, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    PVOID Node = AnswerBuffer;
    OK(IsInstance(Node, L"Red", "one"));
    Node = NextNode(Node);
    OK(Node != NULL && IsInstance(Node, L"Blue", "third!"));
    OK(NextNode(Node) == NULL);
    Bytes = sizeof(AnswerBuffer);
    IS(IoWMIQuerySingleInstanceMultiple(&Blocks[1], &Names[1], 1, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    IS(Bytes, 0);
    ObDereferenceObject(Block);
}

// ---- Changes

static void TestSetInstance(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_SET), Nobodys = OpenBlock(&NobodysGuid, WMIGUID_SET);
    UNICODE_STRING Red = NameOf(L"Red"), Blue = NameOf(L"Blue"), Black = NameOf(L"Black");
    CHAR Value[] = "value";
    IS(IoWMISetSingleInstance(Block, &Red, 0, 5, Value), STATUS_SUCCESS);
    IS(Static.InputBytes, 5);
    IS_STRING(Static.Input, "value");
    IS(Static.Version, 0);
    IS(Static.Irql, PASSIVE_LEVEL);
    IS(Static.NodeFlags, WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_STATIC_INSTANCE_NAMES);
    IS(IoWMISetSingleInstance(Block, &Blue, 0, 3, Value), STATUS_SUCCESS);
    IS_STRING(Dynamic.Input, "val");
    IS(IoWMISetSingleInstance(Block, &Black, 0, 5, Value), STATUS_WMI_INSTANCE_NOT_FOUND);
    IS(IoWMISetSingleInstance(Nobodys, &Red, 0, 5, Value), STATUS_WMI_GUID_NOT_FOUND);
    StaticBlocks[0].ReadOnly = TRUE;
    IS(IoWMISetSingleInstance(Block, &Red, 0, 5, Value), STATUS_WMI_READ_ONLY);
    StaticBlocks[0].ReadOnly = FALSE;
    Static.Fails = STATUS_WMI_SET_FAILURE;
    IS(IoWMISetSingleInstance(Block, &Red, 0, 5, Value), STATUS_WMI_SET_FAILURE);
    Static.Fails = STATUS_SUCCESS;
    ObDereferenceObject(Block);
    ObDereferenceObject(Nobodys);
}

static void TestSetItem(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_SET), Nobodys = OpenBlock(&NobodysGuid, WMIGUID_SET);
    UNICODE_STRING Red = NameOf(L"Red"), Black = NameOf(L"Black");
    CHAR Value[] = "item";
    IS(IoWMISetSingleItem(Block, &Red, 1, 0, 4, Value), STATUS_SUCCESS);
    IS(Static.ItemId, 1);
    IS(Static.InputBytes, 4);
    IS_STRING(Static.Input, "item");
    IS(Static.NodeFlags, WNODE_FLAG_SINGLE_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES);
    IS(IoWMISetSingleItem(Block, &Red, 2, 0, 4, Value), STATUS_WMI_READ_ONLY);
    IS(IoWMISetSingleItem(Block, &Red, 3, 0, 4, Value), STATUS_WMI_ITEMID_NOT_FOUND);
    IS(IoWMISetSingleItem(Block, &Black, 1, 0, 4, Value), STATUS_WMI_INSTANCE_NOT_FOUND);
    IS(IoWMISetSingleItem(Nobodys, &Red, 1, 0, 4, Value), STATUS_WMI_GUID_NOT_FOUND);
    Static.Fails = STATUS_WMI_SET_FAILURE;
    IS(IoWMISetSingleItem(Block, &Red, 1, 0, 4, Value), STATUS_WMI_SET_FAILURE);
    Static.Fails = STATUS_SUCCESS;
    ObDereferenceObject(Block);
    ObDereferenceObject(Nobodys);
}

// ---- Methods

static void TestMethod(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_EXECUTE), Nobodys = OpenBlock(&NobodysGuid, WMIGUID_EXECUTE);
    UNICODE_STRING Red = NameOf(L"Red"), Blue = NameOf(L"Blue"), Black = NameOf(L"Black");
    CHAR Buffer[16] = "abc";
    ULONG Bytes = sizeof(Buffer);
    Static.Calls[IRP_MN_QUERY_SINGLE_INSTANCE] = 0;
    IS(IoWMIExecuteMethod(Block, &Red, 1, 3, &Bytes, (PUCHAR)Buffer), STATUS_SUCCESS);
    IS(Bytes, 6);
    IS_STRING(Buffer, "abcabc");
    IS(Static.ItemId, 1);
    IS(Static.InputBytes, 3);
    IS(Static.Irql, PASSIVE_LEVEL);
    IS(Static.NodeFlags, WNODE_FLAG_METHOD_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES);
    IS(Static.Calls[IRP_MN_QUERY_SINGLE_INSTANCE], 1); // asked first whether it is there
    IS(IoWMIExecuteMethod(Block, &Blue, 1, 6, &Bytes, (PUCHAR)Buffer), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, 12);
    IS(IoWMIExecuteMethod(Block, &Blue, 1, 6, &Bytes, (PUCHAR)Buffer), STATUS_SUCCESS);
    IS_STRING(Buffer, "abcabcabcabc");
    IS(IoWMIExecuteMethod(Block, &Red, 2, 3, &Bytes, (PUCHAR)Buffer), STATUS_WMI_ITEMID_NOT_FOUND);
    IS(IoWMIExecuteMethod(Block, &Black, 1, 3, &Bytes, (PUCHAR)Buffer), STATUS_WMI_INSTANCE_NOT_FOUND);
    IS(IoWMIExecuteMethod(Nobodys, &Red, 1, 3, &Bytes, (PUCHAR)Buffer), STATUS_WMI_GUID_NOT_FOUND);
    // Without input and output.
    Bytes = 0;
    IS(IoWMIExecuteMethod(Block, &Red, 1, 0, &Bytes, NULL), STATUS_SUCCESS);
    IS(Bytes, 0);
    ObDereferenceObject(Block);
    ObDereferenceObject(Nobodys);
}

// ---- Rights, and who is asked

static void TestAccess(void)
{
    PVOID Query = OpenBlock(&FirstGuid, WMIGUID_QUERY), Set = OpenBlock(&FirstGuid, WMIGUID_SET);
    UNICODE_STRING Red = NameOf(L"Red");
    PVOID Objects[] = {Query, Set};
    UNICODE_STRING Names[] = {Red, Red};
    UCHAR Value = 0;
    ULONG Bytes = sizeof(AnswerBuffer);
    IS(IoWMIQueryAllData(Set, &Bytes, AnswerBuffer), STATUS_ACCESS_DENIED);
    IS(IoWMIQuerySingleInstance(Set, &Red, &Bytes, AnswerBuffer), STATUS_ACCESS_DENIED);
    IS(IoWMIQueryAllDataMultiple(Objects, 2, &Bytes, AnswerBuffer), STATUS_ACCESS_DENIED);
    IS(IoWMIQuerySingleInstanceMultiple(Objects, Names, 2, &Bytes, AnswerBuffer), STATUS_ACCESS_DENIED);
    IS(IoWMISetSingleInstance(Query, &Red, 0, 1, &Value), STATUS_ACCESS_DENIED);
    IS(IoWMISetSingleItem(Query, &Red, 1, 0, 1, &Value), STATUS_ACCESS_DENIED);
    Bytes = 1;
    IS(IoWMIExecuteMethod(Query, &Red, 1, 0, &Bytes, &Value), STATUS_ACCESS_DENIED);
    IS(IoWMISetNotificationCallback(Query, NULL, NULL), STATUS_ACCESS_DENIED);
    // Something else than a data block object.
    IS(IoWMIQueryAllData(Static.Device, &Bytes, AnswerBuffer), STATUS_OBJECT_TYPE_MISMATCH);
    ObDereferenceObject(Query);
    ObDereferenceObject(Set);
}

// The request is sent at PASSIVE_LEVEL whatever the caller's IRQL.
static void TestIrql(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY);
    ULONG Bytes = sizeof(AnswerBuffer);
    KIRQL OldIrql;
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), STATUS_SUCCESS);
    KeLowerIrql(OldIrql);
    IS(Static.Irql, PASSIVE_LEVEL);
    OK(Static.Thread != PsGetCurrentThread());
    ObDereferenceObject(Block);
}

// ---- Answers that are none

static ULONG Spoilt;

static NTSTATUS NTAPI SpoilAnswer(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PROVIDER *Provider = ProviderOf(DeviceObject);
    ULONG_PTR Information = 0;
    NTSTATUS Status = AnswerRequest(Provider, Stack, &Information);
    PWNODE_ALL_DATA All = Stack->Parameters.WMI.Buffer;
    PWNODE_SINGLE_INSTANCE One = Stack->Parameters.WMI.Buffer;
    BOOLEAN Whole = Stack->MinorFunction == IRP_MN_QUERY_ALL_DATA;
    switch (Spoilt) {
    case 0: Information = sizeof(WNODE_HEADER) - 1; break;
    case 1: Information = Stack->Parameters.WMI.BufferSize + 1; break;
    case 2:
        if (Whole) {
            All->InstanceCount = 3; // of two that it has registered
        } else {
            One->SizeDataBlock = (ULONG)Information;
        }
        break;
    case 3: // more than it has said before, again and again
        Information = 0;
        Status = TooSmall(Stack, Stack->Parameters.WMI.BufferSize + 1, &Information);
        break;
    case 4: Status = STATUS_BUFFER_TOO_SMALL; break;
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static void TestSpoilt(void)
{
    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY);
    UNICODE_STRING Red = NameOf(L"Red");
    DropProvider(&Dynamic);
    DispatchOf(Static.Device, IRP_MJ_SYSTEM_CONTROL, SpoilAnswer);
    for (Spoilt = 0; Spoilt <= 4; Spoilt += 1) {
        ULONG Bytes = sizeof(AnswerBuffer);
        NTSTATUS Expected = Spoilt == 4 ? STATUS_BUFFER_TOO_SMALL : STATUS_UNSUCCESSFUL;
        IS(IoWMIQueryAllData(Block, &Bytes, AnswerBuffer), Expected);
        Bytes = sizeof(AnswerBuffer);
        IS(IoWMIQuerySingleInstance(Block, &Red, &Bytes, AnswerBuffer), Expected);
    }
    DispatchOf(Static.Device, IRP_MJ_SYSTEM_CONTROL, SystemControl);
    DropProvider(&Static);
    ObDereferenceObject(Block);
}

TEST_DRIVER(SetUp, TestAllData, TestNoData, TestAllDataMultiple, TestInstance, TestInstanceMultiple,
            TestSetInstance, TestSetItem, TestMethod, TestAccess, TestIrql, TestSpoilt)
