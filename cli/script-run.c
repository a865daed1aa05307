// SPDX-License-Identifier: MIT
// A script carried out: each command by the public API, its result shown, compared with what is expected.
#include "cli/script-command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/names.h"

#define STATUS_PENDING  UINT32_C(0x00000103)
#define SHOWN_BYTES     256u
#define BYTES_A_LINE    16u
#define DEFAULT_IMAGE   "client.exe"
#define FAILURE(status) ((status) >= UINT32_C(0x80000000))

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
                 const struct km_script_answer *answer)
{
    printf("%.200s = ", command->text);
    show_status(answer->status);
    if (answer->has_information) {
        printf(", %" PRIu64 " byte%s", run->information, run->information == 1 ? "" : "s");
    }
    putchar('\n');
    if (answer->has_information) {
        show_bytes(run->output.data, run->output.count);
    }
    fflush(stdout);
}

static void keep_result(struct km_script_run *run, const struct km_script_command *command,
                        const struct km_script_answer *answer)
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
        operation->output_bytes = run->output.count;
        operation->output = km_allocate(run->output.count, 1);
        if (run->output.count != 0) {
            memcpy(operation->output, run->output.data, run->output.count);
        }
    }
}

// ---- What commands have in common

// The thread that does the command; the first one of all is made when it is needed. NULL: *answer says why.
km_thread *km_script_actor(struct km_script_run *run, const struct km_script_command *command,
                           struct km_script_answer *answer)
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
void km_script_take_output(struct km_script_run *run, uint8_t *buffer, size_t valid)
{
    free(run->output.data);
    run->output.data = buffer;
    run->output.count = valid;
}

static void finish_transfer(struct km_script_run *run, struct km_script_answer *answer,
                            const struct km_io *io, uint8_t *buffer, uint32_t length)
{
    run->information = io->information;
    km_script_take_output(run, buffer, io->information < length ? (size_t)io->information : length);
    answer->has_information = answer->is_shown = true;
}

// ---- Files

static enum km_result do_open(struct km_script_run *run, const struct km_script_command *command,
                              struct km_script_answer *answer)
{
    km_thread *thread = km_script_actor(run, command, answer);
    return thread != NULL
               ? km_open(thread, command->name, command->access, command->flags, &run->files[command->file])
               : answer->result;
}

static enum km_result do_close(struct km_script_run *run, const struct km_script_command *command,
                               struct km_script_answer *answer)
{
    km_thread *thread = km_script_actor(run, command, answer);
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
                                  struct km_script_answer *answer)
{
    km_thread *thread = km_script_actor(run, command, answer);
    km_file *file = run->files[command->file];
    struct km_io io = {0};
    if (thread == NULL) {
        return answer->result;
    }
    uint8_t *buffer =
        command->verb != KM_SCRIPT_WRITE && command->length != 0 ? km_allocate(command->length, 1) : NULL;
    if (command->started != KM_SCRIPT_NONE) {
        struct km_script_started *started = &run->operations[command->started];
        answer->has_status = false;
        *started = (struct km_script_started){.buffer = buffer, .length = command->length};
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
                              struct km_script_answer *answer)
{
    struct km_script_started *started = &run->operations[command->operation];
    struct km_io io = {0};
    const enum km_result result = km_wait(started->operation, command->time, &io);
    if (result == KM_OK || result == KM_REFUSED) {
        finish_transfer(run, answer, &io, started->buffer, started->buffer != NULL ? started->length : 0);
        *started = (struct km_script_started){0};
    } else {
        answer->is_shown = result == KM_PENDING;
    }
    return result;
}

static enum km_result do_cancel(struct km_script_run *run, const struct km_script_command *command,
                                struct km_script_answer *answer)
{
    km_thread *thread = km_script_actor(run, command, answer);
    return thread != NULL ? km_cancel(thread, run->operations[command->operation].operation) : answer->result;
}

// ---- Drivers, processes, time

static enum km_result do_load(struct km_script_run *run, const struct km_script_command *command,
                              struct km_script_answer *answer)
{
    (void)answer;
    return km_run_load(run->run, command->name);
}

static enum km_result do_unload(struct km_script_run *run, const struct km_script_command *command,
                                struct km_script_answer *answer)
{
    (void)answer;
    return km_run_unload(run->run, command->name);
}

static enum km_result do_process(struct km_script_run *run, const struct km_script_command *command,
                                 struct km_script_answer *answer)
{
    (void)answer;
    km_process *process;
    enum km_result (*create)(km_machine *, const char *, const char *, enum km_user, km_process **,
                             km_thread **) =
        command->verb == KM_SCRIPT_WOW64_PROCESS ? km_process_create_wow64 : km_process_create_as;
    return create(run->run->machine, command->name, command->second_name, (enum km_user)command->user,
                  &process, &run->threads[command->thread]);
}

static enum km_result do_thread(struct km_script_run *run, const struct km_script_command *command,
                                struct km_script_answer *answer)
{
    km_thread *first = km_script_actor(run, command, answer);
    return first != NULL ? km_thread_create(km_thread_process(first), &run->threads[command->thread])
                         : answer->result;
}

static enum km_result do_image(struct km_script_run *run, const struct km_script_command *command,
                               struct km_script_answer *answer)
{
    km_thread *thread = km_script_actor(run, command, answer);
    if (thread == NULL) {
        return answer->result;
    }
    uint64_t *base = &run->images[command->image];
    return command->verb == KM_SCRIPT_LOAD_IMAGE ? km_load_image(thread, command->name, base)
                                                 : km_unload_image(thread, *base);
}

static enum km_result do_system_call(struct km_script_run *run, const struct km_script_command *command,
                                     struct km_script_answer *answer)
{
    km_thread *thread = km_script_actor(run, command, answer);
    if (thread == NULL) {
        return answer->result;
    }
    run->information = 0;
    for (size_t i = 0; i < command->argument_count; i++) {
        answer->has_information |= command->arguments[i].kind == KM_SCRIPT_MEMORY_ARGUMENT;
        run->information += command->arguments[i].bytes.count;
    }
    answer->is_shown = true;
    const enum km_result result =
        km_script_call(thread, command, run->files, &run->output, &answer->status, &answer->problem);
    return result == KM_OK ? KM_NO_UNLOAD : result;
}

static enum km_result do_exit(struct km_script_run *run, const struct km_script_command *command,
                              struct km_script_answer *answer)
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
                               struct km_script_answer *answer)
{
    (void)answer;
    return km_clock_advance(run->run->machine, command->time);
}

