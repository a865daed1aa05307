// SPDX-License-Identifier: MIT
// The machine's clock: the host's, until there is a virtual one.
#include <time.h>

#include "machine/machine-private.h"

// 1601-01-01 to 1970-01-01 in units of 100 ns.
#define UNIX_EPOCH UINT64_C(116444736000000000)

uint64_t km_machine_time(const struct km_machine *machine)
{
    (void)machine;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return UNIX_EPOCH + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
}
