// SPDX-License-Identifier: MIT
// The machine's clock: the host's, until there is a virtual one.
#include <time.h>

#include "machine/machine-private.h"

// 1601-01-01 to 1970-01-01 in units of 100 ns.
#define UNIX_EPOCH UINT64_C(116444736000000000)

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
}

// The host's clock may be set while the machine runs; the machine's goes on.
void km_clock_init(struct km_machine *machine)
{
    machine->start_time = UNIX_EPOCH + read_clock(CLOCK_REALTIME);
    machine->start_monotonic = read_clock(CLOCK_MONOTONIC);
}

uint64_t km_machine_time(const struct km_machine *machine)
{
    return machine->start_time + (read_clock(CLOCK_MONOTONIC) - machine->start_monotonic);
}
