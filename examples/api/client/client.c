// SPDX-License-Identifier: MIT
// A test of \\.\Alarm by the C API: requests that go on, time that passes, cancellation, a process that ends
// with requests under way, what is left behind, and what the verifier has found.
//   client NTOSKRNL.EXE API.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#include "../api.h"

#define MILLISECOND      UINT64_C(10000)
#define STATUS_CANCELLED UINT32_C(0xC0000120)

static km_machine *machine;

// Says what a step has come to; 1 if it is another result than wanted.
static int step(const char *what, enum km_result result, enum km_result wanted)
{
    const char *problem = result == wanted ? NULL : km_machine_problem(machine);
    printf("%s: %s%s%s\n", what, result == wanted ? "as it should be" : "WRONG", problem ? ": " : "",
           problem ? problem : "");
    return result != wanted;
}

static int use(km_process *process, km_thread *thread)
{
    km_operation *alarm;
    km_file *file;
    struct km_io io;
    uint32_t milliseconds = 10000;
    if (step("open", km_open(thread, "\\\\.\\Alarm", KM_READ | KM_WRITE, KM_OPEN_OVERLAPPED, &file), KM_OK) ||
        step("start", km_ioctl_start(thread, file, IOCTL_ALARM_WAIT, &milliseconds, 4, NULL, 0, &alarm),
             KM_OK)) {
        return 1;
    }
    // Ten seconds of a virtual clock take no time.
    const uint64_t start = km_clock_now(machine);
    if (step("too early", km_wait(alarm, 9000 * MILLISECOND, &io), KM_PENDING) ||
        step("in time", km_wait(alarm, KM_FOREVER, &io), KM_OK)) {
        return 1;
    }
    printf("after %u ms\n", (unsigned)((km_clock_now(machine) - start) / MILLISECOND));

    if (step("start", km_ioctl_start(thread, file, IOCTL_ALARM_WAIT, &milliseconds, 4, NULL, 0, &alarm),
             KM_OK) ||
        step("cancel", km_cancel(thread, alarm), KM_OK) ||
        step("cancelled", km_wait(alarm, 0, &io), KM_REFUSED) || io.status != STATUS_CANCELLED) {
        return 1;
    }

    // What it has started is cancelled, and its handle closed.
    return step("start", km_ioctl_start(thread, file, IOCTL_ALARM_WAIT, &milliseconds, 4, NULL, 0, &alarm),
                KM_OK) ||
           step("the process ends", km_process_exit(process, 0), KM_OK);
}

// A driver's whole life, and a program's that uses it.
static int live(const char *driver)
{
    km_process *process;
    km_thread *thread;
    return step("load", km_driver_load(machine, driver), KM_OK) ||
           step("a process", km_process_create(machine, "alarm.exe", NULL, &process, &thread), KM_OK) ||
           use(process, thread) || step("unload", km_driver_unload(machine, "api"), KM_OK);
}

// The second life leaves nothing behind in the kernel: what the system keeps came with the first.
static int live_again(const char *driver)
{
    km_snapshot *before = km_snapshot_take(machine);
    int failed = before == NULL || live(driver);
    km_snapshot *after = failed ? NULL : km_snapshot_take(machine);
    char *left = after != NULL ? km_snapshot_compare(before, after) : NULL;
    if (left != NULL) {
        printf("left behind: %s\n", left[0] != '\0' ? left : "nothing");
    }
    failed = failed || left == NULL || left[0] != '\0';
    free(left);
    km_snapshot_free(after);
    km_snapshot_free(before);
    return failed;
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = count > 1 ? arguments[1] : "ntoskrnl.exe",
                                               .processors = count > 3 ? (unsigned)atoi(arguments[3]) : 1,
                                               .checks = 1};
    const char *driver = count > 2 ? arguments[2] : "api.sys";
    machine = km_machine_create(&options);
    if (machine == NULL || km_machine_problem(machine) != NULL) {
        fprintf(stderr, "client: %s\n", machine != NULL ? km_machine_problem(machine) : "out of memory");
        km_machine_destroy(machine);
        return 1;
    }
    int failed = live(driver) || live_again(driver) || step("shut down", km_machine_finish(machine), KM_OK);
    const struct km_finding *finding;
    for (size_t i = 0; (finding = km_machine_finding(machine, i)) != NULL; i++) {
        printf("finding: %s: %s\n", finding->kind, finding->text);
        failed = 1;
    }
    km_machine_destroy(machine);
    return failed;
}
