// SPDX-License-Identifier: MIT
// Scripts as they are read: the table of commands, and a line as one of them.
#include "cli/script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/script-line.h"
#include "cli/text.h"

// The properties of a command.
#define HAS_STATUS 1u // it ends with a status, which can be expected
#define HAS_ACTOR  2u // a thread of a process does it
#define STARTS     4u // it can be started, and waited for later

// In a pattern, words in capitals are operands (operand_kinds), others stand as they are; what [ opens may be
// left out, and ... repeats the word in front of it.
static const struct km_script_row rows[] = {
    {"add-device", KM_SCRIPT_ADD_DEVICE, HAS_STATUS, "PATH [NAME]"},
    {"assert information", KM_SCRIPT_ASSERT_INFORMATION, 0, "NUMBER"},
    {"assert log", KM_SCRIPT_ASSERT_LOG, 0, "TEXT"},
    {"assert no-finding", KM_SCRIPT_ASSERT_NO_FINDING, 0, ""},
    {"assert nothing-left", KM_SCRIPT_ASSERT_NOTHING_LEFT, 0, ""},
    {"assert output", KM_SCRIPT_ASSERT_OUTPUT, 0, "BYTES [at OFFSET]"},
    {"cancel", KM_SCRIPT_CANCEL, HAS_STATUS | HAS_ACTOR, "OPERATION"},
    {"close", KM_SCRIPT_CLOSE, HAS_STATUS | HAS_ACTOR, "OLD-FILE"},
    {"create-key", KM_SCRIPT_CREATE_KEY, HAS_STATUS | HAS_ACTOR, "KEY"},
    {"delete-key", KM_SCRIPT_DELETE_KEY, HAS_STATUS | HAS_ACTOR, "KEY"},
    {"delete-value", KM_SCRIPT_DELETE_VALUE, HAS_STATUS | HAS_ACTOR, "KEY NAME"},
    {"echo", KM_SCRIPT_ECHO, 0, "[TEXT]"},
    {"enumerate-key", KM_SCRIPT_ENUMERATE_KEY, HAS_STATUS | HAS_ACTOR, "KEY"},
    {"enumerate-values", KM_SCRIPT_ENUMERATE_VALUES, HAS_STATUS | HAS_ACTOR, "KEY"},
    {"execute-wmi", KM_SCRIPT_EXECUTE_WMI, HAS_STATUS, "GUID NAME NUMBER [BYTES [LENGTH]]"},
    {"exit", KM_SCRIPT_EXIT, HAS_STATUS, "OLD-THREAD [STATUS]"},
    {"ioctl", KM_SCRIPT_IOCTL, HAS_STATUS | HAS_ACTOR | STARTS, "FILE CODE [BYTES [LENGTH]]"},
    {"load", KM_SCRIPT_LOAD, HAS_STATUS, "PATH"},
    {"load-image", KM_SCRIPT_LOAD_IMAGE, HAS_STATUS | HAS_ACTOR, "NEW-IMAGE PATH"},
    {"load-registry", KM_SCRIPT_LOAD_REGISTRY, 0, "PATH"},
    {"lower-interrupt", KM_SCRIPT_LOWER_INTERRUPT, 0, "PLACE"},
    {"open", KM_SCRIPT_OPEN, HAS_STATUS | HAS_ACTOR, "NEW-FILE PATH [FLAG..."},
    {"plug", KM_SCRIPT_PLUG, 0, "PLACE"},
    {"power-setting", KM_SCRIPT_POWER_SETTING, HAS_STATUS, "NAME NUMBER"},
    {"process", KM_SCRIPT_PROCESS, HAS_STATUS, "NEW-PROCESS PATH [NAME] [as USER]"},
    {"query-value", KM_SCRIPT_QUERY_VALUE, HAS_STATUS | HAS_ACTOR, "KEY NAME"},
    {"query-wmi", KM_SCRIPT_QUERY_WMI, HAS_STATUS, "GUID NAME"},
    {"raise-interrupt", KM_SCRIPT_RAISE_INTERRUPT, 0, "PLACE [until NUMBER OFFSET]"},
    {"read", KM_SCRIPT_READ, HAS_STATUS | HAS_ACTOR | STARTS, "FILE LENGTH [at OFFSET]"},
    {"read-bar", KM_SCRIPT_READ_BAR, 0, "PLACE NUMBER OFFSET LENGTH"},
    {"remove-device", KM_SCRIPT_REMOVE_DEVICE, HAS_STATUS, "PATH"},
    {"resume", KM_SCRIPT_RESUME, HAS_STATUS, ""},
    {"save-registry", KM_SCRIPT_SAVE_REGISTRY, 0, "PATH"},
    {"set-value", KM_SCRIPT_SET_VALUE, HAS_STATUS | HAS_ACTOR, "KEY NAME TYPE BYTES"},
    {"set-wmi", KM_SCRIPT_SET_WMI, HAS_STATUS, "GUID NAME BYTES"},
    {"shutdown", KM_SCRIPT_SHUTDOWN, 0, ""},
    {"sleep", KM_SCRIPT_SLEEP, 0, "TIME"},
    {"snapshot", KM_SCRIPT_SNAPSHOT, 0, ""},
    {"start-device", KM_SCRIPT_START_DEVICE, HAS_STATUS, "PATH"},
    {"stop-device", KM_SCRIPT_STOP_DEVICE, HAS_STATUS, "PATH"},
    {"surprise-remove-device", KM_SCRIPT_SURPRISE_REMOVE_DEVICE, HAS_STATUS, "PATH"},
    {"suspend", KM_SCRIPT_SUSPEND, HAS_STATUS, "STATE"},
    {"system-call", KM_SCRIPT_SYSTEM_CALL, HAS_STATUS | HAS_ACTOR, "PATH [ARGUMENT..."},
    {"thread", KM_SCRIPT_THREAD, HAS_STATUS, "NEW-THREAD PROCESS"},
    {"unload", KM_SCRIPT_UNLOAD, 0, "PATH"},
    {"unload-image", KM_SCRIPT_UNLOAD_IMAGE, HAS_STATUS | HAS_ACTOR, "OLD-IMAGE"},
    {"unplug", KM_SCRIPT_UNPLUG, 0, "PLACE"},
    {"wait", KM_SCRIPT_WAIT, HAS_STATUS, "OLD-OPERATION [for TIME]"},
    {"wow64-process", KM_SCRIPT_WOW64_PROCESS, HAS_STATUS, "NEW-PROCESS PATH [NAME] [as USER]"},
    {"write", KM_SCRIPT_WRITE, HAS_STATUS | HAS_ACTOR | STARTS, "FILE BYTES [at OFFSET]"},
    {"write-bar", KM_SCRIPT_WRITE_BAR, 0, "PLACE NUMBER OFFSET BYTES"},
};

