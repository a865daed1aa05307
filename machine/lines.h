// SPDX-License-Identifier: MIT
// Interrupt lines: what devices assert, and to which processor the kernel has it routed. Lines 0 to 15 are
// the ISA bus's, 16 to 23 those that PCI devices share, from 24 on each is a message of one device's.
#ifndef KMODE_MACHINE_LINES_H
#define KMODE_MACHINE_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/contract.h"

enum { KM_LINE_PCI = 16, KM_LINE_MESSAGE = KM_FIRST_MESSAGE_LINE };

struct km_machine;

struct km_line {
    bool exists;              // some device has it
    bool latched;             // an edge is what counts, and is not asserted again when it has been served
    uint32_t asserted;        // bit n: source n of the line asserts it
    uint32_t processor, irql; // where it goes; irql 0: nowhere
};

struct km_lines {
    struct km_line lines[KM_LINES];
};

// There is such a line, and what counts of it is an edge, or a level.
void km_line_define(struct km_machine *machine, uint32_t line, bool latched);
// Source `source` (0 to 31) asserts the line, or no more. An edge that comes while the line is routed nowhere
// is lost; a level lasts.
void km_line_set(struct km_machine *machine, uint32_t line, uint32_t source, bool asserted);
// One edge of a message's line.
void km_line_pulse(struct km_machine *machine, uint32_t line);

// The contract's route_line and end_of_line.
bool km_line_route(struct km_machine *machine, uint32_t line, uint32_t number, uint32_t irql);
void km_line_end(struct km_machine *machine, uint32_t line);

#endif
