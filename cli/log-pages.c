// SPDX-License-Identifier: MIT
// kmode log: Windows' dumps of physical memory (complete, kernel and automatic ones of x64), where a ring's
// pages lie anywhere: its address is translated by the page tables that are in the dump as well.
#include "cli/log.h"

#include <string.h>

enum {
    PAGE = 4096,
    HEADER_BYTES = 0x2000,
    DIRECTORY_TABLE_BASE = 0x10,
    MACHINE_TYPE = 0x30,
    RUN_COUNT = 0x88,
    RUNS = 0x98,
    MAXIMUM_RUNS = (0x348 - RUNS) / 16,
    DUMP_TYPE = 0xF98,
    TYPE_COMPLETE = 1,
    BITMAP_FIRST_PAGE = 0x20, // from the bitmap's header on
    BITMAP_PAGE_COUNT = 0x30,
    BITMAP = 0x38,
};

#define ENTRY_PRESENT UINT64_C(1)
#define ENTRY_LARGE   UINT64_C(0x80)
#define ENTRY_FRAME   UINT64_C(0x000FFFFFFFFFF000)

static uint64_t read64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint32_t read32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

bool km_log_pages_open(struct km_log_pages *pages, const uint8_t *bytes, size_t size)
{
    *pages = (struct km_log_pages){.bytes = bytes, .size = size};
    if (size <= HEADER_BYTES || memcmp(bytes, "PAGEDU64", 8) != 0 || read32(bytes + MACHINE_TYPE) != 0x8664) {
        return false;
    }
    pages->tables = read64(bytes + DIRECTORY_TABLE_BASE) & ENTRY_FRAME;
    if (read32(bytes + DUMP_TYPE) == TYPE_COMPLETE) {
        pages->run_count = read32(bytes + RUN_COUNT);
        return pages->run_count <= MAXIMUM_RUNS;
    }
    const uint8_t *bitmap = bytes + HEADER_BYTES;
    if (size - HEADER_BYTES < BITMAP || (memcmp(bitmap, "SDMP", 4) != 0 && memcmp(bitmap, "FDMP", 4) != 0)) {
        return false;
    }
    pages->first_page = read64(bitmap + BITMAP_FIRST_PAGE);
    pages->bitmap_pages = read64(bitmap + BITMAP_PAGE_COUNT);
    const uint64_t room = (uint64_t)(size - HEADER_BYTES - BITMAP) * 8;
    pages->bitmap_pages = pages->bitmap_pages < room ? pages->bitmap_pages : room;
    pages->bitmap = bitmap + BITMAP;
    return true;
}

// Which page of the file a page of memory is; false: it is not there.
static bool find_frame(const struct km_log_pages *pages, uint64_t frame, uint64_t *place)
{
    *place = 0;
    if (pages->bitmap != NULL) {
        if (frame >= pages->bitmap_pages || (pages->bitmap[frame / 8] >> frame % 8 & 1) == 0) {
            return false;
        }
        for (uint64_t i = 0; i < frame / 8; i++) {
            *place += (uint64_t)__builtin_popcount(pages->bitmap[i]);
        }
        *place += (uint64_t)__builtin_popcount(pages->bitmap[frame / 8] & ((1u << frame % 8) - 1));
        return true;
    }
    for (uint32_t i = 0; i < pages->run_count; i++) {
        const uint64_t base = read64(pages->bytes + RUNS + i * 16),
                       count = read64(pages->bytes + RUNS + i * 16 + 8);
        if (frame >= base && frame - base < count) {
            *place += frame - base;
            return true;
        }
        *place += count;
    }
    return false;
}

static const uint8_t *page_at(const struct km_log_pages *pages, uint64_t physical)
{
    const uint64_t start = pages->bitmap != NULL ? pages->first_page : HEADER_BYTES;
    uint64_t place;
    if (start > pages->size || !find_frame(pages, physical / PAGE, &place) ||
        place >= (pages->size - start) / PAGE) {
        return NULL;
    }
    return pages->bytes + start + place * PAGE;
}

// The page of an address, by the four levels of tables.
static const uint8_t *translate(const struct km_log_pages *pages, uint64_t address)
{
    uint64_t entry = pages->tables | ENTRY_PRESENT;
    for (int level = 3; level >= 0; level--) {
        const uint8_t *table = page_at(pages, entry & ENTRY_FRAME);
        const unsigned shift = 12 + 9 * (unsigned)level;
        if (table == NULL) {
            return NULL;
        }
        entry = read64(table + (address >> shift & 511) * 8);
        if ((entry & ENTRY_PRESENT) == 0) {
            return NULL;
        }
        if (level > 0 && level < 3 && (entry & ENTRY_LARGE) != 0) {
            const uint64_t inside = (UINT64_C(1) << shift) - 1;
            return page_at(pages, (entry & ENTRY_FRAME & ~inside) | (address & inside & ~UINT64_C(PAGE - 1)));
        }
    }
    return page_at(pages, entry & ENTRY_FRAME);
}

size_t km_log_pages_read(const struct km_log_pages *pages, uint64_t address, uint8_t *output, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        const size_t offset = (size_t)((address + done) % PAGE);
        const size_t part = PAGE - offset < bytes - done ? PAGE - offset : bytes - done;
        const uint8_t *page = translate(pages, address + done);
        if (page == NULL) {
            break;
        }
        memcpy(output + done, page + offset, part);
        done += part;
    }
    return done;
}