#define ROWS (sizeof rows / sizeof *rows)

bool km_line_complain(struct km_script_line *line, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(line->reason, sizeof line->reason, format, list);
    va_end(list);
    return false;
}

void km_script_append(struct km_script *script, const struct km_script_command *command)
{
    if (script->count == script->room) {
        script->room = script->room != 0 ? script->room * 2 : 32;
        struct km_script_command *larger = km_allocate(script->room, sizeof *larger);
        if (script->count != 0) {
            memcpy(larger, script->commands, script->count * sizeof *larger);
        }
        free(script->commands);
        script->commands = larger;
    }
    script->commands[script->count++] = *command;
}

// ---- A line

static bool wrong_operands(struct km_script_line *line)
{
    char shown[128];
    size_t length = 0;
    // As a person is to read it: whether a name is new goes without saying.
    for (const char *at = line->row->pattern; *at != '\0' && length + 1 < sizeof shown; at++) {
        if (strncmp(at, "NEW-", 4) == 0 || strncmp(at, "OLD-", 4) == 0) {
            at += 4;
        }
        shown[length++] = *at;
    }
    shown[length] = '\0';
    return length == 0 ? km_line_complain(line, "%s takes no operands", line->row->name)
                       : km_line_complain(line, "%s takes %s%s", line->row->name, shown,
                                          strchr(shown, '[') != NULL && shown[length - 1] != ']' ? "]" : "");
}

