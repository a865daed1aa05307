// SPDX-License-Identifier: MIT
// The registry as a program has it: system calls of a thread, with what they point to in user memory.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "machine/process.h"
#include "machine/unicode.h"

#define STATUS_BUFFER_OVERFLOW  UINT32_C(0x80000005)
#define STATUS_BUFFER_TOO_SMALL UINT32_C(0xC0000023)

#define KEY_BASIC_INFORMATION       0u // time, title index, bytes of the name, the name
#define KEY_BASIC_NAME_BYTES        12u
#define KEY_BASIC_NAME              16u
#define KEY_VALUE_BASIC_INFORMATION 0u // title index, type, bytes of the name, the name
#define KEY_VALUE_BASIC_NAME_BYTES  8u
#define KEY_VALUE_BASIC_NAME        12u
#define KEY_VALUE_PARTIAL           2u // title index, type, bytes of the data, the data
#define KEY_VALUE_PARTIAL_TYPE      4u
#define KEY_VALUE_PARTIAL_BYTES     8u
#define KEY_VALUE_PARTIAL_DATA      12u
#define LARGEST_NAME_BYTES          0x8000u // of a value; a key's is shorter

// ---- Names

static char *kernel_path(const char *path)
{
    static const struct {
        const char *name, *kernel;
    } roots[] = {{"HKEY_LOCAL_MACHINE", "\\Registry\\Machine"},
                 {"HKLM", "\\Registry\\Machine"},
                 {"HKEY_USERS", "\\Registry\\User"},
                 {"HKU", "\\Registry\\User"}};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        const size_t length = strlen(roots[i].name);
        if (strncasecmp(path, roots[i].name, length) == 0 && (path[length] == '\\' || path[length] == '\0')) {
            const size_t bytes = strlen(roots[i].kernel) + strlen(path) + 1;
            char *whole = malloc(bytes);
            if (whole != NULL) {
                snprintf(whole, bytes, "%s%s", roots[i].kernel, path + length);
            }
            return whole;
        }
    }
    return strdup(path);
}

// UTF-16 to UTF-8, cut where a whole character does not fit any more.
static void narrow(const uint16_t *units, size_t count, char *text, size_t bytes)
{
    size_t used = 0;
    for (size_t i = 0, taken; i < count && bytes != 0; i += taken) {
        char character[4];
        const size_t length = km_utf8_encode(km_utf16_decode(units + i, count - i, &taken), character);
        if (used + length >= bytes) {
            break;
        }
        memcpy(text + used, character, length);
        used += length;
    }
    if (bytes != 0) {
        text[used] = '\0';
    }
}

// ---- Calls

// Makes the call; KM_REFUSED, naming what, if it fails.
static enum km_result call(struct km_thread *thread, uint32_t service, const uint64_t *arguments,
                           size_t count, const char *what)
{
    uint32_t status;
    enum km_result result = km_thread_call(thread, service, arguments, count, &status);
    return result == KM_OK && km_is_failure(status)
               ? km_refused(thread->process->machine, status, "%.200s", what)
               : result;
}

static enum km_result open_or_create(struct km_thread *thread, const char *path, uint32_t access,
                                     bool creates, uint64_t *key)
{
    struct km_machine *machine = thread->process->machine;
    const uint64_t area = thread->area;
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    char *whole = kernel_path(path);
    if (whole == NULL) {
        return km_no_memory(machine);
    }
    result = km_thread_put_name(thread, whole);
    free(whole);
    if (result != KM_OK) {
        return result;
    }
    const uint64_t arguments[7] = {area + KM_AREA_HANDLE, access, area + KM_AREA_ATTRIBUTES};
    result = creates ? call(thread, KM_SERVICE_NtCreateKey, arguments, 7, path)
                     : call(thread, KM_SERVICE_NtOpenKey, arguments, 3, path);
    return result == KM_OK && !km_user_copy_out(machine, area + KM_AREA_HANDLE, key, sizeof *key)
               ? km_thread_lost(thread)
               : result;
}

enum km_result km_key_open(km_thread *thread, const char *path, uint32_t access, uint64_t *key)
{
    return open_or_create(thread, path, access, false, key);
}

enum km_result km_key_create(km_thread *thread, const char *path, uint32_t access, uint64_t *key)
{
    return open_or_create(thread, path, access, true, key);
}

enum km_result km_key_close(km_thread *thread, uint64_t key)
{
    return call(thread, KM_SERVICE_NtClose, &key, 1, "a key cannot be closed");
}

enum km_result km_key_delete(km_thread *thread, uint64_t key)
{
    return call(thread, KM_SERVICE_NtDeleteKey, &key, 1, "a key cannot be deleted");
}

enum km_result km_key_set_value(km_thread *thread, uint64_t key, const char *name, uint32_t type,
                                const void *data, size_t bytes)
{
    uint64_t memory;
    uint32_t status = 0;
    // What is empty needs an address too.
    enum km_result result = km_user_alloc(thread, bytes + 1, 0, &memory);
    if (result != KM_OK) {
        return result;
    }
    result = km_thread_put_string(thread, name);
    if (result == KM_OK) {
        result = km_user_write(thread->process, memory, data, bytes);
    }
    if (result == KM_OK) {
        const uint64_t arguments[] = {key, thread->area + KM_AREA_STRING, 0, type, memory, bytes};
        result = km_thread_call(thread, KM_SERVICE_NtSetValueKey, arguments, 6, &status);
    }
    if (result == KM_OK) {
        result = km_user_free(thread, memory);
    }
    return result == KM_OK && km_is_failure(status)
               ? km_refused(thread->process->machine, status, "value %.200s", name)
               : result;
}

