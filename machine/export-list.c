// SPDX-License-Identifier: MIT
// Looks a name up in the text list of what a Windows kernel module exports.
#include "machine/module.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// "FLTMGR.SYS" is listed in fltmgr.txt. false: the module's name is no plain file name, or too long.
static bool list_path(char *path, size_t bytes, const char *exports_path, const char *module)
{
    char stem[64];
    size_t length = strcspn(module, ".");
    if (length == 0 || length >= sizeof stem) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)module[i]) && module[i] != '_' && module[i] != '-') {
            return false;
        }
        stem[i] = (char)tolower((unsigned char)module[i]);
    }
    stem[length] = '\0';
    int written = snprintf(path, bytes, "%s/%s.txt", exports_path, stem);
    return written > 0 && (size_t)written < bytes;
}

bool km_export_list_has(const char *exports_path, const char *module, const char *name)
{
    char path[4096];
    if (exports_path == NULL || !list_path(path, sizeof path, exports_path, module)) {
        return false;
    }
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    char line[1024];
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\t\r\n ")] = '\0';
        found = line[0] != '#' && strcmp(line, name) == 0;
    }
    fclose(file);
    return found;
}
