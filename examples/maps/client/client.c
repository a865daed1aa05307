// SPDX-License-Identifier: MIT
// A program that tells \\.\Maps of packets, and asks how many there have been, by name.
//   client NTOSKRNL.EXE MAPS.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../maps.h"

static int count(km_thread *thread, km_file *file, uint32_t port)
{
    struct km_io io;
    return km_ioctl(thread, file, IOCTL_MAPS_COUNT, &port, sizeof port, NULL, 0, &io) != KM_OK;
}

static int ask(km_thread *thread, km_file *file, const char *name, const uint16_t *units, uint32_t bytes)
{
    uint32_t packets;
    struct km_io io;
    if (km_ioctl(thread, file, IOCTL_MAPS_TELL, units, bytes, &packets, sizeof packets, &io) != KM_OK) {
        return 1;
    }
    printf("%s: %u packets\n", name, packets);
    return 0;
}

static int use(km_thread *thread)
{
    km_file *file;
    return km_open(thread, "\\\\.\\Maps", KM_READ | KM_WRITE, 0, &file) != KM_OK || count(thread, file, 80) ||
           count(thread, file, 3389) || ask(thread, file, "web", u"web", 6) ||
           ask(thread, file, "unknown", u"unknown", 14) || ask(thread, file, "mail", u"mail", 8) ||
           km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "maps.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK || use(thread) ||
                 km_process_exit(process, 0) != KM_OK || km_driver_unload(machine, "maps") != KM_OK ||
                 km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
