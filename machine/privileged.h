// SPDX-License-Identifier: MIT
// Instructions that only ring 0 may execute, carried out on the virtual processor.
#ifndef KMODE_MACHINE_PRIVILEGED_H
#define KMODE_MACHINE_PRIVILEGED_H

#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"

enum km_privileged_result {
    KM_PRIVILEGED_DONE,    // carried out; rip is past it
    KM_PRIVILEGED_REFUSED, // privileged, and the virtual processor faults on it (unknown MSR, reserved bits,
                           // ...)
    KM_PRIVILEGED_NOT      // not a privileged instruction: the fault is another
};

// Decodes the instruction at registers->rip, of which `readable` bytes (at most 15) may be read, and carries
// it out if it is privileged. Safe in a signal handler.
enum km_privileged_result km_privileged_execute(KM_PROCESSOR *processor, KM_REGISTERS *registers,
                                                size_t readable);

// The address of the memory operand of the instruction at registers->rip. 0 if it has none or cannot be
// decoded. Safe in a signal handler.
int km_memory_operand(const KM_REGISTERS *registers, size_t readable, uint64_t *address);

// After a divide error at registers->rip: nonzero if the divisor is not zero, so that the quotient
// overflowed. `read_memory` copies 8 bytes from an address or returns 0.
int km_divisor_is_not_zero(const KM_REGISTERS *registers, size_t readable,
                           int (*read_memory)(void *context, uint64_t address, uint64_t *value),
                           void *context);

#endif
