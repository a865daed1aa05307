// SPDX-License-Identifier: MIT
// System PTEs: ranges of system address space in which pages are mapped that somebody else has, or that are
// had by their number.
#ifndef KMODE_MM_SYSTEM_PTE_H
#define KMODE_MM_SYSTEM_PTE_H

typedef enum _MI_RANGE_KIND {
    MiMdlRange,
    MiIoSpaceRange,
    MiContiguousRange,
    MiNonCachedRange,
    MiReservedRange, // MmAllocateMappingAddress
    MiViewRange,     // of a section
    MiWindowRange,   // the kernel's own, for a moment
} MI_RANGE_KIND;

typedef struct _MI_SYSTEM_RANGE {
    LIST_ENTRY Link;
    ULONG_PTR Base;
    SIZE_T Pages; // without the one behind them that is never mapped
    MI_RANGE_KIND Kind;
    ULONG Tag;
    SIZE_T MappedPages; // of a reserved range: those in use, from its start
    PVOID Owner;        // of a view: its section
    ULONG64 FirstPage;  // of I/O space: the first page mapped
} MI_SYSTEM_RANGE, *PMI_SYSTEM_RANGE;

// Parameter 1 of SYSTEM_PTE_MISUSE. (debugger, "Bug Check 0xDA")
#define MI_PTE_MDL_NOT_MAPPED      0x06
#define MI_PTE_ZERO_REQUESTED      0x100
#define MI_PTE_FREE_OTHERS         0x101
#define MI_PTE_FREE_EMPTY          0x102
#define MI_PTE_FREE_MAPPED         0x103
#define MI_PTE_MAP_OTHERS          0x104
#define MI_PTE_MAP_INVALID         0x105
#define MI_PTE_MAP_MAPPED          0x107
#define MI_PTE_UNMAP_OTHERS        0x108
#define MI_PTE_UNMAP_EMPTY         0x109
#define MI_PTE_UNMAP_TOO_MANY      0x10A
#define MI_PTE_UNMAP_NOT_MAPPED    0x10B
#define MI_PTE_UNMAP_NOT_ALL       0x10C
#define MI_PTE_RELEASE_NOT_MAPPED  0x302
#define MI_PTE_RELEASE_NO_RANGE    0x303
#define MI_PTE_RELEASE_MIDDLE      0x304
#define MI_PTE_RELEASE_WRONG_COUNT 0x305
#define MI_PTE_UNKNOWN_IO_SPACE    0x400

// Once, at start, behind pool. FALSE: no memory.
BOOLEAN MiInitializeSystemPtes(VOID);

// Address space for Pages pages, in which nothing is mapped, with a page on either side in which nothing ever
// is. NULL: no address space or no pool. IRQL <= DISPATCH_LEVEL.
PMI_SYSTEM_RANGE MiReserveSystemRange(SIZE_T Pages, MI_RANGE_KIND Kind, ULONG Tag);
// Gives it back; nothing is mapped in it. IRQL <= DISPATCH_LEVEL.
VOID MiReleaseSystemRange(PMI_SYSTEM_RANGE Range);

// The range that begins at Base; NULL if none does. It is the caller's to know that it stays. IRQL <=
// DISPATCH_LEVEL.
PMI_SYSTEM_RANGE MiFindSystemRange(ULONG_PTR Base);
// The range that holds Address.
PMI_SYSTEM_RANGE MiFindSystemRangeOf(ULONG_PTR Address);

// TRUE if Matches is of one of them; it is called with the lock held.
BOOLEAN MiAnySystemRange(BOOLEAN (*Matches)(PMI_SYSTEM_RANGE Range, PVOID Context), PVOID Context);

static inline BOOLEAN MiIsSystemPteAddress(ULONG_PTR Address)
{
    return Address - MI_SYSTEM_PTE_START < MI_SYSTEM_PTE_PAGES * PAGE_SIZE;
}

// Maps the pages Numbers[0, Count) at Address, in runs. FALSE: no memory, or a number is of no memory;
// nothing is mapped then. IRQL <= DISPATCH_LEVEL.
BOOLEAN MiMapPageNumbers(ULONG_PTR Address, const PFN_NUMBER *Numbers, SIZE_T Count, ULONG Protection);

// Free pages of system address space.
ULONG MiFreeSystemPtes(VOID);

#endif
