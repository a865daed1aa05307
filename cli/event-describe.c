// SPDX-License-Identifier: MIT
// Where an event's description of itself is. A provider that has set no traits, and one that runs on a
// Windows which knows none, has traits and metadata in front of its data.
#include "cli/event-describe.h"

#define CHANNEL_TRACELOGGING 11

static void take_block(struct km_event_description *description, size_t size)
{
    description->data += size;
    description->data_bytes -= size;
}

static void look_into_data(struct km_event_description *description)
{
    const uint8_t *traits = description->data;
    const size_t traits_bytes = km_trace_block(traits, description->data_bytes);
    const size_t left = description->data_bytes - traits_bytes;
    const size_t metadata_bytes = traits_bytes != 0 ? km_trace_block(traits + traits_bytes, left) : 0;
    if (metadata_bytes == 0) {
        description->problem = "its channel is TraceLogging's, and it has no metadata";
        return;
    }
    if (description->provider.text == NULL) {
        description->provider = km_trace_provider(traits, traits_bytes);
    }
    description->metadata = traits + traits_bytes;
    description->metadata_bytes = metadata_bytes;
    take_block(description, traits_bytes + metadata_bytes);
}

void km_event_describe(const struct km_event *event, struct km_event_description *description)
{
    static const uint8_t none[1];
    *description = (struct km_event_description){
        .provider = km_trace_provider(event->traits, event->traits_bytes),
        .metadata = event->metadata,
        .metadata_bytes = event->metadata_bytes,
        .data = event->data != NULL ? event->data : none,
        .data_bytes = event->data_bytes,
    };
    if (event->is_lost) {
        return;
    }
    if (description->metadata_bytes == 0 && event->channel == CHANNEL_TRACELOGGING) {
        look_into_data(description);
    }
    if (description->metadata_bytes != 0) {
        description->problem =
            km_trace_open(description->metadata, description->metadata_bytes, &description->event);
    }
}

const char *km_event_opcode_name(unsigned opcode)
{
    static const char *const names[] = {"", "/start", "/stop"};
    return opcode < sizeof names / sizeof *names ? names[opcode] : NULL;
}
