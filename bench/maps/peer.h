// SPDX-License-Identifier: MIT
// Makes malloc and its kin of a peer's the driver's.
#ifndef KMODE_BENCH_MAP_PEER_H
#define KMODE_BENCH_MAP_PEER_H

#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include "bench.h"

#define malloc(Bytes)          BenchAllocate(Bytes)
#define calloc(Count, Bytes)   BenchAllocateZeroed((Count), (Bytes))
#define realloc(Memory, Bytes) BenchReallocate((Memory), (Bytes))
#define free(Memory)           BenchFree((PVOID)(Memory))

#endif
