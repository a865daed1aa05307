// SPDX-License-Identifier: MIT
// The words of a line as operands of its command.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/script-line.h"
#include "cli/text.h"

// The command line names devices by their paths: the first one that does opens it.
static struct km_script_name *open_path(struct km_script_line *line, const char *path)
{
    struct km_script *script = line->script;
    const size_t found = km_line_find_name(line, KM_SCRIPT_FILE, path);
    if (found != KM_SCRIPT_NONE) {
        return &script->names->items[found];
    }
    const struct km_script_name made = {.name = km_copy_string(path),
                                        .kind = KM_SCRIPT_FILE,
                                        .number = script->things[KM_SCRIPT_FILE]++,
                                        .opened = script->count};
    km_script_append(script, &(struct km_script_command){.place = line->command.place,
                                                         .text = km_format("open %s", path),
                                                         .verb = KM_SCRIPT_OPEN,
                                                         .started = KM_SCRIPT_NONE,
                                                         .file = made.number,
                                                         .name = km_copy_string(path)});
    km_script_add_name(script, &made);
    return &script->names->items[script->names->count - 1];
}

static bool take_file(struct km_script_line *line, const char *word)
{
    struct km_script_name *name =
        line->direct ? open_path(line, word) : km_line_use_name(line, KM_SCRIPT_FILE, word);
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

static bool take_old_file(struct km_script_line *line, const char *word)
{
    line->ends_name = !line->direct && take_file(line, word);
    return line->ends_name;
}

static bool take_new_file(struct km_script_line *line, const char *word)
{
    return km_line_make_name(line, KM_SCRIPT_FILE, word, &line->command.file);
}

static bool take_new_image(struct km_script_line *line, const char *word)
{
    return km_line_make_name(line, KM_SCRIPT_IMAGE, word, &line->command.image);
}

static bool take_old_image(struct km_script_line *line, const char *word)
{
    const struct km_script_name *name = km_line_use_name(line, KM_SCRIPT_IMAGE, word);
    if (name == NULL) {
        return false;
    }
    line->ends_name = true;
    line->command.image = name->number;
    if (!line->has_actor) {
        line->command.actor = name->owner;
        line->has_actor = true;
    }
    return true;
}

static bool take_operation(struct km_script_line *line, const char *word)
{
    const struct km_script_name *name = km_line_use_name(line, KM_SCRIPT_OPERATION, word);
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

static bool take_old_operation(struct km_script_line *line, const char *word)
{
    line->ends_name = take_operation(line, word);
    return line->ends_name;
}

static bool take_old_thread(struct km_script_line *line, const char *word)
{
    const struct km_script_name *name = km_line_use_name(line, KM_SCRIPT_THREAD_THING, word);
    if (name == NULL) {
        return false;
    }
    line->ends_name = true;
    line->command.thread = name->number;
    line->command.is_process = name->process == name->number;
    return true;
}

static bool take_process(struct km_script_line *line, const char *word)
{
    const struct km_script_name *name = km_line_use_name(line, KM_SCRIPT_THREAD_THING, word);
    if (name == NULL) {
        return false;
    }
    if (name->process != name->number) {
        return km_line_complain(line, "'%.64s' is a thread, not a process", word);
    }
    line->command.actor = name->number;
    line->made.process = name->number;
    return true;
}

static bool take_new_thread(struct km_script_line *line, const char *word)
{
    return km_line_make_name(line, KM_SCRIPT_THREAD_THING, word, &line->command.thread);
}

// Words are as they are written, with their quotes.
static char *unquote(const struct km_script_line *line, const char *word)
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

static bool take_path(struct km_script_line *line, const char *word)
{
    free(line->command.name);
    line->command.name = unquote(line, word);
    return *line->command.name != '\0' || km_line_complain(line, "an empty name");
}

static bool take_second_name(struct km_script_line *line, const char *word)
{
    line->command.second_name = unquote(line, word);
    return true;
}

// HKEY_LOCAL_MACHINE and the like, or \Registry\...
static bool take_key(struct km_script_line *line, const char *word)
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
    km_line_complain(line, "'%.64s' is no key: HKLM\\..., HKU\\... or \\Registry\\...", key);
    free(key);
    return false;
}

// The rest of the line; quotes around all of it are no part of it.
static bool take_text(struct km_script_line *line, const char *word)
{
    const size_t length = strlen(word);
    const bool quoted = length >= 2 && (*word == '"' || *word == '\'') && word[length - 1] == *word;
    free(line->command.name);
    line->command.name = km_format("%.*s", (int)(length - 2 * quoted), word + quoted);
    return true;
}

static bool take_flag(struct km_script_line *line, const char *word)
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
    return km_line_complain(
        line, "'%.64s': a file is opened to read, write, attributes, overlapped, create, exclusive", word);
}

static bool take_length(struct km_script_line *line, const char *word)
{
    uint64_t number;
    if (!km_script_number(word, &number, line->reason)) {
        return false;
    }
    line->command.length = (uint32_t)number;
    return number <= KM_SCRIPT_MOST_LENGTH ||
           km_line_complain(line, "'%.64s' is more than a buffer of a script has (16 MB)", word);
}

static bool take_offset(struct km_script_line *line, const char *word)
{
    return km_script_number(word, &line->command.offset, line->reason) &&
           (line->command.offset <= INT64_MAX ||
            km_line_complain(line, "'%.64s' is too large for an offset", word));
}

