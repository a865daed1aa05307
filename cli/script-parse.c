// SPDX-License-Identifier: MIT
// Scripts as they are read: the table of commands, the words of a line, and what their names stand for. A
// script runs from top to bottom, so which names there are at a line is known before anything is carried out.
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
static const struct command_row {
    const char *name;
    enum km_script_verb verb;
    unsigned properties;
    const char *pattern;
} rows[] = {
    {"add-device", KM_SCRIPT_ADD_DEVICE, HAS_STATUS, "PATH [NAME]"},
    {"assert information", KM_SCRIPT_ASSERT_INFORMATION, 0, "NUMBER"},
    {"assert log", KM_SCRIPT_ASSERT_LOG, 0, "TEXT"},
    {"assert no-finding", KM_SCRIPT_ASSERT_NO_FINDING, 0, ""},
    {"assert output", KM_SCRIPT_ASSERT_OUTPUT, 0, "BYTES [at OFFSET]"},
    {"cancel", KM_SCRIPT_CANCEL, HAS_STATUS | HAS_ACTOR, "OPERATION"},
    {"close", KM_SCRIPT_CLOSE, HAS_STATUS | HAS_ACTOR, "OLD-FILE"},
    {"create-key", KM_SCRIPT_CREATE_KEY, HAS_STATUS | HAS_ACTOR, "KEY"},
    {"delete-key", KM_SCRIPT_DELETE_KEY, HAS_STATUS | HAS_ACTOR, "KEY"},
    {"delete-value", KM_SCRIPT_DELETE_VALUE, HAS_STATUS | HAS_ACTOR, "KEY NAME"},
    {"echo", KM_SCRIPT_ECHO, 0, "[TEXT]"},
    {"exit", KM_SCRIPT_EXIT, HAS_STATUS, "OLD-THREAD [STATUS]"},
    {"ioctl", KM_SCRIPT_IOCTL, HAS_STATUS | HAS_ACTOR | STARTS, "FILE CODE [BYTES [LENGTH]]"},
    {"load", KM_SCRIPT_LOAD, HAS_STATUS, "PATH"},
    {"load-registry", KM_SCRIPT_LOAD_REGISTRY, 0, "PATH"},
    {"open", KM_SCRIPT_OPEN, HAS_STATUS | HAS_ACTOR, "NEW-FILE PATH [FLAG..."},
    {"process", KM_SCRIPT_PROCESS, HAS_STATUS, "NEW-PROCESS PATH [NAME]"},
    {"query-value", KM_SCRIPT_QUERY_VALUE, HAS_STATUS | HAS_ACTOR, "KEY NAME"},
    {"read", KM_SCRIPT_READ, HAS_STATUS | HAS_ACTOR | STARTS, "FILE LENGTH [at OFFSET]"},
    {"remove-device", KM_SCRIPT_REMOVE_DEVICE, HAS_STATUS, "PATH"},
    {"save-registry", KM_SCRIPT_SAVE_REGISTRY, 0, "PATH"},
    {"set-value", KM_SCRIPT_SET_VALUE, HAS_STATUS | HAS_ACTOR, "KEY NAME TYPE BYTES"},
    {"shutdown", KM_SCRIPT_SHUTDOWN, 0, ""},
    {"sleep", KM_SCRIPT_SLEEP, 0, "TIME"},
    {"start-device", KM_SCRIPT_START_DEVICE, HAS_STATUS, "PATH"},
    {"stop-device", KM_SCRIPT_STOP_DEVICE, HAS_STATUS, "PATH"},
    {"surprise-remove-device", KM_SCRIPT_SURPRISE_REMOVE_DEVICE, HAS_STATUS, "PATH"},
    {"thread", KM_SCRIPT_THREAD, HAS_STATUS, "NEW-THREAD PROCESS"},
    {"unload", KM_SCRIPT_UNLOAD, 0, "PATH"},
    {"wait", KM_SCRIPT_WAIT, HAS_STATUS, "OLD-OPERATION [for TIME]"},
    {"write", KM_SCRIPT_WRITE, HAS_STATUS | HAS_ACTOR | STARTS, "FILE BYTES [at OFFSET]"},
};

#define ROWS (sizeof rows / sizeof *rows)

struct script_name {
    char *name;
    enum km_script_thing kind;
    size_t number;
    size_t process; // number of the first thread of the process that it belongs to
    size_t owner;   // the thread that opened or started it
    size_t opened;  // of a path of the command line: the command that opens it
};

