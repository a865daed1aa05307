// SPDX-License-Identifier: MIT
// Lookaside lists: entries of one size, kept for the next who asks. The headers' inline routines work on the
// same structures, so the exports do exactly what they do.
#include "inc/kernel.h"
#include "ex/ex.h"
#include "ex/pool.h"
#include "ex/system-information.h"

#define EXP_LOOKASIDE_DEPTH 4 // entries that a list keeps: where Windows begins, too

static LIST_ENTRY ExpLookasideLists = {&ExpLookasideLists, &ExpLookasideLists};
static KSPIN_LOCK ExpLookasideLock;

// The DDK's header has inline functions of these names.
PVOID NTAPI
ExpAllocateFromNPagedExport(PNPAGED_LOOKASIDE_LIST List) __asm__("ExAllocateFromNPagedLookasideList");
VOID NTAPI ExpFreeToNPagedExport(PNPAGED_LOOKASIDE_LIST List,
                                 PVOID Entry) __asm__("ExFreeToNPagedLookasideList");
PVOID NTAPI
ExpAllocateFromPagedExport(PPAGED_LOOKASIDE_LIST List) __asm__("ExAllocateFromPagedLookasideList");
VOID NTAPI ExpFreeToPagedExport(PPAGED_LOOKASIDE_LIST List,
                                PVOID Entry) __asm__("ExFreeToPagedLookasideList");
PVOID NTAPI ExpAllocateFromExExport(PLOOKASIDE_LIST_EX List) __asm__("ExAllocateFromLookasideListEx");
VOID NTAPI ExpFreeToExExport(PLOOKASIDE_LIST_EX List, PVOID Entry) __asm__("ExFreeToLookasideListEx");

// ---- All lists alike. The two structures with the layout differ in alignment alone.

static VOID ExpLinkList(PGENERAL_LOOKASIDE_POOL List, ULONG Type, SIZE_T Size, ULONG Tag)
{
    RtlZeroMemory(List, sizeof(*List));
    InitializeSListHead(&List->ListHead);
    List->Depth = EXP_LOOKASIDE_DEPTH;
    List->MaximumDepth = EX_MAXIMUM_LOOKASIDE_DEPTH_BASE;
    *(PULONG)&List->Type = Type; // with flags that are no POOL_TYPE's
    List->Tag = Tag;
    List->Size = (ULONG)max(Size, LOOKASIDE_MINIMUM_BLOCK_SIZE);
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ExpLookasideLock);
    InsertTailList(&ExpLookasideLists, &List->ListEntry);
    KiReleaseSpinLockLower(&ExpLookasideLock, OldIrql);
}

static VOID ExpUnlinkList(PGENERAL_LOOKASIDE_POOL List)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ExpLookasideLock);
    RemoveEntryList(&List->ListEntry);
    KiReleaseSpinLockLower(&ExpLookasideLock, OldIrql);
}

ULONG ExpCopyLookasideCounts(SYSTEM_LOOKASIDE_INFORMATION *Lists, ULONG Room)
{
    ULONG Count = 0;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ExpLookasideLock);
    for (PLIST_ENTRY Link = ExpLookasideLists.Flink; Link != &ExpLookasideLists; Link = Link->Flink) {
        const GENERAL_LOOKASIDE_POOL *List = CONTAINING_RECORD(Link, GENERAL_LOOKASIDE_POOL, ListEntry);
        if (Count < Room) {
            Lists[Count] = (SYSTEM_LOOKASIDE_INFORMATION){.CurrentDepth = List->Depth,
                                                          .MaximumDepth = List->MaximumDepth,
                                                          .TotalAllocates = List->TotalAllocates,
                                                          .AllocateMisses = List->AllocateMisses,
                                                          .TotalFrees = List->TotalFrees,
                                                          .FreeMisses = List->FreeMisses,
                                                          .Type = (ULONG)List->Type,
                                                          .Tag = List->Tag,
                                                          .Size = List->Size};
        }
        Count += 1;
    }
    KiReleaseSpinLockLower(&ExpLookasideLock, OldIrql);
    return Count;
}

PVOID ExpTakeLookasideListIn(ULONG_PTR Start, SIZE_T Bytes)
{
    PVOID Found = NULL;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ExpLookasideLock);
    for (PLIST_ENTRY Link = ExpLookasideLists.Flink; Found == NULL && Link != &ExpLookasideLists;
         Link = Link->Flink) {
        PGENERAL_LOOKASIDE_POOL List = CONTAINING_RECORD(Link, GENERAL_LOOKASIDE_POOL, ListEntry);
        if ((ULONG_PTR)List - Start < Bytes) {
            Found = List;
        }
    }
    if (Found != NULL) {
        RemoveEntryList(&((PGENERAL_LOOKASIDE_POOL)Found)->ListEntry);
    }
    KiReleaseSpinLockLower(&ExpLookasideLock, OldIrql);
    return Found;
}

