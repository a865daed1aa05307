// SPDX-License-Identifier: MIT
// Files and devices as a simulated process has them: opened, read, written, controlled, closed; and
// operations that go on while their thread, or others, do something else.
#include "machine/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

#include "machine/unicode.h"

#define STATUS_TIMEOUT       UINT32_C(0x00000102)
#define STATUS_PENDING       UINT32_C(0x00000103)
#define OBJ_CASE_INSENSITIVE 0x40u
#define SYNCHRONIZE          UINT32_C(0x00100000)
#define FILE_READ_ATTRIBUTES 0x80u
#define FILE_SHARE_ALL       7u
#define FILE_OPEN            1u
#define FILE_OPEN_IF         3u
#define FILE_SYNCHRONOUS_NON 0x20u
#define EVENT_ALL_ACCESS     UINT32_C(0x1F0003)
#define NOTIFICATION_EVENT   0u
#define STATUS_BLOCK_BYTES   16u
#define HEAD_BYTES           32u // status block and offset
#define BUFFER_ALIGNMENT     16u

// What is asked of a file.
struct request {
    uint32_t service;
    uint32_t code;   // of a device control
    uint64_t offset; // of a transfer
    const void *input;
    void *output;
    uint32_t input_bytes, output_bytes;
};

static struct request to_read(uint64_t offset, void *buffer, uint32_t bytes)
{
    return (struct request){
        .service = KM_SERVICE_NtReadFile, .offset = offset, .output = buffer, .output_bytes = bytes};
}

static struct request to_write(uint64_t offset, const void *buffer, uint32_t bytes)
{
    return (struct request){
        .service = KM_SERVICE_NtWriteFile, .offset = offset, .input = buffer, .input_bytes = bytes};
}

static struct request to_control(uint32_t code, const void *input, uint32_t input_bytes, void *output,
                                 uint32_t output_bytes)
{
    return (struct request){.service = KM_SERVICE_NtDeviceIoControlFile,
                            .code = code,
                            .input = input,
                            .input_bytes = input_bytes,
                            .output = output,
                            .output_bytes = output_bytes};
}

// Where its buffers lie in user memory, 0 for those that are not there.
struct placement {
    uint64_t status_block, number, input, output;
    uint64_t end;
};

// ---- Names

// Appends text as UTF-16 to the *count units that there are. false: it is no UTF-8, or there is no room.
static bool put_text(const char *text, bool is_path, char16_t *units, size_t room, size_t *count)
{
    for (size_t left = strlen(text), length; left != 0; text += length, left -= length) {
        uint32_t character;
        length = km_utf8_decode(text, left, &character);
        if (length == 0 || *count + 2 > room) {
            return false;
        }
        *count += km_utf16_encode(is_path && character == '/' ? '\\' : character, units + *count);
    }
    return true;
}

size_t km_nt_path(const char *name, char16_t *path, size_t room)
{
    const bool is_device = strncmp(name, "\\\\.\\", 4) == 0 || strncmp(name, "\\\\?\\", 4) == 0;
    const bool is_drive = name[0] != '\0' && name[1] == ':';
    size_t count = 0;
    return (!(is_device || is_drive) || put_text("\\??\\", false, path, room, &count)) &&
                   put_text(is_device ? name + 4 : name, is_drive, path, room, &count)
               ? count * sizeof *path
               : 0;
}

// ---- Opening and closing

enum km_result km_thread_lost(const struct km_thread *thread)
{
    struct km_machine *machine = thread->process->machine;
    km_set_problem(machine, "thread %llu of %s has no memory for its calls any more",
                   (unsigned long long)thread->id, thread->process->image);
    return KM_FAILED;
}

// Writes OBJECT_ATTRIBUTES of that path into the thread's area. false: there is no such memory.
static bool put_attributes(const struct km_thread *thread, const char16_t *path, size_t bytes)
{
    struct km_machine *machine = thread->process->machine;
    const uint64_t attributes[6] = {48, 0, thread->area + KM_AREA_STRING, OBJ_CASE_INSENSITIVE};
    const uint64_t string[2] = {bytes | bytes << 16, thread->area + KM_AREA_NAME};
    return km_user_copy_in(machine, thread->area + KM_AREA_ATTRIBUTES, attributes, sizeof attributes) &&
           km_user_copy_in(machine, thread->area + KM_AREA_STRING, string, sizeof string) &&
           km_user_copy_in(machine, thread->area + KM_AREA_NAME, path, bytes);
}

