// SPDX-License-Identifier: MIT
// `kmode run --wine`: the same driver under Wine's kernel, a second and independent NT.
#ifndef KMODE_CLI_RUN_WINE_H
#define KMODE_CLI_RUN_WINE_H

// Starts and stops the driver under Wine, and copies what it prints (DbgPrint and its like) to stdout, one
// line a call. Wine does not tell whether a text ended in a newline: each is given one. Uses a Wine prefix of
// kmode's own in ${XDG_CACHE_HOME:-~/.cache}/kmode/wine, made at the first call; calls at the same time wait
// for each other. timeout_seconds limits each step of starting and stopping the driver. Returns KM_EXIT_OK;
// KM_EXIT_FAILED if the driver did not start or stop; KM_EXIT_UNLOADABLE if the file cannot be read;
// KM_EXIT_USAGE if Wine is not installed or its prefix cannot be made.
int km_run_wine(const char *sys_path, unsigned timeout_seconds);

#endif
