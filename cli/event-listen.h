// SPDX-License-Identifier: MIT
// Listens to the events that --etw asks for.
#ifndef KMODE_CLI_EVENT_LISTEN_H
#define KMODE_CLI_EVENT_LISTEN_H

#include <jansson.h>

#include "cli/event-provider.h"
#include "cli/script-run.h"

struct km_event_listener {
    const struct km_event_provider *providers;
    size_t provider_count;
    bool *heard;               // which of them have written something; NULL: nobody wants to know
    struct km_script_log *log; // of the script, which events are part of; NULL: there is none
    json_t *events;            // an array that they are added to; NULL: there is none
};

// Shows an event on stdout, as km_machine_options.event_output.
void km_event_listen(void *listener, const struct km_event *event);

// Has the machine listen to these providers.
enum km_result km_event_listen_to(km_machine *machine, const struct km_event_provider *providers,
                                  size_t count);

// Says on stderr which of the providers that are named by their names have not been heard: their drivers may
// have given them other GUIDs.
void km_event_listen_note(const struct km_event_listener *listener);

#endif
