// SPDX-License-Identifier: MIT
// Hardware resources: which are taken, and by whom.
#include "inc/kernel.h"
#include "io/pnp.h"
#include "io/pnp-resource.h"

typedef struct _PIP_CLAIM {
    LIST_ENTRY Link;
    PVOID Owner; // a device or a driver object
    PIP_RANGE Range;
} PIP_CLAIM, *PPIP_CLAIM;

static LIST_ENTRY PipClaims = {&PipClaims, &PipClaims};

BOOLEAN PipRangeOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor, PPIP_RANGE Range)
{
    *Range = (PIP_RANGE){.Type = Descriptor->Type,
                         .Shared = Descriptor->ShareDisposition == CmResourceShareShared};
    ULONG64 Length = 1;
    switch (Descriptor->Type) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        Range->Start = (ULONG64)Descriptor->u.Generic.Start.QuadPart;
        Length = Descriptor->u.Generic.Length;
        break;
    case CmResourceTypeInterrupt:
        if (Descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
            Range->Start = Descriptor->u.MessageInterrupt.Raw.Vector;
            Length = Descriptor->u.MessageInterrupt.Raw.MessageCount;
        } else {
            Range->Start = Descriptor->u.Interrupt.Vector;
        }
        break;
    case CmResourceTypeDma: Range->Start = Descriptor->u.Dma.Channel; break;
    case CmResourceTypeBusNumber:
        Range->Start = Descriptor->u.BusNumber.Start;
        Length = Descriptor->u.BusNumber.Length;
        break;
    default: return FALSE; // belongs to its device alone
    }
    Range->End = Range->Start + Length - 1;
    return Length != 0;
}

BOOLEAN PipIsRangeTaken(const PIP_RANGE *Range, PVOID Owner, PULONG64 End)
{
    for (PLIST_ENTRY Link = PipClaims.Flink; Link != &PipClaims; Link = Link->Flink) {
        PPIP_CLAIM Claim = CONTAINING_RECORD(Link, PIP_CLAIM, Link);
        if (Claim->Owner != Owner && Claim->Range.Type == Range->Type && Claim->Range.Start <= Range->End &&
            Claim->Range.End >= Range->Start && !(Claim->Range.Shared && Range->Shared)) {
            *End = Claim->Range.End;
            return TRUE;
        }
    }
    return FALSE;
}

// The first descriptor behind *Position of List, which is { full descriptor, its descriptor } indices.
static const CM_PARTIAL_RESOURCE_DESCRIPTOR *PipNextDescriptor(const CM_RESOURCE_LIST *List,
                                                               PIP_DESCRIPTOR_WALK *Walk)
{
    while (Walk->Full < List->Count) {
        if (Walk->Partial < Walk->Current->PartialResourceList.Count) {
            return &Walk->Current->PartialResourceList.PartialDescriptors[Walk->Partial++];
        }
        const CM_PARTIAL_RESOURCE_LIST *Done = &Walk->Current->PartialResourceList;
        Walk->Current = (PVOID)&Done->PartialDescriptors[Done->Count];
        Walk->Full += 1;
        Walk->Partial = 0;
    }
    return NULL;
}

const CM_PARTIAL_RESOURCE_DESCRIPTOR *PipFirstDescriptor(const CM_RESOURCE_LIST *List,
                                                         PIP_DESCRIPTOR_WALK *Walk)
{
    *Walk = (PIP_DESCRIPTOR_WALK){.List = List, .Current = List->List};
    return PipNextDescriptor(List, Walk);
}

const CM_PARTIAL_RESOURCE_DESCRIPTOR *PipFollowingDescriptor(PIP_DESCRIPTOR_WALK *Walk)
{
    return PipNextDescriptor(Walk->List, Walk);
}

// The lock is held.
static VOID PipMoveClaims(PVOID Owner, PLIST_ENTRY To)
{
    for (PLIST_ENTRY Link = PipClaims.Flink, Next; Link != &PipClaims; Link = Next) {
        Next = Link->Flink;
        if (CONTAINING_RECORD(Link, PIP_CLAIM, Link)->Owner == Owner) {
            RemoveEntryList(Link);
            InsertTailList(To, Link);
        }
    }
}

static VOID PipFreeClaims(PLIST_ENTRY Claims)
{
    while (!IsListEmpty(Claims)) {
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(Claims), PIP_CLAIM, Link), TAG_PNP);
    }
}

