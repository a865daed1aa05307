// SPDX-License-Identifier: MIT
// What may be written to a control or debug register.
#ifndef KMODE_MACHINE_CONTROL_REGISTER_H
#define KMODE_MACHINE_CONTROL_REGISTER_H

#include <stdbool.h>
#include <stdint.h>

// Whether a processor in long mode takes the value; else it raises #GP. cr0: *value becomes what the register
// has afterwards.
bool km_may_write_cr0(uint64_t *value);
// A bit may be set if it has a meaning, and the host's processor the feature that it switches on; what is set
// may stay.
bool km_may_write_cr4(uint64_t value, uint64_t before);
// Of dr6 and dr7.
bool km_may_write_debug(uint64_t value);

#endif
