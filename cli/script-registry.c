// SPDX-License-Identifier: MIT
// The registry as a program has it: by system calls of a thread, with what they point to in user memory.
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

#include "cli/script-run.h"
#include "cli/text.h"

#define STATUS_OBJECT_NAME_INVALID   UINT32_C(0xC0000033)
#define OBJ_CASE_INSENSITIVE         0x40u
#define KEY_QUERY_VALUE              0x1u
#define KEY_SET_VALUE                0x2u
#define KEY_CREATE_SUB_KEY           0x4u
#define DELETE_ACCESS                0x10000u
#define KEY_VALUE_PARTIAL            2u
#define KEY_VALUE_PARTIAL_HEAD_BYTES 12u
#define LARGEST_NAME_BYTES           0x8000u

// User memory that the calls' pointers lead to.
struct block {
    uint64_t handle, attributes[6], string[2], name_string[2], result;
    char16_t key[LARGEST_NAME_BYTES / 2], name[LARGEST_NAME_BYTES / 2];
};

#define AT(address, member) ((address) + offsetof(struct block, member))

// UTF-8 to UTF-16; bytes, or SIZE_MAX where it is too long or no UTF-8.
static size_t to_wide(const char *text, char16_t *wide)
{
    struct km_bytes bytes = {0};
    char reason[KM_SCRIPT_REASON_BYTES];
    size_t count = SIZE_MAX;
    if (km_script_wide(&bytes, text, strlen(text), reason) && bytes.count < LARGEST_NAME_BYTES) {
        count = bytes.count;
        memcpy(wide, bytes.data != NULL ? bytes.data : (const uint8_t *)"", count);
    }
    free(bytes.data);
    return count;
}

struct key {
    km_thread *thread;
    uint64_t address; // of the block, in user memory
    uint64_t handle;
};

// Opens the key, or makes it, and puts the value's name (NULL: none) where a call finds it.
static enum km_result open_key(struct key *key, const char *path, const char *name, uint32_t access,
                               bool creates, uint32_t *status)
{
    struct block *block = km_allocate(1, sizeof *block);
    const size_t path_bytes = to_wide(path, block->key);
    const size_t name_bytes = name != NULL ? to_wide(name, block->name) : 0;
    enum km_result result = KM_OK;
    *status = STATUS_OBJECT_NAME_INVALID;
    key->address = key->handle = 0;
    if (path_bytes != SIZE_MAX && name_bytes != SIZE_MAX) {
        result = km_user_alloc(key->thread, sizeof *block, 0, &key->address);
    }
    if (result != KM_OK || key->address == 0) {
        goto free_block;
    }
    const uint64_t at = key->address;
    block->attributes[0] = sizeof block->attributes;
    block->attributes[2] = AT(at, string);
    block->attributes[3] = OBJ_CASE_INSENSITIVE;
    block->string[0] = path_bytes | path_bytes << 16;
    block->string[1] = AT(at, key);
    block->name_string[0] = name_bytes | name_bytes << 16;
    block->name_string[1] = AT(at, name);
    km_process *process = km_thread_process(key->thread);
    result = km_user_write(process, at, block, sizeof *block);
    if (result == KM_OK && creates) {
        const uint64_t arguments[] = {AT(at, handle), access, AT(at, attributes), 0, 0, 0, 0};
        result = km_system_call(key->thread, "NtCreateKey", arguments, 7, status);
    } else if (result == KM_OK) {
        const uint64_t arguments[] = {AT(at, handle), access, AT(at, attributes)};
        result = km_system_call(key->thread, "NtOpenKey", arguments, 3, status);
    }
    if (result == KM_OK && *status < UINT32_C(0x80000000)) {
        result = km_user_read(process, AT(at, handle), &key->handle, sizeof key->handle);
    }
free_block:
    free(block);
    return result;
}

// Gives back what open_key took; the result is the first one that was not KM_OK.
static enum km_result close_key(struct key *key, enum km_result result)
{
    if (result == KM_OK && key->handle != 0) {
        result = km_system_call(key->thread, "NtClose", &key->handle, 1, NULL);
    }
    return result == KM_OK && key->address != 0 ? km_user_free(key->thread, key->address) : result;
}