static bool take_operand(struct km_script_line *line, const char *kind, size_t length, const char *word)
{
    bool known;
    const bool taken = km_line_take_operand(line, kind, length, word, &known);
    return known ? taken
                 : (strlen(word) == length && strncmp(word, kind, length) == 0) || wrong_operands(line);
}

// Whether the operand of `length` characters at a pattern, which may be left out, is: the word is the one
// that opens what follows it.
static bool is_left_out(const char *pattern, size_t length, const char *word)
{
    const char *const gap = "] [";
    const char *next = pattern + length;
    if (strncmp(next, gap, strlen(gap)) != 0 || !islower((unsigned char)next[strlen(gap)])) {
        return false;
    }
    next += strlen(gap);
    return strlen(word) == strcspn(next, " ]") && strncmp(next, word, strlen(word)) == 0;
}

static bool take_operands(struct km_script_line *line, const char *const *words, size_t count)
{
    const char *pattern = line->row->pattern;
    bool optional = false, repeats = false;
    for (size_t i = 0; i < count || !optional;) {
        while (*pattern == ' ' || *pattern == '[') {
            optional = optional || *pattern == '[';
            pattern++;
        }
        const size_t length = strcspn(pattern, " ].");
        repeats = pattern[length] == '.';
        if (length == 0) {
            return i == count || wrong_operands(line);
        }
        if (i == count) {
            return optional || wrong_operands(line);
        }
        if (optional && is_left_out(pattern, length, words[i])) {
            pattern += length + 1;
            continue;
        }
        if (!take_operand(line, pattern, length, words[i])) {
            return false;
        }
        i++;
        if (repeats) {
            optional = true;
        } else {
            const size_t closed = strspn(pattern + length, "]");
            // A word that stands as it is wants all that follows it in its brackets.
            optional = closed != 0 || (optional && !islower((unsigned char)*pattern));
            pattern += length + closed;
        }
    }
    return true;
}

static const struct km_script_row *find_row(const char *const *words, size_t count, size_t *used)
{
    for (size_t i = 0; i < ROWS; i++) {
        const size_t first = strlen(words[0]);
        const char *name = rows[i].name;
        if (strcmp(name, words[0]) == 0) {
            *used = 1;
            return &rows[i];
        }
        if (count > 1 && strncmp(name, words[0], first) == 0 && name[first] == ' ' &&
            strcmp(name + first + 1, words[1]) == 0) {
            *used = 2;
            return &rows[i];
        }
    }
    return NULL;
}

static bool no_such_command(struct km_script_line *line, const char *word)
{
    const char *names[ROWS];
    size_t count = 0;
    if (strcmp(word, "assert") == 0) {
        return km_line_complain(line, "assert takes output, information, log, no-finding or nothing-left");
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (strchr(rows[i].name, ' ') == NULL) {
            names[count++] = rows[i].name;
        }
    }
    const char *nearest = km_nearest(word, names, count);
    return nearest != NULL
               ? km_line_complain(line, "there is no command '%.64s'; did you mean %s?", word, nearest)
               : km_line_complain(line, "there is no command '%.64s'", word);
}

// expect STATUS, as NAME, start NAME: in front of a command, in any order. Returns how many words, or
// KM_SCRIPT_NONE. *started is the operation's name.
static size_t take_prefixes(struct km_script_line *line, const char *const *words, size_t count,
                            const char **started)
{
    size_t at = 0;
    while (at < count) {
        const char *word = words[at];
        const bool expects = strcmp(word, "expect") == 0, is_as = strcmp(word, "as") == 0,
                   starts = strcmp(word, "start") == 0;
        if (!expects && !is_as && !starts) {
            return at;
        }
        if ((expects && line->command.expects) || (is_as && line->has_actor) ||
            (starts && *started != NULL)) {
            km_line_complain(line, "%s twice", word);
            return KM_SCRIPT_NONE;
        }
        if (at + 2 >= count) {
            km_line_complain(line, "%s takes %s and a command", word, expects ? "a STATUS" : "a NAME");
            return KM_SCRIPT_NONE;
        }
        if (expects) {
            line->command.expects = true;
            if (!km_script_status(words[at + 1], &line->command.expected, line->reason)) {
                return KM_SCRIPT_NONE;
            }
        } else if (is_as) {
            const struct km_script_name *actor =
                km_line_use_name(line, KM_SCRIPT_THREAD_THING, words[at + 1]);
            if (actor == NULL) {
                return KM_SCRIPT_NONE;
            }
            line->command.actor = actor->number;
            line->has_actor = true;
        } else {
            *started = words[at + 1];
        }
        at += 2;
    }
    return at;
}

