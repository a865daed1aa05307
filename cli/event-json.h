// SPDX-License-Identifier: MIT
// An event of Event Tracing for Windows as JSON.
#ifndef KMODE_CLI_EVENT_JSON_H
#define KMODE_CLI_EVENT_JSON_H

#include <jansson.h>

#include "machine/include/kmode/machine.h"

// Header, and fields with their types if the event describes itself; the bytes where it does not, and where
// the description is wrong. NULL: no memory for it.
json_t *km_event_json(const struct km_event *event);

#endif
