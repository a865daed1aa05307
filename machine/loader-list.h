// SPDX-License-Identifier: MIT
// The lists of loaded images in a process environment block, of 64 bits or of 32.
#ifndef KMODE_MACHINE_LOADER_LIST_H
#define KMODE_MACHINE_LOADER_LIST_H

#include "machine/process.h"

// What the lists are to have of an image.
struct km_listed_image {
    uint64_t base;
    const char16_t *path;
    size_t path_bytes;
    bool is_dll, is_static;
    bool is_32bit; // for the lists of the 32-bit block
};

// Enters it at the lists' end; *entry is the entry's user address. What km_user_alloc and km_loader_lost
// return.
enum km_result km_loader_enter(struct km_thread *thread, const struct km_listed_image *listed,
                               uint64_t *entry);
// Takes an entry out of the lists. false: they are damaged.
bool km_loader_remove(struct km_machine *machine, uint64_t entry, bool is_32bit);
// The path of what the process runs, as its parameters have it; *path is the caller's to free. false: they
// are damaged, or no memory.
bool km_loader_image_path(const struct km_process *process, char16_t **path, size_t *bytes);
// Whether the image mapped there is one of 32 bits. false: its headers cannot be read.
bool km_loader_is_32bit(struct km_machine *machine, uint64_t base, bool *is_32bit);
// KM_FAILED, and the problem that the lists are damaged.
enum km_result km_loader_lost(const struct km_process *process);

#endif