struct km_script_names {
    struct script_name *items;
    size_t count, room;
};

// The line that is being read.
struct line {
    struct km_script *script;
    const struct km_script_reader *reader;
    bool direct; // words of the command line
    const struct command_row *row;
    struct km_script_command command;
    size_t prefixes; // words in front of the command
    bool has_actor;
    bool ends_name; // the command takes the name at `ended` away
    size_t ended;
    struct script_name made; // the name that it makes; none if NULL
    char reason[KM_SCRIPT_REASON_BYTES];
};

__attribute__((format(printf, 2, 3))) static bool complain(struct line *line, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(line->reason, sizeof line->reason, format, list);
    va_end(list);
    return false;
}

// ---- Names

static const char *const thing_names[] = {
    [KM_SCRIPT_FILE] = "file", [KM_SCRIPT_OPERATION] = "operation", [KM_SCRIPT_THREAD_THING] = "thread"};

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

// KM_SCRIPT_NONE: there is none of that kind.
static size_t find_name(const struct line *line, enum km_script_thing kind, const char *word)
{
    const struct km_script_names *names = line->script->names;
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].kind == kind && strcmp(names->items[i].name, word) == 0) {
            return i;
        }
    }
    return KM_SCRIPT_NONE;
}

static struct script_name *use_name(struct line *line, enum km_script_thing kind, const char *word)
{
    const size_t found = find_name(line, kind, word);
    if (found == KM_SCRIPT_NONE) {
        complain(line, "there is no %s '%.64s' at this line", thing_names[kind], word);
        return NULL;
    }
    line->ended = found;
    return &line->script->names->items[found];
}

static void add_name(struct km_script *script, const struct script_name *name)
{
    struct km_script_names *names = script->names;
    if (names->count == names->room) {
        names->room = names->room != 0 ? names->room * 2 : 16;
        struct script_name *larger = km_allocate(names->room, sizeof *larger);
        if (names->count != 0) {
            memcpy(larger, names->items, names->count * sizeof *larger);
        }
        free(names->items);
        names->items = larger;
    }
    names->items[names->count++] = *name;
}

static void remove_name(struct km_script *script, size_t index)
{
    struct km_script_names *names = script->names;
    free(names->items[index].name);
    names->count--;
    memmove(&names->items[index], &names->items[index + 1], (names->count - index) * sizeof *names->items);
}

// The name that the command makes, once it has been read.
static bool make_name(struct line *line, enum km_script_thing kind, const char *word, size_t *number)
{
    if (!is_name(word)) {
        return complain(line, "'%.64s' is no name: letters, digits, _ and -", word);
    }
    if (find_name(line, kind, word) != KM_SCRIPT_NONE) {
        return complain(line, "there is a %s '%.64s' already", thing_names[kind], word);
    }
    if (line->made.name == NULL) {
        *number = line->script->things[kind]++;
        line->made = (struct script_name){.name = km_copy_string(word),
                                          .kind = kind,
                                          .number = *number,
                                          .process = *number,
                                          .opened = KM_SCRIPT_NONE};
    }
    return true;
}

// ---- Operands

static void append_command(struct km_script *script, const struct km_script_command *command)
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

#define GENERIC_READ  UINT32_C(0x80000000)
#define GENERIC_WRITE UINT32_C(0x40000000)

// The command line names devices by their paths: the first one that does opens it.
static struct script_name *open_path(struct line *line, const char *path)
{
    struct km_script *script = line->script;
    const size_t found = find_name(line, KM_SCRIPT_FILE, path);
    if (found != KM_SCRIPT_NONE) {
        return &script->names->items[found];
    }
    const struct script_name made = {.name = km_copy_string(path),
                                     .kind = KM_SCRIPT_FILE,
                                     .number = script->things[KM_SCRIPT_FILE]++,
                                     .opened = script->count};
    append_command(script, &(struct km_script_command){.place = line->command.place,
                                                       .text = km_format("open %s", path),
                                                       .verb = KM_SCRIPT_OPEN,
                                                       .started = KM_SCRIPT_NONE,
                                                       .file = made.number,
                                                       .name = km_copy_string(path)});
    add_name(script, &made);
    return &script->names->items[script->names->count - 1];
}

