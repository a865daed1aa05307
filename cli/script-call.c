// SPDX-License-Identifier: MIT
// A system call of a script: its arguments, with what they point to in user memory.
#include <stdlib.h>
#include <string.h>

#include "cli/script-run.h"
#include "cli/text.h"

#define ALIGNMENT 16u

static size_t room_of(const struct km_script_argument *argument)
{
    return (argument->bytes.count + ALIGNMENT) & ~(size_t)(ALIGNMENT - 1);
}

static bool is_memory(const struct km_script_argument *argument)
{
    return argument->kind == KM_SCRIPT_MEMORY_ARGUMENT;
}

// Copies what the arguments point to there, or back to output.
static enum km_result copy(const struct km_script_command *command, km_process *process, uint64_t memory,
                           uint8_t *output)
{
    enum km_result result = KM_OK;
    for (size_t i = 0; i < command->argument_count && result == KM_OK; i++) {
        const struct km_script_argument *argument = &command->arguments[i];
        if (!is_memory(argument)) {
            continue;
        }
        if (output == NULL) {
            result = km_user_write(process, memory, argument->bytes.data, argument->bytes.count);
        } else {
            result = km_user_read(process, memory, output, argument->bytes.count);
            output += argument->bytes.count;
        }
        memory += room_of(argument);
    }
    return result;
}

// false: it names what the last output does not have.
static bool make_arguments(const struct km_script_command *command, uint64_t memory, km_file *const *files,
                           const struct km_script_output *last, uint64_t *values)
{
    for (size_t i = 0; i < command->argument_count; i++) {
        const struct km_script_argument *argument = &command->arguments[i];
        switch (argument->kind) {
        case KM_SCRIPT_MEMORY_ARGUMENT:
            values[i] = memory;
            memory += room_of(argument);
            break;
        case KM_SCRIPT_FILE_ARGUMENT: values[i] = km_file_handle(files[argument->number]); break;
        case KM_SCRIPT_OUTPUT_ARGUMENT:
            if (argument->number > last->count || last->count - argument->number < sizeof values[i]) {
                return false;
            }
            memcpy(&values[i], last->data + argument->number, sizeof values[i]);
            break;
        default: values[i] = argument->number; break;
        }
    }
    return true;
}

enum km_result km_script_call(km_thread *thread, const struct km_script_command *command,
                              km_file *const *files, struct km_script_output *output, uint32_t *status,
                              const char **problem)
{
    km_process *process = km_thread_process(thread);
    uint64_t values[KM_SCRIPT_MOST_ARGUMENTS] = {0}, memory = 0;
    size_t room = 0, count = 0;
    for (size_t i = 0; i < command->argument_count; i++) {
        room += is_memory(&command->arguments[i]) ? room_of(&command->arguments[i]) : 0;
        count += is_memory(&command->arguments[i]) ? command->arguments[i].bytes.count : 0;
    }
    enum km_result result = room != 0 ? km_user_alloc(thread, room, 0, &memory) : KM_OK;
    if (result != KM_OK) {
        return result;
    }
    result = copy(command, process, memory, NULL);
    if (result != KM_OK) {
        return result;
    }
    if (!make_arguments(command, memory, files, output, values)) {
        *problem = "the last output has no such eight bytes";
        return KM_FAILED;
    }
    result = km_system_call(thread, command->name, values, command->argument_count, status);
    if (result != KM_OK || room == 0) {
        return result;
    }
    uint8_t *data = km_allocate(count, 1);
    result = copy(command, process, memory, data);
    if (result != KM_OK) {
        free(data);
        return result;
    }
    free(output->data);
    *output = (struct km_script_output){.data = data, .count = count};
    return km_user_free(thread, memory);
}
