// SPDX-License-Identifier: MIT
// RAM, and where it is mapped: what a computer's memory and page tables are.
#ifndef KMODE_MACHINE_MEMORY_H
#define KMODE_MACHINE_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"

#define KM_PAGE_TABLE_ENTRIES 512

// What is at physical addresses where there is no RAM.
struct km_memory_devices {
    void *context;
    // false: nothing is at the page. *offset: of its contents in *file; KM_MEMORY_TRAPS: an access is to
    // trap.
    bool (*find)(void *context, uint64_t physical, int *file, uint64_t *offset);
};
#define KM_MEMORY_TRAPS (~UINT64_C(0))

// A page table entry is a physical address and KM_PROTECT_*; the tables are those of x64's four levels, and
// are never freed while the machine lives, so that a signal handler on any Linux thread may walk them at any
// time.
struct km_memory {
    int ram;            // a file in memory; -1 if there is none
    uint64_t ram_bytes; // its length
    uint8_t *window; // all of it, mapped once more for the machine's own use; NULL: not yet (user-memory.c)
    void *_Atomic root[KM_PAGE_TABLE_ENTRIES / 2];
    pthread_mutex_t writer;                  // whoever maps, unmaps, protects
    const struct km_memory_devices *devices; // NULL: there are none
    uint64_t device_pages;                   // that have been mapped
};

// ram_bytes: a multiple of the page size; 0: none. false and errno: Linux has no such file to give.
bool km_memory_init(struct km_memory *memory, uint64_t ram_bytes);
// Unmaps everything and gives RAM back.
void km_memory_deinit(struct km_memory *memory);

// Maps zeroed pages of the machine's own, with no RAM behind them, at exactly [address, address + bytes).
// false: occupied, misaligned, in no range of NT's, or no memory.
bool km_memory_map(struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection);
// The same for RAM or a device's memory at [physical, physical + bytes); false also if neither is at all of
// it. A device's lock is the caller's to hold.
bool km_memory_map_physical(struct km_memory *memory, uint64_t address, uint64_t bytes, uint64_t physical,
                            uint32_t protection);
// Unmaps whatever of [address, address + bytes) is mapped.
void km_memory_unmap(struct km_memory *memory, uint64_t address, uint64_t bytes);
// false: not all of the range is mapped.
bool km_memory_protect(struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection);
// Gives RAM back to Linux: it reads as zeroes from now on.
void km_memory_release(struct km_memory *memory, uint64_t physical, uint64_t bytes);
// Devices answer elsewhere than before, or are to trap or not: each mapped page of theirs follows. A device's
// lock is the caller's to hold.
void km_memory_refresh_devices(struct km_memory *memory);
// true if the page of address is a device's: an access that its protection allows is to be carried out for
// the code that has trapped. Safe in a signal handler.
bool km_memory_is_device(const struct km_memory *memory, uint64_t address);
// KM_PROTECT_* of the page of address, with KM_PROTECT_MAPPED; 0 if it is not mapped. Safe in a signal
// handler.
uint32_t km_memory_query(const struct km_memory *memory, uint64_t address);
// The first mapped page at address or above it; KM_PHYSICAL_NONE: there is none.
uint64_t km_memory_next(const struct km_memory *memory, uint64_t address);
// Physical address of the page of address, KM_PHYSICAL_NONE if it has none. Safe in a signal handler.
uint64_t km_memory_physical(const struct km_memory *memory, uint64_t address);
// The same through *cache, which one thread at a time uses: what it found last makes its neighbours quick. A
// cache that is zeroed is empty, and none is ever stale.
struct km_memory_cache {
    uint64_t span; // of the table: its addresses are those that begin so
    const _Atomic uint64_t *table;
};
uint64_t km_memory_physical_cached(const struct km_memory *memory, struct km_memory_cache *cache,
                                   uint64_t address);
// true if every byte of [address, address + bytes) has at least `protection`, and is there for the machine
// itself: no device's that traps. Safe in a signal handler.
bool km_memory_allows(const struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection);

#endif
