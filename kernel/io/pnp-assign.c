// SPDX-License-Identifier: MIT
// Hardware resources for a device: of what its bus driver says it can live with, the first that is free.
#include "inc/kernel.h"
#include "io/pnp-manager.h"
#include "io/pnp-resource.h"

// The lock is held throughout but for the claim.

// Whether another descriptor of the list that is being made has some of Range; *End is the last that it has.
static BOOLEAN PipIsGiven(const CM_PARTIAL_RESOURCE_LIST *List, const PIP_RANGE *Range, PULONG64 End)
{
    PIP_RANGE Other;
    for (ULONG Index = 0; Index < List->Count; Index += 1) {
        if (PipRangeOf(&List->PartialDescriptors[Index], &Other) && Other.Type == Range->Type &&
            Other.Start <= Range->End && Other.End >= Range->Start && !(Other.Shared && Range->Shared)) {
            *End = Other.End;
            return TRUE;
        }
    }
    return FALSE;
}

// *Start is the first place at or above Minimum that nobody has, for the next descriptor of List.
static BOOLEAN PipPlace(const CM_PARTIAL_RESOURCE_LIST *List, PVOID Owner, ULONG64 Minimum, ULONG64 Maximum,
                        ULONG64 Length, ULONG64 Alignment, PULONG64 Start)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor = &List->PartialDescriptors[List->Count];
    PIP_RANGE Range = {.Type = Descriptor->Type,
                       .Shared = Descriptor->ShareDisposition == CmResourceShareShared};
    ULONG64 Place = Minimum, End;
    if (Length == 0) {
        return FALSE;
    }
    if (Alignment == 0) {
        Alignment = 1;
    }
    for (;;) {
        ULONG64 Aligned = (Place + Alignment - 1) / Alignment * Alignment;
        if (Aligned < Place || Aligned > Maximum || Maximum - Aligned < Length - 1) {
            return FALSE;
        }
        Range.Start = Aligned;
        Range.End = Aligned + Length - 1;
        if (!PipIsRangeTaken(&Range, Owner, &End) && !PipIsGiven(List, &Range, &End)) {
            *Start = Aligned;
            return TRUE;
        }
        if (End == MAXULONG64) {
            return FALSE;
        }
        Place = End + 1;
    }
}

// As many messages as the range of tokens has; those of a function are in a row, at a multiple of their
// number.
static BOOLEAN PipPlaceMessages(const IO_RESOURCE_DESCRIPTOR *Wanted, PVOID Owner,
                                PCM_PARTIAL_RESOURCE_LIST List)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR *Given = &List->PartialDescriptors[List->Count];
    const ULONG Count = Wanted->u.Interrupt.MaximumVector - Wanted->u.Interrupt.MinimumVector + 1;
    ULONG64 Start, Alignment = 1;
    while (Alignment < Count) {
        Alignment *= 2;
    }
    if (Count == 0 || Count > KM_LINES ||
        !PipPlace(List, Owner, KM_FIRST_MESSAGE_LINE, KM_LINES - 1, Count, Alignment, &Start)) {
        return FALSE;
    }
    Given->u.MessageInterrupt.Raw.MessageCount = (USHORT)Count;
    Given->u.MessageInterrupt.Raw.Vector = (ULONG)Start;
    Given->u.MessageInterrupt.Raw.Affinity = KeQueryActiveProcessors();
    return TRUE;
}

