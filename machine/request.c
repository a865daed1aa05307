// SPDX-License-Identifier: MIT
// Requests: put to the kernel, carried out while the caller lends it its Linux thread, answered.
#include <string.h>

#include "machine/machine-private.h"
#include "machine/processors.h"

#define NEVER (~UINT64_C(0))

KM_REQUEST *km_requests_take(struct km_machine *machine)
{
    KM_REQUEST *request = machine->first_request;
    if (request != NULL) {
        machine->first_request = (KM_REQUEST *)request->machine;
        request->machine = 0;
    }
    return request;
}

static void post(struct km_machine *machine, KM_REQUEST *request)
{
    request->machine = 0;
    if (machine->first_request == NULL) {
        machine->first_request = request;
    } else {
        machine->last_request->machine = (uint64_t)request;
    }
    machine->last_request = request;
    __atomic_or_fetch(&machine->processors[0].shared->pending, 1u << KM_IRQL_REQUEST, __ATOMIC_SEQ_CST);
}

// Runs the kernel until `awaited` is answered, or, where it is NULL, until it waits for ever.
static enum km_run_end run(struct km_machine *machine, uint64_t value, const KM_REQUEST *awaited)
{
    struct km_processor *processor = &machine->processors[0];
    if (machine->processor_count > 1) {
        return km_processors_run(machine, value, awaited);
    }
    for (;;) {
        km_processor_resume(processor, value);
        enum km_run_end end = km_run_continue(machine, &value, awaited);
        if (end != KM_RUN_ON) {
            return end;
        }
    }
}

enum km_run_end km_run_continue(struct km_machine *machine, uint64_t *value, const KM_REQUEST *awaited)
{
    struct km_processor *processor = &machine->processors[0];
    *value = 0;
    switch (processor->leave_reason) {
    case KM_LEFT_TO_WAIT:
        km_devices_poll(machine);
        if (processor->shared->pending != 0 || processor->attention != 0) {
            return KM_RUN_ON;
        }
        if (processor->leave_argument > machine->run_until) {
            if (km_machine_uptime(machine) < machine->run_until) {
                km_clock_wait(machine, machine->run_until);
            }
            return km_machine_uptime(machine) < machine->run_until ? KM_RUN_ON : KM_RUN_TIME_UP;
        }
        if (processor->leave_argument == NEVER) {
            return awaited != NULL && km_devices_wait(machine) ? KM_RUN_ON : KM_RUN_WAITS;
        }
        km_clock_wait(machine, processor->leave_argument);
        return KM_RUN_ON;
    case KM_LEFT_WITH_ANSWER:
        processor->user_thread = ((const KM_REQUEST *)processor->leave_argument)->thread;
        ((KM_REQUEST *)processor->leave_argument)->machine = KM_REQUEST_ANSWERED;
        return (const KM_REQUEST *)processor->leave_argument == awaited ? KM_RUN_ANSWERED : KM_RUN_ON;
    default: return KM_RUN_STOPPED;
    }
}

static enum km_run_end run_watched(struct km_machine *machine, uint64_t value, const KM_REQUEST *awaited)
{
    km_watch_start(machine);
    const enum km_run_end end = run(machine, value, awaited);
    km_watch_stop(machine);
    km_trace_flush(machine);
    return end;
}

enum km_run_end km_request_start(struct km_machine *machine, KM_REQUEST *request, uint64_t until)
{
    const struct km_processor *processor =
        machine->processor_count > 1 ? machine->answering : &machine->processors[0];
    uint64_t value = 0;
    request->machine = 0;
    if (processor != NULL && processor->leave_reason == KM_LEFT_WITH_ANSWER &&
        machine->first_request == NULL && request->kind != KM_REQUEST_REPORT_WAITS &&
        processor->user_thread == request->thread) {
        // The thread that is in user mode comes from there with its next call.
        value = (uint64_t)request;
    } else {
        post(machine, request);
    }
    machine->run_until = until;
    return run_watched(machine, value, request);
}

enum km_run_end km_request_carry_out(struct km_machine *machine, KM_REQUEST *request)
{
    return km_request_start(machine, request, NEVER);
}

enum km_run_end km_request_await(struct km_machine *machine, const KM_REQUEST *request, uint64_t until)
{
    if (request != NULL && request->machine == KM_REQUEST_ANSWERED) {
        return KM_RUN_ANSWERED;
    }
    machine->run_until = until;
    return run_watched(machine, 0, request);
}
