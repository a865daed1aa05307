// SPDX-License-Identifier: MIT
// kmode run: drivers loaded and unloaded, and what is said of it.
#include "cli/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "machine/names.h"

#define STATUS_NO_SUCH_DEVICE UINT32_C(0xC000000E)

static void warn_unimplemented(struct km_run *run)
{
    const char *driver, *module, *name;
    size_t first = run->warned;
    for (; km_unimplemented_import(run->machine, run->warned, &driver, &module, &name); run->warned++) {
        if (run->warned == first) {
            fprintf(stderr,
                    "%s imports what kmode's kernel does not implement yet; calling it stops the run:\n",
                    driver);
        }
        fprintf(stderr, "    %s!%s\n", module, name);
    }
}

static enum km_result add_device(struct km_run *run, const char *path, const char *service,
                                 const char *hardware_id)
{
    char device[KM_DEVICE_BYTES];
    const enum km_result result = km_device_add(run->machine, service, hardware_id, device, sizeof device);
    if (result == KM_OK && !run->quiet) {
        fprintf(stderr, "%s: %s started\n", path, device);
    }
    if (result == KM_REFUSED && hardware_id != NULL &&
        km_last_status(run->machine) == STATUS_NO_SUCH_DEVICE) {
        if (!run->quiet) {
            fprintf(stderr, "%s: no %s is there yet\n", path, hardware_id);
        }
        return KM_OK;
    }
    return result;
}

// What --device gives the driver, or what it has without.
static enum km_result add_devices(struct km_run *run, const char *path)
{
    char service[256];
    bool given = false;
    km_driver_service(path, service, sizeof service);
    for (size_t i = 0; i < run->device_count; i++) {
        const struct km_run_device *device = &run->devices[i];
        if (device->service != NULL ? strcasecmp(device->service, service) == 0 : run->loaded.count == 1) {
            given = true;
            const enum km_result result = add_device(run, path, service, device->hardware_id);
            if (result == KM_NO_ADD_DEVICE) {
                fprintf(stderr, "%s has no AddDevice: it drives no %s\n", path, device->hardware_id);
            }
            if (result != KM_OK && result != KM_NO_ADD_DEVICE) {
                return result;
            }
        }
    }
    return given || run->no_device ? KM_OK : add_device(run, path, service, NULL);
}

enum km_result km_run_load(struct km_run *run, const char *path)
{
    enum km_result result = km_driver_load(run->machine, path);
    warn_unimplemented(run);
    if (result == KM_OK) {
        km_strings_add(&run->loaded, path);
        result = add_devices(run, path);
        if (result == KM_NO_ADD_DEVICE) {
            result = KM_OK;
        }
    } else if (result == KM_DRIVER_FAILED) {
        const uint32_t status = km_last_status(run->machine);
        const char *name = km_status_name(status);
        fprintf(stderr, "%s: DriverEntry returned 0x%08X%s%s\n", path, status, name ? " " : "",
                name ? name : "");
    }
    return result;
}

// It is not to be unloaded any more.
static void forget(struct km_run *run, const char *service)
{
    for (size_t i = run->loaded.count; i-- > 0;) {
        char other[256];
        km_driver_service(run->loaded.items[i], other, sizeof other);
        if (strcmp(service, other) == 0) {
            free(run->loaded.items[i]);
            run->loaded.count--;
            memmove(&run->loaded.items[i], &run->loaded.items[i + 1],
                    (run->loaded.count - i + 1) * sizeof *run->loaded.items);
            return;
        }
    }
}

enum km_result km_run_unload(struct km_run *run, const char *path)
{
    char service[256];
    km_driver_service(path, service, sizeof service);
    enum km_result result = km_driver_unload(run->machine, service);
    if (result == KM_NO_UNLOAD) {
        if (!run->quiet) {
            fprintf(stderr, "%s has no DriverUnload: on Windows it stays until the machine shuts down\n",
                    path);
        }
        result = KM_OK;
    } else if (result == KM_OK && km_unload_waits(run->machine)) {
        km_strings_add(&run->waits, path);
    } else if (result == KM_OK && !run->quiet) {
        fprintf(stderr, "%s: loaded, unloaded\n", path);
    }
    forget(run, service);
    return result;
}

#define UNLOAD_TIME (100 * UINT64_C(10000)) // 100 ms

void km_run_finish_unload(struct km_run *run)
{
    if (run->waits.count != 0 && km_clock_advance(run->machine, UNLOAD_TIME) == KM_STOPPED) {
        km_run_note(run, run->waits.items[0], KM_STOPPED, NULL);
    }
    for (size_t i = 0; i < run->waits.count && run->outcome.result != KM_STOPPED; i++) {
        const char *path = run->waits.items[i];
        char service[256], problem[512];
        km_driver_service(path, service, sizeof service);
        const enum km_result result = km_driver_unload(run->machine, service);
        if (result == KM_OK && km_unload_waits(run->machine)) {
            snprintf(problem, sizeof problem,
                     "%s: DriverUnload has not been called: something still uses a device of the driver's",
                     path);
            km_run_note(run, path, KM_FAILED, problem);
        } else if (result == KM_STOPPED) {
            km_run_note(run, path, result, NULL);
        } else if (!run->quiet) {
            fprintf(stderr, "%s: loaded, unloaded\n", path);
        }
    }
}

void km_run_note(struct km_run *run, const char *driver, enum km_result result, const char *problem)
{
    struct km_run_outcome *outcome = &run->outcome;
    if (outcome->result == KM_OK || result == KM_STOPPED) {
        problem = problem != NULL ? problem : km_machine_problem(run->machine);
        char *copy = problem != NULL ? km_copy_string(problem) : NULL;
        free(outcome->problem);
        outcome->driver = driver;
        outcome->result = result;
        outcome->status = km_last_status(run->machine);
        outcome->problem = copy;
    }
}

void km_run_outcome_free(struct km_run_outcome *outcome)
{
    for (size_t i = 0; i < outcome->operation_count; i++) {
        free(outcome->operations[i].place);
        free(outcome->operations[i].command);
        free(outcome->operations[i].output);
    }
    free(outcome->operations);
    free(outcome->problem);
    *outcome = (struct km_run_outcome){0};
}