static bool take_file(struct line *line, const char *word)
{
    struct script_name *name = line->direct ? open_path(line, word) : use_name(line, KM_SCRIPT_FILE, word);
    if (name == NULL) {
        return false;
    }
    if (!line->has_actor) {
        line->command.actor = name->owner;
        line->has_actor = true;
    }
    line->command.file = name->number;
    line->made.process = name->process;
    if (line->direct) {
        line->script->commands[name->opened].access |= line->row->verb == KM_SCRIPT_READ ? GENERIC_READ
                                                       : line->row->verb == KM_SCRIPT_WRITE
                                                           ? GENERIC_WRITE
                                                           : GENERIC_READ | GENERIC_WRITE;
    }
    return true;
}

static bool take_old_file(struct line *line, const char *word)
{
    line->ends_name = !line->direct && take_file(line, word);
    return line->ends_name;
}

static bool take_new_file(struct line *line, const char *word)
{
    return make_name(line, KM_SCRIPT_FILE, word, &line->command.file);
}

static bool take_operation(struct line *line, const char *word)
{
    const struct script_name *name = use_name(line, KM_SCRIPT_OPERATION, word);
    if (name == NULL) {
        return false;
    }
    line->command.operation = name->number;
    if (!line->has_actor) {
        line->command.actor = name->owner;
        line->has_actor = true;
    }
    return true;
}

static bool take_old_operation(struct line *line, const char *word)
{
    line->ends_name = take_operation(line, word);
    return line->ends_name;
}

static bool take_old_thread(struct line *line, const char *word)
{
    const struct script_name *name = use_name(line, KM_SCRIPT_THREAD_THING, word);
    if (name == NULL) {
        return false;
    }
    line->ends_name = true;
    line->command.thread = name->number;
    line->command.is_process = name->process == name->number;
    return true;
}

static bool take_process(struct line *line, const char *word)
{
    const struct script_name *name = use_name(line, KM_SCRIPT_THREAD_THING, word);
    if (name == NULL) {
        return false;
    }
    if (name->process != name->number) {
        return complain(line, "'%.64s' is a thread, not a process", word);
    }
    line->command.actor = name->number;
    line->made.process = name->number;
    return true;
}

static bool take_new_thread(struct line *line, const char *word)
{
    return make_name(line, KM_SCRIPT_THREAD_THING, word, &line->command.thread);
}

// Words are as they are written, with their quotes.
static char *unquote(const struct line *line, const char *word)
{
    char *text = km_copy_string(word), *end = text, quote = '\0';
    for (; *word != '\0' && !line->direct; word++) {
        if (quote != '\0' ? *word == quote : *word == '"' || *word == '\'') {
            quote = quote != '\0' ? '\0' : *word;
        } else {
            *end++ = *word;
        }
    }
    if (!line->direct) {
        *end = '\0';
    }
    return text;
}

static bool take_path(struct line *line, const char *word)
{
    free(line->command.name);
    line->command.name = unquote(line, word);
    return *line->command.name != '\0' || complain(line, "an empty name");
}

static bool take_second_name(struct line *line, const char *word)
{
    line->command.second_name = unquote(line, word);
    return true;
}

// HKEY_LOCAL_MACHINE and the like, or \Registry\...
static bool take_key(struct line *line, const char *word)
{
    static const struct {
        const char *name, *kernel;
    } roots[] = {{"HKEY_LOCAL_MACHINE", "\\Registry\\Machine"},
                 {"HKLM", "\\Registry\\Machine"},
                 {"HKEY_USERS", "\\Registry\\User"},
                 {"HKU", "\\Registry\\User"},
                 {"\\Registry", "\\Registry"}};
    char *key = unquote(line, word);
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        const size_t length = strlen(roots[i].name);
        if (strncasecmp(key, roots[i].name, length) == 0 && (key[length] == '\\' || key[length] == '\0')) {
            line->command.name = km_format("%s%s", roots[i].kernel, key + length);
            free(key);
            return true;
        }
    }
    complain(line, "'%.64s' is no key: HKLM\\..., HKU\\... or \\Registry\\...", key);
    free(key);
    return false;
}

// The rest of the line; quotes around all of it are no part of it.
static bool take_text(struct line *line, const char *word)
{
    const size_t length = strlen(word);
    const bool quoted = length >= 2 && (*word == '"' || *word == '\'') && word[length - 1] == *word;
    free(line->command.name);
    line->command.name = km_format("%.*s", (int)(length - 2 * quoted), word + quoted);
    return true;
}

