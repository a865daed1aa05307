// SPDX-License-Identifier: MIT
// A call on another stack. The frame register leads a walk of the stack back to the one below.

    .text

// VOID KiCallOnStack(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, PVOID StackTop)
    .globl KiCallOnStack
    .def KiCallOnStack; .scl 2; .type 32; .endef
    .seh_proc KiCallOnStack
KiCallOnStack:
    pushq %rbp
    .seh_pushreg %rbp
    movq %rsp, %rbp
    .seh_setframe %rbp, 0
    .seh_endprologue
    movq %rcx, %rax
    movq %rdx, %rcx
    leaq -0x20(%r8), %rsp
    callq *%rax
    movq %rbp, %rsp
    popq %rbp
    ret
    .seh_endproc
