// SPDX-License-Identifier: MIT
// The import table of an image: who wants what from whom, and where the answer goes.
#include "machine/image-internal.h"

#include <stdio.h>

#define DESCRIPTOR_BYTES 20u
#define THUNK_BYTES      8u
#define BY_ORDINAL       (UINT64_C(1) << 63)

struct import_walk {
    const struct km_image_file *image;
    const uint8_t *memory;
    km_import_visitor visitor;
    void *context;
    struct km_image_problem *problem;
    struct km_name_budget names;
    uint32_t module_count;
    uint32_t count;
};

static bool parse_thunk(struct import_walk *walk, uint64_t thunk, uint32_t number,
                        struct km_image_import *import)
{
    if ((thunk & BY_ORDINAL) != 0) {
        import->ordinal = (uint16_t)thunk;
        return true;
    }
    if (thunk > UINT32_MAX || thunk + 2 >= walk->image->size_of_image) {
        return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "import %u from %s lies outside the image: its name at 0x%llx of 0x%x", number,
                               import->module, (unsigned long long)thunk, walk->image->size_of_image);
    }
    uint8_t hint[2];
    if (!km_image_read(walk->image, walk->memory, thunk, hint, sizeof hint)) {
        return false;
    }
    import->hint = km_load16(hint);
    enum km_name_result result =
        km_image_name(walk->image, walk->memory, thunk + 2, KM_IMAGE_MAX_NAME, &walk->names, &import->name);
    if (result != KM_NAME_OK) {
        return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the name of import %u from %s, at 0x%llx, %s", number, import->module,
                               (unsigned long long)thunk + 2, km_image_name_fault(result));
    }
    return true;
}

static bool walk_module(struct import_walk *walk, const char *module, uint64_t lookup_table,
                        uint64_t address_table)
{
    for (uint64_t i = 0;; i++) {
        uint8_t bytes[THUNK_BYTES];
        uint64_t at = lookup_table + i * THUNK_BYTES, slot = address_table + i * THUNK_BYTES;
        if (!km_image_read(walk->image, walk->memory, at, bytes, sizeof bytes)) {
            return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "the import lookup table of %s lies outside the image: 0x%llx of 0x%x",
                                   module, (unsigned long long)at, walk->image->size_of_image);
        }
        uint64_t thunk = km_load64(bytes);
        if (thunk == 0) {
            return true;
        }
        if (walk->count == KM_IMAGE_MAX_IMPORTS) {
            return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT, "more than %u imports",
                                   KM_IMAGE_MAX_IMPORTS);
        }
        walk->count++;
        if (!km_image_is_writable_place(walk->image, slot, THUNK_BYTES)) {
            return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "the import address table of %s lies outside the sections: 0x%llx", module,
                                   (unsigned long long)slot);
        }
        struct km_image_import import = {.module = module, .slot_rva = (uint32_t)slot};
        if (!parse_thunk(walk, thunk, (uint32_t)i + 1, &import)) {
            return false;
        }
        if (walk->visitor != NULL && !walk->visitor(walk->context, &import)) {
            return false;
        }
    }
}

static bool check_module_name(struct import_walk *walk, const char *module)
{
    if (strpbrk(module, "/\\:") != NULL) {
        return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "imports \"%s\": a path, where a module's name must be", module);
    }
    if (km_image_is_user_module(module)) {
        return km_image_refuse(walk->problem, KM_STATUS_PROCEDURE_NOT_FOUND,
                               "imports %s: a user-mode program, not a driver", module);
    }
    return true;
}

static bool walk_all(struct import_walk *walk)
{
    const struct km_image_file *image = walk->image;
    uint64_t table = image->directories[KM_IMAGE_DIRECTORY_IMPORT].rva;

    if (table == 0) {
        return true;
    }
    for (;; walk->module_count++) {
        uint8_t descriptor[DESCRIPTOR_BYTES];
        uint32_t number = walk->module_count + 1;
        uint64_t at = table + (uint64_t)walk->module_count * DESCRIPTOR_BYTES;
        if (!km_image_read(image, walk->memory, at, descriptor, sizeof descriptor)) {
            return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "import descriptor %u lies outside the image: 0x%llx of 0x%x", number,
                                   (unsigned long long)at, image->size_of_image);
        }
        uint32_t lookup_table = km_load32(descriptor), name = km_load32(descriptor + 12);
        uint32_t address_table = km_load32(descriptor + 16);
        if (name == 0) {
            return true;
        }
        if (walk->module_count == KM_IMAGE_MAX_IMPORT_MODULES) {
            return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "imports from more than %u modules", KM_IMAGE_MAX_IMPORT_MODULES);
        }
        const char *module;
        enum km_name_result result =
            km_image_name(image, walk->memory, name, KM_IMAGE_MAX_MODULE_NAME, &walk->names, &module);
        if (result != KM_NAME_OK) {
            return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "the module name of import descriptor %u, at 0x%x, %s", number, name,
                                   km_image_name_fault(result));
        }
        if (address_table == 0) {
            return km_image_refuse(walk->problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "import descriptor %u (%s) has no address table", number, module);
        }
        // The name is copied, because a slot that the visitor writes may overlap it.
        char module_name[KM_IMAGE_MAX_MODULE_NAME + 1];
        snprintf(module_name, sizeof module_name, "%s", module);
        if (!check_module_name(walk, module_name) ||
            !walk_module(walk, module_name, lookup_table != 0 ? lookup_table : address_table,
                         address_table)) {
            return false;
        }
    }
}

bool km_image_each_import(const struct km_image_file *image, const uint8_t *memory, km_import_visitor visitor,
                          void *context, struct km_image_problem *problem)
{
    struct import_walk walk = {
        .image = image,
        .memory = memory,
        .visitor = visitor,
        .context = context,
        .problem = problem,
        .names = km_name_budget_for(image),
    };
    problem->text[0] = 0;
    problem->status = 0;
    return walk_all(&walk);
}

bool km_image_check_imports(struct km_image_file *image, struct km_image_problem *problem)
{
    struct import_walk walk = {.image = image, .problem = problem, .names = km_name_budget_for(image)};

    if (!walk_all(&walk)) {
        return false;
    }
    image->import_module_count = walk.module_count;
    image->import_count = walk.count;
    return true;
}
