// SPDX-License-Identifier: MIT
// A run under way: the machine, what is loaded in it, and how it has gone so far.
#ifndef KMODE_CLI_RUN_H
#define KMODE_CLI_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/report.h"
#include "cli/text.h"

// What a driver is to drive.
struct km_run_device {
    const char *service; // NULL: the first driver's
    const char *hardware_id;
};

struct km_run {
    km_machine *machine;
    bool quiet;
    struct km_strings loaded; // paths of the drivers that are loaded, in order
    struct km_strings waits;  // services of those whose DriverUnload waits for who uses their devices
    const struct km_run_device *devices;
    size_t device_count;
    bool no_device; // drivers get no device of their own
    size_t warned;  // so many of the imports that are not implemented have been told
    struct km_run_outcome outcome;
};

// Loads a driver, says on stderr which of its imports are not implemented, and starts a device for it if it
// is a Plug and Play driver.
enum km_result km_run_load(struct km_run *run, const char *path);

// Unloads a driver that is loaded, by its path or service; KM_NO_UNLOAD is not the driver's failure: KM_OK.
enum km_result km_run_unload(struct km_run *run, const char *path);

// Looks again at those whose unload has waited for who uses their devices: everybody is gone. One that is
// still there is a failure.
void km_run_finish_unload(struct km_run *run);

// Notes how a request to the machine ended, before the next one forgets it. The first failure stays, and a
// stop after it takes its place. problem NULL: the machine's own.
void km_run_note(struct km_run *run, const char *driver, enum km_result result, const char *problem);

#endif
