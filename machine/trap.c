// SPDX-License-Identifier: MIT
// Linux signals in NT code become traps of the virtual processor: decoded, carried out, or handed to the
// kernel.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "machine/device-access.h"
#include "machine/machine-private.h"
#include "machine/privileged.h"
#include "machine/processors.h"

#define RFLAGS_TF UINT64_C(0x100)
#define RFLAGS_DF UINT64_C(0x400)
#define RFLAGS_AC UINT64_C(0x40000)

#define ALIGNMENT_CHECK 17 // the vector that the contract leaves out: no kernel gets it

#define NT_MXCSR        0x1F80u
#define FXSAVE_SOFTWARE 464 // offset of the bytes that the processor leaves to software

#define PAGE_FAULT_WRITE   UINT64_C(0x2)
#define PAGE_FAULT_EXECUTE UINT64_C(0x10)
#define SELECTOR_IS_IDT    UINT64_C(0x2)

// What the kernel needs of the interrupted stack to dispatch a trap: two CONTEXTs and the calls between.
#define TRAP_STACK_ROOM UINT64_C(0x1800)

#define HIGH_LEVEL 15 // the IRQL at which nothing interrupts

#define SYSCALL_LENGTH 2 // of `syscall` and of `int 80h`

// No double-fault stack is larger.
#define DOUBLE_FAULT_STACK_LIMIT UINT64_C(0x10000)

static const int trap_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, KM_ATTENTION_SIGNAL};
enum { TRAP_SIGNALS = sizeof trap_signals / sizeof *trap_signals };

static struct sigaction previous_actions[TRAP_SIGNALS];

// General registers of a ucontext in KM_REGISTERS' order.
static const int greg_order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                 REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP, REG_EFL};

static void load_registers(const ucontext_t *context, KM_REGISTERS *registers)
{
    uint64_t *to = &registers->rax;
    for (size_t i = 0; i < sizeof greg_order / sizeof *greg_order; i++) {
        to[i] = (uint64_t)context->uc_mcontext.gregs[greg_order[i]];
    }
}

static void store_registers(ucontext_t *context, const KM_REGISTERS *registers)
{
    const uint64_t *from = &registers->rax;
    for (size_t i = 0; i < sizeof greg_order / sizeof *greg_order; i++) {
        context->uc_mcontext.gregs[greg_order[i]] = (greg_t)from[i];
    }
}

static void append_hex(char *text, size_t *length, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        text[(*length)++] = "0123456789abcdef"[value >> shift & 15];
    }
}

// A fault in the machine's own code is kmode's bug, and nothing of this process can be trusted to report it
// but this.
static _Noreturn void die_of_own_fault(int number, const ucontext_t *context, const siginfo_t *info)
{
    char text[160] = "kmode: internal error: signal ";
    size_t length = strlen(text);
    text[length++] = (char)('0' + number / 10);
    text[length++] = (char)('0' + number % 10);
    memcpy(text + length, " in the machine at ", 19);
    length += 19;
    append_hex(text, &length, (uint64_t)context->uc_mcontext.gregs[REG_RIP]);
    memcpy(text + length, ", address ", 10);
    length += 10;
    append_hex(text, &length, (uint64_t)info->si_addr);
    memcpy(text + length, "; please report this\n", 21);
    length += 21;
    if (write(STDERR_FILENO, text, length) < 0) {
        _exit(71);
    }
    _exit(70);
}

static size_t readable_code(const struct km_machine *machine, uint64_t rip)
{
    const size_t longest = 15;
    if (km_memory_allows(&machine->memory, rip, longest, KM_PROTECT_READ)) {
        return longest;
    }
    size_t in_page = KM_PAGE_SIZE - rip % KM_PAGE_SIZE;
    if (in_page > longest) {
        in_page = longest;
    }
    return km_memory_allows(&machine->memory, rip, in_page, KM_PROTECT_READ) ? in_page : 0;
}

static int read_quadword(void *context, uint64_t address, uint64_t *value)
{
    const struct km_machine *machine = context;
    if (!km_memory_allows(&machine->memory, address, 1, KM_PROTECT_READ)) {
        return 0;
    }
    size_t bytes = km_memory_allows(&machine->memory, address, 8, KM_PROTECT_READ)
                       ? 8
                       : KM_PAGE_SIZE - address % KM_PAGE_SIZE;
    *value = 0;
    memcpy(value, (const void *)address, bytes);
    return 1;
}

