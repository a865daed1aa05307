// SPDX-License-Identifier: MIT
// Interrupt lines. All of it under km_devices.lock.
#include "machine/lines.h"

#include "machine/machine-private.h"
#include "machine/processors.h"

static void deliver(struct km_machine *machine, uint32_t number)
{
    const struct km_line *line = &machine->devices.lines.lines[number];
    if (line->irql == 0) {
        return;
    }
    KM_PROCESSOR *processor = &machine->shared->processors[line->processor];
    __atomic_or_fetch(&processor->lines, UINT64_C(1) << number, __ATOMIC_SEQ_CST);
    __atomic_or_fetch(&processor->pending, 1u << line->irql, __ATOMIC_SEQ_CST);
    km_processors_interrupt(machine, line->processor);
}

void km_line_define(struct km_machine *machine, uint32_t line, bool latched)
{
    machine->devices.lines.lines[line].exists = true;
    machine->devices.lines.lines[line].latched = latched;
}

void km_line_set(struct km_machine *machine, uint32_t number, uint32_t source, bool asserted)
{
    struct km_line *line = &machine->devices.lines.lines[number];
    const uint32_t before = line->asserted, bit = 1u << source;
    line->asserted = asserted ? before | bit : before & ~bit;
    if (asserted && !(before & bit)) {
        deliver(machine, number);
    }
}

void km_line_pulse(struct km_machine *machine, uint32_t line)
{
    deliver(machine, line);
}

bool km_line_route(struct km_machine *machine, uint32_t number, uint32_t processor, uint32_t irql)
{
    if (number >= KM_LINES || !machine->devices.lines.lines[number].exists ||
        processor >= machine->processor_count || irql > KM_IRQL_CLOCK) {
        return false;
    }
    struct km_line *line = &machine->devices.lines.lines[number];
    line->processor = processor;
    line->irql = irql;
    if (!line->latched && line->asserted != 0) {
        deliver(machine, number);
    }
    return true;
}

void km_line_end(struct km_machine *machine, uint32_t number)
{
    if (number < KM_LINES && !machine->devices.lines.lines[number].latched &&
        machine->devices.lines.lines[number].asserted != 0) {
        deliver(machine, number);
    }
}
