// SPDX-License-Identifier: MIT
// Arenas: memory that is given out by moving a pointer, and freed as one.
//
//     NTSTATUS Started;
//     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'nerA');
//     KM_ARENA Arena;
//
//     Started = KmArenaInit(&Arena, &Pool, 4096);
//     if (!NT_SUCCESS(Started)) {
//         return Started;
//     }
//     PULONG Numbers = KmNewArray(&Arena.Allocator, ULONG, 100);
//     PVOID Name = KmAllocCopy(&Arena.Allocator, RegistryPath->Buffer, RegistryPath->Length);
//     if (Numbers == NULL || Name == NULL) {
//         Status = STATUS_INSUFFICIENT_RESOURCES;
//     }
//     KmArenaDestroy(&Arena);
//
// For what is built up step by step and thrown away as a whole: a request, a parse, a list that is sent. An
// arena is not synchronized: one thread at a time uses it.
#ifndef KMODE_ARENA_H
#define KMODE_ARENA_H

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// An arena: an allocator, by &Arena.Allocator, between KmArenaInit and KmArenaDestroy. KmFree gives back the
/// last allocation, and nothing else; KmRealloc makes the last one longer where it is. Members are the SDK's.
typedef struct KM_ARENA {
    KM_ALLOCATOR Allocator;
    PKM_ALLOCATOR Parent;
    SIZE_T ChunkBytes;
    PVOID Chunk; ///< the newest; NULL: none yet
    PUCHAR Next; ///< free from here
    PUCHAR End;
} KM_ARENA, *PKM_ARENA;

/// A state of an arena, to go back to.
typedef struct KM_ARENA_MARK {
    PVOID Chunk;
    PUCHAR Next;
} KM_ARENA_MARK, *PKM_ARENA_MARK;

/// Makes Arena one that takes memory from Parent, ChunkBytes at a time (more for a request that is larger),
/// with Parent's tag and at Parent's IRQL. Nothing is taken yet.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Parent's tag is 0, or ChunkBytes below 128 or above 1
/// GB.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmArenaInit(_Out_ PKM_ARENA Arena, _In_ PKM_ALLOCATOR Parent, _In_ SIZE_T ChunkBytes);

/// Returns the state of now, for KmArenaRewind. Marks may be nested.
///
///     NTSTATUS Started;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'kraM');
///     KM_ARENA Arena;
///     Started = KmArenaInit(&Arena, &Pool, 4096);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     for (ULONG Round = 0; Round < 10; Round += 1) {
///         KM_ARENA_MARK Mark = KmArenaMark(&Arena);
///         PVOID Scratch = KmAllocUninitialized(&Arena.Allocator, 1000);
///         if (Scratch == NULL) {
///             Status = STATUS_INSUFFICIENT_RESOURCES;
///         }
///         KmArenaRewind(&Arena, Mark);
///     }
///     KmArenaDestroy(&Arena);
_IRQL_requires_max_(HIGH_LEVEL) KM_ARENA_MARK NTAPI KmArenaMark(_In_ const KM_ARENA *Arena);

/// Frees whatever was allocated since Mark was made; later marks are no marks any more. IRQL: the parent's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmArenaRewind(_Inout_ PKM_ARENA Arena, _In_ KM_ARENA_MARK Mark);

/// Frees whatever was allocated, but keeps the first chunk for what comes next. All marks end. IRQL: the
/// parent's.
///
///     NTSTATUS Started;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'tseR');
///     KM_ARENA Arena;
///     Started = KmArenaInit(&Arena, &Pool, 4096);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     for (ULONG Packet = 0; Packet < 10; Packet += 1) {
///         PVOID Header = KmAlloc(&Arena.Allocator, 64);
///         Status = Header != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
///         KmArenaReset(&Arena);
///     }
///     KmArenaDestroy(&Arena);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmArenaReset(_Inout_ PKM_ARENA Arena);

/// Frees everything. Arena may be used again as KmArenaInit made it. IRQL: the parent's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmArenaDestroy(_Inout_ PKM_ARENA Arena);

#ifdef __cplusplus
}
#endif

#endif
