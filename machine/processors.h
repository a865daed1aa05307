// SPDX-License-Identifier: MIT
// The processors of a machine as they run: one on the thread of the machine's user, or several, each on a
// Linux thread of its own, while that user waits. When it does not wait, none of them executes anything.
#ifndef KMODE_MACHINE_PROCESSORS_H
#define KMODE_MACHINE_PROCESSORS_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/processor.h"

// The locks and conditions of km_machine. false and errno on failure.
bool km_processors_init(struct km_machine *machine);
// Ends every thread and frees what km_processors_init has made.
void km_processors_deinit(struct km_machine *machine);

// Starts a processor on a thread of its own. false: Linux has none for it.
bool km_processors_start(struct km_machine *machine, uint32_t number, uint64_t entry, uint64_t argument,
                         uint64_t stack_top);

// Lets the processors run until `awaited` is answered, or all wait for ever, or the run is over. `value` is
// what the call returns in which the thread waits that has answered last.
enum km_run_end km_processors_run(struct km_machine *machine, uint64_t value, const KM_REQUEST *awaited);

// The pending bits of processor `number` have changed. From a contract call.
void km_processors_interrupt(struct km_machine *machine, uint32_t number);

// The run is over, for the reason of *stop, unless it was before. The calling processor is to leave NT code.
// From a contract call, or a signal handler in NT code.
void km_processors_stop(struct km_processor *processor, const KM_STOP *stop);

// Returns when the machine goes on. In a signal handler in NT code.
void km_processor_rest(struct km_processor *processor);

// Sends the signal that has the processor look at what it is to attend to.
void km_processor_signal(const struct km_processor *processor);

#endif
