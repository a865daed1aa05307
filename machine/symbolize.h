// SPDX-License-Identifier: MIT
// Function, file and line of addresses in PE images, from their PDBs, by llvm-symbolizer.
#ifndef KMODE_MACHINE_SYMBOLIZE_H
#define KMODE_MACHINE_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct km_symbol {
    size_t address_index;        // which of the addresses this is of
    const char *function, *file; // NULL if not known; owned by the result
    unsigned line;
};

// One entry a function: an address in inlined code gives several, innermost first, all of one address_index.
struct km_symbols {
    struct km_symbol *items;
    size_t count;
    void *json;              // keeps the strings
    bool missing_symbolizer; // llvm-symbolizer is not installed
};

// Symbolizes `count` offsets from the image base of the file at image_path. false: no symbolizer, or it
// failed; then *symbols is empty. Free with km_symbols_free in either case.
bool km_symbolize(const char *image_path, const uint64_t *offsets, size_t count, struct km_symbols *symbols);
void km_symbols_free(struct km_symbols *symbols);

#endif
