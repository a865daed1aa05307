// SPDX-License-Identifier: MIT
// A script carried out: each command by the public API, its result shown, compared with what is expected.
#include "cli/script-run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/names.h"

#define STATUS_PENDING         UINT32_C(0x00000103)
#define STATUS_BUFFER_OVERFLOW UINT32_C(0x80000005)
#define STATUS_NO_MORE_ENTRIES UINT32_C(0x8000001A)
#define MOST_NAME_BYTES        0x10000u
#define SHOWN_BYTES            256u
#define BYTES_A_LINE           16u
#define DEFAULT_IMAGE          "client.exe"
#define FAILURE(status)        ((status) >= UINT32_C(0x80000000))

// The buffer of an operation under way.
struct started {
    km_operation *operation;
    uint8_t *buffer;
    uint32_t length;
};

// A PCI device whose interrupt a write of the driver's ends.
struct raised {
    struct raised *next;
    km_pci_function *function;
    unsigned bar; // that is watched
    uint64_t offset;
};

struct km_script_run {
    struct km_run *run;
    const struct km_script *script;
    struct km_script_log *log;
    size_t log_seen; // bytes of it that an assertion has gone past
    km_thread **threads;
    km_file **files;
    uint64_t *images; // their bases
    struct started *operations;
    struct raised *raised;
    // Of the last command that had some.
    uint8_t *output;
    size_t output_bytes;
    uint64_t information;
};

// What a command has come to.
struct answer {
    enum km_result result;
    uint32_t status;
    bool has_status;
    bool is_shown;
    bool has_information;
    const char *problem; // of the script's own; NULL: the machine's
};

// ---- What is shown

void km_script_log_add(void *context, const char *text, size_t bytes)
{
    struct km_script_log *log = context;
    fwrite(text, 1, bytes, stdout);
    fflush(stdout);
    while (log->room - log->bytes <= bytes) {
        const size_t room = log->room != 0 ? log->room * 2 : 4096;
        char *larger = km_allocate(room, 1);
        if (log->bytes != 0) {
            memcpy(larger, log->text, log->bytes);
        }
        free(log->text);
        log->text = larger;
        log->room = room;
    }
    memcpy(log->text + log->bytes, text, bytes);
    log->bytes += bytes;
    log->text[log->bytes] = '\0';
}

static void show_bytes(const uint8_t *bytes, size_t count)
{
    const size_t shown = count < SHOWN_BYTES ? count : SHOWN_BYTES;
    for (size_t line = 0; line < shown; line += BYTES_A_LINE) {
        const size_t end = line + BYTES_A_LINE < shown ? line + BYTES_A_LINE : shown;
        printf("  %04zx ", line);
        for (size_t i = line; i < line + BYTES_A_LINE; i++) {
            if (i < end) {
                printf("%s%02x", i % 8 == 0 && i != line ? "  " : " ", bytes[i]);
            } else {
                printf("%s", i % 8 == 0 && i != line ? "    " : "   ");
            }
        }
        printf("  ");
        for (size_t i = line; i < end; i++) {
            putchar(bytes[i] >= 0x20 && bytes[i] < 0x7F ? bytes[i] : '.');
        }
        putchar('\n');
    }
    if (shown < count) {
        printf("  ... %zu bytes more\n", count - shown);
    }
}

static void show_status(uint32_t status)
{
    const char *name = km_status_name(status);
    printf("0x%08X%s%s", status, name != NULL ? " " : "", name != NULL ? name : "");
}

static void show(const struct km_script_run *run, const struct km_script_command *command,
                 const struct answer *answer)
{
    printf("%.200s = ", command->text);
    show_status(answer->status);
    if (answer->has_information) {
        printf(", %" PRIu64 " byte%s", run->information, run->information == 1 ? "" : "s");
    }
    putchar('\n');
    if (answer->has_information) {
        show_bytes(run->output, run->output_bytes);
    }
    fflush(stdout);
}

