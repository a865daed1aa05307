// SPDX-License-Identifier: MIT
// Physical pages: a bit and a record for each, in the first of them.
#include "inc/kernel.h"

#define MI_BITS 64

typedef struct _MI_PAGE {
    ULONG64 Address;  // where it was mapped first; 0: nowhere that anybody told
    ULONG LockCount;  // who reads and writes it by its number
    BOOLEAN Deserted; // its owner gave it back, and it is free when it is unlocked
} MI_PAGE;

static ULONG64 *MiPageBits = (ULONG64 *)MI_PAGE_BITMAP_START; // set: taken
static MI_PAGE *MiPages = (MI_PAGE *)MI_PAGE_RECORDS_START;
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
    const ULONG Protection = KM_PROTECT_READ | KM_PROTECT_WRITE;
    ULONG64 BitmapBytes = ROUND_TO_PAGES((Bytes / PAGE_SIZE + 7) / 8);
    ULONG64 RecordBytes = ROUND_TO_PAGES(Bytes / PAGE_SIZE * sizeof(MI_PAGE));
    Used = ROUND_TO_PAGES(Used);
    if (Bytes < Used + BitmapBytes + RecordBytes + PAGE_SIZE ||
        !KeMachine->map_memory(MI_PAGE_BITMAP_START, BitmapBytes, Used, Protection) ||
        !KeMachine->map_memory(MI_PAGE_RECORDS_START, RecordBytes, Used + BitmapBytes, Protection)) {
        return FALSE;
    }
    MiPageCount = Bytes / PAGE_SIZE;
    MiFirstPage = MiNextPage = (Used + BitmapBytes + RecordBytes) / PAGE_SIZE;
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

static KIRQL MiAcquirePageLock(VOID)
{
    return KiAcquireSpinLockRaise(&MiPageLock);
}

static VOID MiReleasePageLock(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&MiPageLock, OldIrql);
}

ULONG64 MiAllocatePhysicalPages(ULONG64 Count, ULONG64 LowPage, ULONG64 HighPage, ULONG64 BoundaryPages)
{
    KIRQL OldIrql = MiAcquirePageLock();
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
    MiReleasePageLock(OldIrql);
    return Page;
}

// Under MiPageLock.
static VOID MiFreeRun(ULONG64 Page, ULONG64 Count)
{
    if (Count == 0) {
        return;
    }
    KeMachine->release_memory(Page * PAGE_SIZE, Count * PAGE_SIZE);
    MiMarkPages(Page, Count, FALSE);
    MiFreePages += Count;
    if (Page < MiNextPage) {
        MiNextPage = Page;
    }
}

VOID MiFreePhysicalPages(ULONG64 Page, ULONG64 Count)
{
    KIRQL OldIrql = MiAcquirePageLock();
    ULONG64 Run = 0;
    for (ULONG64 Index = Page; Index < Page + Count; Index += 1) {
        MiPages[Index].Address = 0;
        if (MiPages[Index].LockCount == 0) {
            Run += 1;
            continue;
        }
        MiPages[Index].Deserted = TRUE;
        MiFreeRun(Index - Run, Run);
        Run = 0;
    }
    MiFreeRun(Page + Count - Run, Run);
    MiReleasePageLock(OldIrql);
}

BOOLEAN MiIsPhysicalMemory(ULONG64 Page)
{
    return Page < MiPageCount;
}

BOOLEAN MiIsPageTaken(ULONG64 Page)
{
    return Page < MiPageCount && MiIsTaken(Page);
}

ULONG MiPageLockCount(ULONG64 Page)
{
    return MiPages[Page].LockCount;
}

BOOLEAN MiLockPage(ULONG64 Page)
{
    KIRQL OldIrql = MiAcquirePageLock();
    BOOLEAN Locked = MiIsPageTaken(Page) && !MiPages[Page].Deserted && MiPages[Page].LockCount != MAXULONG;
    if (Locked) {
        MiPages[Page].LockCount += 1;
    }
    MiReleasePageLock(OldIrql);
    return Locked;
}

VOID MiUnlockPage(ULONG64 Page)
{
    KIRQL OldIrql = MiAcquirePageLock();
    if (!MiIsPageTaken(Page) || MiPages[Page].LockCount == 0) {
        MiReleasePageLock(OldIrql);
        KeBugCheckEx(PFN_LIST_CORRUPT, MI_PFN_UNLOCKED_TOO_OFTEN, Page, 0, 0);
    }
    MiPages[Page].LockCount -= 1;
    if (MiPages[Page].LockCount == 0 && MiPages[Page].Deserted) {
        MiPages[Page].Deserted = FALSE;
        MiFreeRun(Page, 1);
    }
    MiReleasePageLock(OldIrql);
}

VOID MiSetPageAddresses(ULONG64 Page, ULONG64 Count, ULONG_PTR Address)
{
    for (ULONG64 Index = 0; Index < Count; Index += 1) {
        MiPages[Page + Index].Address = Address + Index * PAGE_SIZE;
    }
}

ULONG_PTR MiFindPageAddress(ULONG64 Page)
{
    KM_PAGE Found;
    ULONG_PTR Address = MiIsPageTaken(Page) ? MiPages[Page].Address : 0;
    // Whoever unmaps a page need not tell.
    if (Address == 0 || KeMachine->query_memory(Address, &Found) == 0 || Found.physical / PAGE_SIZE != Page) {
        return 0;
    }
    return Address;
}

VOID MiQueryPhysicalPages(PULONG64 Total, PULONG64 Free)
{
    *Total = MiPageCount;
    *Free = MiFreePages;
}
