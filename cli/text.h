// SPDX-License-Identifier: MIT
// A growing list of strings, as for an argument vector. Out of memory ends the program with one line.
#ifndef KMODE_CLI_TEXT_H
#define KMODE_CLI_TEXT_H

#include <stddef.h>

struct km_strings {
    char **items; // items[count] is NULL; NULL itself while the list is empty
    size_t count;
    size_t capacity;
};

// Add a copy of text, formatted text, or count texts that end in NULL. The list owns its copies.
void km_strings_add(struct km_strings *list, const char *text);
void km_strings_add_format(struct km_strings *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void km_strings_add_all(struct km_strings *list, const char *const *texts);

// By strcmp.
void km_strings_sort(struct km_strings *list);
void km_strings_free(struct km_strings *list);

// Returns formatted text, which the caller frees.
char *km_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

// strdup and calloc that do not fail.
char *km_copy_string(const char *text);
void *km_allocate(size_t count, size_t size);

#endif
