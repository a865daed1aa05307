// SPDX-License-Identifier: MIT
// Builds a small well-formed x64 driver image, byte by byte.
#include "tests/fuzz/image-builder.h"

#include <string.h>

struct section {
    const char *name;
    uint32_t rva, virtual_size, file_offset, file_size, characteristics;
};

static const struct section sections[IMAGE_SECTIONS] = {
    {".text", TEXT_RVA, 0x180, 0x400, 0x200, 0x68000020},
    {".rdata", RDATA_RVA, 0x800, 0x600, 0x800, 0x48000040},
    {".data", DATA_RVA, 0x1800, 0xe00, 0x200, 0xc8000040},
    {".pdata", PDATA_RVA, 0x18, 0x1000, 0x200, 0x48000040},
    {"INIT", INIT_RVA, 0x800, 0x1200, 0x800, 0x62000020},
    {".reloc", RELOC_RVA, 0x40, 0x1a00, 0x200, 0x42000040},
};

struct directory {
    unsigned index;
    uint32_t rva, size;
};

static const struct directory directories[] = {
    {0, EXPORT_RVA, EXPORT_SIZE}, {1, IMPORT_RVA, 0x3c},        {3, PDATA_RVA, 0x18}, {5, RELOC_RVA, 0x24},
    {6, DEBUG_RVA, 28},           {10, LOAD_CONFIG_RVA, 0x140}, {12, IAT_RVA, 0x30},
};

// Pointers, to be relocated: where, and the RVA that they point to. In page order.
static const struct {
    uint32_t at, to;
} pointers[POINTER_COUNT] = {
    {LOAD_CONFIG_RVA + 0x58, COOKIE_RVA}, {RDATA_RVA + 0x7f8, DATA_RVA}, {POINTER_RVA, ENTRY_RVA},
    {DATA_RVA + 0x10, RDATA_RVA},         {DATA_RVA + 0xffc, 0},         {DATA_RVA + 0x1100, 0},
};

uint32_t test_image_at(uint32_t rva)
{
    for (int i = 0; i < IMAGE_SECTIONS; i++) {
        if (rva >= sections[i].rva && rva - sections[i].rva < sections[i].file_size) {
            return rva - sections[i].rva + sections[i].file_offset;
        }
    }
    return rva < IMAGE_HEADERS ? rva : 0;
}

void test_image_put(struct test_image *image, uint32_t offset, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes && offset + i < TEST_IMAGE_CAPACITY; i++) {
        image->bytes[offset + i] = (uint8_t)(value >> 8 * i);
    }
}

uint64_t test_image_get(const struct test_image *image, uint32_t offset, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes && offset + i < TEST_IMAGE_CAPACITY; i++) {
        value |= (uint64_t)image->bytes[offset + i] << 8 * i;
    }
    return value;
}

void test_image_put_text(struct test_image *image, uint32_t offset, const char *text)
{
    memcpy(image->bytes + offset, text, strlen(text) + 1);
}

static void put32(struct test_image *image, uint32_t rva, uint32_t value)
{
    test_image_put(image, test_image_at(rva), 4, value);
}

static void put64(struct test_image *image, uint32_t rva, uint64_t value)
{
    test_image_put(image, test_image_at(rva), 8, value);
}

static void put_text(struct test_image *image, uint32_t rva, const char *text)
{
    test_image_put_text(image, test_image_at(rva), text);
}

