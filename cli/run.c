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
#include "cli/event-listen.h"
#include "cli/report.h"
#include "cli/files.h"
#include "cli/number.h"
#include "cli/resources.h"
#include "cli/run-allocations.h"
#include "cli/run-wine.h"
#include "cli/run.h"
#include "cli/script-run.h"
#include "cli/text.h"

struct run_options {
    char **drivers;
    size_t driver_count;
    const char *json;
    const char *registry, *save_registry, *disk, *dump;
    const char *trace_path, *trace_filter;
    const char *serial[4];
    struct km_run_device *devices;
    size_t device_count;
    struct km_event_provider *event_providers;
    size_t event_provider_count;
    const char *msrs;
    const char *pci;
    const char *program;  // of Windows, for Wine
    const char *not_wine; // the first option that Wine's kernel has no answer to; NULL: none
    double time_limit;
    uint64_t seed, processors, memory, fail_allocation;
    bool fail_allocations; // each of them, in a run of its own
    bool real_clock, has_script;
    struct km_script script; // what is done with the devices
    bool wine, no_unload, quiet, no_checks, trace, no_device;
};

enum {
    OPTION_JSON = 0x100,
    OPTION_TIMEOUT,
    OPTION_SEED,
    OPTION_CPUS,
    OPTION_MEMORY,
    OPTION_CLOCK,
    OPTION_WINE,
    OPTION_PROGRAM,
    OPTION_NO_UNLOAD,
    OPTION_NO_CHECKS,
    OPTION_TRACE,
    OPTION_TRACE_FILTER,
    OPTION_REGISTRY,
    OPTION_SAVE_REGISTRY,
    OPTION_DISK,
    OPTION_DUMP,
    OPTION_ETW,
    OPTION_SERIAL,
    OPTION_DEVICE,
    OPTION_NO_DEVICE,
    OPTION_IOCTL,
    OPTION_READ,
    OPTION_WRITE,
    OPTION_SCRIPT,
    OPTION_SUSPEND,
    OPTION_MSR,
    OPTION_PCI,
    OPTION_FAIL_ALLOCATION,
    OPTION_FAIL_ALLOCATIONS
};

#define LEAST_MEMORY (UINT64_C(16) << 20)
#define MOST_MEMORY  (UINT64_C(1) << 40)

#define READ_OPERANDS  "NAME LENGTH [OFFSET]"
#define WRITE_OPERANDS "NAME BYTES [OFFSET]"
#define IOCTL_OPERANDS "NAME CODE BYTES LENGTH"

