// SPDX-License-Identifier: MIT
// `kmode log`: rings of log records found in a file, and the image that explains them. None of it trusts what
// a file says.
#ifndef KMODE_CLI_LOG_H
#define KMODE_CLI_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sdk/log/ring-format.h"

// ---- The image (log-image.c)

struct km_log_image {
    const uint8_t *bytes;
    size_t size;
    const uint8_t *sections; // IMAGE_SECTION_HEADERs
    size_t section_count;
    uint64_t base; // the preferred one
    uint32_t image_size;
    uint32_t time_stamp;
    bool has_pdb; // the next two are valid
    uint8_t guid[16];
    uint32_t age;
};

// A call of the driver's. Strings are the image's; NULL where it has none that ends.
struct km_log_site {
    uint32_t level, line;
    const char *target, *file, *function;
    const char *format; // NULL: of a record of text
    uint32_t count;
    const uint8_t *types;
};

// Reads the headers of an image. Returns NULL, or why it is none.
const char *km_log_image_read(struct km_log_image *image, const void *bytes, size_t size);

// Whether the ring's records are of this image.
bool km_log_image_is(const struct km_log_image *image, const KMP_RING_IMAGE *ring_image);

// Reads the site at an offset from the image's base. false: there is none.
bool km_log_image_site(const struct km_log_image *image, uint32_t address, bool is_deferred,
                       struct km_log_site *site);

// ---- The rings (log-ring.c)

struct km_log_record {
    uint64_t time;  // in nanoseconds since 1601
    uint64_t word;  // KMP_RECORD_WORD
    uint64_t ids;   // KMP_RECORD_IDS
    uint64_t order; // among those of one time
    size_t payload; // where it is in km_log_records.payloads
    uint32_t bytes;
    bool was_read; // the driver has taken it out of the ring
    bool has_irql;
};

struct km_log_records {
    struct km_log_record *items;
    size_t count, capacity;
    uint8_t *payloads;
    size_t payload_bytes, payload_capacity;
    uint64_t lost, dropped; // as the rings tell
    uint64_t unfinished;    // that were being written
    bool is_truncated;      // the file ends before a ring does
};

// Finds the next ring, or copy of one, of the file, from *offset on, which becomes where it is. Its header is
// plausible. false: there is no more.
bool km_log_ring_find(const uint8_t *bytes, size_t size, size_t *offset, KMP_RING_HEADER *header);

static inline bool km_log_ring_is_copy(const KMP_RING_HEADER *header)
{
    return header->Signature[1] == KMP_RING_STREAM_SIGNATURE1;
}

// Adds the records of a ring that was found.
void km_log_ring_read(const uint8_t *bytes, size_t size, size_t offset, const KMP_RING_HEADER *header,
                      struct km_log_records *records);

// In order of their times.
void km_log_records_sort(struct km_log_records *records);
void km_log_records_free(struct km_log_records *records);

// When that was by the ring's clock, in nanoseconds since 1601.
uint64_t km_log_ring_moment(const KMP_RING_HEADER *header, uint64_t time);

// ---- Windows' dumps of memory (log-pages.c)

struct km_log_pages {
    const uint8_t *bytes;
    size_t size;
    uint64_t tables;       // physical address of the system's page tables
    uint32_t run_count;    // of a complete dump
    const uint8_t *bitmap; // of the others: a bit for each page of memory that is there
    uint64_t bitmap_pages, first_page;
};

// false: the file is no such dump.
bool km_log_pages_open(struct km_log_pages *pages, const uint8_t *bytes, size_t size);

// Reads what was at an address of the system's. Returns how many bytes of it are in the dump.
size_t km_log_pages_read(const struct km_log_pages *pages, uint64_t address, uint8_t *output, size_t bytes);

// ---- What is printed (log-print.c)

struct km_log_view {
    const char *dump_path, *image_path;
    const char *json; // NULL: text
    uint32_t level;   // the last one that is shown
    bool unread, source;
};

// Prints the records. false: the output could not be written.
bool km_log_print(const struct km_log_view *view, const struct km_log_image *image,
                  const KMP_RING_HEADER *header, const struct km_log_records *records);

#endif
