// SPDX-License-Identifier: MIT
// What crosses the border between drivers and the kernel, shown as strace shows system calls.
#include "machine/machine-private.h"

void km_trace_crossing(struct km_machine *machine, const KM_TRACE *crossing)
{
    (void)machine, (void)crossing;
}

void km_trace_deinit(struct km_machine *machine)
{
    (void)machine;
}