enum km_result km_thread_put_name(const struct km_thread *thread, const char *name)
{
    char16_t path[KM_AREA_NAME_BYTES / sizeof(char16_t)];
    const size_t bytes = km_nt_path(name, path, sizeof path / sizeof *path);
    if (bytes == 0) {
        km_set_problem(thread->process->machine, "%.200s: no name of a file", name);
        return KM_FAILED;
    }
    return put_attributes(thread, path, bytes) ? KM_OK : km_thread_lost(thread);
}

enum km_result km_thread_put_string(const struct km_thread *thread, const char *text)
{
    char16_t wide[KM_AREA_NAME_BYTES / sizeof(char16_t)];
    size_t count = 0;
    if (!put_text(text, false, wide, sizeof wide / sizeof *wide, &count)) {
        km_set_problem(thread->process->machine, "%.200s: no UTF-8, or too long for a name", text);
        return KM_FAILED;
    }
    const size_t bytes = count * sizeof *wide;
    const uint64_t string[2] = {bytes | bytes << 16, thread->area + KM_AREA_NAME};
    return km_user_copy_in(thread->process->machine, thread->area + KM_AREA_STRING, string, sizeof string) &&
                   km_user_copy_in(thread->process->machine, thread->area + KM_AREA_NAME, wide, bytes)
               ? KM_OK
               : km_thread_lost(thread);
}

enum km_result km_open(km_thread *thread, const char *name, uint32_t access, uint32_t flags, km_file **file)
{
    struct km_machine *machine = thread->process->machine;
    enum km_result result = km_machine_ready(machine);
    if (result == KM_OK) {
        result = km_thread_put_name(thread, name);
    }
    if (result != KM_OK) {
        return result;
    }
    struct km_file *made = calloc(1, sizeof *made + strlen(name) + 1);
    if (made == NULL) {
        return km_no_memory(machine);
    }
    memcpy(made->name, name, strlen(name) + 1);
    made->overlapped = flags & KM_OPEN_OVERLAPPED;
    const uint64_t area = thread->area;
    const uint64_t arguments[] = {area + KM_AREA_HANDLE,
                                  access | SYNCHRONIZE | FILE_READ_ATTRIBUTES,
                                  area + KM_AREA_ATTRIBUTES,
                                  area + KM_AREA_STATUS_BLOCK,
                                  0,
                                  0,
                                  flags & KM_OPEN_EXCLUSIVE ? 0 : FILE_SHARE_ALL,
                                  flags & KM_OPEN_CREATE ? FILE_OPEN_IF : FILE_OPEN,
                                  made->overlapped ? 0 : FILE_SYNCHRONOUS_NON,
                                  0,
                                  0};
    uint32_t status = 0;
    result = km_thread_call(thread, KM_SERVICE_NtCreateFile, arguments, 11, &status);
    if (result == KM_OK && km_is_failure(status)) {
        result = km_refused(machine, status, "%s: cannot be opened", name);
    }
    if (result == KM_OK && !km_user_copy_out(machine, area + KM_AREA_HANDLE, &made->handle, 8)) {
        result = km_thread_lost(thread);
    }
    if (result != KM_OK) {
        free(made);
        return result;
    }
    made->next = thread->process->files;
    thread->process->files = made;
    *file = made;
    return KM_OK;
}

uint64_t km_file_handle(const km_file *file)
{
    return file->handle;
}

enum km_result km_close(km_thread *thread, km_file *file)
{
    uint32_t status;
    enum km_result result = km_thread_call(thread, KM_SERVICE_NtClose, &file->handle, 1, &status);
    if (result != KM_OK) {
        return result;
    }
    if (km_is_failure(status)) {
        return km_refused(thread->process->machine, status, "%s: cannot be closed", file->name);
    }
    struct km_process *process = thread->process;
    for (struct km_operation *operation = process->operations; operation != NULL;
         operation = operation->next) {
        if (operation->file == file) {
            return KM_OK; // its name is still needed; it goes with the machine
        }
    }
    struct km_file **link = &process->files;
    while (*link != file) {
        link = &(*link)->next;
    }
    *link = file->next;
    free(file);
    return KM_OK;
}