static void build_headers(struct test_image *image)
{
    static const struct {
        uint16_t at;
        uint8_t bytes;
        uint64_t value;
    } fields[] = {
        {AT_MACHINE, 2, 0x8664},
        {AT_SECTION_COUNT, 2, IMAGE_SECTIONS},
        {AT_TIME_STAMP, 4, 0x5eadbeef},
        {AT_OPTIONAL_SIZE, 2, 0xf0},
        {AT_CHARACTERISTICS, 2, 0x22}, // executable, large address aware
        {AT_MAGIC, 2, 0x20b},
        {AT_ENTRY_POINT, 4, ENTRY_RVA},
        {AT_IMAGE_BASE, 8, IMAGE_BASE},
        {AT_SECTION_ALIGNMENT, 4, 0x1000},
        {AT_FILE_ALIGNMENT, 4, 0x200},
        {AT_MAGIC + 40, 2, 10}, // operating system version
        {AT_MAGIC + 48, 2, 10}, // subsystem version
        {AT_SIZE_OF_IMAGE, 4, IMAGE_SIZE},
        {AT_SIZE_OF_HEADERS, 4, IMAGE_HEADERS},
        {AT_SUBSYSTEM, 2, 1},
        {AT_DLL_CHARACTERISTICS, 2, 0x160}, // high entropy, dynamic base, NX
        {AT_MAGIC + 72, 8, 0x100000},       // stack and heap sizes, of no use to a driver
        {AT_MAGIC + 80, 8, 0x1000},
        {AT_DIRECTORY_COUNT, 4, 16},
    };

    test_image_put_text(image, 0, "MZ");
    test_image_put(image, AT_E_LFANEW, 4, AT_SIGNATURE);
    test_image_put_text(image, AT_SIGNATURE, "PE");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        test_image_put(image, fields[i].at, fields[i].bytes, fields[i].value);
    }
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
        test_image_put(image, AT_DIRECTORY(directories[i].index), 4, directories[i].rva);
        test_image_put(image, AT_DIRECTORY(directories[i].index) + 4, 4, directories[i].size);
    }
    for (uint32_t i = 0; i < IMAGE_SECTIONS; i++) {
        const struct section *section = &sections[i];
        memcpy(image->bytes + AT_SECTION(i, 0), section->name, strlen(section->name));
        test_image_put(image, AT_SECTION(i, FIELD_VIRTUAL_SIZE), 4, section->virtual_size);
        test_image_put(image, AT_SECTION(i, FIELD_RVA), 4, section->rva);
        test_image_put(image, AT_SECTION(i, FIELD_FILE_SIZE), 4, section->file_size);
        test_image_put(image, AT_SECTION(i, FIELD_FILE_OFFSET), 4, section->file_offset);
        test_image_put(image, AT_SECTION(i, FIELD_CHARACTERISTICS), 4, section->characteristics);
    }
}

static void build_imports(struct test_image *image)
{
    static const struct {
        uint32_t rva;
        const char *name;
    } names[] = {{NAMES_RVA, "DbgPrint"},
                 {NAMES_RVA + 0x20, "memcpy"},
                 {NAMES_RVA + 0x30, "KeStallExecutionProcessor"}};
    static const uint64_t lookups[2][4] = {
        {NAMES_RVA, (UINT64_C(1) << 63) | 7, NAMES_RVA + 0x20, 0},
        {NAMES_RVA + 0x30, 0, 0, 0},
    };

    for (uint32_t module = 0; module < 2; module++) {
        uint32_t descriptor = IMPORT_RVA + 20 * module;
        put32(image, descriptor, module == 0 ? LOOKUP_RVA : LOOKUP_2_RVA);
        put32(image, descriptor + 12, module == 0 ? MODULE_NAME_RVA : MODULE_2_RVA);
        put32(image, descriptor + 16, IAT_RVA + 0x20 * module);
        for (uint32_t i = 0; i < 4; i++) {
            put64(image, (module == 0 ? LOOKUP_RVA : LOOKUP_2_RVA) + 8 * i, lookups[module][i]);
            put64(image, IAT_RVA + 0x20 * module + 8 * i, lookups[module][i]);
        }
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        test_image_put(image, test_image_at(names[i].rva), 2, 100 + i);
        put_text(image, names[i].rva + 2, names[i].name);
    }
    put_text(image, MODULE_NAME_RVA, "ntoskrnl.exe");
    put_text(image, MODULE_2_RVA, "hal.dll");
}

static void build_exports(struct test_image *image)
{
    static const char *const names[3] = {"Alpha", "Beta", "Gamma"};
    static const uint16_t indices[3] = {0, 1, 2};
    const uint32_t module = EXPORT_STRINGS + 0x40, forwarder = EXPORT_STRINGS + 0x20;
    const uint32_t functions[4] = {TEXT_RVA, forwarder, DATA_RVA, TEXT_RVA + 8};

    put32(image, EXPORT_RVA + 12, module);
    put32(image, EXPORT_RVA + 16, EXPORT_BASE);
    put32(image, EXPORT_RVA + 20, 4);
    put32(image, EXPORT_RVA + 24, 3);
    put32(image, EXPORT_RVA + 28, EXPORT_FUNCTIONS);
    put32(image, EXPORT_RVA + 32, EXPORT_NAMES);
    put32(image, EXPORT_RVA + 36, EXPORT_ORDINALS);
    for (uint32_t i = 0; i < 4; i++) {
        put32(image, EXPORT_FUNCTIONS + 4 * i, functions[i]);
    }
    for (uint32_t i = 0; i < 3; i++) {
        put32(image, EXPORT_NAMES + 4 * i, EXPORT_STRINGS + 8 * i);
        test_image_put(image, test_image_at(EXPORT_ORDINALS + 2 * i), 2, indices[i]);
        put_text(image, EXPORT_STRINGS + 8 * i, names[i]);
    }
    put_text(image, forwarder, "hal.HalBeta");
    put_text(image, module, "built.sys");
}

