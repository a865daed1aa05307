// SPDX-License-Identifier: MIT
// kmode run --fail-allocations: the same run again and again, each time with the next allocation failing.
#ifndef KMODE_CLI_RUN_ALLOCATIONS_H
#define KMODE_CLI_RUN_ALLOCATIONS_H

#include <stdint.h>

// What a trial adds to its exit status: there were not so many allocations.
#define KM_TRIAL_NONE 64

// One run, in which allocation `number` of the drivers, from 1 on, fails; it is called in a process of its
// own, where stdout leads nowhere and stderr is shown only if the answer is no KM_EXIT_OK. Returns an exit
// status, or that and KM_TRIAL_NONE.
typedef int km_trial(void *context, uint64_t number);

// Calls trial for 1, 2, 3, ... until one adds KM_TRIAL_NONE, several at a time, and says how it went: one
// line on stderr, and what those have written that made mistakes. `what` is the drivers as the command line
// has them. Returns the exit status of the command.
int km_run_each_allocation(const char *what, km_trial *trial, void *context);

#endif
