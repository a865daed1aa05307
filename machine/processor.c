// SPDX-License-Identifier: MIT
// Makes a Linux thread a virtual processor and gives it back.
#include "machine/processor.h"

#include "machine/msr.h"

#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(offsetof(struct km_processor, host_rsp) == 0, "known to processor.S");
_Static_assert(offsetof(struct km_processor, nt_rsp) == 8, "known to processor.S");
_Static_assert(offsetof(struct km_processor, in_nt) == 16, "known to processor.S");
_Static_assert(offsetof(struct km_processor, shared) == 24, "known to processor.S");
_Static_assert(offsetof(struct km_processor, irql) == 32, "known to processor.S");
_Static_assert(offsetof(struct km_processor, leave_argument) == 40, "known to processor.S");
_Static_assert(offsetof(struct km_processor, leave_reason) == 48, "known to processor.S");
_Static_assert(offsetof(struct km_processor, attention) == 56, "known to processor.S");
_Static_assert(KM_LEFT_TO_WAIT == 1 && KM_LEFT_WITH_ANSWER == 2, "known to processor.S");
_Static_assert(offsetof(KM_PROCESSOR, pending) == 136, "known to processor.S");

__thread struct km_processor *km_current_processor;

// Room for the kernel's signal frame with every extended state, and the decoder.
#define SIGNAL_STACK_BYTES (256 * 1024)

#define LIBRARY_BYTES (2ul * 1024 * 1024) // the C library is smaller, and nothing of NT's is near it

#define CR0_BITS UINT64_C(0x80050033) // PE MP ET NE WP AM PG
#define CR4_BITS                                                                                             \
    UINT64_C(0x00350EF8) // DE PSE PAE MCE PGE OSFXSR OSXMMEXCPT FSGSBASE OSXSAVE SMEP SMAP, as Windows sets

_Static_assert(SYSCALL_DISPATCH_FILTER_ALLOW == 0 && SYSCALL_DISPATCH_FILTER_BLOCK == 1,
               "in_nt is the selector");

// While NT code runs, a system call is a trap (SIGSYS), but for the C library's own: a signal handler must
// return. Where Linux is too old for it (before 5.11), system calls of NT code reach Linux, and nothing else
// changes.
static void refuse_system_calls(struct km_processor *processor)
{
    Dl_info library;
    if (dladdr((void *)gnu_get_libc_version, &library) == 0) {
        return;
    }
    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, (unsigned long)library.dli_fbase, LIBRARY_BYTES,
          &processor->in_nt);
}

bool km_processor_init(struct km_processor *processor, struct km_machine *machine, KM_PROCESSOR *shared,
                       uint32_t number)
{
    processor->machine = machine;
    processor->shared = shared;
    processor->number = number;
    processor->thread = pthread_self();
    processor->thread_id = (pid_t)syscall(SYS_gettid);
    km_msrs_reset(number);
    processor->shared->cr0 = CR0_BITS;
    processor->shared->cr3 = UINT64_C(0x1AD000);
    processor->shared->cr4 = CR4_BITS;
    processor->shared->dr[6] = UINT64_C(0xFFFF0FF0);
    processor->shared->dr[7] = UINT64_C(0x400);
    processor->shared->interrupts_enabled = 1;
    void *stack = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) {
        return false;
    }
    const stack_t signal_stack = {.ss_sp = stack, .ss_size = SIGNAL_STACK_BYTES};
    if (sigaltstack(&signal_stack, &processor->previous_signal_stack) != 0) {
        int error = errno;
        munmap(stack, SIGNAL_STACK_BYTES);
        errno = error;
        return false;
    }
    processor->signal_stack = stack;
    processor->state = KM_PROCESSOR_RUNNING;
    km_current_processor = processor;
    refuse_system_calls(processor);
    return true;
}

void km_processor_deinit(struct km_processor *processor)
{
    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    sigaltstack(&processor->previous_signal_stack, NULL);
    km_device_step_free(&processor->device_step);
    munmap(processor->signal_stack, SIGNAL_STACK_BYTES);
    processor->signal_stack = NULL;
    processor->state = processor->state == KM_PROCESSOR_HALTED ? KM_PROCESSOR_HALTED : KM_PROCESSOR_OFF;
    km_current_processor = NULL;
}