static enum km_result do_shutdown(struct km_script_run *run, const struct km_script_command *command,
                                  struct km_script_answer *answer)
{
    (void)command, (void)answer;
    memset(run->threads, 0, run->script->things[KM_SCRIPT_THREAD_THING] * sizeof *run->threads);
    return km_machine_finish(run->run->machine);
}

// ---- The registry

static enum km_result do_registry_file(struct km_script_run *run, const struct km_script_command *command,
                                       struct km_script_answer *answer)
{
    (void)answer;
    return command->verb == KM_SCRIPT_LOAD_REGISTRY
               ? km_registry_load(run->run->machine, command->name)
               : km_registry_save(run->run->machine, command->name, NULL);
}

// ---- Assertions

static enum km_result assertion(struct km_script_answer *answer, bool holds, const char *problem)
{
    answer->problem = holds ? NULL : problem;
    return holds ? KM_OK : KM_FAILED;
}

static enum km_result do_assert_output(struct km_script_run *run, const struct km_script_command *command,
                                       struct km_script_answer *answer)
{
    const struct km_bytes *bytes = &command->bytes;
    const bool whole = command->offset == KM_SCRIPT_CURRENT_OFFSET;
    const uint64_t offset = whole ? 0 : command->offset;
    const bool fits = whole ? run->output.count == bytes->count
                            : offset <= run->output.count && bytes->count <= run->output.count - offset;
    return assertion(
        answer,
        fits && (bytes->count == 0 || memcmp(run->output.data + offset, bytes->data, bytes->count) == 0),
        "the output is another one");
}

static enum km_result do_assert_information(struct km_script_run *run,
                                            const struct km_script_command *command,
                                            struct km_script_answer *answer)
{
    return assertion(answer, run->information == command->number, "the information is another number");
}

static enum km_result do_assert_log(struct km_script_run *run, const struct km_script_command *command,
                                    struct km_script_answer *answer)
{
    const char *text = run->log->text != NULL ? run->log->text : "";
    const char *found = strstr(text + run->log_seen, command->name);
    if (found != NULL) {
        run->log_seen = (size_t)(found - text) + strlen(command->name);
    }
    return assertion(answer, found != NULL, "no driver has printed that");
}

static enum km_result do_assert_no_finding(struct km_script_run *run, const struct km_script_command *command,
                                           struct km_script_answer *answer)
{
    (void)command;
    return assertion(answer, km_finding_count(run->run->machine) == 0, "there is a finding");
}

static enum km_result do_echo(struct km_script_run *run, const struct km_script_command *command,
                              struct km_script_answer *answer)
{
    (void)run, (void)answer;
    printf("%s\n", command->name != NULL ? command->name : "");
    fflush(stdout);
    return KM_OK;
}

// ---- All of them

