// SPDX-License-Identifier: MIT
// Several processors: how their threads start, wait, answer, rest and end. All state is under run_lock, which
// a processor takes in a contract call or in a signal handler that has interrupted NT code, so never while it
// holds it.
#include "machine/processors.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "machine/machine-private.h"

#define NEVER (~UINT64_C(0))

#define UNITS_PER_SECOND UINT64_C(10000000)

#define RESEND_UNITS UINT64_C(10000) // 1 ms: a signal that came within a door has been let pass

static bool is_alive(const struct km_processor *processor)
{
    return processor->state != KM_PROCESSOR_OFF && processor->state != KM_PROCESSOR_HALTED;
}

static int make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int error = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

bool km_processors_init(struct km_machine *machine)
{
    pthread_mutex_init(&machine->lock, NULL);
    pthread_mutex_init(&machine->run_lock, NULL);
    pthread_mutex_init(&machine->shared_data_lock, NULL);
    int error = make_condition(&machine->run_changed);
    error = error == 0 ? make_condition(&machine->started) : error;
    for (uint32_t i = 0; error == 0 && i < KM_PROCESSORS; i++) {
        error = make_condition(&machine->processors[i].wake);
    }
    errno = error;
    return error == 0;
}

// Waits for the condition, at most `units` of 100 ns (NEVER: without an end).
static void wait_for(struct km_machine *machine, pthread_cond_t *condition, uint64_t units)
{
    if (units == NEVER) {
        pthread_cond_wait(condition, &machine->run_lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    // No wait is longer than an hour: whoever waits looks again.
    const uint64_t longest = 3600 * UNITS_PER_SECOND;
    uint64_t wait = units < longest ? units : longest;
    until.tv_sec += (time_t)(wait / UNITS_PER_SECOND);
    until.tv_nsec += (long)(wait % UNITS_PER_SECOND * 100);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(condition, &machine->run_lock, &until);
}

void km_processor_signal(const struct km_processor *processor)
{
    syscall(SYS_tgkill, getpid(), processor->thread_id, KM_ATTENTION_SIGNAL);
}

static void change_state(struct km_processor *processor, enum km_processor_state state)
{
    struct km_machine *machine = processor->machine;
    processor->state = state;
    if (!machine->may_run || machine->halting) {
        pthread_cond_signal(&machine->run_changed);
    }
}

static void rest(struct km_processor *processor)
{
    struct km_machine *machine = processor->machine;
    change_state(processor, KM_PROCESSOR_RESTING);
    while (!machine->may_run && !machine->halting) {
        wait_for(machine, &processor->wake, NEVER);
    }
    change_state(processor, KM_PROCESSOR_RUNNING);
}

void km_processor_rest(struct km_processor *processor)
{
    pthread_mutex_lock(&processor->machine->run_lock);
    rest(processor);
    pthread_mutex_unlock(&processor->machine->run_lock);
}

// ---- Waiting

static bool has_cause(const struct km_machine *machine, const struct km_processor *processor)
{
    return processor->shared->pending != 0 || processor->attention != 0 ||
           km_machine_uptime(machine) >= processor->deadline;
}

// true if every processor waits, and nothing that has happened will end the wait of one. One that has a cause
// is woken: what others did may have moved a virtual clock past its deadline, of which nobody has told it.
static bool all_wait(struct km_machine *machine)
{
    bool all = true;
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        struct km_processor *processor = &machine->processors[i];
        if (!is_alive(processor)) {
            continue;
        }
        if (processor->state != KM_PROCESSOR_WAITING) {
            all = false;
        } else if (has_cause(machine, processor)) {
            pthread_cond_signal(&processor->wake);
            all = false;
        }
    }
    return all;
}

// All wait, and nothing happens before run_until, if it lies in the future at all.
static void reach_end(struct km_machine *machine)
{
    if (machine->clock->now < machine->run_until) {
        machine->clock->now = machine->run_until;
    }
    machine->time_is_up = true;
    pthread_cond_signal(&machine->run_changed);
}

// All wait. The deadline that was given last is the one that holds: an earlier one of another processor's was
// of a timer that has been cancelled since, perhaps, so that one is to say it again.
static void jump(struct km_machine *machine)
{
    const uint64_t deadline = machine->last_deadline;
    bool again = false;
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        struct km_processor *processor = &machine->processors[i];
        if (is_alive(processor) && processor->deadline < deadline) {
            processor->deadline = 0;
            pthread_cond_signal(&processor->wake);
            again = true;
        }
    }
    if (again || deadline == NEVER) {
        pthread_cond_signal(&machine->run_changed);
        return;
    }
    if (deadline > machine->run_until) {
        reach_end(machine);
        return;
    }
    machine->clock->now = deadline;
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        if (machine->processors[i].deadline <= deadline) {
            pthread_cond_signal(&machine->processors[i].wake);
        }
    }
}

