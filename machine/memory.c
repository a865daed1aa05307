// SPDX-License-Identifier: MIT
// The table of mapped ranges, and Linux's mappings that follow it.
#include "machine/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int linux_protection(uint32_t protection)
{
    return (protection & KM_PROTECT_READ ? PROT_READ : 0) | (protection & KM_PROTECT_WRITE ? PROT_WRITE : 0) |
           (protection & KM_PROTECT_EXECUTE ? PROT_EXEC : 0);
}

static bool is_range(uint64_t address, uint64_t bytes)
{
    uint64_t end;
    return bytes != 0 && (address | bytes) % KM_PAGE_SIZE == 0 && address >= KM_SYSTEM_RANGE_START &&
           !__builtin_add_overflow(address, bytes, &end) && end <= UINT64_C(0x7ffffffff000);
}

// Index of the first range that ends above address.
static size_t find(const struct km_memory *memory, uint64_t address)
{
    size_t low = 0, high = memory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memory->ranges[middle].end <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// Room for the two ranges more that one change can make: asked for before the change, so that it can't fail
// midway.
static bool reserve(struct km_memory *memory)
{
    if (memory->count + 2 <= memory->capacity) {
        return true;
    }
    size_t capacity = memory->capacity ? memory->capacity * 2 : 64;
    struct km_range *ranges = realloc(memory->ranges, capacity * sizeof *ranges);
    if (ranges == NULL) {
        return false;
    }
    memory->ranges = ranges;
    memory->capacity = capacity;
    return true;
}

static void insert(struct km_memory *memory, size_t at, struct km_range range)
{
    memmove(&memory->ranges[at + 1], &memory->ranges[at], (memory->count - at) * sizeof range);
    memory->ranges[at] = range;
    memory->count++;
}

static void erase(struct km_memory *memory, size_t at)
{
    memmove(&memory->ranges[at], &memory->ranges[at + 1], (memory->count - at - 1) * sizeof *memory->ranges);
    memory->count--;
}

// Cuts the ranges so that none lies across address.
static void split(struct km_memory *memory, uint64_t address)
{
    size_t at = find(memory, address);
    if (at < memory->count && memory->ranges[at].start < address) {
        struct km_range tail = memory->ranges[at];
        memory->ranges[at].end = tail.start = address;
        insert(memory, at + 1, tail);
    }
}

static void join(struct km_memory *memory, size_t at)
{
    if (at > 0 && at < memory->count && memory->ranges[at - 1].end == memory->ranges[at].start &&
        memory->ranges[at - 1].protection == memory->ranges[at].protection) {
        memory->ranges[at - 1].end = memory->ranges[at].end;
        erase(memory, at);
    }
}

void km_memory_init(struct km_memory *memory)
{
    *memory = (struct km_memory){0};
}

void km_memory_deinit(struct km_memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        munmap((void *)memory->ranges[i].start, memory->ranges[i].end - memory->ranges[i].start);
    }
    free(memory->ranges);
    *memory = (struct km_memory){0};
}

bool km_memory_map(struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection)
{
    if (!is_range(address, bytes) || !reserve(memory)) {
        return false;
    }
    size_t at = find(memory, address);
    if (at < memory->count && memory->ranges[at].start < address + bytes) {
        return false;
    }
    void *mapped = mmap((void *)address, bytes, linux_protection(protection),
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped != (void *)address) {
        if (mapped != MAP_FAILED) {
            munmap(mapped, bytes);
        }
        return false;
    }
    insert(memory, at, (struct km_range){address, address + bytes, protection});
    join(memory, at + 1);
    join(memory, at);
    return true;
}

void km_memory_unmap(struct km_memory *memory, uint64_t address, uint64_t bytes)
{
    if (!is_range(address, bytes) || !reserve(memory)) {
        return;
    }
    split(memory, address);
    split(memory, address + bytes);
    for (size_t at = find(memory, address);
         at < memory->count && memory->ranges[at].start < address + bytes;) {
        munmap((void *)memory->ranges[at].start, memory->ranges[at].end - memory->ranges[at].start);
        erase(memory, at);
    }
}

bool km_memory_protect(struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection)
{
    if (!is_range(address, bytes) || !reserve(memory)) {
        return false;
    }
    uint64_t covered = address;
    for (size_t at = find(memory, address); at < memory->count && memory->ranges[at].start <= covered; at++) {
        covered = memory->ranges[at].end;
    }
    if (covered < address + bytes || mprotect((void *)address, bytes, linux_protection(protection)) != 0) {
        return false;
    }
    split(memory, address);
    split(memory, address + bytes);
    size_t first = find(memory, address), last = first;
    for (; last < memory->count && memory->ranges[last].start < address + bytes; last++) {
        memory->ranges[last].protection = protection;
    }
    for (size_t at = last + 1; at-- > first;) {
        join(memory, at);
    }
    return true;
}

uint32_t km_memory_query(const struct km_memory *memory, uint64_t address)
{
    size_t at = find(memory, address);
    return at < memory->count && memory->ranges[at].start <= address ? memory->ranges[at].protection : 0;
}

bool km_memory_allows(const struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection)
{
    uint64_t end;
    if (__builtin_add_overflow(address, bytes, &end)) {
        return false;
    }
    for (size_t at = find(memory, address); address < end; at++) {
        if (at >= memory->count || memory->ranges[at].start > address ||
            (memory->ranges[at].protection & protection) != protection) {
            return false;
        }
        address = memory->ranges[at].end;
    }
    return true;
}