static bool check_prefixes(struct km_script_line *line, const char *started)
{
    const struct km_script_row *row = line->row;
    if (line->command.expects && (row->properties & HAS_STATUS) == 0) {
        return km_line_complain(line, "%s ends with no status that could be expected", row->name);
    }
    if (line->has_actor && (row->properties & HAS_ACTOR) == 0) {
        return km_line_complain(line, "no process or thread does %s: it takes no 'as'", row->name);
    }
    if (started != NULL && (row->properties & STARTS) == 0) {
        return km_line_complain(line, "%s cannot be started: read, write and ioctl can", row->name);
    }
    if (started != NULL && line->command.expects) {
        return km_line_complain(line, "what is started has no status yet: expect it of the wait");
    }
    return true;
}

static bool read_words(struct km_script_line *line, const char *const *words, size_t count)
{
    const char *started = NULL;
    size_t used = 0;
    const size_t prefixes = take_prefixes(line, words, count, &started);
    if (prefixes == KM_SCRIPT_NONE) {
        return false;
    }
    line->prefixes = prefixes;
    line->row = find_row(words + prefixes, count - prefixes, &used);
    if (line->row == NULL) {
        return no_such_command(line, words[prefixes]);
    }
    line->command.verb = line->row->verb;
    if (!check_prefixes(line, started)) {
        return false;
    }
    if (!take_operands(line, words + prefixes + used, count - prefixes - used)) {
        return false;
    }
    if (started != NULL) {
        const size_t process = line->made.process;
        if (!km_line_make_name(line, KM_SCRIPT_OPERATION, started, &line->command.started)) {
            return false;
        }
        line->made.process = process;
    }
    if (line->command.verb == KM_SCRIPT_OPEN && line->command.access == 0) {
        line->command.access = GENERIC_READ | GENERIC_WRITE;
    }
    return true;
}

static void free_command(struct km_script_command *command)
{
    free(command->text);
    free(command->name);
    free(command->second_name);
    free(command->bytes.data);
    for (size_t i = 0; i < command->argument_count; i++) {
        free(command->arguments[i].bytes.data);
    }
    free(command->arguments);
}

bool km_script_add_line(struct km_script *script, const char *place, bool direct, const char *const *words,
                        size_t count, const struct km_script_reader *reader)
{
    struct km_script_line line = {.script = script,
                                  .reader = reader,
                                  .direct = direct,
                                  .command = {.place = place,
                                              .started = KM_SCRIPT_NONE,
                                              .offset = KM_SCRIPT_CURRENT_OFFSET,
                                              .time = KM_SCRIPT_FOREVER}};
    const bool good = read_words(&line, words, count);
    for (size_t i = line.prefixes; i < count; i++) {
        char *text = line.command.text;
        line.command.text = km_format("%s%s%s", text != NULL ? text : "", text != NULL ? " " : "", words[i]);
        free(text);
    }
    // What a wrong line would have made is made all the same, so that one mistake is complained of once.
    km_line_settle_names(&line);
    if (good) {
        km_script_append(script, &line.command);
    } else {
        reader->complain(reader->context, place, line.reason);
        free_command(&line.command);
    }
    return good;
}

void km_script_prepare(struct km_script *script)
{
    if (script->names == NULL) {
        script->names = km_allocate(1, sizeof *script->names);
        script->things[KM_SCRIPT_THREAD_THING] = 1;
    }
}

void km_script_free(struct km_script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free_command(&script->commands[i]);
    }
    free(script->commands);
    for (size_t i = 0; i < script->place_count; i++) {
        free(script->places[i]);
    }
    free(script->places);
    while (script->names != NULL && script->names->count != 0) {
        km_script_remove_name(script, script->names->count - 1);
    }
    if (script->names != NULL) {
        free(script->names->items);
    }
    free(script->names);
    *script = (struct km_script){0};
}
