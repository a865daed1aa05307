// SPDX-License-Identifier: MIT
// Instructions that have trapped on a device's memory, carried out: each access goes to the device.
#ifndef KMODE_MACHINE_DEVICE_ACCESS_H
#define KMODE_MACHINE_DEVICE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"

// A page of code and data in which one processor's instructions are carried out. Zeroed: there is none yet.
struct km_device_step {
    uint8_t *page;
};
void km_device_step_free(struct km_device_step *step);

struct km_device_reach {
    void *context;
    // true if the page of the address is a device's, and allows the access, KM_TRAP_ACCESS_READ or _WRITE.
    bool (*is_device)(void *context, uint64_t address, uint32_t access);
    // true if it is other memory that may be accessed so.
    bool (*allows)(void *context, uint64_t address, unsigned bytes, uint32_t access);
    // Of a device, 1 to 8 bytes of one page.
    uint64_t (*read)(void *context, uint64_t address, unsigned bytes);
    void (*write)(void *context, uint64_t address, unsigned bytes, uint64_t value);
};

// Decodes the instruction at registers->rip, of which `readable` bytes may be read, and carries it out; what
// it reads and writes by its memory operand is the device's. fxsave is the processor's x87 and SSE state, of
// 512 bytes. An access of more than 8 bytes is several of 8. A string instruction is carried out as far as
// its next element is a device's, at most for so many elements that an interrupt need not wait; rip is then
// still at it. false, and nothing has happened: an instruction that is not carried out so (one that uses the
// stack, branches, divides, or one of AVX). Safe in a signal handler.
bool km_device_access(struct km_device_step *step, KM_REGISTERS *registers, void *fxsave, size_t readable,
                      const struct km_device_reach *reach);

#endif