// ---- What is asked of them

static uint64_t align(uint64_t address)
{
    return (address + BUFFER_ALIGNMENT - 1) & ~(uint64_t)(BUFFER_ALIGNMENT - 1);
}

// Of a request with its status block from `start` on; returns where it ends.
static uint64_t place(const struct km_file *file, const struct request *request, uint64_t start,
                      struct placement *placement)
{
    const bool is_transfer = request->service != KM_SERVICE_NtDeviceIoControlFile;
    uint64_t end = start + HEAD_BYTES;
    placement->status_block = start;
    placement->number = is_transfer && (file->overlapped || request->offset != KM_CURRENT_OFFSET)
                            ? start + STATUS_BLOCK_BYTES
                            : 0;
    placement->input = placement->output = 0;
    if (request->input != NULL) {
        placement->input = end;
        end = align(end + request->input_bytes);
    }
    if (request->output != NULL) {
        placement->output = end;
        end += request->output_bytes;
    }
    placement->end = end;
    return end;
}

static bool copy_in(struct km_machine *machine, const struct placement *placement, uint8_t *page,
                    uint64_t address, const void *bytes, size_t count)
{
    if (page == NULL) {
        return km_user_copy_in(machine, address, bytes, count);
    }
    memcpy(page + (address - placement->status_block), bytes, count);
    return true;
}

// Copies in what the kernel is to find there.
static bool fill(struct km_machine *machine, const struct request *request, const struct placement *placement)
{
    const uint64_t status_block[2] = {STATUS_PENDING, 0};
    uint8_t *page = km_user_page(machine, placement->status_block, placement->end - placement->status_block);
    return copy_in(machine, placement, page, placement->status_block, status_block, sizeof status_block) &&
           (placement->number == 0 ||
            copy_in(machine, placement, page, placement->number, &request->offset, sizeof request->offset)) &&
           (placement->input == 0 ||
            copy_in(machine, placement, page, placement->input, request->input, request->input_bytes)) &&
           // A driver that fills in less than it says shows what was there before: its caller's bytes.
           (placement->output == 0 ||
            copy_in(machine, placement, page, placement->output, request->output, request->output_bytes));
}

// Writes the service's arguments; returns their number.
static size_t make_arguments(const struct km_file *file, uint64_t event, const struct request *request,
                             const struct placement *placement, uint64_t *arguments)
{
    size_t count = 0;
    arguments[count++] = file->handle;
    arguments[count++] = event;
    arguments[count++] = 0;
    arguments[count++] = 0;
    arguments[count++] = placement->status_block;
    switch (request->service) {
    case KM_SERVICE_NtDeviceIoControlFile:
        arguments[count++] = request->code;
        arguments[count++] = placement->input;
        arguments[count++] = request->input_bytes;
        arguments[count++] = placement->output;
        arguments[count++] = request->output_bytes;
        break;
    case KM_SERVICE_NtReadFile:
        arguments[count++] = placement->output;
        arguments[count++] = request->output_bytes;
        arguments[count++] = placement->number;
        arguments[count++] = 0;
        break;
    default:
        arguments[count++] = placement->input;
        arguments[count++] = request->input_bytes;
        arguments[count++] = placement->number;
        arguments[count++] = 0;
        break;
    }
    return count;
}

static void describe(const struct request *request, char *text, size_t bytes)
{
    if (request->service == KM_SERVICE_NtDeviceIoControlFile) {
        snprintf(text, bytes, "IOCTL 0x%X", request->code);
    } else {
        snprintf(text, bytes, "%s", request->service == KM_SERVICE_NtReadFile ? "read" : "write");
    }
}

