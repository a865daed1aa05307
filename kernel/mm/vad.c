// SPDX-License-Identifier: MIT
// Ranges of a process's address space: found, made, ended.
#include "inc/kernel.h"
#include "mm/section.h"
#include "mm/vad.h"

VOID MiLockAddressSpace(PEPROCESS Process)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Process->AddressSpaceLock);
}

VOID MiUnlockAddressSpace(PEPROCESS Process)
{
    ExReleasePushLockExclusive(&Process->AddressSpaceLock);
    KeLeaveCriticalRegion();
}

static inline ULONG_PTR MiEndOf(const MI_VAD *Vad)
{
    return Vad->Start + Vad->Pages * PAGE_SIZE;
}

PMI_VAD MiFindVad(PMI_ADDRESS_SPACE Space, ULONG_PTR Address)
{
    for (PLIST_ENTRY Link = Space->Vads.Flink; Link != &Space->Vads; Link = Link->Flink) {
        PMI_VAD Vad = CONTAINING_RECORD(Link, MI_VAD, Link);
        if (Address - Vad->Start < Vad->Pages * PAGE_SIZE) {
            return Vad;
        }
    }
    return NULL;
}

static ULONG_PTR MiRoundUp(ULONG_PTR Value)
{
    return (Value + MI_ALLOCATION_BYTES - 1) & ~(MI_ALLOCATION_BYTES - 1);
}

// A place for Bytes in [Low, High); 0.
static ULONG_PTR MiPlaceIn(ULONG_PTR Low, ULONG_PTR High, SIZE_T Bytes, BOOLEAN TopDown)
{
    if (Low >= High || High - Low < Bytes) {
        return 0;
    }
    return TopDown ? (High - Bytes) & ~(MI_ALLOCATION_BYTES - 1) : Low;
}

// The same without the hole.
static ULONG_PTR MiPlaceInGap(PMI_ADDRESS_SPACE Space, ULONG_PTR Low, ULONG_PTR High, SIZE_T Bytes,
                              BOOLEAN TopDown)
{
    if (Space->HoleLow == Space->HoleHigh) {
        return MiPlaceIn(Low, High, Bytes, TopDown);
    }
    const ULONG_PTR Below = MiPlaceIn(Low, min(High, Space->HoleLow), Bytes, TopDown);
    const ULONG_PTR Above = MiPlaceIn(max(Low, Space->HoleHigh), High, Bytes, TopDown);
    return (TopDown && Above != 0) || Below == 0 ? Above : Below;
}

// A place for Bytes below Limit; 0. *Behind: the link after which its range goes.
static ULONG_PTR MiFindRoom(PMI_ADDRESS_SPACE Space, SIZE_T Bytes, BOOLEAN TopDown, ULONG_PTR Limit,
                            PLIST_ENTRY *Behind)
{
    ULONG_PTR Found = 0, Gap = Space->Low;
    Limit = min(Limit, Space->High);
    for (PLIST_ENTRY Link = &Space->Vads;;) {
        PLIST_ENTRY Next = Link->Flink;
        ULONG_PTR GapEnd =
            Next == &Space->Vads ? Limit : min(Limit, CONTAINING_RECORD(Next, MI_VAD, Link)->Start);
        Gap = MiRoundUp(Gap);
        const ULONG_PTR Place = MiPlaceInGap(Space, Gap, GapEnd, Bytes, TopDown);
        if (Place != 0) {
            Found = Place;
            *Behind = Link;
            if (!TopDown) {
                return Found;
            }
        }
        if (Next == &Space->Vads) {
            return Found;
        }
        Gap = MiEndOf(CONTAINING_RECORD(Next, MI_VAD, Link));
        Link = Next;
    }
}

// Whether [Start, Start + Bytes) is free; *Behind: the link after which its range goes.
static BOOLEAN MiIsRoom(PMI_ADDRESS_SPACE Space, ULONG_PTR Start, SIZE_T Bytes, PLIST_ENTRY *Behind)
{
    *Behind = &Space->Vads;
    if (Start < Space->Low || Start >= Space->High || Space->High - Start < Bytes ||
        (Start < Space->HoleHigh && Space->HoleLow < Start + Bytes)) {
        return FALSE;
    }
    for (PLIST_ENTRY Link = Space->Vads.Flink; Link != &Space->Vads; Link = Link->Flink) {
        PMI_VAD Vad = CONTAINING_RECORD(Link, MI_VAD, Link);
        if (Start < MiRoundUp(MiEndOf(Vad)) && Vad->Start < Start + Bytes) {
            return FALSE;
        }
        if (Vad->Start > Start) {
            break;
        }
        *Behind = Link;
    }
    return TRUE;
}

NTSTATUS MiCreateVad(PMI_ADDRESS_SPACE Space, ULONG_PTR Start, SIZE_T Pages, BOOLEAN TopDown, ULONG_PTR Limit,
                     MI_VAD_KIND Kind, ULONG AllocationProtect, PMI_VAD *Vad)
{
    PLIST_ENTRY Behind;
    if (Pages > MI_USER_SLOT_BYTES / PAGE_SIZE) {
        return STATUS_NO_MEMORY;
    }
    if (Start == 0) {
        Start = MiFindRoom(Space, Pages * PAGE_SIZE, TopDown, Limit, &Behind);
        if (Start == 0) {
            return STATUS_NO_MEMORY;
        }
    } else if (!MiIsRoom(Space, Start, Pages * PAGE_SIZE, &Behind)) {
        return STATUS_CONFLICTING_ADDRESSES;
    }
    PMI_VAD New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_VAD);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->PageStates = ExAllocatePoolZero(NonPagedPoolNx, Pages, TAG_VAD);
    if (New->PageStates == NULL) {
        ExFreePoolWithTag(New, TAG_VAD);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->Start = Start;
    New->Pages = Pages;
    New->Kind = Kind;
    New->AllocationProtect = AllocationProtect;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&Space->Lock);
    InsertHeadList(Behind, &New->Link);
    KiReleaseSpinLockLower(&Space->Lock, OldIrql);
    *Vad = New;
    return STATUS_SUCCESS;
}

VOID MiDeleteVad(PMI_ADDRESS_SPACE Space, PMI_VAD Vad)
{
    if (Vad->Kind == MiVadPrivate) {
        MiDecommitPages(Space, Vad, 0, Vad->Pages);
    }
    KIRQL OldIrql = KiAcquireSpinLockRaise(&Space->Lock);
    RemoveEntryList(&Vad->Link);
    KiReleaseSpinLockLower(&Space->Lock, OldIrql);
    if (Vad->Kind != MiVadPrivate) {
        KeMachine->unmap_memory(Vad->Start, Vad->Pages * PAGE_SIZE);
    }
    if (Vad->Kind == MiVadView || Vad->CopiedView) {
        MiReleaseView(Vad);
    }
    ExFreePoolWithTag(Vad->PageStates, TAG_VAD);
    ExFreePoolWithTag(Vad, TAG_VAD);
}

VOID MiSetPageStates(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count, UCHAR State)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&Space->Lock);
    RtlFillMemory(Vad->PageStates + First, Count, State);
    KiReleaseSpinLockLower(&Space->Lock, OldIrql);
}
