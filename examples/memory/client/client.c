// SPDX-License-Identifier: MIT
// A program that uses \\.\Memory: by good addresses, and by bad ones, which get it a status.
//   client NTOSKRNL.EXE MEMORY.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../memory.h"

#define STATUS_ACCESS_VIOLATION 0xC0000005u

static int use(km_machine *machine, km_process *process, km_thread *thread)
{
    km_file *file;
    struct km_io io;
    uint32_t length = 0;
    uint64_t shared = 0;
    char filled[5000] = {0}, greeting[sizeof MEMORY_GREETING];

    if (km_open(thread, "\\\\.\\Memory", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
        km_ioctl(thread, file, IOCTL_MEMORY_LENGTH, "seven !", 8, &length, sizeof length, &io) != KM_OK) {
        return 1;
    }
    printf("length: %u\n", length);
    if (km_ioctl(thread, file, IOCTL_MEMORY_FILL, "x", 1, filled, sizeof filled, &io) != KM_OK ||
        filled[0] != 'x' || filled[sizeof filled - 1] != 'x') {
        return 1;
    }
    printf("filled: %zu bytes\n", sizeof filled);
    if (km_ioctl(thread, file, IOCTL_MEMORY_SHARE, NULL, 0, &shared, sizeof shared, &io) != KM_OK ||
        km_user_read(process, shared, greeting, sizeof greeting) != KM_OK) {
        return 1;
    }
    printf("shared: %s\n", greeting);

    // No input: the driver is given NULL.
    if (km_ioctl(thread, file, IOCTL_MEMORY_LENGTH, NULL, 0, &length, sizeof length, &io) != KM_REFUSED ||
        km_last_status(machine) != STATUS_ACCESS_VIOLATION) {
        return 1;
    }
    printf("refused: a text at NULL\n");
    return km_close(thread, file) != KM_OK || km_user_read(process, shared, greeting, 1) == KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "memory.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, process, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "memory") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
