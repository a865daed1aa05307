// SPDX-License-Identifier: MIT
// A program that writes words to \\.\Words, and reads them in order, each once.
//   client NTOSKRNL.EXE WORDS.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define STATUS_BUFFER_TOO_SMALL 0xC0000023u

static const uint16_t first[] = u"the quick brown fox", second[] = u"jumps over The lazy dog";

static int use(km_machine *machine, km_thread *thread)
{
    km_file *file;
    struct km_io io;
    uint16_t words[256];
    if (km_open(thread, "\\\\.\\Words", KM_READ | KM_WRITE, 0, &file) != KM_OK ||
        km_write(thread, file, 0, first, sizeof first - 2, &io) != KM_OK ||
        km_write(thread, file, 0, second, sizeof second - 2, &io) != KM_OK ||
        km_read(thread, file, 0, words, sizeof words, &io) != KM_OK) {
        return 1;
    }
    for (size_t i = 0; i < io.information / sizeof *words; i++) {
        putchar(words[i]);
    }
    return km_read(thread, file, 0, words, 16, &io) != KM_REFUSED ||
           km_last_status(machine) != STATUS_BUFFER_TOO_SMALL || km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "words.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "words") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