static void build_relocations(struct test_image *image)
{
    uint32_t at = RELOC_RVA;

    for (int i = 0; i < POINTER_COUNT;) {
        uint32_t page = pointers[i].at & ~0xfffu, block = at;
        at += 8;
        for (; i < POINTER_COUNT && (pointers[i].at & ~0xfffu) == page; i++, at += 2) {
            test_image_put(image, test_image_at(at), 2, 10u << 12 | (pointers[i].at & 0xfff));
            if (pointers[i].to != 0) {
                put64(image, pointers[i].at, IMAGE_BASE + pointers[i].to);
            }
        }
        at = (at + 3) & ~3u;
        put32(image, block, page);
        put32(image, block + 4, at - block);
    }
    test_image_put(image, AT_DIRECTORY(5) + 4, 4, at - RELOC_RVA);
}

void test_image_build(struct test_image *image)
{
    static const uint8_t code[] = {0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xc3}; // lea rax, [rip]; ret
    static const uint8_t entry[] = {0x31, 0xc0, 0xc3};                  // xor eax, eax; ret

    memset(image, 0, sizeof *image);
    image->size = IMAGE_FILE_SIZE;
    build_headers(image);
    memcpy(image->bytes + test_image_at(TEXT_RVA), code, sizeof code);
    memcpy(image->bytes + test_image_at(ENTRY_RVA), entry, sizeof entry);
    build_imports(image);
    build_exports(image);

    put32(image, LOAD_CONFIG_RVA, 0x140);
    put64(image, COOKIE_RVA, UINT64_C(0x2B992DDFA232));

    put32(image, DEBUG_RVA + 12, 2);
    put32(image, DEBUG_RVA + 16, 24 + sizeof "C:\\built.pdb");
    put32(image, DEBUG_RVA + 20, CODEVIEW_RVA);
    put32(image, DEBUG_RVA + 24, test_image_at(CODEVIEW_RVA));
    put_text(image, CODEVIEW_RVA, "RSDS0123456789abcdef");
    put32(image, CODEVIEW_RVA + 20, 3);
    put_text(image, CODEVIEW_RVA + 24, "C:\\built.pdb");

    // Two functions and one unwind record for both, that says nothing: leaf frames.
    for (uint32_t i = 0; i < 2; i++) {
        put32(image, PDATA_RVA + 12 * i, TEXT_RVA + 0x10 * i);
        put32(image, PDATA_RVA + 12 * i + 4, TEXT_RVA + 0x10 * i + 8);
        put32(image, PDATA_RVA + 12 * i + 8, RDATA_RVA + 0x400);
    }
    put32(image, RDATA_RVA + 0x400, 1);

    build_relocations(image);
    test_image_seal(image);
}

void test_image_seal(struct test_image *image)
{
    uint32_t sum = 0;

    test_image_put(image, AT_CHECKSUM, 4, 0);
    for (size_t i = 0; i < image->size; i += 2) {
        sum += (uint32_t)image->bytes[i] | (i + 1 < image->size ? (uint32_t)image->bytes[i + 1] << 8 : 0);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    if (image->size >= AT_CHECKSUM + 4) {
        test_image_put(image, AT_CHECKSUM, 4, sum + image->size);
    }
}

uint32_t test_image_grow(struct test_image *image, uint32_t bytes)
{
    uint32_t old_pages = 0x1000;

    test_image_put(image, AT_SECTION(RELOC, FIELD_VIRTUAL_SIZE), 4, old_pages + bytes);
    test_image_put(image, AT_SECTION(RELOC, FIELD_FILE_SIZE), 4, old_pages + bytes);
    test_image_put(image, AT_SIZE_OF_IMAGE, 4, IMAGE_SIZE + bytes);
    image->size = sections[RELOC].file_offset + old_pages + bytes;
    return RELOC_RVA + old_pages;
}
