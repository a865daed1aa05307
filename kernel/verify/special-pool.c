// SPDX-License-Identifier: MIT
// The address space of special pool: runs of pages with an unmapped one behind each.
#include "inc/kernel.h"

#define VI_SPECIAL_AT_MOST 16384 // at a time: each is a mapping of Linux's, whose number has a limit
#define VI_REUSE_PAGES     16    // longer runs of addresses are not used again

#define VI_PATTERN_AROUND 0x5A // of the bytes in front and behind
#define VI_PATTERN_INSIDE 0xA7 // of memory that nobody has initialised

// Addresses to be used again, by number of pages: a list whose links lie nowhere in the (unmapped) pages.
typedef struct _VI_FREE_RUN {
    SINGLE_LIST_ENTRY Link;
    ULONG_PTR FirstPage;
} VI_FREE_RUN;

static KSPIN_LOCK ViSpecialLock;
static ULONG_PTR ViNextSpecial = MI_SPECIAL_POOL_START;
static SINGLE_LIST_ENTRY ViFreeRuns[VI_REUSE_PAGES + 1];
static volatile LONG ViSpecialCount;

static ULONG_PTR ViTakeAddresses(ULONG Pages)
{
    ULONG_PTR Address = 0;
    VI_FREE_RUN *Run = NULL;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ViSpecialLock);
    if (Pages <= VI_REUSE_PAGES && ViFreeRuns[Pages].Next != NULL) {
        Run = CONTAINING_RECORD(ViFreeRuns[Pages].Next, VI_FREE_RUN, Link);
        ViFreeRuns[Pages].Next = Run->Link.Next;
        Address = Run->FirstPage;
    } else if (MI_SPECIAL_POOL_START + MI_SPECIAL_POOL_BYTES - ViNextSpecial > (Pages + 1ULL) * PAGE_SIZE) {
        Address = ViNextSpecial;
        ViNextSpecial += (Pages + 1ULL) * PAGE_SIZE;
    }
    KiReleaseSpinLockLower(&ViSpecialLock, OldIrql);
    if (Run != NULL) {
        ExFreePoolWithTag(Run, TAG_VERIFIER);
    }
    return Address;
}

VOID ViReuseSpecial(ULONG_PTR FirstPage, ULONG Pages)
{
    if (Pages > VI_REUSE_PAGES) {
        return;
    }
    VI_FREE_RUN *Run = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Run), TAG_VERIFIER);
    if (Run == NULL) {
        // The addresses are lost, of which there are many.
        return;
    }
    Run->FirstPage = FirstPage;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ViSpecialLock);
    Run->Link.Next = ViFreeRuns[Pages].Next;
    ViFreeRuns[Pages].Next = &Run->Link;
    KiReleaseSpinLockLower(&ViSpecialLock, OldIrql);
}

PVOID ViMapSpecial(SIZE_T Bytes, ULONG Alignment, ULONG Protection, PULONG_PTR FirstPage, PULONG Pages)
{
    if (Bytes > MI_SPECIAL_POOL_BYTES / 2 || ViSpecialCount >= VI_SPECIAL_AT_MOST) {
        return NULL;
    }
    SIZE_T Mapped = ROUND_TO_PAGES(Bytes != 0 ? Bytes : 1);
    *Pages = (ULONG)(Mapped / PAGE_SIZE);
    *FirstPage = ViTakeAddresses(*Pages);
    if (*FirstPage == 0) {
        return NULL;
    }
    if (!MiMapPages(*FirstPage, Mapped, Protection)) {
        ViReuseSpecial(*FirstPage, *Pages);
        return NULL;
    }
    InterlockedIncrement(&ViSpecialCount);
    SIZE_T Rounded = (Bytes + Alignment - 1) & ~(SIZE_T)(Alignment - 1);
    ULONG_PTR Base = Bytes >= PAGE_SIZE ? *FirstPage : *FirstPage + Mapped - Rounded;
    RtlFillMemory((PVOID)*FirstPage, Base - *FirstPage, VI_PATTERN_AROUND);
    RtlFillMemory((PVOID)Base, Bytes, VI_PATTERN_INSIDE);
    RtlFillMemory((PVOID)(Base + Bytes), *FirstPage + Mapped - (Base + Bytes), VI_PATTERN_AROUND);
    return (PVOID)Base;
}

VOID ViUnmapSpecial(ULONG_PTR FirstPage, ULONG Pages)
{
    MiUnmapPages(FirstPage, (SIZE_T)Pages * PAGE_SIZE);
    InterlockedDecrement(&ViSpecialCount);
}

static ULONG_PTR ViFindOther(ULONG_PTR Start, ULONG_PTR End)
{
    for (; Start < End; Start += 1) {
        if (*(PUCHAR)Start != VI_PATTERN_AROUND) {
            return Start;
        }
    }
    return 0;
}

ULONG_PTR ViFindOverwritten(const VI_ALLOCATION *Allocation)
{
    if (Allocation->FirstPage == 0) {
        return 0;
    }
    ULONG_PTR Found = ViFindOther(Allocation->FirstPage, Allocation->Base);
    return Found != 0 ? Found
                      : ViFindOther(Allocation->Base + Allocation->Bytes,
                                    Allocation->FirstPage + (SIZE_T)Allocation->Pages * PAGE_SIZE);
}
