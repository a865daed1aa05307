// SPDX-License-Identifier: MIT
// Maps of kmode and of its peers, measured by one driver: the same compiler and flags, the same pool, the
// same keys, the same work, one after the other.
#ifndef KMODE_BENCH_MAP_BENCH_H
#define KMODE_BENCH_MAP_BENCH_H

#include <ntddk.h>

// One library. State is a pointer of its own, NULL while there is no map.
typedef struct BENCH_MAP {
    PCSTR Name;
    // Inserts keys that are not there, or each its own value: key and its complement.
    VOID (*Insert)(PVOID *State, const ULONG64 *Keys, ULONG Count);
    // Returns the sum of the values of the keys that are found.
    ULONG64 (*Find)(PVOID State, const ULONG64 *Keys, ULONG Count);
    VOID (*Erase)(PVOID *State, const ULONG64 *Keys, ULONG Count);
    // Returns the sum of all values.
    ULONG64 (*Iterate)(PVOID State);
    VOID (*Free)(PVOID *State);
} BENCH_MAP;

extern const BENCH_MAP KmodeMap, KlibMap, StcMap, UtMap;
extern const BENCH_MAP KmodeTree, KlibTree, KlibAvlTree, StcTree;

// Memory of the pool, and how much of it is out.
extern SIZE_T BenchBytes;
PVOID BenchAllocate(SIZE_T Bytes);
PVOID BenchAllocateZeroed(SIZE_T Count, SIZE_T Bytes);
PVOID BenchReallocate(PVOID Memory, SIZE_T Bytes);
VOID BenchFree(PVOID Memory);
VOID BenchFreeAll(VOID);

#endif
