// SPDX-License-Identifier: MIT
// A line of a script while it is read: its words become a command (script-parse.c), the operands among them
// values (script-word.c), and their names things that there are at that line (script-name.c).
#ifndef KMODE_CLI_SCRIPT_LINE_H
#define KMODE_CLI_SCRIPT_LINE_H

#include "cli/script.h"

#define GENERIC_READ  UINT32_C(0x80000000)
#define GENERIC_WRITE UINT32_C(0x40000000)

// A command of the language.
struct km_script_row {
    const char *name;
    enum km_script_verb verb;
    unsigned properties;
    const char *pattern;
};

struct km_script_name {
    char *name;
    enum km_script_thing kind;
    size_t number;
    size_t process; // number of the first thread of the process that it belongs to
    size_t owner;   // the thread that opened or started it
    size_t opened;  // of a path of the command line: the command that opens it
};

struct km_script_names {
    struct km_script_name *items;
    size_t count, room;
};

// The line that is being read.
struct km_script_line {
    struct km_script *script;
    const struct km_script_reader *reader;
    bool direct; // words of the command line
    const struct km_script_row *row;
    struct km_script_command command;
    size_t prefixes; // words in front of the command
    bool has_actor;
    bool ends_name; // the command takes the name at `ended` away
    size_t ended;
    struct km_script_name made; // the name that it makes; none if NULL
    char reason[KM_SCRIPT_REASON_BYTES];
};

// ---- script-parse.c

// Makes the names that are there from the start, once.
void km_script_prepare(struct km_script *script);

// Adds the command of a line's words, with their quotes; or, where direct, of the command line's. false: it
// is wrong, and has been complained of. place must live as long as the script.
bool km_script_add_line(struct km_script *script, const char *place, bool direct, const char *const *words,
                        size_t count, const struct km_script_reader *reader);

// Adds the command, whose strings become the script's.
void km_script_append(struct km_script *script, const struct km_script_command *command);

// The reason why the line is wrong. Returns false.
__attribute__((format(printf, 2, 3))) bool km_line_complain(struct km_script_line *line, const char *format,
                                                            ...);

// ---- script-word.c

// Takes a word as an operand of that kind, KIND's first `length` characters, into the line's command. false:
// the line's reason says why it is none. *known false: there is no such kind, so that the word must be KIND
// itself.
bool km_line_take_operand(struct km_script_line *line, const char *kind, size_t length, const char *word,
                          bool *known);

// ---- script-name.c

// KM_SCRIPT_NONE: there is none of that kind.
size_t km_line_find_name(const struct km_script_line *line, enum km_script_thing kind, const char *word);
// The same of a name that must be there: NULL, and the line's reason.
struct km_script_name *km_line_use_name(struct km_script_line *line, enum km_script_thing kind,
                                        const char *word);
// The name that the command makes, once it has been read. false: the line's reason.
bool km_line_make_name(struct km_script_line *line, enum km_script_thing kind, const char *word,
                       size_t *number);
// The name's string becomes the script's.
void km_script_add_name(struct km_script *script, const struct km_script_name *name);
void km_script_remove_name(struct km_script *script, size_t index);
// What the line's command has made is there from the next line on, and what it has ended is not.
void km_line_settle_names(struct km_script_line *line);

#endif