static enum km_result create_event(struct km_thread *thread, uint64_t *event)
{
    struct km_machine *machine = thread->process->machine;
    const uint64_t arguments[] = {thread->area + KM_AREA_HANDLE, EVENT_ALL_ACCESS, 0, NOTIFICATION_EVENT, 0};
    uint32_t status;
    enum km_result result = km_thread_call(thread, KM_SERVICE_NtCreateEvent, arguments, 5, &status);
    if (result == KM_OK && km_is_failure(status)) {
        return km_refused(machine, status, "no event for an operation");
    }
    if (result == KM_OK && !km_user_copy_out(machine, thread->area + KM_AREA_HANDLE, event, sizeof *event)) {
        return km_thread_lost(thread);
    }
    return result;
}

// The answer of a request that has ended with `status`. What it was, request or what says.
static enum km_result finish(struct km_thread *thread, const struct km_file *file,
                             const struct request *request, const char *what, uint32_t status,
                             uint64_t status_block, uint64_t output, void *buffer, uint32_t output_bytes,
                             struct km_io *io)
{
    struct km_machine *machine = thread->process->machine;
    struct {
        uint32_t status, unused;
        uint64_t information;
    } block = {0};
    // What was refused at once has no status block.
    const bool refused = status >= UINT32_C(0xC0000000);
    const bool has_output = buffer != NULL && output != 0 && !refused;
    const uint64_t end = has_output ? output + output_bytes : status_block + sizeof block;
    const uint8_t *page = km_user_page(machine, status_block, end - status_block);
    if (page != NULL) {
        memcpy(&block, page, sizeof block);
        if (has_output) {
            memcpy(buffer, page + (output - status_block), output_bytes);
        }
    } else if (!km_user_copy_out(machine, status_block, &block, sizeof block) ||
               (has_output && !km_user_copy_out(machine, output, buffer, output_bytes))) {
        return km_thread_lost(thread);
    }
    machine->last_status = status;
    if (io != NULL) {
        *io = (struct km_io){.status = status,
                             .information = block.status != STATUS_PENDING ? block.information : 0};
    }
    if (!km_is_failure(status)) {
        return KM_OK;
    }
    char description[32];
    if (request != NULL) {
        describe(request, description, sizeof description);
        what = description;
    }
    return km_refused(machine, status, "%s: %s", file->name, what);
}

// Room for `bytes` of buffers: in the thread's area, or allocated.
static enum km_result make_room(struct km_thread *thread, uint64_t bytes, uint64_t *memory)
{
    *memory = thread->area + KM_AREA_BUFFERS;
    return bytes <= KM_THREAD_AREA_BYTES - KM_AREA_BUFFERS ? KM_OK : km_user_alloc(thread, bytes, 0, memory);
}

static void free_room(struct km_thread *thread, uint64_t memory)
{
    if (memory != thread->area + KM_AREA_BUFFERS) {
        const uint32_t status = thread->process->machine->last_status;
        km_user_free(thread, memory);
        thread->process->machine->last_status = status;
    }
}

// Makes the call and waits for the end.
static enum km_result carry_out(struct km_thread *thread, struct km_file *file, struct request *request,
                                struct km_io *io)
{
    struct km_machine *machine = thread->process->machine;
    enum km_result result = km_machine_ready(machine);
    struct placement placement;
    uint64_t memory = 0, arguments[KM_SERVICE_ARGUMENTS];
    uint32_t status = 0;
    if (result == KM_OK && file->overlapped && thread->event == 0) {
        result = create_event(thread, &thread->event);
    }
    if (result == KM_OK) {
        result = make_room(thread, place(file, request, 0, &placement), &memory);
    }
    if (result != KM_OK) {
        return result;
    }
    place(file, request, memory, &placement);
    if (request->offset == KM_CURRENT_OFFSET) {
        request->offset = 0; // of a file that has no position of its own
    }
    if (!fill(machine, request, &placement)) {
        result = km_thread_lost(thread);
        goto free_memory;
    }
    size_t count = make_arguments(file, file->overlapped ? thread->event : 0, request, &placement, arguments);
    result = km_thread_call(thread, request->service, arguments, count, &status);
    if (result == KM_OK && status == STATUS_PENDING) {
        const uint64_t wait[] = {thread->event, 0, 0};
        result = km_thread_call(thread, KM_SERVICE_NtWaitForSingleObject, wait, 3, &status);
        if (result == KM_OK && !km_user_copy_out(machine, placement.status_block, &status, sizeof status)) {
            result = km_thread_lost(thread);
        }
    }
    if (result == KM_OK) {
        result = finish(thread, file, request, NULL, status, placement.status_block, placement.output,
                        request->output, request->output_bytes, io);
    }
free_memory:
    if (result == KM_OK) {
        free_room(thread, memory);
    } else if (result == KM_REFUSED) {
        char *problem = machine->problem_text;
        machine->problem_text = NULL;
        free_room(thread, memory);
        km_set_problem(machine, "%s", problem != NULL ? problem : "out of memory");
        free(problem);
    }
    return result;
}

