// SPDX-License-Identifier: MIT
// A driver that provides WMI data by hand, as the pages of the IRPs have it, and notes what it is asked.
#ifndef KMODE_TESTS_KERNEL_IO_WMI_H
#define KMODE_TESTS_KERNEL_IO_WMI_H

#include "device.h"
#include <wmistr.h>
#include <wchar.h>

#define WMIGUID_QUERY        0x0001
#define WMIGUID_SET          0x0002
#define WMIGUID_NOTIFICATION 0x0004
#define WMIGUID_EXECUTE      0x0010

#define MAXIMUM_INSTANCES 3
#define DYNAMIC           0 // Flags of a block whose instances are named in each request

static const GUID FirstGuid = {0x0d7a9c11, 0x51c5, 0x4d7e, {0x9b, 0x01, 0x3f, 0x6a, 0x11, 0x62, 0x5d, 0x01}};
static const GUID SecondGuid = {0x0d7a9c11, 0x51c5, 0x4d7e, {0x9b, 0x01, 0x3f, 0x6a, 0x11, 0x62, 0x5d, 0x02}};
static const GUID NobodysGuid = {
    0x0d7a9c11, 0x51c5, 0x4d7e, {0x9b, 0x01, 0x3f, 0x6a, 0x11, 0x62, 0x5d, 0x03}};

typedef struct {
    const GUID *Guid;
    ULONG Flags; // WMIREG_FLAG_*
    ULONG Count;
    PCWSTR Names[MAXIMUM_INSTANCES]; // of the list or the instances; the first alone is a base name
    PDEVICE_OBJECT Pdo;
    PCSTR Data[MAXIMUM_INSTANCES];
    BOOLEAN ReadOnly;
    ULONG Padding; // bytes more than Data in each instance
} BLOCK;

typedef struct {
    PDEVICE_OBJECT Device;
    BLOCK *Blocks;
    ULONG BlockCount;
    BOOLEAN OldInfo;   // IRP_MN_REGINFO alone
    BOOLEAN Chain;     // each block in a WMIREGINFO of its own
    NTSTATUS Fails;    // of whatever it is asked but its registration
    KEVENT *HoldUntil; // a query waits for it
    KEVENT Entered;
    ULONG Calls[IRP_MN_REGINFO_EX + 1];
    // Of the last one.
    ULONG_PTR ProviderId;
    PVOID DataPath;
    ULONG BufferSize;
    KIRQL Irql;
    BOOLEAN SystemThread;
    PETHREAD Thread;
    ULONG InputBytes, ItemId, Version, NodeFlags;
    CHAR Input[32];
} PROVIDER;

static inline PROVIDER *ProviderOf(PDEVICE_OBJECT DeviceObject)
{
    return *(PROVIDER **)DeviceObject->DeviceExtension;
}

static __attribute__((unused)) UNICODE_STRING NameOf(PCWSTR Text)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Text);
    return Name;
}

static ULONG PutString(PUCHAR At, PCWSTR Text)
{
    USHORT Bytes = (USHORT)(wcslen(Text) * sizeof(WCHAR));
    *(PUSHORT)At = Bytes;
    RtlCopyMemory(At + sizeof(USHORT), Text, Bytes);
    return sizeof(USHORT) + Bytes;
}

// ---- What it registers

// A WMIREGINFO of Count blocks; its bytes.
static ULONG PutRegInfo(PROVIDER *Provider, BLOCK *Blocks, ULONG Count, PUCHAR Buffer)
{
    PWMIREGINFOW Info = (PWMIREGINFOW)Buffer;
    ULONG At = sizeof(*Info) + Count * sizeof(WMIREGGUIDW);
    RtlZeroMemory(Info, At);
    Info->GuidCount = Count;
    Info->RegistryPath = At;
    At += PutString(Buffer + At, L"\\Registry\\Machine\\x");
    for (ULONG Index = 0; Index < Count; Index += 1) {
        BLOCK *Block = &Blocks[Index];
        PWMIREGGUIDW RegGuid = &Info->WmiRegGuid[Index];
        RegGuid->Guid = *Block->Guid;
        RegGuid->Flags = Block->Flags;
        RegGuid->InstanceCount = Block->Count;
        if (Block->Flags & WMIREG_FLAG_INSTANCE_LIST) {
            RegGuid->InstanceNameList = At;
            for (ULONG Instance = 0; Instance < Block->Count; Instance += 1) {
                At += PutString(Buffer + At, Block->Names[Instance]);
            }
        } else if (Block->Flags & WMIREG_FLAG_INSTANCE_BASENAME) {
            RegGuid->BaseNameOffset = At;
            At += PutString(Buffer + At, Block->Names[0]);
        } else if (Block->Flags & WMIREG_FLAG_INSTANCE_PDO) {
            RegGuid->Pdo = (ULONG_PTR)Block->Pdo;
            if (!Provider->OldInfo) {
                ObReferenceObject(Block->Pdo);
            }
        }
    }
    Info->BufferSize = At = ALIGN_UP_BY(At, 8);
    return At;
}

