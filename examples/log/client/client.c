// SPDX-License-Identifier: MIT
// A program that takes what the driver has logged out of \\.\Log, and prints it.
//   client NTOSKRNL.EXE LOG.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../log.h"

#define STATUS_NO_MORE_ENTRIES 0x8000001Au

static int use(km_machine *machine, km_thread *thread)
{
    km_file *file;
    struct km_io io;
    LOG_RECORD record;
    if (km_open(thread, "\\\\.\\Log", KM_READ | KM_WRITE, 0, &file) != KM_OK) {
        return 1;
    }
    while (km_ioctl(thread, file, IOCTL_LOG_TAKE, NULL, 0, &record, sizeof record, &io) == KM_OK) {
        if (record.Site != 0 || record.Bytes > sizeof record.Text) {
            return 1;
        }
        printf("%.*s\n", (int)record.Bytes, record.Text);
    }
    return km_last_status(machine) != STATUS_NO_MORE_ENTRIES || km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "log.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "log") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
