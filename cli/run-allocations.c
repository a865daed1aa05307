// SPDX-License-Identifier: MIT
// kmode run --fail-allocations: the same run again and again, each time with the next allocation failing.
#include "cli/run-allocations.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/process.h"

enum { TRIALS_AT_ONCE = 8 };

struct child {
    pid_t process; // 0: none
    int output;    // a file of nobody else's
};

struct trials {
    struct child children[TRIALS_AT_ONCE]; // a ring: trial `number` is at number % at_once
    unsigned at_once;
    uint64_t next; // the number of the next trial to be started
};

static bool start(struct trials *trials, km_trial *trial, void *context)
{
    struct child *child = &trials->children[trials->next % trials->at_once];
    child->output = memfd_create("trial", MFD_CLOEXEC);
    if (child->output < 0) {
        return false;
    }
    fflush(NULL);
    child->process = fork();
    if (child->process < 0) {
        close(child->output);
        child->process = 0;
        return false;
    }
    if (child->process == 0) {
        const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 || dup2(child->output, STDERR_FILENO) < 0) {
            _exit(KM_EXIT_FAILED);
        }
        const int status = trial(context, trials->next);
        fflush(NULL);
        _exit(status);
    }
    trials->next++;
    return true;
}

static void show(int output)
{
    char text[4096];
    ssize_t bytes;
    for (off_t at = 0; (bytes = pread(output, text, sizeof text, at)) > 0; at += bytes) {
        fwrite(text, 1, (size_t)bytes, stderr);
    }
}

static void abandon(struct trials *trials)
{
    for (unsigned i = 0; i < trials->at_once; i++) {
        if (trials->children[i].process != 0) {
            km_wait_child(trials->children[i].process);
            close(trials->children[i].output);
        }
    }
}

static void show_progress(uint64_t number)
{
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[Kallocation %" PRIu64, number);
        fflush(stderr);
    }
}

static void clear_progress(void)
{
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K");
    }
}

int km_run_each_allocation(const char *what, km_trial *trial, void *context)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct trials trials = {.next = 1};
    uint64_t wrong = 0, number = 1;
    int status = KM_EXIT_OK;
    bool is_last = false;
    trials.at_once = processors < 1 ? 1 : processors > TRIALS_AT_ONCE ? TRIALS_AT_ONCE : (unsigned)processors;
    for (; !is_last && status != KM_EXIT_UNLOADABLE; number++) {
        struct child *child = &trials.children[number % trials.at_once];
        while (trials.next < number + trials.at_once && start(&trials, trial, context)) {
        }
        if (trials.next == number) {
            km_error("a trial cannot be started: %s", strerror(errno));
            return KM_EXIT_FAILED;
        }
        show_progress(number);
        int answer = km_wait_child(child->process);
        child->process = 0;
        // More than that is a signal's number.
        is_last = answer >= KM_TRIAL_NONE && answer < 2 * KM_TRIAL_NONE;
        answer -= is_last ? KM_TRIAL_NONE : 0;
        if (answer != KM_EXIT_OK) {
            clear_progress();
            show(child->output);
            wrong += is_last ? 0 : 1;
            status = answer == KM_EXIT_UNLOADABLE ? answer : KM_EXIT_FAILED;
        }
        close(child->output);
    }
    abandon(&trials);
    clear_progress();
    if (status == KM_EXIT_UNLOADABLE) {
        return status;
    }
    number -= 2; // behind the last one, in which none failed
    if (number == 0) {
        fprintf(stderr, "%s: allocates nothing\n", what);
    } else if (wrong == 0) {
        fprintf(stderr, "%s: %" PRIu64 " allocation%s failed, one after the other, without a mistake\n", what,
                number, number == 1 ? "" : "s");
    } else {
        fprintf(stderr,
                "\n%s: %" PRIu64 " allocation%s failed, one after the other; %" PRIu64
                " of them led to a mistake (--fail-allocation=N fails one again)\n",
                what, number, number == 1 ? "" : "s", wrong);
    }
    return status;
}
