// SPDX-License-Identifier: MIT
// What the routines of MDLs share.
#ifndef KMODE_MM_MDL_H
#define KMODE_MM_MDL_H

// Parameter 1 of MEMORY_MANAGEMENT. (debugger, "Bug Check 0x1A")
#define MI_MAP_UNLOCKED_PAGE   0x1233 // parameter 2: its number
#define MI_BUILD_NOT_RESIDENT  0x1240 // parameter 2: the MDL
#define MI_PAGES_NOT_ALLOCATED 0x1236 // parameters 2 to 4: the MDL, where in it the number stands, the number

// MDL.Size where its 16 bits cannot say how many bytes the MDL takes.
#define MI_MDL_SIZE_UNTOLD 0

// The longest range that one MDL describes, since Windows 7.
#define MI_MAXIMUM_MDL_LENGTH (MAXULONG - PAGE_SIZE + 1)

// As the macro MmInitializeMdl, of an MDL of any length.
static inline VOID MiInitializeMdl(PMDL Mdl, PVOID Base, SIZE_T Length)
{
    MmInitializeMdl(Mdl, Base, Length);
    if (MmSizeOfMdl(Base, Length) > MAXSHORT) {
        Mdl->Size = MI_MDL_SIZE_UNTOLD;
    }
}

static inline SIZE_T MiMdlPages(PMDL Mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), MmGetMdlByteCount(Mdl));
}

// KM_PROTECT_* of one of PAGE_*, without a modifier. FALSE: it is none. (mm/protection.c)
BOOLEAN MiTranslateProtection(ULONG Protect, PULONG Protection);

// Finds that the pages of an MDL are what a mapping may be made of: bug check MEMORY_MANAGEMENT. Any IRQL.
VOID MiCheckMdlPages(PMDL Mdl);

// MmUnlockPages of pages that are no MDL's any more, Count of them.
VOID MiUnlockPageNumbers(const PFN_NUMBER *Numbers, SIZE_T Count);

// The pages that lie in [Low, High], bytes, as a whole; LowPage is above HighPage if none does.
VOID MiPageRange(ULONG64 Low, ULONG64 High, PULONG64 LowPage, PULONG64 HighPage);

// TRUE if the machine has that node, or none is asked for.
BOOLEAN MiIsNode(NODE_REQUIREMENT Node);

// Bug check PFN_LIST_CORRUPT if the page, RAM that is given back, is locked.
VOID MiCheckUnlocked(ULONG64 Page);

#endif
