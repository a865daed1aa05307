// SPDX-License-Identifier: MIT
// Instructions that only ring 0 may execute, carried out on the virtual processor.
#ifndef KMODE_MACHINE_PRIVILEGED_H
#define KMODE_MACHINE_PRIVILEGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"

enum km_privileged_result {
    KM_PRIVILEGED_DONE,    // carried out; rip is past it
    KM_PRIVILEGED_FAULT,   // it accesses memory that it may not: *fault tells
    KM_PRIVILEGED_REFUSED, // privileged, and the virtual processor faults on it (unknown MSR, reserved bits,
                           // ...)
    KM_PRIVILEGED_NOT      // not a privileged instruction: the fault is another
};

// What such instructions reach beside the processor. Any may be NULL: then there is no port, no memory.
struct km_privileged_reach {
    void *context;
    uint32_t (*read_port)(void *context, uint16_t port, unsigned bytes);
    void (*write_port)(void *context, uint16_t port, unsigned bytes, uint32_t value);
    // true if that much memory allows the access, KM_TRAP_ACCESS_READ or _WRITE.
    bool (*allows)(void *context, uint64_t address, unsigned bytes, uint32_t access);
};

struct km_privileged_fault {
    uint64_t address;
    uint32_t access; // KM_TRAP_ACCESS_*
};

// Decodes the instruction at registers->rip, of which `readable` bytes (at most 15) may be read, and carries
// it out if it is privileged. A string instruction that is interrupted or faults midway has its registers as
// far as it came, and rip at itself; so after KM_PRIVILEGED_DONE too. Safe in a signal handler.
enum km_privileged_result km_privileged_execute(KM_PROCESSOR *processor, KM_REGISTERS *registers,
                                                size_t readable, const struct km_privileged_reach *reach,
                                                struct km_privileged_fault *fault);

// The address of the memory operand of the instruction at registers->rip. 0 if it has none or cannot be
// decoded. Safe in a signal handler.
int km_memory_operand(const KM_REGISTERS *registers, size_t readable, uint64_t *address);

// After a divide error at registers->rip: nonzero if the divisor is not zero, so that the quotient
// overflowed. `read_memory` copies 8 bytes from an address or returns 0.
int km_divisor_is_not_zero(const KM_REGISTERS *registers, size_t readable,
                           int (*read_memory)(void *context, uint64_t address, uint64_t *value),
                           void *context);

#endif
