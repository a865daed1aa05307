// SPDX-License-Identifier: MIT
// The metadata of self-describing events, and the data along them. Neither is to be trusted: both are a
// driver's.
//
// An event's metadata are its size (2 bytes), tags (bytes, of which each but the last has bit 7 set), its
// name with a terminator, and for each field: name with terminator; in-type; if bit 7 of that is set an
// out-type; if bit 7 of that is set tags; if the in-type says an array of a fixed length, that (2 bytes).
#include "cli/trace-logging.h"

#include <string.h>

#define IN_TYPE_MASK 0x1F
#define IN_COUNT     0x60
#define IN_FIXED     0x20 // an array, whose length the metadata have
#define IN_VARIABLE  0x40 // an array, whose length is in front of its data
#define IN_CUSTOM    0x60
#define CHAIN        0x80

enum { MOST_VALUES = 0x10000, MOST_SID_PARTS = 15 };

struct bytes {
    const uint8_t *at;
    size_t left;
};

struct decoder {
    struct bytes data;
    const struct km_trace_visitor *visitor;
    void *context;
    size_t values; // told, arrays and structures among them
};

struct field {
    struct km_trace_name name;
    uint8_t in; // without CHAIN
    uint8_t out;
    uint16_t count;
};

static uint16_t u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static const uint8_t *take(struct bytes *bytes, size_t count)
{
    const uint8_t *at = bytes->at;
    if (bytes->left < count) {
        return NULL;
    }
    bytes->at += count;
    bytes->left -= count;
    return at;
}

static bool take_u16(struct bytes *bytes, uint16_t *value)
{
    const uint8_t *at = take(bytes, 2);
    *value = at != NULL ? u16(at) : 0;
    return at != NULL;
}

static bool take_name(struct bytes *bytes, struct km_trace_name *name)
{
    const uint8_t *end = bytes->left != 0 ? memchr(bytes->at, 0, bytes->left) : NULL;
    if (end == NULL) {
        return false;
    }
    name->text = (const char *)bytes->at;
    name->bytes = (size_t)(end - bytes->at);
    return take(bytes, name->bytes + 1) != NULL;
}

static bool skip_tags(struct bytes *bytes)
{
    const uint8_t *tag;
    do {
        tag = take(bytes, 1);
    } while (tag != NULL && (*tag & CHAIN) != 0);
    return tag != NULL;
}

size_t km_trace_block(const uint8_t *bytes, size_t count)
{
    const size_t size = count >= 2 ? u16(bytes) : 0;
    return size >= 3 && size <= count ? size : 0;
}

struct km_trace_name km_trace_provider(const uint8_t *traits, size_t count)
{
    struct km_trace_name name = {0};
    const size_t size = km_trace_block(traits, count);
    struct bytes bytes = {size != 0 ? traits + 2 : traits, size != 0 ? size - 2 : 0};
    return take_name(&bytes, &name) && name.bytes != 0 ? name : (struct km_trace_name){0};
}

const char *km_trace_open(const uint8_t *metadata, size_t count, struct km_trace_event *event)
{
    struct bytes bytes = {metadata, count};
    uint16_t size;
    *event = (struct km_trace_event){0};
    if (!take_u16(&bytes, &size)) {
        return "the metadata are shorter than their size";
    }
    if (size != count) {
        return "the metadata give another size than they have";
    }
    if (!skip_tags(&bytes)) {
        return "the metadata end in the event's tags";
    }
    if (!take_name(&bytes, &event->name)) {
        return "the metadata end in the event's name";
    }
    event->fields = bytes.at;
    event->field_bytes = bytes.left;
    return NULL;
}

