// SPDX-License-Identifier: MIT
// Model-specific registers of the virtual processor.
#ifndef KMODE_MACHINE_MSR_H
#define KMODE_MACHINE_MSR_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/contract.h"

// Puts the values of processor `number` when it has just been reset into its registers. Before the first use.
void km_msrs_reset(uint32_t number);

// rdmsr: false if the processor has no such register, which is a general-protection fault. Safe in a signal
// handler.
bool km_msr_read(const KM_PROCESSOR *processor, uint32_t index, uint64_t *value);
// wrmsr: false if there is no such register, it is read-only, or the value has reserved bits.
bool km_msr_write(KM_PROCESSOR *processor, uint32_t index, uint64_t value);

#endif
