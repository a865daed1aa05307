// SPDX-License-Identifier: MIT
// Blocks of a pool: allocations of less than a page. A page is divided whole into blocks, each with a header
// in front; free neighbours are always merged, and a page that is one free block goes back to the pages.
#include "ex/pool-internal.h"

// Bugcodes.h's value, which the headers here may lack.
#ifndef BAD_POOL_HEADER
#define BAD_POOL_HEADER 0x19
#endif
#define BAD_POOL_HEADER_LIST 0x03 // parameter 1: a free block's links are not those of its list
#define BAD_POOL_HEADER_SIZE 0x20 // parameter 1: a size in a header does not fit its neighbour

static ULONG ExpBlockCheck(const EXP_BLOCK *Block)
{
    ULONG_PTR Place = (ULONG_PTR)Block / EXP_UNIT;
    ULONG Check = (ULONG)Place ^ (ULONG)(Place >> 32) * 0x9E3779B1u;

    Check = (Check ^ Block->Tag) * 0x9E3779B1u;
    return (Check ^ ((ULONG)Block->Units << 16 | Block->State)) * 0x85EBCA77u ^ Block->Bytes;
}

BOOLEAN ExpIsBlock(const EXP_BLOCK *Block)
{
    return (Block->State == EXP_BLOCK_ALLOCATED || Block->State == EXP_BLOCK_FREE) &&
           Block->Check == ExpBlockCheck(Block);
}

static EXP_BLOCK *ExpBlockAt(const EXP_BLOCK *Block, LONG Units)
{
    return (EXP_BLOCK *)((ULONG_PTR)Block + (LONG_PTR)Units * (LONG)EXP_UNIT);
}

// The block behind, NULL for the last of a page.
static EXP_BLOCK *ExpNextBlock(const EXP_BLOCK *Block)
{
    EXP_BLOCK *Next = ExpBlockAt(Block, Block->Units);

    return BYTE_OFFSET(Next) == 0 ? NULL : Next;
}

static VOID ExpWriteHeader(EXP_BLOCK *Block, ULONG Units, USHORT State, SIZE_T Bytes, ULONG Tag)
{
    Block->Units = (USHORT)Units;
    Block->State = State;
    Block->Bytes = (USHORT)Bytes;
    Block->Tag = Tag;
    Block->Check = ExpBlockCheck(Block);
}

static VOID ExpInsertBlock(EXP_POOL *Pool, EXP_BLOCK *Block)
{
    InsertHeadList(&Pool->BlockLists[Block->Units], Block->Links);
    Pool->BlockListsInUse[Block->Units / 64] |= 1ULL << Block->Units % 64;
}

static VOID ExpRemoveBlock(EXP_POOL *Pool, EXP_BLOCK *Block)
{
    if (!ExpIsBlock(Block) || Block->State != EXP_BLOCK_FREE) {
        KeBugCheckEx(BAD_POOL_HEADER, BAD_POOL_HEADER_SIZE, (ULONG_PTR)Block, (ULONG_PTR)Block, 0);
    }
    if (Block->Units <= EXP_LAST_FREED_UNITS && Pool->LastFreed[Block->Units] == Block) {
        Pool->LastFreed[Block->Units] = NULL;
        return;
    }
    if (Block->Links->Flink->Blink != Block->Links || Block->Links->Blink->Flink != Block->Links) {
        KeBugCheckEx(BAD_POOL_HEADER, BAD_POOL_HEADER_LIST, (ULONG_PTR)Block, (ULONG_PTR)Block->Links->Flink,
                     (ULONG_PTR)Block->Links->Blink);
    }
    if (RemoveEntryList(Block->Links)) {
        Pool->BlockListsInUse[Block->Units / 64] &= ~(1ULL << Block->Units % 64);
    }
}

static BOOLEAN ExpMergeLastFreed(EXP_POOL *Pool);

