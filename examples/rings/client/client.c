// SPDX-License-Identifier: MIT
// A program that takes packets out of the ring of \\.\Rings, has more come in, and takes those.
//   client NTOSKRNL.EXE RINGS.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../rings.h"

#define STATUS_NO_MORE_ENTRIES 0x8000001Au

static int take_all(km_machine *machine, km_thread *thread, km_file *file)
{
    struct km_io io;
    uint32_t port;
    printf("ports:");
    while (km_ioctl(thread, file, IOCTL_RINGS_TAKE, NULL, 0, &port, sizeof port, &io) == KM_OK) {
        printf(" %u", port);
    }
    printf("\n");
    return km_last_status(machine) != STATUS_NO_MORE_ENTRIES;
}

static int use(km_machine *machine, km_thread *thread)
{
    km_file *file;
    struct km_io io;
    uint32_t refused;
    if (km_open(thread, "\\\\.\\Rings", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
        take_all(machine, thread, file) ||
        km_ioctl(thread, file, IOCTL_RINGS_RECEIVE, NULL, 0, &refused, sizeof refused, &io) != KM_OK) {
        return 1;
    }
    printf("refused so far: %u\n", refused);
    return take_all(machine, thread, file) || km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "rings.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "rings") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
