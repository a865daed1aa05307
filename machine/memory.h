// SPDX-License-Identifier: MIT
// What is mapped in the kernel half, page by page, and with which protection.
#ifndef KMODE_MACHINE_MEMORY_H
#define KMODE_MACHINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"

struct km_range {
    uint64_t start, end; // [start, end), page aligned
    uint32_t protection;
};

// Ranges sorted by start; neighbours of one protection are one range.
struct km_memory {
    struct km_range *ranges;
    size_t count, capacity;
};

void km_memory_init(struct km_memory *memory);
// Unmaps every range.
void km_memory_deinit(struct km_memory *memory);

// Maps zeroed pages at exactly [address, address + bytes). false: occupied, misaligned, below the boundary,
// or no memory.
bool km_memory_map(struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection);
// Unmaps whatever of [address, address + bytes) is mapped.
void km_memory_unmap(struct km_memory *memory, uint64_t address, uint64_t bytes);
// false: not all of the range is mapped.
bool km_memory_protect(struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection);
// KM_PROTECT_* of the page of address, 0 if it is not mapped. Safe in a signal handler.
uint32_t km_memory_query(const struct km_memory *memory, uint64_t address);
// true if every byte of [address, address + bytes) has at least `protection`. Safe in a signal handler.
bool km_memory_allows(const struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection);

#endif
