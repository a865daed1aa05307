// SPDX-License-Identifier: MIT
// The list of modules: added from files, found by name or address.
#include "machine/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void km_modules_init(struct km_modules *modules, const char *exports_path)
{
    *modules = (struct km_modules){.exports_path = exports_path};
}

static void free_module(struct km_module *module)
{
    free(module->bytes);
    free(module->name);
    free(module->path);
    free(module);
}

void km_modules_deinit(struct km_modules *modules)
{
    km_modules_drop_import_slots(modules, 0);
    free(modules->slots);
    for (size_t i = 0; i < modules->count; i++) {
        free_module(modules->items[i]);
    }
    free(modules->items);
    *modules = (struct km_modules){0};
}

static void prefix_with_path(struct km_image_problem *problem, const char *path)
{
    struct km_image_problem reason = *problem;
    int room = (int)(sizeof problem->text - strlen(reason.text) - 3);
    int length = (int)strlen(path);
    // A path too long to be shown with its reason is shown by its end.
    const char *shown = length > room && room > 0 ? path + (length - room) : path;
    snprintf(problem->text, sizeof problem->text, "%s: %s", room > 0 ? shown : "", reason.text);
}

struct km_module *km_modules_add(struct km_modules *modules, const char *path,
                                 struct km_image_problem *problem)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (km_modules_find(modules, name) != NULL) {
        snprintf(problem->text, sizeof problem->text, "a module of the name %s is loaded already", name);
        goto named;
    }
    if (strlen(name) >= KM_NAME_BYTES) {
        snprintf(problem->text, sizeof problem->text, "its name has more than %u bytes", KM_NAME_BYTES - 1);
        goto named;
    }
    struct km_module **items = realloc(modules->items, (modules->count + 1) * sizeof(struct km_module *));
    if (items == NULL) {
        goto no_memory;
    }
    modules->items = items;
    struct km_module *module = calloc(1, sizeof *module);
    if (module == NULL) {
        goto no_memory;
    }
    module->path = strdup(path);
    module->name = strdup(name);
    if (module->path == NULL || module->name == NULL) {
        free_module(module);
        goto no_memory;
    }
    if (!km_image_read_file(path, &module->bytes, &module->size, problem) ||
        !km_image_parse(&module->file, module->bytes, module->size, problem)) {
        free_module(module);
        goto named;
    }
    modules->items[modules->count++] = module;
    return module;
no_memory:
    snprintf(problem->text, sizeof problem->text, "no memory for its image");
named:
    prefix_with_path(problem, path);
    return NULL;
}

void km_modules_remove(struct km_modules *modules, struct km_module *module)
{
    for (size_t i = 0; i < modules->count; i++) {
        if (modules->items[i] == module) {
            memmove(&modules->items[i], &modules->items[i + 1],
                    (modules->count - i - 1) * sizeof(struct km_module *));
            modules->count--;
            free_module(module);
            return;
        }
    }
}

struct km_module *km_modules_find(const struct km_modules *modules, const char *name)
{
    for (size_t i = 0; i < modules->count; i++) {
        if (strcasecmp(modules->items[i]->name, name) == 0) {
            return modules->items[i];
        }
    }
    return NULL;
}

struct km_module *km_modules_at(const struct km_modules *modules, uint64_t address)
{
    for (size_t i = 0; i < modules->count; i++) {
        struct km_module *module = modules->items[i];
        if (module->base != 0 && address >= module->base &&
            address - module->base < module->file.size_of_image) {
            return module;
        }
    }
    return NULL;
}
