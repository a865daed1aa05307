// SPDX-License-Identifier: MIT
// A program that uses \\.\Echo with the filter above it, and when that is gone. ECHO.SYS is beside
// FILTER.SYS.
//   client NTOSKRNL.EXE FILTER.SYS [PROCESSORS]
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
#include "../../echo/echo.h"
#include "../filter.h"

#define STATUS_INTEGER_OVERFLOW UINT32_C(0xC0000095)

static int repeat(km_thread *thread, km_file *file, const char *expected)
{
    char text[16] = {0};
    struct km_io io;
    if (km_ioctl(thread, file, IOCTL_ECHO_REPEAT, "echo", 4, text, sizeof text, &io) != KM_OK) {
        return 1;
    }
    printf("echo comes back as %s\n", text);
    return strcmp(text, expected) != 0;
}

static int use(km_machine *machine, km_thread *thread)
{
    const ECHO_PAIR pair = {40, 2}, large = {2147483647, 1};
    FILTER_COUNTS counts;
    km_file *file;
    struct km_io io;
    int sum = 0;
    if (km_open(thread, "\\\\.\\Echo", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
        km_ioctl(thread, file, IOCTL_ECHO_SUM, &pair, sizeof pair, &sum, sizeof sum, &io) != KM_OK ||
        km_ioctl(thread, file, IOCTL_ECHO_SUM, &large, sizeof large, &sum, sizeof sum, &io) != KM_REFUSED ||
        io.status != STATUS_INTEGER_OVERFLOW || repeat(thread, file, "ECHO") ||
        km_ioctl(thread, file, IOCTL_FILTER_COUNTS, NULL, 0, &counts, sizeof counts, &io) != KM_OK) {
        return 1;
    }
    printf("%d sums, %d of them refused, %d repeats\n", counts.Sums, counts.Refused, counts.Repeats);
    if (counts.Sums != 2 || counts.Refused != 1 || counts.Repeats != 1 ||
        km_driver_unload(machine, "filter") != KM_OK) {
        return 1;
    }
    puts("the filter is gone");
    return repeat(thread, file, "echo") || km_close(thread, file) != KM_OK;
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = count > 1 ? arguments[1] : "ntoskrnl.exe",
                                               .processors = count > 3 ? (unsigned)atoi(arguments[3]) : 1,
                                               .checks = 1};
    const char *filter = count > 2 ? arguments[2] : "filter.sys";
    const char *name = strrchr(filter, '/') != NULL ? strrchr(filter, '/') + 1 : filter;
    char echo[4096];
    snprintf(echo, sizeof echo, "%.*secho.sys", (int)(name - filter), filter);
    km_machine *machine = km_machine_create(&options);
    km_process *process;
    km_thread *thread;
    int failed = machine == NULL || km_machine_problem(machine) != NULL ||
                 km_driver_load(machine, echo) != KM_OK || km_driver_load(machine, filter) != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "echo") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
