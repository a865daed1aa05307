// SPDX-License-Identifier: MIT
// Measures a peer's rings under Linux: prints "NAME NANOSECONDS" lines, an element.
#ifndef KMODE_BENCH_RINGS_LINUX_H
#define KMODE_BENCH_RINGS_LINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

struct ring_thread {
    ring_work *work;
    unsigned processor;
    uint64_t sum;
};

static int ring_ready, ring_go;

static void ring_yield(void)
{
    sched_yield();
}

static void *ring_worker(void *context)
{
    struct ring_thread *thread = (struct ring_thread *)context;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(thread->processor, &set);
    sched_setaffinity(0, sizeof set, &set);
    __atomic_add_fetch(&ring_ready, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&ring_go, __ATOMIC_ACQUIRE)) {
        sched_yield();
    }
    thread->sum = thread->work(ring_yield);
    return NULL;
}

static double ring_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void ring_measure(const struct ring_measurement *measurement)
{
    struct ring_thread threads[2] = {{measurement->first, 0, 0}, {measurement->second, 1, 0}};
    const int count = measurement->second != NULL ? 2 : 1;
    pthread_t handles[2];
    if (count > sysconf(_SC_NPROCESSORS_ONLN)) {
        return;
    }
    ring_ready = ring_go = 0;
    for (int i = 0; i < count; i++) {
        if (pthread_create(&handles[i], NULL, ring_worker, &threads[i]) != 0) {
            exit(1);
        }
    }
    while (__atomic_load_n(&ring_ready, __ATOMIC_ACQUIRE) != count) {
        sched_yield();
    }
    const double start = ring_now();
    __atomic_store_n(&ring_go, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < count; i++) {
        pthread_join(handles[i], NULL);
    }
    const double end = ring_now();
    if (threads[0].sum + threads[1].sum != RING_SUM) {
        fprintf(stderr, "%s: what was put in did not come out\n", measurement->name);
        exit(1);
    }
    printf("%s %.2f\n", measurement->name, (end - start) / RING_ROUNDS);
}

#define RING_MAIN(Measurements)                                                                              \
    int main(void)                                                                                           \
    {                                                                                                        \
        for (unsigned i = 0; i < sizeof(Measurements) / sizeof((Measurements)[0]); i++) {                    \
            ring_measure(&(Measurements)[i]);                                                                \
        }                                                                                                    \
        return 0;                                                                                            \
    }

#endif