static const char *take_field(struct bytes *metadata, struct field *field)
{
    *field = (struct field){0};
    if (!take_name(metadata, &field->name)) {
        return "the metadata end in a field's name";
    }
    const uint8_t *in = take(metadata, 1);
    if (in == NULL) {
        return "the metadata end where a field's type is expected";
    }
    field->in = *in & (uint8_t)~CHAIN;
    if ((*in & CHAIN) != 0) {
        const uint8_t *out = take(metadata, 1);
        if (out == NULL || ((*out & CHAIN) != 0 && !skip_tags(metadata))) {
            return "the metadata end in a field's type";
        }
        field->out = *out & (uint8_t)~CHAIN;
    }
    const uint8_t counted = field->in & IN_COUNT;
    if ((counted == IN_FIXED || counted == IN_CUSTOM) && !take_u16(metadata, &field->count)) {
        return "the metadata end in a field's count";
    }
    if (counted == IN_CUSTOM && take(metadata, field->count) == NULL) {
        return "the metadata end in a field's type";
    }
    if ((field->in & IN_TYPE_MASK) > KM_TRACE_IN_COUNTED_BINARY) {
        return "a field has a type that does not exist";
    }
    return NULL;
}

// The bytes to the terminator of `width` bytes.
static bool take_string(struct bytes *data, size_t width, struct km_trace_value *value)
{
    for (size_t i = 0; data->left - i >= width; i += width) {
        if (data->at[i] == 0 && data->at[i + width - 1] == 0) {
            value->data = data->at;
            value->bytes = i;
            return take(data, i + width) != NULL;
        }
    }
    return false;
}

static bool take_counted(struct bytes *data, struct km_trace_value *value)
{
    uint16_t count;
    if (!take_u16(data, &count)) {
        return false;
    }
    value->bytes = count;
    value->data = take(data, count);
    return value->data != NULL;
}

static bool take_sid(struct bytes *data, struct km_trace_value *value)
{
    if (data->left < 2) {
        return false;
    }
    value->bytes = 8 + 4u * data->at[1];
    value->data = take(data, value->bytes);
    return value->data != NULL;
}

static bool take_value(struct bytes *data, struct km_trace_value *value)
{
    static const uint8_t sizes[] = {
        [KM_TRACE_IN_NULL] = 0,     [KM_TRACE_IN_INT8] = 1,     [KM_TRACE_IN_UINT8] = 1,
        [KM_TRACE_IN_INT16] = 2,    [KM_TRACE_IN_UINT16] = 2,   [KM_TRACE_IN_INT32] = 4,
        [KM_TRACE_IN_UINT32] = 4,   [KM_TRACE_IN_INT64] = 8,    [KM_TRACE_IN_UINT64] = 8,
        [KM_TRACE_IN_FLOAT] = 4,    [KM_TRACE_IN_DOUBLE] = 8,   [KM_TRACE_IN_BOOL32] = 4,
        [KM_TRACE_IN_GUID] = 16,    [KM_TRACE_IN_POINTER] = 8,  [KM_TRACE_IN_FILETIME] = 8,
        [KM_TRACE_IN_HEXINT32] = 4, [KM_TRACE_IN_HEXINT64] = 8, [KM_TRACE_IN_SYSTEMTIME] = 16,
    };
    switch (value->in) {
    case KM_TRACE_IN_UTF16: return take_string(data, 2, value);
    case KM_TRACE_IN_NARROW: return take_string(data, 1, value);
    case KM_TRACE_IN_SID: return take_sid(data, value);
    case KM_TRACE_IN_BINARY:
    case KM_TRACE_IN_COUNTED_UTF16:
    case KM_TRACE_IN_COUNTED_NARROW:
    case KM_TRACE_IN_COUNTED_BINARY:
    case KM_TRACE_IN_CUSTOM: return take_counted(data, value);
    default:
        value->bytes = sizes[value->in];
        value->data = take(data, value->bytes);
        return value->data != NULL;
    }
}

static const char *decode_fields(struct decoder *decoder, struct bytes *metadata, size_t count,
                                 unsigned depth);

// The descriptions of `count` fields, of structures' own too, without data.
static const char *skip_fields(struct bytes *metadata, size_t count)
{
    struct field field;
    while (count != 0) {
        const char *problem = take_field(metadata, &field);
        if (problem != NULL) {
            return problem;
        }
        count = count - 1 + ((field.in & IN_TYPE_MASK) == KM_TRACE_IN_STRUCT ? field.out : 0);
    }
    return NULL;
}

