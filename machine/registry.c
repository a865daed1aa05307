// SPDX-License-Identifier: MIT
// The registry from outside: loaded from a registry file, saved to one.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine-private.h"
#include "machine/names.h"
#include "machine/registry-file.h"

#define STATUS_BUFFER_OVERFLOW 0x80000005u
#define STATUS_NO_MORE_ENTRIES 0x8000001Au
#define STATUS_NAME_NOT_FOUND  0xC0000034u
#define KM_LARGEST_NAME_BYTES  (16383 * 2)
#define KM_FIRST_DATA_BYTES    4096u

// ---- Files

static bool read_file(const char *path, uint8_t **bytes, size_t *size, struct km_machine *machine)
{
    size_t room = 0;
    *bytes = NULL;
    *size = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        km_set_problem(machine, "%s: %s", path, strerror(errno));
        return false;
    }
    for (;;) {
        if (*size == room) {
            room = room != 0 ? room * 2 : 65536;
            uint8_t *larger = realloc(*bytes, room);
            if (larger == NULL) {
                km_set_problem(machine, "%s: no memory", path);
                break;
            }
            *bytes = larger;
        }
        *size += fread(*bytes + *size, 1, room - *size, file);
        if (ferror(file)) {
            km_set_problem(machine, "%s: %s", path, strerror(errno));
            break;
        }
        if (feof(file)) {
            fclose(file);
            return true;
        }
    }
    fclose(file);
    free(*bytes);
    *bytes = NULL;
    return false;
}

static bool write_file(const char *path, const uint8_t *bytes, size_t size, struct km_machine *machine)
{
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(bytes, 1, size, file) == size;
    if (file != NULL && fclose(file) != 0) {
        written = false;
    }
    if (!written) {
        km_set_problem(machine, "%s: %s", path, strerror(errno));
    }
    return written;
}

// ---- Requests

// Has the kernel carry out one operation. false: the machine has stopped.
static bool carry_out(struct km_machine *machine, KM_REGISTRY_OPERATION *operation)
{
    KM_REQUEST *request = &machine->shared->request;
    *request = (KM_REQUEST){.kind = KM_REQUEST_REGISTRY, .arguments = {(uint64_t)operation}};
    return km_machine_ask(machine);
}

static uint32_t operation_of(enum km_registry_action action)
{
    static const uint32_t operations[] = {
        [KM_REGISTRY_MAKE_KEY] = KM_REGISTRY_CREATE_KEY,
        [KM_REGISTRY_REMOVE_KEY] = KM_REGISTRY_DELETE_KEY,
        [KM_REGISTRY_PUT_VALUE] = KM_REGISTRY_SET_VALUE,
        [KM_REGISTRY_REMOVE_VALUE] = KM_REGISTRY_DELETE_VALUE,
    };
    return operations[action];
}

static enum km_result load_entry(struct km_machine *machine, const char *path,
                                 const struct km_registry_entry *entry)
{
    struct km_utf16 key;
    if (!km_registry_kernel_key(&entry->key, &key)) {
        km_set_problem(machine,
                       "%s:%u: a key is below HKEY_LOCAL_MACHINE, HKEY_USERS, HKEY_CURRENT_USER or "
                       "HKEY_CLASSES_ROOT",
                       path, entry->line);
        return KM_FILE_REFUSED;
    }
    KM_REGISTRY_OPERATION operation = {.operation = operation_of(entry->action),
                                       .type = entry->type,
                                       .key = (uint64_t)key.units,
                                       .key_bytes = (uint32_t)(key.length * 2),
                                       .name = (uint64_t)entry->name.units,
                                       .name_bytes = (uint32_t)(entry->name.length * 2),
                                       .data = (uint64_t)entry->data,
                                       .data_bytes = (uint32_t)entry->data_bytes};
    bool runs = carry_out(machine, &operation);
    free(key.units);
    if (!runs) {
        return KM_STOPPED;
    }
    // What is not there is deleted already.
    bool gone = machine->last_status == STATUS_NAME_NOT_FOUND &&
                (entry->action == KM_REGISTRY_REMOVE_KEY || entry->action == KM_REGISTRY_REMOVE_VALUE);
    if ((int32_t)machine->last_status < 0 && !gone) {
        const char *name = km_status_name(machine->last_status);
        km_set_problem(machine, "%s:%u: the kernel refuses it: 0x%08X%s%s", path, entry->line,
                       machine->last_status, name != NULL ? " " : "", name != NULL ? name : "");
        return KM_FILE_REFUSED;
    }
    return KM_OK;
}

