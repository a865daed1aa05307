// SPDX-License-Identifier: MIT
// What crosses the border between drivers and the kernel, shown as strace shows system calls: a call that
// nothing happens in is a line, any other one a block.
#include "machine/trace.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The stacks of a thread lie farther apart than any of them is large.
#define ONE_STACK_BYTES 0x14000u

static void write_text(const struct km_machine *machine, const char *text, size_t bytes)
{
    if (machine->options.trace_output != NULL) {
        machine->options.trace_output(machine->options.trace_context, text, bytes);
    } else {
        fwrite(text, 1, bytes, stderr);
    }
}

static void write_line(const struct km_machine *machine, struct km_trace_text *line)
{
    // A line that is too long ends all the same.
    if (line->length == sizeof line->text - 1) {
        line->length--;
    }
    line->text[line->length++] = '\n';
    write_text(machine, line->text, line->length);
    line->length = 0;
}

// ---- Which calls a thread is in

static struct km_trace_thread *find_thread(struct km_trace_state *state, uint64_t id)
{
    for (size_t i = 0; i < state->count; i++) {
        if (state->threads[i].id == id) {
            return &state->threads[i];
        }
    }
    struct km_trace_thread *threads = realloc(state->threads, (state->count + 1) * sizeof *threads);
    if (threads == NULL) {
        return NULL;
    }
    state->threads = threads;
    threads[state->count] = (struct km_trace_thread){.id = id};
    return &threads[state->count++];
}

static struct km_trace_call *push(struct km_trace_thread *thread, const KM_TRACE *crossing)
{
    if (thread->count == thread->room) {
        const size_t room = thread->room != 0 ? thread->room * 2 : 16;
        struct km_trace_call *calls = realloc(thread->calls, room * sizeof *calls);
        if (calls == NULL) {
            return NULL;
        }
        thread->calls = calls;
        thread->room = room;
    }
    struct km_trace_call *call = &thread->calls[thread->count++];
    *call = (struct km_trace_call){.frame = crossing->frame, .irql = crossing->irql};
    return call;
}

// The number of the call among the thread's, or their count.
static size_t find_call(const struct km_trace_thread *thread, uint64_t frame)
{
    for (size_t i = thread->count; i-- > 0;) {
        if (thread->calls[i].frame == frame) {
            return i;
        }
    }
    return thread->count;
}

// ---- What is written

static bool matches(const char *filter, const char *name)
{
    char pattern[128];
    while (*filter != '\0') {
        const size_t length = strcspn(filter, ",");
        if (length != 0 && length < sizeof pattern) {
            memcpy(pattern, filter, length);
            pattern[length] = '\0';
            if (fnmatch(pattern, name, 0) == 0) {
                return true;
            }
        }
        filter += length + (filter[length] == ',');
    }
    return false;
}

static size_t depth(const struct km_trace_thread *thread)
{
    size_t shown = 0;
    for (size_t i = 0; i < thread->count; i++) {
        shown += thread->calls[i].is_shown;
    }
    return shown;
}

static void begin_line(struct km_trace_text *line, const KM_TRACE *crossing, size_t indentation)
{
    line->length = 0;
    km_trace_append(line, "%4llu:%u  %*s", (unsigned long long)crossing->thread_id, crossing->processor,
                    (int)(indentation < 40 ? indentation * 2 : 80), "");
}

static void end_line(struct km_trace_text *line, const KM_TRACE *crossing, uint32_t irql)
{
    if (irql != crossing->irql) {
        km_trace_append(line, " <irql %u to %u", irql, crossing->irql);
    } else {
        km_trace_append(line, " <irql %u", irql);
    }
    km_trace_append(line, ", %llu.%lluus>", (unsigned long long)(crossing->time / 10),
                    (unsigned long long)(crossing->time % 10));
}

// Something else happens in the call whose line is not written yet.
static void open_line(struct km_machine *machine)
{
    struct km_trace_state *state = machine->trace;
    if (!state->has_line) {
        return;
    }
    for (size_t i = 0; i < state->count; i++) {
        for (size_t j = 0; j < state->threads[i].count; j++) {
            if (state->threads[i].calls[j].frame == state->line_frame &&
                state->threads[i].calls[j].is_shown) {
                state->threads[i].calls[j].is_open = true;
            }
        }
    }
    km_trace_append(&state->line, " {");
    write_line(machine, &state->line);
    state->has_line = false;
}

