// SPDX-License-Identifier: MIT
// SystemBigPoolInformation, SystemPoolTagInformation and SystemLookasideInformation: allocations of a page
// and more, how much each tag has, lookaside lists.
#include "inc/kernel.h"
#include "ex/pool.h"
#include "ex/pool-tag.h"
#include "ex/system-information.h"

VOID ExpQueryBigPool(EXP_ANSWER *Answer)
{
    EXP_POOL_CURSOR Cursor = {.Pool = 0};
    EXP_POOL_ALLOCATION Allocation;
    ULONG Count = 0;
    ExpAppend(Answer, sizeof(SYSTEM_BIGPOOL_INFORMATION));
    while (!Answer->Failed && ExpNextLargeAllocation(&Cursor, &Allocation)) {
        if (Allocation.Tag == TAG_SYSTEM_ANSWER) {
            continue; // grows with what it tells
        }
        SYSTEM_BIGPOOL_ENTRY *Entry = ExpAppend(Answer, sizeof(*Entry));
        if (Entry != NULL) {
            Entry->VirtualAddress =
                (ULONG_PTR)Allocation.Base | (Allocation.PoolType != PagedPool ? EXP_BIG_POOL_NON_PAGED : 0);
            Entry->SizeInBytes = ROUND_TO_PAGES(Allocation.Bytes);
            Entry->Tag = Allocation.Tag;
            Count += 1;
        }
    }
    if (!Answer->Failed) {
        ((SYSTEM_BIGPOOL_INFORMATION *)Answer->Data)->Count = Count;
    }
}

static VOID ExpAddCounts(const EXP_TAG_COUNTS *Counts, PULONG Allocations, PULONG Frees, SIZE_T *Used)
{
    *Allocations += Counts->Allocations;
    *Frees += Counts->Frees;
    *Used += Counts->Used;
}

VOID ExpQueryPoolTags(EXP_ANSWER *Answer)
{
    ULONG Place = 0, Count = 0;
    EXP_POOL_TAG Tag;
    ExpAppend(Answer, sizeof(SYSTEM_POOLTAG_INFORMATION));
    while (!Answer->Failed && ExpNextPoolTag(&Place, &Tag)) {
        SYSTEM_POOLTAG *Entry = ExpAppend(Answer, sizeof(*Entry));
        for (ULONG Pool = 0; Entry != NULL && Pool < ExpTagPools; Pool += 1) {
            Entry->Tag = Tag.Tag;
            if (Pool == ExpTagPaged || Pool == ExpTagSpecialPaged) {
                ExpAddCounts(&Tag.Counts[Pool], &Entry->PagedAllocs, &Entry->PagedFrees, &Entry->PagedUsed);
            } else {
                ExpAddCounts(&Tag.Counts[Pool], &Entry->NonPagedAllocs, &Entry->NonPagedFrees,
                             &Entry->NonPagedUsed);
            }
        }
        Count += Entry != NULL;
    }
    if (!Answer->Failed) {
        ((SYSTEM_POOLTAG_INFORMATION *)Answer->Data)->Count = Count;
    }
}

VOID ExpQueryLookasides(EXP_ANSWER *Answer)
{
    ULONG Room = ExpCopyLookasideCounts(NULL, 0);
    SYSTEM_LOOKASIDE_INFORMATION *Lists = ExpAppend(Answer, Room * sizeof(*Lists));
    if (Lists != NULL) {
        // Some may have been deleted since.
        ULONG Count = ExpCopyLookasideCounts(Lists, Room);
        Answer->Bytes = min(Count, Room) * sizeof(*Lists);
    }
}
