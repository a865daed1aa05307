// SPDX-License-Identifier: MIT
// libFuzzer target on events of Event Tracing for Windows, which describe themselves: whatever a driver has
// written, it becomes one line and one JSON object. An input is flags, channel, opcode, level, the lengths of
// provider traits and metadata in two bytes each, and those two with the data behind them.
#include "cli/event-json.h"
#include "cli/event-provider.h"
#include "cli/event-text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/event-describe.h"
#include "cli/trace-value.h"
#include "machine/unicode.h"

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

enum { HEADER_BYTES = 8, LOST = 1, STRING = 2, ACTIVITY = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A piece of its own, so that a byte too many is seen.
static uint8_t *copy(const uint8_t *data, size_t size)
{
    uint8_t *piece = size != 0 ? malloc(size) : NULL;
    REQUIRE(piece != NULL || size == 0);
    if (size != 0) {
        memcpy(piece, data, size);
    }
    return piece;
}

// ---- What the decoder promises its visitor

struct seen {
    const uint8_t *data, *end;
    size_t depth;
};

static void see_open(void *context, struct km_trace_name name, bool is_array)
{
    struct seen *seen = context;
    (void)is_array;
    REQUIRE(name.text == NULL || strlen(name.text) == name.bytes);
    REQUIRE(seen->depth++ < KM_TRACE_DEPTH + 2);
}

static void see_close(void *context, bool is_array)
{
    struct seen *seen = context;
    (void)is_array;
    REQUIRE(seen->depth-- > 0);
}

static void see_value(void *context, const struct km_trace_value *value)
{
    const struct seen *seen = context;
    REQUIRE(value->bytes == 0 || (value->data >= seen->data && value->data <= seen->end &&
                                  value->bytes <= (size_t)(seen->end - value->data)));
    REQUIRE(km_trace_in_name(value->in) != NULL);
}

static void decode(const struct km_event *event)
{
    static const struct km_trace_visitor visitor = {see_open, see_close, see_value};
    struct km_event_description description;
    size_t read;
    km_event_describe(event, &description);
    if (description.event.name.text == NULL) {
        return;
    }
    struct seen seen = {description.data, description.data + description.data_bytes, 0};
    const char *problem =
        km_trace_decode(&description.event, description.data, description.data_bytes, &visitor, &seen, &read);
    REQUIRE(seen.depth == 0);
    REQUIRE(read <= description.data_bytes);
    REQUIRE(problem != NULL || read == description.data_bytes);
}

static void show(const struct km_event *event)
{
    char *line = NULL;
    size_t bytes;
    FILE *file = open_memstream(&line, &bytes);
    REQUIRE(file != NULL);
    km_event_write_text(file, event);
    REQUIRE(fclose(file) == 0);
    for (size_t i = 0; i < bytes; i++) {
        REQUIRE((unsigned char)line[i] >= ' ' && line[i] != 0x7F);
    }
    for (size_t i = 0, length; i < bytes; i += length) {
        uint32_t character;
        length = km_utf8_decode(line + i, bytes - i, &character);
        REQUIRE(length != 0);
    }
    free(line);
    json_t *object = km_event_json(event);
    REQUIRE(object != NULL);
    char *text = json_dumps(object, 0);
    REQUIRE(text != NULL);
    free(text);
    json_decref(object);
}

// The same input as --etw's argument.
static void parse(const uint8_t *data, size_t size)
{
    struct km_event_provider provider;
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    free(km_event_provider_parse(text, &provider));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER_BYTES) {
        return 0;
    }
    struct km_event event = {.channel = data[1], .opcode = data[2], .level = data[3]};
    parse(data, size);
    event.is_string = (data[0] & STRING) != 0;
    event.has_activity = event.has_related_activity = (data[0] & ACTIVITY) != 0;
    if ((data[0] & LOST) != 0) {
        event.is_lost = 1;
        event.problem = "it is larger than 64 KB";
        size = HEADER_BYTES;
    }
    const size_t wanted_traits = data[4] | (size_t)data[5] << 8;
    const size_t wanted_metadata = data[6] | (size_t)data[7] << 8;
    data += HEADER_BYTES;
    size -= HEADER_BYTES;
    event.traits_bytes = wanted_traits < size ? wanted_traits : size;
    size -= event.traits_bytes;
    event.metadata_bytes = wanted_metadata < size ? wanted_metadata : size;
    event.data_bytes = size - event.metadata_bytes;
    uint8_t *const traits = copy(data, event.traits_bytes);
    uint8_t *const metadata = copy(data + event.traits_bytes, event.metadata_bytes);
    uint8_t *const payload = copy(data + event.traits_bytes + event.metadata_bytes, event.data_bytes);
    event.traits = traits;
    event.metadata = metadata;
    event.data = payload;
    decode(&event);
    show(&event);
    free(payload);
    free(metadata);
    free(traits);
    return 0;
}
