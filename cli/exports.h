// SPDX-License-Identifier: MIT
// The export lists of nt/exports, as installed: what Windows' kernel modules export and what kmode
// implements.
#ifndef KMODE_CLI_EXPORTS_H
#define KMODE_CLI_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>

struct km_export {
    char *name;
    const char *module; // "ntoskrnl.exe"; the name of the list without an extension if it says none
    bool data;
    bool implemented;
};

struct km_exports {
    struct km_export *items; // by name, then module
    size_t count;
    char **modules;
    size_t module_count;
};

// Reads all lists. Returns false, having said why on stderr, if there are none or one cannot be read.
bool km_exports_load(struct km_exports *exports);
void km_exports_free(struct km_exports *exports);

// Returns the export of that name, an implemented one if several modules have it, or NULL.
const struct km_export *km_exports_find(const struct km_exports *exports, const char *name);

// Returns the exported name that looks most like name, or NULL.
const char *km_exports_nearest(const struct km_exports *exports, const char *name);

#endif
