// SPDX-License-Identifier: MIT
// The wall-clock limit on one call into the kernel: a timer whose signal becomes a trap of NT code.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "machine/machine-private.h"

bool km_time_limit_init(struct km_machine *machine)
{
    if (machine->options.time_limit <= 0) {
        return true;
    }
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &event, &machine->time_limit_timer) != 0) {
        km_set_problem(machine, "no timer for the time limit: %s", strerror(errno));
        return false;
    }
    machine->time_limit_armed = true;
    return true;
}

void km_time_limit_deinit(struct km_machine *machine)
{
    if (machine->time_limit_armed) {
        timer_delete(machine->time_limit_timer);
        machine->time_limit_armed = false;
    }
}

void km_time_limit_start(struct km_machine *machine)
{
    if (!machine->time_limit_armed) {
        return;
    }
    double limit = machine->options.time_limit;
    // Once past the limit it fires again and again: the first signal may meet the machine's code, not NT's.
    struct itimerspec time = {.it_interval = {.tv_nsec = 3 * 1000 * 1000}};
    time.it_value.tv_sec = (time_t)limit;
    time.it_value.tv_nsec = (long)((limit - (double)time.it_value.tv_sec) * 1e9);
    if (time.it_value.tv_sec == 0 && time.it_value.tv_nsec == 0) {
        time.it_value.tv_nsec = 1;
    }
    timer_settime(machine->time_limit_timer, 0, &time, NULL);
}

void km_time_limit_stop(struct km_machine *machine)
{
    if (machine->time_limit_armed) {
        const struct itimerspec never = {0};
        timer_settime(machine->time_limit_timer, 0, &never, NULL);
    }
}
