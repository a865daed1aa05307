// SPDX-License-Identifier: MIT
// The addresses that stand for imports nobody implements.
#include "machine/module.h"

#include <stdlib.h>
#include <string.h>

static void free_slot(struct km_import_slot *slot)
{
    free(slot->importer);
    free(slot->module);
    free(slot->name);
}

uint64_t km_modules_add_import_slot(struct km_modules *modules, const struct km_module *importer,
                                    const char *module, const char *name)
{
    // A driver that comes back after it was unloaded has the slots that it had.
    for (size_t i = 0; i < modules->slot_count; i++) {
        const struct km_import_slot *known = &modules->slots[i];
        if (strcmp(known->importer, importer->name) == 0 && strcmp(known->module, module) == 0 &&
            strcmp(known->name, name) == 0) {
            return KM_IMPORT_SLOT_BASE + i * KM_IMPORT_SLOT_BYTES;
        }
    }
    if (modules->slot_count >= KM_IMPORT_SLOT_LIMIT) {
        return 0;
    }
    struct km_import_slot *slots = realloc(modules->slots, (modules->slot_count + 1) * sizeof *slots);
    if (slots == NULL) {
        return 0;
    }
    modules->slots = slots;
    struct km_import_slot *slot = &slots[modules->slot_count];
    *slot = (struct km_import_slot){strdup(importer->name), strdup(module), strdup(name)};
    if (slot->importer == NULL || slot->module == NULL || slot->name == NULL) {
        free_slot(slot);
        return 0;
    }
    return KM_IMPORT_SLOT_BASE + modules->slot_count++ * KM_IMPORT_SLOT_BYTES;
}

void km_modules_drop_import_slots(struct km_modules *modules, size_t count)
{
    while (modules->slot_count > count) {
        free_slot(&modules->slots[--modules->slot_count]);
    }
}

bool km_modules_is_import_slot(const struct km_modules *modules, uint64_t address)
{
    return address >= KM_IMPORT_SLOT_BASE &&
           address - KM_IMPORT_SLOT_BASE < modules->slot_count * KM_IMPORT_SLOT_BYTES;
}

const struct km_import_slot *km_modules_import_slot(const struct km_modules *modules, uint64_t address)
{
    return &modules->slots[(address - KM_IMPORT_SLOT_BASE) / KM_IMPORT_SLOT_BYTES];
}