static const struct {
    enum km_result (*carry_out)(struct km_script_run *run, const struct km_script_command *command,
                                struct km_script_answer *answer);
    bool has_status;
} verbs[] = {
    [KM_SCRIPT_ADD_DEVICE] = {km_script_do_add_device, true},
    [KM_SCRIPT_ASSERT_INFORMATION] = {do_assert_information, false},
    [KM_SCRIPT_ASSERT_LOG] = {do_assert_log, false},
    [KM_SCRIPT_ASSERT_NO_FINDING] = {do_assert_no_finding, false},
    [KM_SCRIPT_ASSERT_NOTHING_LEFT] = {km_script_do_assert_nothing_left, false},
    [KM_SCRIPT_ASSERT_OUTPUT] = {do_assert_output, false},
    [KM_SCRIPT_CANCEL] = {do_cancel, true},
    [KM_SCRIPT_CLOSE] = {do_close, true},
    [KM_SCRIPT_CREATE_KEY] = {km_script_do_registry, true},
    [KM_SCRIPT_DELETE_KEY] = {km_script_do_registry, true},
    [KM_SCRIPT_DELETE_VALUE] = {km_script_do_registry, true},
    [KM_SCRIPT_ECHO] = {do_echo, false},
    [KM_SCRIPT_ENUMERATE_KEY] = {km_script_do_registry, true},
    [KM_SCRIPT_ENUMERATE_VALUES] = {km_script_do_registry, true},
    [KM_SCRIPT_EXECUTE_WMI] = {km_script_do_execute_wmi, true},
    [KM_SCRIPT_EXIT] = {do_exit, true},
    [KM_SCRIPT_IOCTL] = {do_transfer, true},
    [KM_SCRIPT_LOAD] = {do_load, true},
    [KM_SCRIPT_LOAD_IMAGE] = {do_image, true},
    [KM_SCRIPT_LOAD_REGISTRY] = {do_registry_file, false},
    [KM_SCRIPT_LOWER_INTERRUPT] = {km_script_do_lower_interrupt, false},
    [KM_SCRIPT_OPEN] = {do_open, true},
    [KM_SCRIPT_PLUG] = {km_script_do_plug, false},
    [KM_SCRIPT_POWER_SETTING] = {km_script_do_power_setting, true},
    [KM_SCRIPT_PROCESS] = {do_process, true},
    [KM_SCRIPT_QUERY_VALUE] = {km_script_do_registry, true},
    [KM_SCRIPT_QUERY_WMI] = {km_script_do_query_wmi, true},
    [KM_SCRIPT_RAISE_INTERRUPT] = {km_script_do_raise_interrupt, false},
    [KM_SCRIPT_READ] = {do_transfer, true},
    [KM_SCRIPT_READ_BAR] = {km_script_do_read_bar, true},
    [KM_SCRIPT_REMOVE_DEVICE] = {km_script_do_device, true},
    [KM_SCRIPT_RESUME] = {km_script_do_resume, true},
    [KM_SCRIPT_SAVE_REGISTRY] = {do_registry_file, false},
    [KM_SCRIPT_SET_VALUE] = {km_script_do_registry, true},
    [KM_SCRIPT_SET_WMI] = {km_script_do_set_wmi, true},
    [KM_SCRIPT_SHUTDOWN] = {do_shutdown, false},
    [KM_SCRIPT_SLEEP] = {do_sleep, false},
    [KM_SCRIPT_SNAPSHOT] = {km_script_do_snapshot, false},
    [KM_SCRIPT_START_DEVICE] = {km_script_do_device, true},
    [KM_SCRIPT_STOP_DEVICE] = {km_script_do_device, true},
    [KM_SCRIPT_SURPRISE_REMOVE_DEVICE] = {km_script_do_device, true},
    [KM_SCRIPT_SUSPEND] = {km_script_do_suspend, true},
    [KM_SCRIPT_SYSTEM_CALL] = {do_system_call, true},
    [KM_SCRIPT_THREAD] = {do_thread, true},
    [KM_SCRIPT_UNLOAD] = {do_unload, false},
    [KM_SCRIPT_UNLOAD_IMAGE] = {do_image, true},
    [KM_SCRIPT_UNPLUG] = {km_script_do_plug, false},
    [KM_SCRIPT_WAIT] = {do_wait, true},
    [KM_SCRIPT_WOW64_PROCESS] = {do_process, true},
    [KM_SCRIPT_WRITE] = {do_transfer, true},
    [KM_SCRIPT_WRITE_BAR] = {km_script_do_write_bar, false},
};

static char *status_text(uint32_t status)
{
    const char *name = km_status_name(status);
    return km_format("0x%08X%s%s", status, name != NULL ? " " : "", name != NULL ? name : "");
}

// Whether the command has come to what it was meant to; if not, the run's outcome says so.
static bool judge(struct km_script_run *run, const struct km_script_command *command,
                  const struct km_script_answer *answer)
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
    struct km_script_answer answer = {.has_status = verbs[command->verb].has_status};
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
        struct km_script_raised *next = run->raised->next;
        km_pci_watch(run->raised->function, run->raised->bar, NULL, NULL);
        free(run->raised);
        run->raised = next;
    }
    free(run->operations);
    free(run->files);
    free(run->images);
    free(run->threads);
    free(run->output.data);
    km_snapshot_free(run->snapshot);
    free(run);
}
