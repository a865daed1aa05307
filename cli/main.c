// SPDX-License-Identifier: MIT
// The kmode command: finds the command named first on the line and hands over.
#include "cli.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef KMODE_VERSION
#define KMODE_VERSION "0.1.0"
#endif

struct command {
    const char *name;
    const char *summary;
    int (*function)(int argc, char **argv);
};

static const struct command commands[] = {
    {"new", "make a new driver with its test and README", km_command_new},
    {"build", "build C and C++ sources to a driver, X.sys", km_command_build},
    {"run", "load a driver into kmode's kernel, unload it, print its log", km_command_run},
    {"test", "build a driver, run its tests, compare their logs", km_command_test},
    {"log", "print the log that a driver has kept in memory, from a dump", km_command_log},
    {"exports", "count which kernel routines kmode knows and implements", km_command_exports},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *file)
{
    fprintf(file, "Usage: kmode COMMAND [ARGUMENT...]\n"
                  "Write, build, run and test Windows kernel drivers on Linux.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(file, "  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    fprintf(file, "\n`kmode COMMAND --help` explains a command, `kmode --version` prints the version.\n"
                  "Exit status: 0 all is well, 1 the driver failed or has findings, 2 wrong usage,\n"
                  "3 the file cannot be loaded.\n");
}

static int run_command(const char *name, int argc, char **argv)
{
    const char *names[COMMAND_COUNT];
    static char called[32]; // outlives this call: flush_output speaks at exit

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
        if (strcmp(commands[i].name, name) == 0) {
            snprintf(called, sizeof(called), "kmode %s", name);
            km_set_speaker(called);
            argv[0] = called;
            return commands[i].function(argc, argv);
        }
    }

    const char *nearest = km_nearest(name, names, COMMAND_COUNT);
    if (nearest) {
        km_error("unknown command '%s'; did you mean '%s'?", name, nearest);
    } else {
        km_error("unknown command '%s'; `kmode --help` lists them", name);
    }
    return KM_EXIT_USAGE;
}

static int answer(int argc, char **argv)
{
    if (argc < 2) {
        km_error("a command is missing; `kmode --help` lists them");
        return KM_EXIT_USAGE;
    }

    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "-?") == 0 ||
        (strcmp(word, "help") == 0 && argc == 2)) {
        print_help(stdout);
        return KM_EXIT_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("kmode %s\n", KMODE_VERSION);
        return KM_EXIT_OK;
    }
    if (strcmp(word, "help") == 0) {
        char help[] = "--help";
        char *arguments[] = {argv[0], help, NULL};
        return run_command(argv[2], 2, arguments);
    }
    if (word[0] == '-') {
        static const char *const options[] = {"--help", "--version"};
        const char *nearest = km_nearest(word, options, 2);
        if (nearest) {
            km_error("unknown option '%s'; did you mean '%s'?", word, nearest);
        } else {
            km_error("unknown option '%s'; see `kmode --help`", word);
        }
        return KM_EXIT_USAGE;
    }
    return run_command(word, argc - 1, argv + 1);
}

// A standard stream that the caller closed would be the number of the next file that is opened. Opened the
// wrong way round, it stays an error to use it.
static bool reserve_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 &&
            open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) != stream) {
            return false;
        }
    }
    return true;
}

// A full disk is seen when the output is flushed, or was seen before; argp exits by itself after --help.
static void flush_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        km_error("cannot write the output");
        _exit(KM_EXIT_FAILED);
    }
}

int main(int argc, char **argv)
{
    argp_err_exit_status = KM_EXIT_USAGE;
    if (!reserve_standard_streams()) {
        return KM_EXIT_FAILED;
    }
    atexit(flush_output);
    return answer(argc, argv);
}
