// SPDX-License-Identifier: MIT
// Fresh pages, mapped and given back.
#include "inc/kernel.h"

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
        MiSetPageAddresses(Page, Piece / PAGE_SIZE, Address + Done);
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
