// SPDX-License-Identifier: MIT
// Image files known to the machine, the images mapped from them, and the imports that nothing implements.
#ifndef KMODE_MACHINE_MODULE_H
#define KMODE_MACHINE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"
#include "machine/image.h"
#include "machine/memory.h"

struct km_module {
    char *path; // of the file
    char *name; // its last component
    uint8_t *bytes;
    size_t size;
    struct km_image_file file;
    uint64_t base; // where it is mapped, 0 if it is not
};

// An import that Windows has and the kernel does not: the address that stands for it is never mapped, so that
// a call or an access names it.
struct km_import_slot {
    char *importer, *module, *name;
};

struct km_modules {
    struct km_module **items;
    size_t count;
    struct km_module *kernel;
    struct km_import_slot *slots;
    size_t slot_count;
    const char *exports_path;
    bool reads_shared_user_data; // images' code does, at KM_SHARED_USER_DATA_VIEW; else its reads trap
};

#define KM_IMPORT_SLOT_BYTES UINT64_C(0x1000)
#define KM_IMPORT_SLOT_LIMIT ((KM_IMPORT_SLOT_END - KM_IMPORT_SLOT_BASE) / KM_IMPORT_SLOT_BYTES)

// exports_path (may be NULL) must outlive the modules.
void km_modules_init(struct km_modules *modules, const char *exports_path);
// Frees everything; the memory of mapped images is its km_memory's.
void km_modules_deinit(struct km_modules *modules);

// Reads and validates the file at path and makes it known under its last component. NULL and *problem, which
// then begins with the path, if it is no image that can be loaded or one of that name is known.
struct km_module *km_modules_add(struct km_modules *modules, const char *path,
                                 struct km_image_problem *problem);
// Forgets a module that is not mapped.
void km_modules_remove(struct km_modules *modules, struct km_module *module);

// Maps a module at base, in the RAM at physical, and binds its imports: those of the kernel image to its
// exports; those of other modules that are mapped to theirs; those in an export list to an import slot.
// Returns KM_LOAD_*. After KM_LOAD_UNRESOLVED, *unresolved lists the imports in no export list
// ("ntoskrnl.exe!NoSuchRoutine, ..."), the caller's to free; NULL otherwise.
uint32_t km_modules_map(struct km_modules *modules, struct km_memory *memory, struct km_module *module,
                        uint64_t base, uint64_t physical, uint64_t seed, KM_IMAGE *image, char **unresolved,
                        struct km_image_problem *problem);
void km_modules_discard_init(struct km_memory *memory, const struct km_module *module);
void km_modules_unmap(struct km_memory *memory, struct km_module *module);

struct km_module *km_modules_find(const struct km_modules *modules, const char *name);
// The mapped module that contains address, NULL if none does.
struct km_module *km_modules_at(const struct km_modules *modules, uint64_t address);

// ---- Import slots (import-slot.c) ------------------------------------------------------------------------

// The address that stands for importer's import of name from module; 0 if there is no memory.
uint64_t km_modules_add_import_slot(struct km_modules *modules, const struct km_module *importer,
                                    const char *module, const char *name);
// Forgets all but the first `count`.
void km_modules_drop_import_slots(struct km_modules *modules, size_t count);

// true if address is that of an import slot. Safe in a signal handler.
bool km_modules_is_import_slot(const struct km_modules *modules, uint64_t address);
// The slot of an address for which km_modules_is_import_slot is true.
const struct km_import_slot *km_modules_import_slot(const struct km_modules *modules, uint64_t address);

// true if the export list of `module` ("fltmgr.sys") in the folder exports_path has `name`.
bool km_export_list_has(const char *exports_path, const char *module, const char *name);

#endif