// FALSE: it cannot be had.
static BOOLEAN PipPlaceDescriptor(const IO_RESOURCE_DESCRIPTOR *Wanted, PVOID Owner,
                                  PCM_PARTIAL_RESOURCE_LIST List)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR *Given = &List->PartialDescriptors[List->Count];
    ULONG64 Start;
    *Given = (CM_PARTIAL_RESOURCE_DESCRIPTOR){
        .Type = Wanted->Type, .ShareDisposition = Wanted->ShareDisposition, .Flags = Wanted->Flags};
    switch (Wanted->Type) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        if (!PipPlace(List, Owner, (ULONG64)Wanted->u.Generic.MinimumAddress.QuadPart,
                      (ULONG64)Wanted->u.Generic.MaximumAddress.QuadPart, Wanted->u.Generic.Length,
                      Wanted->u.Generic.Alignment, &Start)) {
            return FALSE;
        }
        Given->u.Generic.Start.QuadPart = (LONGLONG)Start;
        Given->u.Generic.Length = Wanted->u.Generic.Length;
        return TRUE;
    case CmResourceTypeInterrupt:
        if (Wanted->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
            return PipPlaceMessages(Wanted, Owner, List);
        }
        if (!PipPlace(List, Owner, Wanted->u.Interrupt.MinimumVector, Wanted->u.Interrupt.MaximumVector, 1, 1,
                      &Start)) {
            return FALSE;
        }
        Given->u.Interrupt.Level = Given->u.Interrupt.Vector = (ULONG)Start;
        Given->u.Interrupt.Affinity = KeQueryActiveProcessors();
        return TRUE;
    case CmResourceTypeDma:
        if (!PipPlace(List, Owner, Wanted->u.Dma.MinimumChannel, Wanted->u.Dma.MaximumChannel, 1, 1,
                      &Start)) {
            return FALSE;
        }
        Given->u.Dma.Channel = (ULONG)Start;
        return TRUE;
    case CmResourceTypeBusNumber:
        if (!PipPlace(List, Owner, Wanted->u.BusNumber.MinBusNumber, Wanted->u.BusNumber.MaxBusNumber,
                      Wanted->u.BusNumber.Length, 1, &Start)) {
            return FALSE;
        }
        Given->u.BusNumber.Start = (ULONG)Start;
        Given->u.BusNumber.Length = Wanted->u.BusNumber.Length;
        return TRUE;
    default: // its bus driver's own: what that has said it sees again
        RtlCopyMemory(Given->u.DevicePrivate.Data, Wanted->u.DevicePrivate.Data,
                      sizeof(Given->u.DevicePrivate.Data));
        return TRUE;
    }
}

// Descriptors that only say how the others are to be read.
static BOOLEAN PipIsSkipped(const IO_RESOURCE_DESCRIPTOR *Wanted)
{
    return Wanted->Type == CmResourceTypeNull || Wanted->Type == CmResourceTypeConfigData;
}

// One alternative: of each descriptor and those behind it that may stand for it, one.
static BOOLEAN PipPlaceList(const IO_RESOURCE_LIST *List, PVOID Owner, PCM_PARTIAL_RESOURCE_LIST Given)
{
    Given->Version = Given->Revision = 1;
    Given->Count = 0;
    for (ULONG Index = 0; Index < List->Count;) {
        BOOLEAN Placed = PipIsSkipped(&List->Descriptors[Index]);
        BOOLEAN Counts = !Placed;
        do {
            if (!Placed) {
                Placed = PipPlaceDescriptor(&List->Descriptors[Index], Owner, Given);
            }
            Index += 1;
        } while (Index < List->Count && (List->Descriptors[Index].Option & IO_RESOURCE_ALTERNATIVE));
        if (!Placed) {
            return FALSE;
        }
        Given->Count += Counts;
    }
    return TRUE;
}

static const IO_RESOURCE_LIST *PipNextList(const IO_RESOURCE_LIST *List)
{
    return (PVOID)&List->Descriptors[List->Count];
}

