// SPDX-License-Identifier: MIT
// Physical pages allocated for an MDL, and freed from it.
#include "inc/kernel.h"

#define MI_LARGE_PAGE 0x200000ULL

#define MI_KNOWN_FLAGS                                                                                       \
    (MM_DONT_ZERO_ALLOCATION | MM_ALLOCATE_FROM_LOCAL_NODE_ONLY | MM_ALLOCATE_FULLY_REQUIRED |               \
     MM_ALLOCATE_NO_WAIT | MM_ALLOCATE_PREFER_CONTIGUOUS | MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS |           \
     MM_ALLOCATE_FAST_LARGE_PAGES)

// Where the pages of an MDL that asks for no contiguous ones are at least not: a driver that takes them for
// contiguous is found.
#define MI_PIECES 16

typedef struct _MI_MDL_PAGES {
    ULONG64 Low, High, Skip; // bytes
    SIZE_T Count;            // pages asked for
    PPFN_NUMBER Numbers;
    SIZE_T Done;
} MI_MDL_PAGES;

static VOID MiTakePages(MI_MDL_PAGES *Asked, ULONG64 Page, SIZE_T Count)
{
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        Asked->Numbers[Asked->Done + Index] = Page + Index;
    }
    Asked->Done += Count;
}

// Blocks of Skip bytes, each at a multiple of as many; or one block of all, if Skip is 0.
static VOID MiAllocateChunks(MI_MDL_PAGES *Asked)
{
    const SIZE_T Chunk = Asked->Skip != 0 ? Asked->Skip / PAGE_SIZE : Asked->Count;
    ULONG64 LowPage, HighPage;
    MiPageRange(Asked->Low, Asked->High, &LowPage, &HighPage);
    while (LowPage <= HighPage && Asked->Done < Asked->Count) {
        // A block that crosses no multiple of its own size begins at one.
        ULONG64 Page = MiAllocatePhysicalPages(Chunk, LowPage, HighPage, Asked->Skip != 0 ? Chunk : 0);
        if (Page == MI_NO_PAGE) {
            return;
        }
        MiTakePages(Asked, Page, Chunk);
    }
}

// As many pages of one range as there are, in pieces.
static VOID MiAllocateFromRange(MI_MDL_PAGES *Asked, ULONG64 LowPage, ULONG64 HighPage, SIZE_T Piece)
{
    while (Asked->Done < Asked->Count) {
        Piece = min(Piece, Asked->Count - Asked->Done);
        ULONG64 Page = MiAllocatePhysicalPages(Piece, LowPage, HighPage, 0);
        if (Page != MI_NO_PAGE) {
            MiTakePages(Asked, Page, Piece);
        } else if (Piece > 1) {
            Piece /= 2;
        } else {
            return;
        }
    }
}

static VOID MiReverse(PPFN_NUMBER Numbers, SIZE_T Count)
{
    for (SIZE_T Index = 0; Index < Count / 2; Index += 1) {
        PFN_NUMBER Number = Numbers[Index];
        Numbers[Index] = Numbers[Count - 1 - Index];
        Numbers[Count - 1 - Index] = Number;
    }
}

static VOID MiAllocateAnywhere(MI_MDL_PAGES *Asked, BOOLEAN Contiguous)
{
    const SIZE_T Piece = Contiguous ? Asked->Count : (Asked->Count + MI_PIECES - 1) / MI_PIECES;
    ULONG64 Low = Asked->Low, High = Asked->High, LowPage, HighPage;
    for (;;) {
        MiPageRange(Low, High, &LowPage, &HighPage);
        if (LowPage <= HighPage) {
            MiAllocateFromRange(Asked, LowPage, HighPage, Piece);
        }
        if (Asked->Done == Asked->Count || Asked->Skip == 0 ||
            __builtin_add_overflow(Low, Asked->Skip, &Low) || !MiIsPhysicalMemory(Low / PAGE_SIZE)) {
            break;
        }
        if (__builtin_add_overflow(High, Asked->Skip, &High)) {
            High = ~0ULL;
        }
    }
    if (Contiguous || Piece == 0) {
        return;
    }
    // The pieces were had one behind the other: they go the other way round.
    for (SIZE_T Start = 0; Start < Asked->Done; Start += Piece) {
        MiReverse(Asked->Numbers + Start, min(Piece, Asked->Done - Start));
    }
    MiReverse(Asked->Numbers, Asked->Done);
}

static VOID MiFreePageNumbers(const PFN_NUMBER *Numbers, SIZE_T Count)
{
    while (Count != 0) {
        SIZE_T Run = 1;
        while (Run < Count && Numbers[Run] == Numbers[0] + Run) {
            Run += 1;
        }
        MiFreePhysicalPages(Numbers[0], Run);
        Numbers += Run;
        Count -= Run;
    }
}

