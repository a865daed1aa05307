// SPDX-License-Identifier: MIT
// Events as lines for people. What a driver has written is shown whole, and nothing in it breaks the line.
#include "cli/event-text.h"

#include <inttypes.h>

#include "cli/event-describe.h"
#include "cli/event-provider.h"
#include "cli/trace-value.h"

static void write_provider(FILE *file, const struct km_event *event, struct km_trace_name name)
{
    if (name.text != NULL) {
        km_trace_write_word(file, name.text, name.bytes);
    } else {
        km_trace_write_guid(file, event->provider);
    }
}

static void write_level(FILE *file, unsigned level)
{
    const char *name = km_event_level_name(level);
    if (name != NULL) {
        fprintf(file, " %s", name);
    } else {
        fprintf(file, " level=%u", level);
    }
}

static void write_bytes(FILE *file, const char *name, const uint8_t *bytes, size_t count)
{
    if (count != 0) {
        fprintf(file, " %s=", name);
        km_trace_write_bytes(file, bytes, count);
    }
}

static void write_activities(FILE *file, const struct km_event *event)
{
    if (event->has_activity) {
        fputs(" activity=", file);
        km_trace_write_guid(file, event->activity);
    }
    if (event->has_related_activity) {
        fputs(" related=", file);
        km_trace_write_guid(file, event->related_activity);
    }
}

static void write_problem(FILE *file, const char *kind, const char *problem)
{
    if (problem != NULL) {
        fprintf(file, " %s=\"%s\"", kind, problem);
    }
}

// Of an event that a manifest describes, or nothing does.
static void write_plain(FILE *file, const struct km_event *event,
                        const struct km_event_description *description)
{
    if (event->is_string) {
        fputs(" string", file);
    } else {
        fprintf(file, " id=%u version=%u", event->id, event->version);
    }
    write_level(file, event->level);
    if (event->channel != 0) {
        fprintf(file, " channel=%u", event->channel);
    }
    if (event->task != 0) {
        fprintf(file, " task=%u", event->task);
    }
    if (event->opcode != 0) {
        fprintf(file, " opcode=%u", event->opcode);
    }
    fprintf(file, " keyword=0x%" PRIx64, event->keyword);
    write_activities(file, event);
    if (event->is_lost) {
        write_problem(file, "lost", event->problem);
        return;
    }
    write_problem(file, "malformed", description->problem);
    write_bytes(file, "metadata", event->metadata, event->metadata_bytes);
    if (event->is_string) {
        fputs(" text=", file);
        km_trace_write_utf16(file, event->data, event->data_bytes >= 2 ? event->data_bytes - 2 : 0);
    } else {
        write_bytes(file, "bytes", event->data, event->data_bytes);
    }
}

// ---- Fields

struct fields {
    FILE *file;
    bool follows; // another field, or element
};

static void begin_field(struct fields *fields, struct km_trace_name name)
{
    if (fields->follows) {
        fputc(' ', fields->file);
    }
    if (name.text != NULL) {
        km_trace_write_word(fields->file, name.text, name.bytes);
        fputc('=', fields->file);
    }
}

static void open_field(void *context, struct km_trace_name name, bool is_array)
{
    struct fields *fields = context;
    begin_field(fields, name);
    fputc(is_array ? '[' : '{', fields->file);
    fields->follows = false;
}

static void close_field(void *context, bool is_array)
{
    struct fields *fields = context;
    fputc(is_array ? ']' : '}', fields->file);
    fields->follows = true;
}

static void write_value(void *context, const struct km_trace_value *value)
{
    struct fields *fields = context;
    struct km_trace_shown shown;
    begin_field(fields, value->name);
    km_trace_show(value, &shown);
    switch (shown.kind) {
    case KM_TRACE_NOTHING: fputs("null", fields->file); break;
    case KM_TRACE_INTEGER: fprintf(fields->file, "%" PRId64, shown.integer); break;
    case KM_TRACE_REAL:
        fprintf(fields->file, "%.*g", value->in == KM_TRACE_IN_FLOAT ? 9 : 17, shown.real);
        break;
    case KM_TRACE_BOOLEAN: fputs(shown.boolean ? "true" : "false", fields->file); break;
    case KM_TRACE_STRING: km_trace_write_word(fields->file, shown.text, shown.bytes); break;
    case KM_TRACE_LITERAL: fputs(shown.symbol != NULL ? shown.symbol : shown.text, fields->file); break;
    }
    km_trace_shown_free(&shown);
    fields->follows = true;
}

static void write_described(FILE *file, const struct km_event *event,
                            const struct km_event_description *description)
{
    static const struct km_trace_visitor visitor = {open_field, close_field, write_value};
    struct fields fields = {.file = file, .follows = true};
    const char *opcode = km_event_opcode_name(event->opcode);
    size_t read;
    fputc(' ', file);
    km_trace_write_word(file, description->event.name.text, description->event.name.bytes);
    if (opcode != NULL) {
        fputs(opcode, file);
    } else {
        fprintf(file, "/%u", event->opcode);
    }
    write_level(file, event->level);
    if (event->keyword != 0) {
        fprintf(file, " keyword=0x%" PRIx64, event->keyword);
    }
    write_activities(file, event);
    const char *problem = km_trace_decode(&description->event, description->data, description->data_bytes,
                                          &visitor, &fields, &read);
    if (problem != NULL) {
        write_problem(file, "malformed", problem);
        write_bytes(file, "metadata", description->metadata, description->metadata_bytes);
        write_bytes(file, "bytes", description->data + read, description->data_bytes - read);
    }
}

void km_event_write_text(FILE *file, const struct km_event *event)
{
    struct km_event_description description;
    km_event_describe(event, &description);
    write_provider(file, event, description.provider);
    if (description.event.name.text != NULL) {
        write_described(file, event, &description);
    } else {
        write_plain(file, event, &description);
    }
    if (description.provider.text == NULL) {
        write_bytes(file, "traits", event->traits, event->traits_bytes);
    }
}
