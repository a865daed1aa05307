// SPDX-License-Identifier: MIT
// kmode run: boots a machine, loads drivers in order, unloads them in reverse, reports.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "cli/resources.h"
#include "cli/run-wine.h"
#include "cli/text.h"
#include "machine/names.h"

struct run_options {
    char **drivers;
    size_t driver_count;
    const char *json;
    const char *registry, *save_registry, *disk;
    const char *serial[4];
    double time_limit;
    uint64_t seed, processors;
    bool real_clock;
    bool wine, no_unload, quiet, no_checks, trace;
};

enum {
    OPTION_JSON = 0x100,
    OPTION_TIMEOUT,
    OPTION_SEED,
    OPTION_CPUS,
    OPTION_CLOCK,
    OPTION_WINE,
    OPTION_NO_UNLOAD,
    OPTION_NO_CHECKS,
    OPTION_TRACE,
    OPTION_REGISTRY,
    OPTION_SAVE_REGISTRY,
    OPTION_DISK,
    OPTION_SERIAL
};

static const struct argp_option option_table[] = {
    {"json", OPTION_JSON, "FILE", 0, "write what happened as JSON too (-: stdout)", 0},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0,
     "how long a routine of the driver may run (default 60; 0: no limit)", 0},
    {"seed", OPTION_SEED, "N", 0, "the seed of every free choice (default 0)", 0},
    {"cpus", OPTION_CPUS, "N", 0, "virtual processors, 1 to 64 (default 1)", 0},
    {"clock", OPTION_CLOCK, "real|virtual", 0,
     "whether time follows the wall clock, or jumps where every thread waits (default virtual)", 0},
    {"no-unload", OPTION_NO_UNLOAD, NULL, 0, "leave the driver loaded at the end", 0},
    {"no-checks", OPTION_NO_CHECKS, NULL, 0, "do not watch what the driver does: faster, and finds nothing",
     0},
    {"trace", OPTION_TRACE, NULL, 0, "print every call between driver and kernel to stderr", 0},
    {"registry", OPTION_REGISTRY, "FILE", 0, "load a .reg file into the registry first", 0},
    {"save-registry", OPTION_SAVE_REGISTRY, "FILE", 0, "write the registry to a .reg file at the end", 0},
    {"disk", OPTION_DISK, "FOLDER", 0, "the folder that is the driver's volume C:, to read and to write", 0},
    {"serial", OPTION_SERIAL, "[COMn=]FILE|stdio|pty", 0,
     "what is at the other end of the next serial port, from COM1 on, or of COMn", 0},
    {"wine", OPTION_WINE, NULL, 0, "run the same file under Wine's kernel instead", 0},
    {"quiet", 'q', NULL, 0, "say nothing where all is well", 0},
    {0},
};

static bool parse_seconds(const char *text, double *seconds)
{
    char *end;
    errno = 0;
    *seconds = strtod(text, &end);
    return errno == 0 && end != text && *end == '\0' && *seconds >= 0 && *seconds <= 1e9;
}

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return errno == 0 && isdigit((unsigned char)*text) && *end == '\0';
}

