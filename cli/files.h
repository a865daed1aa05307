// SPDX-License-Identifier: MIT
// Files and folders: what the commands need beyond stdio.
#ifndef KMODE_CLI_FILES_H
#define KMODE_CLI_FILES_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>

// The last component of path, and its extension with the dot ("" if there is none). Both point into path.
const char *km_file_name(const char *path);
const char *km_file_extension(const char *path);

// Returns the folder of path as written ("." if there is none), or path made absolute; the caller frees.
char *km_file_folder(const char *path);
char *km_absolute_path(const char *path);

// Returns an absolute path as seen from the current folder ("../../src/x.c"); other paths, and those whose
// folder cannot be found, as they are. The caller frees.
char *km_relative_path(const char *path);

bool km_is_folder(const char *path);
bool km_file_exists(const char *path);

// Adds the names (not paths) of the folder's entries whose extension is in extensions (NULL-ended, case
// ignored; NULL: all), sorted, hidden ones left out. Returns false with errno if the folder cannot be read.
bool km_list_folder(const char *folder, const char *const *extensions, struct km_strings *names);

// Reads a whole file, with a zero byte behind it. Returns NULL with errno; the caller frees.
char *km_read_file(const char *path, size_t *size);

// Writes a new file or replaces the old one; readers see the old or the new one whole. Return false with
// errno.
bool km_write_file(const char *path, const void *data, size_t size);
bool km_copy_file(const char *from, const char *to);

// Makes the folder and those above it. Returns false with errno.
bool km_make_folders(const char *path);

// Makes a folder of its own in TMPDIR (/tmp); the caller frees the path. Returns NULL with errno.
char *km_make_temporary_folder(void);

// Removes path and what is in it; what is not there is no error.
void km_remove_tree(const char *path);

#endif