static bool take_flag(struct line *line, const char *word)
{
    static const struct {
        const char *name;
        uint32_t access, flags;
    } flags[] = {{"read", GENERIC_READ, 0}, {"write", GENERIC_WRITE, 0},
                 {"attributes", 0x80, 0}, // FILE_READ_ATTRIBUTES
                 {"overlapped", 0, 1},    // KM_OPEN_OVERLAPPED
                 {"create", 0, 2},        // KM_OPEN_CREATE
                 {"exclusive", 0, 4}};    // KM_OPEN_EXCLUSIVE
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(flags[i].name, word) == 0) {
            line->command.access |= flags[i].access;
            line->command.flags |= flags[i].flags;
            return true;
        }
    }
    return complain(
        line, "'%.64s': a file is opened to read, write, attributes, overlapped, create, exclusive", word);
}

static bool take_length(struct line *line, const char *word)
{
    uint64_t number;
    if (!km_script_number(word, &number, line->reason)) {
        return false;
    }
    line->command.length = (uint32_t)number;
    return number <= KM_SCRIPT_MOST_LENGTH ||
           complain(line, "'%.64s' is more than a buffer of a script has (16 MB)", word);
}

static bool take_offset(struct line *line, const char *word)
{
    return km_script_number(word, &line->command.offset, line->reason) &&
           (line->command.offset <= INT64_MAX || complain(line, "'%.64s' is too large for an offset", word));
}

static bool take_number(struct line *line, const char *word)
{
    return km_script_number(word, &line->command.number, line->reason);
}

static bool take_status(struct line *line, const char *word)
{
    uint32_t status;
    if (!km_script_status(word, &status, line->reason)) {
        return false;
    }
    line->command.number = status;
    return true;
}

static bool take_code(struct line *line, const char *word)
{
    return km_script_code(word, &line->command.code, line->reason);
}

static bool take_time(struct line *line, const char *word)
{
    return km_script_time(word, &line->command.time, line->reason) &&
           (line->row->verb != KM_SCRIPT_SLEEP || line->command.time != KM_SCRIPT_FOREVER ||
            complain(line, "nobody sleeps forever"));
}

static bool take_bytes(struct line *line, const char *word)
{
    return km_script_bytes(word, line->reader, &line->command.bytes, line->reason);
}

static bool take_type(struct line *line, const char *word)
{
    return km_script_value_type(word, &line->command.type, line->reason);
}

static const struct {
    const char *name;
    bool (*take)(struct line *line, const char *word);
} operand_kinds[] = {
    {"BYTES", take_bytes},
    {"CODE", take_code},
    {"FILE", take_file},
    {"FLAG", take_flag},
    {"KEY", take_key},
    {"LENGTH", take_length},
    {"NAME", take_second_name},
    {"NEW-FILE", take_new_file},
    {"NEW-PROCESS", take_new_thread},
    {"NEW-THREAD", take_new_thread},
    {"NUMBER", take_number},
    {"OFFSET", take_offset},
    {"OLD-FILE", take_old_file},
    {"OLD-OPERATION", take_old_operation},
    {"OLD-THREAD", take_old_thread},
    {"OPERATION", take_operation},
    {"PATH", take_path},
    {"PROCESS", take_process},
    {"STATUS", take_status},
    {"TEXT", take_text},
    {"TIME", take_time},
    {"TYPE", take_type},
};

// ---- A line

static bool wrong_operands(struct line *line)
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
    return length == 0 ? complain(line, "%s takes no operands", line->row->name)
                       : complain(line, "%s takes %s%s", line->row->name, shown,
                                  strchr(shown, '[') != NULL && shown[length - 1] != ']' ? "]" : "");
}

static bool take_operand(struct line *line, const char *kind, size_t length, const char *word)
{
    for (size_t i = 0; i < sizeof operand_kinds / sizeof *operand_kinds; i++) {
        if (strlen(operand_kinds[i].name) == length && strncmp(operand_kinds[i].name, kind, length) == 0) {
            return operand_kinds[i].take(line, word);
        }
    }
    return strlen(word) == length && strncmp(word, kind, length) == 0 ? true : wrong_operands(line);
}

static bool take_operands(struct line *line, const char *const *words, size_t count)
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
        if (!take_operand(line, pattern, length, words[i])) {
            return false;
        }
        i++;
        if (repeats) {
            optional = true;
        } else {
            pattern += length + strspn(pattern + length, "]");
            // A word that stands as it is wants what follows it.
            if (islower((unsigned char)pattern[-1]) && i == count) {
                return wrong_operands(line);
            }
        }
    }
    return true;
}

