// SPDX-License-Identifier: MIT
// Base relocations, and the laying out of an image in memory.
#include "machine/image-internal.h"

#define BLOCK_HEADER_BYTES  8u
#define RELOCATION_ABSOLUTE 0u
#define RELOCATION_DIR64    10u

static const char *const relocation_names[16] = {
    "ABSOLUTE",    "HIGH",        "LOW",         "HIGHLOW",     "HIGHADJ", "machine 5",
    "reserved 6",  "machine 7",   "machine 8",   "machine 9",   "DIR64",   "reserved 11",
    "reserved 12", "reserved 13", "reserved 14", "reserved 15",
};

static bool walk_entry(const struct km_image_file *image, uint64_t at, uint64_t page, uint16_t entry,
                       uint8_t *memory, uint64_t delta, struct km_image_problem *problem)
{
    unsigned type = entry >> 12;
    uint64_t target = page + (entry & 0xfff);

    if (type == RELOCATION_ABSOLUTE) {
        return true;
    }
    if (type != RELOCATION_DIR64) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the relocation at 0x%llx is of type %u (%s); x64 drivers have DIR64 only",
                               (unsigned long long)at, type, relocation_names[type]);
    }
    if (!km_image_is_writable_place(image, target, 8)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the relocation at 0x%llx has a target outside the sections: 0x%llx",
                               (unsigned long long)at, (unsigned long long)target);
    }
    if (memory != NULL) {
        uint64_t value = km_load64(memory + target) + delta;
        memcpy(memory + target, &value, sizeof value);
    }
    return true;
}

static bool walk_block(const struct km_image_file *image, uint64_t page, uint64_t at, uint64_t bytes,
                       uint8_t *memory, uint64_t delta, struct km_image_problem *problem)
{
    uint8_t entries[1024];

    while (bytes > 0) {
        size_t piece = bytes < sizeof entries ? bytes : sizeof entries;
        if (!km_image_read(image, NULL, at, entries, piece)) {
            return false;
        }
        for (size_t i = 0; i < piece; i += 2) {
            if (!walk_entry(image, at + i, page, km_load16(entries + i), memory, delta, problem)) {
                return false;
            }
        }
        at += piece;
        bytes -= piece;
    }
    return true;
}

// Walks the blocks as the file has them, so that relocations which hit the relocation table change nothing.
// Adds delta to each target where memory is not NULL, else checks them only.
static bool walk(const struct km_image_file *image, uint8_t *memory, uint64_t delta,
                 struct km_image_problem *problem)
{
    const struct km_image_directory *directory = &image->directories[KM_IMAGE_DIRECTORY_RELOCATION];
    uint64_t at = directory->rva, end = at + directory->size;

    if (directory->rva == 0 || directory->size == 0) {
        return true;
    }
    if (end > image->size_of_image) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the relocation table lies outside the image: 0x%x..0x%llx of 0x%x",
                               directory->rva, (unsigned long long)end, image->size_of_image);
    }
    while (at < end) {
        uint8_t header[BLOCK_HEADER_BYTES];
        if (end - at < sizeof header || !km_image_read(image, NULL, at, header, sizeof header)) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "the relocation table ends within a block header: at 0x%llx",
                                   (unsigned long long)end);
        }
        uint64_t page = km_load32(header), bytes = km_load32(header + 4);
        if (page == 0 && bytes == 0) {
            break; // padding that some linkers count into the directory's size
        }
        if (bytes < sizeof header || bytes % 2 != 0 || bytes > end - at) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "the relocation block at 0x%llx has a wrong size: 0x%llx bytes of 0x%llx",
                                   (unsigned long long)at, (unsigned long long)bytes,
                                   (unsigned long long)(end - at));
        }
        if (!walk_block(image, page, at + sizeof header, bytes - sizeof header, memory, delta, problem)) {
            return false;
        }
        at += bytes;
    }
    return true;
}

bool km_image_check_relocations(const struct km_image_file *image, struct km_image_problem *problem)
{
    return walk(image, NULL, 0, problem);
}

bool km_image_lay_out(const struct km_image_file *image, uint8_t *memory, uint64_t base,
                      struct km_image_problem *problem)
{
    // Offset of ImageBase from the PE signature: signature 4, file header 20, 24 into the optional header.
    const uint64_t image_base_field = (uint64_t)image->nt_headers_offset + 4 + 20 + 24;
    uint64_t end;

    problem->text[0] = 0;
    problem->status = 0;
    if (base % KM_PAGE_SIZE != 0 || __builtin_add_overflow(base, image->size_of_image, &end)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_PARAMETER, "cannot be loaded at 0x%llx",
                               (unsigned long long)base);
    }
    memcpy(memory, image->bytes, image->size_of_headers);
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct km_image_section *section = &image->sections[i];
        uint32_t bytes =
            section->file_size < section->memory_size ? section->file_size : section->memory_size;
        memcpy(memory + section->rva, image->bytes + section->file_offset, bytes);
    }
    memcpy(memory + image_base_field, &base, sizeof base);
    return walk(image, memory, base - image->image_base, problem);
}
