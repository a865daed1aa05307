// SPDX-License-Identifier: MIT
// What crafted images need beyond the overwriting of a few fields.
#include "tests/fuzz/image-makers.h"

#include <stdio.h>
#include <string.h>

static void put_in(struct test_image *image, uint32_t rva, unsigned bytes, uint64_t value)
{
    test_image_put(image, test_image_at(rva), bytes, value);
}

static void fill(struct test_image *image, uint32_t from, uint32_t to, uint8_t value)
{
    memset(image->bytes + from, value, to - from);
}

void image_make_elf(struct test_image *image)
{
    memset(image->bytes, 0, image->size);
    memcpy(image->bytes,
           "\x7f"
           "ELF\2\1\1",
           7);
    image->bytes[16] = 3;
    image->bytes[18] = 62;
}

void image_make_text(struct test_image *image)
{
    image->size = (size_t)sprintf((char *)image->bytes, "[Version]\r\nSignature=\"$WINDOWS NT$\"\r\n");
}

void image_make_empty(struct test_image *image)
{
    image->size = 0;
}

void image_make_zeroed(struct test_image *image)
{
    memset(image->bytes, 0, image->size);
}

void image_make_zeroed_sections(struct test_image *image)
{
    fill(image, IMAGE_HEADERS, IMAGE_FILE_SIZE, 0);
}

void image_make_zeroed_sections_and_exports(struct test_image *image)
{
    image_make_zeroed_sections(image);
    test_image_put(image, AT_DIRECTORY(0), 4, 0x7ffffff0);
}

void image_make_zeroed_optional_header(struct test_image *image)
{
    fill(image, AT_MAGIC, AT_SECTIONS, 0);
}

void image_make_zeroed_section_table(struct test_image *image)
{
    fill(image, AT_SECTIONS, AT_SECTION(IMAGE_SECTIONS, 0), 0);
}

void image_make_ones(struct test_image *image)
{
    memset(image->bytes, 0xff, image->size);
}

void image_make_ones_sections(struct test_image *image)
{
    fill(image, IMAGE_HEADERS, IMAGE_FILE_SIZE, 0xff);
}

void image_make_old_format(struct test_image *image)
{
    test_image_put_text(image, AT_SIGNATURE, "NE");
}

void image_make_vxd(struct test_image *image)
{
    test_image_put_text(image, AT_SIGNATURE, "LE");
}

void image_make_overlay(struct test_image *image)
{
    test_image_put(image, AT_DIRECTORY(4), 4, image->size);
    test_image_put(image, AT_DIRECTORY(4) + 4, 4, 0x208);
    test_image_put(image, (uint32_t)image->size, 8, 0x0002020000000208);
    image->size += 0x208;
}

void image_make_odd_size(struct test_image *image)
{
    image->bytes[image->size] = 0xaa;
    image->size += 1;
}

static void put_export_name_of(struct test_image *image, uint32_t bytes)
{
    uint32_t rva = test_image_grow(image, 0x2000);
    memset(image->bytes + 0x1a00 + (rva - RELOC_RVA), 'A', bytes);
    put_in(image, EXPORT_NAMES, 4, rva);
}

void image_make_longest_export_name(struct test_image *image)
{
    put_export_name_of(image, 4096);
}

void image_make_long_export_name(struct test_image *image)
{
    put_export_name_of(image, 4097);
}

void image_make_endless_export_name(struct test_image *image)
{
    put_export_name_of(image, 0x2000);
}

void image_make_import_name_to_the_end(struct test_image *image)
{
    uint32_t rva = test_image_grow(image, 0x1000);
    memset(image->bytes + 0x1a00 + (rva - RELOC_RVA), 'A', 0x1000);
    put_in(image, LOOKUP_RVA, 8, rva + 0xff0);
}

static void put_grown(struct test_image *image, uint32_t rva, unsigned bytes, uint64_t value)
{
    test_image_put(image, 0x1a00 + (rva - RELOC_RVA), bytes, value);
}

// `count` descriptors of the same module and lookup table, at the end of a grown image.
static void put_descriptors(struct test_image *image, uint32_t table, uint32_t count, uint32_t lookup)
{
    for (uint32_t i = 0; i < count; i++) {
        put_grown(image, table + 20 * i, 4, lookup);
        put_grown(image, table + 20 * i + 12, 4, MODULE_NAME_RVA);
        put_grown(image, table + 20 * i + 16, 4, IAT_RVA);
    }
    test_image_put(image, AT_DIRECTORY(1), 4, table);
}

void image_make_import_same_descriptor(struct test_image *image)
{
    uint32_t table = test_image_grow(image, 0x8000);
    put_descriptors(image, table, 1500, LOOKUP_RVA);
}

