// SPDX-License-Identifier: MIT
// Registry files ("Windows Registry Editor Version 5.00"): read into a list of what they do, and written.
// Text is UTF-16 within; nothing here knows the machine.
#ifndef KMODE_REGISTRY_FILE_H
#define KMODE_REGISTRY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct km_utf16 {
    uint16_t *units;
    size_t length;
};

enum km_registry_action {
    KM_REGISTRY_MAKE_KEY,
    KM_REGISTRY_REMOVE_KEY, // with all that is under it
    KM_REGISTRY_PUT_VALUE,
    KM_REGISTRY_REMOVE_VALUE
};

#define KM_REG_NONE      0u
#define KM_REG_SZ        1u
#define KM_REG_EXPAND_SZ 2u
#define KM_REG_BINARY    3u
#define KM_REG_DWORD     4u
#define KM_REG_MULTI_SZ  7u

// One line of the file. Keys are as it names them: "HKEY_LOCAL_MACHINE\SOFTWARE\x".
struct km_registry_entry {
    enum km_registry_action action;
    unsigned line;
    struct km_utf16 key;
    struct km_utf16 name; // of a value; empty: the key's own
    uint32_t type;
    uint8_t *data;
    size_t data_bytes;
};

struct km_registry_file {
    struct km_registry_entry *entries;
    size_t count, room;
};

struct km_registry_problem {
    unsigned line; // 0: it is of the whole file
    char reason[120];
};

// Reads bytes, UTF-8 or, with a byte-order mark, UTF-16LE. false and *problem if it is no registry file or
// there is no memory; then *file is empty.
bool km_registry_file_parse(const uint8_t *bytes, size_t size, struct km_registry_file *file,
                            struct km_registry_problem *problem);
void km_registry_file_free(struct km_registry_file *file);

// An entry more, zeroed but for its line; NULL: no memory.
struct km_registry_entry *km_registry_file_add(struct km_registry_file *file, unsigned line);
// A copy of units; false: no memory.
bool km_utf16_copy(struct km_utf16 *copy, const uint16_t *units, size_t length);

// The file as regedit writes it: UTF-16LE with a byte-order mark and CR LF; the caller frees it. NULL and
// *problem if an entry cannot be told in such a file, or there is no memory; problem->line is its index, from
// 1.
uint8_t *km_registry_file_write(const struct km_registry_file *file, size_t *size,
                                struct km_registry_problem *problem);

// The kernel's name of a key: "\Registry\Machine\SOFTWARE\x" of "HKEY_LOCAL_MACHINE\SOFTWARE\x". false: it
// begins with no root that there is, or there is no memory (then kernel->units is NULL and length 0).
bool km_registry_kernel_key(const struct km_utf16 *key, struct km_utf16 *kernel);

#endif
