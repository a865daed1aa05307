// SPDX-License-Identifier: MIT
// Pages of a pool: runs of free pages, growth, and allocations of a page and more.
#include "ex/pool-internal.h"

#define GROWTH_PAGES 256u // 1 MB

static ULONG ExpRunList(ULONG PageCount)
{
    ULONG List;

    _BitScanReverse(&List, PageCount);
    return List;
}

static VOID ExpInsertRun(EXP_POOL *Pool, ULONG First, ULONG Count)
{
    ULONG *Head = &Pool->RunLists[ExpRunList(Count)];
    EXP_PAGE *Run = &Pool->Pages[First];

    Run->PageCount = Count;
    Pool->Pages[First + Count - 1].PageCount = Count;
    Run->Previous = EXP_NO_PAGE;
    Run->Next = *Head;
    if (*Head != EXP_NO_PAGE) {
        Pool->Pages[*Head].Previous = First;
    }
    *Head = First;
}

static VOID ExpRemoveRun(EXP_POOL *Pool, ULONG First)
{
    EXP_PAGE *Run = &Pool->Pages[First];

    if (Run->Previous != EXP_NO_PAGE) {
        Pool->Pages[Run->Previous].Next = Run->Next;
    } else {
        Pool->RunLists[ExpRunList(Run->PageCount)] = Run->Next;
    }
    if (Run->Next != EXP_NO_PAGE) {
        Pool->Pages[Run->Next].Previous = Run->Previous;
    }
}

VOID ExpFreePages(EXP_POOL *Pool, ULONG First, ULONG Count)
{
    ULONG End = First + Count;

    for (ULONG Page = First; Page < End; ++Page) {
        Pool->Pages[Page].State = ExpPageFree;
    }
    if (First > 0 && Pool->Pages[First - 1].State == ExpPageFree) {
        First -= Pool->Pages[First - 1].PageCount;
        ExpRemoveRun(Pool, First);
    }
    if (End < Pool->MappedPages && Pool->Pages[End].State == ExpPageFree) {
        ExpRemoveRun(Pool, End);
        End += Pool->Pages[End].PageCount;
    }
    ExpInsertRun(Pool, First, End - First);
}

// Maps room for at least Count more pages, and the part of the table that describes them.
static BOOLEAN ExpGrowPool(EXP_POOL *Pool, ULONG Count)
{
    ULONG First = Pool->MappedPages;
    ULONG_PTR TableEnd;

    if (Count < GROWTH_PAGES) {
        Count = GROWTH_PAGES;
    }
    if (Count > EXP_POOL_PAGES - First) {
        return FALSE;
    }
    TableEnd = ROUND_TO_PAGES((ULONG_PTR)&Pool->Pages[First + Count]);
    if (TableEnd > Pool->MappedTableEnd) {
        if (!MiMapPages(Pool->MappedTableEnd, TableEnd - Pool->MappedTableEnd,
                        KM_PROTECT_READ | KM_PROTECT_WRITE)) {
            return FALSE;
        }
        Pool->MappedTableEnd = TableEnd;
    }
    if (!MiMapPages(ExpPageAddress(Pool, First), (ULONG_PTR)Count * PAGE_SIZE, Pool->Protection)) {
        return FALSE;
    }
    Pool->MappedPages += Count;
    ExpFreePages(Pool, First, Count);
    return TRUE;
}

static ULONG ExpFindRun(EXP_POOL *Pool, ULONG Count)
{
    // The list that Count belongs to holds shorter runs too; those above hold none.
    for (ULONG List = ExpRunList(Count); List < EXP_RUN_LIST_COUNT; ++List) {
        for (ULONG First = Pool->RunLists[List]; First != EXP_NO_PAGE; First = Pool->Pages[First].Next) {
            if (Pool->Pages[First].PageCount >= Count) {
                return First;
            }
        }
    }
    return EXP_NO_PAGE;
}

ULONG ExpAllocatePages(EXP_POOL *Pool, ULONG Count)
{
    ULONG First = ExpFindRun(Pool, Count);
    ULONG RunCount;

    if (First == EXP_NO_PAGE) {
        if (!ExpGrowPool(Pool, Count)) {
            return EXP_NO_PAGE;
        }
        First = ExpFindRun(Pool, Count);
    }
    RunCount = Pool->Pages[First].PageCount;
    ExpRemoveRun(Pool, First);
    if (RunCount > Count) {
        ExpInsertRun(Pool, First + Count, RunCount - Count);
    }
    for (ULONG Page = First; Page < First + Count; ++Page) {
        Pool->Pages[Page].HoldsRemains = FALSE;
    }
    return First;
}

PVOID ExpAllocateLarge(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag)
{
    ULONG Count, First;

    if (Bytes > (SIZE_T)EXP_POOL_PAGES * PAGE_SIZE) {
        return NULL;
    }
    Count = (ULONG)BYTES_TO_PAGES(Bytes);
    First = ExpAllocatePages(Pool, Count);
    if (First == EXP_NO_PAGE) {
        return NULL;
    }
    for (ULONG Index = 0; Index < Count; ++Index) {
        Pool->Pages[First + Index].State = Index == 0 ? ExpPageLarge : ExpPageLargeInner;
        Pool->Pages[First + Index].PageCount = Index;
    }
    Pool->Pages[First].Tag = Tag;
    Pool->Pages[First].Bytes = Bytes;
    return (PVOID)ExpPageAddress(Pool, First);
}

VOID ExpFreeLarge(EXP_POOL *Pool, ULONG First)
{
    Pool->Pages[First].HoldsRemains = TRUE;
    ExpFreePages(Pool, First, (ULONG)BYTES_TO_PAGES(Pool->Pages[First].Bytes));
}

BOOLEAN ExpInitializePages(EXP_POOL *Pool)
{
    Pool->Pages = (EXP_PAGE *)Pool->Start;
    Pool->FirstPage = Pool->Start + EXP_TABLE_BYTES;
    Pool->MappedTableEnd = Pool->Start;
    Pool->MappedPages = 0;
    for (ULONG List = 0; List < EXP_RUN_LIST_COUNT; ++List) {
        Pool->RunLists[List] = EXP_NO_PAGE;
    }
    return ExpGrowPool(Pool, 1);
}