static void keep_result(struct km_script_run *run, const struct km_script_command *command,
                        const struct answer *answer)
{
    struct km_run_outcome *outcome = &run->run->outcome;
    // There is room for as many as the next power of two.
    if ((outcome->operation_count & (outcome->operation_count - 1)) == 0) {
        struct km_run_operation *larger = km_allocate(outcome->operation_count * 2 + 1, sizeof *larger);
        if (outcome->operation_count != 0) {
            memcpy(larger, outcome->operations, outcome->operation_count * sizeof *larger);
        }
        free(outcome->operations);
        outcome->operations = larger;
    }
    struct km_run_operation *operation = &outcome->operations[outcome->operation_count++];
    *operation = (struct km_run_operation){.place = km_copy_string(command->place),
                                           .command = km_copy_string(command->text),
                                           .status = answer->status,
                                           .has_information = answer->has_information};
    if (answer->has_information) {
        operation->information = run->information;
        operation->output_bytes = run->output_bytes;
        operation->output = km_allocate(run->output_bytes, 1);
        if (run->output_bytes != 0) {
            memcpy(operation->output, run->output, run->output_bytes);
        }
    }
}

// ---- What commands have in common

// The thread that does the command; the first one of all is made when it is needed. NULL: *answer says why.
static km_thread *actor(struct km_script_run *run, const struct km_script_command *command,
                        struct answer *answer)
{
    km_thread **thread = &run->threads[command->actor];
    km_process *process;
    if (*thread == NULL && command->actor == 0) {
        answer->result = km_process_create(run->run->machine, DEFAULT_IMAGE, NULL, &process, thread);
        if (answer->result != KM_OK) {
            *thread = NULL;
            answer->result = answer->result == KM_REFUSED ? KM_FAILED : answer->result;
        }
    } else if (*thread == NULL) {
        answer->result = KM_FAILED;
        answer->problem = "its thread has ended";
    }
    return *thread;
}

// Takes the buffer as the last output; of that `valid` bytes, which were filled.
static void take_output(struct km_script_run *run, uint8_t *buffer, size_t valid)
{
    free(run->output);
    run->output = buffer;
    run->output_bytes = valid;
}

static void finish_transfer(struct km_script_run *run, struct answer *answer, const struct km_io *io,
                            uint8_t *buffer, uint32_t length)
{
    run->information = io->information;
    take_output(run, buffer, io->information < length ? (size_t)io->information : length);
    answer->has_information = answer->is_shown = true;
}

// ---- Files

static enum km_result do_open(struct km_script_run *run, const struct km_script_command *command,
                              struct answer *answer)
{
    km_thread *thread = actor(run, command, answer);
    return thread != NULL
               ? km_open(thread, command->name, command->access, command->flags, &run->files[command->file])
               : answer->result;
}

static enum km_result do_close(struct km_script_run *run, const struct km_script_command *command,
                               struct answer *answer)
{
    km_thread *thread = actor(run, command, answer);
    return thread != NULL ? km_close(thread, run->files[command->file]) : answer->result;
}

static enum km_result start_transfer(km_thread *thread, km_file *file,
                                     const struct km_script_command *command, uint8_t *buffer,
                                     km_operation **operation)
{
    const void *input = command->bytes.absent ? NULL : command->bytes.data;
    const uint32_t input_bytes = (uint32_t)command->bytes.count;
    switch (command->verb) {
    case KM_SCRIPT_READ:
        return km_read_start(thread, file, command->offset, buffer, command->length, operation);
    case KM_SCRIPT_WRITE: return km_write_start(thread, file, command->offset, input, input_bytes, operation);
    default:
        return km_ioctl_start(thread, file, command->code, input, input_bytes, buffer, command->length,
                              operation);
    }
}

static enum km_result make_transfer(km_thread *thread, km_file *file, const struct km_script_command *command,
                                    uint8_t *buffer, struct km_io *io)
{
    const void *input = command->bytes.absent ? NULL : command->bytes.data;
    const uint32_t input_bytes = (uint32_t)command->bytes.count;
    switch (command->verb) {
    case KM_SCRIPT_READ: return km_read(thread, file, command->offset, buffer, command->length, io);
    case KM_SCRIPT_WRITE: return km_write(thread, file, command->offset, input, input_bytes, io);
    default: return km_ioctl(thread, file, command->code, input, input_bytes, buffer, command->length, io);
    }
}

