// SPDX-License-Identifier: MIT
// Commands of a script that are about keys and values of the registry.
#include "cli/script-command.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_BUFFER_OVERFLOW UINT32_C(0x80000005)
#define STATUS_NO_MORE_ENTRIES UINT32_C(0x8000001A)
#define MOST_NAME_BYTES        0x10000u

static const struct {
    enum km_script_verb verb;
    uint32_t access;
} key_accesses[] = {
    {KM_SCRIPT_CREATE_KEY, 0x4},       // KEY_CREATE_SUB_KEY
    {KM_SCRIPT_DELETE_KEY, 0x10000},   // DELETE
    {KM_SCRIPT_DELETE_VALUE, 0x2},     // KEY_SET_VALUE
    {KM_SCRIPT_ENUMERATE_KEY, 0x8},    // KEY_ENUMERATE_SUB_KEYS
    {KM_SCRIPT_ENUMERATE_VALUES, 0x1}, // KEY_QUERY_VALUE
    {KM_SCRIPT_QUERY_VALUE, 0x1},      {KM_SCRIPT_SET_VALUE, 0x2},
};

static uint32_t key_access(enum km_script_verb verb)
{
    size_t i = 0;
    while (key_accesses[i].verb != verb) {
        i++;
    }
    return key_accesses[i].access;
}

// The value's data become the output.
static enum km_result query_value(struct km_script_run *run, km_thread *thread, uint64_t key,
                                  const char *name)
{
    size_t bytes = 0;
    uint8_t *data = NULL;
    enum km_result result;
    do {
        free(data);
        data = km_allocate(bytes, 1);
        result = km_key_query_value(thread, key, name, NULL, data, &bytes);
    } while (result == KM_REFUSED && km_last_status(run->run->machine) == STATUS_BUFFER_OVERFLOW);
    if (result != KM_OK) {
        free(data);
        return result;
    }
    run->information = bytes;
    km_script_take_output(run, data, bytes);
    return KM_OK;
}

// The names, each with a line end, become the output.
static enum km_result enumerate(struct km_script_run *run, km_thread *thread, uint64_t key,
                                enum km_script_verb verb)
{
    char *text = km_copy_string("");
    char *name = km_allocate(MOST_NAME_BYTES, 1);
    enum km_result result = KM_OK;
    for (uint32_t index = 0; result == KM_OK; index++) {
        result = verb == KM_SCRIPT_ENUMERATE_KEY
                     ? km_key_enumerate(thread, key, index, name, MOST_NAME_BYTES)
                     : km_key_enumerate_value(thread, key, index, name, MOST_NAME_BYTES);
        if (result == KM_OK) {
            char *longer = km_format("%s%s\n", text, name);
            free(text);
            text = longer;
        }
    }
    free(name);
    if (result == KM_REFUSED && km_last_status(run->run->machine) == STATUS_NO_MORE_ENTRIES) {
        run->information = strlen(text);
        km_script_take_output(run, (uint8_t *)text, strlen(text));
        return KM_OK;
    }
    free(text);
    return result;
}

enum km_result km_script_do_registry(struct km_script_run *run, const struct km_script_command *command,
                                     struct km_script_answer *answer)
{
    km_thread *thread = km_script_actor(run, command, answer);
    const bool creates = command->verb == KM_SCRIPT_CREATE_KEY;
    uint64_t key;
    if (thread == NULL) {
        return answer->result;
    }
    enum km_result result =
        (creates ? km_key_create : km_key_open)(thread, command->name, key_access(command->verb), &key);
    if (result != KM_OK) {
        return result;
    }
    switch (command->verb) {
    case KM_SCRIPT_CREATE_KEY: break;
    case KM_SCRIPT_DELETE_KEY: result = km_key_delete(thread, key); break;
    case KM_SCRIPT_SET_VALUE:
        result = km_key_set_value(thread, key, command->second_name, command->type, command->bytes.data,
                                  command->bytes.count);
        break;
    case KM_SCRIPT_DELETE_VALUE: result = km_key_delete_value(thread, key, command->second_name); break;
    case KM_SCRIPT_QUERY_VALUE:
        result = query_value(run, thread, key, command->second_name);
        answer->has_information = answer->is_shown = result == KM_OK;
        break;
    default:
        result = enumerate(run, thread, key, command->verb);
        answer->has_information = answer->is_shown = result == KM_OK;
        break;
    }
    if (result != KM_OK && result != KM_REFUSED) {
        return result;
    }
    // The status is the command's, not that of closing the key.
    answer->status = result == KM_OK ? 0 : km_last_status(run->run->machine);
    result = km_key_close(thread, key);
    return result == KM_OK ? KM_NO_UNLOAD : result;
}