static enum km_result not_running(const struct km_machine *machine)
{
    return machine->stopped ? KM_STOPPED : KM_FAILED;
}

enum km_result km_registry_load(km_machine *machine, const char *path)
{
    uint8_t *bytes;
    size_t size;
    struct km_registry_file file;
    struct km_registry_problem problem;
    if (!machine->booted || machine->stopped) {
        return not_running(machine);
    }
    km_clear_problem(machine);
    if (!read_file(path, &bytes, &size, machine)) {
        return KM_FILE_REFUSED;
    }
    bool parsed = km_registry_file_parse(bytes, size, &file, &problem);
    free(bytes);
    if (!parsed) {
        if (problem.line != 0) {
            km_set_problem(machine, "%s:%u: %s", path, problem.line, problem.reason);
        } else {
            km_set_problem(machine, "%s: %s", path, problem.reason);
        }
        return KM_FILE_REFUSED;
    }
    enum km_result result = KM_OK;
    for (size_t i = 0; i < file.count && result == KM_OK; i++) {
        result = load_entry(machine, path, &file.entries[i]);
    }
    km_registry_file_free(&file);
    return result;
}

// ---- Saving

struct saver {
    struct km_machine *machine;
    const char *path;
    struct km_registry_file file;
    struct km_utf16 key;    // as the file names it
    struct km_utf16 kernel; // as the kernel does
    uint16_t *name;         // of KM_LARGEST_NAME_BYTES
    uint8_t *data;
    size_t data_room;
};

static enum km_result no_memory(struct saver *saver)
{
    km_set_problem(saver->machine, "%s: no memory", saver->path);
    return KM_FAILED;
}

static struct km_registry_entry *add_entry(struct saver *saver, enum km_registry_action action)
{
    struct km_registry_entry *entry = km_registry_file_add(&saver->file, 0);
    if (entry == NULL || !km_utf16_copy(&entry->key, saver->key.units, saver->key.length)) {
        return NULL;
    }
    entry->action = action;
    return entry;
}

// The index-th of the open key's subkeys or values. KM_OK with the operation's status in last_status.
static enum km_result query(struct saver *saver, uint32_t kind, uint32_t index,
                            KM_REGISTRY_OPERATION *operation)
{
    for (;;) {
        *operation = (KM_REGISTRY_OPERATION){.operation = kind,
                                             .index = index,
                                             .key = (uint64_t)saver->kernel.units,
                                             .key_bytes = (uint32_t)(saver->kernel.length * 2),
                                             .name = (uint64_t)saver->name,
                                             .name_bytes = KM_LARGEST_NAME_BYTES,
                                             .data = (uint64_t)saver->data,
                                             .data_bytes = (uint32_t)saver->data_room};
        if (!carry_out(saver->machine, operation)) {
            return KM_STOPPED;
        }
        if (saver->machine->last_status != STATUS_BUFFER_OVERFLOW) {
            return KM_OK;
        }
        uint8_t *larger = realloc(saver->data, operation->data_bytes);
        if (larger == NULL) {
            return no_memory(saver);
        }
        saver->data = larger;
        saver->data_room = operation->data_bytes;
    }
}

static enum km_result refused(struct saver *saver)
{
    const char *name = km_status_name(saver->machine->last_status);
    km_set_problem(saver->machine, "%s: the kernel does not tell of a key: 0x%08X%s%s", saver->path,
                   saver->machine->last_status, name != NULL ? " " : "", name != NULL ? name : "");
    return KM_FAILED;
}

static enum km_result save_values(struct saver *saver)
{
    for (uint32_t index = 0;; index++) {
        KM_REGISTRY_OPERATION operation;
        enum km_result result = query(saver, KM_REGISTRY_QUERY_VALUE, index, &operation);
        if (result != KM_OK) {
            return result;
        }
        if (saver->machine->last_status == STATUS_NO_MORE_ENTRIES) {
            return KM_OK;
        }
        if (saver->machine->last_status != 0) {
            return refused(saver);
        }
        struct km_registry_entry *entry = add_entry(saver, KM_REGISTRY_PUT_VALUE);
        if (entry == NULL || !km_utf16_copy(&entry->name, saver->name, operation.name_bytes / 2)) {
            return no_memory(saver);
        }
        entry->type = operation.type;
        entry->data = malloc(operation.data_bytes + 1u);
        if (entry->data == NULL) {
            return no_memory(saver);
        }
        memcpy(entry->data, saver->data, operation.data_bytes);
        entry->data_bytes = operation.data_bytes;
    }
}

