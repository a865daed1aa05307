// SPDX-License-Identifier: MIT
// Blocks by their GUIDs, the objects by which they are used, and what their users' coming and going has
// drivers do.
#include "inc/kernel.h"
#include "io/wmi.h"

EX_PUSH_LOCK WmipLock;

static LIST_ENTRY WmipGuids = {&WmipGuids, &WmipGuids};
static POBJECT_TYPE WmipBlockType;

static VOID NTAPI WmipDeleteBlock(PVOID Object)
{
    PWMIP_BLOCK Block = Object;
    if (Block->Guid == NULL) {
        return;
    }
    WmipAcquireLock();
    RemoveEntryList(&Block->Link);
    Block->Guid->Consumers -= 1;
    Block->Guid->EventConsumers -= (Block->GrantedAccess & WMIGUID_NOTIFICATION) != 0;
    WmipReleaseLock();
    WmipTellProviders(Block->Guid);
}

static const OB_TYPE_DESCRIPTION WmipBlockDescription = {
    .Name = L"WmiGuid",
    .GenericMapping = {STANDARD_RIGHTS_READ | WMIGUID_QUERY, STANDARD_RIGHTS_WRITE | WMIGUID_SET,
                       STANDARD_RIGHTS_EXECUTE | WMIGUID_EXECUTE,
                       STANDARD_RIGHTS_ALL | WMIGUID_QUERY | WMIGUID_SET | WMIGUID_NOTIFICATION |
                           WMIGUID_EXECUTE},
    .ValidAccessMask = STANDARD_RIGHTS_ALL | 0xFFFF,
    .Delete = WmipDeleteBlock,
};

NTSTATUS WmipInitialize(VOID)
{
    return ObpCreateType(&WmipBlockDescription, &WmipBlockType);
}

PWMIP_GUID WmipFindGuid(const GUID *Guid)
{
    for (PLIST_ENTRY Link = WmipGuids.Flink; Link != &WmipGuids; Link = Link->Flink) {
        PWMIP_GUID Found = CONTAINING_RECORD(Link, WMIP_GUID, Link);
        if (IsEqualGUID(&Found->Guid, Guid)) {
            return Found;
        }
    }
    PWMIP_GUID New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_WMI);
    if (New != NULL) {
        New->Guid = *Guid;
        InitializeListHead(&New->Sets);
        InitializeListHead(&New->Blocks);
        InsertTailList(&WmipGuids, &New->Link);
    }
    return New;
}

NTSTATUS WmipReferenceBlock(PVOID Object, ACCESS_MASK DesiredAccess, PWMIP_BLOCK *Block)
{
    if (ObpTypeOf(Object) != WmipBlockType) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *Block = Object;
    if ((DesiredAccess & ~(*Block)->GrantedAccess) != 0) {
        return STATUS_ACCESS_DENIED;
    }
    ObfReferenceObject(Object);
    return STATUS_SUCCESS;
}

// STATUS_INSUFFICIENT_RESOURCES.
static NTSTATUS WmipCreateBlock(PWMIP_BLOCK *Block)
{
    PVOID Object;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    NTSTATUS Status = ObCreateObject(KernelMode, WmipBlockType, &Attributes, KernelMode, NULL,
                                     sizeof(WMIP_BLOCK), 0, 0, &Object);
    if (NT_SUCCESS(Status)) {
        // It has neither name nor handle: whoever has its address has it.
        ObpFreeCreateInformation(ObpHeader(Object));
        ObpHeader(Object)->Flags &= (UCHAR)~OB_FLAG_NEW_OBJECT;
        *Block = Object;
    }
    return Status;
}

