// SPDX-License-Identifier: MIT
// How much pool each tag has: a table that is only ever added to, so that nobody who looks waits.
#include "ex/pool-internal.h"
#include "ex/pool-tag.h"

#define EXP_TAGS      1024u // the last is of all that did not fit
#define EXP_HASH_BITS 10

static EXP_POOL_TAG ExpTags[EXP_TAGS + 1];

static EXP_POOL_TAG *ExpFindTag(ULONG Tag)
{
    Tag &= ~(ULONG)PROTECTED_POOL;
    ULONG Place = Tag * 0x9E3779B1u >> (32 - EXP_HASH_BITS);
    for (ULONG Tries = 0; Tag != 0 && Tries < EXP_TAGS; Tries += 1) {
        EXP_POOL_TAG *Entry = &ExpTags[Place];
        if (Entry->Tag == Tag) {
            return Entry;
        }
        if (Entry->Tag == 0) {
            LONG Before = InterlockedCompareExchange((volatile LONG *)&Entry->Tag, (LONG)Tag, 0);
            if (Before == 0 || (ULONG)Before == Tag) {
                return Entry;
            }
        }
        Place = (Place + 1) % EXP_TAGS;
    }
    ExpTags[EXP_TAGS].Tag = EXP_OVERFLOW_TAG;
    return &ExpTags[EXP_TAGS];
}

VOID ExpCountAllocation(EXP_TAG_POOL Pool, ULONG Tag, SIZE_T Bytes)
{
    EXP_TAG_COUNTS *Counts = &ExpFindTag(Tag)->Counts[Pool];
    Counts->Allocations += 1;
    Counts->Used += Bytes;
}

VOID ExpCountFree(EXP_TAG_POOL Pool, ULONG Tag, SIZE_T Bytes)
{
    EXP_TAG_COUNTS *Counts = &ExpFindTag(Tag)->Counts[Pool];
    Counts->Frees += 1;
    Counts->Used -= Bytes;
}

VOID ExpCountSpecial(POOL_TYPE Type, ULONG Tag, SIZE_T Bytes, BOOLEAN Freed)
{
    EXP_TAG_COUNTS *Counts =
        &ExpFindTag(Tag)->Counts[Type == PagedPool ? ExpTagSpecialPaged : ExpTagSpecialNonPaged];
    // What it would take in the pool that it stands for.
    LONG64 Taken = (LONG64)(Bytes <= EXP_MAX_SMALL
                                ? max(ALIGN_UP_BY(Bytes + EXP_UNIT, EXP_UNIT), EXP_MIN_UNITS * EXP_UNIT)
                                : ROUND_TO_PAGES(Bytes));
    InterlockedIncrement((volatile LONG *)(Freed ? &Counts->Frees : &Counts->Allocations));
    InterlockedAdd64((volatile LONG64 *)&Counts->Used, Freed ? -Taken : Taken);
}

BOOLEAN ExpNextPoolTag(PULONG Place, EXP_POOL_TAG *Tag)
{
    while (*Place <= EXP_TAGS) {
        const EXP_POOL_TAG *Entry = &ExpTags[*Place];
        *Place += 1;
        if (Entry->Tag != 0) {
            *Tag = *Entry;
            return TRUE;
        }
    }
    return FALSE;
}