// "\name" behind both names of the open key.
static bool descend(struct saver *saver, size_t units)
{
    struct km_utf16 *paths[] = {&saver->key, &saver->kernel};
    for (size_t i = 0; i < 2; i++) {
        uint16_t *larger = realloc(paths[i]->units, (paths[i]->length + 1 + units) * sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        paths[i]->units = larger;
        larger[paths[i]->length] = '\\';
        memcpy(larger + paths[i]->length + 1, saver->name, units * sizeof *larger);
        paths[i]->length += 1 + units;
    }
    return true;
}

// The open key, and those under it; no deeper than the kernel lets keys be.
static enum km_result save_key(struct saver *saver) // NOLINT(misc-no-recursion)
{
    size_t key = saver->key.length, kernel = saver->kernel.length;
    if (add_entry(saver, KM_REGISTRY_MAKE_KEY) == NULL) {
        return no_memory(saver);
    }
    enum km_result result = save_values(saver);
    for (uint32_t index = 0; result == KM_OK; index++) {
        KM_REGISTRY_OPERATION operation;
        result = query(saver, KM_REGISTRY_QUERY_SUB_KEY, index, &operation);
        if (result != KM_OK || saver->machine->last_status == STATUS_NO_MORE_ENTRIES) {
            break;
        }
        if (saver->machine->last_status != 0) {
            return refused(saver);
        }
        if (operation.type != 0) {
            continue; // where it leads to is saved there
        }
        if (!descend(saver, operation.name_bytes / 2)) {
            return no_memory(saver);
        }
        result = save_key(saver);
        saver->key.length = key;
        saver->kernel.length = kernel;
    }
    return result;
}

static enum km_result save_tree(struct saver *saver, const char *key)
{
    size_t length = strlen(key);
    struct km_utf16 name = {.units = malloc((length + 1) * sizeof(uint16_t)), .length = length};
    if (name.units == NULL) {
        return no_memory(saver);
    }
    for (size_t i = 0; i < length; i++) {
        name.units[i] = (uint8_t)key[i];
    }
    free(saver->key.units);
    free(saver->kernel.units);
    saver->key = name;
    if (!km_registry_kernel_key(&name, &saver->kernel)) {
        km_set_problem(saver->machine, "%s: there is no such key", key);
        return KM_FAILED;
    }
    return save_key(saver);
}

static enum km_result write_saved(struct saver *saver)
{
    size_t size;
    struct km_registry_problem problem;
    uint8_t *bytes = km_registry_file_write(&saver->file, &size, &problem);
    if (bytes == NULL) {
        km_set_problem(saver->machine, "%s: %s", saver->path, problem.reason);
        return KM_FAILED;
    }
    bool written = write_file(saver->path, bytes, size, saver->machine);
    free(bytes);
    return written ? KM_OK : KM_FAILED;
}

enum km_result km_registry_save(km_machine *machine, const char *path, const char *key)
{
    struct saver saver = {.machine = machine, .path = path, .data_room = KM_FIRST_DATA_BYTES};
    if (!machine->booted || machine->stopped) {
        return not_running(machine);
    }
    km_clear_problem(machine);
    saver.name = malloc(KM_LARGEST_NAME_BYTES);
    saver.data = malloc(saver.data_room);
    enum km_result result = saver.name != NULL && saver.data != NULL ? KM_OK : no_memory(&saver);
    if (result == KM_OK) {
        result = save_tree(&saver, key != NULL ? key : "HKEY_LOCAL_MACHINE");
    }
    if (result == KM_OK && key == NULL) {
        result = save_tree(&saver, "HKEY_USERS");
    }
    if (result == KM_OK) {
        result = write_saved(&saver);
    }
    km_registry_file_free(&saver.file);
    free(saver.key.units);
    free(saver.kernel.units);
    free(saver.name);
    free(saver.data);
    return result;
}
