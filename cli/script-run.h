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

// Carries the script's commands out until one of them fails: run->outcome, whose problem says which one.
// Their results are printed to stdout, and added to run->outcome.
void km_script_run_commands(struct km_script_run *script_run);

// Ends the processes that are left, so that drivers can be unloaded.
void km_script_run_finish(struct km_script_run *script_run);
void km_script_run_destroy(struct km_script_run *script_run);

#endif
