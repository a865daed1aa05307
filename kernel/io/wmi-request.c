// SPDX-License-Identifier: MIT
// What the machine's user asks of WMI providers, in the place of the service that Windows has for programs.
#include "inc/kernel.h"
#include "io/wmi.h"

#define WMIP_GUID_CHARACTERS 64

// A query's answer, of *Bytes, from pool. Name NULL: of all instances.
static NTSTATUS WmipFetch(PVOID Block, PUNICODE_STRING Name, PVOID *Answer, PULONG Bytes)
{
    NTSTATUS Status;
    *Answer = NULL;
    *Bytes = 0;
    do {
        if (*Answer != NULL) {
            ExFreePoolWithTag(*Answer, TAG_WMI);
            *Answer = NULL;
        }
        if (*Bytes != 0) {
            *Answer = ExAllocatePoolZero(NonPagedPoolNx, *Bytes, TAG_WMI);
            if (*Answer == NULL) {
                return STATUS_INSUFFICIENT_RESOURCES;
            }
        }
        Status = Name == NULL ? IoWMIQueryAllData(Block, Bytes, *Answer)
                              : IoWMIQuerySingleInstance(Block, Name, Bytes, *Answer);
    } while (Status == STATUS_BUFFER_TOO_SMALL);
    if (*Answer == NULL) {
        return NT_SUCCESS(Status) ? STATUS_NO_MORE_ENTRIES : Status; // nothing, in no bytes
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(*Answer, TAG_WMI);
    }
    return Status;
}

// The counted string at Offset of Node. FALSE: it is not there.
static BOOLEAN WmipCountedName(PWNODE_HEADER Node, ULONG Offset, PUNICODE_STRING Name)
{
    ULONG Bytes = Node->BufferSize;
    if (Offset > Bytes || Bytes - Offset < sizeof(USHORT)) {
        return FALSE;
    }
    USHORT Length = *(PUSHORT)((PUCHAR)Node + Offset);
    *Name = (UNICODE_STRING){Length, Length, (PWCH)((PUCHAR)Node + Offset + sizeof(USHORT))};
    return Length <= Bytes - Offset - sizeof(USHORT);
}

// The instance at *Place of a node, which counts down over those of nodes before it.
static BOOLEAN WmipNameAt(PWNODE_HEADER Node, PULONG64 Place, PUNICODE_STRING Name)
{
    PWNODE_ALL_DATA All = (PWNODE_ALL_DATA)Node;
    if (*Place >= All->InstanceCount) {
        *Place -= All->InstanceCount;
        return FALSE;
    }
    ULONG64 Offset = All->OffsetInstanceNameOffsets + *Place * sizeof(ULONG);
    return Offset + sizeof(ULONG) <= Node->BufferSize &&
           WmipCountedName(Node, *(PULONG)((PUCHAR)Node + Offset), Name);
}

static NTSTATUS WmipReturnName(PVOID Block, KM_REQUEST *Request)
{
    PVOID Answer;
    ULONG Bytes;
    ULONG64 Place = Request->arguments[1];
    UNICODE_STRING Name;
    NTSTATUS Status = WmipFetch(Block, NULL, &Answer, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PWNODE_HEADER Node = Answer;
    Status = STATUS_NO_MORE_ENTRIES;
    for (;;) {
        if (WmipNameAt(Node, &Place, &Name)) {
            Status = RtlUnicodeToUTF8N(Request->image_file, sizeof(Request->image_file) - 1, &Bytes,
                                       Name.Buffer, Name.Length);
            Request->image_file[NT_SUCCESS(Status) ? Bytes : 0] = '\0';
            break;
        }
        if (Node->Linkage == 0) {
            break;
        }
        Node = (PWNODE_HEADER)((PUCHAR)Node + Node->Linkage);
    }
    ExFreePoolWithTag(Answer, TAG_WMI);
    return Status;
}

static NTSTATUS WmipReturnData(PVOID Block, PUNICODE_STRING Instance, KM_REQUEST *Request)
{
    PVOID Answer;
    ULONG Bytes;
    NTSTATUS Status = WmipFetch(Block, Instance, &Answer, &Bytes);
    if (!NT_SUCCESS(Status)) {
        Request->arguments[4] = 0;
        return Status;
    }
    PWNODE_SINGLE_INSTANCE Node = Answer;
    if (Node->SizeDataBlock > Request->arguments[4]) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        RtlCopyMemory((PVOID)Request->arguments[2], (PUCHAR)Node + Node->DataBlockOffset,
                      Node->SizeDataBlock);
    }
    Request->arguments[4] = Node->SizeDataBlock;
    ExFreePoolWithTag(Answer, TAG_WMI);
    return Status;
}

static NTSTATUS WmipExecuteFor(PVOID Block, PUNICODE_STRING Instance, KM_REQUEST *Request)
{
    ULONG Bytes = (ULONG)Request->arguments[4];
    NTSTATUS Status = IoWMIExecuteMethod(Block, Instance, (ULONG)Request->arguments[1],
                                         (ULONG)Request->arguments[3], &Bytes, (PUCHAR)Request->arguments[2]);
    Request->arguments[4] = NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL ? Bytes : 0;
    return Status;
}

static NTSTATUS WmipPerform(PVOID Block, PUNICODE_STRING Instance, KM_REQUEST *Request)
{
    PVOID Data = (PVOID)Request->arguments[2];
    ULONG Id = (ULONG)Request->arguments[1], Bytes = (ULONG)Request->arguments[3];
    switch (Request->arguments[0]) {
    case KM_WMI_INSTANCE: return WmipReturnName(Block, Request);
    case KM_WMI_QUERY: return WmipReturnData(Block, Instance, Request);
    case KM_WMI_SET_INSTANCE: return IoWMISetSingleInstance(Block, Instance, 0, Bytes, Data);
    case KM_WMI_SET_ITEM: return IoWMISetSingleItem(Block, Instance, Id, 0, Bytes, Data);
    case KM_WMI_EXECUTE: return WmipExecuteFor(Block, Instance, Request);
    default: return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS WmipTextOf(PCSTR Text, PWCH Buffer, ULONG BufferBytes, PUNICODE_STRING String)
{
    ULONG Bytes;
    NTSTATUS Status = RtlUTF8ToUnicodeN(Buffer, BufferBytes, &Bytes, Text, (ULONG)strlen(Text));
    *String = (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, Buffer};
    return Status;
}

NTSTATUS WmipCarryOut(KM_REQUEST *Request)
{
    WCHAR GuidBuffer[WMIP_GUID_CHARACTERS], NameBuffer[KM_NAME_BYTES];
    UNICODE_STRING Text, Instance;
    GUID Guid;
    PVOID Block;
    NTSTATUS Status = WmipTextOf(Request->service_name, GuidBuffer, sizeof(GuidBuffer), &Text);
    if (NT_SUCCESS(Status)) {
        Status = RtlGUIDFromString(&Text, &Guid);
    }
    if (NT_SUCCESS(Status)) {
        Status = WmipTextOf(Request->image_file, NameBuffer, sizeof(NameBuffer), &Instance);
    }
    if (!NT_SUCCESS(Status)) {
        Request->arguments[4] = 0;
        return STATUS_INVALID_PARAMETER;
    }
    Status = IoWMIOpenBlock(&Guid, WMIGUID_QUERY | WMIGUID_SET | WMIGUID_EXECUTE, &Block);
    if (NT_SUCCESS(Status)) {
        Status = WmipPerform(Block, &Instance, Request);
        ObfDereferenceObject(Block);
    }
    return Status;
}
