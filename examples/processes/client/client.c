// SPDX-License-Identifier: MIT
// A program that would like to terminate guarded.exe: it gets a handle, without that right.
//   client NTOSKRNL.EXE PROCESSES.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESS_TERMINATE         1u
#define PROCESS_QUERY_INFORMATION 0x400u
#define STATUS_ACCESS_DENIED      UINT32_C(0xC0000022)

static int try_it(km_process *process, km_thread *thread, uint64_t id)
{
    const uint64_t attributes[6] = {48, 0, 0, 0, 0, 0}, client_id[2] = {id, 0};
    uint64_t memory, handle;
    uint32_t status;
    if (km_user_alloc(thread, 4096, 0, &memory) != KM_OK ||
        km_user_write(process, memory + 64, attributes, sizeof attributes) != KM_OK ||
        km_user_write(process, memory + 128, client_id, sizeof client_id) != KM_OK) {
        return 1;
    }
    const uint64_t open[4] = {memory, PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION, memory + 64,
                              memory + 128};
    if (km_system_call(thread, "NtOpenProcess", open, 4, &status) != KM_OK || status != 0 ||
        km_user_read(process, memory, &handle, sizeof handle) != KM_OK) {
        return 1;
    }
    const uint64_t terminate[2] = {handle, 1};
    if (km_system_call(thread, "NtTerminateProcess", terminate, 2, &status) != KM_OK) {
        return 1;
    }
    printf("terminating guarded.exe: 0x%08X\n", status);
    return status != STATUS_ACCESS_DENIED;
}

int main(int count, char **arguments)
{
    const struct km_machine_options options = {.kernel_path = count > 1 ? arguments[1] : "ntoskrnl.exe",
                                               .processors = count > 3 ? (unsigned)atoi(arguments[3]) : 1,
                                               .checks = 1};
    km_machine *machine = km_machine_create(&options);
    km_process *guarded, *process;
    km_thread *first, *thread;
    int failed = machine == NULL || km_machine_problem(machine) != NULL ||
                 km_driver_load(machine, count > 2 ? arguments[2] : "processes.sys") != KM_OK ||
                 km_process_create(machine, "guarded.exe", NULL, &guarded, &first) != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 try_it(process, thread, km_process_id(guarded)) || km_process_exit(process, 0) != KM_OK ||
                 km_process_exit(guarded, 0) != KM_OK || km_driver_unload(machine, "processes") != KM_OK ||
                 km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