static uint32_t read_port(void *context, uint16_t port, unsigned bytes)
{
    return km_devices_read_port(context, port, bytes);
}

static void write_port(void *context, uint16_t port, unsigned bytes, uint32_t value)
{
    km_devices_write_port(context, port, bytes, value);
}

static bool allows_access(void *context, uint64_t address, unsigned bytes, uint32_t access)
{
    const struct km_machine *machine = context;
    return km_memory_allows(&machine->memory, address, bytes,
                            access == KM_TRAP_ACCESS_WRITE ? KM_PROTECT_WRITE : KM_PROTECT_READ);
}

static bool is_device(void *context, uint64_t address, uint32_t access)
{
    const struct km_machine *machine = context;
    return km_memory_is_device(&machine->memory, address) &&
           km_memory_query(&machine->memory, address) &
               (access == KM_TRAP_ACCESS_WRITE ? KM_PROTECT_WRITE : KM_PROTECT_READ);
}

static uint64_t device_address(const struct km_machine *machine, uint64_t address)
{
    return km_memory_physical(&machine->memory, address) + address % KM_PAGE_SIZE;
}

static uint64_t read_device(void *context, uint64_t address, unsigned bytes)
{
    return km_devices_read_memory(context, device_address(context, address), bytes);
}

static void write_device(void *context, uint64_t address, unsigned bytes, uint64_t value)
{
    km_devices_write_memory(context, device_address(context, address), bytes, value);
}

// Carries out an instruction that has trapped on a device's memory. Returns false if that is not why.
static bool execute_device_access(struct km_processor *processor, const ucontext_t *context,
                                  KM_TRAP_FRAME *frame)
{
    struct km_machine *machine = processor->machine;
    const struct km_device_reach reach = {.context = machine,
                                          .is_device = is_device,
                                          .allows = allows_access,
                                          .read = read_device,
                                          .write = write_device};
    return is_device(machine, frame->address, frame->access) &&
           km_device_access(&processor->device_step, &frame->registers, context->uc_mcontext.fpregs,
                            readable_code(machine, frame->registers.rip), &reach);
}

// Carries out the instruction if it is privileged; what it faults on goes into the frame.
static enum km_privileged_result execute_privileged(struct km_processor *processor, KM_TRAP_FRAME *frame)
{
    struct km_machine *machine = processor->machine;
    const struct km_privileged_reach reach = {
        .context = machine, .read_port = read_port, .write_port = write_port, .allows = allows_access};
    struct km_privileged_fault fault;
    const enum km_privileged_result result = km_privileged_execute(
        processor->shared, &frame->registers, readable_code(machine, frame->registers.rip), &reach, &fault);
    if (result == KM_PRIVILEGED_FAULT) {
        frame->vector = KM_TRAP_PAGE_FAULT;
        frame->error_code = 0;
        frame->address = processor->shared->cr2 = fault.address;
        frame->access = fault.access;
    }
    return result;
}

