// SPDX-License-Identifier: MIT
// A program that has \\.\Budget keep notes until its memory is used up, takes one back, and goes on.
//   client NTOSKRNL.EXE BUDGET.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../budget.h"

#define STATUS_QUOTA_EXCEEDED 0xC0000044u

static int ask(km_thread *thread, km_file *file)
{
    BUDGET_COUNTS counts;
    struct km_io io;
    if (km_ioctl(thread, file, IOCTL_BUDGET_COUNTS, NULL, 0, &counts, sizeof counts, &io) != KM_OK) {
        return 1;
    }
    printf("%lld notes, %lld refused, all within the budget: %s\n", counts.LiveBlocks, counts.Failures,
           counts.PeakBytes <= BUDGET_BYTES ? "yes" : "no");
    return counts.PeakBytes > BUDGET_BYTES;
}

static int use(km_machine *machine, km_thread *thread)
{
    static const char note[1000] = "a note";
    char back[sizeof note];
    km_file *file;
    struct km_io io;
    if (km_open(thread, "\\\\.\\Budget", KM_READ | KM_WRITE, 0, &file) != KM_OK) {
        return 1;
    }
    while (km_write(thread, file, 0, note, sizeof note, &io) == KM_OK) {
    }
    if (km_last_status(machine) != STATUS_QUOTA_EXCEEDED || ask(thread, file) ||
        km_read(thread, file, 0, back, sizeof back, &io) != KM_OK || io.information != sizeof note) {
        return 1;
    }
    printf("back: %s\n", back);
    return km_write(thread, file, 0, note, sizeof note, &io) != KM_OK || ask(thread, file) ||
           km_close(thread, file) != KM_OK; // the driver frees what is still there
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = count > 1 ? arguments[1] : "ntoskrnl.exe",
                                               .processors = count > 3 ? (unsigned)atoi(arguments[3]) : 1,
                                               .checks = 1};
    km_machine *machine = km_machine_create(&options);
    km_process *process;
    km_thread *thread;
    int failed = machine == NULL || km_machine_problem(machine) != NULL ||
                 km_driver_load(machine, count > 2 ? arguments[2] : "budget.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "budget") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
