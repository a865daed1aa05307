// SPDX-License-Identifier: MIT
// The export lists of nt/exports, as installed: what Windows' kernel modules export and what kmode
// implements.
#ifndef KMODE_CLI_EXPORTS_H
#define KMODE_CLI_EXPORTS_H

#include <jansson.h>
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

// ---- What `kmode exports` is asked, and its two answers' common parts

struct km_exports_question {
    const char *coverage;
    const char *json;
    const char *module;
    bool missing;
    bool minimum_given;
    unsigned long minimum_repos;
};

struct km_exports_count {
    size_t total;
    size_t implemented;
    size_t known; // and not implemented
    size_t unknown;
};

// Counts export, NULL for a name that no list has.
void km_exports_add(struct km_exports_count *count, const struct km_export *export);
// Whether module is wanted, which may leave out the extension; NULL: any is.
bool km_exports_is_module(const char *module, const char *wanted);

json_t *km_exports_to_json(const struct km_exports_count *count);
// Writes document to path (-: stdout). false, having said why on stderr, if it cannot be written.
bool km_exports_write_json(json_t *document, const char *path);

// The answer to a question with a file of routines (exports-coverage.c). Returns an enum km_exit.
int km_exports_answer_coverage(const struct km_exports *exports, const struct km_exports_question *question);

#endif
