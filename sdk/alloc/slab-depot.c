// SPDX-License-Identifier: MIT
// Slabs: what a processor cannot do alone. Batches move between the processors' arrays, the depot and the
// pages, under the slab's lock; the parent is called without it.
#include "alloc/slab.h"

static PKMP_SLAB_PAGE PageOf(PVOID Object)
{
    return (PKMP_SLAB_PAGE)((ULONG_PTR)Object & ~(ULONG_PTR)(PAGE_SIZE - 1));
}

static PKMP_SLAB_PAGE NewPage(PKM_SLAB Slab)
{
    SIZE_T Bytes = PAGE_SIZE;
    PUCHAR Whole = (PUCHAR)KmAllocUninitialized(Slab->Parent, Bytes);
    PKMP_SLAB_PAGE Page;

    // The pool aligns a page's worth to a page; other parents need room to do it in.
    if (Whole != NULL && (ULONG_PTR)Whole % PAGE_SIZE != 0) {
        KmFree(Slab->Parent, Whole, Bytes);
        Bytes = 2 * PAGE_SIZE - MEMORY_ALLOCATION_ALIGNMENT;
        Whole = (PUCHAR)KmAllocUninitialized(Slab->Parent, Bytes);
    }
    if (Whole == NULL) {
        return NULL;
    }
    Page = (PKMP_SLAB_PAGE)(((ULONG_PTR)Whole + PAGE_SIZE - 1) & ~(ULONG_PTR)(PAGE_SIZE - 1));
    Page->Whole = Whole;
    Page->WholeBytes = Bytes;
    Page->Free.Next = NULL;
    Page->FreeCount = Slab->ObjectsPerPage;
    Page->Fresh = 0;
    return Page;
}

static VOID FreePages(PKM_SLAB Slab, PLIST_ENTRY Pages)
{
    while (!IsListEmpty(Pages)) {
        PKMP_SLAB_PAGE Page = CONTAINING_RECORD(RemoveHeadList(Pages), KMP_SLAB_PAGE, Link);

        KmFree(Slab->Parent, Page->Whole, Page->WholeBytes);
    }
}

// ---- under the lock

static ULONG TakeFromDepot(PKM_SLAB Slab, PVOID *Objects)
{
    ULONG Count = (ULONG)min(Slab->DepotCount, Slab->Config.BatchObjects);

    Slab->DepotCount -= Count;
    RtlCopyMemory(Objects, Slab->Depot + Slab->DepotCount, Count * sizeof(PVOID));
    return Count;
}

static BOOLEAN PutIntoDepot(PKM_SLAB Slab, PVOID *Objects, ULONG Count)
{
    if (Slab->DepotCount + Count > (SIZE_T)Slab->Config.DepotBatches * Slab->Config.BatchObjects) {
        return FALSE;
    }
    RtlCopyMemory(Slab->Depot + Slab->DepotCount, Objects, Count * sizeof(PVOID));
    Slab->DepotCount += Count;
    return TRUE;
}

// Objects ends where the first of them goes: whoever takes from the end gets them in the order of addresses.
static ULONG TakeFromPage(PKM_SLAB Slab, PKMP_SLAB_PAGE Page, PVOID *End, ULONG Wanted)
{
    ULONG Count = min(Wanted, Page->FreeCount), Taken = 0;
    PUCHAR Fresh;

    for (; Taken < Count && Page->Free.Next != NULL; Taken += 1) {
        PSINGLE_LIST_ENTRY Object = Page->Free.Next;

        Page->Free.Next = Object->Next;
        *--End = Object;
    }
    Fresh = (PUCHAR)(Page + 1) + (SIZE_T)Page->Fresh * Slab->ObjectBytes;
    for (; Taken < Count; Taken += 1) {
        *--End = Fresh;
        Fresh += Slab->ObjectBytes;
        Page->Fresh += 1;
    }
    Page->FreeCount -= Count;
    Slab->FreeInPages -= Count;
    return Count;
}

static ULONG TakeFromPages(PKM_SLAB Slab, PVOID *Objects)
{
    ULONG Wanted = Slab->Config.BatchObjects, Missing = Wanted;

    while (Missing != 0) {
        PKMP_SLAB_PAGE Page;

        if (!IsListEmpty(&Slab->PartialPages)) {
            Page = CONTAINING_RECORD(Slab->PartialPages.Flink, KMP_SLAB_PAGE, Link);
        } else if (!IsListEmpty(&Slab->EmptyPages)) {
            Page = CONTAINING_RECORD(RemoveHeadList(&Slab->EmptyPages), KMP_SLAB_PAGE, Link);
            Slab->EmptyPageCount -= 1;
            InsertHeadList(&Slab->PartialPages, &Page->Link);
        } else {
            break;
        }
        Missing -= TakeFromPage(Slab, Page, Objects + Missing, Missing);
        if (Page->FreeCount == 0) {
            RemoveEntryList(&Page->Link);
        }
    }
    if (Missing != 0 && Missing != Wanted) {
        RtlMoveMemory(Objects, Objects + Missing, (Wanted - Missing) * sizeof(PVOID));
    }
    return Wanted - Missing;
}

