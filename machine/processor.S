// SPDX-License-Identifier: MIT
// The doors between Linux code (System V calls, the processor's Linux stack) and NT code (Microsoft calls, NT stacks).

#define HOST_RSP 0
#define NT_RSP   8
#define IN_NT    16
#define SHARED   24
#define IRQL     32
#define LEAVE_ARGUMENT 40
#define LEAVE_REASON   48

#define ATTENTION 56

#define PENDING 136 // in KM_PROCESSOR

#define LEAVE_WAIT   1 // enum km_leave_reason
#define LEAVE_ANSWER 2

#define FLAGS_FIXED 2 // the one bit of rflags that is always set

    .text
    .globl km_doors_start
km_doors_start:

.macro CURRENT_PROCESSOR register
    movq km_current_processor@gottpoff(%rip), \register
    movq %fs:(\register), \register
.endm

// What a System V callee must keep; on the Linux stack while NT code runs.
.macro PUSH_HOST
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
.endm

.macro POP_HOST
    cld
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
.endm

// Nothing of Linux's may show in what the NT side sees of a call: see contract.h.
.macro CLEAR_VOLATILE
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    pxor %xmm0, %xmm0
    pxor %xmm1, %xmm1
    pxor %xmm2, %xmm2
    pxor %xmm3, %xmm3
    pxor %xmm4, %xmm4
    pxor %xmm5, %xmm5
.endm

// void km_processor_start(processor, entry, argument, stack_top)
    .globl km_processor_start
    .type km_processor_start, @function
km_processor_start:
    PUSH_HOST
    movq %rsp, HOST_RSP(%rdi)
    movq $1, IN_NT(%rdi)
    andq $-16, %rcx
    leaq -32(%rcx), %rsp
    movq %rdx, %rcx
    ldmxcsr nt_mxcsr(%rip)
    fninit
    fldcw nt_control_word(%rip)
    pushq $0                    // no return address: the walk of the stack ends here
    pushq %rsi
    movq %rcx, %rax
    CLEAR_VOLATILE
    movq %rax, %rcx
    xorl %eax, %eax
    xorl %ebx, %ebx
    xorl %ebp, %ebp
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    ret
    .size km_processor_start, .-km_processor_start

// void km_processor_resume(processor, value): value is what the call in which NT code waits returns
    .globl km_processor_resume
    .type km_processor_resume, @function
km_processor_resume:
    PUSH_HOST
    movq %rsp, HOST_RSP(%rdi)
    movq NT_RSP(%rdi), %rsp
    movq $1, IN_NT(%rdi)
    movq %rsi, %rax
    movaps 0x00(%rsp), %xmm6
    movaps 0x10(%rsp), %xmm7
    movaps 0x20(%rsp), %xmm8
    movaps 0x30(%rsp), %xmm9
    movaps 0x40(%rsp), %xmm10
    movaps 0x50(%rsp), %xmm11
    movaps 0x60(%rsp), %xmm12
    movaps 0x70(%rsp), %xmm13
    movaps 0x80(%rsp), %xmm14
    movaps 0x90(%rsp), %xmm15
    ldmxcsr 0xa0(%rsp)
    fldcw 0xa4(%rsp)
    addq $0xa8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rdi
    popq %rsi
    popq %rbp
    popq %rbx
    CLEAR_VOLATILE
    jmp leave_host
    .size km_processor_resume, .-km_processor_resume

// The calls in which NT code waits: km_processor_start or _resume returns, and the next _resume goes on here. The call's
// argument and which call it is are left in the processor.
.macro WAITING_DOOR name, reason
    .globl km_entry_\name
    .type km_entry_\name, @function
km_entry_\name:
    movl $\reason, %eax
    jmp wait_in_nt
    .size km_entry_\name, .-km_entry_\name
.endm

    WAITING_DOOR wait_for_interrupt, LEAVE_WAIT
    WAITING_DOOR answer_request, LEAVE_ANSWER

    .type wait_in_nt, @function