// Takes a free block of at least Units out of its list; from a new page if there is none.
static EXP_BLOCK *ExpTakeBlock(EXP_POOL *Pool, ULONG Units)
{
    EXP_BLOCK *Block;
    ULONG Page;

    for (ULONG Word = Units / 64; Word < RTL_NUMBER_OF(Pool->BlockListsInUse); ++Word) {
        ULONG64 Lists = Pool->BlockListsInUse[Word];
        ULONG Bit;

        if (Word == Units / 64) {
            Lists &= ~0ULL << Units % 64;
        }
        if (_BitScanForward64(&Bit, Lists)) {
            Block = CONTAINING_RECORD(Pool->BlockLists[Word * 64 + Bit].Flink, EXP_BLOCK, Links);
            ExpRemoveBlock(Pool, Block);
            return Block;
        }
    }
    Page = ExpAllocatePages(Pool, 1);
    if (Page == EXP_NO_PAGE) {
        // What is not merged may be what is needed.
        return ExpMergeLastFreed(Pool) ? ExpTakeBlock(Pool, Units) : NULL;
    }
    Pool->Pages[Page].State = ExpPageBlocks;
    Block = (EXP_BLOCK *)ExpPageAddress(Pool, Page);
    Block->PreviousUnits = 0;
    ExpWriteHeader(Block, EXP_PAGE_UNITS, EXP_BLOCK_FREE, 0, 0);
    return Block;
}

// Cuts Block after Units; the part behind becomes a free block, which is returned but in no list.
static EXP_BLOCK *ExpSplitBlock(EXP_BLOCK *Block, ULONG Units)
{
    ULONG Rest = Block->Units - Units;
    EXP_BLOCK *Behind = ExpBlockAt(Block, (LONG)Units);
    EXP_BLOCK *Next = ExpNextBlock(Block);

    Behind->PreviousUnits = (USHORT)Units;
    ExpWriteHeader(Behind, Rest, EXP_BLOCK_FREE, 0, 0);
    ExpWriteHeader(Block, Units, EXP_BLOCK_FREE, 0, 0);
    if (Next) {
        Next->PreviousUnits = (USHORT)Rest;
    }
    return Behind;
}

PVOID ExpAllocateBlock(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag, ULONG Alignment)
{
    ULONG Units = (ULONG)((Bytes + EXP_UNIT - 1) / EXP_UNIT) + 1;
    ULONG AlignmentUnits = Alignment / EXP_UNIT;
    // What may go to waste in front must be large enough to be a block.
    ULONG Slack = AlignmentUnits == 1 ? 0 : AlignmentUnits - 1 + EXP_MIN_UNITS;
    EXP_BLOCK *Block;

    if (Units < EXP_MIN_UNITS) {
        Units = EXP_MIN_UNITS;
    }
    if (Units + Slack > EXP_PAGE_UNITS) {
        return ExpAllocateLarge(Pool, Bytes, Tag);
    }
    if (Slack == 0 && Units <= EXP_LAST_FREED_UNITS && Pool->LastFreed[Units] != NULL) {
        Block = Pool->LastFreed[Units];
        ExpRemoveBlock(Pool, Block);
        ExpWriteHeader(Block, Units, EXP_BLOCK_ALLOCATED, Bytes, Tag);
        return Block + 1;
    }
    Block = ExpTakeBlock(Pool, Units + Slack);
    if (!Block) {
        return NULL;
    }
    if (((ULONG_PTR)Block + EXP_UNIT) % Alignment != 0) {
        ULONG Front = AlignmentUnits - (ULONG)(((ULONG_PTR)Block + EXP_UNIT) / EXP_UNIT % AlignmentUnits);
        EXP_BLOCK *Aligned;

        if (Front < EXP_MIN_UNITS) {
            Front += AlignmentUnits;
        }
        Aligned = ExpSplitBlock(Block, Front);
        ExpInsertBlock(Pool, Block);
        Block = Aligned;
    }
    if (Block->Units - Units >= EXP_MIN_UNITS) {
        ExpInsertBlock(Pool, ExpSplitBlock(Block, Units));
    }
    ExpWriteHeader(Block, Block->Units, EXP_BLOCK_ALLOCATED, Bytes, Tag);
    return Block + 1;
}

static VOID ExpCheckNeighbour(const EXP_BLOCK *Neighbour, const EXP_BLOCK *Front, const EXP_BLOCK *Behind)
{
    if (!ExpIsBlock(Neighbour) || Behind->PreviousUnits != Front->Units) {
        KeBugCheckEx(BAD_POOL_HEADER, BAD_POOL_HEADER_SIZE, (ULONG_PTR)Front, (ULONG_PTR)Behind, 0);
    }
}

