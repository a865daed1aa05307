// SPDX-License-Identifier: MIT
// A virtual processor: a Linux thread that changes between its Linux stack and the kernel's NT stacks.
#ifndef KMODE_MACHINE_PROCESSOR_H
#define KMODE_MACHINE_PROCESSOR_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine/contract.h"
#include "machine/device-access.h"
#include "machine/shared-user-data.h"

struct km_machine;

// Has a processor in NT code look at its attention, and at what is pending.
#define KM_ATTENTION_SIGNAL SIGURG

// km_processor.attention
#define KM_ATTEND_HALT       1u // leave NT code for good
#define KM_ATTEND_PAUSE      2u // rest until the machine goes on
#define KM_ATTEND_TIME_LIMIT 4u // the time limit has passed

// What a processor of several does (processors.c).
enum km_processor_state {
    KM_PROCESSOR_OFF,      // not started
    KM_PROCESSOR_STARTING, // its Linux thread has not said yet whether it could become a processor
    KM_PROCESSOR_RUNNING,
    KM_PROCESSOR_WAITING, // in wait_for_interrupt
    KM_PROCESSOR_RESTING, // while the machine is paused
    KM_PROCESSOR_HALTED   // for good
};

// The first fields are known to processor.S by offset.
struct km_processor {
    uint64_t host_rsp; // 0: the Linux stack while NT code runs
    uint64_t nt_rsp;   // 8: the NT stack while Linux code runs
    uint64_t in_nt;    // 16: 1 while NT code runs; its first byte tells Linux whether to refuse system calls
    KM_PROCESSOR *shared;    // 24: in the shared region
    uint64_t irql;           // 32: address of the kernel's IRQL byte, 0 until it has started the processor
    uint64_t leave_argument; // 40: of the call in which NT code waits
    uint64_t leave_reason;   // 48: which one that is, of enum km_leave_reason
    volatile uint32_t attention; // 56: KM_ATTEND_*
    uint32_t number;
    struct km_machine *machine;
    // What the kernel said of itself when it started the processor: its own copy lies where drivers can
    // write.
    uint64_t kpcr, trap_entry, double_fault_stack;
    struct km_shared_read shared_read;
    struct km_device_step device_step;
    KM_TRAP_FRAME last_trap; // that code outside the kernel's image caused
    uint64_t user_thread;    // KM_REQUEST.thread of what was answered when it left with an answer
    pthread_t thread;
    pid_t thread_id; // Linux's
    // Under km_machine.run_lock, where there are several.
    enum km_processor_state state;
    pthread_cond_t wake;
    uint64_t deadline;     // of its wait
    uint64_t resume_value; // what answer_request returns
    uint64_t entry, argument, stack_top;
    // The watch's own (watch.c).
    uint32_t watched_activity;
    uint64_t watched_time; // that the thread had used when its activity last changed, in ns
    uint32_t in_device;    // how deep the machine is in a device's work for it
    void *signal_stack;
    stack_t previous_signal_stack; // the thread's own, put back at the end
};

// The processor whose Linux thread this is; NULL on any other thread. Initial-exec: processor.S reads it.
extern __thread struct km_processor *km_current_processor __attribute__((tls_model("initial-exec")));

// Makes this Linux thread the processor: its signal stack, and its system calls refused while NT code runs.
// Returns false and errno on failure.
bool km_processor_init(struct km_processor *processor, struct km_machine *machine, KM_PROCESSOR *shared,
                       uint32_t number);
void km_processor_deinit(struct km_processor *processor);

// Why km_processor_start or _resume returned.
enum km_leave_reason { KM_LEFT_FOR_GOOD, KM_LEFT_TO_WAIT, KM_LEFT_WITH_ANSWER };

// Calls entry(argument) (Microsoft calling convention) on the stack that ends at stack_top. Returns when NT
// code waits in a call or the run is abandoned: see leave_reason.
void km_processor_start(struct km_processor *processor, uint64_t entry, void *argument, uint64_t stack_top);

// Continues NT code where it waits in a call, which returns `value`. Returns like km_processor_start.
void km_processor_resume(struct km_processor *processor, uint64_t value);

// Leaves NT code for good: km_processor_start or _resume returns. Called on the Linux stack within a contract
// call.
_Noreturn void km_processor_abandon(struct km_processor *processor);

// Entered by the kernel through the contract (processor.S). Never called from C.
void km_entry_wait_for_interrupt(void);
void km_entry_answer_request(void);

#endif