static enum km_result do_transfer(struct km_script_run *run, const struct km_script_command *command,
                                  struct answer *answer)
{
    km_thread *thread = actor(run, command, answer);
    km_file *file = run->files[command->file];
    struct km_io io = {0};
    if (thread == NULL) {
        return answer->result;
    }
    uint8_t *buffer =
        command->verb != KM_SCRIPT_WRITE && command->length != 0 ? km_allocate(command->length, 1) : NULL;
    if (command->started != KM_SCRIPT_NONE) {
        struct started *started = &run->operations[command->started];
        answer->has_status = false;
        *started = (struct started){.buffer = buffer, .length = command->length};
        return start_transfer(thread, file, command, buffer, &started->operation);
    }
    const enum km_result result = make_transfer(thread, file, command, buffer, &io);
    if (result == KM_OK || result == KM_REFUSED) {
        finish_transfer(run, answer, &io, buffer, command->verb == KM_SCRIPT_WRITE ? 0 : command->length);
    } else {
        free(buffer);
    }
    return result;
}

static enum km_result do_wait(struct km_script_run *run, const struct km_script_command *command,
                              struct answer *answer)
{
    struct started *started = &run->operations[command->operation];
    struct km_io io = {0};
    const enum km_result result = km_wait(started->operation, command->time, &io);
    if (result == KM_OK || result == KM_REFUSED) {
        finish_transfer(run, answer, &io, started->buffer, started->buffer != NULL ? started->length : 0);
        *started = (struct started){0};
    } else {
        answer->is_shown = result == KM_PENDING;
    }
    return result;
}

static enum km_result do_cancel(struct km_script_run *run, const struct km_script_command *command,
                                struct answer *answer)
{
    km_thread *thread = actor(run, command, answer);
    return thread != NULL ? km_cancel(thread, run->operations[command->operation].operation) : answer->result;
}

// ---- Drivers, processes, time

static enum km_result do_load(struct km_script_run *run, const struct km_script_command *command,
                              struct answer *answer)
{
    (void)answer;
    return km_run_load(run->run, command->name);
}

static enum km_result do_unload(struct km_script_run *run, const struct km_script_command *command,
                                struct answer *answer)
{
    (void)answer;
    return km_run_unload(run->run, command->name);
}

static enum km_result do_add_device(struct km_script_run *run, const struct km_script_command *command,
                                    struct answer *answer)
{
    char service[256], device[KM_DEVICE_BYTES];
    km_driver_service(command->name, service, sizeof service);
    const enum km_result result =
        km_device_add(run->run->machine, service, command->second_name, device, sizeof device);
    if (result == KM_NO_ADD_DEVICE) {
        answer->problem = "the driver has no AddDevice";
        return KM_FAILED;
    }
    return result;
}

static enum km_result do_device(struct km_script_run *run, const struct km_script_command *command,
                                struct answer *answer)
{
    km_machine *machine = run->run->machine;
    (void)answer;
    switch (command->verb) {
    case KM_SCRIPT_START_DEVICE: return km_device_start(machine, command->name);
    case KM_SCRIPT_STOP_DEVICE: return km_device_stop(machine, command->name);
    case KM_SCRIPT_REMOVE_DEVICE: return km_device_remove(machine, command->name);
    default: return km_device_surprise_remove(machine, command->name);
    }
}

// What came of a query or a method, in data, which is the script's from here on.
static enum km_result finish_wmi(struct km_script_run *run, struct answer *answer, enum km_result result,
                                 uint8_t *data, size_t bytes)
{
    if (result == KM_OK) {
        run->information = bytes;
        take_output(run, data, bytes);
        answer->has_information = answer->is_shown = true;
    } else {
        free(data);
    }
    return result;
}

static enum km_result do_query_wmi(struct km_script_run *run, const struct km_script_command *command,
                                   struct answer *answer)
{
    km_machine *machine = run->run->machine;
    size_t bytes = 0;
    uint8_t *data = NULL;
    enum km_result result = km_wmi_query(machine, command->name, command->second_name, NULL, &bytes);
    if (result == KM_REFUSED && bytes != 0) {
        data = km_allocate(bytes, 1);
        result = km_wmi_query(machine, command->name, command->second_name, data, &bytes);
    }
    return finish_wmi(run, answer, result, data, bytes);
}

static enum km_result do_set_wmi(struct km_script_run *run, const struct km_script_command *command,
                                 struct answer *answer)
{
    (void)answer;
    return km_wmi_set(run->run->machine, command->name, command->second_name, command->bytes.data,
                      command->bytes.count);
}

