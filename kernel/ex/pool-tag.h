// SPDX-License-Identifier: MIT
// How much pool each tag has.
#ifndef KMODE_EX_POOL_TAG_H
#define KMODE_EX_POOL_TAG_H

// Whose counts: those of a pool are changed under its lock, those of special pool (verify/pool.c) by
// interlocked operations.
typedef enum EXP_TAG_POOL {
    ExpTagNonPaged,
    ExpTagPaged,
    ExpTagExecutable,
    ExpTagSpecialNonPaged,
    ExpTagSpecialPaged,
    ExpTagPools,
} EXP_TAG_POOL;

typedef struct EXP_TAG_COUNTS {
    ULONG Allocations, Frees;
    SIZE_T Used; // bytes, headers included
} EXP_TAG_COUNTS;

typedef struct EXP_POOL_TAG {
    ULONG Tag; // without PROTECTED_POOL; 0: nobody's
    EXP_TAG_COUNTS Counts[ExpTagPools];
} EXP_POOL_TAG;

// Tags beyond those that there is room for are counted together, as Windows does.
#define EXP_OVERFLOW_TAG 'lfvO'

// An allocation, or its end. Any IRQL; Pool's lock is held, if it has one.
VOID ExpCountAllocation(EXP_TAG_POOL Pool, ULONG Tag, SIZE_T Bytes);
VOID ExpCountFree(EXP_TAG_POOL Pool, ULONG Tag, SIZE_T Bytes);
// The same of special pool for Bytes that were asked for.
VOID ExpCountSpecial(POOL_TYPE Type, ULONG Tag, SIZE_T Bytes, BOOLEAN Freed);

// The next of the tags that have been seen; *Place is 0 for the first. FALSE: no further one. Any IRQL.
BOOLEAN ExpNextPoolTag(PULONG Place, EXP_POOL_TAG *Tag);

#endif
