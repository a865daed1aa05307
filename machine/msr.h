// SPDX-License-Identifier: MIT
// Model-specific registers of the virtual processor.
#ifndef KMODE_MACHINE_MSR_H
#define KMODE_MACHINE_MSR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"

// Makes the table the built-in one (msrs.txt) again. Before km_msrs_reset.
void km_msrs_clear(void);
// Adds the registers of a file in the form of msrs.txt, and replaces those that are there. false: cut to
// `bytes`, problem is "FILE: reason" or "FILE:LINE: reason".
bool km_msrs_load(const char *path, char *problem, size_t bytes);

// Puts the values of processor `number` when it has just been reset into its registers. Before the first use.
void km_msrs_reset(uint32_t number);

// rdmsr: false if the processor has no such register, which is a general-protection fault. Safe in a signal
// handler.
bool km_msr_read(const KM_PROCESSOR *processor, uint32_t index, uint64_t *value);
// wrmsr: false if there is no such register, it is read-only, or the value has reserved bits.
bool km_msr_write(KM_PROCESSOR *processor, uint32_t index, uint64_t value);

#endif
