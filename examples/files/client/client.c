// SPDX-License-Identifier: MIT
// A program that has \\.\Files keep a journal, and reads it.
//   client NTOSKRNL.EXE FILES.SYS [PROCESSORS [FOLDER]]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../files.h"

#define STATUS_SHARING_VIOLATION 0xC0000043u
#define STATUS_END_OF_FILE       0xC0000011u

static int use(km_machine *machine, km_thread *thread)
{
    km_file *file, *other;
    struct km_io io;
    uint64_t bytes, offset = 0;
    char text[8];
    if (km_open(thread, "\\\\.\\Files", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
        km_ioctl(thread, file, IOCTL_FILES_EMPTY, NULL, 0, NULL, 0, &io) != KM_OK ||
        km_write(thread, file, 0, "first line", 10, &io) != KM_OK ||
        km_write(thread, file, 0, "second line", 11, &io) != KM_OK ||
        km_ioctl(thread, file, IOCTL_FILES_SIZE, NULL, 0, &bytes, sizeof bytes, &io) != KM_OK) {
        return 1;
    }
    printf("%llu bytes\n", (unsigned long long)bytes);
    while (km_read(thread, file, offset, text, sizeof text, &io) == KM_OK) {
        printf("%.*s", (int)io.information, text);
        offset += io.information;
    }
    if (km_last_status(machine) != STATUS_END_OF_FILE || offset != bytes ||
        km_open(thread, "\\\\.\\Files", KM_READ, 0, &other) != KM_REFUSED) {
        return 1;
    }
    printf("a second one: 0x%08X\n", km_last_status(machine));
    return km_last_status(machine) != STATUS_SHARING_VIOLATION || km_close(thread, file) != KM_OK;
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = count > 1 ? arguments[1] : "ntoskrnl.exe",
                                               .processors = count > 3 ? (unsigned)atoi(arguments[3]) : 1,
                                               .disk_path = count > 4 ? arguments[4] : ".",
                                               .checks = 1};
    km_machine *machine = km_machine_create(&options);
    km_process *process;
    km_thread *thread;
    int failed = machine == NULL || km_machine_problem(machine) != NULL ||
                 km_driver_load(machine, count > 2 ? arguments[2] : "files.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "files") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