// The lock is held. Claims of Owner's for all of List, not yet among the others.
// STATUS_CONFLICTING_ADDRESSES, STATUS_INSUFFICIENT_RESOURCES.
static NTSTATUS PipMakeClaims(PVOID Owner, const CM_RESOURCE_LIST *List, PLIST_ENTRY Claims)
{
    PIP_DESCRIPTOR_WALK Walk;
    PIP_RANGE Range;
    ULONG64 End;
    for (const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor = PipFirstDescriptor(List, &Walk);
         Descriptor != NULL; Descriptor = PipFollowingDescriptor(&Walk)) {
        if (!PipRangeOf(Descriptor, &Range)) {
            continue;
        }
        if (PipIsRangeTaken(&Range, Owner, &End)) {
            return STATUS_CONFLICTING_ADDRESSES;
        }
        PPIP_CLAIM Claim = ExAllocatePoolZero(PagedPool, sizeof(*Claim), TAG_PNP);
        if (Claim == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Claim->Owner = Owner;
        Claim->Range = Range;
        InsertTailList(Claims, &Claim->Link);
    }
    return STATUS_SUCCESS;
}

NTSTATUS PipClaimResources(PVOID Owner, const CM_RESOURCE_LIST *List)
{
    LIST_ENTRY New, Old;
    InitializeListHead(&New);
    InitializeListHead(&Old);
    PipAcquireLock();
    NTSTATUS Status = List != NULL ? PipMakeClaims(Owner, List, &New) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        PipMoveClaims(Owner, &Old);
        while (!IsListEmpty(&New)) {
            InsertTailList(&PipClaims, RemoveHeadList(&New));
        }
    }
    PipReleaseLock();
    PipFreeClaims(&New);
    PipFreeClaims(&Old);
    return Status;
}

VOID PipReleaseResources(PVOID Owner)
{
    if (!IsListEmpty(&PipClaims)) {
        PipClaimResources(Owner, NULL);
    }
}

BOOLEAN PipIsResourceList(const CM_RESOURCE_LIST *List, ULONG Bytes)
{
    const UCHAR *Start = (const UCHAR *)List, *End = Start + Bytes, *Next;
    if (Bytes < FIELD_OFFSET(CM_RESOURCE_LIST, List)) {
        return FALSE;
    }
    Next = (const UCHAR *)List->List;
    for (ULONG Index = 0; Index < List->Count; Index += 1) {
        const CM_FULL_RESOURCE_DESCRIPTOR *Full = (PVOID)Next;
        if ((SIZE_T)(End - Next) <
            FIELD_OFFSET(CM_FULL_RESOURCE_DESCRIPTOR, PartialResourceList.PartialDescriptors)) {
            return FALSE;
        }
        Next = (const UCHAR *)Full->PartialResourceList.PartialDescriptors;
        if ((SIZE_T)(End - Next) / sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR) < Full->PartialResourceList.Count) {
            return FALSE;
        }
        Next += Full->PartialResourceList.Count * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    }
    return TRUE;
}

// Claims the device's list for DeviceObject, or the driver's for DriverObject, in place of what that had; an
// empty list gives it back. STATUS_CONFLICTING_ADDRESSES, and *ConflictDetected: somebody has some of it.
// STATUS_UNSUCCESSFUL: no list, or a malformed one. IRQL PASSIVE_LEVEL. (ntddk)
NTSTATUS NTAPI IoReportResourceForDetection(PDRIVER_OBJECT DriverObject, PCM_RESOURCE_LIST DriverList,
                                            ULONG DriverListSize, PDEVICE_OBJECT DeviceObject,
                                            PCM_RESOURCE_LIST DeviceList, ULONG DeviceListSize,
                                            PBOOLEAN ConflictDetected)
{
    PVOID Owner = DeviceList != NULL ? (PVOID)DeviceObject : (PVOID)DriverObject;
    PCM_RESOURCE_LIST List = DeviceList != NULL ? DeviceList : DriverList;
    ULONG Bytes = DeviceList != NULL ? DeviceListSize : DriverListSize;
    *ConflictDetected = FALSE;
    if (Owner == NULL || List == NULL || !PipIsResourceList(List, Bytes)) {
        return STATUS_UNSUCCESSFUL;
    }
    NTSTATUS Status = PipClaimResources(Owner, List);
    *ConflictDetected = Status == STATUS_CONFLICTING_ADDRESSES;
    return Status;
}