static void wait_for_interrupt(struct km_processor *processor)
{
    struct km_machine *machine = processor->machine;
    const uint64_t deadline = processor->leave_argument;
    processor->deadline = machine->last_deadline = deadline;
    change_state(processor, KM_PROCESSOR_WAITING);
    while (!machine->halting) {
        uint64_t units = NEVER;
        if (machine->may_run) {
            if (has_cause(machine, processor)) {
                break;
            }
            if (machine->clock->is_virtual) {
                if (all_wait(machine)) {
                    jump(machine);
                    if (has_cause(machine, processor)) {
                        break;
                    }
                }
            } else if (deadline != NEVER) {
                const uint64_t now = km_machine_uptime(machine);
                units = deadline > now ? deadline - now : 0;
            } else if (all_wait(machine)) {
                pthread_cond_signal(&machine->run_changed); // perhaps for ever
            }
        }
        wait_for(machine, &processor->wake, units);
    }
    change_state(processor, KM_PROCESSOR_RUNNING);
}

// Its thread has answered: where that was waited for, the machine rests before anything else happens.
static void answer(struct km_processor *processor)
{
    struct km_machine *machine = processor->machine;
    const KM_REQUEST *request = (const KM_REQUEST *)processor->leave_argument;
    processor->resume_value = 0;
    ((KM_REQUEST *)processor->leave_argument)->machine = KM_REQUEST_ANSWERED;
    if (request != machine->awaited) {
        return;
    }
    machine->awaited = NULL;
    machine->answering = processor;
    processor->user_thread = request->thread;
    machine->may_run = false;
    rest(processor);
}

// ---- A processor's thread

static void run_processor(struct km_processor *processor)
{
    struct km_machine *machine = processor->machine;
    km_processor_start(processor, processor->entry, (void *)processor->argument, processor->stack_top);
    for (;;) {
        uint64_t value = 0;
        pthread_mutex_lock(&machine->run_lock);
        if (processor->leave_reason == KM_LEFT_TO_WAIT) {
            wait_for_interrupt(processor);
        } else if (processor->leave_reason == KM_LEFT_WITH_ANSWER) {
            answer(processor);
            value = processor->resume_value;
        }
        bool over = machine->halting || processor->leave_reason == KM_LEFT_FOR_GOOD;
        pthread_mutex_unlock(&machine->run_lock);
        if (over) {
            return;
        }
        km_processor_resume(processor, value);
    }
}

static void *processor_thread(void *context)
{
    struct km_processor *processor = context;
    struct km_machine *machine = processor->machine;
    bool ready = km_processor_init(processor, machine, processor->shared, processor->number);
    pthread_mutex_lock(&machine->run_lock);
    change_state(processor, ready ? KM_PROCESSOR_RUNNING : KM_PROCESSOR_OFF);
    pthread_cond_broadcast(&machine->started);
    pthread_mutex_unlock(&machine->run_lock);
    if (!ready) {
        return NULL;
    }
    run_processor(processor);
    pthread_mutex_lock(&machine->run_lock);
    change_state(processor, KM_PROCESSOR_HALTED);
    pthread_mutex_unlock(&machine->run_lock);
    km_processor_deinit(processor);
    return NULL;
}

