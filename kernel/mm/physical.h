// SPDX-License-Identifier: MIT
// Physical pages: who has which, and the mapping of fresh ones.
#ifndef KMODE_MM_PHYSICAL_H
#define KMODE_MM_PHYSICAL_H

#define MI_NO_PAGE (~0ULL)

// Parameter 1 of PFN_LIST_CORRUPT. (debugger, "Bug Check 0x4E")
#define MI_PFN_UNLOCKED_TOO_OFTEN 0x07 // parameter 2: the page
#define MI_PFN_FREED_UNALLOCATED  0x99
#define MI_PFN_FREED_LOCKED       0x9A // parameter 4: its lock count

// Takes over the RAM [Used, Bytes). Once, first of all. FALSE if there is too little.
BOOLEAN MiInitializePhysicalMemory(ULONG64 Used, ULONG64 Bytes);

// The number of the first of Count free physical pages side by side, all in [LowPage, HighPage] and, if
// BoundaryPages is not 0, with no multiple of it between them. They are the caller's, and read as zeroes when
// mapped. MI_NO_PAGE if there are none. IRQL <= DISPATCH_LEVEL.
ULONG64 MiAllocatePhysicalPages(ULONG64 Count, ULONG64 LowPage, ULONG64 HighPage, ULONG64 BoundaryPages);

// Gives back pages of MiAllocatePhysicalPages, any part of them; their owner has them mapped nowhere. Those
// that are locked are free when they are unlocked. IRQL <= DISPATCH_LEVEL.
VOID MiFreePhysicalPages(ULONG64 Page, ULONG64 Count);

// TRUE if there is RAM of that number: it is not a device's, or nobody's.
BOOLEAN MiIsPhysicalMemory(ULONG64 Page);
// TRUE if it is RAM that has been allocated, or was the machine's from the start.
BOOLEAN MiIsPageTaken(ULONG64 Page);

// Keeps the page from being free until it has been unlocked as often as it was locked, even when its owner
// gives it back meanwhile. FALSE: nobody has it, or its owner has just given it back. IRQL <= DISPATCH_LEVEL.
BOOLEAN MiLockPage(ULONG64 Page);
// Bug check PFN_LIST_CORRUPT if it is not locked.
VOID MiUnlockPage(ULONG64 Page);
// How often it is locked; Page is RAM.
ULONG MiPageLockCount(ULONG64 Page);

// Remembers where pages are mapped that the caller owns, for MmGetVirtualForPhysical.
VOID MiSetPageAddresses(ULONG64 Page, ULONG64 Count, ULONG_PTR Address);
// Where it is mapped; 0 if nobody knows. Any IRQL.
ULONG_PTR MiFindPageAddress(ULONG64 Page);

// How many there are, and how many of them are free.
VOID MiQueryPhysicalPages(PULONG64 Total, PULONG64 Free);

// Maps fresh zeroed pages at [Address, Address + Bytes). FALSE: no memory; nothing is mapped then. IRQL <=
// DISPATCH_LEVEL.
BOOLEAN MiMapPages(ULONG_PTR Address, SIZE_T Bytes, ULONG Protection);

// Unmaps what MiMapPages mapped and gives the pages back.
VOID MiUnmapPages(ULONG_PTR Address, SIZE_T Bytes);

#endif
