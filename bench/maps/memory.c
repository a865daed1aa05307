// SPDX-License-Identifier: MIT
// What malloc and its kin are in the driver, for all libraries alike: blocks of size classes, four to a power
// of two, that are kept when they are freed and given again, from large pieces of the pool. So what is
// measured is the maps, not how fast pages are had; and it is counted what is out.
#include "bench.h"

#define TAG     'hcnB'
#define HEADER  16
#define PIECE   (64ull << 20)
#define CLASSES (64 * 4)

typedef struct FREE_BLOCK {
    ULONG Class;
    SIZE_T Bytes; // as asked for, while it is out
    struct FREE_BLOCK *Next;
} FREE_BLOCK;

SIZE_T BenchBytes;

static FREE_BLOCK *Free[CLASSES];
static PUCHAR Piece;
static SIZE_T PieceLeft;
static PVOID Pieces[1000];
static ULONG PieceCount;

// The smallest class of at least Bytes, and its size.
static ULONG ClassOf(SIZE_T Bytes, PSIZE_T ClassBytes)
{
    ULONG Power, Quarter;

    Bytes = max(Bytes, 32);
    Power = 63 - (ULONG)__builtin_clzll(Bytes - 1);
    Quarter = (ULONG)((Bytes - 1) >> (Power - 2)) & 3;
    *ClassBytes = (SIZE_T)(5 + Quarter) << (Power - 2);
    return Power * 4 + Quarter;
}

static PVOID FromPool(SIZE_T Bytes)
{
    PVOID Memory = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED, Bytes, TAG);

    if (Memory == NULL || PieceCount == RTL_NUMBER_OF(Pieces)) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    Pieces[PieceCount] = Memory;
    PieceCount += 1;
    return Memory;
}

PVOID BenchAllocate(SIZE_T Bytes)
{
    SIZE_T ClassBytes;
    ULONG Class = ClassOf(Bytes + HEADER, &ClassBytes);
    FREE_BLOCK *Block = Free[Class];

    // Every data follows HEADER at an address that is a multiple of 16.
    ClassBytes = (ClassBytes + 15) & ~(SIZE_T)15;
    if (Block != NULL) {
        Free[Class] = Block->Next;
    } else if (ClassBytes > PIECE / 4) {
        Block = FromPool(ClassBytes);
    } else {
        if (PieceLeft < ClassBytes) {
            Piece = FromPool(PIECE);
            PieceLeft = PIECE;
        }
        Block = (FREE_BLOCK *)Piece;
        Piece += ClassBytes;
        PieceLeft -= ClassBytes;
    }
    Block->Class = Class;
    Block->Bytes = Bytes;
    BenchBytes += Bytes;
    return (PUCHAR)Block + HEADER;
}

PVOID BenchAllocateZeroed(SIZE_T Count, SIZE_T Bytes)
{
    PVOID Memory = BenchAllocate(Count * Bytes);

    RtlZeroMemory(Memory, Count * Bytes);
    return Memory;
}

PVOID BenchReallocate(PVOID Memory, SIZE_T Bytes)
{
    PVOID NewMemory = BenchAllocate(Bytes);

    if (Memory != NULL) {
        SIZE_T OldBytes = ((FREE_BLOCK *)(PVOID)((PUCHAR)Memory - HEADER))->Bytes;

        RtlCopyMemory(NewMemory, Memory, min(OldBytes, Bytes));
        BenchFree(Memory);
    }
    return NewMemory;
}

VOID BenchFree(PVOID Memory)
{
    if (Memory != NULL) {
        FREE_BLOCK *Block = (FREE_BLOCK *)(PVOID)((PUCHAR)Memory - HEADER);

        BenchBytes -= Block->Bytes;
        Block->Next = Free[Block->Class];
        Free[Block->Class] = Block;
    }
}

VOID BenchFreeAll(VOID)
{
    while (PieceCount != 0) {
        PieceCount -= 1;
        ExFreePoolWithTag(Pieces[PieceCount], TAG);
    }
}
