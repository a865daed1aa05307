// SPDX-License-Identifier: MIT
// What every watched call of a driver goes through. A thunk (border.c) has loaded r10 with its VI_ENTRY; everything
// else is as the driver called the routine, and is again when the routine is entered.
//
// Either the routine is jumped to, and nothing of this is left on the stack; or it is called, with a copy of the
// arguments on the stack, and ViLeaveBorder hears of the result. The frame has unwind data as any function's.

    .set ENTRY, -0x58
    .set RESULT, -0x60

    .globl ViThunk
    .def ViThunk
    .scl 2
    .type 32
    .endef
    .seh_proc ViThunk
ViThunk:
    pushq %rbp
    .seh_pushreg %rbp
    subq $0x90, %rsp
    .seh_stackalloc 0x90
    leaq 0x90(%rsp), %rbp
    .seh_setframe %rbp, 0x90
    .seh_endprologue
    // The home space is the callee's to use: with the registers in it, all arguments lie side by side.
    movq %rcx, 0x10(%rbp)
    movq %rdx, 0x18(%rbp)
    movq %r8, 0x20(%rbp)
    movq %r9, 0x28(%rbp)
    movups %xmm0, -0x10(%rbp)
    movups %xmm1, -0x20(%rbp)
    movups %xmm2, -0x30(%rbp)
    movups %xmm3, -0x40(%rbp)
    movq %r10, ENTRY(%rbp)
    movq %r10, %rcx
    leaq 0x8(%rbp), %rdx
    call ViEnterBorder
    movq ENTRY(%rbp), %r10
    movl %eax, %r11d
    movq (%r10), %rax
    movq 0x10(%rbp), %rcx
    movq 0x18(%rbp), %rdx
    movq 0x20(%rbp), %r8
    movq 0x28(%rbp), %r9
    movups -0x10(%rbp), %xmm0
    movups -0x20(%rbp), %xmm1
    movups -0x30(%rbp), %xmm2
    movups -0x40(%rbp), %xmm3
    testl %r11d, %r11d
    jnz 1f
    leaq 0(%rbp), %rsp
    popq %rbp
    rex64 jmpq *%rax

    // r11 is one more than the number of words to copy.
1:  decl %r11d
    leal 1(%r11), %r10d
    andl $-2, %r10d
    shll $3, %r10d
    subq %r10, %rsp
    testl %r11d, %r11d
    jz 3f
2:  movq 0x28(%rbp,%r11,8), %r10
    movq %r10, 0x18(%rsp,%r11,8)
    decl %r11d
    jnz 2b
3:  call *%rax
    movq %rax, RESULT(%rbp)
    movups %xmm0, -0x10(%rbp)
    movq ENTRY(%rbp), %rcx
    leaq 0x8(%rbp), %rdx
    movq %rax, %r8
    call ViLeaveBorder
    movq RESULT(%rbp), %rax
    movups -0x10(%rbp), %xmm0
    leaq 0(%rbp), %rsp
    popq %rbp
    ret
    .seh_endproc