bool km_processors_start(struct km_machine *machine, uint32_t number, uint64_t entry, uint64_t argument,
                         uint64_t stack_top)
{
    if (number >= machine->processor_count) {
        return false;
    }
    struct km_processor *processor = &machine->processors[number];
    pthread_mutex_lock(&machine->run_lock);
    bool started = false;
    if (processor->state == KM_PROCESSOR_OFF) {
        processor->machine = machine;
        processor->shared = &machine->shared->processors[number];
        processor->number = number;
        processor->entry = entry;
        processor->argument = argument;
        processor->stack_top = stack_top;
        processor->state = KM_PROCESSOR_STARTING;
        started = pthread_create(&processor->thread, NULL, processor_thread, processor) == 0;
        if (!started) {
            processor->state = KM_PROCESSOR_OFF;
        }
    }
    while (processor->state == KM_PROCESSOR_STARTING) {
        wait_for(machine, &machine->started, NEVER);
    }
    if (started && processor->state == KM_PROCESSOR_OFF) {
        pthread_join(processor->thread, NULL);
        started = false;
    }
    pthread_mutex_unlock(&machine->run_lock);
    return started;
}

// ---- What happens to them

void km_processors_interrupt(struct km_machine *machine, uint32_t number)
{
    if (number >= machine->processor_count || &machine->processors[number] == km_current_processor) {
        return; // the calling one looks at its pending bits on the way out of this call
    }
    struct km_processor *processor = &machine->processors[number];
    if (machine->processor_count == 1) {
        km_processor_signal(processor); // from the watch: the one processor is not under run_lock
        return;
    }
    pthread_mutex_lock(&machine->run_lock);
    if (processor->state == KM_PROCESSOR_WAITING) {
        pthread_cond_signal(&processor->wake);
    } else if (processor->state == KM_PROCESSOR_RUNNING) {
        km_processor_signal(processor);
    }
    pthread_mutex_unlock(&machine->run_lock);
}

// Has every processor but `self` look at `attention`.
static void call_attention(struct km_machine *machine, const struct km_processor *self, uint32_t attention)
{
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        struct km_processor *processor = &machine->processors[i];
        if (processor == self || !is_alive(processor)) {
            continue;
        }
        __atomic_or_fetch(&processor->attention, attention, __ATOMIC_SEQ_CST);
        pthread_cond_signal(&processor->wake);
        if (processor->state == KM_PROCESSOR_RUNNING) {
            km_processor_signal(processor);
        }
    }
}

static void halt(struct km_machine *machine, const struct km_processor *self)
{
    machine->halting = true;
    call_attention(machine, self, KM_ATTEND_HALT);
    pthread_cond_signal(&machine->run_changed);
}

void km_processors_stop(struct km_processor *processor, const KM_STOP *stop)
{
    struct km_machine *machine = processor->machine;
    pthread_mutex_lock(&machine->run_lock);
    if (!machine->stopped) {
        machine->stop = *stop;
        machine->stop_processor = processor->number;
        machine->stopped = true;
    }
    if (machine->processor_count > 1) {
        halt(machine, processor);
    }
    pthread_mutex_unlock(&machine->run_lock);
}

static bool any_in(const struct km_machine *machine, enum km_processor_state state)
{
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        if (machine->processors[i].state == state) {
            return true;
        }
    }
    return false;
}

static void resume(struct km_machine *machine)
{
    machine->may_run = true;
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        struct km_processor *processor = &machine->processors[i];
        __atomic_and_fetch(&processor->attention, ~KM_ATTEND_PAUSE, __ATOMIC_SEQ_CST);
        if (is_alive(processor)) {
            pthread_cond_signal(&processor->wake);
        }
    }
}

