// SPDX-License-Identifier: MIT
// A program that uses \\.\Echo: boots a machine, loads the driver, sends a request of each kind.
//   client NTOSKRNL.EXE ECHO.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define METHOD_NEITHER      3
#define FILE_ANY_ACCESS     0
#include "../echo.h"

static int use(km_thread *thread)
{
    const ECHO_PAIR pair = {40, 2};
    km_file *file;
    struct km_io io;
    char text[16] = {0};
    int sum = 0;
    if (km_open(thread, "\\\\.\\Echo", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
        km_ioctl(thread, file, IOCTL_ECHO_SUM, &pair, sizeof pair, &sum, sizeof sum, &io) != KM_OK ||
        km_ioctl(thread, file, IOCTL_ECHO_REPEAT, "echo", 4, text, sizeof text, &io) != KM_OK) {
        return 1;
    }
    printf("%d, %s\n", sum, text);
    return sum != 42 || strcmp(text, "echo") != 0 || km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "echo.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK || use(thread) ||
                 km_process_exit(process, 0) != KM_OK || km_driver_unload(machine, "echo") != KM_OK ||
                 km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