enum km_result km_key_delete_value(km_thread *thread, uint64_t key, const char *name)
{
    enum km_result result = km_thread_put_string(thread, name);
    const uint64_t arguments[] = {key, thread->area + KM_AREA_STRING};
    return result == KM_OK ? call(thread, KM_SERVICE_NtDeleteValueKey, arguments, 2, name) : result;
}

// An answer in user memory, read.
struct answer {
    uint8_t *bytes;
    uint32_t count;
    uint32_t status;
};

// Makes a call whose last two arguments are the room for its answer and where it puts its size; the address
// of the answer is the one before. The caller frees answer->bytes.
static enum km_result ask(struct km_thread *thread, uint32_t service, uint64_t *arguments, size_t count,
                          uint32_t room, struct answer *answer)
{
    struct km_process *process = thread->process;
    uint64_t memory;
    *answer = (struct answer){.bytes = malloc(room)};
    if (answer->bytes == NULL) {
        return km_no_memory(process->machine);
    }
    enum km_result result = km_user_alloc(thread, room, 0, &memory);
    if (result != KM_OK) {
        return result;
    }
    arguments[count - 3] = memory;
    arguments[count - 2] = room;
    arguments[count - 1] = thread->area + KM_AREA_NUMBER;
    result = km_thread_call(thread, service, arguments, count, &answer->status);
    if (result == KM_OK && !km_is_failure(answer->status) &&
        (!km_user_copy_out(process->machine, thread->area + KM_AREA_NUMBER, &answer->count, 4) ||
         answer->count > room || !km_user_copy_out(process->machine, memory, answer->bytes, answer->count))) {
        result = km_thread_lost(thread);
    }
    if (result == KM_OK) {
        result = km_user_free(thread, memory);
    }
    return result;
}

static enum km_result size_of_value(struct km_thread *thread, uint64_t key, uint32_t *needed,
                                    uint32_t *status)
{
    const uint64_t number = thread->area + KM_AREA_NUMBER;
    const uint64_t arguments[] = {key, thread->area + KM_AREA_STRING, KEY_VALUE_PARTIAL, 0, 0, number};
    enum km_result result = km_thread_call(thread, KM_SERVICE_NtQueryValueKey, arguments, 6, status);
    return result == KM_OK && *status == STATUS_BUFFER_TOO_SMALL &&
                   !km_user_copy_out(thread->process->machine, number, needed, sizeof *needed)
               ? km_thread_lost(thread)
               : result;
}

enum km_result km_key_query_value(km_thread *thread, uint64_t key, const char *name, uint32_t *type,
                                  void *data, size_t *bytes)
{
    struct km_machine *machine = thread->process->machine;
    struct answer answer = {0};
    uint32_t needed = 0, size;
    enum km_result result = km_thread_put_string(thread, name);
    if (result == KM_OK) {
        result = size_of_value(thread, key, &needed, &answer.status);
    }
    if (result == KM_OK && needed >= KEY_VALUE_PARTIAL_DATA) {
        uint64_t arguments[6] = {key, thread->area + KM_AREA_STRING, KEY_VALUE_PARTIAL};
        result = ask(thread, KM_SERVICE_NtQueryValueKey, arguments, 6, needed, &answer);
    }
    if (result == KM_OK && km_is_failure(answer.status)) {
        result = km_refused(machine, answer.status, "value %.200s", name);
    }
    if (result == KM_OK) {
        memcpy(&size, answer.bytes + KEY_VALUE_PARTIAL_BYTES, sizeof size);
        if (type != NULL) {
            memcpy(type, answer.bytes + KEY_VALUE_PARTIAL_TYPE, sizeof *type);
        }
        if (size > *bytes) {
            result = km_refused(machine, STATUS_BUFFER_OVERFLOW, "value %.200s has %u bytes", name, size);
        } else {
            memcpy(data, answer.bytes + KEY_VALUE_PARTIAL_DATA, size);
        }
        *bytes = size;
    }
    free(answer.bytes);
    return result;
}

static enum km_result enumerate(struct km_thread *thread, uint32_t service, uint64_t key, uint32_t index,
                                size_t at, size_t name_at, char *name, size_t bytes)
{
    struct answer answer = {0};
    uint64_t arguments[6] = {key, index, KEY_BASIC_INFORMATION};
    enum km_result result =
        ask(thread, service, arguments, 6, (uint32_t)name_at + LARGEST_NAME_BYTES, &answer);
    if (result == KM_OK && km_is_failure(answer.status)) {
        result = km_refused(thread->process->machine, answer.status, "entry %u of a key", index);
    }
    if (result == KM_OK) {
        uint32_t name_bytes;
        memcpy(&name_bytes, answer.bytes + at, sizeof name_bytes);
        uint16_t *units = calloc(name_bytes / 2 + 1, sizeof *units);
        if (units != NULL) {
            memcpy(units, answer.bytes + name_at, name_bytes);
            narrow(units, name_bytes / 2, name, bytes);
        } else {
            result = km_no_memory(thread->process->machine);
        }
        free(units);
    }
    free(answer.bytes);
    return result;
}

enum km_result km_key_enumerate(km_thread *thread, uint64_t key, uint32_t index, char *name, size_t bytes)
{
    return enumerate(thread, KM_SERVICE_NtEnumerateKey, key, index, KEY_BASIC_NAME_BYTES, KEY_BASIC_NAME,
                     name, bytes);
}

enum km_result km_key_enumerate_value(km_thread *thread, uint64_t key, uint32_t index, char *name,
                                      size_t bytes)
{
    return enumerate(thread, KM_SERVICE_NtEnumerateValueKey, key, index, KEY_VALUE_BASIC_NAME_BYTES,
                     KEY_VALUE_BASIC_NAME, name, bytes);
}
