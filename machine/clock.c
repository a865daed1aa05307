// SPDX-License-Identifier: MIT
// The machine's clock: a virtual one, which stands still unless the kernel moves it or everybody waits, or
// Linux's.
#include <errno.h>
#include <time.h>

#include "machine/machine-private.h"

// 1601-01-01 to 1970-01-01 in units of 100 ns.
#define UNIX_EPOCH UINT64_C(116444736000000000)

#define UNITS_PER_SECOND UINT64_C(10000000)

// A virtual clock starts at the same moment in every run: 2026-01-01 00:00 UTC.
#define VIRTUAL_START (UNIX_EPOCH + UINT64_C(1767225600) * UNITS_PER_SECOND)

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UNITS_PER_SECOND + (uint64_t)now.tv_nsec / 100;
}

// The host's clock may be set while the machine runs; the machine's goes on.
void km_clock_init(struct km_machine *machine, KM_CLOCK *clock)
{
    machine->clock = clock;
    clock->is_virtual = !machine->options.real_clock;
    clock->start_time = clock->is_virtual ? VIRTUAL_START : UNIX_EPOCH + read_clock(CLOCK_REALTIME);
    machine->start_monotonic = read_clock(CLOCK_MONOTONIC);
}

uint64_t km_machine_uptime(const struct km_machine *machine)
{
    return machine->clock->is_virtual ? machine->clock->now
                                      : read_clock(CLOCK_MONOTONIC) - machine->start_monotonic;
}

uint64_t km_clock_show(struct km_machine *machine)
{
    // The clock is read under the lock: times are written in their order.
    pthread_mutex_lock(&machine->shared_data_lock);
    uint64_t uptime = km_machine_uptime(machine);
    if (machine->clock->is_virtual) {
        // A look takes a moment, or a loop of looks would never end.
        uptime = __atomic_add_fetch(&machine->clock->now, 1, __ATOMIC_RELAXED);
    }
    km_shared_user_data_write(machine->clock->start_time + uptime, uptime);
    pthread_mutex_unlock(&machine->shared_data_lock);
    return uptime;
}

void km_clock_wait(struct km_machine *machine, uint64_t deadline)
{
    if (machine->clock->is_virtual) {
        if (machine->clock->now < deadline) {
            machine->clock->now = deadline;
        }
        return;
    }
    uint64_t now = km_machine_uptime(machine);
    if (now < deadline) {
        uint64_t units = deadline - now;
        struct timespec time = {.tv_sec = (time_t)(units / UNITS_PER_SECOND),
                                .tv_nsec = (long)(units % UNITS_PER_SECOND * 100)};
        // A signal may be what is waited for: the caller looks.
        nanosleep(&time, NULL);
    }
}
