// SPDX-License-Identifier: MIT
// Physical pages: one bit a page, in the first of them.
#include "inc/kernel.h"

#define MI_BITS 64

static ULONG64 *MiPageBits = (ULONG64 *)MI_PAGE_BITMAP_START; // set: taken
static ULONG64 MiPageCount, MiFirstPage, MiFreePages;
static ULONG64 MiNextPage; // where the search for the next begins
static KSPIN_LOCK MiPageLock;

static inline BOOLEAN MiIsTaken(ULONG64 Page)
{
    return (MiPageBits[Page / MI_BITS] >> Page % MI_BITS & 1) != 0;
}

static VOID MiMarkPages(ULONG64 Page, ULONG64 Count, BOOLEAN Taken)
{
    for (ULONG64 Index = Page; Index < Page + Count; Index += 1) {
        if (Taken) {
            MiPageBits[Index / MI_BITS] |= 1ULL << Index % MI_BITS;
        } else {
            MiPageBits[Index / MI_BITS] &= ~(1ULL << Index % MI_BITS);
        }
    }
}

BOOLEAN MiInitializePhysicalMemory(ULONG64 Used, ULONG64 Bytes)
{
    ULONG64 BitmapBytes = ROUND_TO_PAGES((Bytes / PAGE_SIZE + 7) / 8);
    Used = ROUND_TO_PAGES(Used);
    if (Bytes < Used + BitmapBytes + PAGE_SIZE ||
        !KeMachine->map_memory(MI_PAGE_BITMAP_START, BitmapBytes, Used, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
        return FALSE;
    }
    MiPageCount = Bytes / PAGE_SIZE;
    MiFirstPage = MiNextPage = (Used + BitmapBytes) / PAGE_SIZE;
    MiFreePages = MiPageCount - MiFirstPage;
    MiMarkPages(0, MiFirstPage, TRUE);
    return TRUE;
}

// The first run of Count free pages in [Low, High]; MI_NO_PAGE.
static ULONG64 MiFindPages(ULONG64 Count, ULONG64 Low, ULONG64 High, ULONG64 Boundary)
{
    ULONG64 Run = 0;
    for (ULONG64 Page = Low; Page <= High; Page += 1) {
        if (Run == 0 && Page % MI_BITS == 0 && MiPageBits[Page / MI_BITS] == ~0ULL) {
            Page += MI_BITS - 1;
            continue;
        }
        if (Boundary != 0 && Page % Boundary == 0) {
            Run = 0;
        }
        Run = MiIsTaken(Page) ? 0 : Run + 1;
        if (Run == Count) {
            return Page + 1 - Count;
        }
    }
    return MI_NO_PAGE;
}

ULONG64 MiAllocatePhysicalPages(ULONG64 Count, ULONG64 LowPage, ULONG64 HighPage, ULONG64 BoundaryPages)
{
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    KiAcquireSpinLock(&MiPageLock);
    ULONG64 Low = max(LowPage, MiFirstPage), High = min(HighPage, MiPageCount - 1);
    ULONG64 Page = MI_NO_PAGE;
    if (Count != 0 && Count <= MiFreePages) {
        if (MiNextPage > Low && MiNextPage <= High) {
            Page = MiFindPages(Count, MiNextPage, High, BoundaryPages);
        }
        if (Page == MI_NO_PAGE) {
            Page = MiFindPages(Count, Low, High, BoundaryPages);
        }
    }
    if (Page != MI_NO_PAGE) {
        MiMarkPages(Page, Count, TRUE);
        MiFreePages -= Count;
        MiNextPage = Page + Count;
    }
    KiReleaseSpinLock(&MiPageLock);
    KiLowerIrql(OldIrql);
    return Page;
}

VOID MiFreePhysicalPages(ULONG64 Page, ULONG64 Count)
{
    KeMachine->release_memory(Page * PAGE_SIZE, Count * PAGE_SIZE);
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    KiAcquireSpinLock(&MiPageLock);
    MiMarkPages(Page, Count, FALSE);
    MiFreePages += Count;
    if (Page < MiNextPage) {
        MiNextPage = Page;
    }
    KiReleaseSpinLock(&MiPageLock);
    KiLowerIrql(OldIrql);
}

VOID MiQueryPhysicalPages(PULONG64 Total, PULONG64 Free)
{
    *Total = MiPageCount;
    *Free = MiFreePages;
}

BOOLEAN MiMapPages(ULONG_PTR Address, SIZE_T Bytes, ULONG Protection)
{
    SIZE_T Done = 0, Piece = Bytes;
    // In one piece if there is one, else in smaller and smaller ones.
    while (Done < Bytes) {
        Piece = min(Piece, Bytes - Done);
        ULONG64 Page = MiAllocatePhysicalPages(Piece / PAGE_SIZE, 0, MI_NO_PAGE, 0);
        if (Page == MI_NO_PAGE) {
            if (Piece == PAGE_SIZE) {
                goto Unmap;
            }
            Piece = ROUND_TO_PAGES(Piece / 2);
            continue;
        }
        if (!KeMachine->map_memory(Address + Done, Piece, Page * PAGE_SIZE, Protection)) {
            MiFreePhysicalPages(Page, Piece / PAGE_SIZE);
            goto Unmap;
        }
        Done += Piece;
    }
    return TRUE;
Unmap:
    MiUnmapPages(Address, Done);
    return FALSE;
}

VOID MiUnmapPages(ULONG_PTR Address, SIZE_T Bytes)
{
    ULONG64 First = MI_NO_PAGE, Count = 0;
    // The pages are still the caller's after the unmapping: runs of them are given back one by one.
    for (SIZE_T Done = 0; Done < Bytes; Done += PAGE_SIZE) {
        KM_PAGE Page;
        if (KeMachine->query_memory(Address + Done, &Page) == 0) {
            continue;
        }
        KeMachine->unmap_memory(Address + Done, PAGE_SIZE);
        if (Count != 0 && Page.physical / PAGE_SIZE == First + Count) {
            Count += 1;
            continue;
        }
        if (Count != 0) {
            MiFreePhysicalPages(First, Count);
        }
        First = Page.physical / PAGE_SIZE;
        Count = 1;
    }
    if (Count != 0) {
        MiFreePhysicalPages(First, Count);
    }
}
