// SPDX-License-Identifier: MIT
// A program that asks \\.\Cpu what its instructions cannot: of each processor, a model-specific register.
//   client NTOSKRNL.EXE CPU.SYS [PROCESSORS]
#include <kmode/machine.h>

#include <stdio.h>
#include <stdlib.h>

#define CTL_CODE(type, function, method, access)                                                             \
    ((uint32_t)(type) << 16 | (access) << 14 | (function) << 2 | (method))
#define FILE_DEVICE_UNKNOWN 0x22
#define METHOD_BUFFERED     0
#define FILE_ANY_ACCESS     0
#include "../cpu.h"

#define IA32_APIC_BASE                0x1Bu
#define NO_SUCH_REGISTER              0x12345u
#define STATUS_PRIVILEGED_INSTRUCTION 0xC0000096u

static int ask_id(km_thread *thread, km_file *file)
{
    const CPU_LEAF features = {1, 0};
    uint32_t answer[4];
    struct km_io io;
    if (km_ioctl(thread, file, IOCTL_CPU_ID, &features, sizeof features, answer, sizeof answer, &io) !=
        KM_OK) {
        return 1;
    }
    printf("SSE3: %s\n", (answer[2] & 1) != 0 ? "yes" : "no");
    printf("CMPXCHG16B: %s\n", (answer[2] & 1 << 13) != 0 ? "yes" : "no");
    return 0;
}

static int ask_registers(km_machine *machine, km_thread *thread, km_file *file, unsigned processors)
{
    CPU_REGISTER apic = {0, IA32_APIC_BASE};
    const CPU_REGISTER nothing = {0, NO_SUCH_REGISTER};
    uint64_t value;
    struct km_io io;
    for (; apic.Processor < processors; apic.Processor++) {
        if (km_ioctl(thread, file, IOCTL_CPU_REGISTER, &apic, sizeof apic, &value, sizeof value, &io) !=
            KM_OK) {
            return 1;
        }
        if ((value & ~UINT64_C(0xFFF)) != 0xFEE00000) {
            return 1;
        }
    }
    printf("each processor's APIC is at fee00000\n");
    if (km_ioctl(thread, file, IOCTL_CPU_REGISTER, &nothing, sizeof nothing, &value, sizeof value, &io) !=
        KM_REFUSED) {
        return 1;
    }
    printf("register %x: 0x%08X\n", NO_SUCH_REGISTER, km_last_status(machine));
    return km_last_status(machine) != STATUS_PRIVILEGED_INSTRUCTION;
}

static int use(km_machine *machine, km_thread *thread, unsigned processors)
{
    km_file *file;
    return km_open(thread, "\\\\.\\Cpu", KM_READ | KM_WRITE, 0, &file) != KM_OK || ask_id(thread, file) ||
           ask_registers(machine, thread, file, processors) || km_close(thread, file) != KM_OK;
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
                 km_driver_load(machine, count > 2 ? arguments[2] : "cpu.sys") != KM_OK ||
                 km_process_create(machine, "client.exe", NULL, &process, &thread) != KM_OK ||
                 use(machine, thread, options.processors) || km_process_exit(process, 0) != KM_OK ||
                 km_driver_unload(machine, "cpu") != KM_OK || km_finding_count(machine) != 0;
    if (failed && machine != NULL) {
        fprintf(stderr, "client: %s\n", km_machine_problem(machine) ? km_machine_problem(machine) : "failed");
    }
    km_machine_destroy(machine);
    return failed;
}
