// SPDX-License-Identifier: MIT
// What one METHOD_BUFFERED control request takes through the whole path: a program's thread, handle, access
// check, IRP, dispatch, completion, copy-out. Prints "ioctl NANOSECONDS"; ioctl-win32.c is the same program
// for Wine.
//   ioctl NTOSKRNL.EXE IOCTL-DRIVER.SYS
#include <kmode/machine.h>

#include <stdio.h>
#include <time.h>

#define ROUNDS 500000
#define CODE   0x222000

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = arguments[1]};
    km_machine *machine = count == 3 ? km_machine_create(&options) : NULL;
    km_process *process;
    km_thread *thread;
    km_file *file;
    uint64_t number = 0;
    if (machine == NULL || km_machine_problem(machine) != NULL ||
        km_driver_load(machine, arguments[2]) != KM_OK ||
        km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
        km_open(thread, "\\\\.\\BenchIoctl", KM_READ | KM_WRITE, 0, &file) != KM_OK) {
        fprintf(stderr, "ioctl: %s\n",
                machine != NULL ? km_machine_problem(machine) : "which kernel and driver?");
        return 1;
    }
    const double start = now();
    for (int i = 0; i < ROUNDS; i++) {
        struct km_io io;
        if (km_ioctl(thread, file, CODE, &number, sizeof number, &number, sizeof number, &io) != KM_OK ||
            io.information != sizeof number) {
            fprintf(stderr, "ioctl: %s\n", km_machine_problem(machine));
            return 1;
        }
    }
    const double end = now();
    printf("ioctl %.1f\n", (end - start) / ROUNDS);
    km_machine_destroy(machine);
    return number != ROUNDS;
}
