// SPDX-License-Identifier: MIT
// The watch: a Linux thread that looks, each 10 ms while the kernel is being called, at what the processors
// do. It makes the clock's interrupts, and ends a call that takes longer than the time limit. Each
// millisecond it shows the time of a real clock, as a Windows does whose clock interrupts as often.
//
// On one processor with a virtual clock a run is the same each time, so nothing that depends on Linux's time
// may reach it: there the clock interrupts only code that has used a quarter of a second of processor time
// without any sign that the kernel has been called.
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "machine/machine-private.h"
#include "machine/processors.h"

#define PERIOD  UINT64_C(10000000) // ns
#define SHOWING UINT64_C(1000000)
#define SILENCE UINT64_C(250000000)

#define NS_PER_SECOND UINT64_C(1000000000)

static uint64_t read_ns(clockid_t clock)
{
    struct timespec now;
    return clock_gettime(clock, &now) == 0 ? (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec : 0;
}

static void ask_for_attention(struct km_processor *processor, uint32_t attention)
{
    __atomic_or_fetch(&processor->attention, attention, __ATOMIC_SEQ_CST);
    if (processor->state == KM_PROCESSOR_WAITING) {
        pthread_cond_signal(&processor->wake);
    }
    km_processor_signal(processor);
}

// The call has taken too long: a processor that executes something is to say what, else any.
static void expire(struct km_machine *machine)
{
    struct km_processor *chosen = &machine->processors[0];
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        if (machine->processors[i].in_nt && machine->processors[i].state != KM_PROCESSOR_OFF) {
            chosen = &machine->processors[i];
            break;
        }
    }
    ask_for_attention(chosen, KM_ATTEND_TIME_LIMIT);
}

static uint64_t used_time(const struct km_processor *processor)
{
    clockid_t clock;
    return pthread_getcpuclockid(processor->thread, &clock) == 0 ? read_ns(clock) : 0;
}

// true if the code that runs has not called the kernel for so long that time has to go on without it.
static bool is_silent(struct km_processor *processor)
{
    const uint32_t activity = processor->shared->activity + (uint32_t)processor->machine->clock->now;
    const uint64_t used = used_time(processor);
    if (activity != processor->watched_activity || processor->watched_time == 0) {
        processor->watched_activity = activity;
        processor->watched_time = used;
    }
    return used - processor->watched_time >= SILENCE;
}

static void tick(struct km_machine *machine)
{
    const bool free = machine->processor_count > 1 || !machine->clock->is_virtual;
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        struct km_processor *processor = &machine->processors[i];
        if (processor->state != KM_PROCESSOR_OFF && processor->state != KM_PROCESSOR_HALTED &&
            processor->in_nt && (free || is_silent(processor))) {
            __atomic_or_fetch(&processor->shared->pending, 1u << KM_IRQL_CLOCK, __ATOMIC_SEQ_CST);
            km_processor_signal(processor);
        }
    }
}

// The call under way is looked at for the first time when it is not the one of the last look.
static void look(struct km_machine *machine)
{
    struct km_watch *watch = &machine->watch;
    const uint64_t call = __atomic_load_n(&watch->call, __ATOMIC_SEQ_CST);
    const uint64_t now = read_ns(CLOCK_MONOTONIC);
    if (call % 2 == 0) {
        return; // none is under way
    }
    if (call != watch->seen_call) {
        watch->seen_call = call;
        watch->seen_time = now;
        for (uint32_t i = 0; i < machine->processor_count; i++) {
            machine->processors[i].watched_time =
                0; // what its thread has used outside the call is not NT code's
        }
    }
    pthread_mutex_lock(&machine->run_lock);
    if (machine->options.time_limit > 0 &&
        (double)(now - watch->seen_time) >= machine->options.time_limit * 1e9) {
        __atomic_store_n(&watch->expired_call, call, __ATOMIC_SEQ_CST);
        expire(machine);
    }
    tick(machine);
    pthread_mutex_unlock(&machine->run_lock);
}

