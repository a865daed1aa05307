// SPDX-License-Identifier: MIT
// The machine's own structure, shared by the files of this folder.
#ifndef KMODE_MACHINE_PRIVATE_H
#define KMODE_MACHINE_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"
#include "machine/devices.h"
#include "machine/disk.h"
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
    unsigned event_written, event_column;            // the same when the last event was shown
};

enum { KM_PROCESSORS = 64 };

#define KM_REQUEST_SLOT_BYTES UINT64_C(1024)
#define KM_REQUEST_SLOTS      ((KM_REQUESTS_END - KM_REQUESTS_BASE) / KM_REQUEST_SLOT_BYTES)

// What the NT side may see of the machine's data, at KM_SHARED_BASE.
struct km_shared {
    KM_BOOT_BLOCK boot;
    KM_MACHINE_CALLS calls;
    KM_PROCESSOR processors[KM_PROCESSORS];
    KM_CLOCK clock;
    KM_REQUEST request;
};

// The verifier's findings (finding.c).
struct km_findings {
    struct kept_finding **items;
    size_t count;
    size_t failed_allocation; // which of them is no finding, from 1 on; 0: none
    size_t shown;             // so many have the names of their frames
    size_t lost;              // for which there was no memory
    struct names *names;
};

// The thread that makes the clock's interrupts (watch.c).
struct km_watch {
    bool started;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    volatile int asleep, ending;
    volatile uint64_t call;         // odd while the kernel is being called; counts
    volatile uint64_t expired_call; // that has taken longer than the time limit
    uint64_t seen_call, seen_time;  // the watch's own
};

#define KM_MACHINE_WAITS 32 // waiting threads that a report tells of

