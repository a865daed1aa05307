// SPDX-License-Identifier: MIT
// The switch from one thread's stack to another's, and a new thread's first steps.

    .text

// VOID KiSwitchStack(PVOID *SaveKernelStack, PVOID KernelStack, PKTHREAD NextThread)
    .globl KiSwitchStack
    .def KiSwitchStack; .scl 2; .type 32; .endef
    .seh_proc KiSwitchStack
KiSwitchStack:
    pushq %rbx
    .seh_pushreg %rbx
    pushq %rbp
    .seh_pushreg %rbp
    pushq %rsi
    .seh_pushreg %rsi
    pushq %rdi
    .seh_pushreg %rdi
    pushq %r12
    .seh_pushreg %r12
    pushq %r13
    .seh_pushreg %r13
    pushq %r14
    .seh_pushreg %r14
    pushq %r15
    .seh_pushreg %r15
    subq $0xa8, %rsp
    .seh_stackalloc 0xa8
    movaps %xmm6, 0x00(%rsp)
    .seh_savexmm %xmm6, 0x00
    movaps %xmm7, 0x10(%rsp)
    .seh_savexmm %xmm7, 0x10
    movaps %xmm8, 0x20(%rsp)
    .seh_savexmm %xmm8, 0x20
    movaps %xmm9, 0x30(%rsp)
    .seh_savexmm %xmm9, 0x30
    movaps %xmm10, 0x40(%rsp)
    .seh_savexmm %xmm10, 0x40
    movaps %xmm11, 0x50(%rsp)
    .seh_savexmm %xmm11, 0x50
    movaps %xmm12, 0x60(%rsp)
    .seh_savexmm %xmm12, 0x60
    movaps %xmm13, 0x70(%rsp)
    .seh_savexmm %xmm13, 0x70
    movaps %xmm14, 0x80(%rsp)
    .seh_savexmm %xmm14, 0x80
    movaps %xmm15, 0x90(%rsp)
    .seh_savexmm %xmm15, 0x90
    .seh_endprologue
    stmxcsr 0xa0(%rsp)
    fnstcw 0xa4(%rsp)
    movq %rsp, (%rcx)
    movq %rdx, %rsp
    movq %r8, %gs:0x188
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
    ret
    .seh_endproc

// Where KiInitializeThread lets a new thread begin: rbx = start routine, rdi = its context. The frame is the last of
// every walk: nothing returns here. Entered by a ret, so rsp is a multiple of 16.
    .globl KiThreadStartup
    .def KiThreadStartup; .scl 2; .type 32; .endef
    .seh_proc KiThreadStartup
KiThreadStartup:
    subq $0x20, %rsp
    .seh_stackalloc 0x20
    .seh_endprologue
    callq KiFinishFirstSwitch
    movq %rdi, %rcx
    callq *%rbx
    ud2
    .seh_endproc
