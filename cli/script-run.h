// SPDX-License-Identifier: MIT
// A script carried out on a machine by the public API.
#ifndef KMODE_CLI_SCRIPT_RUN_H
#define KMODE_CLI_SCRIPT_RUN_H

#include "cli/run.h"
#include "cli/script.h"

// Called with what drivers print, as km_machine_options.debug_output: shows it on stdout, and keeps it in the
// struct km_script_log for `assert log`.
struct km_script_log {
    char *text;
    size_t bytes, room;
};

void km_script_log_add(void *log, const char *text, size_t bytes);

// What a command of one script shares with the others.
struct km_script_run;

struct km_script_run *km_script_run_create(struct km_run *run, const struct km_script *script,
                                           struct km_script_log *log);

// The bytes that the last command which had some has left.
struct km_script_output {
    uint8_t *data;
    size_t count;
};

// Makes the system call of a command; what its arguments point to becomes *output, which was the last one's.
// KM_OK, and *status is the call's; what the API answered; KM_FAILED and *problem. (script-call.c)
enum km_result km_script_call(km_thread *thread, const struct km_script_command *command,
                              km_file *const *files, struct km_script_output *output, uint32_t *status,
                              const char **problem);

// Carries the script's commands out until one of them fails: run->outcome, whose problem says which one.
// Their results are printed to stdout, and added to run->outcome.
void km_script_run_commands(struct km_script_run *script_run);

// Ends the processes that are left, so that drivers can be unloaded.
void km_script_run_finish(struct km_script_run *script_run);
void km_script_run_destroy(struct km_script_run *script_run);

#endif
