// SPDX-License-Identifier: MIT
// Breaks a built driver in one way and sets its checksum right again.
//   patch-image unwind-data IN.sys OUT.sys    every unwind code becomes an unknown operation
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PE_OFFSET = 0x3C,
    CHECKSUM = 88,
    EXCEPTION_DIRECTORY = 24 + 112 + 3 * 8,
    SECTION_TABLE = 24,
    SECTION_BYTES = 40
};

static uint8_t *image;
static size_t size;
static uint32_t headers;

static uint8_t *at(size_t offset, size_t bytes)
{
    if (offset > size || bytes > size - offset) {
        fprintf(stderr, "patch-image: offset 0x%zx is outside the file\n", offset);
        exit(1);
    }
    return image + offset;
}

static uint32_t load(size_t offset, size_t bytes)
{
    uint32_t value = 0;
    memcpy(&value, at(offset, bytes), bytes);
    return value;
}

static size_t file_offset(uint32_t rva)
{
    uint32_t count = load(headers + 6, 2);
    size_t table = headers + SECTION_TABLE + load(headers + 20, 2);
    for (uint32_t i = 0; i < count; i++) {
        size_t section = table + i * SECTION_BYTES;
        uint32_t start = load(section + 12, 4);
        if (rva >= start && rva - start < load(section + 16, 4)) {
            return load(section + 20, 4) + (rva - start);
        }
    }
    fprintf(stderr, "patch-image: 0x%x lies in no section\n", rva);
    exit(1);
}

static void break_unwind_data(void)
{
    uint32_t table = load(headers + EXCEPTION_DIRECTORY, 4),
             bytes = load(headers + EXCEPTION_DIRECTORY + 4, 4);
    for (uint32_t entry = 0; entry + 12 <= bytes; entry += 12) {
        size_t info = file_offset(load(file_offset(table + entry) + 8, 4));
        uint32_t codes = load(info + 2, 1);
        for (uint32_t i = 0; i < codes; i++) {
            *at(info + 5 + i * 2, 1) |= 0x0F;
        }
    }
}

static void set_checksum(void)
{
    uint32_t sum = 0, zero = 0;
    memcpy(at(headers + CHECKSUM, 4), &zero, 4);
    for (size_t i = 0; i < size; i += 2) {
        sum += load(i, size - i < 2 ? 1 : 2);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    sum += (uint32_t)size;
    memcpy(at(headers + CHECKSUM, 4), &sum, 4);
}

int main(int argc, char **argv)
{
    if (argc != 4 || strcmp(argv[1], "unwind-data") != 0) {
        fprintf(stderr, "usage: patch-image unwind-data IN.sys OUT.sys\n");
        return 2;
    }
    FILE *file = fopen(argv[2], "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(argv[2]);
        return 1;
    }
    size = (size_t)ftell(file);
    rewind(file);
    image = malloc(size);
    if (image == NULL || fread(image, 1, size, file) != size) {
        perror(argv[2]);
        return 1;
    }
    fclose(file);
    headers = load(PE_OFFSET, 4);
    break_unwind_data();
    set_checksum();
    file = fopen(argv[3], "wb");
    if (file == NULL || fwrite(image, 1, size, file) != size || fclose(file) != 0) {
        perror(argv[3]);
        return 1;
    }
    free(image);
    return 0;
}
