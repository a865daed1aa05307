// SPDX-License-Identifier: MIT
// Reading the export lists, and finding a name in them.
#include "exports.h"

#include "cli.h"
#include "files.h"
#include "resources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char module_comment[] = "# module: ";

static void add_export(struct km_exports *exports, size_t *capacity, char *line, const char *module)
{
    struct km_export export = {.module = module};
    char *field = strsep(&line, "\t");

    export.name = km_copy_string(field);
    while ((field = strsep(&line, "\t"))) {
        export.data |= strcmp(field, "data") == 0;
        export.implemented |= strcmp(field, "implemented") == 0;
    }
    if (exports->count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 4096;
        exports->items = reallocarray(exports->items, *capacity, sizeof(*exports->items));
        if (!exports->items) {
            abort();
        }
    }
    exports->items[exports->count++] = export;
}

static bool load_list(struct km_exports *exports, size_t *capacity, const char *path, size_t module_index)
{
    char *text = km_read_file(path, NULL);
    char *rest = text;

    if (!text) {
        km_error("cannot read %s: %s", path, strerror(errno));
        return false;
    }
    const char *name = km_file_name(path);
    char **module = &exports->modules[module_index];
    *module = km_format("%.*s", (int)(strlen(name) - strlen(km_file_extension(name))), name);
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, module_comment, strlen(module_comment)) == 0) {
            free(*module);
            *module = km_copy_string(line + strlen(module_comment));
        } else if (*line && *line != '#') {
            add_export(exports, capacity, line, *module);
        }
    }
    free(text);
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct km_export *x = a, *y = b;
    int names = strcmp(x->name, y->name);

    return names ? names : strcmp(x->module, y->module);
}

bool km_exports_load(struct km_exports *exports)
{
    static const char *const extensions[] = {".txt", NULL};
    char *folder = km_resource("share/kmode/exports");
    struct km_strings names = {0};
    size_t capacity = 0;
    bool done = km_list_folder(folder, extensions, &names) && names.count > 0;

    if (!done) {
        km_error("kmode's installation is not whole: no export lists in %s", folder);
    }
    exports->modules = km_allocate(names.count, sizeof(char *));
    for (size_t i = 0; i < names.count && done; i++) {
        char *path = km_format("%s/%s", folder, names.items[i]);
        exports->module_count = i + 1;
        done = load_list(exports, &capacity, path, i);
        free(path);
    }
    if (exports->count) {
        qsort(exports->items, exports->count, sizeof(*exports->items), compare);
    }
    km_strings_free(&names);
    free(folder);
    return done;
}

void km_exports_free(struct km_exports *exports)
{
    for (size_t i = 0; i < exports->count; i++) {
        free(exports->items[i].name);
    }
    for (size_t i = 0; i < exports->module_count; i++) {
        free(exports->modules[i]);
    }
    free(exports->items);
    free(exports->modules);
    *exports = (struct km_exports){0};
}

const struct km_export *km_exports_find(const struct km_exports *exports, const char *name)
{
    size_t low = 0, high = exports->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(exports->items[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct km_export *first = NULL;
    for (; low < exports->count && strcmp(exports->items[low].name, name) == 0; low++) {
        if (exports->items[low].implemented) {
            return &exports->items[low];
        }
        first = first ? first : &exports->items[low];
    }
    return first;
}

const char *km_exports_nearest(const struct km_exports *exports, const char *name)
{
    const char **names = km_allocate(exports->count, sizeof(char *));

    for (size_t i = 0; i < exports->count; i++) {
        names[i] = exports->items[i].name;
    }
    const char *nearest = km_nearest(name, names, exports->count);
    free(names);
    return nearest;
}