enum km_result km_read(km_thread *thread, km_file *file, uint64_t offset, void *buffer, uint32_t bytes,
                       struct km_io *io)
{
    struct request request = to_read(offset, buffer, bytes);
    return carry_out(thread, file, &request, io);
}

enum km_result km_write(km_thread *thread, km_file *file, uint64_t offset, const void *buffer, uint32_t bytes,
                        struct km_io *io)
{
    struct request request = to_write(offset, buffer, bytes);
    return carry_out(thread, file, &request, io);
}

enum km_result km_ioctl(km_thread *thread, km_file *file, uint32_t code, const void *input,
                        uint32_t input_bytes, void *output, uint32_t output_bytes, struct km_io *io)
{
    struct request request = to_control(code, input, input_bytes, output, output_bytes);
    return carry_out(thread, file, &request, io);
}

// ---- Operations

static void forget(struct km_operation *operation)
{
    struct km_operation **link = &operation->thread->process->operations;
    while (*link != operation) {
        link = &(*link)->next;
    }
    *link = operation->next;
    free(operation);
}

void km_operation_settle(struct km_operation *operation)
{
    struct km_thread *thread = operation->thread;
    if (operation->in_call && thread->request->machine == KM_REQUEST_ANSWERED) {
        operation->in_call = false;
        operation->status = thread->request->status;
        thread->operation = NULL;
    }
}

static enum km_result start(struct km_thread *thread, struct km_file *file, struct request *request,
                            km_operation **started)
{
    struct km_machine *machine = thread->process->machine;
    enum km_result result = km_machine_ready(machine);
    struct placement placement;
    uint64_t arguments[KM_SERVICE_ARGUMENTS];
    if (result != KM_OK) {
        return result;
    }
    struct km_operation *operation = calloc(1, sizeof *operation);
    if (operation == NULL) {
        return km_no_memory(machine);
    }
    *operation = (struct km_operation){.thread = thread,
                                       .file = file,
                                       .buffer = request->output,
                                       .output_bytes = request->output_bytes,
                                       .in_call = true};
    describe(request, operation->what, sizeof operation->what);
    result = km_user_alloc(thread, place(file, request, 0, &placement), 0, &operation->memory);
    if (result == KM_OK && file->overlapped) {
        result = create_event(thread, &operation->event);
    }
    if (result != KM_OK) {
        goto free_operation;
    }
    place(file, request, operation->memory, &placement);
    if (request->offset == KM_CURRENT_OFFSET) {
        request->offset = 0;
    }
    operation->output = placement.output;
    if (!fill(machine, request, &placement)) {
        result = km_thread_lost(thread);
        goto free_operation;
    }
    size_t count = make_arguments(file, operation->event, request, &placement, arguments);
    result = km_thread_prepare(thread, request->service, arguments, count);
    if (result != KM_OK) {
        goto free_operation;
    }
    thread->operation = operation;
    operation->next = thread->process->operations;
    thread->process->operations = operation;
    if (km_request_start(machine, thread->request, km_machine_uptime(machine)) == KM_RUN_STOPPED) {
        return km_has_stopped(machine);
    }
    km_operation_settle(operation);
    *started = operation;
    return KM_OK;
free_operation:
    free(operation);
    return result;
}

enum km_result km_read_start(km_thread *thread, km_file *file, uint64_t offset, void *buffer, uint32_t bytes,
                             km_operation **operation)
{
    struct request request = to_read(offset, buffer, bytes);
    return start(thread, file, &request, operation);
}

enum km_result km_write_start(km_thread *thread, km_file *file, uint64_t offset, const void *buffer,
                              uint32_t bytes, km_operation **operation)
{
    struct request request = to_write(offset, buffer, bytes);
    return start(thread, file, &request, operation);
}

