// SPDX-License-Identifier: MIT
// A program that has \\.\Threads count ticks, and waits for them: first not long enough, then as long as it
// takes.
//   client NTOSKRNL.EXE THREADS.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../threads.h"

#define STATUS_SUCCESS UINT32_C(0)
#define STATUS_TIMEOUT UINT32_C(0x102)

// Returns whether something other happens than is expected.
static int wait_for_it(km_thread *thread, km_file *file, uint32_t milliseconds, uint32_t expected)
{
    struct km_io io;
    if (km_ioctl(thread, file, IOCTL_THREADS_WAIT, &milliseconds, sizeof milliseconds, NULL, 0, &io) !=
        KM_OK) {
        return 1;
    }
    printf("within %u ms: %s\n", milliseconds, io.status == STATUS_SUCCESS ? "counted" : "not counted yet");
    return io.status != expected;
}

static int use(km_thread *thread)
{
    km_file *file;
    struct km_io io;
    return km_open(thread, "\\\\.\\Threads", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
           km_ioctl(thread, file, IOCTL_THREADS_START, NULL, 0, NULL, 0, &io) != KM_OK ||
           wait_for_it(thread, file, THREADS_TICKS * THREADS_PERIOD / 2, STATUS_TIMEOUT) ||
           wait_for_it(thread, file, 10000, STATUS_SUCCESS) || km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "threads.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK || use(thread) ||
                 km_process_exit(process, 0) != KM_OK || km_driver_unload(machine, "threads") != KM_OK ||
                 km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
