// SPDX-License-Identifier: MIT
// `kmode build`: whether the linked file is a driver image as Windows wants it.
#include "build.h"

#include "cli.h"
#include "files.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    PE_OFFSET = 0x3c,
    COFF_SIZE = 24, // with the signature before it
    SECTION_SIZE = 40,
    MACHINE_AMD64 = 0x8664,
    MAGIC_PE32_PLUS = 0x20b,
    SUBSYSTEM_NATIVE = 1,
    FILE_RELOCS_STRIPPED = 0x0001,
    DLL_HIGH_ENTROPY_VA = 0x0020,
    DLL_DYNAMIC_BASE = 0x0040,
    DLL_NX_COMPAT = 0x0100,
    DIRECTORY_COUNT = 16,
};

#define SECTION_DISCARDABLE 0x02000000u
#define SECTION_EXECUTE     0x20000000u
#define SECTION_WRITE       0x80000000u

// Fields of the optional header, by their offset in it.
enum {
    OPTIONAL_CHECKSUM = 64,
    OPTIONAL_SUBSYSTEM = 68,
    OPTIONAL_DLL_CHARACTERISTICS = 70,
    OPTIONAL_DIRECTORIES = 112,
    OPTIONAL_SIZE = OPTIONAL_DIRECTORIES + 8 * DIRECTORY_COUNT,
};

static uint16_t read16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t read32(const uint8_t *at)
{
    return read16(at) | (uint32_t)read16(at + 2) << 16;
}

// The sum of the file's 16-bit words without the field itself, folded, plus the file's length.
static uint32_t pe_checksum(const uint8_t *file, size_t size, size_t field)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i += 2) {
        uint32_t word = i + 1 < size ? read16(file + i) : file[i];
        if (i == field || i == field + 2) {
            continue;
        }
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum + (uint32_t)size;
}

struct fault {
    bool found;
    const char *text;
};

static unsigned report(const struct fault *faults, size_t count)
{
    unsigned found = 0;

    for (size_t i = 0; i < count; i++) {
        if (faults[i].found) {
            km_error("the linked driver is not as Windows wants it: %s", faults[i].text);
            found++;
        }
    }
    return found;
}

static unsigned check_sections(const uint8_t *section, unsigned count)
{
    unsigned found = 0;

    for (; count > 0; count--, section += SECTION_SIZE) {
        uint32_t flags = read32(section + 36);
        char name[9] = "";

        memcpy(name, section, 8);
        if ((flags & SECTION_WRITE) && (flags & SECTION_EXECUTE)) {
            km_error(
                "section %s is both writable and executable, which Windows with memory integrity refuses",
                name);
            found++;
        }
        if (strcmp(name, "INIT") == 0 && !(flags & SECTION_DISCARDABLE)) {
            km_error("section INIT is not discardable");
            found++;
        }
    }
    return found;
}

static unsigned check(const uint8_t *file, size_t size)
{
    static const char no_image[] = "the linker's output is no PE image";

    if (size < PE_OFFSET + 4) {
        km_error(no_image);
        return 1;
    }
    size_t pe = read32(file + PE_OFFSET);
    if (pe > size || size - pe < COFF_SIZE + OPTIONAL_SIZE || memcmp(file + pe, "PE\0\0", 4) != 0) {
        km_error(no_image);
        return 1;
    }

    const uint8_t *coff = file + pe + 4;
    const uint8_t *optional = file + pe + COFF_SIZE;
    unsigned section_count = read16(coff + 2);
    size_t sections = pe + COFF_SIZE + read16(coff + 16);
    unsigned dll = read16(optional + OPTIONAL_DLL_CHARACTERISTICS);
    if (sections + (size_t)section_count * SECTION_SIZE > size) {
        km_error(no_image);
        return 1;
    }

    size_t checksum = pe + COFF_SIZE + OPTIONAL_CHECKSUM;
    const struct fault faults[] = {
        {read16(coff) != MACHINE_AMD64, "its machine is not x64"},
        {read16(optional) != MAGIC_PE32_PLUS, "its header is not PE32+"},
        {read16(optional + OPTIONAL_SUBSYSTEM) != SUBSYSTEM_NATIVE, "its subsystem is not native"},
        {read32(file + checksum) != pe_checksum(file, size, checksum), "its checksum is wrong"},
        {read16(coff + 18) & FILE_RELOCS_STRIPPED, "it has no relocations"},
        {!(dll & DLL_DYNAMIC_BASE), "its base is fixed (no ASLR)"},
        {!(dll & DLL_HIGH_ENTROPY_VA), "it does not take high addresses"},
        {!(dll & DLL_NX_COMPAT), "it is not marked NX"},
    };
    return report(faults, sizeof(faults) / sizeof(faults[0])) +
           check_sections(file + sections, section_count);
}

int km_build_check_image(const char *path)
{
    size_t size;
    char *file = km_read_file(path, &size);

    if (!file) {
        km_error("cannot read the linker's output %s: %s", path, strerror(errno));
        return KM_EXIT_FAILED;
    }
    unsigned found = check((const uint8_t *)file, size);
    free(file);
    return found ? KM_EXIT_FAILED : KM_EXIT_OK;
}