static const struct argp_option option_table[] = {
    {"json", OPTION_JSON, "FILE", 0, "write what happened as JSON too (-: stdout)", 0},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0,
     "how long a routine of the driver may run (default 60; 0: no limit)", 0},
    {"seed", OPTION_SEED, "N", 0, "the seed of every free choice (default 0)", 0},
    {"memory", OPTION_MEMORY, "SIZE", 0, "RAM, 16M to 1T (default 1G); only what is used costs anything", 0},
    {"cpus", OPTION_CPUS, "N", 0, "virtual processors, 1 to 64 (default 1)", 0},
    {"clock", OPTION_CLOCK, "real|virtual", 0,
     "whether time follows the wall clock, or jumps where every thread waits (default virtual)", 0},
    {"no-unload", OPTION_NO_UNLOAD, NULL, 0, "leave the driver loaded at the end", 0},
    {"no-checks", OPTION_NO_CHECKS, NULL, 0, "do not watch what the driver does: faster, and finds nothing",
     0},
    {"trace", OPTION_TRACE, "FILE", OPTION_ARG_OPTIONAL,
     "print every call between driver and kernel, to stderr or to FILE", 0},
    {"trace-filter", OPTION_TRACE_FILTER, "PATTERNS", 0,
     "of these calls alone: names with * and ?, joined by commas ('Io*,Zw*,DRIVER_DISPATCH')", 0},
    {"registry", OPTION_REGISTRY, "FILE", 0, "load a .reg file into the registry first", 0},
    {"save-registry", OPTION_SAVE_REGISTRY, "FILE", 0, "write the registry to a .reg file at the end", 0},
    {"disk", OPTION_DISK, "FOLDER", 0, "the folder that is the driver's volume C:, to read and to write", 0},
    {"dump", OPTION_DUMP, "FILE", 0,
     "write the system's memory to an ELF core file before the drivers are unloaded, or when one has stopped "
     "the machine; `kmode log` reads it",
     0},
    {"etw", OPTION_ETW, "PROVIDER[:LEVEL[:KEYWORDS]]", 0,
     "print the events that the drivers write to Event Tracing for Windows as this provider: its GUID, its "
     "TraceLogging name, or * for all. LEVEL is critical, error, warning, info, verbose or a number "
     "(default: "
     "all), KEYWORDS a hexadecimal mask (default: all)",
     0},
    {"serial", OPTION_SERIAL, "[COMn=]FILE|stdio|pty", 0,
     "what is at the other end of the next serial port, from COM1 on, or of COMn", 0},
    {"device", OPTION_DEVICE, "[DRIVER=]ID", 0,
     "the hardware ID of what the first driver, or DRIVER, drives, if it is a Plug and Play driver (default "
     "ROOT\\DRIVER)",
     0},
    {"no-device", OPTION_NO_DEVICE, NULL, 0, "Plug and Play drivers get no device", 0},
    {"read", OPTION_READ, READ_OPERANDS, 0,
     "read from the device NAME, '\\\\.\\Hello', while the drivers are loaded", 0},
    {"write", OPTION_WRITE, WRITE_OPERANDS, 0, "write BYTES, hexadecimal digits or '\"text\"', to the device",
     0},
    {"ioctl", OPTION_IOCTL, IOCTL_OPERANDS, 0,
     "send the device a control request with BYTES of input (-: none) and room for LENGTH bytes of output",
     0},
    {"suspend", OPTION_SUSPEND, "STATE", 0,
     "put the machine to sleep, S1 to S3 or S4, and wake it, while the drivers are loaded", 0},
    {"script", OPTION_SCRIPT, "FILE", 0, "do what the script says (-: stdin) while the drivers are loaded",
     0},
    {"fail-allocation", OPTION_FAIL_ALLOCATION, "N", 0,
     "the Nth allocation of pool by the drivers, and by routines that they call, fails", 0},
    {"fail-allocations", OPTION_FAIL_ALLOCATIONS, NULL, 0,
     "run again and again, each time with the next allocation failing, and show the runs that have findings",
     0},
    {"msr", OPTION_MSR, "FILE", 0, "model-specific registers that the processors have besides", 0},
    {"pci", OPTION_PCI, "FILE", 0, "the devices on the PCI bus, in JSON", 0},
    {"wine", OPTION_WINE, NULL, 0, "run the same files under Wine's kernel instead", 0},
    {"program", OPTION_PROGRAM, "X.exe", 0,
     "with --wine: a Windows program to run while the drivers are loaded", 0},
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

// A number of bytes, or of as many as the letter after it says.
static bool parse_size(const char *text, uint64_t *size)
{
    static const char letters[] = "KMGT";
    char *end;
    errno = 0;
    const uint64_t number = strtoull(text, &end, 0);
    const char *letter = *end != '\0' ? strchr(letters, toupper((unsigned char)*end)) : NULL;
    const unsigned shift = letter != NULL ? 10 * (unsigned)(letter - letters + 1) : 0;
    *size = number << shift;
    return errno == 0 && isdigit((unsigned char)*text) && *size >> shift == number &&
           end[letter != NULL] == '\0';
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

// "ID" is the first driver's, "DRIVER=ID" that one's. The argument is the process's own: it is cut.
static bool add_device(struct run_options *options, char *argument)
{
    struct km_run_device *devices =
        realloc(options->devices, (options->device_count + 1) * sizeof *options->devices);
    if (devices == NULL) {
        return false;
    }
    options->devices = devices;
    char *equals = strchr(argument, '=');
    if (equals != NULL) {
        *equals = '\0';
    }
    devices[options->device_count++] = (struct km_run_device){
        .service = equals != NULL ? argument : NULL,
        .hardware_id = equals != NULL ? equals + 1 : argument,
    };
    return true;
}

static bool add_event_provider(struct run_options *options, const char *argument)
{
    struct km_event_provider *providers =
        realloc(options->event_providers, (options->event_provider_count + 1) * sizeof *providers);
    if (providers == NULL) {
        return false;
    }
    options->event_providers = providers;
    char *problem = km_event_provider_parse(argument, &providers[options->event_provider_count]);
    if (problem != NULL) {
        km_error("--etw takes PROVIDER[:LEVEL[:KEYWORDS]]: %s", problem);
        free(problem);
        return false;
    }
    options->event_provider_count++;
    return true;
}

// ---- What is done with the devices

static void complain(void *context, const char *place, const char *reason)
{
    (void)context;
    km_error("%s: %s", place, reason);
}

static const struct km_script_reader reader = {.complain = complain, .read_file = km_read_file};

static bool read_script(struct run_options *options, const char *path)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    size_t size;
    char *text = km_read_file(is_stdin ? "/dev/stdin" : path, &size);
    if (text == NULL) {
        km_error("%s: %s", path, strerror(errno));
        return false;
    }
    const bool good = km_script_parse(&options->script, is_stdin ? "stdin" : path, text, size, &reader);
    free(text);
    options->has_script = true;
    return good;
}

