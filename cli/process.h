// SPDX-License-Identifier: MIT
// Running other programs.
#ifndef KMODE_CLI_PROCESS_H
#define KMODE_CLI_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

// Where a child's input comes from, and its output goes; -1 leaves it where ours goes.
struct km_spawn {
    const char *folder; // the child's current folder, NULL for ours
    int input;          // 0: nothing, from /dev/null
    int output;
    int error_output;
};

// Starts argv[0], looked up in PATH.
// Returns its process id, or -1 with errno (ENOENT: no such program).
pid_t km_spawn(char *const *argv, const struct km_spawn *how);

// Waits for a child. Returns its exit status; 128 + the signal's number if a signal ended it; -1 with errno
// EINTR if a signal that km_catch_interrupts catches came, and the child has been ended.
int km_wait_child(pid_t child);

// The same, for at most seconds (0: for ever). When they have passed the child is ended, and the answer is -1
// with errno ETIMEDOUT.
int km_wait_limited(pid_t child, unsigned seconds);

// From now on SIGINT, SIGTERM and SIGHUP only set a flag, so that the caller can clean up.
void km_catch_interrupts(void);
bool km_interrupted(void);

// Ends this process by the signal that was caught; returns if none was.
void km_die_of_interrupt(void);

// Writes the command as a shell would take it, and a newline, to stderr.
void km_show_command(char *const *argv);

#endif
