// SPDX-License-Identifier: MIT
// Physical pages: who has which, and the mapping of fresh ones.
#ifndef KMODE_MM_PHYSICAL_H
#define KMODE_MM_PHYSICAL_H

#define MI_NO_PAGE (~0ULL)

// Takes over the RAM [Used, Bytes). Once, first of all. FALSE if there is too little.
BOOLEAN MiInitializePhysicalMemory(ULONG64 Used, ULONG64 Bytes);

// The number of the first of Count free physical pages side by side, all in [LowPage, HighPage] and, if
// BoundaryPages is not 0, with no multiple of it between them. They are the caller's, and read as zeroes when
// mapped. MI_NO_PAGE if there are none. IRQL <= DISPATCH_LEVEL.
ULONG64 MiAllocatePhysicalPages(ULONG64 Count, ULONG64 LowPage, ULONG64 HighPage, ULONG64 BoundaryPages);

// Gives back pages of MiAllocatePhysicalPages, any part of them; they are mapped nowhere.
VOID MiFreePhysicalPages(ULONG64 Page, ULONG64 Count);

// How many there are, and how many of them are free.
VOID MiQueryPhysicalPages(PULONG64 Total, PULONG64 Free);

// Maps fresh zeroed pages at [Address, Address + Bytes). FALSE: no memory; nothing is mapped then. IRQL <=
// DISPATCH_LEVEL.
BOOLEAN MiMapPages(ULONG_PTR Address, SIZE_T Bytes, ULONG Protection);

// Unmaps what MiMapPages mapped and gives the pages back.
VOID MiUnmapPages(ULONG_PTR Address, SIZE_T Bytes);

#endif
