// SPDX-License-Identifier: MIT
// The load config directory (security cookie) and the debug directory (name of the PDB) of an image.
#include "machine/image-internal.h"

#define LOAD_CONFIG_COOKIE_OFFSET 0x58u
#define LOAD_CONFIG_COOKIE_END    0x60u
#define DEBUG_ENTRY_BYTES         28u
#define DEBUG_MAX_ENTRIES         64u
#define DEBUG_TYPE_CODEVIEW       2u
#define CODEVIEW_NAME_OFFSET      24u // "RSDS", GUID, age

bool km_image_parse_load_config(struct km_image_file *image, struct km_image_problem *problem)
{
    const struct km_image_directory *directory = &image->directories[KM_IMAGE_DIRECTORY_LOAD_CONFIG];
    uint8_t field[8];

    if (directory->rva == 0 || directory->size == 0) {
        return true;
    }
    if (!km_image_read(image, NULL, directory->rva, field, 4)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the load config directory lies outside the image: at 0x%x of 0x%x",
                               directory->rva, image->size_of_image);
    }
    uint32_t size = km_load32(field); // the structure's own; the directory's is not to be relied on
    if (!km_range_inside(directory->rva, size, image->size_of_image)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the load config directory lies outside the image: 0x%x bytes at 0x%x of 0x%x",
                               size, directory->rva, image->size_of_image);
    }
    if (size < LOAD_CONFIG_COOKIE_END) {
        return true;
    }
    if (!km_image_read(image, NULL, (uint64_t)directory->rva + LOAD_CONFIG_COOKIE_OFFSET, field,
                       sizeof field)) {
        return false;
    }
    uint64_t cookie = km_load64(field);
    if (cookie == 0) {
        return true;
    }
    uint64_t rva = cookie - image->image_base;
    const struct km_image_section *section = km_image_section_at(image, rva);
    if (cookie < image->image_base || section == NULL || rva - section->rva + 8 > section->memory_size) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the security cookie lies outside the sections: at 0x%llx, image base 0x%llx",
                               (unsigned long long)cookie, (unsigned long long)image->image_base);
    }
    if ((section->characteristics & KM_SECTION_WRITE) == 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the security cookie lies in a section that is not writable: at 0x%llx in %s",
                               (unsigned long long)rva, section->name);
    }
    if (rva % 8 != 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the security cookie is not 8-byte aligned: at 0x%llx",
                               (unsigned long long)rva);
    }
    image->security_cookie_rva = (uint32_t)rva;
    return true;
}

static bool parse_codeview(struct km_image_file *image, const uint8_t *record, size_t size)
{
    if (size <= CODEVIEW_NAME_OFFSET || memcmp(record, "RSDS", 4) != 0) {
        return false;
    }
    const char *name = (const char *)record + CODEVIEW_NAME_OFFSET;
    size_t length = 0, limit = size - CODEVIEW_NAME_OFFSET;
    while (length < limit && length <= KM_IMAGE_MAX_NAME && name[length] >= 0x20 && name[length] <= 0x7e) {
        length++;
    }
    if (length == 0 || length == limit || name[length] != 0) {
        return false;
    }
    memcpy(image->pdb_guid, record + 4, sizeof image->pdb_guid);
    image->pdb_age = km_load32(record + 20);
    image->pdb_name = name;
    return true;
}

// The loader has no use for this directory: what is wrong in it costs the names of functions, not the load.
void km_image_parse_debug(struct km_image_file *image)
{
    struct km_image_directory directory;

    if (!km_image_directory(image, KM_IMAGE_DIRECTORY_DEBUG, &directory)) {
        return;
    }
    uint32_t count = directory.size / DEBUG_ENTRY_BYTES;
    for (uint32_t i = 0; i < count && i < DEBUG_MAX_ENTRIES; i++) {
        uint8_t entry[DEBUG_ENTRY_BYTES];
        if (!km_image_read(image, NULL, directory.rva + (uint64_t)i * DEBUG_ENTRY_BYTES, entry,
                           sizeof entry)) {
            return;
        }
        uint32_t size = km_load32(entry + 16), file_offset = km_load32(entry + 24);
        if (km_load32(entry + 12) == DEBUG_TYPE_CODEVIEW && km_range_inside(file_offset, size, image->size) &&
            parse_codeview(image, image->bytes + file_offset, size)) {
            return;
        }
    }
}
