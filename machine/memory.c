// SPDX-License-Identifier: MIT
// RAM and page tables, and Linux's mappings that follow them.
#include "machine/memory.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ENTRY_FLAGS  UINT64_C(0xFFF)
#define ENTRY_NO_RAM UINT64_C(0x10) // a page of the machine's own
#define ENTRY_DEVICE UINT64_C(0x20)
#define ENTRY_TRAPS  UINT64_C(0x40) // a device's that Linux lets nobody touch
#define ENTRY_OWN    (ENTRY_NO_RAM | ENTRY_DEVICE | ENTRY_TRAPS)

#define LEVEL_BITS 9
#define PAGE_BITS  12

typedef _Atomic uint64_t entry;

static int linux_protection(uint32_t protection)
{
    return (protection & KM_PROTECT_READ ? PROT_READ : 0) | (protection & KM_PROTECT_WRITE ? PROT_WRITE : 0) |
           (protection & KM_PROTECT_EXECUTE ? PROT_EXEC : 0);
}

static bool is_range(uint64_t address, uint64_t bytes)
{
    uint64_t end;
    if (bytes == 0 || (address | bytes) % KM_PAGE_SIZE != 0 || __builtin_add_overflow(address, bytes, &end)) {
        return false;
    }
    return (address >= KM_SYSTEM_RANGE_START && end <= UINT64_C(0x7ffffffff000)) ||
           (address >= KM_USER_RANGE_START && end <= KM_USER_RANGE_END);
}

static unsigned index_at(uint64_t address, unsigned level)
{
    return (unsigned)(address >> (PAGE_BITS + LEVEL_BITS * level)) & (KM_PAGE_TABLE_ENTRIES - 1);
}

// The entry of the page of address, NULL if there is no table for it.
static entry *find(const struct km_memory *memory, uint64_t address)
{
    if (address >> 47 != 0) {
        return NULL;
    }
    void *table = atomic_load_explicit(&memory->root[index_at(address, 3)], memory_order_acquire);
    for (unsigned level = 2; table != NULL && level > 0; level--) {
        void *_Atomic *tables = table;
        table = atomic_load_explicit(&tables[index_at(address, level)], memory_order_acquire);
    }
    return table != NULL ? (entry *)table + index_at(address, 0) : NULL;
}

