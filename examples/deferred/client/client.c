// SPDX-License-Identifier: MIT
// A program that reads the log of \\.\Deferred: boots a machine, loads the driver, has it work, and writes
// what it has logged to a file for `kmode log`.
//   client NTOSKRNL.EXE DEFERRED.SYS [PROCESSORS [FILE]]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#include "../deferred.h"

// Request after request, until one has no more than the head of a copy.
static int save(km_thread *thread, km_file *file, const char *path)
{
    enum { HEAD = 256 };
    static char copy[4096];
    struct km_io io;
    FILE *output = fopen(path, "wb");
    size_t bytes = 0, copies = 0;
    int failed = output == NULL;
    do {
        failed = failed ||
                 km_ioctl(thread, file, IOCTL_DEFERRED_COPY, NULL, 0, copy, sizeof copy, &io) != KM_OK ||
                 fwrite(copy, 1, io.information, output) != io.information;
        bytes += failed ? 0 : io.information;
        copies++;
    } while (!failed && io.information > HEAD);
    if (output == NULL || fclose(output) != 0) {
        return 1;
    }
    printf("%s in %zu copies\n", bytes > HEAD ? "the log" : "nothing", copies);
    return failed;
}

static int use(km_thread *thread, const char *path)
{
    km_file *file;
    struct km_io io;
    return km_open(thread, "\\\\.\\Deferred", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
           km_ioctl(thread, file, IOCTL_DEFERRED_WORK, NULL, 0, NULL, 0, &io) != KM_OK ||
           save(thread, file, path) || km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "deferred.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(thread, count > 4 ? arguments[4] : "deferred.log") ||
                 km_process_exit(process, 0) != KM_OK || km_driver_unload(machine, "deferred") != KM_OK ||
                 km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