static UCHAR RegInfoBuffer[16384];

static NTSTATUS AnswerRegInfo(PROVIDER *Provider, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    ULONG Bytes = 0, References = 0;
    if (Provider->OldInfo && Stack->MinorFunction == IRP_MN_REGINFO_EX) {
        return STATUS_NOT_SUPPORTED;
    }
    for (ULONG Index = 0; Provider->Chain && Index < Provider->BlockCount; Index += 1) {
        ULONG Here = Bytes;
        Bytes += PutRegInfo(Provider, &Provider->Blocks[Index], 1, RegInfoBuffer + Bytes);
        if (Index + 1 < Provider->BlockCount) {
            ((PWMIREGINFOW)(RegInfoBuffer + Here))->NextWmiRegInfo = Bytes - Here;
        }
    }
    if (!Provider->Chain) {
        Bytes = PutRegInfo(Provider, Provider->Blocks, Provider->BlockCount, RegInfoBuffer);
    }
    if (Bytes > Stack->Parameters.WMI.BufferSize) {
        for (ULONG Index = 0; Index < Provider->BlockCount; Index += 1) {
            References += (Provider->Blocks[Index].Flags & WMIREG_FLAG_INSTANCE_PDO) != 0;
        }
        for (; References > 0; References -= 1) {
            ObDereferenceObject(Provider->Blocks[0].Pdo);
        }
        *(PULONG)Stack->Parameters.WMI.Buffer = Bytes;
        *Information = sizeof(ULONG);
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlCopyMemory(Stack->Parameters.WMI.Buffer, RegInfoBuffer, Bytes);
    *Information = Bytes;
    return STATUS_SUCCESS;
}

// ---- What it answers

static NTSTATUS TooSmall(PIO_STACK_LOCATION Stack, ULONG Needed, PULONG_PTR Information)
{
    PWNODE_TOO_SMALL Node = Stack->Parameters.WMI.Buffer;
    if (Stack->Parameters.WMI.BufferSize < sizeof(*Node)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Node->WnodeHeader.BufferSize = sizeof(*Node);
    Node->WnodeHeader.Flags |= WNODE_FLAG_TOO_SMALL;
    Node->SizeNeeded = Needed;
    *Information = sizeof(*Node);
    return STATUS_SUCCESS;
}

static ULONG DataBytes(const BLOCK *Block, ULONG Instance)
{
    return (ULONG)strlen(Block->Data[Instance]) + Block->Padding;
}

static NTSTATUS AnswerAll(const BLOCK *Block, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PWNODE_ALL_DATA Node = Stack->Parameters.WMI.Buffer;
    PUCHAR Buffer = (PUCHAR)Node;
    BOOLEAN Dynamic = (Node->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) == 0;
    ULONG At = FIELD_OFFSET(WNODE_ALL_DATA, OffsetInstanceDataAndLength) +
               Block->Count * sizeof(OFFSETINSTANCEDATAANDLENGTH);
    ULONG Names = At, Needed = At + (Dynamic ? Block->Count * sizeof(ULONG) : 0);
    for (ULONG Index = 0; Index < Block->Count; Index += 1) {
        Needed = ALIGN_UP_BY(Needed, 8) + DataBytes(Block, Index);
    }
    for (ULONG Index = 0; Dynamic && Index < Block->Count; Index += 1) {
        Needed = ALIGN_UP_BY(Needed, 2) + sizeof(USHORT) + (ULONG)wcslen(Block->Names[Index]) * sizeof(WCHAR);
    }
    if (Needed > Stack->Parameters.WMI.BufferSize) {
        return TooSmall(Stack, Needed, Information);
    }
    Node->InstanceCount = Block->Count;
    Node->DataBlockOffset = 0;
    Node->OffsetInstanceNameOffsets = Dynamic ? Names : 0;
    At += Dynamic ? Block->Count * sizeof(ULONG) : 0;
    for (ULONG Index = 0; Index < Block->Count; Index += 1) {
        At = ALIGN_UP_BY(At, 8);
        Node->OffsetInstanceDataAndLength[Index].OffsetInstanceData = At;
        Node->OffsetInstanceDataAndLength[Index].LengthInstanceData = DataBytes(Block, Index);
        RtlCopyMemory(Buffer + At, Block->Data[Index], strlen(Block->Data[Index]));
        At += DataBytes(Block, Index);
    }
    for (ULONG Index = 0; Dynamic && Index < Block->Count; Index += 1) {
        At = ALIGN_UP_BY(At, 2);
        ((PULONG)(Buffer + Names))[Index] = At;
        At += PutString(Buffer + At, Block->Names[Index]);
    }
    KeQuerySystemTime(&Node->WnodeHeader.TimeStamp);
    Node->WnodeHeader.BufferSize = At;
    *Information = At;
    return STATUS_SUCCESS;
}

// The instance that a request is about. FALSE: this driver has none such.
static BOOLEAN FindInstance(const BLOCK *Block, PWNODE_SINGLE_INSTANCE Node, PULONG Instance)
{
    if (Node->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) {
        *Instance = Node->InstanceIndex;
        return Node->InstanceIndex < Block->Count;
    }
    PUSHORT Counted = (PUSHORT)((PUCHAR)Node + Node->OffsetInstanceName);
    UNICODE_STRING Name = {*Counted, *Counted, (PWCH)(Counted + 1)};
    for (*Instance = 0; *Instance < Block->Count; *Instance += 1) {
        UNICODE_STRING Own = NameOf(Block->Names[*Instance]);
        if (RtlEqualUnicodeString(&Own, &Name, TRUE)) {
            return TRUE;
        }
    }
    return FALSE;
}

static NTSTATUS AnswerInstance(const BLOCK *Block, ULONG Instance, PIO_STACK_LOCATION Stack,
                               PULONG_PTR Information)
{
    PWNODE_SINGLE_INSTANCE Node = Stack->Parameters.WMI.Buffer;
    ULONG Needed = Node->DataBlockOffset + DataBytes(Block, Instance);
    if (Needed > Stack->Parameters.WMI.BufferSize) {
        return TooSmall(Stack, Needed, Information);
    }
    Node->SizeDataBlock = DataBytes(Block, Instance);
    RtlCopyMemory((PUCHAR)Node + Node->DataBlockOffset, Block->Data[Instance], strlen(Block->Data[Instance]));
    Node->WnodeHeader.BufferSize = Needed;
    *Information = Needed;
    return STATUS_SUCCESS;
}

static VOID NoteInput(PROVIDER *Provider, PUCHAR Data, ULONG Bytes)
{
    Provider->InputBytes = Bytes;
    RtlZeroMemory(Provider->Input, sizeof(Provider->Input));
    RtlCopyMemory(Provider->Input, Data, min(Bytes, sizeof(Provider->Input) - 1));
}

// Method 1 answers its input twice over; there is no other.
static NTSTATUS Execute(PROVIDER *Provider, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PWNODE_METHOD_ITEM Node = Stack->Parameters.WMI.Buffer;
    PUCHAR Data = (PUCHAR)Node + Node->DataBlockOffset;
    ULONG Bytes = Node->SizeDataBlock;
    NoteInput(Provider, Data, Bytes);
    Provider->ItemId = Node->MethodId;
    if (Node->MethodId != 1) {
        return STATUS_WMI_ITEMID_NOT_FOUND;
    }
    if (Node->DataBlockOffset + 2 * Bytes > Stack->Parameters.WMI.BufferSize) {
        return TooSmall(Stack, Node->DataBlockOffset + 2 * Bytes, Information);
    }
    RtlCopyMemory(Data + Bytes, Data, Bytes);
    Node->SizeDataBlock = 2 * Bytes;
    Node->WnodeHeader.BufferSize = Node->DataBlockOffset + 2 * Bytes;
    *Information = Node->WnodeHeader.BufferSize;
    return STATUS_SUCCESS;
}

// Item 1 can be set; 2 cannot; there is no other.
static NTSTATUS ChangeItem(PROVIDER *Provider, PWNODE_SINGLE_ITEM Node)
{
    NoteInput(Provider, (PUCHAR)Node + Node->DataBlockOffset, Node->SizeDataItem);
    Provider->ItemId = Node->ItemId;
    return Node->ItemId == 1   ? STATUS_SUCCESS
           : Node->ItemId == 2 ? STATUS_WMI_READ_ONLY
                               : STATUS_WMI_ITEMID_NOT_FOUND;
}

static NTSTATUS AnswerBlock(PROVIDER *Provider, const BLOCK *Block, PIO_STACK_LOCATION Stack,
                            PULONG_PTR Information)
{
    PWNODE_SINGLE_INSTANCE Node = Stack->Parameters.WMI.Buffer;
    ULONG Instance;
    switch (Stack->MinorFunction) {
    case IRP_MN_QUERY_ALL_DATA: return AnswerAll(Block, Stack, Information);
    case IRP_MN_ENABLE_EVENTS:
    case IRP_MN_DISABLE_EVENTS:
    case IRP_MN_ENABLE_COLLECTION:
    case IRP_MN_DISABLE_COLLECTION: return STATUS_SUCCESS;
    }
    if (!FindInstance(Block, Node, &Instance)) {
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    }
    switch (Stack->MinorFunction) {
    case IRP_MN_QUERY_SINGLE_INSTANCE: return AnswerInstance(Block, Instance, Stack, Information);
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        NoteInput(Provider, (PUCHAR)Node + Node->DataBlockOffset, Node->SizeDataBlock);
        return Block->ReadOnly ? STATUS_WMI_READ_ONLY : STATUS_SUCCESS;
    case IRP_MN_CHANGE_SINGLE_ITEM: return ChangeItem(Provider, (PWNODE_SINGLE_ITEM)Node);
    case IRP_MN_EXECUTE_METHOD: return Execute(Provider, Stack, Information);
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS AnswerRequest(PROVIDER *Provider, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    if (Stack->MinorFunction == IRP_MN_REGINFO_EX || Stack->MinorFunction == IRP_MN_REGINFO) {
        return AnswerRegInfo(Provider, Stack, Information);
    }
    PWNODE_HEADER Header = Stack->Parameters.WMI.Buffer;
    Provider->NodeFlags = Header->Flags;
    Provider->Version = Header->Version;
    if (Provider->HoldUntil != NULL) {
        KeSetEvent(&Provider->Entered, 0, FALSE);
        KeWaitForSingleObject(Provider->HoldUntil, Executive, KernelMode, FALSE, NULL);
    }
    if (!NT_SUCCESS(Provider->Fails)) {
        return Provider->Fails;
    }
    for (ULONG Index = 0; Index < Provider->BlockCount; Index += 1) {
        if (RtlCompareMemory(Provider->Blocks[Index].Guid, Stack->Parameters.WMI.DataPath, sizeof(GUID)) ==
            sizeof(GUID)) {
            return AnswerBlock(Provider, &Provider->Blocks[Index], Stack, Information);
        }
    }
    return STATUS_WMI_GUID_NOT_FOUND;
}

static NTSTATUS NTAPI SystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PROVIDER *Provider = ProviderOf(DeviceObject);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR Information = 0;
    Provider->Calls[Stack->MinorFunction] += 1;
    Provider->ProviderId = Stack->Parameters.WMI.ProviderId;
    Provider->DataPath = Stack->Parameters.WMI.DataPath;
    Provider->BufferSize = Stack->Parameters.WMI.BufferSize;
    Provider->Irql = KeGetCurrentIrql();
    Provider->Thread = PsGetCurrentThread();
    Provider->SystemThread = PsIsSystemThread(PsGetCurrentThread());
    NTSTATUS Status = AnswerRequest(Provider, Stack, &Information);
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// ---- Providers

// A device of a driver of its own with these blocks, not registered.
static __attribute__((unused)) VOID MakeProvider(PROVIDER *Provider, PCWSTR Name, BLOCK *Blocks, ULONG Count)
{
    RtlZeroMemory(Provider, sizeof(*Provider));
    KeInitializeEvent(&Provider->Entered, NotificationEvent, FALSE);
    Provider->Blocks = Blocks;
    Provider->BlockCount = Count;
    Provider->Device = MakeDevice(Name, NULL, 0);
    *(PROVIDER **)Provider->Device->DeviceExtension = Provider;
    DispatchOf(Provider->Device, IRP_MJ_SYSTEM_CONTROL, SystemControl);
}

// What the system's thread does about Action is over when this returns.
static __attribute__((unused)) NTSTATUS Control(PROVIDER *Provider, ULONG Action)
{
    NTSTATUS Status = IoWMIRegistrationControl(Provider->Device, Action);
    TestSleep(10);
    return Status;
}

static __attribute__((unused)) VOID DropProvider(PROVIDER *Provider)
{
    IS(IoWMIRegistrationControl(Provider->Device, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
    DeleteDevice(Provider->Device);
}

// A data block object; NULL, and a failed test, if there is none.
static __attribute__((unused)) PVOID OpenBlock(const GUID *Guid, ULONG Access)
{
    PVOID Block = NULL;
    NTSTATUS Status = IoWMIOpenBlock((GUID *)Guid, Access, &Block);
    if (!NT_SUCCESS(Status)) {
        IS(Status, STATUS_SUCCESS);
    }
    return Block;
}

static UCHAR AnswerBuffer[8192] __attribute__((aligned(16)));

// Whether there is an instance of that name that a query finds.
static __attribute__((unused)) NTSTATUS QueryName(const GUID *Guid, PCWSTR Text)
{
    UNICODE_STRING Name = NameOf(Text);
    ULONG Bytes = sizeof(AnswerBuffer);
    PVOID Block = OpenBlock(Guid, WMIGUID_QUERY);
    NTSTATUS Status = IoWMIQuerySingleInstance(Block, &Name, &Bytes, AnswerBuffer);
    ObDereferenceObject(Block);
    return Status;
}

#endif
