// SPDX-License-Identifier: MIT
// Events on stdout, between what drivers print.
#include "cli/event-listen.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/event-json.h"
#include "cli/event-text.h"
#include "cli/trace-value.h"

static void note_heard(const struct km_event_listener *listener, const struct km_event *event)
{
    for (size_t i = 0; i < listener->provider_count && listener->heard != NULL; i++) {
        if (memcmp(listener->providers[i].guid, event->provider, sizeof event->provider) == 0) {
            listener->heard[i] = true;
        }
    }
}

void km_event_listen(void *context, const struct km_event *event)
{
    struct km_event_listener *listener = context;
    char *line = NULL;
    size_t bytes = 0;
    note_heard(listener, event);
    if (listener->events != NULL) {
        json_array_append_new(listener->events, km_event_json(event));
    }
    FILE *file = open_memstream(&line, &bytes);
    if (file == NULL) {
        return;
    }
    if (event->in_line) {
        fputc('\n', file);
    }
    km_event_write_text(file, event);
    fputc('\n', file);
    if (fclose(file) != 0) {
        bytes = 0;
    }
    if (listener->log != NULL) {
        km_script_log_add(listener->log, line, bytes);
    } else {
        fwrite(line, 1, bytes, stdout);
        fflush(stdout);
    }
    free(line);
}

enum km_result km_event_listen_to(km_machine *machine, const struct km_event_provider *providers,
                                  size_t count)
{
    enum km_result result = KM_OK;
    for (size_t i = 0; i < count && result == KM_OK; i++) {
        const struct km_event_provider *provider = &providers[i];
        result = km_event_enable(machine, provider->is_all ? NULL : provider->guid, provider->level,
                                 provider->keywords, 0);
    }
    return result;
}

void km_event_listen_note(const struct km_event_listener *listener)
{
    for (size_t i = 0; i < listener->provider_count; i++) {
        const struct km_event_provider *provider = &listener->providers[i];
        char *guid = NULL;
        size_t bytes;
        FILE *file;
        if (provider->name == NULL || listener->heard[i] || (file = open_memstream(&guid, &bytes)) == NULL) {
            continue;
        }
        km_trace_write_guid(file, provider->guid);
        if (fclose(file) == 0) {
            km_error("nothing was heard from %s, the GUID that TraceLogging makes of the name '%.*s'", guid,
                     (int)provider->name_bytes, provider->name);
        }
        free(guid);
    }
}
