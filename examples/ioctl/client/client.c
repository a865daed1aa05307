// SPDX-License-Identifier: MIT
// A program that uses \\.\Transfer: boots a machine, loads the driver, sends one request of each kind.
//   client NTOSKRNL.EXE IOCTL.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ioctl.h"

static int use(km_machine *machine, km_thread *thread)
{
    km_file *file;
    struct km_io io;
    char output[32] = {0}, many[100];
    if (km_open(thread, "\\\\.\\Transfer", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
        km_ioctl(thread, file, IOCTL_TRANSFER_REVERSE, "kmode", 5, output, sizeof output, &io) != KM_OK) {
        return 1;
    }
    printf("reversed: %s\n", output);

    // Of METHOD_IN_DIRECT the second buffer is input too.
    memset(many, 1, sizeof many);
    if (km_ioctl(thread, file, IOCTL_TRANSFER_SUM, NULL, 0, many, sizeof many, &io) != KM_OK) {
        return 1;
    }

    memset(output, 0, sizeof output);
    if (km_ioctl(thread, file, IOCTL_TRANSFER_FILL, "-", 1, output, sizeof output - 1, &io) != KM_OK) {
        return 1;
    }
    printf("filled: %s\n", output);

    memset(output, 0, sizeof output);
    if (km_ioctl(thread, file, IOCTL_TRANSFER_UPPER, "in capitals", 11, output, sizeof output, &io) !=
        KM_OK) {
        return 1;
    }
    printf("capitals: %s\n", output);

    if (km_ioctl(thread, file, 0x222010, NULL, 0, NULL, 0, &io) != KM_REFUSED) {
        return 1;
    }
    printf("refused: %s\n", km_machine_problem(machine));
    return km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "ioctl.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "ioctl") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