wait_in_nt:
    pushq %rbx
    pushq %rbp
    pushq %rsi
    pushq %rdi
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $0xa8, %rsp
    movaps %xmm6, 0x00(%rsp)
    movaps %xmm7, 0x10(%rsp)
    movaps %xmm8, 0x20(%rsp)
    movaps %xmm9, 0x30(%rsp)
    movaps %xmm10, 0x40(%rsp)
    movaps %xmm11, 0x50(%rsp)
    movaps %xmm12, 0x60(%rsp)
    movaps %xmm13, 0x70(%rsp)
    movaps %xmm14, 0x80(%rsp)
    movaps %xmm15, 0x90(%rsp)
    stmxcsr 0xa0(%rsp)
    fnstcw 0xa4(%rsp)
    CURRENT_PROCESSOR %rdi
    movq $0, IN_NT(%rdi)
    movq %rcx, LEAVE_ARGUMENT(%rdi)
    movq %rax, LEAVE_REASON(%rdi)
    movq %rsp, NT_RSP(%rdi)
    movq HOST_RSP(%rdi), %rsp
    POP_HOST
    ret
    .size wait_in_nt, .-wait_in_nt

// void km_processor_abandon(processor)
    .globl km_processor_abandon
    .type km_processor_abandon, @function
km_processor_abandon:
    movq $0, IN_NT(%rdi)
    movq $0, LEAVE_REASON(%rdi)
    movq HOST_RSP(%rdi), %rsp
    POP_HOST
    ret
    .size km_processor_abandon, .-km_processor_abandon

// One door a contract call: the C routine (ms_abi, four arguments at most, a result in rax always) runs on the Linux
// stack.
.macro DOOR name
    .globl km_entry_\name
    .type km_entry_\name, @function
km_entry_\name:
    leaq km_call_\name(%rip), %rax
    jmp enter_host
    .size km_entry_\name, .-km_entry_\name
.endm

    DOOR map_memory
    DOOR unmap_memory
    DOOR protect_memory
    DOOR query_memory
    DOOR release_memory
    DOOR write_debug
    DOOR read_clock
    DOOR show_time
    DOOR start_processor
    DOOR run_processor
    DOOR interrupt_processor
    DOOR relax_processor
    DOOR route_line
    DOOR end_of_line
    DOOR measure_image
    DOOR load_image
    DOOR discard_image_init
    DOOR unload_image
    DOOR fetch_request
    DOOR report_wait
    DOOR report_finding
    DOOR trace_crossing
    DOOR stop
    DOOR use_disk
    DOOR write_event

    .type enter_host, @function
enter_host:
    pushq %rbp
    movq %rsp, %rbp
    subq $8, %rsp
    stmxcsr -8(%rbp)
    fnstcw -4(%rbp)
    // Linux code must not run with what NT code may have made of DF, AC and its floating-point controls, nor NT
    // code with the exception flags that Linux code raises.
    pushq $FLAGS_FIXED
    popfq
    CURRENT_PROCESSOR %r10
    movq $0, IN_NT(%r10)
    movq HOST_RSP(%r10), %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    andq $-16, %rsp
    subq $32, %rsp
    call *%rax
    CURRENT_PROCESSOR %r10
    movq %rbp, %rsp
    movq $1, IN_NT(%r10)
    ldmxcsr -8(%rbp)
    fldcw -4(%rbp)
    popq %rbp
    CLEAR_VOLATILE
    // fall through
    .size enter_host, .-enter_host

// The way out of every call: an interrupt that has become pending, and whatever else the processor is to attend to, is
// taken before NT code goes on. A signal that finds
// itself between leave_host and the return makes sure of it by going to km_take_interrupt too.
    .globl km_leave_host
    .type leave_host, @function
km_leave_host:
leave_host:
    CURRENT_PROCESSOR %rdx
    cmpl $0, ATTENTION(%rdx)
    jne km_take_interrupt
    movq IRQL(%rdx), %rcx
    testq %rcx, %rcx
    jz 1f
    movzbl (%rcx), %ecx
    incl %ecx
    movq SHARED(%rdx), %rdx
    movl PENDING(%rdx), %edx
    shrl %cl, %edx
    testl %edx, %edx
    jnz km_take_interrupt
1:  xorl %ecx, %ecx
    xorl %edx, %edx
    ret
    .globl km_take_interrupt
km_take_interrupt:
    ud2 // the handler returns from the call, and attends to it there
    .size leave_host, .-leave_host

    .globl km_doors_end
km_doors_end:

// Handler of every trap signal: NT code may have set AC, with which compiled code cannot run.
    .globl km_signal_entry
    .type km_signal_entry, @function
km_signal_entry:
    pushq $FLAGS_FIXED
    popfq
    jmp km_on_signal
    .size km_signal_entry, .-km_signal_entry

    .section .rodata
    .balign 4
nt_mxcsr:
    .long 0x1f80
nt_control_word:
    .long 0x027f

    .section .note.GNU-stack, "", @progbits