// Fills in what the signal tells of the trap. Returns false if the instruction was carried out and nothing is
// left to do.
static bool classify(struct km_processor *processor, int number, const ucontext_t *context,
                     KM_TRAP_FRAME *frame)
{
    struct km_machine *machine = processor->machine;
    uint64_t error = (uint64_t)context->uc_mcontext.gregs[REG_ERR];
    KM_REGISTERS *registers = &frame->registers;
    struct km_shared_read *read = &processor->shared_read;
    if (read->active) {
        // The one step is done, or it trapped itself (the other operand of a move): then the trap is the
        // driver's.
        km_shared_read_finish(read, registers);
        if (number == SIGTRAP) {
            return false;
        }
    }
    if (number == SIGSYS) {
        // A system call of NT code would be Linux's: no code of a driver means that one. rip is past the
        // instruction.
        registers->rip -= SYSCALL_LENGTH;
        frame->vector = KM_TRAP_INVALID_OPCODE;
        return true;
    }
    frame->vector = (uint32_t)context->uc_mcontext.gregs[REG_TRAPNO];
    frame->error_code = (uint32_t)error;
    switch (frame->vector) {
    case KM_TRAP_PAGE_FAULT:
        frame->address = (uint64_t)context->uc_mcontext.gregs[REG_CR2];
        frame->access = error & PAGE_FAULT_EXECUTE ? KM_TRAP_ACCESS_EXECUTE
                        : error & PAGE_FAULT_WRITE ? KM_TRAP_ACCESS_WRITE
                                                   : KM_TRAP_ACCESS_READ;
        // Without NX in the fault's code, an instruction fetch shows by its address.
        if (frame->address == registers->rip) {
            frame->access = KM_TRAP_ACCESS_EXECUTE;
        }
        frame->address = km_shared_user_data_address(frame->address);
        if (km_is_shared_user_data(frame->address) && frame->access == KM_TRAP_ACCESS_READ) {
            km_clock_show(machine);
            if (km_shared_read_begin(read, registers, readable_code(machine, registers->rip))) {
                return false;
            }
        }
        if (frame->access != KM_TRAP_ACCESS_EXECUTE && execute_device_access(processor, context, frame)) {
            return false;
        }
        processor->shared->cr2 = frame->address;
        if (km_modules_is_import_slot(&machine->modules, frame->address)) {
            frame->vector = KM_TRAP_UNIMPLEMENTED;
        }
        break;
    case KM_TRAP_GENERAL_PROTECTION:
        if (error & SELECTOR_IS_IDT) {
            frame->vector = KM_TRAP_SOFTWARE;
            frame->error_code = (uint32_t)(error >> 3) & 0xFF;
            registers->rip += 2;
            break;
        }
        switch (execute_privileged(processor, frame)) {
        case KM_PRIVILEGED_DONE: return false;
        case KM_PRIVILEGED_REFUSED: frame->flags |= KM_TRAP_FLAG_PRIVILEGED; break;
        case KM_PRIVILEGED_FAULT:
        case KM_PRIVILEGED_NOT: break;
        }
        break;
    case KM_TRAP_INVALID_OPCODE:
        // Some ring 0 instructions are undefined, not protected, outside it.
        if (execute_privileged(processor, frame) == KM_PRIVILEGED_DONE) {
            return false;
        }
        break;
    case KM_TRAP_DIVIDE_ERROR:
        if (km_divisor_is_not_zero(registers, readable_code(machine, registers->rip), read_quadword,
                                   machine)) {
            frame->flags |= KM_TRAP_FLAG_DIVISOR_NOT_ZERO;
        }
        break;
    case ALIGNMENT_CHECK:
        // Alignment is checked outside ring 0 alone.
        registers->rflags &= ~RFLAGS_AC;
        return false;
    default: break;
    }
    return true;
}

// Where the frame goes: below the interrupted rsp if the stack has room there, else on the double-fault
// stack; 0 if that has none either.
static uint64_t frame_address(const struct km_processor *processor, KM_TRAP_FRAME *frame)
{
    const struct km_machine *machine = processor->machine;
    const uint32_t writable = KM_PROTECT_READ | KM_PROTECT_WRITE;
    uint64_t rsp = frame->registers.rsp, top = processor->double_fault_stack;
    uint64_t on_stack = (rsp - sizeof *frame) & ~UINT64_C(63);
    bool own_stack = frame->vector == KM_TRAP_TIME_LIMIT;
    if (frame->vector == KM_TRAP_INTERRUPT) {
        return km_memory_allows(&machine->memory, on_stack - TRAP_STACK_ROOM,
                                rsp - on_stack + TRAP_STACK_ROOM, writable)
                   ? on_stack
                   : 0;
    }
    if (!own_stack && km_memory_allows(&machine->memory, on_stack - TRAP_STACK_ROOM,
                                       rsp - on_stack + TRAP_STACK_ROOM, writable)) {
        return on_stack;
    }
    if (!own_stack) {
        frame->vector = KM_TRAP_DOUBLE_FAULT;
        // A trap on the double-fault stack that has used it up would find itself there again, without end.
        if (rsp <= top && top - rsp < DOUBLE_FAULT_STACK_LIMIT) {
            return 0;
        }
    }
    uint64_t at = (top - sizeof *frame) & ~UINT64_C(63);
    return km_memory_allows(&machine->memory, at - TRAP_STACK_ROOM, top - at + TRAP_STACK_ROOM, writable) ? at
                                                                                                          : 0;
}

