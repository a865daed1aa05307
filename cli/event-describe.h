// SPDX-License-Identifier: MIT
// What an event says of itself.
#ifndef KMODE_CLI_EVENT_DESCRIBE_H
#define KMODE_CLI_EVENT_DESCRIBE_H

#include "cli/trace-logging.h"
#include "machine/include/kmode/machine.h"

// Points into the event.
struct km_event_description {
    struct km_trace_name provider; // text is NULL: it has none
    struct km_trace_event event;   // its name's text is NULL: it does not describe itself
    const uint8_t *metadata, *data;
    size_t metadata_bytes, data_bytes;
    const char *problem; // why it does not describe itself, though it says so
};

void km_event_describe(const struct km_event *event, struct km_event_description *description);

// "/start", "/stop", "" for the opcode 0, NULL: the opcode has no name.
const char *km_event_opcode_name(unsigned opcode);

#endif
