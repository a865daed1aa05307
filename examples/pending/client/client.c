// SPDX-License-Identifier: MIT
// Two programs with \\.\Letterbox between them: one reads and waits, the other writes; then one that waits
// ends.
//   client NTOSKRNL.EXE PENDING.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_CANCELLED UINT32_C(0xC0000120)

static int use(km_thread *reader, km_thread *writer)
{
    km_file *from, *to;
    km_operation *reading;
    struct km_io io;
    char text[16] = {0};
    if (km_open(reader, "\\\\.\\Letterbox", KM_READ, KM_OPEN_OVERLAPPED, &from) != KM_OK ||
        km_open(writer, "\\\\.\\Letterbox", KM_WRITE, 0, &to) != KM_OK ||
        km_read_start(reader, from, 0, text, sizeof text, &reading) != KM_OK ||
        km_wait(reading, 0, NULL) != KM_PENDING) {
        return 1;
    }
    puts("the reader waits");
    if (km_write(writer, to, 0, "hello", 5, &io) != KM_OK || km_wait(reading, KM_FOREVER, &io) != KM_OK) {
        return 1;
    }
    printf("and has got \"%s\"\n", text);
    if (km_read_start(reader, from, 0, text, sizeof text, &reading) != KM_OK ||
        km_cancel(reader, reading) != KM_OK || km_wait(reading, KM_FOREVER, &io) != KM_REFUSED) {
        return 1;
    }
    printf("cancelled: 0x%08X\n", io.status);
    // One that is under way when its process ends.
    return io.status != STATUS_CANCELLED || strcmp(text, "hello") != 0 ||
           km_read_start(reader, from, 0, text, sizeof text, &reading) != KM_OK;
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = count > 1 ? arguments[1] : "ntoskrnl.exe",
                                               .processors = count > 3 ? (unsigned)atoi(arguments[3]) : 1,
                                               .checks = 1};
    km_machine *machine = km_machine_create(&options);
    km_process *reader, *writer;
    km_thread *reading, *writing;
    int failed = machine == NULL || km_machine_problem(machine) != NULL ||
                 km_driver_load(machine, count > 2 ? arguments[2] : "pending.sys") != KM_OK ||
                 km_process_create(machine, "reader.exe", NULL, &reader, &reading) != KM_OK ||
                 km_process_create(machine, "writer.exe", NULL, &writer, &writing) != KM_OK ||
                 use(reading, writing) || km_process_exit(reader, 0) != KM_OK ||
                 km_process_exit(writer, 0) != KM_OK || km_driver_unload(machine, "pending") != KM_OK ||
                 km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
