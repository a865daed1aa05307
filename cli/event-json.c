// SPDX-License-Identifier: MIT
// Events for programs. Masks, addresses and statuses are strings in hexadecimal, as everywhere in a run's
// JSON, and so are bytes, without a prefix; whole numbers that JSON's own cannot hold are strings too.
#include "cli/event-json.h"

#include <math.h>

#include "cli/event-describe.h"
#include "cli/event-provider.h"
#include "cli/json-text.h"
#include "cli/trace-value.h"

static json_t *name_of(struct km_trace_name name)
{
    return name.text != NULL ? km_json_text_of(name.text, name.bytes) : json_null();
}

static json_t *shown_of(enum km_trace_in in, unsigned out, const uint8_t *data, size_t bytes)
{
    const struct km_trace_value value = {.in = in, .out = out, .data = data, .bytes = bytes};
    struct km_trace_shown shown;
    json_t *made = NULL;
    km_trace_show(&value, &shown);
    switch (shown.kind) {
    case KM_TRACE_NOTHING: made = json_null(); break;
    case KM_TRACE_INTEGER: made = json_integer(shown.integer); break;
    case KM_TRACE_REAL:
        made = isfinite(shown.real) ? json_real(shown.real) : json_sprintf("%g", shown.real);
        break;
    case KM_TRACE_BOOLEAN: made = json_boolean(shown.boolean); break;
    case KM_TRACE_STRING:
    case KM_TRACE_LITERAL: made = km_json_text_of(shown.text, shown.bytes); break;
    }
    km_trace_shown_free(&shown);
    return made;
}

static json_t *guid_of(int is_there, const uint8_t guid[static 16])
{
    return is_there ? shown_of(KM_TRACE_IN_GUID, KM_TRACE_OUT_NULL, guid, 16) : json_null();
}

// ---- Fields

struct fields {
    json_t *open[KM_TRACE_DEPTH + 3]; // arrays that are being filled, each in the one before it
    size_t depth;                     // of the last
};

static json_t *new_field(struct km_trace_name name, const char *type)
{
    json_t *object = json_object();
    if (name.text != NULL) {
        json_object_set_new(object, "name", name_of(name));
    }
    json_object_set_new(object, "type", json_string(type));
    return object;
}

static void open_field(void *context, struct km_trace_name name, bool is_array)
{
    struct fields *fields = context;
    json_t *object = new_field(name, is_array ? "array" : "struct"), *array = json_array();
    json_object_set_new(object, is_array ? "elements" : "fields", array);
    json_array_append_new(fields->open[fields->depth], object);
    fields->open[++fields->depth] = array;
}

static void close_field(void *context, bool is_array)
{
    struct fields *fields = context;
    (void)is_array;
    fields->depth--;
}

static void add_value(void *context, const struct km_trace_value *value)
{
    struct fields *fields = context;
    json_t *object = new_field(value->name, km_trace_in_name(value->in));
    const char *out = km_trace_out_name(value->out);
    if (out != NULL) {
        json_object_set_new(object, "format", json_string(out));
    } else if (value->out != KM_TRACE_OUT_NULL) {
        json_object_set_new(object, "format", json_integer(value->out));
    }
    json_object_set_new(object, "value", shown_of(value->in, value->out, value->data, value->bytes));
    json_array_append_new(fields->open[fields->depth], object);
}

// The description's fields; and what is wrong, with all that could not be told.
static void add_fields(json_t *object, const struct km_event_description *description)
{
    static const struct km_trace_visitor visitor = {open_field, close_field, add_value};
    struct fields fields = {.open = {json_array()}};
    size_t read;
    const char *problem = km_trace_decode(&description->event, description->data, description->data_bytes,
                                          &visitor, &fields, &read);
    json_object_set_new(object, "fields", fields.open[0]);
    if (problem != NULL) {
        json_object_set_new(object, "malformed", json_string(problem));
        json_object_set_new(object, "metadata",
                            km_json_bytes(description->metadata, description->metadata_bytes));
        json_object_set_new(object, "data",
                            km_json_bytes(description->data + read, description->data_bytes - read));
    }
}

static void add_bytes(json_t *object, const struct km_event *event,
                      const struct km_event_description *description)
{
    if (event->is_lost) {
        json_object_set_new(object, "lost", json_string(event->problem));
        return;
    }
    if (description->problem != NULL) {
        json_object_set_new(object, "malformed", json_string(description->problem));
    }
    if (event->metadata_bytes != 0) {
        json_object_set_new(object, "metadata", km_json_bytes(event->metadata, event->metadata_bytes));
    }
    if (event->is_string) {
        json_object_set_new(object, "text",
                            shown_of(KM_TRACE_IN_COUNTED_UTF16, KM_TRACE_OUT_NULL, event->data,
                                     event->data_bytes >= 2 ? event->data_bytes - 2 : 0));
    } else {
        json_object_set_new(object, "data", km_json_bytes(event->data, event->data_bytes));
    }
}

json_t *km_event_json(const struct km_event *event)
{
    struct km_event_description description;
    const char *level = km_event_level_name(event->level);
    km_event_describe(event, &description);
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:i, s:o, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:I, s:I, s:I, s:i, s:i}",
        "provider", name_of(description.provider), "provider_id", guid_of(1, event->provider), "event",
        name_of(description.event.name), "level", event->level, "level_name",
        level != NULL ? json_string(level) : json_null(), "id", event->id, "version", event->version,
        "channel", event->channel, "task", event->task, "opcode", event->opcode, "keyword",
        km_json_hexadecimal(event->keyword, 16), "activity", guid_of(event->has_activity, event->activity),
        "related_activity", guid_of(event->has_related_activity, event->related_activity), "time",
        (json_int_t)event->time, "thread", (json_int_t)event->thread, "process", (json_int_t)event->process,
        "processor", (int)event->processor, "irql", (int)event->irql);
    if (object == NULL) {
        return NULL;
    }
    if (description.provider.text == NULL && event->traits_bytes != 0) {
        json_object_set_new(object, "traits", km_json_bytes(event->traits, event->traits_bytes));
    }
    if (description.event.name.text != NULL) {
        add_fields(object, &description);
    } else {
        add_bytes(object, event, &description);
    }
    return object;
}
