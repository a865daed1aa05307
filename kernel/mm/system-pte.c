// SPDX-License-Identifier: MIT
// System PTEs: which pages of the range are taken, and by whom.
#include "inc/kernel.h"

#define MI_RANGE_LISTS 256

static RTL_BITMAP MiPteBitmap;
static ULONG MiNextPte, MiFreePtes;
static LIST_ENTRY MiRangeLists[MI_RANGE_LISTS];
static KSPIN_LOCK MiPteLock;

static PLIST_ENTRY MiRangeList(ULONG_PTR Base)
{
    return &MiRangeLists[(Base - MI_SYSTEM_PTE_START) / PAGE_SIZE % MI_RANGE_LISTS];
}

static ULONG MiPteIndex(ULONG_PTR Address)
{
    return (ULONG)((Address - MI_SYSTEM_PTE_START) / PAGE_SIZE);
}

BOOLEAN MiInitializeSystemPtes(VOID)
{
    if (!MiMapPages(MI_SYSTEM_PTE_BITMAP, MI_SYSTEM_PTE_PAGES / 8, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
        return FALSE;
    }
    RtlInitializeBitMap(&MiPteBitmap, (PULONG)MI_SYSTEM_PTE_BITMAP, (ULONG)MI_SYSTEM_PTE_PAGES);
    for (ULONG Index = 0; Index < MI_RANGE_LISTS; Index += 1) {
        InitializeListHead(&MiRangeLists[Index]);
    }
    // The first range has an unmapped page before it, as every other has its predecessor's last.
    RtlSetBits(&MiPteBitmap, 0, 1);
    MiNextPte = 1;
    MiFreePtes = (ULONG)MI_SYSTEM_PTE_PAGES - 1;
    return TRUE;
}

PMI_SYSTEM_RANGE MiReserveSystemRange(SIZE_T Pages, MI_RANGE_KIND Kind, ULONG Tag)
{
    if (Pages == 0 || Pages >= MI_SYSTEM_PTE_PAGES) {
        return NULL;
    }
    PMI_SYSTEM_RANGE Range = ExAllocatePoolZero(NonPagedPoolNx, sizeof(MI_SYSTEM_RANGE), TAG_SYSTEM_RANGE);
    if (Range == NULL) {
        return NULL;
    }
    const ULONG Taken = (ULONG)Pages + 1;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&MiPteLock);
    // Behind the last one: an address that was just given back is not had again at once, and a use of it is
    // found.
    ULONG Index = Taken <= MiFreePtes ? RtlFindClearBitsAndSet(&MiPteBitmap, Taken, MiNextPte) : MAXULONG;
    if (Index != MAXULONG) {
        MiNextPte = Index + Taken < MI_SYSTEM_PTE_PAGES ? Index + Taken : 1;
        MiFreePtes -= Taken;
        Range->Base = MI_SYSTEM_PTE_START + (ULONG_PTR)Index * PAGE_SIZE;
        Range->Pages = Pages;
        Range->Kind = Kind;
        Range->Tag = Tag;
        InsertHeadList(MiRangeList(Range->Base), &Range->Link);
    }
    KiReleaseSpinLockLower(&MiPteLock, OldIrql);
    if (Index == MAXULONG) {
        ExFreePoolWithTag(Range, TAG_SYSTEM_RANGE);
        return NULL;
    }
    return Range;
}

VOID MiReleaseSystemRange(PMI_SYSTEM_RANGE Range)
{
    const ULONG Taken = (ULONG)Range->Pages + 1;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&MiPteLock);
    RemoveEntryList(&Range->Link);
    RtlClearBits(&MiPteBitmap, MiPteIndex(Range->Base), Taken);
    MiFreePtes += Taken;
    KiReleaseSpinLockLower(&MiPteLock, OldIrql);
    ExFreePoolWithTag(Range, TAG_SYSTEM_RANGE);
}

static PMI_SYSTEM_RANGE MiFindRange(ULONG_PTR Base)
{
    PLIST_ENTRY Head = MiRangeList(Base);
    for (PLIST_ENTRY Link = Head->Flink; Link != Head; Link = Link->Flink) {
        PMI_SYSTEM_RANGE Range = CONTAINING_RECORD(Link, MI_SYSTEM_RANGE, Link);
        if (Range->Base == Base) {
            return Range;
        }
    }
    return NULL;
}

PMI_SYSTEM_RANGE MiFindSystemRange(ULONG_PTR Base)
{
    if (!MiIsSystemPteAddress(Base)) {
        return NULL;
    }
    KIRQL OldIrql = KiAcquireSpinLockRaise(&MiPteLock);
    PMI_SYSTEM_RANGE Range = MiFindRange(Base);
    KiReleaseSpinLockLower(&MiPteLock, OldIrql);
    return Range;
}

PMI_SYSTEM_RANGE MiFindSystemRangeOf(ULONG_PTR Address)
{
    if (!MiIsSystemPteAddress(Address)) {
        return NULL;
    }
    PMI_SYSTEM_RANGE Range = NULL;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&MiPteLock);
    // Ranges may lie side by side: what is taken before Address need not be its own.
    for (ULONG Index = MiPteIndex(Address); Range == NULL && RtlCheckBit(&MiPteBitmap, Index); Index -= 1) {
        Range = MiFindRange(MI_SYSTEM_PTE_START + (ULONG_PTR)Index * PAGE_SIZE);
        if (Index == 0) {
            break;
        }
    }
    if (Range != NULL && Address - Range->Base >= Range->Pages * PAGE_SIZE) {
        Range = NULL;
    }
    KiReleaseSpinLockLower(&MiPteLock, OldIrql);
    return Range;
}

BOOLEAN MiAnySystemRange(BOOLEAN (*Matches)(PMI_SYSTEM_RANGE Range, PVOID Context), PVOID Context)
{
    BOOLEAN Found = FALSE;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&MiPteLock);
    for (ULONG Index = 0; !Found && Index < MI_RANGE_LISTS; Index += 1) {
        PLIST_ENTRY Head = &MiRangeLists[Index];
        for (PLIST_ENTRY Link = Head->Flink; !Found && Link != Head; Link = Link->Flink) {
            Found = Matches(CONTAINING_RECORD(Link, MI_SYSTEM_RANGE, Link), Context);
        }
    }
    KiReleaseSpinLockLower(&MiPteLock, OldIrql);
    return Found;
}

ULONG MiFreeSystemPtes(VOID)
{
    return MiFreePtes;
}

BOOLEAN MiMapPageNumbers(ULONG_PTR Address, const PFN_NUMBER *Numbers, SIZE_T Count, ULONG Protection)
{
    SIZE_T Done = 0;
    while (Done < Count) {
        SIZE_T Run = 1;
        while (Done + Run < Count && Numbers[Done + Run] == Numbers[Done] + Run) {
            Run += 1;
        }
        if (!KeMachine->map_memory(Address + Done * PAGE_SIZE, Run * PAGE_SIZE, Numbers[Done] * PAGE_SIZE,
                                   Protection)) {
            if (Done != 0) {
                KeMachine->unmap_memory(Address, Done * PAGE_SIZE);
            }
            return FALSE;
        }
        Done += Run;
    }
    return TRUE;
}
