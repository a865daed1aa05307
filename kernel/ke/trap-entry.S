// SPDX-License-Identifier: MIT
// Where the machine enters with a trap. The unwind data says how to get from here to the interrupted code, so that
// an exception raised while one is dispatched finds the frames below.

// Offsets in KM_TRAP_FRAME, and from rsp = frame - 20h.
#define BASE          0x20
#define RBX           0x18
#define RBP           0x28
#define RSI           0x30
#define RDI           0x38
#define R12           0x60
#define R13           0x68
#define R14           0x70
#define R15           0x78
#define RSP           0x20
#define RIP           0x80
#define RFLAGS        0x88
#define FXSAVE        0xb0
#define XMM(n)        (FXSAVE + 160 + 16 * (n))
#define MACHINE_FRAME 0x2b0
#define LAST_WORDS    0x2b0 // rcx, and what iretq takes: the end of the frame

    .text
    .globl KiTrapEntry
    .def KiTrapEntry; .scl 2; .type 32; .endef
    .seh_proc KiTrapEntry
KiTrapEntry:
    .seh_pushframe
    .seh_stackalloc BASE + MACHINE_FRAME
    .seh_savereg %rbx, BASE + RBX
    .seh_savereg %rbp, BASE + RBP
    .seh_savereg %rsi, BASE + RSI
    .seh_savereg %rdi, BASE + RDI
    .seh_savereg %r12, BASE + R12
    .seh_savereg %r13, BASE + R13
    .seh_savereg %r14, BASE + R14
    .seh_savereg %r15, BASE + R15
    .seh_savexmm %xmm6, BASE + XMM(6)
    .seh_savexmm %xmm7, BASE + XMM(7)
    .seh_savexmm %xmm8, BASE + XMM(8)
    .seh_savexmm %xmm9, BASE + XMM(9)
    .seh_savexmm %xmm10, BASE + XMM(10)
    .seh_savexmm %xmm11, BASE + XMM(11)
    .seh_savexmm %xmm12, BASE + XMM(12)
    .seh_savexmm %xmm13, BASE + XMM(13)
    .seh_savexmm %xmm14, BASE + XMM(14)
    .seh_savexmm %xmm15, BASE + XMM(15)
    .seh_endprologue
    callq KiDispatchTrap
    ud2
    .seh_endproc

// VOID KiResumeTrapFrame(const KM_TRAP_FRAME *Frame): by the one instruction that loads rip, rflags and rsp at once. An
// interrupt may come between any two, and writes below rsp: what is still needed then lies above it.
    .globl KiResumeTrapFrame
    .def KiResumeTrapFrame; .scl 2; .type 32; .endef
    .seh_proc KiResumeTrapFrame
KiResumeTrapFrame:
    .seh_endprologue
    fxrstor FXSAVE(%rcx)
    movq 0x08(%rcx), %rax
    movq %rax, LAST_WORDS + 0x00(%rcx)
    movq RIP(%rcx), %rax
    movq %rax, LAST_WORDS + 0x08(%rcx)
    movl %cs, %eax
    movq %rax, LAST_WORDS + 0x10(%rcx)
    movq RFLAGS(%rcx), %rax
    movq %rax, LAST_WORDS + 0x18(%rcx)
    movq RSP(%rcx), %rax
    movq %rax, LAST_WORDS + 0x20(%rcx)
    movl %ss, %eax
    movq %rax, LAST_WORDS + 0x28(%rcx)
    movq 0x10(%rcx), %rdx
    movq RBX(%rcx), %rbx
    movq RBP(%rcx), %rbp
    movq RSI(%rcx), %rsi
    movq RDI(%rcx), %rdi
    movq 0x40(%rcx), %r8
    movq 0x48(%rcx), %r9
    movq 0x50(%rcx), %r10
    movq 0x58(%rcx), %r11
    movq R12(%rcx), %r12
    movq R13(%rcx), %r13
    movq R14(%rcx), %r14
    movq R15(%rcx), %r15
    movq 0x00(%rcx), %rax
    leaq LAST_WORDS(%rcx), %rsp
    popq %rcx
    iretq
    .seh_endproc
