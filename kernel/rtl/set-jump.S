// SPDX-License-Identifier: MIT
// _setjmp and _setjmpex: rcx = _JUMP_BUFFER *, rdx = the caller's establisher frame, 0 for a longjmp that only sets
// registers. Both are leaf functions and the same; compilers pass the frame to either. Returns 0.

    .text
    .globl _setjmp
    .def _setjmp; .scl 2; .type 32; .endef
    .globl _setjmpex
    .def _setjmpex; .scl 2; .type 32; .endef
_setjmp:
_setjmpex:
    movq %rdx, 0x00(%rcx)
    movq %rbx, 0x08(%rcx)
    leaq 8(%rsp), %rax
    movq %rax, 0x10(%rcx)
    movq %rbp, 0x18(%rcx)
    movq %rsi, 0x20(%rcx)
    movq %rdi, 0x28(%rcx)
    movq %r12, 0x30(%rcx)
    movq %r13, 0x38(%rcx)
    movq %r14, 0x40(%rcx)
    movq %r15, 0x48(%rcx)
    movq (%rsp), %rax
    movq %rax, 0x50(%rcx)
    stmxcsr 0x58(%rcx)
    fnstcw 0x5c(%rcx)
    movups %xmm6, 0x60(%rcx)
    movups %xmm7, 0x70(%rcx)
    movups %xmm8, 0x80(%rcx)
    movups %xmm9, 0x90(%rcx)
    movups %xmm10, 0xa0(%rcx)
    movups %xmm11, 0xb0(%rcx)
    movups %xmm12, 0xc0(%rcx)
    movups %xmm13, 0xd0(%rcx)
    movups %xmm14, 0xe0(%rcx)
    movups %xmm15, 0xf0(%rcx)
    xorl %eax, %eax
    retq
