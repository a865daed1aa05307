// SPDX-License-Identifier: MIT
// kmode log: what is read of a driver's image: which one it is, and its sites.
#include "cli/log.h"

#include <string.h>

enum {
    DOS_HEADER_BYTES = 64,
    FILE_HEADER_BYTES = 24, // with the signature
    OPTIONAL_HEADER_BYTES = 112,
    SECTION_HEADER_BYTES = 40,
    MACHINE_X64 = 0x8664,
    MAGIC_64 = 0x20B,
    DEBUG_DIRECTORY = 6,
    DEBUG_ENTRY_BYTES = 28,
    DEBUG_CODE_VIEW = 2,
    CODE_VIEW_BYTES = 24,
};

static uint16_t read16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t read32(const uint8_t *bytes)
{
    return read16(bytes) | (uint32_t)read16(bytes + 2) << 16;
}

static uint64_t read64(const uint8_t *bytes)
{
    return read32(bytes) | (uint64_t)read32(bytes + 4) << 32;
}

// The file's bytes at an offset from the image's base: *available is how many of the section follow. NULL:
// there are none.
static const uint8_t *at(const struct km_log_image *image, uint64_t address, size_t *available)
{
    for (size_t i = 0; i < image->section_count; i++) {
        const uint8_t *section = image->sections + i * SECTION_HEADER_BYTES;
        const uint64_t virtual_size = read32(section + 8), start = read32(section + 12);
        uint64_t raw_size = read32(section + 16);
        const uint64_t raw = read32(section + 20);
        if (raw > image->size) {
            continue;
        }
        raw_size = raw_size < image->size - raw ? raw_size : image->size - raw;
        raw_size = raw_size < virtual_size ? raw_size : virtual_size;
        if (address >= start && address - start < raw_size) {
            *available = (size_t)(raw_size - (address - start));
            return image->bytes + raw + (address - start);
        }
    }
    return NULL;
}

static void read_pdb(struct km_log_image *image, const uint8_t *optional, uint32_t directories)
{
    if (directories <= DEBUG_DIRECTORY) {
        return;
    }
    const uint32_t address = read32(optional + OPTIONAL_HEADER_BYTES + DEBUG_DIRECTORY * 8);
    const uint32_t bytes = read32(optional + OPTIONAL_HEADER_BYTES + DEBUG_DIRECTORY * 8 + 4);
    size_t available;
    const uint8_t *entry = at(image, address, &available);
    for (uint32_t i = 0; entry != NULL && i < bytes / DEBUG_ENTRY_BYTES && available >= DEBUG_ENTRY_BYTES;
         i++, entry += DEBUG_ENTRY_BYTES, available -= DEBUG_ENTRY_BYTES) {
        size_t code_view_bytes;
        if (read32(entry + 12) != DEBUG_CODE_VIEW) {
            continue;
        }
        const uint8_t *code_view = at(image, read32(entry + 20), &code_view_bytes);
        if (code_view != NULL && code_view_bytes >= CODE_VIEW_BYTES && memcmp(code_view, "RSDS", 4) == 0) {
            memcpy(image->guid, code_view + 4, sizeof image->guid);
            image->age = read32(code_view + 20);
            image->has_pdb = true;
            return;
        }
    }
}

const char *km_log_image_read(struct km_log_image *image, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    *image = (struct km_log_image){.bytes = bytes, .size = size};
    if (size < DOS_HEADER_BYTES || memcmp(bytes, "MZ", 2) != 0) {
        return "no driver image: it does not begin with MZ";
    }
    const uint32_t header = read32(bytes + 60);
    if (header > size || size - header < FILE_HEADER_BYTES + OPTIONAL_HEADER_BYTES ||
        memcmp(bytes + header, "PE\0", 4) != 0) {
        return "no driver image: there is no PE header";
    }
    const uint8_t *file = bytes + header, *optional = file + FILE_HEADER_BYTES;
    const uint32_t optional_bytes = read16(file + 20);
    if (read16(file + 4) != MACHINE_X64 || read16(optional) != MAGIC_64) {
        return "no image for x64";
    }
    const uint32_t directories = read32(optional + 108);
    if (directories > 16 || optional_bytes < OPTIONAL_HEADER_BYTES + directories * 8) {
        return "a damaged image: its optional header is too short";
    }
    const size_t sections = (size_t)header + FILE_HEADER_BYTES + optional_bytes;
    image->section_count = read16(file + 6);
    if (sections > size || (size - sections) / SECTION_HEADER_BYTES < image->section_count) {
        return "a damaged image: its section headers are missing";
    }
    image->sections = bytes + sections;
    image->base = read64(optional + 24);
    image->image_size = read32(optional + 56);
    image->time_stamp = read32(file + 8);
    read_pdb(image, optional, directories);
    return NULL;
}

bool km_log_image_is(const struct km_log_image *image, const KMP_RING_IMAGE *ring_image)
{
    static const uint8_t none[16];
    const bool ring_has_pdb = memcmp(ring_image->Guid, none, sizeof none) != 0;

    if (ring_image->Size != image->image_size || ring_image->TimeDateStamp != image->time_stamp) {
        return false;
    }
    return ring_has_pdb == image->has_pdb &&
           (!ring_has_pdb ||
            (memcmp(ring_image->Guid, image->guid, sizeof none) == 0 && ring_image->Age == image->age));
}

// A string that a pointer of the image leads to, or NULL.
static const char *string_at(const struct km_log_image *image, uint64_t pointer)
{
    size_t available;
    const uint8_t *text = pointer >= image->base ? at(image, pointer - image->base, &available) : NULL;
    return text != NULL && memchr(text, 0, available) != NULL ? (const char *)text : NULL;
}

bool km_log_image_site(const struct km_log_image *image, uint32_t address, bool is_deferred,
                       struct km_log_site *site)
{
    size_t available;
    const uint8_t *found = address != 0 ? at(image, address, &available) : NULL;
    const size_t needed = is_deferred ? sizeof(KMP_IMAGE_DEFERRED_SITE) : sizeof(KMP_IMAGE_SITE);
    if (found == NULL || available < needed) {
        return false;
    }
    *site = (struct km_log_site){
        .level = read32(found + offsetof(KMP_IMAGE_SITE, Level)),
        .line = read32(found + offsetof(KMP_IMAGE_SITE, Line)),
        .target = string_at(image, read64(found + offsetof(KMP_IMAGE_SITE, Target))),
        .file = string_at(image, read64(found + offsetof(KMP_IMAGE_SITE, File))),
        .function = string_at(image, read64(found + offsetof(KMP_IMAGE_SITE, Function))),
    };
    if (is_deferred) {
        site->format = string_at(image, read64(found + offsetof(KMP_IMAGE_DEFERRED_SITE, Format)));
        site->count = found[offsetof(KMP_IMAGE_DEFERRED_SITE, Count)];
        site->types = found + offsetof(KMP_IMAGE_DEFERRED_SITE, Types);
    }
    return site->level >= 1 && site->level <= 5 && site->target != NULL && site->file != NULL &&
           site->function != NULL &&
           (!is_deferred || (site->format != NULL && site->count <= KMP_DEFERRED_ARGUMENTS));
}
