// SPDX-License-Identifier: MIT
// What malloc and free of 64 bytes take: prints "NAME NANOSECONDS" lines of the same work as slab.c. Which
// malloc, LD_PRELOAD says.
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 2000000, BATCH = 1000, BYTES = 64, RING = 4096, RING_BATCH = 64 };

static int ready, go;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void *allocate(void)
{
    void *object = malloc(BYTES);
    if (object == NULL) {
        _exit(1);
    }
    *(volatile unsigned *)object = 1;
    return object;
}

static void pairs(unsigned processor)
{
    (void)processor;
    for (int round = 0; round < ROUNDS; round++) {
        free(allocate());
    }
}

static void *objects[2][BATCH];

static void batches(unsigned processor)
{
    void **mine = objects[processor];
    for (int round = 0; round < ROUNDS / BATCH; round++) {
        for (int i = 0; i < BATCH; i++) {
            mine[i] = allocate();
        }
        for (int i = 0; i < BATCH; i++) {
            free(mine[i]);
        }
    }
}

static void *volatile ring[RING];
static _Alignas(128) volatile long written;
static _Alignas(128) volatile long taken;

static void cross(unsigned processor)
{
    if (processor == 0) {
        for (long i = 0; i < ROUNDS; i++) {
            void *object = allocate();
            while (i - taken >= RING) {
                __builtin_ia32_pause();
            }
            ring[i % RING] = object;
            if ((i + 1) % RING_BATCH == 0) {
                written = i + 1;
            }
        }
        return;
    }
    for (long i = 0; i < ROUNDS; i++) {
        while (i >= written) {
            __builtin_ia32_pause();
        }
        free(ring[i % RING]);
        if ((i + 1) % RING_BATCH == 0) {
            taken = i + 1;
        }
    }
}

typedef void work(unsigned processor);
static work *what;

static void *worker(void *context)
{
    unsigned processor = (unsigned)(size_t)context;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE)) {
        sched_yield();
    }
    what(processor);
    return NULL;
}

static void measure(const char *name, work *function, unsigned count)
{
    pthread_t threads[2];
    what = function;
    ready = go = 0;
    written = taken = 0;
    for (unsigned i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, worker, (void *)(size_t)i) != 0) {
            exit(1);
        }
    }
    while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) != (int)count) {
        sched_yield();
    }
    double start = now();
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%s %.2f\n", name, (now() - start) / ROUNDS);
}

int main(void)
{
    measure("pairs-1", pairs, 1);
    measure("batches-1", batches, 1);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
        measure("pairs-2", pairs, 2);
        measure("batches-2", batches, 2);
        measure("cross-2", cross, 2);
    }
    return 0;
}
