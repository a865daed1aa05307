// SPDX-License-Identifier: MIT
// Simulated processes and threads: made, asked for system calls, ended.
#include "machine/process.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/names.h"

#define STATUS_INVALID_CID           UINT32_C(0xC000000B)
#define STATUS_THREAD_IS_TERMINATING UINT32_C(0xC000004B)
#define CURRENT_PROCESS              (~UINT64_C(0))

static const struct {
    const char *name;
    size_t arguments;
} services[] = {
#define SERVICE_ROW(name, count) {#name, count},
    KM_SERVICES(SERVICE_ROW)};

// ---- How calls ask, and fail

static bool take_name(struct km_machine *machine, char target[static KM_NAME_BYTES], const char *name)
{
    if (snprintf(target, KM_NAME_BYTES, "%s", name) < (int)KM_NAME_BYTES) {
        return true;
    }
    km_set_problem(machine, "%.64s...: a name has at most %u bytes", name, KM_NAME_BYTES - 1);
    return false;
}

enum km_result km_request(struct km_machine *machine, KM_REQUEST asked, const char *service_name,
                          const char *image_file)
{
    const enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    if (!take_name(machine, asked.service_name, service_name) ||
        !take_name(machine, asked.image_file, image_file)) {
        return KM_FAILED;
    }
    machine->shared->request = asked;
    return km_machine_ask(machine) ? KM_OK : km_has_stopped(machine);
}

enum km_result km_has_stopped(struct km_machine *machine)
{
    km_set_problem(machine, "the machine has stopped: its report tells why");
    return KM_STOPPED;
}

enum km_result km_no_memory(struct km_machine *machine)
{
    km_set_problem(machine, "out of memory");
    return KM_FAILED;
}

