// SPDX-License-Identifier: MIT
// libFuzzer target on the image loader: what km_image_parse accepts must be safe to lay out, bind and search.
#include "machine/contract.h"
#include "machine/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#define LARGEST_LAID_OUT 0x100000u // beyond it the time goes into clearing memory

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

struct walk {
    const struct km_image_file *image;
    const uint8_t *memory;
    uint8_t *slots; // where imports are bound; NULL if they are only looked at
    uint32_t count;
    uint32_t searches;
};

static void require_one_line(const struct km_image_problem *problem)
{
    size_t length = strnlen(problem->text, sizeof problem->text);

    REQUIRE(length > 0 && length < sizeof problem->text);
    for (size_t i = 0; i < length; i++) {
        REQUIRE(problem->text[i] >= 0x20 && problem->text[i] <= 0x7e);
    }
    REQUIRE(problem->status >> 30 == 3);
}

static bool see_import(void *context, const struct km_image_import *import)
{
    struct walk *walk = context;
    uint64_t address = UINT64_C(0x400000401000) + walk->count;

    REQUIRE(import->module != NULL && import->module[0] != 0);
    REQUIRE(import->name == NULL || import->name[0] != 0);
    REQUIRE(import->slot_rva >= walk->image->sections[0].rva);
    REQUIRE(import->slot_rva <= walk->image->size_of_image - 8);
    if (walk->slots != NULL) {
        memcpy(walk->slots + import->slot_rva, &address, sizeof address);
    }
    walk->count++;
    return true;
}

static bool see_export(void *context, const struct km_image_export *exported)
{
    struct walk *walk = context;
    uint64_t rva = 0;
    const char *forwarder = NULL;

    REQUIRE(exported->rva < walk->image->size_of_image);
    walk->count++;
    if (exported->name == NULL || exported->rva == 0 || ++walk->searches > 64) {
        return true;
    }
    // Of a name that stands twice either is an answer, so only a sorted table's is compared.
    bool found = km_image_find_export(walk->image, walk->memory, exported->name, &rva, &forwarder);
    if (walk->image->exports_sorted && walk->memory == NULL) {
        REQUIRE(found && rva == exported->rva && (forwarder != NULL) == (exported->forwarder != NULL));
        REQUIRE(km_image_find_export_ordinal(walk->image, NULL, exported->ordinal, &rva, &forwarder));
        REQUIRE(rva == exported->rva);
    }
    return true;
}

static void require_regions(const struct km_image_file *image)
{
    uint64_t end = 0;

    for (uint32_t i = 0; i < image->region_count; i++) {
        const struct km_image_region *region = &image->regions[i];
        REQUIRE(region->rva == end && region->size != 0 && region->size % KM_PAGE_SIZE == 0);
        REQUIRE(region->section < (int)image->section_count);
        end += region->size;
    }
    REQUIRE(end == image->size_of_image);
}

static void walk_tables(const struct km_image_file *image, const uint8_t *memory, uint8_t *slots,
                        bool must_succeed)
{
    struct km_image_problem problem;
    struct walk imports = {.image = image, .memory = memory, .slots = slots};
    struct walk exports = {.image = image, .memory = memory};
    uint64_t rva;
    const char *forwarder;

    if (km_image_each_export(image, memory, see_export, &exports, &problem)) {
        REQUIRE(!must_succeed || exports.count == image->export_count);
    } else {
        require_one_line(&problem);
        REQUIRE(!must_succeed);
    }
    km_image_find_export(image, memory, "DriverEntry", &rva, &forwarder);
    km_image_find_export_ordinal(image, memory, 1, &rva, &forwarder);
    if (km_image_each_import(image, memory, see_import, &imports, &problem)) {
        REQUIRE(!must_succeed || imports.count == image->import_count);
    } else {
        require_one_line(&problem);
        REQUIRE(!must_succeed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct km_image_file image;
    struct km_image_problem problem;

    if (!km_image_parse(&image, data, size, &problem)) {
        require_one_line(&problem);
        return 0;
    }
    require_regions(&image);
    REQUIRE(image.security_cookie_rva % 8 == 0 && image.security_cookie_rva < image.size_of_image);
    REQUIRE(image.pdb_name == NULL || strlen(image.pdb_name) <= size);
    for (int i = 0; i < KM_IMAGE_DIRECTORY_COUNT; i++) {
        struct km_image_directory directory;
        if (km_image_directory(&image, i, &directory) && i != KM_IMAGE_DIRECTORY_SECURITY &&
            directory.size <= 4096) {
            uint8_t content[4096];
            REQUIRE(km_image_read(&image, NULL, directory.rva, content, directory.size));
        }
    }
    walk_tables(&image, NULL, NULL, true);
    if (image.size_of_image > LARGEST_LAID_OUT) {
        return 0;
    }
    uint8_t *memory = calloc(1, image.size_of_image);
    REQUIRE(km_image_lay_out(&image, memory, UINT64_C(0x400001230000), &problem));
    walk_tables(&image, memory, NULL, false);
    walk_tables(&image, memory, memory, false);
    walk_tables(&image, memory, NULL, false);
    free(memory);
    return 0;
}

// Overwrites one 32-bit field of a PE image by a number that lies near a border.
static void mutate_field(uint8_t *data, size_t size, unsigned seed)
{
    static const uint32_t borders[] = {0,          1,          2,          7,          8,
                                       0x3ff,      0x400,      0x1000,     0x2000,     0x7fff,
                                       0x8000,     0xffff,     0x10000,    0x7fffffff, 0x80000000,
                                       0xfffffff0, 0xfffffff8, 0xffffffff, 0x0fffffff, 0x10000000};
    uint32_t border = borders[seed % (sizeof borders / sizeof borders[0])];
    uint32_t near = border + (seed >> 8) % 5 - 2;
    size_t at = (seed >> 12) % (size / 4) * 4;

    // Half of the time in the headers, where there is most to break.
    if ((seed & 0x80) != 0 && size > 0x400) {
        at %= 0x400;
    }
    memcpy(data + at, &near, sizeof near);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    // Parse's gate is the checksum, which mutation alone would not pass.
    const unsigned leave_checksum_one_in = 32;
    uint32_t nt_headers = 0;

    seed = seed * 2654435761u ^ seed >> 15;
    if (seed % 3 == 0 && size >= 8) {
        mutate_field(data, size, seed / 3);
    } else {
        size = LLVMFuzzerMutate(data, size, max_size);
    }
    uint32_t checksum = km_image_checksum(data, size);
    if (checksum != 0 && seed / 7 % leave_checksum_one_in != 0) {
        memcpy(&nt_headers, data + 0x3c, sizeof nt_headers);
        memcpy(data + nt_headers + 88, &checksum, sizeof checksum);
    }
    return size;
}
