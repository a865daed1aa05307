// SPDX-License-Identifier: MIT
// A program that reads \\.\Meter while its device is there, and when somebody has pulled it out.
//   client NTOSKRNL.EXE PNP.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../pnp.h"

#define SECOND UINT64_C(10000000)

static int use(km_machine *machine, km_thread *thread, const char *device)
{
    km_file *file;
    struct km_io io;
    uint32_t ticks = 0;
    if (km_open(thread, "\\\\.\\Meter", KM_READ, 0, &file) != KM_OK ||
        km_clock_advance(machine, SECOND + SECOND / 20) != KM_OK ||
        km_ioctl(thread, file, IOCTL_METER_TICKS, NULL, 0, &ticks, sizeof ticks, &io) != KM_OK) {
        return 1;
    }
    printf("after a second: %s\n", ticks == 10 ? "10 ticks" : "another number of ticks");
    if (km_device_surprise_remove(machine, device) != KM_OK ||
        km_ioctl(thread, file, IOCTL_METER_TICKS, NULL, 0, &ticks, sizeof ticks, &io) != KM_REFUSED) {
        return 1;
    }
    printf("pulled out: 0x%08X\n", io.status);
    return ticks != 10 || km_close(thread, file) != KM_OK;
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = count > 1 ? arguments[1] : "ntoskrnl.exe",
                                               .processors = count > 3 ? (unsigned)atoi(arguments[3]) : 1,
                                               .checks = 1};
    km_machine *machine = km_machine_create(&options);
    char device[KM_DEVICE_BYTES];
    km_process *process;
    km_thread *thread;
    int failed = machine == NULL || km_machine_problem(machine) != NULL ||
                 km_driver_load(machine, count > 2 ? arguments[2] : "pnp.sys") != KM_OK ||
                 km_device_add(machine, "pnp", NULL, device, sizeof device) != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread, device) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "pnp") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