struct km_machine {
    struct km_machine_options options;
    struct km_memory memory;
    struct km_modules modules;
    struct km_disk disk;
    struct km_devices devices;
    struct km_processor processors[KM_PROCESSORS];
    uint32_t processor_count;
    // What contract calls of several processors share: modules, findings, the log, posted requests. Taken on
    // the Linux side alone, and never while another lock of the machine is held.
    pthread_mutex_t lock;
    pthread_mutex_t shared_data_lock; // the times in KUSER_SHARED_DATA
    // How several processors run (processors.c), under run_lock.
    pthread_mutex_t run_lock;
    pthread_cond_t run_changed, started;
    bool may_run; // while the machine's user waits
    bool halting;
    const KM_REQUEST *awaited;      // NULL once it is answered
    struct km_processor *answering; // that has answered it, and rests in that call
    uint64_t last_deadline;         // that a processor has given which waits
    uint64_t run_until;             // when the run is over, done or not; ~0: never
    bool time_is_up;                // it is
    uint32_t stop_processor;        // that has stopped the run
    struct km_watch watch;
    struct km_shared *shared;          // NULL until it is mapped
    KM_CLOCK *clock;                   // in it
    uint64_t start_monotonic;          // when it was made, by Linux's CLOCK_MONOTONIC, in units of 100 ns
    struct km_memory_cache user_cache; // of user memory that the machine's user copies to and from
    struct km_process *process;        // the last that was made (process.c)
    uint64_t request_slots[KM_REQUEST_SLOTS / 64]; // bit n: the n-th is a thread's
    KM_REQUEST *first_request, *last_request;      // posted and not fetched, linked by their field `machine`
    bool processor_ready;                          // the one, on its user's thread
    bool traps_ready;
    bool booted;
    bool stopped;
    KM_STOP stop;
    KM_WAIT waits[KM_MACHINE_WAITS];
    size_t wait_count;
    struct km_findings findings;
    struct km_trace_state *trace; // NULL until something is shown
    struct km_report report;
    bool report_made;
    void *report_memory; // what the report's strings are kept in
    struct km_log_tail log;
    uint32_t last_status;
    bool unload_waits;
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

// The watch over the processors, from the start to the stop of each call into the kernel (watch.c). init:
// false, and the machine's problem, if there is no thread for it.
bool km_watch_init(struct km_machine *machine);
void km_watch_deinit(struct km_machine *machine);
void km_watch_start(struct km_machine *machine);
void km_watch_stop(struct km_machine *machine);
// true if the call under way has taken longer than the time limit. Safe in a signal handler.
bool km_watch_has_expired(const struct km_machine *machine);

// Starts the machine's clock, of which the kernel sees *clock (clock.c).
void km_clock_init(struct km_machine *machine, KM_CLOCK *clock);
// Time since the start in units of 100 ns. Safe in a signal handler.
uint64_t km_machine_uptime(const struct km_machine *machine);
// Shows the time of now in KUSER_SHARED_DATA, and returns it as km_machine_uptime does. A virtual clock moves
// on by that. Not while the calling thread holds another lock of the machine's; safe in a signal handler that
// has interrupted NT code, which holds none.
uint64_t km_clock_show(struct km_machine *machine);
// Nothing is to be done before `deadline`: a virtual clock jumps there; a real one is waited for, or until a
// signal.
void km_clock_wait(struct km_machine *machine, uint64_t deadline);

// ---- Requests (request.c)

enum km_run_end {
    KM_RUN_ON,
    KM_RUN_ANSWERED, // the request that was waited for
    KM_RUN_WAITS,    // every thread waits, no timer is set: only another request can change that
    KM_RUN_TIME_UP,  // every thread waits, and run_until has come
    KM_RUN_STOPPED   // the run is over: see machine->stop
};

// Has the kernel carry out `request`, which lies in the shared region; other requests' answers may come
// meanwhile. Its field `machine` becomes KM_REQUEST_ANSWERED with its answer.
enum km_run_end km_request_carry_out(struct km_machine *machine, KM_REQUEST *request);
// The same, but at most until the machine's time is `until`; then, or where all wait for ever, the request is
// still under way.
enum km_run_end km_request_start(struct km_machine *machine, KM_REQUEST *request, uint64_t until);
// Goes on until `request` is answered, which was started (NULL: none is waited for), or the time is `until`.
enum km_run_end km_request_await(struct km_machine *machine, const KM_REQUEST *request, uint64_t until);
#define KM_REQUEST_ANSWERED UINT64_C(1)
// What is to be done now that km_processor_start or _resume has returned; KM_RUN_ON: resume with *value.
enum km_run_end km_run_continue(struct km_machine *machine, uint64_t *value, const KM_REQUEST *awaited);
// Has it carry out the request in the shared region, whose status becomes last_status. false: the machine has
// stopped (machine.c).
bool km_machine_ask(struct km_machine *machine);
// The same for another request in the shared region.
bool km_machine_carry_out(struct km_machine *machine, KM_REQUEST *request);
// KM_OK where the kernel runs; else what a call is to answer, with a problem.
enum km_result km_machine_ready(struct km_machine *machine);
// The next of the posted requests, for the kernel; NULL if there is none.
KM_REQUEST *km_requests_take(struct km_machine *machine);

// Frees what is kept of processes and their threads (process.c).
void km_processes_deinit(struct km_machine *machine);

// Keeps a finding of the kernel's.
void km_finding_add(struct km_machine *machine, const KM_FINDING *finding);
void km_findings_deinit(struct km_machine *machine);

// Shows a crossing of the border (trace-call.c).
void km_trace_crossing(struct km_machine *machine, const KM_TRACE *crossing);
// Writes what waits for the end of a call: the kernel has left before that, and may not come back.
void km_trace_flush(struct km_machine *machine);
void km_trace_deinit(struct km_machine *machine);

// Hands an event to the machine's user (event.c).
void km_event_show(struct km_machine *machine, const KM_EVENT *event);

// Fills in machine->report from machine->stop (report.c).
void km_report_make(struct km_machine *machine);
void km_report_deinit(struct km_machine *machine);

#endif