enum km_result km_program_create_key(km_thread *thread, const char *path, uint32_t *status)
{
    struct key key = {.thread = thread};
    return close_key(&key, open_key(&key, path, NULL, KEY_CREATE_SUB_KEY, true, status));
}

enum km_result km_program_delete_key(km_thread *thread, const char *path, uint32_t *status)
{
    struct key key = {.thread = thread};
    enum km_result result = open_key(&key, path, NULL, DELETE_ACCESS, false, status);
    if (result == KM_OK && key.handle != 0) {
        result = km_system_call(thread, "NtDeleteKey", &key.handle, 1, status);
    }
    return close_key(&key, result);
}

enum km_result km_program_set_value(km_thread *thread, const char *path, const char *name,
                                    const struct km_value *value, uint32_t *status)
{
    struct key key = {.thread = thread};
    uint64_t data = 0;
    enum km_result result = open_key(&key, path, name, KEY_SET_VALUE, false, status);
    if (result == KM_OK && key.handle != 0) {
        result = km_user_alloc(thread, value->bytes + 1, 0, &data);
    }
    if (data != 0) {
        result = km_user_write(km_thread_process(thread), data, value->data, value->bytes);
        if (result == KM_OK) {
            const uint64_t arguments[] = {key.handle,  AT(key.address, name_string), 0, value->type, data,
                                          value->bytes};
            result = km_system_call(thread, "NtSetValueKey", arguments, 6, status);
        }
        if (result == KM_OK) {
            result = km_user_free(thread, data);
        }
    }
    return close_key(&key, result);
}

enum km_result km_program_delete_value(km_thread *thread, const char *path, const char *name,
                                       uint32_t *status)
{
    struct key key = {.thread = thread};
    enum km_result result = open_key(&key, path, name, KEY_SET_VALUE, false, status);
    if (result == KM_OK && key.handle != 0) {
        const uint64_t arguments[] = {key.handle, AT(key.address, name_string)};
        result = km_system_call(thread, "NtDeleteValueKey", arguments, 2, status);
    }
    return close_key(&key, result);
}

// Asks into a buffer of so many bytes; *needed is what the system call says of it.
static enum km_result query(struct key *key, uint64_t data, uint32_t bytes, uint32_t *needed,
                            uint32_t *status)
{
    const uint64_t arguments[] = {key->handle, AT(key->address, name_string), KEY_VALUE_PARTIAL, data,
                                  bytes,       AT(key->address, result)};
    enum km_result result = km_system_call(key->thread, "NtQueryValueKey", arguments, 6, status);
    return result == KM_OK ? km_user_read(km_thread_process(key->thread), AT(key->address, result), needed,
                                          sizeof *needed)
                           : result;
}

enum km_result km_program_query_value(km_thread *thread, const char *path, const char *name,
                                      struct km_value *value, uint32_t *status)
{
    struct key key = {.thread = thread};
    uint64_t data = 0;
    uint32_t needed = 0;
    *value = (struct km_value){0};
    enum km_result result = open_key(&key, path, name, KEY_QUERY_VALUE, false, status);
    if (result == KM_OK && key.handle != 0) {
        result = query(&key, 0, 0, &needed, status);
    }
    if (result == KM_OK && needed >= KEY_VALUE_PARTIAL_HEAD_BYTES) {
        result = km_user_alloc(thread, needed, 0, &data);
    }
    if (data != 0) {
        result = query(&key, data, needed, &needed, status);
        uint8_t *bytes = km_allocate(needed + 1, 1);
        if (result == KM_OK && *status == 0) {
            result = km_user_read(km_thread_process(thread), data, bytes, needed);
        }
        if (result == KM_OK && *status == 0) {
            memcpy(&value->type, bytes + 4, sizeof value->type);
            value->bytes = needed - KEY_VALUE_PARTIAL_HEAD_BYTES;
            memmove(bytes, bytes + KEY_VALUE_PARTIAL_HEAD_BYTES, value->bytes);
            value->data = bytes;
        } else {
            free(bytes);
        }
        if (result == KM_OK) {
            result = km_user_free(thread, data);
        }
    }
    return close_key(&key, result);
}