static PVOID ExpAllocateByCallback(PGENERAL_LOOKASIDE_POOL List)
{
    VI_CALLBACK Callback;
    List->AllocateMisses += 1;
    ViEnterCallback(&Callback, "ALLOCATE_FUNCTION", List->Allocate, 3, (ULONG_PTR)List->Type,
                    (ULONG_PTR)List->Size, (ULONG_PTR)List->Tag);
    PVOID Entry = List->Allocate(List->Type, List->Size, List->Tag);
    ViLeaveCallback(&Callback, (ULONG_PTR)Entry);
    return Entry;
}

static VOID ExpFreeByCallback(PGENERAL_LOOKASIDE_POOL List, PVOID Entry)
{
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "FREE_FUNCTION", List->Free, 1, Entry);
    List->Free(Entry);
    ViLeaveCallback(&Callback, 0);
}

static PVOID ExpPopOrAllocate(PGENERAL_LOOKASIDE_POOL List)
{
    List->TotalAllocates += 1;
    PVOID Entry = InterlockedPopEntrySList(&List->ListHead);
    return Entry != NULL ? Entry : ExpAllocateByCallback(List);
}

static VOID ExpPushOrFree(PGENERAL_LOOKASIDE_POOL List, PVOID Entry)
{
    List->TotalFrees += 1;
    if (ExQueryDepthSList(&List->ListHead) >= List->Depth) {
        List->FreeMisses += 1;
        ExpFreeByCallback(List, Entry);
    } else {
        InterlockedPushEntrySList(&List->ListHead, Entry);
    }
}

static inline PGENERAL_LOOKASIDE_POOL ExpPoolList(GENERAL_LOOKASIDE *List)
{
    return (PGENERAL_LOOKASIDE_POOL)List;
}

// The routines as drivers import them: what they allocate is theirs, and watched.
static VOID ExpSetRoutines(PGENERAL_LOOKASIDE_POOL List, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free)
{
    List->Allocate = Allocate != NULL ? Allocate
                                      : (PALLOCATE_FUNCTION)(ULONG_PTR)ViBorderAddress(
                                            "ExAllocatePoolWithTag", (PVOID)(ULONG_PTR)ExAllocatePoolWithTag);
    List->Free = Free != NULL
                     ? Free
                     : (PFREE_FUNCTION)(ULONG_PTR)ViBorderAddress("ExFreePool", (PVOID)(ULONG_PTR)ExFreePool);
}

static VOID ExpDeleteList(GENERAL_LOOKASIDE *Lookaside)
{
    PGENERAL_LOOKASIDE_POOL List = ExpPoolList(Lookaside);
    PVOID Entry;
    ExpUnlinkList(List);
    while ((Entry = InterlockedPopEntrySList(&List->ListHead)) != NULL) {
        ExpFreeByCallback(List, Entry);
    }
}

// ---- Nonpaged entries: IRQL <= DISPATCH_LEVEL

// Flags: POOL_RAISE_IF_ALLOCATION_FAILURE, POOL_NX_ALLOCATION. Lookaside: aligned to 16, else
// STATUS_DATATYPE_MISALIGNMENT is raised. Depth is not used.
VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                           PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                           USHORT Depth)
{
    UNREFERENCED_PARAMETER(Depth);
    ExpLinkList(ExpPoolList(&Lookaside->L), (ULONG)NonPagedPool | Flags, Size, Tag);
    ExpSetRoutines(ExpPoolList(&Lookaside->L), Allocate, Free);
}

VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    ExpDeleteList(&Lookaside->L);
}

PVOID NTAPI ExpAllocateFromNPagedExport(PNPAGED_LOOKASIDE_LIST List)
{
    return ExpPopOrAllocate(ExpPoolList(&List->L));
}

VOID NTAPI ExpFreeToNPagedExport(PNPAGED_LOOKASIDE_LIST List, PVOID Entry)
{
    ExpPushOrFree(ExpPoolList(&List->L), Entry);
}

// ---- Paged entries: IRQL <= APC_LEVEL

// Flags: POOL_RAISE_IF_ALLOCATION_FAILURE; POOL_NX_ALLOCATION has no effect. Else as
// ExInitializeNPagedLookasideList.
VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                          PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                          USHORT Depth)
{
    UNREFERENCED_PARAMETER(Depth);
    ExpLinkList(ExpPoolList(&Lookaside->L), (ULONG)PagedPool | (Flags & ~(ULONG)POOL_NX_ALLOCATION), Size,
                Tag);
    ExpSetRoutines(ExpPoolList(&Lookaside->L), Allocate, Free);
}

VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    ExpDeleteList(&Lookaside->L);
}

PVOID NTAPI ExpAllocateFromPagedExport(PPAGED_LOOKASIDE_LIST List)
{
    return ExpPopOrAllocate(ExpPoolList(&List->L));
}

VOID NTAPI ExpFreeToPagedExport(PPAGED_LOOKASIDE_LIST List, PVOID Entry)
{
    ExpPushOrFree(ExpPoolList(&List->L), Entry);
}

// ---- Entries of any pool, with the list passed to the caller's routines: IRQL <= DISPATCH_LEVEL

static PVOID NTAPI ExpAllocateEntry(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                    PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    return ExpAllocateByType((ULONG)PoolType, NumberOfBytes, Tag,
                             ((ULONG)PoolType & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0,
                             ViChecks() ? ExpDriver : ExpKernel);
}

static VOID NTAPI ExpFreeEntry(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    ExFreePool(Buffer);
}

static BOOLEAN ExpIsPoolType(POOL_TYPE PoolType)
{
    switch ((int)PoolType) {
    case NonPagedPoolExecute:
    case PagedPool:
    case NonPagedPoolCacheAligned:
    case PagedPoolCacheAligned:
    case NonPagedPoolNx:
    case NonPagedPoolNxCacheAligned:
    case NonPagedPoolSession:
    case PagedPoolSession:
    case NonPagedPoolCacheAlignedSession:
    case PagedPoolCacheAlignedSession:
    case NonPagedPoolSessionNx: return TRUE;
    default: return FALSE;
    }
}

// STATUS_INVALID_PARAMETER_4: no POOL_TYPE that can be allocated from. STATUS_INVALID_PARAMETER_5: Flags is
// not 0 or one of EX_LOOKASIDE_LIST_EX_FLAGS_*. STATUS_SUCCESS. Depth is not used.
NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
                                           PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags,
                                           SIZE_T Size, ULONG Tag, USHORT Depth)
{
    ULONG Type = (ULONG)PoolType;
    UNREFERENCED_PARAMETER(Depth);
    if (!ExpIsPoolType(PoolType)) {
        return STATUS_INVALID_PARAMETER_4;
    }
    switch (Flags) {
    case 0: break;
    case EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL: Type |= POOL_RAISE_IF_ALLOCATION_FAILURE; break;
    case EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE: Type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE; break;
    default: return STATUS_INVALID_PARAMETER_5;
    }
    ExpLinkList(&Lookaside->L, Type, Size, Tag);
    Lookaside->L.AllocateEx = Allocate != NULL ? Allocate : ExpAllocateEntry;
    Lookaside->L.FreeEx = Free != NULL ? Free : ExpFreeEntry;
    return STATUS_SUCCESS;
}

static VOID ExpFreeExByCallback(PLOOKASIDE_LIST_EX List, PVOID Entry)
{
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "FREE_FUNCTION_EX", List->L.FreeEx, 2, Entry, List);
    List->L.FreeEx(Entry, List);
    ViLeaveCallback(&Callback, 0);
}

VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    PVOID Entry;
    while ((Entry = InterlockedPopEntrySList(&Lookaside->L.ListHead)) != NULL) {
        ExpFreeExByCallback(Lookaside, Entry);
    }
}

VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ExpUnlinkList(&Lookaside->L);
    ExFlushLookasideListEx(Lookaside);
}

PVOID NTAPI ExpAllocateFromExExport(PLOOKASIDE_LIST_EX List)
{
    VI_CALLBACK Callback;
    List->L.TotalAllocates += 1;
    PVOID Entry = InterlockedPopEntrySList(&List->L.ListHead);
    if (Entry != NULL) {
        return Entry;
    }
    List->L.AllocateMisses += 1;
    ViEnterCallback(&Callback, "ALLOCATE_FUNCTION_EX", List->L.AllocateEx, 4, (ULONG_PTR)List->L.Type,
                    (ULONG_PTR)List->L.Size, (ULONG_PTR)List->L.Tag, List);
    Entry = List->L.AllocateEx(List->L.Type, List->L.Size, List->L.Tag, List);
    ViLeaveCallback(&Callback, (ULONG_PTR)Entry);
    return Entry;
}

VOID NTAPI ExpFreeToExExport(PLOOKASIDE_LIST_EX List, PVOID Entry)
{
    List->L.TotalFrees += 1;
    if (ExQueryDepthSList(&List->L.ListHead) >= List->L.Depth) {
        List->L.FreeMisses += 1;
        ExpFreeExByCallback(List, Entry);
    } else {
        InterlockedPushEntrySList(&List->L.ListHead, Entry);
    }
}
