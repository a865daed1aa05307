// SPDX-License-Identifier: MIT
// Events on stdout, between what drivers print.
#include "cli/event-listen.h"

#include <stdlib.h>

#include "cli/event-json.h"
#include "cli/event-text.h"

void km_event_listen(void *context, const struct km_event *event)
{
    struct km_event_listener *listener = context;
    char *line = NULL;
    size_t bytes = 0;
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
    if (fclose(file) == 0 && listener->log != NULL) {
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