// The processor leaves NT code for good when the handler returns.
static void abandon(struct km_processor *processor, ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)km_processor_abandon;
    context->uc_mcontext.gregs[REG_RDI] = (greg_t)processor;
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)processor->host_rsp;
    context->uc_mcontext.gregs[REG_EFL] &= (greg_t) ~(RFLAGS_TF | RFLAGS_DF | RFLAGS_AC);
}

// The kernel cannot take the trap. Hardware would reset; the machine ends the run by itself, with the last
// trap that the kernel's own code did not cause.
static void triple_fault(struct km_processor *processor, ucontext_t *context)
{
    const KM_TRAP_FRAME *first = &processor->last_trap;
    const KM_STOP stop = {.kind = KM_STOP_TRIPLE_FAULT,
                          .has_registers = 1,
                          .has_fault = 1,
                          .registers = first->registers,
                          .vector = first->vector,
                          .access = first->access,
                          .address = first->address,
                          .frame_count = first->registers.rip != 0,
                          .frames = {first->registers.rip}};
    km_processors_stop(processor, &stop);
    abandon(processor, context);
}

static bool is_in_kernel(const struct km_machine *machine, uint64_t rip)
{
    // The list of modules may be changing on another processor; its first never does.
    const struct km_module *kernel = machine->modules.kernel;
    return rip - kernel->base < kernel->file.size_of_image;
}

static void enter_kernel(struct km_processor *processor, ucontext_t *context, KM_TRAP_FRAME *frame)
{
    struct km_machine *machine = processor->machine;
    if (frame->vector != KM_TRAP_INTERRUPT && !is_in_kernel(machine, frame->registers.rip)) {
        processor->last_trap = *frame;
    }
    uint64_t at = frame_address(processor, frame);
    if (at == 0 && frame->vector == KM_TRAP_INTERRUPT) {
        return; // no room: it stays pending
    }
    if (at == 0) {
        triple_fault(processor, context);
        return;
    }
    memcpy(frame->fxsave, context->uc_mcontext.fpregs, sizeof frame->fxsave);
    // What hardware leaves to software there is Linux's, and differs from host to host.
    memset(frame->fxsave + FXSAVE_SOFTWARE, 0, sizeof frame->fxsave - FXSAVE_SOFTWARE);
    memcpy(&frame->mxcsr, frame->fxsave + 24, sizeof frame->mxcsr);
    const uint64_t machine_frame[5] = {frame->registers.rip, 0x10, frame->registers.rflags,
                                       frame->registers.rsp, 0x18};
    memcpy(frame->machine_frame, machine_frame, sizeof machine_frame);
    if (frame->vector == KM_TRAP_INTERRUPT) {
        volatile uint8_t *irql = (volatile uint8_t *)processor->irql;
        frame->error_code = *irql;
        *irql = HIGH_LEVEL;
    }
    memcpy((void *)at, frame, sizeof *frame);
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)processor->trap_entry;
    context->uc_mcontext.gregs[REG_RCX] = (greg_t)at;
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)(at - 0x20);
    context->uc_mcontext.gregs[REG_EFL] &= (greg_t) ~(RFLAGS_TF | RFLAGS_DF | RFLAGS_AC);
    // As Windows' trap entry does: handlers run with every SIMD exception masked.
    context->uc_mcontext.fpregs->mxcsr = NT_MXCSR;
}

// processor.S: the code between NT and Linux, and the handler that enters km_on_signal with clean flags.
extern const char km_doors_start[], km_doors_end[], km_leave_host[], km_take_interrupt[];
void km_signal_entry(int number, siginfo_t *info, void *opaque);
void km_on_signal(int number, siginfo_t *info, void *opaque);

static bool is_in_doors(uint64_t rip)
{
    return rip >= (uint64_t)km_doors_start && rip < (uint64_t)km_doors_end;
}

static bool is_interrupt_deliverable(const struct km_processor *processor)
{
    const KM_PROCESSOR *shared = processor->shared;
    return processor->trap_entry != 0 && !processor->shared_read.active && shared->interrupts_enabled &&
           shared->pending >> (*(const volatile uint8_t *)processor->irql + 1) != 0;
}