static bool take_number(struct km_script_line *line, const char *word)
{
    return km_script_number(word, &line->command.number, line->reason);
}

static bool take_status(struct km_script_line *line, const char *word)
{
    uint32_t status;
    if (!km_script_status(word, &status, line->reason)) {
        return false;
    }
    line->command.number = status;
    return true;
}

static bool take_code(struct km_script_line *line, const char *word)
{
    return km_script_code(word, &line->command.code, line->reason);
}

static bool take_place(struct km_script_line *line, const char *word)
{
    return km_script_pci_place(word, &line->command.code, line->reason);
}

static bool take_time(struct km_script_line *line, const char *word)
{
    return km_script_time(word, &line->command.time, line->reason) &&
           (line->row->verb != KM_SCRIPT_SLEEP || line->command.time != KM_SCRIPT_FOREVER ||
            km_line_complain(line, "nobody sleeps forever"));
}

static bool take_bytes(struct km_script_line *line, const char *word)
{
    return km_script_bytes(word, line->reader, &line->command.bytes, line->reason);
}

static bool take_type(struct km_script_line *line, const char *word)
{
    return km_script_value_type(word, &line->command.type, line->reason);
}

static bool take_user(struct km_script_line *line, const char *word)
{
    static const char *const users[] = {"system", "standard-user", "administrator", "elevated-administrator",
                                        "limited-administrator"}; // by enum km_user
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        if (strcmp(users[i], word) == 0) {
            line->command.user = (uint32_t)i;
            return true;
        }
    }
    return km_line_complain(line,
                            "'%.64s': a process runs as system, standard-user, administrator, "
                            "elevated-administrator or limited-administrator",
                            word);
}

// S1 to S4; number is the digit.
static bool take_state(struct km_script_line *line, const char *word)
{
    if ((word[0] != 'S' && word[0] != 's') || word[1] < '1' || word[1] > '4' || word[2] != '\0') {
        return km_line_complain(line, "'%.64s' is no state to sleep in: S1, S2, S3, or S4, to hibernate",
                                word);
    }
    line->command.number = (uint64_t)(word[1] - '0');
    return true;
}

// A number, &BYTES, handle:FILE, output:OFFSET.
static bool take_argument(struct km_script_line *line, const char *word)
{
    static const char handle[] = "handle:", output[] = "output:";
    struct km_script_command *command = &line->command;
    if (command->argument_count == KM_SCRIPT_MOST_ARGUMENTS) {
        return km_line_complain(line, "a system call has at most %u arguments", KM_SCRIPT_MOST_ARGUMENTS);
    }
    if (command->arguments == NULL) {
        command->arguments = km_allocate(KM_SCRIPT_MOST_ARGUMENTS, sizeof *command->arguments);
    }
    struct km_script_argument *argument = &command->arguments[command->argument_count++];
    if (*word == '&') {
        argument->kind = KM_SCRIPT_MEMORY_ARGUMENT;
        return km_script_bytes(word + 1, line->reader, &argument->bytes, line->reason) &&
               (!argument->bytes.absent || km_line_complain(line, "'&-' is the address of nothing: 0"));
    }
    if (strncmp(word, handle, strlen(handle)) == 0) {
        if (!take_file(line, word + strlen(handle))) {
            return false;
        }
        argument->kind = KM_SCRIPT_FILE_ARGUMENT;
        argument->number = command->file;
        return true;
    }
    const bool is_output = strncmp(word, output, strlen(output)) == 0;
    argument->kind = is_output ? KM_SCRIPT_OUTPUT_ARGUMENT : KM_SCRIPT_NUMBER_ARGUMENT;
    return km_script_number(is_output ? word + strlen(output) : word, &argument->number, line->reason);
}

static const struct {
    const char *name;
    bool (*take)(struct km_script_line *line, const char *word);
} operand_kinds[] = {
    {"ARGUMENT", take_argument},
    {"BYTES", take_bytes},
    {"CODE", take_code},
    {"FILE", take_file},
    {"FLAG", take_flag},
    {"GUID", take_path},
    {"KEY", take_key},
    {"LENGTH", take_length},
    {"NAME", take_second_name},
    {"NEW-FILE", take_new_file},
    {"NEW-IMAGE", take_new_image},
    {"NEW-PROCESS", take_new_thread},
    {"NEW-THREAD", take_new_thread},
    {"NUMBER", take_number},
    {"OFFSET", take_offset},
    {"OLD-FILE", take_old_file},
    {"OLD-IMAGE", take_old_image},
    {"OLD-OPERATION", take_old_operation},
    {"OLD-THREAD", take_old_thread},
    {"OPERATION", take_operation},
    {"PATH", take_path},
    {"PLACE", take_place},
    {"PROCESS", take_process},
    {"STATE", take_state},
    {"STATUS", take_status},
    {"TEXT", take_text},
    {"TIME", take_time},
    {"TYPE", take_type},
    {"USER", take_user},
};
bool km_line_take_operand(struct km_script_line *line, const char *kind, size_t length, const char *word,
                          bool *known)
{
    for (size_t i = 0; i < sizeof operand_kinds / sizeof *operand_kinds; i++) {
        if (strlen(operand_kinds[i].name) == length && strncmp(operand_kinds[i].name, kind, length) == 0) {
            *known = true;
            return operand_kinds[i].take(line, word);
        }
    }
    *known = false;
    return true;
}
