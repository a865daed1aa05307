// SPDX-License-Identifier: MIT
// Where kmode's own files are.
#include "resources.h"

#include "cli.h"
#include "text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Cuts the last component off; leaves "/" alone.
static void cut_last_component(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash) {
        slash[slash == path] = '\0';
    }
}

char *km_resource(const char *path)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (length < 0) {
        km_error("cannot find kmode's own files: /proc is not mounted");
        exit(KM_EXIT_FAILED);
    }
    self[length] = '\0';
    cut_last_component(self);
    cut_last_component(self);
    return km_format("%s/%s", self, path);
}