static enum km_result do_execute_wmi(struct km_script_run *run, const struct km_script_command *command,
                                     struct answer *answer)
{
    size_t bytes = command->length;
    uint8_t *data = bytes != 0 ? km_allocate(bytes, 1) : NULL;
    const enum km_result result =
        km_wmi_execute(run->run->machine, command->name, command->second_name, (uint32_t)command->number,
                       command->bytes.data, command->bytes.count, data, &bytes);
    return finish_wmi(run, answer, result, data, bytes);
}

static enum km_result do_suspend(struct km_script_run *run, const struct km_script_command *command,
                                 struct answer *answer)
{
    (void)answer;
    return km_machine_sleep(run->run->machine, (enum km_power)(KM_POWER_WORKING + command->number));
}

static enum km_result do_resume(struct km_script_run *run, const struct km_script_command *command,
                                struct answer *answer)
{
    (void)command, (void)answer;
    return km_machine_wake(run->run->machine);
}

static enum km_result do_power_setting(struct km_script_run *run, const struct km_script_command *command,
                                       struct answer *answer)
{
    (void)answer;
    return km_power_setting(run->run->machine, command->second_name, (uint32_t)command->number);
}

static enum km_result do_process(struct km_script_run *run, const struct km_script_command *command,
                                 struct answer *answer)
{
    (void)answer;
    km_process *process;
    return km_process_create_as(run->run->machine, command->name, command->second_name,
                                (enum km_user)command->user, &process, &run->threads[command->thread]);
}

static enum km_result do_thread(struct km_script_run *run, const struct km_script_command *command,
                                struct answer *answer)
{
    km_thread *first = actor(run, command, answer);
    return first != NULL ? km_thread_create(km_thread_process(first), &run->threads[command->thread])
                         : answer->result;
}

static enum km_result do_image(struct km_script_run *run, const struct km_script_command *command,
                               struct answer *answer)
{
    km_thread *thread = actor(run, command, answer);
    if (thread == NULL) {
        return answer->result;
    }
    uint64_t *base = &run->images[command->image];
    return command->verb == KM_SCRIPT_LOAD_IMAGE ? km_load_image(thread, command->name, base)
                                                 : km_unload_image(thread, *base);
}

static enum km_result do_exit(struct km_script_run *run, const struct km_script_command *command,
                              struct answer *answer)
{
    km_thread *thread = run->threads[command->thread];
    (void)answer;
    const enum km_result result = command->is_process
                                      ? km_process_exit(km_thread_process(thread), (uint32_t)command->number)
                                      : km_thread_exit(thread, (uint32_t)command->number);
    if (result == KM_OK && command->is_process) {
        km_process *process = km_thread_process(thread);
        for (size_t i = 0; i < run->script->things[KM_SCRIPT_THREAD_THING]; i++) {
            if (run->threads[i] != NULL && km_thread_process(run->threads[i]) == process) {
                run->threads[i] = NULL;
            }
        }
    } else if (result == KM_OK) {
        run->threads[command->thread] = NULL;
    }
    return result;
}

static enum km_result do_sleep(struct km_script_run *run, const struct km_script_command *command,
                               struct answer *answer)
{
    (void)answer;
    return km_clock_advance(run->run->machine, command->time);
}

static enum km_result do_shutdown(struct km_script_run *run, const struct km_script_command *command,
                                  struct answer *answer)
{
    (void)command, (void)answer;
    memset(run->threads, 0, run->script->things[KM_SCRIPT_THREAD_THING] * sizeof *run->threads);
    return km_machine_finish(run->run->machine);
}

// ---- The registry

static enum km_result do_registry_file(struct km_script_run *run, const struct km_script_command *command,
                                       struct answer *answer)
{
    (void)answer;
    return command->verb == KM_SCRIPT_LOAD_REGISTRY
               ? km_registry_load(run->run->machine, command->name)
               : km_registry_save(run->run->machine, command->name, NULL);
}

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
    take_output(run, data, bytes);
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
        take_output(run, (uint8_t *)text, strlen(text));
        return KM_OK;
    }
    free(text);
    return result;
}