// *DataBlockObject, for ObDereferenceObject, allows what DesiredAccess says; the block need have no provider
// yet. With WMIGUID_NOTIFICATION its events are enabled as long as the object is there.
// STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL. (wdm)
NTSTATUS NTAPI IoWMIOpenBlock(GUID *Guid, ULONG DesiredAccess, PVOID *DataBlockObject)
{
    PWMIP_BLOCK Block;
    NTSTATUS Status = WmipCreateBlock(&Block);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ACCESS_MASK Access = DesiredAccess;
    RtlMapGenericMask(&Access, &WmipBlockType->TypeInfo.GenericMapping);
    WmipAcquireLock();
    PWMIP_GUID Found = WmipFindGuid(Guid);
    if (Found != NULL) {
        Block->Guid = Found;
        Block->GrantedAccess = Access;
        InsertTailList(&Found->Blocks, &Block->Link);
        Found->Consumers += 1;
        Found->EventConsumers += (Access & WMIGUID_NOTIFICATION) != 0;
    }
    WmipReleaseLock();
    if (Found == NULL) {
        ObfDereferenceObject(Block);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    WmipTellProviders(Found);
    *DataBlockObject = Block;
    return STATUS_SUCCESS;
}

// ---- What drivers are told

// The lock is held. What Set's driver is to be told next, noted as told. FALSE: nothing.
static BOOLEAN WmipNextNews(PWMIP_SET Set, PUCHAR MinorFunction)
{
    BOOLEAN Events = Set->Guid->EventConsumers != 0 && !(Set->Flags & WMIREG_FLAG_TRACED_GUID);
    BOOLEAN Collection = Set->Guid->Consumers != 0 && (Set->Flags & WMIREG_FLAG_EXPENSIVE) != 0;
    if (Set->Telling) {
        return FALSE; // who tells it looks again
    }
    if (Set->CollectionEnabled != Collection) {
        Set->CollectionEnabled = Collection;
        *MinorFunction = Collection ? IRP_MN_ENABLE_COLLECTION : IRP_MN_DISABLE_COLLECTION;
        return TRUE;
    }
    if (Set->EventsEnabled != Events) {
        Set->EventsEnabled = Events;
        *MinorFunction = Events ? IRP_MN_ENABLE_EVENTS : IRP_MN_DISABLE_EVENTS;
        return TRUE;
    }
    return FALSE;
}

// A set whose driver is to be told something, referenced and marked; NULL: there is none.
static PWMIP_SET WmipNextToTell(PWMIP_GUID Guid, PUCHAR MinorFunction)
{
    PWMIP_SET Found = NULL;
    WmipAcquireLock();
    for (PLIST_ENTRY Link = Guid->Sets.Flink; Found == NULL && Link != &Guid->Sets; Link = Link->Flink) {
        PWMIP_SET Set = CONTAINING_RECORD(Link, WMIP_SET, GuidLink);
        if (WmipNextNews(Set, MinorFunction)) {
            Set->Telling = TRUE;
            InterlockedIncrement(&Set->ReferenceCount);
            Found = Set;
        }
    }
    WmipReleaseLock();
    return Found;
}

static VOID WmipTell(PWMIP_SET Set, UCHAR MinorFunction)
{
    ULONG_PTR Information;
    // Without memory it goes untold: there is nobody whom that could be said to.
    PWNODE_HEADER Header = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Header), TAG_WMI);
    if (Header != NULL) {
        Header->BufferSize = sizeof(*Header);
        Header->Guid = Set->Guid->Guid;
        WmipSendIrp(Set->Provider, MinorFunction, &Set->Guid->Guid, Header, sizeof(*Header), &Information);
        ExFreePoolWithTag(Header, TAG_WMI);
    }
}

VOID WmipTellProviders(PWMIP_GUID Guid)
{
    UCHAR MinorFunction;
    PWMIP_SET Set;
    while ((Set = WmipNextToTell(Guid, &MinorFunction)) != NULL) {
        WmipTell(Set, MinorFunction);
        WmipAcquireLock();
        Set->Telling = FALSE;
        WmipReleaseLock();
        WmipDereferenceSet(Set);
    }
}
