// SPDX-License-Identifier: MIT
// Maps a module into the kernel half: layout, import binding, security cookie, section protection.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "machine/module.h"
#include "machine/shared-user-data.h"

// As Windows makes them, a cookie's two high bytes are 0: no string that overruns a buffer writes those.
#define MAXIMUM_COOKIE UINT64_C(0x0000FFFFFFFFFFFF)

struct binding {
    struct km_modules *modules;
    struct km_module *importer;
    uint8_t *memory;
    uint32_t result;
    char *unresolved; // imports in no export list
    struct km_image_problem *problem;
};

// Names under which drivers import from the kernel image: the hardware abstraction layer is part of it since
// Windows 10, and the WMI library here.
static bool is_kernel_name(const char *module)
{
    return strcasecmp(module, "ntoskrnl.exe") == 0 || strcasecmp(module, "hal.dll") == 0 ||
           strcasecmp(module, "ntkrnlmp.exe") == 0 || strcasecmp(module, "wmilib.sys") == 0;
}

static bool is_known(const struct km_modules *modules, const char *module, const char *name)
{
    if (is_kernel_name(module)) {
        return km_export_list_has(modules->exports_path, "ntoskrnl.exe", name) ||
               km_export_list_has(modules->exports_path, "hal.dll", name) ||
               km_export_list_has(modules->exports_path, "wmilib.sys", name);
    }
    return km_export_list_has(modules->exports_path, module, name);
}

#define FORWARD_LIMIT 8 // forwarders of forwarders; a longer chain is taken for a ring

// "MODULE.Name" names a module without its extension.
static const struct km_module *forwarded_module(const struct km_modules *modules, const char *forwarder,
                                                size_t stem)
{
    static const char *const extensions[] = {".sys", ".dll", ".exe"};
    char name[KM_NAME_BYTES];
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        if (snprintf(name, sizeof name, "%.*s%s", (int)stem, forwarder, extensions[i]) >= (int)sizeof name) {
            return NULL;
        }
        if (is_kernel_name(name)) {
            return modules->kernel;
        }
        const struct km_module *module = km_modules_find(modules, name);
        if (module != NULL) {
            return module;
        }
    }
    return NULL;
}

// The address of an export of a mapped module, 0 if it has none such. Read from the file, not from memory:
// drivers write to theirs. An ordinal of the kernel is never taken: Windows does not keep them from one build
// to the next.
static uint64_t find_export(const struct km_modules *modules, const struct km_module *exporter,
                            const char *name, uint32_t ordinal)
{
    for (unsigned depth = 0; depth < FORWARD_LIMIT; depth++) {
        uint64_t rva;
        const char *forwarder = NULL;
        if (exporter == NULL || exporter->base == 0 || (name == NULL && exporter == modules->kernel) ||
            !(name != NULL
                  ? km_image_find_export(&exporter->file, NULL, name, &rva, &forwarder)
                  : km_image_find_export_ordinal(&exporter->file, NULL, ordinal, &rva, &forwarder))) {
            return 0;
        }
        if (forwarder == NULL) {
            return exporter->base + rva;
        }
        const char *dot = strrchr(forwarder, '.');
        if (dot == NULL) {
            return 0;
        }
        exporter = forwarded_module(modules, forwarder, (size_t)(dot - forwarder));
        name = dot[1] == '#' ? NULL : dot + 1;
        ordinal = dot[1] == '#' ? (uint32_t)strtoul(dot + 2, NULL, 10) : 0;
    }
    return 0;
}

// Adds to the list of imports that nobody exports. A list that cannot grow ends in what it has.
static void complain(struct binding *binding, const char *module, const char *name)
{
    char *longer = NULL;
    binding->result = KM_LOAD_UNRESOLVED;
    if (asprintf(&longer, "%s%s%s!%s", binding->unresolved != NULL ? binding->unresolved : "",
                 binding->unresolved != NULL ? ", " : "", module, name) >= 0) {
        free(binding->unresolved);
        binding->unresolved = longer;
    }
}

static bool bind_import(void *context, const struct km_image_import *import)
{
    struct binding *binding = context;
    struct km_modules *modules = binding->modules;
    char ordinal[16];
    const char *name = import->name;
    if (name == NULL) {
        snprintf(ordinal, sizeof ordinal, "#%u", import->ordinal);
        name = ordinal;
    }
    const struct km_module *exporter =
        is_kernel_name(import->module) ? modules->kernel : km_modules_find(modules, import->module);
    uint64_t target = find_export(modules, exporter, import->name, import->ordinal);
    if (target == 0 && import->name != NULL && is_known(modules, import->module, import->name)) {
        target = km_modules_add_import_slot(modules, binding->importer, import->module, import->name);
        if (target == 0) {
            snprintf(binding->problem->text, sizeof binding->problem->text, "no memory to bind its imports");
            binding->result = KM_LOAD_NO_MEMORY;
            return false;
        }
    }
    if (target == 0) {
        complain(binding, import->module, name);
        return true;
    }
    memcpy(binding->memory + import->slot_rva, &target, sizeof target);
    return true;
}