// FALSE: the documentation forbids it.
static BOOLEAN MiMayAllocate(SIZE_T Bytes, ULONG64 Skip, MEMORY_CACHING_TYPE CacheType, ULONG Node,
                             ULONG Flags)
{
    const BOOLEAN Chunks = (Flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS) != 0;
    if (Bytes == 0 || Bytes > 0x100000000 - PAGE_SIZE || Skip % PAGE_SIZE != 0 || Flags & ~MI_KNOWN_FLAGS ||
        !MiIsNode(Node) || (CacheType != MmNotMapped && (ULONG)CacheType >= MmMaximumCacheType)) {
        return FALSE;
    }
    if (Chunks && Skip != 0 && ((Skip & (Skip - 1)) != 0 || Bytes % Skip != 0)) {
        return FALSE;
    }
    return !(Flags & MM_ALLOCATE_FAST_LARGE_PAGES) || (Chunks && Skip != 0 && Skip % MI_LARGE_PAGE == 0);
}

// IRQL <= DISPATCH_LEVEL. An MDL, freed by ExFreePool behind MmFreePagesFromMdl, of as many pages as there
// are; NULL: none, or what the flags demand can't be had. Pages are always zeroed.
PMDL NTAPI MmAllocateNodePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                       PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                                       MEMORY_CACHING_TYPE CacheType, ULONG IdealNode, ULONG Flags)
{
    MI_MDL_PAGES Asked = {.Low = (ULONG64)LowAddress.QuadPart,
                          .High = (ULONG64)HighAddress.QuadPart,
                          .Skip = (ULONG64)SkipBytes.QuadPart,
                          .Count = BYTES_TO_PAGES(TotalBytes)};
    if (!MiMayAllocate(TotalBytes, Asked.Skip, CacheType, IdealNode, Flags)) {
        return NULL;
    }
    PMDL Mdl = ExAllocatePoolZero(NonPagedPoolNx, MmSizeOfMdl(NULL, Asked.Count * PAGE_SIZE), TAG_MDL);
    if (Mdl == NULL) {
        return NULL;
    }
    Asked.Numbers = MmGetMdlPfnArray(Mdl);
    const BOOLEAN Chunks = (Flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS) != 0;
    if (Chunks) {
        MiAllocateChunks(&Asked);
    } else {
        MiAllocateAnywhere(&Asked, (Flags & MM_ALLOCATE_PREFER_CONTIGUOUS) != 0);
    }
    if (Asked.Done == 0 || (Asked.Done < Asked.Count && Flags & MM_ALLOCATE_FULLY_REQUIRED)) {
        MiFreePageNumbers(Asked.Numbers, Asked.Done);
        ExFreePoolWithTag(Mdl, TAG_MDL);
        return NULL;
    }
    MmInitializeMdl(Mdl, NULL, Asked.Done * PAGE_SIZE);
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    for (SIZE_T Index = 0; Index < Asked.Done; Index += 1) {
        MiLockPage(Asked.Numbers[Index]);
    }
    return Mdl;
}

PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                   PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                                   MEMORY_CACHING_TYPE CacheType, ULONG Flags)
{
    return MmAllocateNodePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, CacheType,
                                       MM_ANY_NODE_OK, Flags);
}

PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                 PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes)
{
    return MmAllocateNodePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, MmNotMapped,
                                       MM_ANY_NODE_OK, 0);
}

// IRQL <= DISPATCH_LEVEL. Takes a mapping in system space away too. Bug check PFN_LIST_CORRUPT for pages that
// nobody has, or that another MDL has locked.
VOID NTAPI MmFreePagesFromMdl(PMDL MemoryDescriptorList)
{
    const PMDL Mdl = MemoryDescriptorList;
    const SIZE_T Pages = MiMdlPages(Mdl);
    PPFN_NUMBER Numbers = MmGetMdlPfnArray(Mdl);
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }
    for (SIZE_T Index = 0; Index < Pages; Index += 1) {
        if (!MiIsPageTaken(Numbers[Index])) {
            KeBugCheckEx(PFN_LIST_CORRUPT, MI_PFN_FREED_UNALLOCATED, Numbers[Index], 0, 0);
        }
        if (Mdl->MdlFlags & MDL_PAGES_LOCKED) {
            MiUnlockPage(Numbers[Index]);
        }
        MiCheckUnlocked(Numbers[Index]);
    }
    MiFreePageNumbers(Numbers, Pages);
    // So that they are not freed again.
    for (SIZE_T Index = 0; Index < Pages; Index += 1) {
        Numbers[Index] = MI_NO_PAGE;
    }
    Mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
}