enum km_result km_ioctl_start(km_thread *thread, km_file *file, uint32_t code, const void *input,
                              uint32_t input_bytes, void *output, uint32_t output_bytes,
                              km_operation **operation)
{
    struct request request = to_control(code, input, input_bytes, output, output_bytes);
    return start(thread, file, &request, operation);
}

// Waits for the event of an operation whose call has returned.
static enum km_result wait_for_event(struct km_operation *operation, uint64_t until)
{
    struct km_thread *thread = operation->thread;
    struct km_machine *machine = thread->process->machine;
    const uint64_t now = km_machine_uptime(machine);
    const int64_t timeout = until > now ? -(int64_t)(until - now) : 0;
    const uint64_t number = thread->area + KM_AREA_NUMBER;
    const uint64_t arguments[] = {operation->event, 0, until == KM_FOREVER ? 0 : number};
    uint32_t status;
    if (!km_user_copy_in(machine, number, &timeout, sizeof timeout)) {
        return km_thread_lost(thread);
    }
    enum km_result result = km_thread_call(thread, KM_SERVICE_NtWaitForSingleObject, arguments, 3, &status);
    if (result != KM_OK) {
        return result;
    }
    if (status == STATUS_TIMEOUT) {
        return KM_PENDING;
    }
    return km_user_copy_out(machine, operation->memory, &operation->status, sizeof operation->status)
               ? KM_OK
               : km_thread_lost(thread);
}

// Waits until its call has returned. KM_OK, KM_PENDING, KM_STOPPED.
static enum km_result wait_for_call(struct km_operation *operation, uint64_t until)
{
    struct km_machine *machine = operation->thread->process->machine;
    if (operation->in_call) {
        if (km_request_await(machine, operation->thread->request, until) == KM_RUN_STOPPED) {
            return km_has_stopped(machine);
        }
        km_operation_settle(operation);
    }
    return operation->in_call ? KM_PENDING : KM_OK;
}

enum km_result km_wait(km_operation *operation, uint64_t time, struct km_io *io)
{
    struct km_thread *thread = operation->thread;
    struct km_machine *machine = thread->process->machine;
    enum km_result result = km_machine_ready(machine);
    uint64_t until = KM_FOREVER;
    if (result != KM_OK) {
        return result;
    }
    if (time != KM_FOREVER && __builtin_add_overflow(km_machine_uptime(machine), time, &until)) {
        until = KM_FOREVER;
    }
    result = wait_for_call(operation, until);
    if (result == KM_OK && operation->status == STATUS_PENDING && operation->event != 0) {
        result = wait_for_event(operation, until);
    }
    if (result == KM_PENDING) {
        km_set_problem(machine, "%s: %s: is not done", operation->file->name, operation->what);
    }
    if (result != KM_OK) {
        return result;
    }
    result = finish(thread, operation->file, NULL, operation->what, operation->status, operation->memory,
                    operation->output, operation->buffer, operation->output_bytes, io);
    if (!thread->ended && thread->operation == NULL && !machine->stopped) {
        char *problem = machine->problem_text;
        const uint32_t status = machine->last_status;
        uint32_t unused;
        machine->problem_text = NULL;
        km_user_free(thread, operation->memory);
        if (operation->event != 0) {
            km_thread_call(thread, KM_SERVICE_NtClose, &operation->event, 1, &unused);
        }
        km_clear_problem(machine);
        machine->problem = machine->problem_text = problem;
        machine->last_status = status;
    }
    forget(operation);
    return result;
}

enum km_result km_cancel(km_thread *thread, km_operation *operation)
{
    struct km_machine *machine = thread->process->machine;
    const uint64_t arguments[] = {operation->file->handle, operation->memory,
                                  thread->area + KM_AREA_STATUS_BLOCK};
    uint32_t status;
    enum km_result result = km_thread_call(thread, KM_SERVICE_NtCancelIoFileEx, arguments, 3, &status);
    if (result == KM_OK && km_is_failure(status)) {
        return km_refused(machine, status, "%s: %s: cannot be cancelled", operation->file->name,
                          operation->what);
    }
    return result;
}