// What is to go to the parent is put into Unneeded.
static VOID PutIntoPages(PKM_SLAB Slab, PVOID *Objects, SIZE_T Count, PLIST_ENTRY Unneeded)
{
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        PSINGLE_LIST_ENTRY Object = (PSINGLE_LIST_ENTRY)Objects[Index];
        PKMP_SLAB_PAGE Page = PageOf(Object);

        Object->Next = Page->Free.Next;
        Page->Free.Next = Object;
        Page->FreeCount += 1;
        if (Page->FreeCount == Slab->ObjectsPerPage) {
            if (Page->FreeCount != 1) {
                RemoveEntryList(&Page->Link);
            }
            if (Slab->EmptyPageCount < Slab->Config.EmptyPages) {
                InsertHeadList(&Slab->EmptyPages, &Page->Link);
                Slab->EmptyPageCount += 1;
            } else {
                InsertHeadList(Unneeded, &Page->Link);
                Slab->FreeInPages -= Slab->ObjectsPerPage;
                Slab->PagesFreed += 1;
            }
        } else if (Page->FreeCount == 1) {
            InsertHeadList(&Slab->PartialPages, &Page->Link);
        }
    }
    Slab->FreeInPages += Count;
}

// ---- without it

// Objects without a page: from the depot, else one from the parent.
static PVOID RefillFromParent(PKM_SLAB Slab, PKMP_SLAB_PROCESSOR Processor)
{
    PVOID Object;

    KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
    Slab->CacheMisses += 1;
    Processor->Count = TakeFromDepot(Slab, Processor->Objects);
    KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
    if (Processor->Count != 0) {
        Processor->Count -= 1;
        Processor->Allocations += 1;
        return Processor->Objects[Processor->Count];
    }
    Object = KmAllocUninitialized(Slab->Parent, Slab->ObjectBytes);
    Processor->Allocations += Object != NULL;
    KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
    Slab->PagesAllocated += Object != NULL;
    Slab->Failures += Object == NULL;
    KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
    return Object;
}

PVOID NTAPI KmpSlabRefill(PKM_SLAB Slab, PKMP_SLAB_PROCESSOR Processor)
{
    ULONG Count;

    if (Slab->ObjectsPerPage == 0) {
        return RefillFromParent(Slab, Processor);
    }
    KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
    Slab->CacheMisses += 1;
    for (;;) {
        PKMP_SLAB_PAGE Page;

        Count = TakeFromDepot(Slab, Processor->Objects);
        if (Count == 0) {
            Count = TakeFromPages(Slab, Processor->Objects);
        }
        if (Count != 0) {
            break;
        }
        KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
        Page = NewPage(Slab);
        KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
        if (Page != NULL) {
            // It may stay empty, if another processor has filled the depot meanwhile.
            InsertHeadList(&Slab->EmptyPages, &Page->Link);
            Slab->EmptyPageCount += 1;
            Slab->FreeInPages += Slab->ObjectsPerPage;
            Slab->PagesAllocated += 1;
        } else if (Slab->DepotCount == 0 && Slab->FreeInPages == 0) {
            // Another processor may have freed something while the parent was asked in vain.
            Slab->Failures += 1;
            KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
            return NULL;
        }
    }
    KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
    Processor->Count = Count - 1;
    Processor->Allocations += 1;
    return Processor->Objects[Count - 1];
}

VOID KmpSlabReturn(PKM_SLAB Slab, PVOID *Objects, SIZE_T Count)
{
    LIST_ENTRY Unneeded;

    InitializeListHead(&Unneeded);
    KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
    if (Slab->ObjectsPerPage != 0) {
        PutIntoPages(Slab, Objects, Count, &Unneeded);
    } else {
        Slab->PagesFreed += Count;
    }
    KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
    if (Slab->ObjectsPerPage != 0) {
        FreePages(Slab, &Unneeded);
        return;
    }
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        KmFree(Slab->Parent, Objects[Index], Slab->ObjectBytes);
    }
}

VOID NTAPI KmpSlabSpill(PKM_SLAB Slab, PKMP_SLAB_PROCESSOR Processor, PVOID Object)
{
    ULONG Batch = Slab->Config.BatchObjects;
    PVOID *Newest;
    BOOLEAN Kept;

    if (Processor->Capacity == 0) {
        KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
        Slab->CacheMisses += 1;
        KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
        KmpSlabReturn(Slab, &Object, 1);
        return;
    }
    Newest = Processor->Objects + Processor->Capacity - Batch;
    KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
    Slab->CacheMisses += 1;
    Kept = PutIntoDepot(Slab, Newest, Batch);
    KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
    if (!Kept) {
        KmpSlabReturn(Slab, Newest, Batch);
    }
    *Newest = Object;
    Processor->Count = Processor->Capacity - Batch + 1;
}

VOID KmpSlabReturnDepot(PKM_SLAB Slab)
{
    LIST_ENTRY Unneeded;

    if (Slab->ObjectsPerPage == 0) {
        // The parent takes them one by one, without the lock.
        for (;;) {
            PVOID Object;

            KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
            Object = Slab->DepotCount != 0 ? Slab->Depot[--Slab->DepotCount] : NULL;
            Slab->PagesFreed += Object != NULL;
            KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
            if (Object == NULL) {
                return;
            }
            KmFree(Slab->Parent, Object, Slab->ObjectBytes);
        }
    }
    InitializeListHead(&Unneeded);
    KeAcquireSpinLockAtDpcLevel(&Slab->Lock);
    PutIntoPages(Slab, Slab->Depot, Slab->DepotCount, &Unneeded);
    Slab->DepotCount = 0;
    while (!IsListEmpty(&Slab->EmptyPages)) {
        InsertHeadList(&Unneeded, RemoveHeadList(&Slab->EmptyPages));
        Slab->FreeInPages -= Slab->ObjectsPerPage;
        Slab->PagesFreed += 1;
    }
    Slab->EmptyPageCount = 0;
    KeReleaseSpinLockFromDpcLevel(&Slab->Lock);
    FreePages(Slab, &Unneeded);
}