// The block in front, NULL for the first of a page. Bug-checks where Block, which is whole itself, and its
// neighbours do not fit each other.
static EXP_BLOCK *ExpCheckNeighbours(EXP_BLOCK *Block)
{
    EXP_BLOCK *Next = ExpNextBlock(Block);
    EXP_BLOCK *Previous;

    if (Next) {
        ExpCheckNeighbour(Next, Block, Next);
    }
    if (Block->PreviousUnits > BYTE_OFFSET(Block) / EXP_UNIT) {
        KeBugCheckEx(BAD_POOL_HEADER, BAD_POOL_HEADER_SIZE, (ULONG_PTR)PAGE_ALIGN(Block), (ULONG_PTR)Block,
                     0);
    }
    if (Block->PreviousUnits == 0) {
        return NULL;
    }
    Previous = ExpBlockAt(Block, -(LONG)Block->PreviousUnits);
    ExpCheckNeighbour(Previous, Previous, Block);
    return Previous;
}

// Block is free, in no list; its neighbours fit it.
static VOID ExpMergeBlock(EXP_POOL *Pool, EXP_BLOCK *Block, EXP_BLOCK *Previous)
{
    EXP_BLOCK *Next = ExpNextBlock(Block);
    ULONG Units = Block->Units;

    if (Next && Next->State == EXP_BLOCK_FREE) {
        ExpRemoveBlock(Pool, Next);
        Units += Next->Units;
    }
    if (Previous && Previous->State == EXP_BLOCK_FREE) {
        ExpRemoveBlock(Pool, Previous);
        Units += Previous->Units;
        Block = Previous;
    }
    ExpWriteHeader(Block, Units, EXP_BLOCK_FREE, Block->Bytes, Block->Tag);
    if (Units == EXP_PAGE_UNITS) {
        ExpFreePages(Pool, (ULONG)(((ULONG_PTR)Block - Pool->FirstPage) / PAGE_SIZE), 1);
        return;
    }
    Next = ExpNextBlock(Block);
    if (Next) {
        Next->PreviousUnits = (USHORT)Units;
    }
    ExpInsertBlock(Pool, Block);
}

// FALSE: there was nothing to merge.
static BOOLEAN ExpMergeLastFreed(EXP_POOL *Pool)
{
    BOOLEAN Any = FALSE;

    for (ULONG Units = 0; Units <= EXP_LAST_FREED_UNITS; ++Units) {
        EXP_BLOCK *Block = Pool->LastFreed[Units];
        if (Block != NULL) {
            ExpRemoveBlock(Pool, Block);
            ExpMergeBlock(Pool, Block, ExpCheckNeighbours(Block));
            Any = TRUE;
        }
    }
    return Any;
}

VOID ExpFreeBlock(EXP_POOL *Pool, EXP_BLOCK *Block)
{
    EXP_BLOCK *Previous = ExpCheckNeighbours(Block);
    ULONG Units = Block->Units;

    // The header stays behind when the block is merged into another: by it a second free, or a crash report,
    // knows what was here.
    ExpWriteHeader(Block, Units, EXP_BLOCK_FREE, Block->Bytes, Block->Tag);
    if (Units <= EXP_LAST_FREED_UNITS) {
        EXP_BLOCK *Before = Pool->LastFreed[Units];
        Pool->LastFreed[Units] = Block;
        if (Before == NULL) {
            return;
        }
        Block = Before;
        Previous = ExpCheckNeighbours(Block);
    }
    ExpMergeBlock(Pool, Block, Previous);
}

EXP_BLOCK *ExpFindBlock(ULONG_PTR Page, ULONG_PTR Address)
{
    EXP_BLOCK *Block = (EXP_BLOCK *)Page;

    while (ExpIsBlock(Block) && Address >= (ULONG_PTR)ExpBlockAt(Block, Block->Units)) {
        EXP_BLOCK *Next = ExpNextBlock(Block);

        if (!Next) {
            break;
        }
        Block = Next;
    }
    return Block;
}

VOID ExpInitializeBlocks(EXP_POOL *Pool)
{
    for (ULONG Units = 0; Units <= EXP_PAGE_UNITS; ++Units) {
        InitializeListHead(&Pool->BlockLists[Units]);
    }
}
