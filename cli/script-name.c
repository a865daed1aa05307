// SPDX-License-Identifier: MIT
// What the names of a script stand for. A script runs from top to bottom, so which names there are at a line
// is known before anything is carried out.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/script-line.h"
#include "cli/text.h"

static const char *const thing_names[] = {[KM_SCRIPT_FILE] = "file",
                                          [KM_SCRIPT_IMAGE] = "image",
                                          [KM_SCRIPT_OPERATION] = "operation",
                                          [KM_SCRIPT_THREAD_THING] = "thread"};

static bool is_name(const char *word)
{
    if (!isalpha((unsigned char)*word) && *word != '_') {
        return false;
    }
    while (isalnum((unsigned char)*word) || *word == '_' || *word == '-') {
        word++;
    }
    return *word == '\0';
}

size_t km_line_find_name(const struct km_script_line *line, enum km_script_thing kind, const char *word)
{
    const struct km_script_names *names = line->script->names;
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].kind == kind && strcmp(names->items[i].name, word) == 0) {
            return i;
        }
    }
    return KM_SCRIPT_NONE;
}

struct km_script_name *km_line_use_name(struct km_script_line *line, enum km_script_thing kind,
                                        const char *word)
{
    const size_t found = km_line_find_name(line, kind, word);
    if (found == KM_SCRIPT_NONE) {
        km_line_complain(line, "there is no %s '%.64s' at this line", thing_names[kind], word);
        return NULL;
    }
    line->ended = found;
    return &line->script->names->items[found];
}

void km_script_add_name(struct km_script *script, const struct km_script_name *name)
{
    struct km_script_names *names = script->names;
    if (names->count == names->room) {
        names->room = names->room != 0 ? names->room * 2 : 16;
        struct km_script_name *larger = km_allocate(names->room, sizeof *larger);
        if (names->count != 0) {
            memcpy(larger, names->items, names->count * sizeof *larger);
        }
        free(names->items);
        names->items = larger;
    }
    names->items[names->count++] = *name;
}

void km_script_remove_name(struct km_script *script, size_t index)
{
    struct km_script_names *names = script->names;
    free(names->items[index].name);
    names->count--;
    memmove(&names->items[index], &names->items[index + 1], (names->count - index) * sizeof *names->items);
}

bool km_line_make_name(struct km_script_line *line, enum km_script_thing kind, const char *word,
                       size_t *number)
{
    if (!is_name(word)) {
        return km_line_complain(line, "'%.64s' is no name: letters, digits, _ and -", word);
    }
    if (km_line_find_name(line, kind, word) != KM_SCRIPT_NONE) {
        return km_line_complain(line, "there is a %s '%.64s' already", thing_names[kind], word);
    }
    if (line->made.name == NULL) {
        *number = line->script->things[kind]++;
        line->made = (struct km_script_name){.name = km_copy_string(word),
                                             .kind = kind,
                                             .number = *number,
                                             .process = *number,
                                             .opened = KM_SCRIPT_NONE};
    }
    return true;
}

static size_t process_of(const struct km_script_line *line, size_t thread)
{
    const struct km_script_names *names = line->script->names;
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].kind == KM_SCRIPT_THREAD_THING && names->items[i].number == thread) {
            return names->items[i].process;
        }
    }
    return thread;
}

void km_line_settle_names(struct km_script_line *line)
{
    struct km_script *script = line->script;
    struct km_script_names *names = script->names;
    const bool fails = line->command.expects && line->command.expected >= UINT32_C(0x80000000);
    const bool goes_on = line->command.expects && line->command.verb == KM_SCRIPT_WAIT &&
                         (line->command.expected == 0x103 || line->command.expected == 0x102);
    if (line->command.verb == KM_SCRIPT_SHUTDOWN) {
        while (names->count != 0) {
            km_script_remove_name(script, names->count - 1);
        }
    }
    if (line->ends_name && !goes_on && (!fails || line->command.verb == KM_SCRIPT_WAIT)) {
        if (line->command.verb == KM_SCRIPT_EXIT && line->command.is_process) {
            for (size_t i = names->count; i-- > 0;) {
                if (names->items[i].process == line->command.thread) {
                    km_script_remove_name(script, i);
                }
            }
        } else {
            km_script_remove_name(script, line->ended);
        }
    }
    if (line->made.name != NULL && !fails) {
        line->made.owner = line->command.actor;
        if (line->made.kind == KM_SCRIPT_FILE || line->made.kind == KM_SCRIPT_IMAGE) {
            line->made.process = process_of(line, line->command.actor);
        }
        km_script_add_name(script, &line->made);
    } else {
        free(line->made.name);
    }
}
