// SPDX-License-Identifier: MIT
// A program that changes a setting of the driver, and asks \\.\Registry what the driver makes of it.
//   client NTOSKRNL.EXE REGISTRY.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../registry.h"

#define PARAMETERS                   "HKLM\\SYSTEM\\CurrentControlSet\\Services\\registry\\Parameters"
#define REG_SZ                       1
#define REG_DWORD                    4
#define STATUS_OBJECT_TYPE_MISMATCH  0xC0000024u
#define STATUS_OBJECT_NAME_NOT_FOUND 0xC0000034u

// Prints the driver's number, or its refusal. Returns what is not as it should be.
static int ask(km_machine *machine, km_thread *thread, km_file *file, uint32_t expected)
{
    static const uint16_t name[] = u"Depth";
    struct km_io io;
    uint32_t number;
    if (km_ioctl(thread, file, IOCTL_REGISTRY_NUMBER, name, sizeof name, &number, sizeof number, &io) ==
        KM_OK) {
        printf("a number: %u\n", number);
        return number != expected;
    }
    printf("refused: 0x%08X\n", km_last_status(machine));
    return km_last_status(machine) != expected;
}

static int use(km_machine *machine, km_thread *thread)
{
    const uint32_t depth = 16;
    uint64_t key;
    km_file *file;
    return km_open(thread, "\\\\.\\Registry", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
           km_key_open(thread, PARAMETERS, KM_KEY_ALL, &key) != KM_OK ||
           ask(machine, thread, file, STATUS_OBJECT_NAME_NOT_FOUND) ||
           km_key_set_value(thread, key, "Depth", REG_DWORD, &depth, sizeof depth) != KM_OK ||
           ask(machine, thread, file, depth) ||
           km_key_set_value(thread, key, "Depth", REG_SZ, u"many", sizeof u"many") != KM_OK ||
           ask(machine, thread, file, STATUS_OBJECT_TYPE_MISMATCH) ||
           km_key_delete_value(thread, key, "Depth") != KM_OK || km_key_close(thread, key) != KM_OK ||
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "registry.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "registry") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
