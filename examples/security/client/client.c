// SPDX-License-Identifier: MIT
// Programs of four users ask \\.\Security who they are, and try to change its setting.
//   client NTOSKRNL.EXE SECURITY.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../security.h"

#define STATUS_SUCCESS       UINT32_C(0)
#define STATUS_ACCESS_DENIED UINT32_C(0xC0000022)

// Returns whether something other happens than is expected.
static int use_as(km_machine *machine, enum km_user user, uint32_t setting, uint32_t expected)
{
    km_process *process;
    km_thread *thread;
    km_file *file;
    struct km_io io;
    SECURITY_CALLER caller;
    uint32_t found, status = STATUS_SUCCESS;
    if (km_process_create_as(machine, "client.exe", NULL, user, &process, &thread) != KM_OK ||
        km_open(thread, "\\\\.\\Security", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
        km_ioctl(thread, file, IOCTL_SECURITY_CALLER, NULL, 0, &caller, sizeof caller, &io) != KM_OK) {
        return 1;
    }
    for (const unsigned short *unit = caller.Sid; *unit != 0; unit++) {
        putchar(*unit);
    }
    printf(": integrity 0x%x, %s\n", caller.Integrity,
           caller.IsAdministrator != 0 ? "an administrator" : "no administrator");
    if (km_ioctl(thread, file, IOCTL_SECURITY_SET, &setting, sizeof setting, NULL, 0, &io) != KM_OK) {
        status = km_last_status(machine);
    }
    if (km_ioctl(thread, file, IOCTL_SECURITY_GET, NULL, 0, &found, sizeof found, &io) != KM_OK) {
        return 1;
    }
    printf("setting it to %u: 0x%08X, and it is %u\n", setting, status, found);
    return status != expected || km_close(thread, file) != KM_OK || km_process_exit(process, 0) != KM_OK;
}

static int use(km_machine *machine)
{
    return use_as(machine, KM_USER_SYSTEM, 1, STATUS_SUCCESS) ||
           use_as(machine, KM_USER_STANDARD, 2, STATUS_ACCESS_DENIED) ||
           use_as(machine, KM_USER_LIMITED_ADMINISTRATOR, 3, STATUS_ACCESS_DENIED) ||
           use_as(machine, KM_USER_ELEVATED_ADMINISTRATOR, 4, STATUS_SUCCESS);
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = count > 1 ? arguments[1] : "ntoskrnl.exe",
                                               .processors = count > 3 ? (unsigned)atoi(arguments[3]) : 1,
                                               .checks = 1};
    km_machine *machine = km_machine_create(&options);
    int failed = machine == NULL || km_machine_problem(machine) != NULL ||
                 km_driver_load(machine, count > 2 ? arguments[2] : "security.sys") != KM_OK ||
                 use(machine) || km_driver_unload(machine, "security") != KM_OK ||
                 km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