// The table below *slot, made if there is none.
static void *next_table(void *_Atomic *slot)
{
    void *table = atomic_load_explicit(slot, memory_order_relaxed);
    if (table == NULL) {
        table = mmap(NULL, KM_PAGE_TABLE_ENTRIES * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (table == MAP_FAILED) {
            return NULL;
        }
        atomic_store_explicit(slot, table, memory_order_release);
    }
    return table;
}

// Makes the tables for a range: asked for before the change, so that it can't fail midway.
static bool reserve(struct km_memory *memory, uint64_t address, uint64_t bytes)
{
    const uint64_t span = UINT64_C(1) << (PAGE_BITS + LEVEL_BITS);
    for (uint64_t at = address & ~(span - 1); at < address + bytes; at += span) {
        void *table = next_table(&memory->root[index_at(at, 3)]);
        for (unsigned level = 2; table != NULL && level > 0; level--) {
            table = next_table((void *_Atomic *)table + index_at(at, level));
        }
        if (table == NULL) {
            return false;
        }
    }
    return true;
}

bool km_memory_init(struct km_memory *memory, uint64_t ram_bytes)
{
    memset(memory, 0, sizeof *memory);
    memory->ram = -1;
    pthread_mutex_init(&memory->writer, NULL);
    if (ram_bytes == 0) {
        return true;
    }
    memory->ram = memfd_create("kmode-ram", MFD_CLOEXEC);
    if (memory->ram < 0 || ftruncate(memory->ram, (off_t)ram_bytes) != 0) {
        return false;
    }
    memory->ram_bytes = ram_bytes;
    return true;
}

// Run by run: what lies between is not the machine's, and a call for each page would take most of a short
// run.
static void unmap_pages(const uint64_t *table, uint64_t address)
{
    for (unsigned i = 0, end; i < KM_PAGE_TABLE_ENTRIES; i = end + 1) {
        for (end = i; end < KM_PAGE_TABLE_ENTRIES && table[end] != 0;) {
            end++;
        }
        if (end > i) {
            munmap((void *)(address + i * KM_PAGE_SIZE), (end - i) * KM_PAGE_SIZE);
        }
    }
}

static void free_table(void *table, uint64_t address, unsigned level)
{
    if (table == NULL) {
        return;
    }
    if (level == 0) {
        unmap_pages(table, address);
    }
    for (unsigned i = 0; level > 0 && i < KM_PAGE_TABLE_ENTRIES; i++) {
        free_table(((void **)table)[i], address + ((uint64_t)i << (PAGE_BITS + LEVEL_BITS * level)),
                   level - 1);
    }
    munmap(table, KM_PAGE_TABLE_ENTRIES * sizeof(uint64_t));
}

void km_memory_deinit(struct km_memory *memory)
{
    for (unsigned i = 0; i < KM_PAGE_TABLE_ENTRIES / 2; i++) {
        free_table(memory->root[i], (uint64_t)i << (PAGE_BITS + LEVEL_BITS * 3), 2);
        memory->root[i] = NULL;
    }
    if (memory->ram >= 0) {
        close(memory->ram);
        if (memory->window != NULL) {
            munmap(memory->window, memory->ram_bytes);
        }
    }
    memory->ram = -1;
    memory->window = NULL;
    memory->ram_bytes = 0;
    pthread_mutex_destroy(&memory->writer);
}

static bool is_free(const struct km_memory *memory, uint64_t address, uint64_t bytes)
{
    for (uint64_t at = address; at < address + bytes; at += KM_PAGE_SIZE) {
        if (km_memory_query(memory, at) != 0) {
            return false;
        }
    }
    return true;
}

static bool map(struct km_memory *memory, uint64_t address, uint64_t bytes, uint64_t physical,
                uint32_t protection)
{
    const bool own = physical == KM_PHYSICAL_NONE;
    if (!is_range(address, bytes) || !is_free(memory, address, bytes) || !reserve(memory, address, bytes)) {
        return false;
    }
    void *mapped =
        mmap((void *)address, bytes, linux_protection(protection),
             (own ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
             own ? -1 : memory->ram, own ? 0 : (off_t)physical);
    if (mapped != (void *)address) {
        if (mapped != MAP_FAILED) {
            munmap(mapped, bytes);
        }
        return false;
    }
    uint64_t flags = protection | KM_PROTECT_MAPPED | (own ? ENTRY_NO_RAM : 0);
    for (uint64_t done = 0; done < bytes; done += KM_PAGE_SIZE) {
        *find(memory, address + done) = (own ? 0 : physical + done) | flags;
    }
    return true;
}

bool km_memory_map(struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection)
{
    pthread_mutex_lock(&memory->writer);
    bool done = map(memory, address, bytes, KM_PHYSICAL_NONE, protection);
    pthread_mutex_unlock(&memory->writer);
    return done;
}

// ---- Memory of devices

// A run of pages, the contents of which follow each other, or which all trap.
struct run {
    uint64_t address, bytes, offset;
    int file;
};

// Linux has that run there as the entries' protection says. Where it has no memory to map it, it traps.
static void apply(struct km_memory *memory, const struct run *run)
{
    if (run->bytes == 0) {
        return;
    }
    const entry *first = find(memory, run->address);
    const int protection = linux_protection((uint32_t)(*first & ENTRY_FLAGS));
    bool traps = run->offset == KM_MEMORY_TRAPS;
    if (!traps) {
        traps = mmap((void *)run->address, run->bytes, protection, MAP_SHARED | MAP_NORESERVE | MAP_FIXED,
                     run->file, (off_t)run->offset) == MAP_FAILED;
    }
    if (traps) {
        mprotect((void *)run->address, run->bytes, PROT_NONE);
    }
    for (uint64_t at = run->address; at < run->address + run->bytes; at += KM_PAGE_SIZE) {
        entry *slot = find(memory, at);
        *slot = (*slot & ~ENTRY_TRAPS) | (traps ? ENTRY_TRAPS : 0);
    }
}

// Adds the device's page at address to the run, which is applied first if it does not go on there.
static void extend(struct km_memory *memory, struct run *run, uint64_t address, uint64_t physical)
{
    struct run page = {.address = address, .bytes = KM_PAGE_SIZE, .offset = KM_MEMORY_TRAPS, .file = -1};
    if (memory->devices == NULL ||
        !memory->devices->find(memory->devices->context, physical, &page.file, &page.offset)) {
        page.offset = KM_MEMORY_TRAPS; // it has left
    }
    const bool traps = page.offset == KM_MEMORY_TRAPS;
    const bool follows =
        run->bytes != 0 && run->address + run->bytes == address &&
        (traps ? run->offset == KM_MEMORY_TRAPS
               : run->offset != KM_MEMORY_TRAPS && run->file == page.file &&
                     run->offset + run->bytes == page.offset) &&
        ((*find(memory, address) ^ *find(memory, run->address)) & ENTRY_FLAGS & ~ENTRY_OWN) == 0;
    if (follows) {
        run->bytes += KM_PAGE_SIZE;
    } else {
        apply(memory, run);
        *run = page;
    }
}

static bool is_devices(const struct km_memory *memory, uint64_t physical, uint64_t bytes)
{
    bool found = memory->devices != NULL;
    for (uint64_t at = physical; found && at < physical + bytes; at += KM_PAGE_SIZE) {
        int file;
        uint64_t offset;
        found = memory->devices->find(memory->devices->context, at, &file, &offset);
    }
    return found;
}

static bool map_devices(struct km_memory *memory, uint64_t address, uint64_t bytes, uint64_t physical,
                        uint32_t protection)
{
    struct run run = {0};
    if (!is_range(address, bytes) || !is_free(memory, address, bytes) || !reserve(memory, address, bytes)) {
        return false;
    }
    void *mapped = mmap((void *)address, bytes, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped != (void *)address) {
        if (mapped != MAP_FAILED) {
            munmap(mapped, bytes);
        }
        return false;
    }
    for (uint64_t done = 0; done < bytes; done += KM_PAGE_SIZE) {
        *find(memory, address + done) =
            (physical + done) | protection | KM_PROTECT_MAPPED | ENTRY_DEVICE | ENTRY_TRAPS;
    }
    for (uint64_t done = 0; done < bytes; done += KM_PAGE_SIZE) {
        extend(memory, &run, address + done, physical + done);
    }
    apply(memory, &run);
    memory->device_pages += bytes / KM_PAGE_SIZE;
    return true;
}

static void refresh_table(struct km_memory *memory, struct run *run, void *table, uint64_t address,
                          unsigned level)
{
    if (table == NULL) {
        return;
    }
    for (unsigned i = 0; i < KM_PAGE_TABLE_ENTRIES; i++) {
        uint64_t at = address + ((uint64_t)i << (PAGE_BITS + LEVEL_BITS * level));
        if (level > 0) {
            refresh_table(memory, run, ((void **)table)[i], at, level - 1);
        } else if (((uint64_t *)table)[i] & ENTRY_DEVICE) {
            extend(memory, run, at, ((uint64_t *)table)[i] & ~ENTRY_FLAGS);
        }
    }
}

void km_memory_refresh_devices(struct km_memory *memory)
{
    struct run run = {0};
    pthread_mutex_lock(&memory->writer);
    for (unsigned i = 0; memory->device_pages != 0 && i < KM_PAGE_TABLE_ENTRIES / 2; i++) {
        refresh_table(memory, &run, memory->root[i], (uint64_t)i << (PAGE_BITS + LEVEL_BITS * 3), 2);
    }
    apply(memory, &run);
    pthread_mutex_unlock(&memory->writer);
}

bool km_memory_is_device(const struct km_memory *memory, uint64_t address)
{
    const entry *slot = find(memory, address);
    return slot != NULL && *slot & ENTRY_DEVICE;
}

bool km_memory_map_physical(struct km_memory *memory, uint64_t address, uint64_t bytes, uint64_t physical,
                            uint32_t protection)
{
    uint64_t end;
    if (physical % KM_PAGE_SIZE != 0 || __builtin_add_overflow(physical, bytes, &end)) {
        return false;
    }
    pthread_mutex_lock(&memory->writer);
    bool done = end <= memory->ram_bytes
                    ? map(memory, address, bytes, physical, protection)
                    : physical >= memory->ram_bytes && is_devices(memory, physical, bytes) &&
                          map_devices(memory, address, bytes, physical, protection);
    pthread_mutex_unlock(&memory->writer);
    return done;
}

void km_memory_unmap(struct km_memory *memory, uint64_t address, uint64_t bytes)
{
    if (!is_range(address, bytes)) {
        return;
    }
    pthread_mutex_lock(&memory->writer);
    const uint64_t end = address + bytes;
    for (uint64_t at = address; at < end;) {
        // Runs of mapped pages: what lies between them may be Linux's own.
        uint64_t start = at;
        for (entry *slot; at < end && (slot = find(memory, at)) != NULL && *slot != 0; at += KM_PAGE_SIZE) {
            memory->device_pages -= (*slot & ENTRY_DEVICE) != 0;
            *slot = 0;
        }
        if (at > start) {
            munmap((void *)start, at - start);
        } else {
            at += KM_PAGE_SIZE;
        }
    }
    pthread_mutex_unlock(&memory->writer);
}

// What traps stays as it is.
static bool protect_linux(const struct km_memory *memory, uint64_t address, uint64_t bytes,
                          uint32_t protection)
{
    const uint64_t end = address + bytes;
    bool done = true;
    for (uint64_t at = address, start; done && at < end; at += KM_PAGE_SIZE) {
        start = at;
        while (at < end && !(*find(memory, at) & ENTRY_TRAPS)) {
            at += KM_PAGE_SIZE;
        }
        done = at == start || mprotect((void *)start, at - start, linux_protection(protection)) == 0;
    }
    return done;
}

bool km_memory_protect(struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection)
{
    if (!is_range(address, bytes)) {
        return false;
    }
    pthread_mutex_lock(&memory->writer);
    bool done = true;
    for (uint64_t at = address; done && at < address + bytes; at += KM_PAGE_SIZE) {
        done = km_memory_query(memory, at) != 0;
    }
    done = done && protect_linux(memory, address, bytes, protection);
    for (uint64_t at = address; done && at < address + bytes; at += KM_PAGE_SIZE) {
        entry *slot = find(memory, at);
        *slot = (*slot & ~(uint64_t)(KM_PROTECT_READ | KM_PROTECT_WRITE | KM_PROTECT_EXECUTE)) | protection;
    }
    pthread_mutex_unlock(&memory->writer);
    return done;
}

void km_memory_release(struct km_memory *memory, uint64_t physical, uint64_t bytes)
{
    uint64_t end;
    if (bytes != 0 && !__builtin_add_overflow(physical, bytes, &end) && end <= memory->ram_bytes) {
        fallocate(memory->ram, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)physical, (off_t)bytes);
    }
}

uint64_t km_memory_next(const struct km_memory *memory, uint64_t address)
{
    for (address &= ~(KM_PAGE_SIZE - 1); address >> 47 == 0;) {
        unsigned level = 3;
        void *table = atomic_load_explicit(&memory->root[index_at(address, level)], memory_order_acquire);
        while (table != NULL && level > 1) {
            void *_Atomic *tables = table;
            level--;
            table = atomic_load_explicit(&tables[index_at(address, level)], memory_order_acquire);
        }
        if (table != NULL && *((const entry *)table + index_at(address, 0)) != 0) {
            return address;
        }
        // Where a table is missing, all that would be below it is.
        const uint64_t span = table != NULL ? KM_PAGE_SIZE : UINT64_C(1) << (PAGE_BITS + LEVEL_BITS * level);
        address = (address & ~(span - 1)) + span;
    }
    return KM_PHYSICAL_NONE;
}

uint32_t km_memory_query(const struct km_memory *memory, uint64_t address)
{
    const entry *slot = find(memory, address);
    return slot != NULL ? (uint32_t)(*slot & ENTRY_FLAGS & ~ENTRY_OWN) : 0;
}

static uint64_t physical_of(const entry *slot)
{
    const uint64_t value = slot != NULL ? *slot : 0;
    return value == 0 || value & ENTRY_NO_RAM ? KM_PHYSICAL_NONE : value & ~ENTRY_FLAGS;
}

uint64_t km_memory_physical(const struct km_memory *memory, uint64_t address)
{
    return physical_of(find(memory, address));
}

uint64_t km_memory_physical_cached(const struct km_memory *memory, struct km_memory_cache *cache,
                                   uint64_t address)
{
    const uint64_t span = address >> (PAGE_BITS + LEVEL_BITS);
    if (cache->table == NULL || cache->span != span) {
        // Tables stay where they are as long as the machine lives.
        const entry *slot = find(memory, address);
        if (slot == NULL) {
            return KM_PHYSICAL_NONE;
        }
        cache->span = span;
        cache->table = slot - index_at(address, 0);
    }
    return physical_of(cache->table + index_at(address, 0));
}

bool km_memory_allows(const struct km_memory *memory, uint64_t address, uint64_t bytes, uint32_t protection)
{
    uint64_t end;
    if (__builtin_add_overflow(address, bytes, &end)) {
        return false;
    }
    for (uint64_t at = address & ~(KM_PAGE_SIZE - 1); at < end; at += KM_PAGE_SIZE) {
        const entry *slot = find(memory, at);
        const uint64_t flags = slot != NULL ? *slot & ENTRY_FLAGS : 0;
        if ((flags & protection) != protection || flags == 0 || flags & ENTRY_TRAPS) {
            return false;
        }
    }
    return true;
}
