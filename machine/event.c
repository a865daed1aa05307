// SPDX-License-Identifier: MIT
// The session of Event Tracing for Windows: what it listens to, and what it hears.
#include <string.h>

#include "machine/machine-private.h"
#include "machine/process.h"

static enum km_result ask(struct km_machine *machine, const uint8_t *provider, KM_REQUEST asked)
{
    asked.kind = KM_REQUEST_TRACING;
    asked.arguments[4] = provider == NULL;
    if (provider != NULL) {
        memcpy(&asked.arguments[5], provider, 16);
    }
    const enum km_result result = km_request(machine, asked, "", "");
    if (result != KM_OK || !km_is_failure(machine->shared->request.status)) {
        return result;
    }
    return km_refused(machine, machine->shared->request.status, "the event provider was not %s",
                      asked.arguments[0] == KM_TRACING_ENABLE ? "enabled" : "disabled");
}

enum km_result km_event_enable(km_machine *machine, const uint8_t *provider, uint8_t level,
                               uint64_t match_any, uint64_t match_all)
{
    return ask(machine, provider,
               (KM_REQUEST){.arguments = {KM_TRACING_ENABLE, level, match_any, match_all}});
}

enum km_result km_event_disable(km_machine *machine, const uint8_t *provider)
{
    return ask(machine, provider, (KM_REQUEST){.arguments = {KM_TRACING_DISABLE}});
}

static const uint8_t *bytes_at(uint64_t address, uint32_t bytes)
{
    return bytes != 0 ? (const uint8_t *)address : NULL;
}

// Whether drivers have printed part of a line since the last event: that one has ended the line.
static bool ends_in_line(struct km_log_tail *log)
{
    const bool same = log->event_written == log->written && log->event_column == log->column;
    log->event_written = log->written;
    log->event_column = log->column;
    return log->column != 0 && !same;
}

void km_event_show(struct km_machine *machine, const KM_EVENT *told)
{
    static const char *const problems[] = {
        [0] = NULL,
        [KM_EVENT_TOO_LARGE] = "it is larger than 64 KB",
        [KM_EVENT_NO_BUFFER] = "more events were written at a time than there are buffers",
    };
    struct km_event event = {
        .has_activity = (told->flags & KM_EVENT_ACTIVITY) != 0,
        .has_related_activity = (told->flags & KM_EVENT_RELATED_ACTIVITY) != 0,
        .id = told->id,
        .task = told->task,
        .version = told->version,
        .channel = told->channel,
        .level = told->level,
        .opcode = told->opcode,
        .keyword = told->keyword,
        .is_string = (told->flags & KM_EVENT_STRING) != 0,
        .is_lost = told->lost != 0,
        .problem = problems[told->lost],
        .thread = told->thread_id,
        .process = told->process_id,
        .time = told->time,
        .processor = told->processor,
        .irql = told->irql,
        .in_line = ends_in_line(&machine->log),
        .traits = bytes_at(told->traits, told->traits_bytes),
        .metadata = bytes_at(told->metadata, told->metadata_bytes),
        .data = bytes_at(told->data, told->data_bytes),
        .traits_bytes = told->traits_bytes,
        .metadata_bytes = told->metadata_bytes,
        .data_bytes = told->data_bytes,
    };
    if (machine->options.event_output == NULL) {
        return;
    }
    memcpy(event.provider, told->provider, sizeof event.provider);
    memcpy(event.activity, told->activity, sizeof event.activity);
    memcpy(event.related_activity, told->related_activity, sizeof event.related_activity);
    machine->options.event_output(machine->options.event_context, &event);
}
