// SPDX-License-Identifier: MIT
// __chkstk: what Microsoft's compiler calls in front of a frame of a page or more. rax = the frame's bytes; touches each
// of its pages, from the top down, so that the guard page of the stack is met and not leapt over. Every register but r10
// and r11 is as it was.

    .text
    .globl __chkstk
    .def __chkstk; .scl 2; .type 32; .endef
    .seh_proc __chkstk
__chkstk:
    .seh_endprologue
    leaq 8(%rsp), %r10 // the caller's stack pointer
    movq %r10, %r11
    subq %rax, %r11
    jnb 1f
    xorl %r11d, %r11d // more than there is below it
1:
    andq $-0x1000, %r11
    andq $-0x1000, %r10
2:
    cmpq %r11, %r10
    je 3f
    subq $0x1000, %r10
    testb $0, (%r10)
    jmp 2b
3:
    retq
    .seh_endproc
