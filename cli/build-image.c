// SPDX-License-Identifier: MIT
// `kmode build`: whether the linked file is a driver image as Windows wants it.
#include "build.h"

#include "cli.h"
#include "machine/image.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUBSYSTEM_NATIVE = 1,
    FILE_RELOCS_STRIPPED = 0x0001,
    DLL_HIGH_ENTROPY_VA = 0x0020,
    DLL_DYNAMIC_BASE = 0x0040,
    DLL_NX_COMPAT = 0x0100,
};

#define SECTION_DISCARDABLE 0x02000000u
#define SECTION_EXECUTE     0x20000000u
#define SECTION_WRITE       0x80000000u

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

static unsigned check_sections(const struct km_image_file *image)
{
    unsigned found = 0;

    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct km_image_section *section = &image->sections[i];
        const uint32_t flags = section->characteristics;
        if ((flags & SECTION_WRITE) && (flags & SECTION_EXECUTE)) {
            km_error(
                "section %s is both writable and executable, which Windows with memory integrity refuses",
                section->name);
            found++;
        }
        if (strcmp(section->name, "INIT") == 0 && !(flags & SECTION_DISCARDABLE)) {
            km_error("section INIT is not discardable");
            found++;
        }
    }
    return found;
}

// Of an image that the loader takes.
static unsigned check(const struct km_image_file *image)
{
    const unsigned dll = image->dll_characteristics;
    const struct fault faults[] = {
        {image->subsystem != SUBSYSTEM_NATIVE, "its subsystem is not native"},
        {image->checksum != km_image_checksum(image->bytes, image->size), "its checksum is wrong"},
        {image->characteristics & FILE_RELOCS_STRIPPED, "it has no relocations"},
        {!(dll & DLL_DYNAMIC_BASE), "its base is fixed (no ASLR)"},
        {!(dll & DLL_HIGH_ENTROPY_VA), "it does not take high addresses"},
        {!(dll & DLL_NX_COMPAT), "it is not marked NX"},
    };
    return report(faults, sizeof(faults) / sizeof(faults[0])) + check_sections(image);
}

int km_build_check_image(const char *path)
{
    struct km_image_problem problem;
    struct km_image_file image;
    uint8_t *bytes;
    size_t size;
    unsigned found = 1;

    if (!km_image_read_file(path, &bytes, &size, &problem)) {
        km_error("cannot read the linker's output %s: %s", path, problem.text);
        return KM_EXIT_FAILED;
    }
    if (km_image_parse(&image, bytes, size, &problem)) {
        found = check(&image);
    } else {
        km_error("Windows would not load the linked driver: %s", problem.text);
    }
    free(bytes);
    return found ? KM_EXIT_FAILED : KM_EXIT_OK;
}
