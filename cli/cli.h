// SPDX-License-Identifier: MIT
// What every command of `kmode` shares: exit statuses, how to speak to the user, and the commands themselves.
#ifndef KMODE_CLI_CLI_H
#define KMODE_CLI_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

enum km_exit {
    KM_EXIT_OK = 0,
    KM_EXIT_FAILED = 1, // the work was done and its result is bad: a compile error, a finding, a failed test
    KM_EXIT_USAGE = 2,  // the command line asks for what cannot be, or a tool is not installed
    KM_EXIT_UNLOADABLE = 3, // the file is no driver that could be loaded
};

// The commands. argv[0] is how the user called it ("kmode build"); each returns an enum km_exit.
int km_command_build(int argc, char **argv);
int km_command_exports(int argc, char **argv);
int km_command_log(int argc, char **argv);
int km_command_new(int argc, char **argv);
int km_command_run(int argc, char **argv);
int km_command_test(int argc, char **argv);

// Writes "kmode COMMAND: " and one line to stderr; the newline is added.
void km_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The name that km_error puts in front: the command being run. Kept, not copied.
void km_set_speaker(const char *name);

// Parses argv by argp, with --help as argp has it. A wrong command line gets one line on stderr that names
// the nearest option. An option's parser that has already spoken (km_error) returns ECANCELED. Returns
// KM_EXIT_OK, or KM_EXIT_USAGE; --help and --usage exit with 0.
int km_parse_arguments(const struct argp *argp, int argc, char **argv, void *input);

// Returns which of the count words looks most like word, or NULL if none is near enough to be meant.
const char *km_nearest(const char *word, const char *const *words, size_t count);

#endif