// Until then, or until the machine ends.
static void sleep_until(struct km_watch *watch, uint64_t time)
{
    const struct timespec until = {.tv_sec = (time_t)(time / NS_PER_SECOND),
                                   .tv_nsec = (long)(time % NS_PER_SECOND)};
    pthread_mutex_lock(&watch->lock);
    while (!watch->ending && pthread_cond_timedwait(&watch->woken, &watch->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&watch->lock);
}

// Until the next look, or until the machine ends.
static void rest(struct km_machine *machine, uint64_t time)
{
    struct km_watch *watch = &machine->watch;
    uint64_t now = read_ns(CLOCK_MONOTONIC);
    const uint64_t look = now + time;
    while (now < look && !__atomic_load_n(&watch->ending, __ATOMIC_SEQ_CST)) {
        const bool shows = !machine->clock->is_virtual && look - now > SHOWING;
        sleep_until(watch, shows ? now + SHOWING : look);
        if (!machine->clock->is_virtual && __atomic_load_n(&watch->call, __ATOMIC_SEQ_CST) % 2 != 0) {
            km_clock_show(machine);
        }
        now = read_ns(CLOCK_MONOTONIC);
    }
}

static uint64_t period(const struct km_machine *machine)
{
    // A limit that is shorter than the period is kept too.
    const double limit = machine->options.time_limit * 1e9 / 8;
    const uint64_t ns = limit > 0 && limit < (double)PERIOD ? (uint64_t)limit : PERIOD;
    return ns > 20000 ? ns : 20000;
}

static void *watch_thread(void *context)
{
    struct km_machine *machine = context;
    struct km_watch *watch = &machine->watch;
    const uint64_t time = period(machine);
    uint64_t idle_call = 0;
    for (;;) {
        const uint64_t call = __atomic_load_n(&watch->call, __ATOMIC_SEQ_CST);
        if (call % 2 == 0 && call == idle_call) {
            // Nobody has called for a whole period: sleep until somebody does.
            pthread_mutex_lock(&watch->lock);
            __atomic_store_n(&watch->asleep, 1, __ATOMIC_SEQ_CST);
            while (!watch->ending && __atomic_load_n(&watch->call, __ATOMIC_SEQ_CST) == call) {
                pthread_cond_wait(&watch->woken, &watch->lock);
            }
            __atomic_store_n(&watch->asleep, 0, __ATOMIC_SEQ_CST);
            pthread_mutex_unlock(&watch->lock);
        }
        idle_call = call;
        if (__atomic_load_n(&watch->ending, __ATOMIC_SEQ_CST)) {
            return NULL;
        }
        if (machine->processor_count > 1 || !machine->clock->is_virtual) {
            km_devices_poll(machine); // else what comes from outside is looked for where all wait
        }
        look(machine);
        rest(machine, time);
    }
}

bool km_watch_init(struct km_machine *machine)
{
    struct km_watch *watch = &machine->watch;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int error = pthread_create(&watch->thread, NULL, watch_thread, machine);
    if (error != 0) {
        pthread_cond_destroy(&watch->woken);
        pthread_mutex_destroy(&watch->lock);
        km_set_problem(machine, "no thread to watch the time: %s", strerror(error));
        return false;
    }
    watch->started = true;
    return true;
}

static void wake(struct km_watch *watch)
{
    if (__atomic_load_n(&watch->asleep, __ATOMIC_SEQ_CST)) {
        pthread_mutex_lock(&watch->lock);
        pthread_cond_signal(&watch->woken);
        pthread_mutex_unlock(&watch->lock);
    }
}

void km_watch_deinit(struct km_machine *machine)
{
    struct km_watch *watch = &machine->watch;
    if (!watch->started) {
        return;
    }
    pthread_mutex_lock(&watch->lock);
    __atomic_store_n(&watch->ending, 1, __ATOMIC_SEQ_CST);
    pthread_cond_signal(&watch->woken);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->woken);
    pthread_mutex_destroy(&watch->lock);
    watch->started = false;
}

void km_watch_start(struct km_machine *machine)
{
    if (!machine->clock->is_virtual) {
        km_clock_show(machine); // it has gone on since the last call
    }
    __atomic_add_fetch(&machine->watch.call, 1, __ATOMIC_SEQ_CST);
    wake(&machine->watch);
}

void km_watch_stop(struct km_machine *machine)
{
    // No other thread writes it.
    __atomic_store_n(&machine->watch.call, machine->watch.call + 1, __ATOMIC_RELEASE);
}

bool km_watch_has_expired(const struct km_machine *machine)
{
    return __atomic_load_n(&machine->watch.expired_call, __ATOMIC_SEQ_CST) ==
           __atomic_load_n(&machine->watch.call, __ATOMIC_SEQ_CST);
}