enum km_result km_refused(struct km_machine *machine, uint32_t status, const char *format, ...)
{
    char what[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    const char *name = km_status_name(status);
    machine->last_status = status;
    km_set_problem(machine, "%s: status 0x%08X%s%s", what, status, name != NULL ? " " : "",
                   name != NULL ? name : "");
    return KM_REFUSED;
}

// ---- Requests of threads

_Static_assert(sizeof(KM_REQUEST) <= KM_REQUEST_SLOT_BYTES, "a request fits into its slot");

// A slot of the shared region for one thread's requests; NULL: they are all taken, or no memory.
static KM_REQUEST *take_slot(struct km_machine *machine)
{
    for (size_t i = 0; i < KM_REQUEST_SLOTS; i++) {
        uint64_t *word = &machine->request_slots[i / 64];
        const uint64_t bit = UINT64_C(1) << i % 64;
        if (*word & bit) {
            continue;
        }
        const uint64_t address = KM_REQUESTS_BASE + i * KM_REQUEST_SLOT_BYTES;
        const uint64_t page = address & ~(KM_PAGE_SIZE - 1);
        if (km_memory_query(&machine->memory, page) == 0 &&
            !km_memory_map(&machine->memory, page, KM_PAGE_SIZE, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
            return NULL;
        }
        *word |= bit;
        KM_REQUEST *request = (KM_REQUEST *)address;
        *request = (KM_REQUEST){.machine = KM_REQUEST_ANSWERED};
        return request;
    }
    return NULL;
}

static void free_slot(struct km_machine *machine, const KM_REQUEST *request)
{
    const size_t i = ((uint64_t)request - KM_REQUESTS_BASE) / KM_REQUEST_SLOT_BYTES;
    machine->request_slots[i / 64] &= ~(UINT64_C(1) << i % 64);
}

// The thread is in user mode, and may be asked for something.
static enum km_result check_ready(struct km_thread *thread)
{
    struct km_machine *machine = thread->process->machine;
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    if (thread->operation != NULL) {
        km_operation_settle(thread->operation);
    }
    if (thread->ended || thread->operation != NULL) {
        km_set_problem(machine, "thread %llu of %s %s%s", (unsigned long long)thread->id,
                       thread->process->image, thread->ended ? "has ended" : "is still in a call: ",
                       thread->ended ? "" : thread->operation->what);
        return KM_FAILED;
    }
    return KM_OK;
}

enum km_result km_thread_prepare(struct km_thread *thread, uint32_t service, const uint64_t *arguments,
                                 size_t count)
{
    enum km_result result = check_ready(thread);
    if (result == KM_OK) {
        KM_REQUEST *request = thread->request;
        request->kind = KM_REQUEST_SYSTEM_CALL;
        request->service = service;
        request->thread = thread->id;
        for (size_t i = 0; i < count; i++) {
            request->arguments[i] = arguments[i];
        }
    }
    return result;
}

static enum km_result suspended(const struct km_thread *thread)
{
    km_set_problem(thread->process->machine, "thread %llu of %s is suspended", (unsigned long long)thread->id,
                   thread->process->image);
    return KM_FAILED;
}

enum km_result km_thread_call(struct km_thread *thread, uint32_t service, const uint64_t *arguments,
                              size_t count, uint32_t *status)
{
    enum km_result result = km_thread_prepare(thread, service, arguments, count);
    if (result != KM_OK) {
        return result;
    }
    if (!km_machine_carry_out(thread->process->machine, thread->request)) {
        return km_has_stopped(thread->process->machine);
    }
    if (thread->request->detail == KM_DETAIL_SUSPENDED) {
        return suspended(thread);
    }
    *status = thread->request->status;
    return KM_OK;
}

enum km_result km_system_call(km_thread *thread, const char *service, const uint64_t *arguments, size_t count,
                              uint32_t *status)
{
    struct km_machine *machine = thread->process->machine;
    for (uint32_t i = 0; i < KM_SERVICE_COUNT; i++) {
        if (strcmp(services[i].name, service) != 0) {
            continue;
        }
        if (services[i].arguments != count) {
            km_set_problem(machine, "%s takes %zu arguments, not %zu", service, services[i].arguments, count);
            return KM_FAILED;
        }
        uint32_t answer;
        enum km_result result = km_thread_call(thread, i, arguments, count, &answer);
        if (result == KM_OK && status != NULL) {
            *status = answer;
        }
        return result;
    }
    km_set_problem(machine, "%s: there is no such service", service);
    return KM_FAILED;
}

// ---- Their life

uint64_t km_process_id(const km_process *process)
{
    return process->id;
}

uint64_t km_thread_id(const km_thread *thread)
{
    return thread->id;
}

km_process *km_thread_process(const km_thread *thread)
{
    return thread->process;
}

// Keeps what `answer` names as a thread of process. NULL: no memory, and the thread goes on unknown.
static struct km_thread *keep_thread(struct km_process *process, const KM_REQUEST *answer)
{
    struct km_thread *thread = calloc(1, sizeof *thread);
    KM_REQUEST *slot = thread != NULL ? take_slot(process->machine) : NULL;
    if (slot == NULL) {
        free(thread);
        return NULL;
    }
    *thread = (struct km_thread){.process = process,
                                 .next = process->threads,
                                 .id = answer->thread,
                                 .area = answer->arguments[0],
                                 .request = slot};
    process->threads = thread;
    return thread;
}

static void end_unknown_thread(struct km_machine *machine, uint64_t id)
{
    machine->shared->request = (KM_REQUEST){.kind = KM_REQUEST_EXIT_THREAD, .thread = id};
    km_machine_ask(machine);
}

static enum km_result create(km_machine *machine, const char *image, const char *command_line,
                             enum km_user user, bool is_32bit, km_process **process, km_thread **thread)
{
    const KM_REQUEST asked = {.kind = KM_REQUEST_CREATE_PROCESS, .arguments = {user, is_32bit}};
    enum km_result result = km_request(machine, asked, command_line != NULL ? command_line : "", image);
    if (result != KM_OK) {
        return result;
    }
    const KM_REQUEST answer = machine->shared->request;
    if (km_is_failure(answer.status)) {
        return km_refused(machine, answer.status, "%s: no process was made of it", image);
    }
    struct km_process *made = calloc(1, sizeof *made);
    if (made == NULL) {
        end_unknown_thread(machine, answer.thread);
        return km_no_memory(machine);
    }
    made->machine = machine;
    made->id = answer.process;
    snprintf(made->image, sizeof made->image, "%s", image);
    *thread = keep_thread(made, &answer);
    if (*thread == NULL) {
        free(made);
        end_unknown_thread(machine, answer.thread);
        return km_no_memory(machine);
    }
    made->peb = answer.arguments[1];
    made->wow64_peb = answer.arguments[4];
    made->next = machine->process;
    machine->process = made;
    *process = made;
    return km_loader_start(*thread, answer.arguments[2], answer.arguments[3], answer.arguments[5]);
}

enum km_result km_process_create(km_machine *machine, const char *image, const char *command_line,
                                 km_process **process, km_thread **thread)
{
    return km_process_create_as(machine, image, command_line, KM_USER_SYSTEM, process, thread);
}

enum km_result km_process_create_as(km_machine *machine, const char *image, const char *command_line,
                                    enum km_user user, km_process **process, km_thread **thread)
{
    return create(machine, image, command_line, user, false, process, thread);
}

enum km_result km_process_create_wow64(km_machine *machine, const char *image, const char *command_line,
                                       enum km_user user, km_process **process, km_thread **thread)
{
    return create(machine, image, command_line, user, true, process, thread);
}

enum km_result km_thread_create(km_process *process, km_thread **thread)
{
    struct km_machine *machine = process->machine;
    const KM_REQUEST asked = {.kind = KM_REQUEST_CREATE_THREAD, .process = process->id};
    const enum km_result result = km_request(machine, asked, "", "");
    if (result != KM_OK) {
        return result;
    }
    const KM_REQUEST answer = machine->shared->request;
    if (km_is_failure(answer.status)) {
        return km_refused(machine, answer.status, "%s: no thread was made in it", process->image);
    }
    *thread = keep_thread(process, &answer);
    if (*thread == NULL) {
        end_unknown_thread(machine, answer.thread);
        return km_no_memory(machine);
    }
    return KM_OK;
}

// It has ended: its slot is free as soon as the kernel has no hand on it.
static void end_thread(struct km_thread *thread)
{
    thread->ended = true;
    if (thread->request->machine == KM_REQUEST_ANSWERED) {
        free_slot(thread->process->machine, thread->request);
    }
}

enum km_result km_thread_exit(km_thread *thread, uint32_t status)
{
    struct km_machine *machine = thread->process->machine;
    enum km_result result = check_ready(thread);
    if (result != KM_OK) {
        return result;
    }
    *thread->request =
        (KM_REQUEST){.kind = KM_REQUEST_EXIT_THREAD, .thread = thread->id, .arguments = {status}};
    if (!km_machine_carry_out(machine, thread->request)) {
        return km_has_stopped(machine);
    }
    if (thread->request->detail == KM_DETAIL_SUSPENDED) {
        return suspended(thread);
    }
    const uint32_t answer = thread->request->status;
    end_thread(thread);
    bool last = true;
    for (const struct km_thread *other = thread->process->threads; other != NULL; other = other->next) {
        last = last && other->ended;
    }
    thread->process->ended = last;
    return km_is_failure(answer) ? km_refused(machine, answer, "thread %llu of %s cannot end",
                                              (unsigned long long)thread->id, thread->process->image)
                                 : KM_OK;
}

// Lets one of the threads that are in no call and not suspended end the process. *answer STATUS_INVALID_CID:
// there is none, or somebody else has ended them all.
static enum km_result terminate_process(km_process *process, uint32_t status, uint32_t *answer)
{
    const uint64_t arguments[] = {CURRENT_PROCESS, status};
    *answer = STATUS_INVALID_CID;
    for (struct km_thread *thread = process->threads; thread != NULL && *answer == STATUS_INVALID_CID;
         thread = thread->next) {
        if (check_ready(thread) != KM_OK) {
            continue;
        }
        const enum km_result result =
            km_thread_call(thread, KM_SERVICE_NtTerminateProcess, arguments, 2, answer);
        if (result == KM_FAILED && thread->request->detail == KM_DETAIL_SUSPENDED) {
            continue;
        }
        if (result != KM_OK) {
            return result;
        }
        if (*answer == STATUS_INVALID_CID) {
            end_thread(thread);
        }
    }
    return KM_OK;
}

enum km_result km_process_exit(km_process *process, uint32_t status)
{
    struct km_machine *machine = process->machine;
    uint32_t answer = 0;
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    result = terminate_process(process, status, &answer);
    if (result == KM_OK && answer == STATUS_INVALID_CID) {
        // Those that are left are in calls; but a process that another one has ended takes no thread.
        struct km_thread *thread;
        result = km_thread_create(process, &thread);
        if (result == KM_REFUSED && km_last_status(machine) == STATUS_INVALID_CID && !process->ended) {
            answer = STATUS_THREAD_IS_TERMINATING;
            result = KM_OK;
        } else if (result == KM_OK) {
            result = terminate_process(process, status, &answer);
        }
    }
    if (result != KM_OK) {
        return result;
    }
    if (answer != STATUS_THREAD_IS_TERMINATING) {
        return km_refused(machine, answer, "%s cannot end", process->image);
    }
    // The others come to their ends as they run.
    if (km_request_await(machine, NULL, km_machine_uptime(machine)) == KM_RUN_STOPPED) {
        return km_has_stopped(machine);
    }
    for (struct km_thread *thread = process->threads; thread != NULL; thread = thread->next) {
        if (!thread->ended) {
            end_thread(thread);
        }
    }
    process->ended = true;
    km_clear_problem(machine);
    return KM_OK;
}

void km_processes_deinit(struct km_machine *machine)
{
    while (machine->process != NULL) {
        struct km_process *process = machine->process;
        machine->process = process->next;
        for (struct km_thread *thread = process->threads, *next; thread != NULL; thread = next) {
            next = thread->next;
            free(thread);
        }
        for (struct km_file *file = process->files, *next; file != NULL; file = next) {
            next = file->next;
            free(file);
        }
        for (struct km_operation *operation = process->operations, *next; operation != NULL;
             operation = next) {
            next = operation->next;
            free(operation);
        }
        for (struct km_loaded_image *image = process->images, *next; image != NULL; image = next) {
            next = image->next;
            free(image);
        }
        free(process);
    }
}

// ---- Time, and the end

uint64_t km_clock_now(const km_machine *machine)
{
    return machine->booted ? km_machine_uptime(machine) : 0;
}

enum km_result km_clock_advance(km_machine *machine, uint64_t time)
{
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    uint64_t until;
    if (__builtin_add_overflow(km_machine_uptime(machine), time, &until)) {
        km_set_problem(machine, "the clock does not go on for so long");
        return KM_FAILED;
    }
    return km_request_await(machine, NULL, until) == KM_RUN_STOPPED ? km_has_stopped(machine) : KM_OK;
}

enum km_result km_machine_finish(km_machine *machine)
{
    enum km_result result = km_machine_ready(machine);
    for (struct km_process *process = machine->process; result == KM_OK && process != NULL;
         process = process->next) {
        if (!process->ended) {
            result = km_process_exit(process, 0);
        }
    }
    if (result != KM_OK) {
        return result;
    }
    machine->shared->request = (KM_REQUEST){.kind = KM_REQUEST_SHUT_DOWN};
    return km_machine_ask(machine) ? KM_OK : km_has_stopped(machine);
}