static uint64_t make_cookie(uint64_t seed, uint64_t base)
{
    // splitmix64: any fixed mixing will do, since the same seed must give the same run.
    uint64_t value = seed + base + UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return ((value ^ value >> 31) & MAXIMUM_COOKIE) | 1;
}

static void redirect_code(uint8_t *memory, const struct km_image_file *file)
{
    for (uint32_t i = 0; i < file->region_count; i++) {
        if (file->regions[i].protection & KM_PROTECT_EXECUTE) {
            km_shared_user_data_redirect(memory + file->regions[i].rva, file->regions[i].size);
        }
    }
}

static bool protect_regions(struct km_memory *memory, const struct km_module *module)
{
    for (uint32_t i = 0; i < module->file.region_count; i++) {
        const struct km_image_region *region = &module->file.regions[i];
        if (!km_memory_protect(memory, module->base + region->rva, region->size, region->protection)) {
            return false;
        }
    }
    return true;
}

uint32_t km_modules_map(struct km_modules *modules, struct km_memory *memory, struct km_module *module,
                        uint64_t base, uint64_t physical, uint64_t seed, KM_IMAGE *image, char **unresolved,
                        struct km_image_problem *problem)
{
    const struct km_image_file *file = &module->file;
    uint64_t bytes = file->size_of_image;
    uint32_t result = KM_LOAD_NO_MEMORY;
    *unresolved = NULL;
    if (!km_memory_map_physical(memory, base, bytes, physical, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
        snprintf(problem->text, sizeof problem->text, "no memory for its image of %llu bytes",
                 (unsigned long long)bytes);
        return result;
    }
    uint8_t *mapped = (uint8_t *)base;
    const size_t slots_before = modules->slot_count;
    struct binding binding = {modules, module, mapped, KM_LOAD_OK, NULL, problem};
    result = KM_LOAD_INVALID_IMAGE;
    if (!km_image_lay_out(file, mapped, base, problem) ||
        !km_image_each_import(file, mapped, bind_import, &binding, problem)) {
        if (binding.result != KM_LOAD_OK) {
            result = binding.result;
        }
        goto unmap;
    }
    if (binding.result != KM_LOAD_OK) {
        snprintf(
            problem->text, sizeof problem->text,
            "imports what neither a driver loaded before it nor a Windows kernel module is known to export");
        result = binding.result;
        goto unmap;
    }
    if (modules->reads_shared_user_data) {
        redirect_code(mapped, file);
    }
    if (file->security_cookie_rva != 0) {
        uint64_t cookie = make_cookie(seed, base);
        memcpy(mapped + file->security_cookie_rva, &cookie, sizeof cookie);
    }
    module->base = base;
    if (!protect_regions(memory, module)) {
        snprintf(problem->text, sizeof problem->text, "no memory to protect its sections");
        result = KM_LOAD_NO_MEMORY;
        module->base = 0;
        goto unmap;
    }
    *image = (KM_IMAGE){.base = base,
                        .size = bytes,
                        .entry_point = file->entry_rva != 0 ? base + file->entry_rva : 0,
                        .checksum = file->checksum,
                        .time_stamp = file->time_stamp,
                        .security_cookie = file->security_cookie_rva ? base + file->security_cookie_rva : 0};
    snprintf(image->file_name, sizeof image->file_name, "%s", module->name);
    return KM_LOAD_OK;
unmap:
    km_modules_drop_import_slots(modules, slots_before);
    km_memory_unmap(memory, base, bytes);
    if (result == KM_LOAD_UNRESOLVED) {
        *unresolved = binding.unresolved;
    } else {
        free(binding.unresolved);
    }
    return result;
}

void km_modules_discard_init(struct km_memory *memory, const struct km_module *module)
{
    for (uint32_t i = 0; i < module->file.region_count; i++) {
        const struct km_image_region *region = &module->file.regions[i];
        // As NT does: initialisation code alone. Relocations are discardable too, but nothing is gained by it
        // here.
        if (region->discardable && region->section >= 0 &&
            strncmp(module->file.sections[region->section].name, "INIT", 4) == 0) {
            km_memory_unmap(memory, module->base + region->rva, region->size);
        }
    }
}

void km_modules_unmap(struct km_memory *memory, struct km_module *module)
{
    km_memory_unmap(memory, module->base, module->file.size_of_image);
    module->base = 0;
}
