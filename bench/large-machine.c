// SPDX-License-Identifier: MIT
// Runs one driver, with the wall clock and without checks, in a machine of 8 GB: what measures containers of
// ten million keys does not fit into `kmode run`'s. What the driver prints goes to stdout.
//   large-machine NTOSKRNL.EXE DRIVER.SYS
#include <kmode/machine.h>

#include <stdio.h>

int main(int count, char **arguments)
{
    const struct km_machine_options options = {
        .kernel_path = arguments[1], .real_clock = 1, .memory_bytes = 8ull << 30};
    km_machine *machine = count == 3 ? km_machine_create(&options) : NULL;

    if (machine == NULL || km_machine_problem(machine) != NULL ||
        km_driver_load(machine, arguments[2]) != KM_OK) {
        fprintf(stderr, "large-machine: %s\n",
                machine != NULL ? km_machine_problem(machine) : "which kernel and driver?");
        return 1;
    }
    km_machine_destroy(machine);
    return 0;
}
