// SPDX-License-Identifier: MIT
// `kmode run --wine`: the same drivers under Wine's kernel, a second and independent NT.
#ifndef KMODE_CLI_RUN_WINE_H
#define KMODE_CLI_RUN_WINE_H

#include <stdbool.h>
#include <stddef.h>

#include "run.h"

struct km_wine_run {
    char *const *drivers; // paths
    size_t driver_count;
    const struct km_run_device *devices; // what --device gives
    size_t device_count;
    bool no_device;
    const char *program;      // of Windows, a Linux path: run while the drivers are started; NULL: none
    unsigned timeout_seconds; // for each step: starting a driver, the program, stopping one; 0: none
};

// Starts the drivers under Wine in order, up to the first that does not start, stops them in reverse, and
// copies what they print (DbgPrint and its like) to stdout, one line a call; what the program prints goes
// there, too. Wine does not tell whether a text ended in a newline: each is given one. A Plug and Play driver
// has the devices that it would have on kmode's machine. Uses a Wine prefix of kmode's own in
// ${XDG_CACHE_HOME:-~/.cache}/kmode/wine, made at the first call; calls at the same time, of whichever kmode,
// wait for each other. Returns KM_EXIT_OK; KM_EXIT_FAILED if a driver did not start or stop, or the program
// failed; KM_EXIT_UNLOADABLE if a file cannot be read, or two drivers have the same name; KM_EXIT_USAGE if
// Wine is not installed or its prefix cannot be made.
int km_run_wine(const struct km_wine_run *what);

#endif
