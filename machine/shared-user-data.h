// SPDX-License-Identifier: MIT
// KUSER_SHARED_DATA at 0xFFFFF78000000000, where nothing can be mapped in a Linux process: reads trap and are
// carried out on a page of ours; or, where the clock is real, code is changed to read that page by itself.
#ifndef KMODE_MACHINE_SHARED_USER_DATA_H
#define KMODE_MACHINE_SHARED_USER_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"

// A read that is being carried out: between the fault and the single step that follows.
struct km_shared_read {
    bool active;
    unsigned base;          // index in KM_REGISTERS of the register that was moved
    uint64_t base_value;    // what it held
    unsigned written_bits;  // how much of it the instruction itself writes: 0, 8, 16, 32, 64
    unsigned written_shift; // 8 for ah, ch, dh, bh
};

// true if a read of address is one of KUSER_SHARED_DATA.
bool km_is_shared_user_data(uint64_t address);

// The address of KUSER_SHARED_DATA that an address in KM_SHARED_USER_DATA_VIEW stands for; any other as it
// is.
uint64_t km_shared_user_data_address(uint64_t address);

// Writes the times into the page at KM_SHARED_USER_DATA_BASE, in the order and by the stores that contract.h
// tells of: others may be reading it. time is in units of 100 ns since 1601, uptime in units of 100 ns since
// the machine started. One caller at a time.
void km_shared_user_data_write(uint64_t time, uint64_t uptime);

// Has an image's code that loads from an address in KUSER_SHARED_DATA load from KM_SHARED_USER_DATA_VIEW:
// absolute loads, and constants of which the code makes nothing but the base of a load, as far as can be seen
// from there on; what else there is traps. Stores stay as they are. Returns how many addresses were changed
// (shared-user-data-code.c).
size_t km_shared_user_data_redirect(uint8_t *code, size_t bytes);

// Carries out the read at registers->rip, of which `readable` bytes may be decoded. Either at once, or by
// moving a register and asking for one single step: then *read is active, and km_shared_read_finish is to be
// called after the step. false: an instruction that cannot be carried out so. Safe in a signal handler.
bool km_shared_read_begin(struct km_shared_read *read, KM_REGISTERS *registers, size_t readable);
void km_shared_read_finish(struct km_shared_read *read, KM_REGISTERS *registers);

#endif