static const char *count_value(struct decoder *decoder)
{
    decoder->values++;
    return decoder->values > MOST_VALUES ? "there are more values than any event has" : NULL;
}

// One value, or one structure, whose fields' descriptions are at *metadata.
static const char *decode_one(struct decoder *decoder, struct bytes *metadata, const struct field *field,
                              struct km_trace_name name, unsigned depth)
{
    const bool is_custom = (field->in & IN_COUNT) == IN_CUSTOM;
    const char *problem = count_value(decoder);
    if (problem != NULL) {
        return problem;
    }
    if ((field->in & IN_TYPE_MASK) == KM_TRACE_IN_STRUCT && !is_custom) {
        decoder->visitor->open(decoder->context, name, false);
        problem = decode_fields(decoder, metadata, field->out, depth + 1);
        decoder->visitor->close(decoder->context, false);
        return problem;
    }
    struct km_trace_value value = {.name = name,
                                   .in = is_custom ? KM_TRACE_IN_CUSTOM
                                                   : (enum km_trace_in)(field->in & IN_TYPE_MASK),
                                   .out = field->out};
    if (value.in == KM_TRACE_IN_SID && decoder->data.left >= 2 && decoder->data.at[1] > MOST_SID_PARTS) {
        return "a SID has more parts than any";
    }
    if (!take_value(&decoder->data, &value)) {
        return "the data end in a field";
    }
    decoder->visitor->value(decoder->context, &value);
    return NULL;
}

static const char *decode_array(struct decoder *decoder, struct bytes *metadata, const struct field *field,
                                unsigned depth)
{
    const bool is_struct = (field->in & IN_TYPE_MASK) == KM_TRACE_IN_STRUCT;
    const struct bytes first = *metadata;
    uint16_t count = field->count;
    const char *problem = count_value(decoder);
    if (problem != NULL) {
        return problem;
    }
    if ((field->in & IN_COUNT) == IN_VARIABLE && !take_u16(&decoder->data, &count)) {
        return "the data end in an array's length";
    }
    decoder->visitor->open(decoder->context, field->name, true);
    for (uint16_t i = 0; i < count && problem == NULL; i++) {
        *metadata = first;
        problem = decode_one(decoder, metadata, field, (struct km_trace_name){0}, depth);
    }
    decoder->visitor->close(decoder->context, true);
    return problem == NULL && count == 0 && is_struct ? skip_fields(metadata, field->out) : problem;
}

static const char *decode_fields(struct decoder *decoder, struct bytes *metadata, size_t count,
                                 unsigned depth)
{
    if (depth > KM_TRACE_DEPTH / 2) { // each may be in an array
        return "structures lie deeper in each other than in any event";
    }
    for (size_t i = 0; i < count; i++) {
        struct field field;
        const char *problem = take_field(metadata, &field);
        if (problem == NULL) {
            const uint8_t counted = field.in & IN_COUNT;
            problem = counted == IN_FIXED || counted == IN_VARIABLE
                          ? decode_array(decoder, metadata, &field, depth)
                          : decode_one(decoder, metadata, &field, field.name, depth);
        }
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

const char *km_trace_decode(const struct km_trace_event *event, const uint8_t *data, size_t count,
                            const struct km_trace_visitor *visitor, void *context, size_t *read)
{
    static const uint8_t none[1];
    struct decoder decoder = {
        .data = {count != 0 ? data : none, count}, .visitor = visitor, .context = context};
    struct bytes metadata = {event->fields, event->field_bytes};
    const char *problem = NULL;
    while (metadata.left != 0 && problem == NULL) {
        problem = decode_fields(&decoder, &metadata, 1, 0);
    }
    *read = count - decoder.data.left;
    return problem == NULL && decoder.data.left != 0 ? "there are data that no field describes" : problem;
}