// *Given, freed by ExFreePoolWithTag, is NULL if nothing is wanted.
static NTSTATUS PipPlaceAny(const IO_RESOURCE_REQUIREMENTS_LIST *Wanted, PVOID Owner,
                            PCM_RESOURCE_LIST *Given)
{
    const IO_RESOURCE_LIST *List = Wanted->List;
    *Given = NULL;
    for (ULONG Alternative = 0; Alternative < Wanted->AlternativeLists;
         Alternative += 1, List = PipNextList(List)) {
        PCM_RESOURCE_LIST New = ExAllocatePoolZero(
            PagedPool, sizeof(*New) + List->Count * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR), TAG_PNP);
        if (New == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        New->Count = 1;
        New->List[0].InterfaceType = Wanted->InterfaceType;
        New->List[0].BusNumber = Wanted->BusNumber;
        if (PipPlaceList(List, Owner, &New->List[0].PartialResourceList)) {
            if (New->List[0].PartialResourceList.Count != 0) {
                *Given = New;
            } else {
                ExFreePoolWithTag(New, TAG_PNP);
            }
            return STATUS_SUCCESS;
        }
        ExFreePoolWithTag(New, TAG_PNP);
    }
    return Wanted->AlternativeLists == 0 ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
}

// ---- What the drivers make of the requirements

// A boot configuration as requirements that nothing else meets. From pool that a driver may free.
static PIO_RESOURCE_REQUIREMENTS_LIST PipFromBoot(const CM_RESOURCE_LIST *Boot)
{
    PIP_DESCRIPTOR_WALK Walk;
    ULONG Count = 0;
    for (const CM_PARTIAL_RESOURCE_DESCRIPTOR *Have = PipFirstDescriptor(Boot, &Walk); Have != NULL;
         Have = PipFollowingDescriptor(&Walk)) {
        Count += 1;
    }
    ULONG Bytes = (ULONG)(sizeof(IO_RESOURCE_REQUIREMENTS_LIST) + Count * sizeof(IO_RESOURCE_DESCRIPTOR));
    PIO_RESOURCE_REQUIREMENTS_LIST List = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, TAG_PNP);
    if (List == NULL) {
        return NULL;
    }
    List->ListSize = Bytes;
    List->InterfaceType = Boot->Count != 0 ? Boot->List[0].InterfaceType : InterfaceTypeUndefined;
    List->BusNumber = Boot->Count != 0 ? Boot->List[0].BusNumber : 0;
    List->AlternativeLists = 1;
    List->List[0].Version = List->List[0].Revision = 1;
    for (const CM_PARTIAL_RESOURCE_DESCRIPTOR *Have = PipFirstDescriptor(Boot, &Walk); Have != NULL;
         Have = PipFollowingDescriptor(&Walk)) {
        PIO_RESOURCE_DESCRIPTOR Want = &List->List[0].Descriptors[List->List[0].Count++];
        PIP_RANGE Range;
        *Want = (IO_RESOURCE_DESCRIPTOR){
            .Type = Have->Type, .ShareDisposition = Have->ShareDisposition, .Flags = Have->Flags};
        if (!PipRangeOf(Have, &Range)) {
            RtlCopyMemory(Want->u.DevicePrivate.Data, Have->u.DevicePrivate.Data,
                          sizeof(Want->u.DevicePrivate.Data));
        } else if (Have->Type == CmResourceTypeInterrupt) {
            Want->u.Interrupt.MinimumVector = Want->u.Interrupt.MaximumVector = (ULONG)Range.Start;
        } else if (Have->Type == CmResourceTypeDma) {
            Want->u.Dma.MinimumChannel = Want->u.Dma.MaximumChannel = (ULONG)Range.Start;
        } else if (Have->Type == CmResourceTypeBusNumber) {
            Want->u.BusNumber.MinBusNumber = (ULONG)Range.Start;
            Want->u.BusNumber.MaxBusNumber = (ULONG)Range.End;
            Want->u.BusNumber.Length = Have->u.BusNumber.Length;
        } else {
            Want->u.Generic.MinimumAddress.QuadPart = (LONGLONG)Range.Start;
            Want->u.Generic.MaximumAddress.QuadPart = (LONGLONG)Range.End;
            Want->u.Generic.Length = Have->u.Generic.Length;
            Want->u.Generic.Alignment = 1;
        }
    }
    return List;
}

