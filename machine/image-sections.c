// SPDX-License-Identifier: MIT
// The section table of an image: judged, and turned into regions of one protection each.
#include "machine/image-internal.h"

#define SECTION_HEADER_BYTES 40u
#define SECTOR_BYTES         512u

// Placed in the file: "section 3 (.data)" begins every sentence about a section.
#define SECTION_FORMAT "section %u (%s) "

static bool parse_section(const struct km_image_file *image, const uint8_t *header, uint32_t number,
                          struct km_image_section *section, struct km_image_problem *problem)
{
    for (int i = 0; i < 8 && header[i] != 0; i++) {
        section->name[i] = (char)(header[i] >= 0x20 && header[i] <= 0x7e ? header[i] : '?');
    }
    section->virtual_size = km_load32(header + 8);
    section->rva = km_load32(header + 12);
    section->file_size = km_load32(header + 16);
    section->file_offset = km_load32(header + 20);
    section->characteristics = km_load32(header + 36);

    if (section->virtual_size == 0) {
        section->virtual_size = section->file_size;
    }
    if (section->file_size == 0 || section->file_offset == 0) {
        section->file_size = section->file_offset = 0; // all zeros, whichever of the two fields says so
    }
    if (section->virtual_size == 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, SECTION_FORMAT "is empty", number,
                               section->name);
    }
    if (!km_range_inside(section->file_offset, section->file_size, image->size)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               SECTION_FORMAT "lies outside the file: bytes 0x%x..0x%llx of 0x%zx", number,
                               section->name, section->file_offset,
                               (unsigned long long)section->file_offset + section->file_size, image->size);
    }
    if (!image->low_alignment && section->file_offset % SECTOR_BYTES != 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               SECTION_FORMAT "lies in the file at 0x%x, which is not a multiple of %u",
                               number, section->name, section->file_offset, SECTOR_BYTES);
    }
    if (section->rva % image->section_alignment != 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               SECTION_FORMAT
                               "begins at 0x%x, which is not a multiple of the section alignment 0x%x",
                               number, section->name, section->rva, image->section_alignment);
    }
    uint64_t memory_size = section->virtual_size;
    if (!image->low_alignment) {
        memory_size = km_round_up(memory_size, KM_PAGE_SIZE);
    }
    if (!km_range_inside(section->rva, memory_size, image->size_of_image)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               SECTION_FORMAT "lies outside the image: 0x%x..0x%llx of 0x%x", number,
                               section->name, section->rva, (unsigned long long)section->rva + memory_size,
                               image->size_of_image);
    }
    section->memory_size = (uint32_t)memory_size;
    if (image->low_alignment && section->file_size != 0 && section->file_offset != section->rva) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               SECTION_FORMAT
                               "lies at 0x%x in the file and at 0x%x in memory, which must be the same "
                               "where the section alignment is below a page",
                               number, section->name, section->file_offset, section->rva);
    }
    return true;
}

// Windows asks that the sections of an image follow each other in memory without overlap and without hole.
static bool check_order(const struct km_image_file *image, uint32_t number, struct km_image_problem *problem)
{
    const struct km_image_section *section = &image->sections[number - 1];
    uint64_t end_before, expected;

    if (number == 1) {
        end_before = image->size_of_headers;
        if (section->rva < end_before) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   SECTION_FORMAT "at 0x%x overlaps the headers, which end at 0x%x", number,
                                   section->name, section->rva, image->size_of_headers);
        }
    } else {
        const struct km_image_section *before = section - 1;
        end_before = (uint64_t)before->rva + before->memory_size;
        if (section->rva < before->rva) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "sections are out of order: " SECTION_FORMAT
                                   "at 0x%x stands behind %s at 0x%x",
                                   number, section->name, section->rva, before->name, before->rva);
        }
        if (section->rva < end_before) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   SECTION_FORMAT "at 0x%x overlaps %s, which ends at 0x%llx", number,
                                   section->name, section->rva, before->name, (unsigned long long)end_before);
        }
    }
    expected = km_round_up(end_before, image->section_alignment);
    if (!image->low_alignment && section->rva != expected) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               SECTION_FORMAT "at 0x%x leaves a hole: it must begin at 0x%llx", number,
                               section->name, section->rva, (unsigned long long)expected);
    }
    return true;
}

// What page tables can give: kernel code can read whatever is mapped, whatever the section says.
static uint32_t protection_of(uint32_t characteristics)
{
    uint32_t protection = KM_PROTECT_READ;

    if ((characteristics & KM_SECTION_WRITE) != 0) {
        protection |= KM_PROTECT_WRITE;
    }
    if ((characteristics & KM_SECTION_EXECUTE) != 0) {
        protection |= KM_PROTECT_EXECUTE;
    }
    return protection;
}

static void add_region(struct km_image_file *image, uint64_t begin, uint64_t end, uint32_t protection,
                       bool discardable, int16_t section)
{
    if (begin < end) {
        image->regions[image->region_count++] = (struct km_image_region){
            .rva = (uint32_t)begin,
            .size = (uint32_t)(end - begin),
            .protection = protection,
            .discardable = discardable,
            .section = section,
        };
    }
}

static void make_regions(struct km_image_file *image)
{
    if (image->low_alignment) {
        add_region(image, 0, image->size_of_image, KM_PROTECT_READ | KM_PROTECT_WRITE | KM_PROTECT_EXECUTE,
                   false, -1);
        return;
    }
    uint64_t end = km_round_up(image->size_of_headers, KM_PAGE_SIZE);
    add_region(image, 0, end, KM_PROTECT_READ, false, -1);
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct km_image_section *section = &image->sections[i];
        uint64_t section_end = (uint64_t)section->rva + section->memory_size;
        bool discardable = (section->characteristics & KM_SECTION_DISCARDABLE) != 0;
        add_region(image, end, section->rva, KM_PROTECT_NONE, false, -1);
        add_region(image, section->rva, section_end, protection_of(section->characteristics), discardable,
                   (int16_t)i);
        end = section_end;
    }
    add_region(image, end, image->size_of_image, KM_PROTECT_NONE, false, -1);
}

bool km_image_parse_sections(struct km_image_file *image, struct km_image_problem *problem)
{
    const uint8_t *file_header = image->bytes + image->nt_headers_offset + 4;
    const uint8_t *table = file_header + 20 + km_load16(file_header + 16);

    if (image->size_of_headers > image->size_of_image) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the headers lie outside the image: 0..0x%x of 0x%x", image->size_of_headers,
                               image->size_of_image);
    }
    for (uint32_t i = 0; i < image->section_count; i++) {
        const uint8_t *header = table + (size_t)i * SECTION_HEADER_BYTES;
        if (!parse_section(image, header, i + 1, &image->sections[i], problem) ||
            !check_order(image, i + 1, problem)) {
            return false;
        }
    }
    make_regions(image);
    return true;
}
