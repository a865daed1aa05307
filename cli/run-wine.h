// SPDX-License-Identifier: MIT
// `kmode run --wine`: the same driver under Wine's kernel, a second and independent NT.
#ifndef KMODE_CLI_RUN_WINE_H
#define KMODE_CLI_RUN_WINE_H

// Starts and stops the driver under Wine, and copies what it prints (DbgPrint and its like) to stdout, one
// line a call. Wine does not tell whether a text ended in a newline: each is given one. Uses a Wine prefix of
// kmode's own in ${XDG_CACHE_HOME:-~/.cache}/kmode/wine, made at the first call; calls at the same time wait
// for each other. program, unless it is NULL, is a Windows program (a Linux path) that is run while the
// driver is started; what it prints goes to stdout. timeout_seconds limits each step: starting, the program,
// stopping. Returns KM_EXIT_OK; KM_EXIT_FAILED if the driver did not start or stop, or the program failed;
// KM_EXIT_UNLOADABLE if a file cannot be read; KM_EXIT_USAGE if Wine is not installed or its prefix cannot be
// made.
int km_run_wine(const char *sys_path, const char *program, unsigned timeout_seconds);

#endif