// The code of *frame has been interrupted between two instructions: whatever the processor is to attend to
// comes now, then an interrupt that is pending.
static void attend(struct km_processor *processor, ucontext_t *context, KM_TRAP_FRAME *frame)
{
    store_registers(context, &frame->registers);
    while ((processor->attention & (KM_ATTEND_PAUSE | KM_ATTEND_HALT)) == KM_ATTEND_PAUSE) {
        km_processor_rest(processor);
    }
    if (processor->attention & KM_ATTEND_HALT) {
        abandon(processor, context);
        return;
    }
    if (processor->attention & KM_ATTEND_TIME_LIMIT && !processor->shared_read.active) {
        __atomic_and_fetch(&processor->attention, ~KM_ATTEND_TIME_LIMIT, __ATOMIC_SEQ_CST);
        // The watch asks again for a kernel that can't take it yet.
        if (processor->trap_entry != 0 && km_watch_has_expired(processor->machine)) {
            frame->vector = KM_TRAP_TIME_LIMIT;
            frame->error_code = frame->access = frame->flags = 0;
            enter_kernel(processor, context, frame);
            return;
        }
    }
    if (is_interrupt_deliverable(processor)) {
        frame->vector = KM_TRAP_INTERRUPT;
        frame->error_code = frame->access = frame->flags = 0;
        enter_kernel(processor, context, frame);
    }
}

// At km_take_interrupt, or on the way there: the call into the machine returns, and the interrupt is taken
// behind it.
static void return_from_call(struct km_processor *processor, ucontext_t *context)
{
    KM_TRAP_FRAME frame = {0};
    load_registers(context, &frame.registers);
    frame.registers.rip = *(const uint64_t *)frame.registers.rsp;
    frame.registers.rsp += sizeof(uint64_t);
    frame.registers.rcx = frame.registers.rdx = 0;
    processor->in_nt = 0;
    attend(processor, context, &frame);
    processor->in_nt = 1;
}

void km_on_signal(int number, siginfo_t *info, void *opaque)
{
    int saved_errno = errno;
    ucontext_t *context = opaque;
    struct km_processor *processor = km_current_processor;
    if (processor == NULL || !processor->in_nt) {
        if (number == KM_ATTENTION_SIGNAL) {
            return; // it is looked at on the way to NT code
        }
        die_of_own_fault(number, context, info);
    }
    if (number != KM_ATTENTION_SIGNAL && info->si_code <= 0) {
        return; // sent by another thread or process: not a trap of this code
    }
    const uint64_t rip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    if (rip >= (uint64_t)km_leave_host && rip <= (uint64_t)km_take_interrupt && number != SIGTRAP) {
        return_from_call(processor, context);
        errno = saved_errno;
        return;
    }
    if (is_in_doors(rip)) {
        // A call into the machine is one step to NT code: no trap is taken within it.
        if (number == SIGTRAP) {
            context->uc_mcontext.gregs[REG_EFL] &= (greg_t)~RFLAGS_TF;
        }
        if (number == SIGTRAP || number == KM_ATTENTION_SIGNAL) {
            return;
        }
    }
    // From here on a fault is the handler's own.
    processor->in_nt = 0;
    processor->shared->irql = processor->irql; // `mov cr8` follows it
    processor->shared->kpcr = processor->kpcr;
    KM_TRAP_FRAME frame = {0};
    load_registers(context, &frame.registers);
    if (number == KM_ATTENTION_SIGNAL || !classify(processor, number, context, &frame)) {
        attend(processor, context, &frame);
    } else if (processor->trap_entry == 0) {
        die_of_own_fault(number, context, info); // the kernel faulted before it could take traps
    } else {
        enter_kernel(processor, context, &frame);
    }
    processor->in_nt = 1;
    errno = saved_errno;
}

bool km_traps_init(struct km_machine *machine)
{
    (void)machine;
    struct sigaction action = {.sa_sigaction = km_signal_entry,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER};
    // A trap's handler is never interrupted to attend to something: that comes at the first instruction
    // behind it.
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, KM_ATTENTION_SIGNAL);
    int installed = 0;
    for (; installed < TRAP_SIGNALS; installed++) {
        if (sigaction(trap_signals[installed], &action, &previous_actions[installed]) != 0) {
            goto restore;
        }
    }
    return true;
restore:
    while (installed-- > 0) {
        sigaction(trap_signals[installed], &previous_actions[installed], NULL);
    }
    return false;
}

void km_traps_deinit(struct km_machine *machine)
{
    (void)machine;
    for (int i = TRAP_SIGNALS; i-- > 0;) {
        sigaction(trap_signals[i], &previous_actions[i], NULL);
    }
}
