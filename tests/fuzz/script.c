// SPDX-License-Identifier: MIT
// libFuzzer target on the reader of scripts: a wrong line has one reason of one line, what is accepted is in
// range, and the same text is read the same way twice.
#include "cli/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static void complain(void *context, const char *place, const char *reason)
{
    size_t *count = context;
    REQUIRE(strncmp(place, "fuzz:", 5) == 0);
    REQUIRE(*reason != '\0' && strlen(reason) < KM_SCRIPT_REASON_BYTES);
    REQUIRE(strchr(reason, '\n') == NULL);
    (*count)++;
}

static void check(const struct km_script *script, const struct km_script_command *command)
{
    REQUIRE(command->text != NULL);
    REQUIRE(command->actor < script->things[KM_SCRIPT_THREAD_THING]);
    REQUIRE(command->thread < script->things[KM_SCRIPT_THREAD_THING]);
    REQUIRE(command->file == 0 || command->file < script->things[KM_SCRIPT_FILE]);
    REQUIRE(command->argument_count <= KM_SCRIPT_MOST_ARGUMENTS);
    REQUIRE(command->image == 0 || command->image < script->things[KM_SCRIPT_IMAGE]);
    REQUIRE(command->operation == 0 || command->operation < script->things[KM_SCRIPT_OPERATION]);
    REQUIRE(command->started == KM_SCRIPT_NONE || command->started < script->things[KM_SCRIPT_OPERATION]);
    REQUIRE(command->bytes.count <= KM_SCRIPT_MOST_BYTES && command->length <= KM_SCRIPT_MOST_LENGTH);
    REQUIRE(!command->bytes.absent || command->bytes.count == 0);
    switch (command->verb) {
    case KM_SCRIPT_CLOSE:
    case KM_SCRIPT_READ:
    case KM_SCRIPT_WRITE:
    case KM_SCRIPT_IOCTL: REQUIRE(script->things[KM_SCRIPT_FILE] != 0); break;
    case KM_SCRIPT_WAIT:
    case KM_SCRIPT_CANCEL: REQUIRE(script->things[KM_SCRIPT_OPERATION] != 0); break;
    case KM_SCRIPT_LOAD:
    case KM_SCRIPT_OPEN:
    case KM_SCRIPT_LOAD_IMAGE:
    case KM_SCRIPT_SYSTEM_CALL:
    case KM_SCRIPT_PROCESS:
    case KM_SCRIPT_CREATE_KEY: REQUIRE(command->name != NULL && *command->name != '\0'); break;
    default: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t complaints[2] = {0, 0};
    struct km_script scripts[2] = {{0}, {0}};
    bool good[2];
    for (size_t i = 0; i < 2; i++) {
        const struct km_script_reader reader = {.complain = complain, .context = &complaints[i]};
        good[i] = km_script_parse(&scripts[i], "fuzz", (const char *)data, size, &reader);
        REQUIRE(good[i] == (complaints[i] == 0));
    }
    REQUIRE(good[0] == good[1] && scripts[0].count == scripts[1].count);
    for (size_t i = 0; i < scripts[0].count; i++) {
        check(&scripts[0], &scripts[0].commands[i]);
        REQUIRE(strcmp(scripts[0].commands[i].text, scripts[1].commands[i].text) == 0);
        REQUIRE(scripts[0].commands[i].verb == scripts[1].commands[i].verb);
    }
    km_script_free(&scripts[0]);
    km_script_free(&scripts[1]);
    return 0;
}