void image_make_import_same_thunks(struct test_image *image)
{
    uint32_t table = test_image_grow(image, 0x8000), lookup = table + 0x7000;
    for (uint32_t i = 0; i < 200; i++) {
        put_grown(image, lookup + 8 * i, 8, UINT64_C(0x8000000000000001) + i);
    }
    put_descriptors(image, table, 1000, lookup);
}

void image_make_import_same_long_name(struct test_image *image)
{
    uint32_t table = test_image_grow(image, 0x8000), lookup = table + 0x4000, name = table + 0x6000;
    for (uint32_t i = 0; i < 500; i++) {
        put_grown(image, lookup + 8 * i, 8, name);
    }
    for (uint32_t i = 2; i < 4000; i++) {
        put_grown(image, name + i, 1, 'n');
    }
    put_descriptors(image, table, 500, lookup);
}

void image_make_import_endless_thunks(struct test_image *image)
{
    uint32_t rva = test_image_grow(image, 0x1000);
    for (uint32_t i = 0; i < 0x1000; i += 8) {
        put_grown(image, rva + i, 8, UINT64_C(0x8000000000000001));
    }
    put_in(image, IMPORT_RVA, 4, rva);
}

// Leaves DbgPrint of ntoskrnl.exe, and the second module's one import, so that nothing else wants a word.
static void leave_one_import_each(struct test_image *image)
{
    put_in(image, LOOKUP_RVA + 8, 8, 0);
}

void image_make_import_self(struct test_image *image)
{
    leave_one_import_each(image);
    test_image_put_text(image, test_image_at(MODULE_2_RVA), "import-self.sys");
}

void image_make_import_unknown_module(struct test_image *image)
{
    leave_one_import_each(image);
    test_image_put_text(image, test_image_at(MODULE_2_RVA), "nosuch.sys");
}

void image_make_import_unknown_name(struct test_image *image)
{
    leave_one_import_each(image);
    test_image_put_text(image, test_image_at(NAMES_RVA + 2), "KmNoSuchRoutine");
    put_in(image, IMPORT_RVA + 20 + 12, 4, 0); // no second module
}

static void put_module(struct test_image *image, const char *name)
{
    test_image_put_text(image, test_image_at(MODULE_2_RVA), name);
}

void image_make_import_kernel32(struct test_image *image)
{
    put_module(image, "KERNEL32.dll");
}

void image_make_import_ntdll(struct test_image *image)
{
    put_module(image, "ntdll.dll");
}

void image_make_import_msvcrt(struct test_image *image)
{
    put_module(image, "api-ms-win-crt-stdio-l1-1-0.dll");
}

void image_make_import_path(struct test_image *image)
{
    put_module(image, "..\\..\\hal.dll");
}

void image_make_import_control_bytes(struct test_image *image)
{
    put_module(image, "hal\x1b[2J.dll\n");
}

void image_make_relocate_everything(struct test_image *image)
{
    // Each 8 bytes of the image behind the headers, .reloc and .data's zeros among them.
    uint32_t rva = test_image_grow(image, 0x2000), at = rva;
    for (uint32_t page = TEXT_RVA; page < RELOC_RVA + 0x1000; page += 0x1000) {
        put_grown(image, at, 4, page);
        put_grown(image, at + 4, 4, 8 + 2 * 512);
        for (uint32_t i = 0; i < 512; i++) {
            put_grown(image, at + 8 + 2 * i, 2, 0xa000 | 8 * i);
        }
        at += 8 + 2 * 512;
    }
    test_image_put(image, AT_DIRECTORY(5), 4, rva);
    test_image_put(image, AT_DIRECTORY(5) + 4, 4, at - rva);
}

void image_make_low_alignment(struct test_image *image)
{
    // As the file, so the memory: one section from the end of the headers to the end of the file.
    test_image_put(image, AT_SECTION_COUNT, 2, 1);
    test_image_put(image, AT_SECTION_ALIGNMENT, 4, 0x20);
    test_image_put(image, AT_FILE_ALIGNMENT, 4, 0x20);
    test_image_put(image, AT_SECTION(0, FIELD_RVA), 4, IMAGE_HEADERS);
    test_image_put(image, AT_SECTION(0, FIELD_VIRTUAL_SIZE), 4, IMAGE_FILE_SIZE - IMAGE_HEADERS);
    test_image_put(image, AT_SECTION(0, FIELD_FILE_SIZE), 4, IMAGE_FILE_SIZE - IMAGE_HEADERS);
    test_image_put(image, AT_SECTION(0, FIELD_CHARACTERISTICS), 4, 0xe0000020);
    test_image_put(image, AT_SIZE_OF_IMAGE, 4, IMAGE_FILE_SIZE);
    test_image_put(image, AT_ENTRY_POINT, 4, test_image_at(ENTRY_RVA));
    fill(image, AT_DIRECTORIES, AT_SECTIONS, 0);
}
