// SPDX-License-Identifier: MIT
// The machine's own structure, shared by the files of this folder.
#ifndef KMODE_MACHINE_PRIVATE_H
#define KMODE_MACHINE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "machine/contract.h"
#include "machine/include/kmode/machine.h"
#include "machine/memory.h"
#include "machine/module.h"
#include "machine/processor.h"

enum { KM_LOG_LINES = 8, KM_LOG_LINE_BYTES = 512 };

// The last lines of debug output, for the report.
struct km_log_tail {
    char lines[KM_LOG_LINES + 1][KM_LOG_LINE_BYTES]; // a ring, with the line that is being written
    unsigned written;                                // lines begun so far
    unsigned column;                                 // bytes in the line that is being written
};

// What the NT side may see of the machine's data, at KM_SHARED_BASE.
struct km_shared {
    KM_BOOT_BLOCK boot;
    KM_MACHINE_CALLS calls;
    KM_PROCESSOR processor;
    KM_REQUEST request;
};

struct km_machine {
    struct km_machine_options options;
    struct km_memory memory;
    struct km_modules modules;
    struct km_processor processor;
    struct km_shared *shared; // NULL until it is mapped
    uint64_t start_time;      // when it was made, by its own clock
    uint64_t start_monotonic; // and by Linux's CLOCK_MONOTONIC, in units of 100 ns
    bool processor_ready;
    bool booted;
    bool stopped;
    bool time_limit_armed;
    timer_t time_limit_timer;
    KM_STOP stop;
    struct km_report report;
    bool report_made;
    void *report_memory; // what the report's strings are kept in
    struct km_log_tail log;
    uint32_t last_status;
    const char *problem; // what km_machine_problem returns
    char *problem_text;  // it, if it was allocated
};

// Sets what km_machine_problem returns, printf style; makes it NULL again (problem.c).
void km_set_problem(struct km_machine *machine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void km_clear_problem(struct km_machine *machine);

// Maps the gates through which the kernel calls the machine, and fills in the table of their addresses
// (calls.c).
bool km_calls_init(struct km_memory *memory, KM_MACHINE_CALLS *calls);

// Signal handlers (trap.c). Installed once a machine, put back with it.
bool km_traps_init(struct km_machine *machine);
void km_traps_deinit(struct km_machine *machine);

// Starts and stops the clock of the time limit around one call into the kernel (time-limit.c).
bool km_time_limit_init(struct km_machine *machine);
void km_time_limit_deinit(struct km_machine *machine);
void km_time_limit_start(struct km_machine *machine);
void km_time_limit_stop(struct km_machine *machine);

// Starts the machine's clock (clock.c).
void km_clock_init(struct km_machine *machine);

// Time since 1601 in units of 100 ns (clock.c). Safe in a signal handler.
uint64_t km_machine_time(const struct km_machine *machine);

// Fills in machine->report from machine->stop (report.c).
void km_report_make(struct km_machine *machine);
void km_report_deinit(struct km_machine *machine);

#endif
