// SPDX-License-Identifier: MIT
// What Linux itself needs for the like of kernel-basics.c: prints "NAME NANOSECONDS" lines of the same names.
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 200000 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void report(const char *name, double start)
{
    printf("%s %.1f\n", name, (now() - start) / ROUNDS);
}

static uint32_t turn;

static void wait_for_turn(uint32_t mine)
{
    for (uint32_t seen; (seen = __atomic_load_n(&turn, __ATOMIC_ACQUIRE)) != mine;) {
        syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    }
}

static void give_turn(uint32_t next)
{
    __atomic_store_n(&turn, next, __ATOMIC_RELEASE);
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *answer(void *context)
{
    for (int i = 0; i < ROUNDS / 2; i++) {
        wait_for_turn(1);
        give_turn(0);
    }
    return context;
}

// Two threads on one processor, as in the kernel's measurement.
static void measure_switch(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    pthread_t thread;
    if (pthread_create(&thread, NULL, answer, NULL) != 0) {
        exit(1);
    }
    double start = now();
    for (int i = 0; i < ROUNDS / 2; i++) {
        give_turn(1);
        wait_for_turn(0);
    }
    report("context-switch", start);
    pthread_join(thread, NULL);
}

static void measure_lock(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    double start = now();
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
    report("lock", start);
}

static void measure_malloc(void)
{
    double start = now();
    for (int i = 0; i < ROUNDS; i++) {
        void *volatile block = malloc(64);
        free(block);
    }
    report("allocate-64", start);
}

static volatile sig_atomic_t runs;

static void count(int number)
{
    (void)number;
    runs++;
}

// What interrupts the code that asks for it and runs at once: a signal to itself.
static void measure_signal(void)
{
    signal(SIGUSR1, count);
    double start = now();
    for (int i = 0; i < ROUNDS; i++) {
        raise(SIGUSR1);
    }
    report("deferred-call", start);
}

static void measure_timer(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    const struct itimerspec hour = {.it_value.tv_sec = 3600}, never = {0};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
        exit(1);
    }
    double start = now();
    for (int i = 0; i < ROUNDS; i++) {
        timer_settime(timer, 0, &hour, NULL);
        timer_settime(timer, 0, &never, NULL);
    }
    report("timer", start);
    timer_delete(timer);
}

int main(void)
{
    measure_switch();
    measure_lock();
    measure_malloc();
    measure_signal();
    measure_timer();
    return 0;
}