// The innermost call never returns: an exception has unwound it, or a long jump.
static void drop(struct km_machine *machine, struct km_trace_thread *thread, const KM_TRACE *crossing)
{
    struct km_trace_state *state = machine->trace;
    const struct km_trace_call *call = &thread->calls[--thread->count];
    if (!call->is_shown) {
        return;
    }
    if (!state->has_line || state->line_frame != call->frame) {
        open_line(machine);
        begin_line(&state->line, crossing, depth(thread));
        km_trace_append(&state->line, "} %s", call->name);
    }
    km_trace_append(&state->line, " = ?");
    write_line(machine, &state->line);
    state->has_line = false;
}

// Calls whose stack is used again have been unwound.
static void drop_unwound(struct km_machine *machine, struct km_trace_thread *thread, const KM_TRACE *crossing)
{
    while (thread->count != 0) {
        const uint64_t top = thread->calls[thread->count - 1].frame;
        if (top > crossing->frame || crossing->frame - top > ONE_STACK_BYTES) {
            return;
        }
        drop(machine, thread, crossing);
    }
}

static void show_call(struct km_machine *machine, struct km_trace_thread *thread, const KM_TRACE *crossing)
{
    struct km_trace_state *state = machine->trace;
    const bool is_callback = crossing->event == KM_TRACE_CALLBACK;
    struct km_trace_text name = {.length = 0};
    drop_unwound(machine, thread, crossing);
    const size_t indentation = depth(thread);
    struct km_trace_call *call = push(thread, crossing);
    if (call == NULL) {
        return;
    }
    call->routine = km_trace_find_routine(crossing->name, is_callback);
    call->argument_count = crossing->argument_count;
    memcpy(call->arguments, crossing->arguments, sizeof call->arguments);
    if (is_callback) {
        km_trace_symbol(machine, &name, crossing->routine);
    } else {
        km_trace_append(&name, "%s", crossing->name);
    }
    snprintf(call->name, sizeof call->name, "%.63s", name.text);
    const char *filter = machine->options.trace_filter;
    const char *function = strchr(name.text, '!');
    call->is_shown = filter == NULL || matches(filter, crossing->name) ||
                     (is_callback && function != NULL && matches(filter, function + 1));
    if (!call->is_shown) {
        return;
    }
    open_line(machine);
    begin_line(&state->line, crossing, indentation);
    km_trace_append(&state->line, "%s%s%s(", is_callback ? crossing->name : "", is_callback ? " " : "",
                    name.text);
    km_trace_arguments(machine, &state->line, call->routine, crossing->arguments, crossing->argument_count);
    km_trace_append(&state->line, ")");
    state->line_frame = crossing->frame;
    state->has_line = true;
}

static void show_return(struct km_machine *machine, struct km_trace_thread *thread, const KM_TRACE *crossing)
{
    struct km_trace_state *state = machine->trace;
    const size_t index = find_call(thread, crossing->frame);
    if (thread->calls == NULL || index == thread->count) {
        return;
    }
    while (thread->count > index + 1) {
        drop(machine, thread, crossing);
    }
    thread->count = index;
    const struct km_trace_call *call = &thread->calls[index];
    if (!call->is_shown) {
        return;
    }
    if (call->is_open || !state->has_line || state->line_frame != crossing->frame) {
        open_line(machine);
        begin_line(&state->line, crossing, depth(thread));
        km_trace_append(&state->line, "} %s", call->name);
    }
    km_trace_result(machine, &state->line, call->routine, crossing->result, call->arguments,
                    call->argument_count);
    end_line(&state->line, crossing, call->irql);
    write_line(machine, &state->line);
    state->has_line = false;
}

void km_trace_crossing(struct km_machine *machine, const KM_TRACE *crossing)
{
    if (machine->trace == NULL) {
        machine->trace = calloc(1, sizeof *machine->trace);
    }
    struct km_trace_thread *thread =
        machine->trace != NULL ? find_thread(machine->trace, crossing->thread_id) : NULL;
    if (thread == NULL) {
        return;
    }
    if (crossing->event == KM_TRACE_CALL || crossing->event == KM_TRACE_CALLBACK) {
        show_call(machine, thread, crossing);
    } else {
        show_return(machine, thread, crossing);
    }
}

void km_trace_flush(struct km_machine *machine)
{
    if (machine->trace != NULL) {
        open_line(machine);
    }
}

void km_trace_deinit(struct km_machine *machine)
{
    struct km_trace_state *state = machine->trace;
    if (state == NULL) {
        return;
    }
    for (size_t i = 0; i < state->count; i++) {
        free(state->threads[i].calls);
    }
    free(state->threads);
    km_trace_symbols_free(&state->symbols);
    free(state);
    machine->trace = NULL;
}
