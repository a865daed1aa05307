// SPDX-License-Identifier: MIT
// `kmode run --wine`: the same drivers under Wine's kernel, a second and independent NT.
#ifndef KMODE_CLI_RUN_WINE_H
#define KMODE_CLI_RUN_WINE_H

#include <stddef.h>

// Starts the drivers under Wine in order, up to the first that does not start, stops them in reverse, and
// copies what they print (DbgPrint and its like) to stdout, one line a call. Wine does not tell whether a
// text ended in a newline: each is given one. Uses a Wine prefix of kmode's own in
// ${XDG_CACHE_HOME:-~/.cache}/kmode/wine, made at the first call; calls at the same time, of whichever kmode,
// wait for each other. program, unless it is NULL, is a Windows program (a Linux path) that is run while the
// drivers are started; what it prints goes to stdout. timeout_seconds (0: none) limits each step: starting a
// driver, the program, stopping one. Returns KM_EXIT_OK; KM_EXIT_FAILED if a driver did not start or stop, or
// the program failed; KM_EXIT_UNLOADABLE if a file cannot be read, or two drivers have the same name;
// KM_EXIT_USAGE if Wine is not installed or its prefix cannot be made.
int km_run_wine(char *const *sys_paths, size_t count, const char *program, unsigned timeout_seconds);

#endif
