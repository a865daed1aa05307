// SPDX-License-Identifier: MIT
// Stack probes: the compiler calls one before it moves rsp by a page or more.
//
// rax: the number of bytes. Touches each page from rsp down, so that running off the stack hits its guard page and not
// what lies behind. Changes no register but the flags and not rsp; the caller subtracts rax itself.
    .text
    .globl ___chkstk_ms
    .def ___chkstk_ms; .scl 2; .type 32; .endef
    .globl __chkstk
    .def __chkstk; .scl 2; .type 32; .endef
    .seh_proc ___chkstk_ms
___chkstk_ms:
__chkstk:
    pushq %rcx
    .seh_pushreg %rcx
    pushq %rax
    .seh_pushreg %rax
    .seh_endprologue
    leaq 24(%rsp), %rcx
1:
    cmpq $0x1000, %rax
    jb 2f
    subq $0x1000, %rcx
    testq %rcx, (%rcx)
    subq $0x1000, %rax
    jmp 1b
2:
    subq %rax, %rcx
    testq %rcx, (%rcx)
    popq %rax
    popq %rcx
    ret
    .seh_endproc