static enum km_result do_registry(struct km_script_run *run, const struct km_script_command *command,
                                  struct answer *answer)
{
    km_thread *thread = actor(run, command, answer);
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

// ---- PCI devices

static km_pci_function *find_function(struct km_script_run *run, const struct km_script_command *command,
                                      struct answer *answer)
{
    km_pci_function *function =
        km_pci_find(run->run->machine, command->code >> 8, command->code >> 3 & 31, command->code & 7);
    answer->problem = function == NULL ? "no PCI device is there: --pci has a file of them" : NULL;
    return function;
}

static unsigned bar_of(const struct km_script_command *command)
{
    return command->number > UINT32_MAX ? UINT32_MAX : (unsigned)command->number;
}

static enum km_result do_read_bar(struct km_script_run *run, const struct km_script_command *command,
                                  struct answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    if (function == NULL) {
        return KM_FAILED;
    }
    uint8_t *buffer = km_allocate(command->length, 1);
    const enum km_result result =
        km_pci_read_bar(function, bar_of(command), command->offset, buffer, command->length);
    if (result != KM_OK) {
        free(buffer);
        return result;
    }
    run->information = command->length;
    take_output(run, buffer, command->length);
    answer->has_information = answer->is_shown = true;
    return KM_NO_UNLOAD; // no system call has answered
}

static enum km_result do_write_bar(struct km_script_run *run, const struct km_script_command *command,
                                   struct answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    return function == NULL ? KM_FAILED
                            : km_pci_write_bar(function, bar_of(command), command->offset,
                                               command->bytes.data, command->bytes.count);
}

static void end_interrupt(void *context, km_pci_function *function, struct km_pci_access *access)
{
    const struct raised *raised = context;
    if (access->is_write && raised->offset - access->offset < access->bytes) {
        km_pci_interrupt(function, 0);
    }
}

static enum km_result do_raise_interrupt(struct km_script_run *run, const struct km_script_command *command,
                                         struct answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    enum km_result result = function != NULL ? KM_OK : KM_FAILED;
    if (result == KM_OK && command->offset != KM_SCRIPT_CURRENT_OFFSET) {
        struct raised *raised = km_allocate(1, sizeof *raised);
        *raised = (struct raised){
            .next = run->raised, .function = function, .bar = bar_of(command), .offset = command->offset};
        run->raised = raised;
        result = km_pci_watch(function, raised->bar, end_interrupt, raised);
    }
    return result == KM_OK ? km_pci_interrupt(function, 1) : result;
}

static enum km_result do_lower_interrupt(struct km_script_run *run, const struct km_script_command *command,
                                         struct answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    return function != NULL ? km_pci_interrupt(function, 0) : KM_FAILED;
}

static enum km_result do_plug(struct km_script_run *run, const struct km_script_command *command,
                              struct answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    return function != NULL ? km_pci_plug(function, command->verb == KM_SCRIPT_PLUG) : KM_FAILED;
}

// ---- Assertions

static enum km_result assertion(struct answer *answer, bool holds, const char *problem)
{
    answer->problem = holds ? NULL : problem;
    return holds ? KM_OK : KM_FAILED;
}

static enum km_result do_assert_output(struct km_script_run *run, const struct km_script_command *command,
                                       struct answer *answer)
{
    const struct km_bytes *bytes = &command->bytes;
    const bool whole = command->offset == KM_SCRIPT_CURRENT_OFFSET;
    const uint64_t offset = whole ? 0 : command->offset;
    const bool fits = whole ? run->output_bytes == bytes->count
                            : offset <= run->output_bytes && bytes->count <= run->output_bytes - offset;
    return assertion(
        answer, fits && (bytes->count == 0 || memcmp(run->output + offset, bytes->data, bytes->count) == 0),
        "the output is another one");
}

static enum km_result do_assert_information(struct km_script_run *run,
                                            const struct km_script_command *command, struct answer *answer)
{
    return assertion(answer, run->information == command->number, "the information is another number");
}

static enum km_result do_assert_log(struct km_script_run *run, const struct km_script_command *command,
                                    struct answer *answer)
{
    const char *text = run->log->text != NULL ? run->log->text : "";
    const char *found = strstr(text + run->log_seen, command->name);
    if (found != NULL) {
        run->log_seen = (size_t)(found - text) + strlen(command->name);
    }
    return assertion(answer, found != NULL, "no driver has printed that");
}

static enum km_result do_assert_no_finding(struct km_script_run *run, const struct km_script_command *command,
                                           struct answer *answer)
{
    (void)command;
    return assertion(answer, km_finding_count(run->run->machine) == 0, "there is a finding");
}

static enum km_result do_echo(struct km_script_run *run, const struct km_script_command *command,
                              struct answer *answer)
{
    (void)run, (void)answer;
    printf("%s\n", command->name != NULL ? command->name : "");
    fflush(stdout);
    return KM_OK;
}

// ---- All of them

static const struct {
    enum km_result (*carry_out)(struct km_script_run *run, const struct km_script_command *command,
                                struct answer *answer);
    bool has_status;
} verbs[] = {
    [KM_SCRIPT_ADD_DEVICE] = {do_add_device, true},
    [KM_SCRIPT_ASSERT_INFORMATION] = {do_assert_information, false},
    [KM_SCRIPT_ASSERT_LOG] = {do_assert_log, false},
    [KM_SCRIPT_ASSERT_NO_FINDING] = {do_assert_no_finding, false},
    [KM_SCRIPT_ASSERT_OUTPUT] = {do_assert_output, false},
    [KM_SCRIPT_CANCEL] = {do_cancel, true},
    [KM_SCRIPT_CLOSE] = {do_close, true},
    [KM_SCRIPT_CREATE_KEY] = {do_registry, true},
    [KM_SCRIPT_DELETE_KEY] = {do_registry, true},
    [KM_SCRIPT_DELETE_VALUE] = {do_registry, true},
    [KM_SCRIPT_ECHO] = {do_echo, false},
    [KM_SCRIPT_ENUMERATE_KEY] = {do_registry, true},
    [KM_SCRIPT_ENUMERATE_VALUES] = {do_registry, true},
    [KM_SCRIPT_EXECUTE_WMI] = {do_execute_wmi, true},
    [KM_SCRIPT_EXIT] = {do_exit, true},
    [KM_SCRIPT_IOCTL] = {do_transfer, true},
    [KM_SCRIPT_LOAD] = {do_load, true},
    [KM_SCRIPT_LOAD_IMAGE] = {do_image, true},
    [KM_SCRIPT_LOAD_REGISTRY] = {do_registry_file, false},
    [KM_SCRIPT_LOWER_INTERRUPT] = {do_lower_interrupt, false},
    [KM_SCRIPT_OPEN] = {do_open, true},
    [KM_SCRIPT_PLUG] = {do_plug, false},
    [KM_SCRIPT_POWER_SETTING] = {do_power_setting, true},
    [KM_SCRIPT_PROCESS] = {do_process, true},
    [KM_SCRIPT_QUERY_VALUE] = {do_registry, true},
    [KM_SCRIPT_QUERY_WMI] = {do_query_wmi, true},
    [KM_SCRIPT_RAISE_INTERRUPT] = {do_raise_interrupt, false},
    [KM_SCRIPT_READ] = {do_transfer, true},
    [KM_SCRIPT_READ_BAR] = {do_read_bar, true},
    [KM_SCRIPT_REMOVE_DEVICE] = {do_device, true},
    [KM_SCRIPT_RESUME] = {do_resume, true},
    [KM_SCRIPT_SAVE_REGISTRY] = {do_registry_file, false},
    [KM_SCRIPT_SET_VALUE] = {do_registry, true},
    [KM_SCRIPT_SET_WMI] = {do_set_wmi, true},
    [KM_SCRIPT_SHUTDOWN] = {do_shutdown, false},
    [KM_SCRIPT_SLEEP] = {do_sleep, false},
    [KM_SCRIPT_START_DEVICE] = {do_device, true},
    [KM_SCRIPT_STOP_DEVICE] = {do_device, true},
    [KM_SCRIPT_SURPRISE_REMOVE_DEVICE] = {do_device, true},
    [KM_SCRIPT_SUSPEND] = {do_suspend, true},
    [KM_SCRIPT_THREAD] = {do_thread, true},
    [KM_SCRIPT_UNLOAD] = {do_unload, false},
    [KM_SCRIPT_UNLOAD_IMAGE] = {do_image, true},
    [KM_SCRIPT_UNPLUG] = {do_plug, false},
    [KM_SCRIPT_WAIT] = {do_wait, true},
    [KM_SCRIPT_WRITE] = {do_transfer, true},
    [KM_SCRIPT_WRITE_BAR] = {do_write_bar, false},
};

static char *status_text(uint32_t status)
{
    const char *name = km_status_name(status);
    return km_format("0x%08X%s%s", status, name != NULL ? " " : "", name != NULL ? name : "");
}

// Whether the command has come to what it was meant to; if not, the run's outcome says so.
static bool judge(struct km_script_run *run, const struct km_script_command *command,
                  const struct answer *answer)
{
    const enum km_result result = answer->result;
    char *problem = NULL;
    bool good = result == KM_OK;
    if (answer->has_status) {
        char *actual = status_text(answer->status);
        if (command->expects) {
            good = answer->status == command->expected;
            char *expected = status_text(command->expected);
            problem = km_format("%s: %.200s: expected %s, and it is %s", command->place, command->text,
                                expected, actual);
            free(expected);
        } else {
            good = !FAILURE(answer->status) && result != KM_PENDING;
            problem = km_format("%s: %.200s: %s%s", command->place, command->text, actual,
                                result != KM_PENDING                 ? ""
                                : command->time == KM_SCRIPT_FOREVER ? ": nothing is left that could end it"
                                                                     : ": it is not done");
        }
        free(actual);
    } else if (!good) {
        const char *why = answer->problem != NULL ? answer->problem : km_machine_problem(run->run->machine);
        problem = km_format("%s: %.200s: %s", command->place, command->text, why != NULL ? why : "failed");
    }
    if (!good) {
        // A status alone is the driver's; what else went wrong is told as it is.
        km_run_note(run->run, run->run->outcome.driver, answer->has_status ? KM_REFUSED : result, problem);
    }
    free(problem);
    return good;
}

static bool carry_out(struct km_script_run *run, const struct km_script_command *command)
{
    struct answer answer = {.has_status = verbs[command->verb].has_status};
    const enum km_result result = verbs[command->verb].carry_out(run, command, &answer);
    answer.result = result;
    switch (result) {
    case KM_NO_UNLOAD: answer.result = KM_OK; break; // the status is the system call's
    case KM_OK: answer.status = answer.is_shown ? km_last_status(run->run->machine) : 0; break;
    case KM_REFUSED:
    case KM_DRIVER_FAILED: answer.status = km_last_status(run->run->machine); break;
    case KM_PENDING: answer.status = STATUS_PENDING; break;
    default: answer.has_status = false; break;
    }
    if (answer.has_status && (answer.is_shown || (FAILURE(answer.status) && result != KM_DRIVER_FAILED))) {
        show(run, command, &answer);
        keep_result(run, command, &answer);
    }
    return judge(run, command, &answer);
}

struct km_script_run *km_script_run_create(struct km_run *run, const struct km_script *script,
                                           struct km_script_log *log)
{
    struct km_script_run *made = km_allocate(1, sizeof *made);
    made->run = run;
    made->script = script;
    made->log = log;
    made->threads = km_allocate(script->things[KM_SCRIPT_THREAD_THING], sizeof *made->threads);
    made->files = km_allocate(script->things[KM_SCRIPT_FILE], sizeof *made->files);
    made->images = km_allocate(script->things[KM_SCRIPT_IMAGE], sizeof *made->images);
    made->operations = km_allocate(script->things[KM_SCRIPT_OPERATION], sizeof *made->operations);
    return made;
}

void km_script_run_commands(struct km_script_run *run)
{
    for (size_t i = 0; i < run->script->count && run->run->outcome.result == KM_OK; i++) {
        if (!carry_out(run, &run->script->commands[i])) {
            return;
        }
    }
}

void km_script_run_finish(struct km_script_run *run)
{
    for (size_t i = run->script->things[KM_SCRIPT_THREAD_THING]; i-- > 0;) {
        km_thread *thread = run->threads[i];
        if (thread == NULL || run->run->outcome.result == KM_STOPPED) {
            continue;
        }
        km_process *process = km_thread_process(thread);
        const enum km_result result = km_process_exit(process, 0);
        if (result != KM_OK) {
            km_run_note(run->run, run->run->outcome.driver, result, NULL);
        }
        for (size_t j = 0; j <= i; j++) {
            if (run->threads[j] != NULL && km_thread_process(run->threads[j]) == process) {
                run->threads[j] = NULL;
            }
        }
    }
}

void km_script_run_destroy(struct km_script_run *run)
{
    for (size_t i = 0; i < run->script->things[KM_SCRIPT_OPERATION]; i++) {
        free(run->operations[i].buffer);
    }
    while (run->raised != NULL) {
        struct raised *next = run->raised->next;
        km_pci_watch(run->raised->function, run->raised->bar, NULL, NULL);
        free(run->raised);
        run->raised = next;
    }
    free(run->operations);
    free(run->files);
    free(run->images);
    free(run->threads);
    free(run->output);
    free(run);
}
