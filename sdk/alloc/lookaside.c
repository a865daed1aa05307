// SPDX-License-Identifier: MIT
// Lookaside lists as allocators.
#include "alloc/pool.h"
#include "alloc/wrapper.h"

#define KMP_LARGEST_ENTRY (16 * 1024 * 1024)

static PVOID NTAPI AllocateEntry(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX List)
{
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(NumberOfBytes);
    UNREFERENCED_PARAMETER(Tag);
    PKM_LOOKASIDE Lookaside = CONTAINING_RECORD(List, KM_LOOKASIDE, List);

    return KmAllocUninitialized(Lookaside->Parent, max(Lookaside->EntryBytes, sizeof(SLIST_ENTRY)));
}

static VOID NTAPI FreeEntry(PVOID Buffer, PLOOKASIDE_LIST_EX List)
{
    PKM_LOOKASIDE Lookaside = CONTAINING_RECORD(List, KM_LOOKASIDE, List);

    KmFree(Lookaside->Parent, Buffer, max(Lookaside->EntryBytes, sizeof(SLIST_ENTRY)));
}

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    PKM_LOOKASIDE Lookaside = (PKM_LOOKASIDE)Allocator;
    PVOID Entry = Bytes <= Lookaside->EntryBytes ? ExAllocateFromLookasideListEx(&Lookaside->List) : NULL;

    if (Entry != NULL && Zeroed) {
        RtlZeroMemory(Entry, Bytes);
    }
    return Entry;
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    ExFreeToLookasideListEx(&((PKM_LOOKASIDE)Allocator)->List, Memory);
}

static BOOLEAN NTAPI Resize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    UNREFERENCED_PARAMETER(Memory);
    UNREFERENCED_PARAMETER(Bytes);
    return NewBytes <= ((PKM_LOOKASIDE)Allocator)->EntryBytes;
}

static const KMP_WRAPPER_OPERATIONS Operations = KMP_WRAPPER_OPERATIONS_INIT(Allocate, Free, Resize);

NTSTATUS NTAPI KmLookasideInit(PKM_LOOKASIDE Lookaside, PKM_ALLOCATOR Parent, SIZE_T EntryBytes)
{
    POOL_TYPE PoolType = Parent->Operations->MaximumIrql < DISPATCH_LEVEL ? PagedPool : KmpNonPagedPoolType();
    NTSTATUS Status;

    RtlZeroMemory(Lookaside, sizeof(*Lookaside));
    if (Parent->Tag == 0 || EntryBytes == 0 || EntryBytes > KMP_LARGEST_ENTRY) {
        return STATUS_INVALID_PARAMETER;
    }
    Lookaside->Allocator.Operations = KmpWrapperOperations(Operations, Parent);
    // The list itself is for DISPATCH_LEVEL at most, whatever is below it.
    if (Lookaside->Allocator.Operations->MaximumIrql > DISPATCH_LEVEL) {
        Lookaside->Allocator.Operations -= 1;
    }
    Lookaside->Allocator.Tag = Parent->Tag;
    Lookaside->Parent = Parent;
    Lookaside->EntryBytes = EntryBytes;
    Status = ExInitializeLookasideListEx(&Lookaside->List, AllocateEntry, FreeEntry, PoolType, 0,
                                         max(EntryBytes, sizeof(SLIST_ENTRY)), Parent->Tag, 0);
    if (!NT_SUCCESS(Status)) {
        Lookaside->Allocator.Operations = NULL;
    }
    return Status;
}

VOID NTAPI KmLookasideFlush(PKM_LOOKASIDE Lookaside)
{
    ExFlushLookasideListEx(&Lookaside->List);
}

VOID NTAPI KmLookasideDestroy(PKM_LOOKASIDE Lookaside)
{
    if (Lookaside->Allocator.Operations == NULL) {
        return; // never made ready, or ended already
    }
    ExDeleteLookasideListEx(&Lookaside->List);
    Lookaside->Allocator.Operations = NULL;
}