// An option that takes more words than one: those of a script's command, in the same order.
static bool add_command(struct run_options *options, const char *option, const char *takes, const char *first,
                        struct argp_state *state, size_t more)
{
    const char *words[6] = {option + 2, first};
    size_t count = 2;
    if ((size_t)(state->argc - state->next) < more) {
        km_error("%s takes %s", option, takes);
        return false;
    }
    while (count < 2 + more) {
        words[count++] = state->argv[state->next++];
    }
    if (strchr(takes, '[') != NULL && state->next < state->argc &&
        isdigit((unsigned char)*state->argv[state->next]) && strchr(state->argv[state->next], '.') == NULL) {
        words[count++] = "at";
        words[count++] = state->argv[state->next++];
    }
    return km_script_add(&options->script, option, words, count, &reader);
}

static bool add_suspend(struct run_options *options, const char *power_state)
{
    const char *const suspend[] = {"suspend", power_state}, *const resume[] = {"resume"};
    return km_script_add(&options->script, "--suspend", suspend, 2, &reader) &&
           km_script_add(&options->script, "--suspend", resume, 1, &reader);
}

// What --wine takes beside its drivers; all else is of kmode's own kernel.
static const int wine_options[] = {OPTION_WINE,      OPTION_PROGRAM, OPTION_DEVICE,
                                   OPTION_NO_DEVICE, OPTION_TIMEOUT, 'q'};

