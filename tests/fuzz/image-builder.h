// SPDX-License-Identifier: MIT
// Builds a small well-formed x64 driver image, byte by byte, for tests to take apart. Shares no code with the
// loader.
#ifndef KMODE_TESTS_FUZZ_IMAGE_BUILDER_H
#define KMODE_TESTS_FUZZ_IMAGE_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#define TEST_IMAGE_CAPACITY 0x20000u

struct test_image {
    size_t size;
    uint8_t bytes[TEST_IMAGE_CAPACITY];
};

// Offsets in the file of the headers' fields.
enum {
    AT_E_LFANEW = 0x3c,
    AT_SIGNATURE = 0x80,
    AT_MACHINE = 0x84,
    AT_SECTION_COUNT = 0x86,
    AT_TIME_STAMP = 0x88,
    AT_OPTIONAL_SIZE = 0x94,
    AT_CHARACTERISTICS = 0x96,
    AT_MAGIC = 0x98,
    AT_ENTRY_POINT = 0xa8,
    AT_IMAGE_BASE = 0xb0,
    AT_SECTION_ALIGNMENT = 0xb8,
    AT_FILE_ALIGNMENT = 0xbc,
    AT_SIZE_OF_IMAGE = 0xd0,
    AT_SIZE_OF_HEADERS = 0xd4,
    AT_CHECKSUM = 0xd8,
    AT_SUBSYSTEM = 0xdc,
    AT_DLL_CHARACTERISTICS = 0xde,
    AT_DIRECTORY_COUNT = 0x104,
    AT_DIRECTORIES = 0x108,
    AT_SECTIONS = 0x188,
};

#define AT_DIRECTORY(index)      (AT_DIRECTORIES + 8 * (index)) // its RVA; its size is 4 further
#define AT_SECTION(index, field) (AT_SECTIONS + 40 * (index) + (field))
#define FIELD_VIRTUAL_SIZE       8
#define FIELD_RVA                12
#define FIELD_FILE_SIZE          16
#define FIELD_FILE_OFFSET        20
#define FIELD_CHARACTERISTICS    36

// The image that test_image_build makes. Each section as RVA and offset in the file.
#define IMAGE_BASE      UINT64_C(0x140000000)
#define IMAGE_SIZE      0x8000u
#define IMAGE_FILE_SIZE 0x1c00u
#define IMAGE_HEADERS   0x400u
#define IMAGE_SECTIONS  6
enum { TEXT, RDATA, DATA, PDATA, INIT, RELOC };
#define TEXT_RVA  0x1000u // 0x400, 0x200 bytes
#define RDATA_RVA 0x2000u // 0x600, 0x800 bytes
#define DATA_RVA  0x3000u // 0xe00, 0x200 bytes, 0x1800 in memory
#define PDATA_RVA 0x5000u // 0x1000, 0x200 bytes
#define INIT_RVA  0x6000u // 0x1200, 0x800 bytes
#define RELOC_RVA 0x7000u // 0x1a00, 0x200 bytes

// RVAs of what the sections hold.
#define ENTRY_RVA       (TEXT_RVA + 0x10)
#define LOAD_CONFIG_RVA RDATA_RVA
#define DEBUG_RVA       (RDATA_RVA + 0x140)
#define CODEVIEW_RVA    (RDATA_RVA + 0x160)
#define EXPORT_RVA                                                                                           \
    (RDATA_RVA + 0x200) // four exports of three names: Alpha, Beta (forwarder), Gamma; ordinal 8
#define EXPORT_FUNCTIONS (EXPORT_RVA + 0x28)
#define EXPORT_NAMES     (EXPORT_RVA + 0x38)
#define EXPORT_ORDINALS  (EXPORT_RVA + 0x44)
#define EXPORT_STRINGS   (EXPORT_RVA + 0x50)
#define EXPORT_SIZE      0xa0u
#define EXPORT_BASE      5u
#define IAT_RVA                                                                                              \
    (RDATA_RVA + 0x300) // ntoskrnl.exe: DbgPrint, ordinal 7, memcpy; hal.dll: KeStallExecutionProcessor
#define POINTER_RVA     DATA_RVA // holds the address of ENTRY_RVA, relocated
#define COOKIE_RVA      (DATA_RVA + 8)
#define IMPORT_RVA      INIT_RVA // two descriptors
#define LOOKUP_RVA      (INIT_RVA + 0x40)
#define LOOKUP_2_RVA    (INIT_RVA + 0x60)
#define NAMES_RVA       (INIT_RVA + 0x80)
#define MODULE_NAME_RVA (INIT_RVA + 0xe0)
#define MODULE_2_RVA    (INIT_RVA + 0xf0)
#define POINTER_COUNT   6 // relocated pointers in the image

// Where in the file rva lies. rva must be in the file's part of a section, or in the headers.
uint32_t test_image_at(uint32_t rva);

void test_image_build(struct test_image *image);
// Sets the checksum field right.
void test_image_seal(struct test_image *image);

void test_image_put(struct test_image *image, uint32_t offset, unsigned bytes, uint64_t value);
uint64_t test_image_get(const struct test_image *image, uint32_t offset, unsigned bytes);
void test_image_put_text(struct test_image *image, uint32_t offset, const char *text);
// Makes the last section (.reloc) longer by bytes (a multiple of 0x1000) of zeros; returns the RVA of the new
// part.
uint32_t test_image_grow(struct test_image *image, uint32_t bytes);

#endif