// A copy that a driver may free in exchange for another.
static PIO_RESOURCE_REQUIREMENTS_LIST PipCopyRequirements(const IO_RESOURCE_REQUIREMENTS_LIST *Source)
{
    PIO_RESOURCE_REQUIREMENTS_LIST List = ExAllocatePool2(POOL_FLAG_PAGED, Source->ListSize, TAG_PNP);
    if (List != NULL) {
        RtlCopyMemory(List, Source, Source->ListSize);
    }
    return List;
}

// *List, freed by ExFreePool, is what the stack makes of Node's requirements; NULL: it needs nothing.
static NTSTATUS PipFilterRequirements(PIOP_DEVICE_NODE Node, PIO_RESOURCE_REQUIREMENTS_LIST *List)
{
    *List = Node->Requirements != NULL    ? PipCopyRequirements(Node->Requirements)
            : Node->BootResources != NULL ? PipFromBoot(Node->BootResources)
                                          : NULL;
    if (*List == NULL && (Node->Requirements != NULL || Node->BootResources != NULL)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IO_STACK_LOCATION Stack = {.Parameters.FilterResourceRequirements.IoResourceRequirementList = *List};
    ULONG_PTR Information = (ULONG_PTR)*List;
    NTSTATUS Status = PipSendIrp(Node, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, &Stack, &Information);
    if (NT_SUCCESS(Status)) {
        *List = (PIO_RESOURCE_REQUIREMENTS_LIST)Information;
    }
    // Nobody has anything to say: what the bus driver has said holds.
    return Status == STATUS_NOT_SUPPORTED ? STATUS_SUCCESS : Status;
}

// ---- Translated

PCM_RESOURCE_LIST PipTranslate(const CM_RESOURCE_LIST *Raw)
{
    ULONG Bytes = PipSizeOfResources(Raw);
    PCM_RESOURCE_LIST List = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_PNP);
    PIP_DESCRIPTOR_WALK Walk;
    if (List == NULL) {
        return NULL;
    }
    RtlCopyMemory(List, Raw, Bytes);
    for (CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor = (PVOID)PipFirstDescriptor(List, &Walk);
         Descriptor != NULL; Descriptor = (PVOID)PipFollowingDescriptor(&Walk)) {
        // Of messages the vector is in the same place, and the level where their number was.
        if (Descriptor->Type == CmResourceTypeInterrupt) {
            Descriptor->u.Interrupt.Level = KiInterruptLevel(Descriptor->u.Interrupt.Vector);
        }
    }
    return List;
}

static VOID PipFreeList(PVOID List)
{
    if (List != NULL) {
        ExFreePoolWithTag(List, TAG_PNP);
    }
}

NTSTATUS PipAssignResources(PIOP_DEVICE_NODE Node)
{
    PIO_RESOURCE_REQUIREMENTS_LIST Wanted;
    PCM_RESOURCE_LIST Raw = NULL, Translated = NULL;
    PVOID Owner = Node->PhysicalDeviceObject;
    NTSTATUS Status = PipFilterRequirements(Node, &Wanted);
    if (NT_SUCCESS(Status) && Wanted != NULL) {
        PipAcquireLock();
        Status = PipPlaceAny(Wanted, Owner, &Raw);
        PipReleaseLock();
    }
    if (Wanted != NULL) {
        ExFreePool(Wanted);
    }
    if (NT_SUCCESS(Status) && Raw != NULL) {
        Translated = PipTranslate(Raw);
        Status = Translated != NULL ? PipClaimResources(Owner, Raw) : STATUS_INSUFFICIENT_RESOURCES;
    } else if (NT_SUCCESS(Status)) {
        PipReleaseResources(Owner);
    }
    if (!NT_SUCCESS(Status)) {
        PipFreeList(Raw);
        PipFreeList(Translated);
        return Status;
    }
    PipAcquireLock();
    PCM_RESOURCE_LIST OldRaw = Node->Resources, OldTranslated = Node->TranslatedResources;
    Node->Resources = Raw;
    Node->TranslatedResources = Translated;
    PipReleaseLock();
    PipFreeList(OldRaw);
    PipFreeList(OldTranslated);
    return STATUS_SUCCESS;
}
