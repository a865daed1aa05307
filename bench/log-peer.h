// SPDX-License-Identifier: MIT
// What the measurements of logs under Linux share.
#ifndef KMODE_BENCH_LOG_PEER_H
#define KMODE_BENCH_LOG_PEER_H

#include <stdint.h>
#include <time.h>

#include "log-measure.h"

static inline uint64_t counter_frequency(void)
{
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    const uint64_t start_ticks = ticks_now();
    int64_t nanoseconds;
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
        nanoseconds = (now.tv_sec - start.tv_sec) * INT64_C(1000000000) + now.tv_nsec - start.tv_nsec;
    } while (nanoseconds < 50000000);
    return (uint64_t)((double)(ticks_now() - start_ticks) * 1e9 / (double)nanoseconds);
}

#endif