static void note_not_wine(struct run_options *options, int key)
{
    for (size_t i = 0; i < sizeof wine_options / sizeof *wine_options; i++) {
        if (wine_options[i] == key) {
            return;
        }
    }
    for (const struct argp_option *option = option_table; option->name != NULL; option++) {
        if (option->key == key && options->not_wine == NULL) {
            options->not_wine = option->name;
        }
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct run_options *options = state->input;
    note_not_wine(options, key);
    switch (key) {
    case OPTION_JSON: options->json = argument; return 0;
    case OPTION_WINE: options->wine = true; return 0;
    case OPTION_PROGRAM: options->program = argument; return 0;
    case OPTION_NO_UNLOAD: options->no_unload = true; return 0;
    case OPTION_NO_CHECKS: options->no_checks = true; return 0;
    case OPTION_TRACE:
        options->trace = true;
        options->trace_path = argument;
        return 0;
    case OPTION_TRACE_FILTER:
        options->trace = true;
        options->trace_filter = argument;
        return 0;
    case OPTION_IOCTL:
        return add_command(options, "--ioctl", IOCTL_OPERANDS, argument, state, 3) ? 0 : ECANCELED;
    case OPTION_READ:
        return add_command(options, "--read", READ_OPERANDS, argument, state, 1) ? 0 : ECANCELED;
    case OPTION_WRITE:
        return add_command(options, "--write", WRITE_OPERANDS, argument, state, 1) ? 0 : ECANCELED;
    case OPTION_SUSPEND: return add_suspend(options, argument) ? 0 : ECANCELED;
    case OPTION_SCRIPT: return read_script(options, argument) ? 0 : ECANCELED;
    case OPTION_REGISTRY: options->registry = argument; return 0;
    case OPTION_DISK: options->disk = argument; return 0;
    case OPTION_DUMP: options->dump = argument; return 0;
    case OPTION_ETW: return add_event_provider(options, argument) ? 0 : ECANCELED;
    case OPTION_MSR: options->msrs = argument; return 0;
    case OPTION_PCI: options->pci = argument; return 0;
    case OPTION_SERIAL: return add_serial(options, argument) ? 0 : ECANCELED;
    case OPTION_DEVICE: return add_device(options, argument) ? 0 : ENOMEM;
    case OPTION_NO_DEVICE: options->no_device = true; return 0;
    case OPTION_SAVE_REGISTRY: options->save_registry = argument; return 0;
    case 'q': options->quiet = true; return 0;
    case OPTION_TIMEOUT:
        if (!parse_seconds(argument, &options->time_limit)) {
            km_error("--timeout takes a number of seconds, not '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case OPTION_SEED:
        if (!km_number(argument, &options->seed)) {
            km_error("--seed takes a whole number, not '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case OPTION_FAIL_ALLOCATIONS: options->fail_allocations = true; return 0;
    case OPTION_FAIL_ALLOCATION:
        if (!km_number(argument, &options->fail_allocation) || options->fail_allocation == 0) {
            km_error("--fail-allocation takes a whole number from 1 on, not '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case OPTION_CPUS:
        if (!km_number(argument, &options->processors) || options->processors < 1 ||
            options->processors > 64) {
            km_error("--cpus takes a number from 1 to 64, not '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case OPTION_MEMORY:
        if (!parse_size(argument, &options->memory) || options->memory < LEAST_MEMORY ||
            options->memory > MOST_MEMORY) {
            km_error("--memory takes a size from 16M to 1T, not '%s'", argument);
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
        if (options->has_script) {
            return 0;
        }
        km_error("which driver? give a .sys file, as `kmode build` makes");
        return ECANCELED;
    }
    return ARGP_ERR_UNKNOWN;
}

// The path as the command line has it, which lives longer; NULL: a script has loaded that driver.
static const char *option_driver(const struct run_options *options, const char *path)
{
    for (size_t i = 0; i < options->driver_count; i++) {
        if (strcmp(options->drivers[i], path) == 0) {
            return options->drivers[i];
        }
    }
    return NULL;
}

// What was wrong before is told rather than this.
static void save_dump(struct km_run *run, const struct run_options *options)
{
    if (options->dump == NULL) {
        return;
    }
    const enum km_result result = km_machine_dump(run->machine, options->dump);
    if (run->outcome.result == KM_OK) {
        km_run_note(run, run->outcome.driver, result, NULL);
    } else if (result != KM_OK) {
        km_error("%s", km_machine_problem(run->machine));
    }
}

static void run_drivers(struct km_run *run, const struct run_options *options, struct km_script_log *log)
{
    const char *first = options->driver_count != 0 ? options->drivers[0] : NULL;
    const char *driver;
    run->outcome.driver = first;
    km_run_note(run, first,
                km_event_listen_to(run->machine, options->event_providers, options->event_provider_count),
                NULL);
    if (options->registry != NULL && run->outcome.result == KM_OK) {
        km_run_note(run, first, km_registry_load(run->machine, options->registry), NULL);
    }
    for (size_t i = 0; i < options->driver_count && run->outcome.result == KM_OK; i++) {
        driver = options->drivers[i];
        km_run_note(run, driver, km_run_load(run, driver), NULL);
    }
    if (options->script.count != 0 && run->outcome.result == KM_OK) {
        struct km_script_run *script_run = km_script_run_create(run, &options->script, log);
        km_script_run_commands(script_run);
        km_script_run_finish(script_run);
        km_script_run_destroy(script_run);
    }
    save_dump(run, options);
    const bool was_stopped = run->outcome.result == KM_STOPPED;
    while (run->loaded.count != 0 && !options->no_unload && run->outcome.result != KM_STOPPED) {
        char *path = km_copy_string(run->loaded.items[run->loaded.count - 1]);
        const enum km_result result = km_run_unload(run, path);
        if (result != KM_OK) {
            km_run_note(run, option_driver(options, path), result, NULL);
        }
        free(path);
    }
    km_run_finish_unload(run);
    if (run->outcome.result == KM_STOPPED && !was_stopped) {
        save_dump(run, options);
    }
    if (options->save_registry != NULL && run->outcome.result != KM_STOPPED) {
        km_run_note(run, first, km_registry_save(run->machine, options->save_registry, NULL), NULL);
    }
}

// What the verifier has found, and the report of a stop.
static void write_mistakes(km_machine *machine, enum km_result result)
{
    const bool colour = isatty(STDERR_FILENO);
    km_findings_write_text(stderr, machine, colour);
    if (result == KM_STOPPED) {
        km_report_write_text(stderr, km_machine_report(machine), colour);
    }
}

static int finish(km_machine *machine, const struct run_options *options,
                  const struct km_run_outcome *outcome)
{
    static const int statuses[] = {[KM_OK] = KM_EXIT_OK,
                                   [KM_DRIVER_FAILED] = KM_EXIT_FAILED,
                                   [KM_NO_UNLOAD] = KM_EXIT_OK,
                                   [KM_STOPPED] = KM_EXIT_FAILED,
                                   [KM_FILE_REFUSED] = KM_EXIT_UNLOADABLE,
                                   [KM_FAILED] = KM_EXIT_FAILED,
                                   [KM_REFUSED] = KM_EXIT_FAILED,
                                   [KM_PENDING] = KM_EXIT_FAILED,
                                   [KM_NO_ADD_DEVICE] = KM_EXIT_OK};
    enum km_result result = outcome->result;
    fflush(stdout);
    if (options->fail_allocation != 0) {
        km_failed_allocation_write_text(stderr, machine, options->fail_allocation);
    }
    write_mistakes(machine, result);
    if (result != KM_STOPPED && result != KM_OK && result != KM_DRIVER_FAILED) {
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

static void free_options(struct run_options *options)
{
    km_script_free(&options->script);
    free(options->devices);
    free(options->event_providers);
}

static void write_trace(void *file, const char *text, size_t bytes)
{
    fwrite(text, 1, bytes, file);
}

// A machine that has booted; NULL: there is none, and it has been said why.
static km_machine *boot(const struct km_machine_options *machine_options)
{
    km_machine *machine = km_machine_create(machine_options);
    if (machine == NULL) {
        km_error("no memory for the machine");
        return NULL;
    }
    if (km_machine_problem(machine) == NULL) {
        return machine;
    }
    km_error("%s", km_machine_problem(machine));
    if (km_machine_report(machine) != NULL) {
        km_report_write_text(stderr, km_machine_report(machine), isatty(STDERR_FILENO));
    }
    km_machine_destroy(machine);
    return NULL;
}

static struct km_run drive(km_machine *machine, const struct run_options *options, bool quiet,
                           struct km_script_log *log)
{
    struct km_run run = {.machine = machine,
                         .quiet = quiet,
                         .devices = options->devices,
                         .device_count = options->device_count,
                         .no_device = options->no_device};
    run_drivers(&run, options, log);
    return run;
}

static int run_once(const struct run_options *options, const struct km_machine_options *machine_options,
                    struct km_script_log *log)
{
    km_machine *machine = boot(machine_options);
    if (machine == NULL) {
        return KM_EXIT_FAILED;
    }
    tell_terminals(machine, options);
    struct km_run run = drive(machine, options, options->quiet, log);
    run.outcome.events = ((const struct km_event_listener *)machine_options->event_context)->events;
    const int status = finish(machine, options, &run.outcome);
    km_run_outcome_free(&run.outcome);
    km_strings_free(&run.loaded);
    km_strings_free(&run.waits);
    km_machine_destroy(machine);
    return status;
}

// ---- --fail-allocations

struct trial_context {
    const struct run_options *options;
    const struct km_machine_options *machine_options;
};

// A request that is refused, and a line of the script that finds something else, are what a failed allocation
// may lead to: mistakes are what the verifier finds, and stops. The process ends behind it, and all that is
// held.
static int run_trial(void *context, uint64_t number)
{
    const struct trial_context *trial = context;
    struct km_machine_options machine_options = *trial->machine_options;
    struct km_script_log log = {0};
    struct km_event_listener listener = {.log = trial->options->has_script ? &log : NULL};
    machine_options.fail_allocation = number;
    machine_options.debug_context = &log;
    machine_options.event_context = &listener;
    km_machine *machine = boot(&machine_options);
    if (machine == NULL) {
        return KM_EXIT_FAILED;
    }
    const struct km_run run = drive(machine, trial->options, true, &log);
    if (run.outcome.result == KM_FILE_REFUSED) {
        return finish(machine, trial->options, &run.outcome);
    }
    const int none = km_machine_allocations(machine) < number ? KM_TRIAL_NONE : 0;
    if (run.outcome.result != KM_STOPPED && km_finding_count(machine) == 0) {
        return KM_EXIT_OK + none;
    }
    if (none == 0) {
        km_failed_allocation_write_text(stderr, machine, number);
    } else {
        fprintf(stderr, "\nwithout any failed allocation\n");
    }
    write_mistakes(machine, run.outcome.result);
    return KM_EXIT_FAILED + none;
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
        free_options(&options);
        return status;
    }
    if (options.program != NULL && !options.wine) {
        km_error("--program needs --wine: kmode's own machine plays programs, by --script or the C API, and "
                 "runs none");
        return KM_EXIT_USAGE;
    }
    if (options.wine && options.not_wine != NULL) {
        km_error("--wine loads and unloads alone: --%s is of kmode's own kernel", options.not_wine);
        free_options(&options);
        return KM_EXIT_USAGE;
    }
    if (options.fail_allocations && (options.trace || options.json != NULL || options.save_registry != NULL ||
                                     options.fail_allocation != 0)) {
        km_error("--fail-allocations is many runs: no --json, --trace, --save-registry or --fail-allocation");
        free_options(&options);
        return KM_EXIT_USAGE;
    }
    if (options.wine) {
        const struct km_wine_run what = {.drivers = options.drivers,
                                         .driver_count = options.driver_count,
                                         .devices = options.devices,
                                         .device_count = options.device_count,
                                         .no_device = options.no_device,
                                         .program = options.program,
                                         .timeout_seconds = (unsigned)options.time_limit};
        status = km_run_wine(&what);
        free_options(&options);
        return status;
    }
    struct km_script_log log = {0};
    struct km_event_listener listener = {
        .providers = options.event_providers,
        .provider_count = options.event_provider_count,
        .heard = km_allocate(options.event_provider_count + 1, sizeof *listener.heard),
        .log = options.has_script ? &log : NULL,
        .events = options.json != NULL && options.event_provider_count != 0 ? json_array() : NULL};
    FILE *trace_file = NULL;
    if (options.trace_path != NULL && (trace_file = fopen(options.trace_path, "w")) == NULL) {
        km_error("%s: %s", options.trace_path, strerror(errno));
        free_options(&options);
        return KM_EXIT_USAGE;
    }
    char *kernel = km_resource("lib/kmode/ntoskrnl.exe");
    char *exports = km_resource("share/kmode/exports");
    const struct km_machine_options machine_options = {
        .kernel_path = kernel,
        .exports_path = exports,
        .seed = options.seed,
        .processors = (unsigned)options.processors,
        .memory_bytes = options.memory,
        .real_clock = options.real_clock,
        .checks = !options.no_checks,
        .fail_allocation = options.fail_allocation,
        .trace = options.trace,
        .trace_filter = options.trace_filter,
        .trace_output = trace_file != NULL ? write_trace : NULL,
        .trace_context = trace_file,
        .disk_path = options.disk,
        .msr_path = options.msrs,
        .pci_path = options.pci,
        .serial = {options.serial[0], options.serial[1], options.serial[2], options.serial[3]},
        .time_limit = options.time_limit,
        .debug_output = options.has_script ? km_script_log_add : NULL,
        .debug_context = &log,
        .event_output = km_event_listen,
        .event_context = &listener};
    if (options.fail_allocations) {
        struct trial_context context = {.options = &options, .machine_options = &machine_options};
        status = km_run_each_allocation(options.driver_count != 0 ? options.drivers[0] : "the script",
                                        run_trial, &context);
    } else {
        status = run_once(&options, &machine_options, &log);
        if (!options.quiet) {
            km_event_listen_note(&listener);
        }
    }
    if (trace_file != NULL && fclose(trace_file) != 0) {
        km_error("%s: the trace cannot be written: %s", options.trace_path, strerror(errno));
        status = status == KM_EXIT_OK ? KM_EXIT_FAILED : status;
    }
    json_decref(listener.events);
    free(listener.heard);
    free_options(&options);
    free(log.text);
    free(exports);
    free(kernel);
    return status;
}