// "FILE" is the next port's, "COM3=FILE" that one's.
static bool add_serial(struct run_options *options, const char *argument)
{
    size_t port = 0;
    if (strncasecmp(argument, "COM", 3) == 0 && isdigit((unsigned char)argument[3]) && argument[4] == '=') {
        port = (size_t)(argument[3] - '1');
        argument += 5;
    } else {
        while (port < 4 && options->serial[port] != NULL) {
            port++;
        }
    }
    if (port >= 4 || options->serial[port] != NULL) {
        km_error("--serial: the ports are COM1 to COM4, each once");
        return false;
    }
    options->serial[port] = argument;
    return true;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct run_options *options = state->input;
    switch (key) {
    case OPTION_JSON: options->json = argument; return 0;
    case OPTION_WINE: options->wine = true; return 0;
    case OPTION_NO_UNLOAD: options->no_unload = true; return 0;
    case OPTION_NO_CHECKS: options->no_checks = true; return 0;
    case OPTION_TRACE: options->trace = true; return 0;
    case OPTION_REGISTRY: options->registry = argument; return 0;
    case OPTION_DISK: options->disk = argument; return 0;
    case OPTION_SERIAL: return add_serial(options, argument) ? 0 : ECANCELED;
    case OPTION_SAVE_REGISTRY: options->save_registry = argument; return 0;
    case 'q': options->quiet = true; return 0;
    case OPTION_TIMEOUT:
        if (!parse_seconds(argument, &options->time_limit)) {
            km_error("--timeout takes a number of seconds, not '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case OPTION_SEED:
        if (!parse_number(argument, &options->seed)) {
            km_error("--seed takes a whole number, not '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case OPTION_CPUS:
        if (!parse_number(argument, &options->processors) || options->processors < 1 ||
            options->processors > 64) {
            km_error("--cpus takes a number from 1 to 64, not '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case OPTION_CLOCK:
        options->real_clock = strcmp(argument, "real") == 0;
        if (!options->real_clock && strcmp(argument, "virtual") != 0) {
            km_error("--clock takes real or virtual, not '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case ARGP_KEY_ARGS:
        options->drivers = state->argv + state->next;
        options->driver_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        km_error("which driver? give a .sys file, as `kmode build` makes");
        return ECANCELED;
    }
    return ARGP_ERR_UNKNOWN;
}

static void warn_unimplemented(const km_machine *machine, size_t *warned)
{
    const char *driver, *module, *name;
    size_t first = *warned;
    for (; km_unimplemented_import(machine, *warned, &driver, &module, &name); (*warned)++) {
        if (*warned == first) {
            fprintf(stderr,
                    "%s imports what kmode's kernel does not implement yet; calling it stops the run:\n",
                    driver);
        }
        fprintf(stderr, "    %s!%s\n", module, name);
    }
}

static void write_status(const char *driver, uint32_t status)
{
    const char *name = km_status_name(status);
    fprintf(stderr, "%s: DriverEntry returned 0x%08X%s%s\n", driver, status, name ? " " : "",
            name ? name : "");
}

static enum km_result unload(km_machine *machine, const char *path, bool quiet)
{
    char service[256];
    km_driver_service(path, service, sizeof service);
    enum km_result result = km_driver_unload(machine, service);
    if (result == KM_NO_UNLOAD) {
        if (!quiet) {
            fprintf(stderr, "%s has no DriverUnload: on Windows it stays until the machine shuts down\n",
                    path);
        }
        return KM_OK;
    }
    if (result == KM_OK && !quiet) {
        fprintf(stderr, "%s: loaded, unloaded\n", path);
    }
    return result;
}

// Notes how a request to the machine ended, before the next one forgets it. The first failure stays, and a
// stop after it takes its place.
static void note_outcome(km_machine *machine, const char *driver, enum km_result result,
                         struct km_run_outcome *outcome)
{
    if (outcome->result == KM_OK || result == KM_STOPPED) {
        const char *problem = km_machine_problem(machine);
        free(outcome->problem);
        *outcome = (struct km_run_outcome){.driver = driver,
                                           .result = result,
                                           .status = km_last_status(machine),
                                           .problem = problem != NULL ? km_copy_string(problem) : NULL};
    }
}

static struct km_run_outcome run_drivers(km_machine *machine, const struct run_options *options)
{
    struct km_run_outcome outcome = {.driver = options->drivers[0], .result = KM_OK};
    size_t loaded = 0, warned = 0;
    if (options->registry != NULL) {
        note_outcome(machine, options->drivers[0], km_registry_load(machine, options->registry), &outcome);
    }
    while (loaded < options->driver_count && outcome.result == KM_OK) {
        const char *driver = options->drivers[loaded];
        note_outcome(machine, driver, km_driver_load(machine, driver), &outcome);
        warn_unimplemented(machine, &warned);
        if (outcome.result == KM_OK) {
            loaded++;
        } else if (outcome.result == KM_DRIVER_FAILED) {
            write_status(driver, outcome.status);
        }
    }
    while (loaded-- > 0 && !options->no_unload && outcome.result != KM_STOPPED) {
        const char *driver = options->drivers[loaded];
        note_outcome(machine, driver, unload(machine, driver, options->quiet), &outcome);
    }
    if (options->save_registry != NULL && outcome.result != KM_STOPPED) {
        note_outcome(machine, options->drivers[0], km_registry_save(machine, options->save_registry, NULL),
                     &outcome);
    }
    return outcome;
}

static int finish(km_machine *machine, const struct run_options *options,
                  const struct km_run_outcome *outcome)
{
    static const int statuses[] = {
        [KM_OK] = KM_EXIT_OK,          [KM_DRIVER_FAILED] = KM_EXIT_FAILED,    [KM_NO_UNLOAD] = KM_EXIT_OK,
        [KM_STOPPED] = KM_EXIT_FAILED, [KM_FILE_REFUSED] = KM_EXIT_UNLOADABLE, [KM_FAILED] = KM_EXIT_FAILED};
    enum km_result result = outcome->result;
    fflush(stdout);
    km_findings_write_text(stderr, machine, isatty(STDERR_FILENO));
    if (result == KM_STOPPED) {
        km_report_write_text(stderr, km_machine_report(machine), isatty(STDERR_FILENO));
    } else if (result != KM_OK && result != KM_DRIVER_FAILED) {
        km_error("%s", outcome->problem);
    }
    if (options->json != NULL && !km_report_write_json(options->json, machine, outcome) &&
        statuses[result] == KM_EXIT_OK) {
        return KM_EXIT_FAILED;
    }
    return statuses[result] == KM_EXIT_OK && km_finding_count(machine) != 0 ? KM_EXIT_FAILED
                                                                            : statuses[result];
}

static void tell_terminals(const km_machine *machine, const struct run_options *options)
{
    for (unsigned i = 0; i < 4; i++) {
        if (options->serial[i] != NULL && strcmp(options->serial[i], "pty") == 0) {
            fprintf(stderr, "COM%u is %s\n", i + 1, km_serial_name(machine, i + 1));
        }
    }
}

int km_command_run(int argc, char **argv)
{
    struct run_options options = {.time_limit = 60};
    const struct argp argp = {
        .options = option_table,
        .parser = parse_option,
        .args_doc = "X.sys...",
        .doc = "Load drivers into kmode's own kernel, call DriverEntry, unload them in reverse, and print "
               "what they log.\v"
               "The driver's debug output goes to stdout, kmode's own words to stderr. Exit status: 0 all "
               "went well, "
               "1 the driver failed, stopped the machine or has made a mistake that was found, 2 wrong "
               "usage, 3 the file cannot be loaded.",
    };
    int status = km_parse_arguments(&argp, argc, argv, &options);
    if (status != KM_EXIT_OK) {
        return status;
    }
    if (options.wine) {
        if (options.driver_count != 1) {
            km_error("--wine runs one driver at a time");
            return KM_EXIT_USAGE;
        }
        return km_run_wine(options.drivers[0], (unsigned)options.time_limit);
    }
    char *kernel = km_resource("lib/kmode/ntoskrnl.exe");
    char *exports = km_resource("share/kmode/exports");
    const struct km_machine_options machine_options = {
        .kernel_path = kernel,
        .exports_path = exports,
        .seed = options.seed,
        .processors = (unsigned)options.processors,
        .real_clock = options.real_clock,
        .checks = !options.no_checks,
        .trace = options.trace,
        .disk_path = options.disk,
        .serial = {options.serial[0], options.serial[1], options.serial[2], options.serial[3]},
        .time_limit = options.time_limit};
    km_machine *machine = km_machine_create(&machine_options);
    if (machine == NULL) {
        km_error("no memory for the machine");
        status = KM_EXIT_FAILED;
    } else if (km_machine_problem(machine) != NULL) {
        km_error("%s", km_machine_problem(machine));
        if (km_machine_report(machine) != NULL) {
            km_report_write_text(stderr, km_machine_report(machine), isatty(STDERR_FILENO));
        }
        status = KM_EXIT_FAILED;
    } else {
        tell_terminals(machine, &options);
        struct km_run_outcome outcome = run_drivers(machine, &options);
        status = finish(machine, &options, &outcome);
        free(outcome.problem);
    }
    km_machine_destroy(machine);
    free(exports);
    free(kernel);
    return status;
}