// None executes NT code when it returns.
static void pause_all(struct km_machine *machine)
{
    machine->may_run = false;
    while (any_in(machine, KM_PROCESSOR_RUNNING) || any_in(machine, KM_PROCESSOR_STARTING)) {
        call_attention(machine, NULL, machine->halting ? KM_ATTEND_HALT : KM_ATTEND_PAUSE);
        wait_for(machine, &machine->run_changed, RESEND_UNITS);
    }
}

// Until run_until, where Linux's clock is the one that counts.
static uint64_t time_left(const struct km_machine *machine)
{
    if (machine->clock->is_virtual || machine->run_until == NEVER) {
        return NEVER;
    }
    const uint64_t now = km_machine_uptime(machine);
    return machine->run_until > now ? machine->run_until - now : 0;
}

enum km_run_end km_processors_run(struct km_machine *machine, uint64_t value, const KM_REQUEST *awaited)
{
    pthread_mutex_lock(&machine->run_lock);
    machine->awaited = awaited;
    if (machine->answering != NULL) {
        machine->answering->resume_value = value;
        machine->answering = NULL;
    }
    machine->time_is_up = false;
    resume(machine);
    while (!machine->halting && !machine->time_is_up && (awaited == NULL || machine->awaited != NULL)) {
        if (all_wait(machine)) {
            bool deadline = false;
            for (uint32_t i = 0; i < machine->processor_count; i++) {
                deadline = deadline || machine->processors[i].deadline != NEVER;
            }
            const bool endless = machine->run_until == NEVER;
            if (!deadline && endless && (awaited == NULL || !km_devices_listen(machine))) {
                break;
            }
            if (!deadline && !endless && machine->clock->is_virtual) {
                reach_end(machine);
                break;
            }
        }
        wait_for(machine, &machine->run_changed, time_left(machine));
        if (!machine->clock->is_virtual && time_left(machine) == 0) {
            machine->time_is_up = true;
        }
    }
    enum km_run_end end = machine->awaited == NULL && awaited != NULL ? KM_RUN_ANSWERED
                          : machine->time_is_up                       ? KM_RUN_TIME_UP
                                                                      : KM_RUN_WAITS;
    machine->awaited = NULL;
    pause_all(machine);
    if (machine->halting) {
        end = KM_RUN_STOPPED;
        while (any_in(machine, KM_PROCESSOR_RESTING) || any_in(machine, KM_PROCESSOR_WAITING) ||
               any_in(machine, KM_PROCESSOR_RUNNING)) {
            call_attention(machine, NULL, KM_ATTEND_HALT);
            wait_for(machine, &machine->run_changed, RESEND_UNITS);
        }
    }
    pthread_mutex_unlock(&machine->run_lock);
    return end;
}

void km_processors_deinit(struct km_machine *machine)
{
    pthread_mutex_lock(&machine->run_lock);
    bool several = machine->processor_count > 1;
    while (several && (any_in(machine, KM_PROCESSOR_RESTING) || any_in(machine, KM_PROCESSOR_WAITING) ||
                       any_in(machine, KM_PROCESSOR_RUNNING))) {
        halt(machine, NULL);
        wait_for(machine, &machine->run_changed, RESEND_UNITS);
    }
    pthread_mutex_unlock(&machine->run_lock);
    for (uint32_t i = 0; i < KM_PROCESSORS; i++) {
        if (machine->processors[i].state == KM_PROCESSOR_HALTED) {
            pthread_join(machine->processors[i].thread, NULL);
        }
        pthread_cond_destroy(&machine->processors[i].wake);
    }
    pthread_cond_destroy(&machine->started);
    pthread_cond_destroy(&machine->run_changed);
    pthread_mutex_destroy(&machine->shared_data_lock);
    pthread_mutex_destroy(&machine->run_lock);
    pthread_mutex_destroy(&machine->lock);
}