static const struct command_row *find_row(const char *const *words, size_t count, size_t *used)
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

static bool no_such_command(struct line *line, const char *word)
{
    const char *names[ROWS];
    size_t count = 0;
    if (strcmp(word, "assert") == 0) {
        return complain(line, "assert takes output, information, log or no-finding");
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (strchr(rows[i].name, ' ') == NULL) {
            names[count++] = rows[i].name;
        }
    }
    const char *nearest = km_nearest(word, names, count);
    return nearest != NULL ? complain(line, "there is no command '%.64s'; did you mean %s?", word, nearest)
                           : complain(line, "there is no command '%.64s'", word);
}

// expect STATUS, as NAME, start NAME: in front of a command, in any order. Returns how many words, or
// KM_SCRIPT_NONE. *started is the operation's name.
static size_t take_prefixes(struct line *line, const char *const *words, size_t count, const char **started)
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
            complain(line, "%s twice", word);
            return KM_SCRIPT_NONE;
        }
        if (at + 2 >= count) {
            complain(line, "%s takes %s and a command", word, expects ? "a STATUS" : "a NAME");
            return KM_SCRIPT_NONE;
        }
        if (expects) {
            line->command.expects = true;
            if (!km_script_status(words[at + 1], &line->command.expected, line->reason)) {
                return KM_SCRIPT_NONE;
            }
        } else if (is_as) {
            const struct script_name *actor = use_name(line, KM_SCRIPT_THREAD_THING, words[at + 1]);
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

static bool check_prefixes(struct line *line, const char *started)
{
    const struct command_row *row = line->row;
    if (line->command.expects && (row->properties & HAS_STATUS) == 0) {
        return complain(line, "%s ends with no status that could be expected", row->name);
    }
    if (line->has_actor && (row->properties & HAS_ACTOR) == 0) {
        return complain(line, "no process or thread does %s: it takes no 'as'", row->name);
    }
    if (started != NULL && (row->properties & STARTS) == 0) {
        return complain(line, "%s cannot be started: read, write and ioctl can", row->name);
    }
    if (started != NULL && line->command.expects) {
        return complain(line, "what is started has no status yet: expect it of the wait");
    }
    return true;
}

static size_t process_of(const struct line *line, size_t thread)
{
    const struct km_script_names *names = line->script->names;
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].kind == KM_SCRIPT_THREAD_THING && names->items[i].number == thread) {
            return names->items[i].process;
        }
    }
    return thread;
}

// What the command has made is there from the next line on, and what it has ended is not.
static void settle_names(struct line *line)
{
    struct km_script *script = line->script;
    struct km_script_names *names = script->names;
    const bool fails = line->command.expects && line->command.expected >= UINT32_C(0x80000000);
    const bool goes_on = line->command.expects && line->command.verb == KM_SCRIPT_WAIT &&
                         (line->command.expected == 0x103 || line->command.expected == 0x102);
    if (line->command.verb == KM_SCRIPT_SHUTDOWN) {
        while (names->count != 0) {
            remove_name(script, names->count - 1);
        }
    }
    if (line->ends_name && !goes_on && (!fails || line->command.verb == KM_SCRIPT_WAIT)) {
        if (line->command.verb == KM_SCRIPT_EXIT && line->command.is_process) {
            for (size_t i = names->count; i-- > 0;) {
                if (names->items[i].process == line->command.thread) {
                    remove_name(script, i);
                }
            }
        } else {
            remove_name(script, line->ended);
        }
    }
    if (line->made.name != NULL && !fails) {
        line->made.owner = line->command.actor;
        if (line->made.kind == KM_SCRIPT_FILE) {
            line->made.process = process_of(line, line->command.actor);
        }
        add_name(script, &line->made);
    } else {
        free(line->made.name);
    }
}

static bool read_words(struct line *line, const char *const *words, size_t count)
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
        if (!make_name(line, KM_SCRIPT_OPERATION, started, &line->command.started)) {
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
}

bool km_script_add_line(struct km_script *script, const char *place, bool direct, const char *const *words,
                        size_t count, const struct km_script_reader *reader)
{
    struct line line = {.script = script,
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
    settle_names(&line);
    if (good) {
        append_command(script, &line.command);
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
        remove_name(script, script->names->count - 1);
    }
    if (script->names != NULL) {
        free(script->names->items);
    }
    free(script->names);
    *script = (struct km_script){0};
}
