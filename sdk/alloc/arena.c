// SPDX-License-Identifier: MIT
// Arenas: chunks of the parent, the newest first, in which a pointer moves.
#include "alloc/wrapper.h"

typedef struct DECLSPEC_ALIGN(16) KMP_ARENA_CHUNK {
    struct KMP_ARENA_CHUNK *Older;
    SIZE_T Bytes; ///< this header included
} KMP_ARENA_CHUNK, *PKMP_ARENA_CHUNK;

C_ASSERT(sizeof(KMP_ARENA_CHUNK) % MEMORY_ALLOCATION_ALIGNMENT == 0);

#define LARGEST_CHUNK ((SIZE_T)1 << 30)

// 0 if no SIZE_T holds it.
static SIZE_T Rounded(SIZE_T Bytes)
{
    return (Bytes + MEMORY_ALLOCATION_ALIGNMENT - 1) & ~(SIZE_T)(MEMORY_ALLOCATION_ALIGNMENT - 1);
}

static BOOLEAN AddChunk(PKM_ARENA Arena, SIZE_T Room)
{
    SIZE_T Bytes = max(Arena->ChunkBytes, sizeof(KMP_ARENA_CHUNK) + Room);
    PKMP_ARENA_CHUNK Chunk;

    if (Room > (SIZE_T)-1 - sizeof(KMP_ARENA_CHUNK)) {
        return FALSE;
    }
    Chunk = (PKMP_ARENA_CHUNK)KmAllocUninitialized(Arena->Parent, Bytes);
    if (Chunk == NULL) {
        return FALSE;
    }
    Chunk->Older = (PKMP_ARENA_CHUNK)Arena->Chunk;
    Chunk->Bytes = Bytes;
    Arena->Chunk = Chunk;
    Arena->Next = (PUCHAR)(Chunk + 1);
    Arena->End = (PUCHAR)Chunk + Bytes;
    return TRUE;
}

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    PKM_ARENA Arena = (PKM_ARENA)Allocator;
    SIZE_T Room = Rounded(Bytes);
    PVOID Memory;

    if (Room == 0 || ((SIZE_T)(Arena->End - Arena->Next) < Room && !AddChunk(Arena, Room))) {
        return NULL;
    }
    Memory = Arena->Next;
    Arena->Next += Room;
    if (Zeroed) {
        RtlZeroMemory(Memory, Bytes);
    }
    return Memory;
}

static BOOLEAN IsLast(PKM_ARENA Arena, PVOID Memory, SIZE_T Bytes)
{
    return (PUCHAR)Memory + Rounded(Bytes) == Arena->Next;
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    PKM_ARENA Arena = (PKM_ARENA)Allocator;

    if (IsLast(Arena, Memory, Bytes)) {
        Arena->Next = (PUCHAR)Memory;
    }
}

static BOOLEAN NTAPI Resize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    PKM_ARENA Arena = (PKM_ARENA)Allocator;
    SIZE_T NewRoom = Rounded(NewBytes);

    if (NewRoom == 0) {
        return FALSE;
    }
    if (!IsLast(Arena, Memory, Bytes)) {
        return NewRoom <= Rounded(Bytes);
    }
    if ((SIZE_T)(Arena->End - (PUCHAR)Memory) < NewRoom) {
        return FALSE;
    }
    Arena->Next = (PUCHAR)Memory + NewRoom;
    return TRUE;
}

static const KMP_WRAPPER_OPERATIONS Operations = KMP_WRAPPER_OPERATIONS_INIT(Allocate, Free, Resize);

NTSTATUS NTAPI KmArenaInit(PKM_ARENA Arena, PKM_ALLOCATOR Parent, SIZE_T ChunkBytes)
{
    RtlZeroMemory(Arena, sizeof(*Arena));
    if (Parent->Tag == 0 || ChunkBytes < 128 || ChunkBytes > LARGEST_CHUNK) {
        return STATUS_INVALID_PARAMETER;
    }
    Arena->Allocator.Operations = KmpWrapperOperations(Operations, Parent);
    Arena->Allocator.Tag = Parent->Tag;
    Arena->Parent = Parent;
    Arena->ChunkBytes = ChunkBytes;
    return STATUS_SUCCESS;
}

KM_ARENA_MARK NTAPI KmArenaMark(const KM_ARENA *Arena)
{
    KM_ARENA_MARK Mark;

    Mark.Chunk = Arena->Chunk;
    Mark.Next = Arena->Next;
    return Mark;
}

VOID NTAPI KmArenaRewind(PKM_ARENA Arena, KM_ARENA_MARK Mark)
{
    while (Arena->Chunk != Mark.Chunk) {
        PKMP_ARENA_CHUNK Chunk = (PKMP_ARENA_CHUNK)Arena->Chunk;

        Arena->Chunk = Chunk->Older;
        KmFree(Arena->Parent, Chunk, Chunk->Bytes);
    }
    Arena->Next = Mark.Next;
    Arena->End = Mark.Chunk != NULL ? (PUCHAR)Mark.Chunk + ((PKMP_ARENA_CHUNK)Mark.Chunk)->Bytes : NULL;
}

VOID NTAPI KmArenaReset(PKM_ARENA Arena)
{
    KM_ARENA_MARK First = {Arena->Chunk, NULL};

    if (First.Chunk == NULL) {
        return;
    }
    while (((PKMP_ARENA_CHUNK)First.Chunk)->Older != NULL) {
        First.Chunk = ((PKMP_ARENA_CHUNK)First.Chunk)->Older;
    }
    First.Next = (PUCHAR)First.Chunk + sizeof(KMP_ARENA_CHUNK);
    KmArenaRewind(Arena, First);
}

VOID NTAPI KmArenaDestroy(PKM_ARENA Arena)
{
    KM_ARENA_MARK Empty = {NULL, NULL};

    KmArenaRewind(Arena, Empty);
}
