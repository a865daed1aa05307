// SPDX-License-Identifier: MIT
// RtlCaptureContext and RtlRestoreContext.

// Offsets in CONTEXT.
#define CX_FLAGS   0x30
#define CX_MXCSR   0x34
#define CX_SEG_CS  0x38
#define CX_SEG_DS  0x3a
#define CX_SEG_ES  0x3c
#define CX_SEG_FS  0x3e
#define CX_SEG_GS  0x40
#define CX_SEG_SS  0x42
#define CX_EFLAGS  0x44
#define CX_RAX     0x78
#define CX_RCX     0x80
#define CX_RDX     0x88
#define CX_RBX     0x90
#define CX_RSP     0x98
#define CX_RBP     0xa0
#define CX_RSI     0xa8
#define CX_RDI     0xb0
#define CX_R8      0xb8
#define CX_R9      0xc0
#define CX_R10     0xc8
#define CX_R11     0xd0
#define CX_R12     0xd8
#define CX_R13     0xe0
#define CX_R14     0xe8
#define CX_R15     0xf0
#define CX_RIP     0xf8
#define CX_FLTSAVE 0x100
#define CX_XMM(n)  (0x1a0 + 16 * (n))

#define CONTEXT_CAPTURED       0x10000f // CONTEXT_FULL | CONTEXT_SEGMENTS
#define CONTEXT_FLOATING_POINT 0x8      // without CONTEXT_AMD64

// Selectors of NT's kernel mode, whatever ring this processor is in.
#define KGDT64_R0_CODE 0x10
#define KGDT64_R0_DATA 0x18
#define KGDT64_R3_DATA 0x2b
#define KGDT64_R3_CMTEB 0x53

// Offsets in EXCEPTION_RECORD and _JUMP_BUFFER.
#define ER_CODE         0x00
#define ER_PARAMETERS   0x18
#define ER_INFORMATION0 0x20
#define JB_RBX          0x08
#define JB_RSP          0x10
#define JB_RBP          0x18
#define JB_RSI          0x20
#define JB_RDI          0x28
#define JB_R12          0x30
#define JB_R13          0x38
#define JB_R14          0x40
#define JB_R15          0x48
#define JB_RIP          0x50
#define JB_MXCSR        0x58
#define JB_FPCSR        0x5c
#define JB_XMM(n)       (0x60 + 16 * ((n) - 6))

#define STATUS_LONGJUMP           0x80000026
#define STATUS_UNWIND_CONSOLIDATE 0x80000029

// What iretq may load: CF PF AF ZF SF TF DF OF RF ID. NT and AC would make later code fault; the rest is not the
// context's to change.
#define EFLAGS_RESTORED 0x210dd5
#define EFLAGS_ALWAYS   0x202 // IF and the bit that is always 1
#define MXCSR_DEFINED   0xffff

    .text

// rcx = CONTEXT *. Changes no register.
    .globl RtlCaptureContext
    .def RtlCaptureContext; .scl 2; .type 32; .endef
    .seh_proc RtlCaptureContext
RtlCaptureContext:
    pushfq
    .seh_stackalloc 8
    .seh_endprologue
    movl $CONTEXT_CAPTURED, CX_FLAGS(%rcx)
    movw $KGDT64_R0_CODE, CX_SEG_CS(%rcx)
    movw $KGDT64_R3_DATA, CX_SEG_DS(%rcx)
    movw $KGDT64_R3_DATA, CX_SEG_ES(%rcx)
    movw $KGDT64_R3_CMTEB, CX_SEG_FS(%rcx)
    movw $KGDT64_R3_DATA, CX_SEG_GS(%rcx)
    movw $KGDT64_R0_DATA, CX_SEG_SS(%rcx)
    movq %rax, CX_RAX(%rcx)
    movq %rcx, CX_RCX(%rcx)
    movq %rdx, CX_RDX(%rcx)
    movq %rbx, CX_RBX(%rcx)
    movq %rbp, CX_RBP(%rcx)
    movq %rsi, CX_RSI(%rcx)
    movq %rdi, CX_RDI(%rcx)
    movq %r8, CX_R8(%rcx)
    movq %r9, CX_R9(%rcx)
    movq %r10, CX_R10(%rcx)
    movq %r11, CX_R11(%rcx)
    movq %r12, CX_R12(%rcx)
    movq %r13, CX_R13(%rcx)
    movq %r14, CX_R14(%rcx)
    movq %r15, CX_R15(%rcx)
    fxsave64 CX_FLTSAVE(%rcx)
    stmxcsr CX_MXCSR(%rcx)
    leaq 16(%rsp), %rax
    movq %rax, CX_RSP(%rcx)
    movq 8(%rsp), %rax
    movq %rax, CX_RIP(%rcx)
    movq (%rsp), %rax
    movl %eax, CX_EFLAGS(%rcx)
    movq CX_RAX(%rcx), %rax
    addq $8, %rsp
    retq
    .seh_endproc

// rcx = CONTEXT *, rdx = EXCEPTION_RECORD * or NULL.
    .globl RtlRestoreContext
    .def RtlRestoreContext; .scl 2; .type 32; .endef
    .seh_proc RtlRestoreContext
RtlRestoreContext:
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    testq %rdx, %rdx
    jz RtlpLoadContext
    movl ER_CODE(%rdx), %eax
    cmpl $STATUS_LONGJUMP, %eax
    je .LLongJump
    cmpl $STATUS_UNWIND_CONSOLIDATE, %eax
    jne RtlpLoadContext
    cmpl $1, ER_PARAMETERS(%rdx)
    jb RtlpLoadContext
    callq RtlpConsolidateFrames
    ud2
.LLongJump:
    cmpl $1, ER_PARAMETERS(%rdx)
    jb RtlpLoadContext
    movq ER_INFORMATION0(%rdx), %rdx
    movq JB_RBX(%rdx), %rax
    movq %rax, CX_RBX(%rcx)
    movq JB_RSP(%rdx), %rax
    movq %rax, CX_RSP(%rcx)
    movq JB_RBP(%rdx), %rax
    movq %rax, CX_RBP(%rcx)
    movq JB_RSI(%rdx), %rax
    movq %rax, CX_RSI(%rcx)
    movq JB_RDI(%rdx), %rax
    movq %rax, CX_RDI(%rcx)
    movq JB_R12(%rdx), %rax
    movq %rax, CX_R12(%rcx)
    movq JB_R13(%rdx), %rax
    movq %rax, CX_R13(%rcx)
    movq JB_R14(%rdx), %rax
    movq %rax, CX_R14(%rcx)
    movq JB_R15(%rdx), %rax
    movq %rax, CX_R15(%rcx)
    movq JB_RIP(%rdx), %rax
    movq %rax, CX_RIP(%rcx)
    movl JB_MXCSR(%rdx), %eax
    movl %eax, CX_MXCSR(%rcx)
    fnclex
    fldcw JB_FPCSR(%rdx)
    .irp n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups JB_XMM(\n)(%rdx), %xmm0
    movups %xmm0, CX_XMM(\n)(%rcx)
    .endr
    orl $CONTEXT_FLOATING_POINT, CX_FLAGS(%rcx)
    jmp RtlpLoadContext
    .seh_endproc

// rcx = CONTEXT *. The registers come from the context, the selectors are the current ones.
    .def RtlpLoadContext; .scl 3; .type 32; .endef
    .seh_proc RtlpLoadContext
RtlpLoadContext:
    .seh_endprologue
    testl $CONTEXT_FLOATING_POINT, CX_FLAGS(%rcx)
    jz 1f
    andl $MXCSR_DEFINED, CX_MXCSR(%rcx)
    ldmxcsr CX_MXCSR(%rcx)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups CX_XMM(\n)(%rcx), %xmm\n
    .endr
1:
    movl %ss, %eax
    pushq %rax
    pushq CX_RSP(%rcx)
    movl CX_EFLAGS(%rcx), %eax
    andl $EFLAGS_RESTORED, %eax
    orl $EFLAGS_ALWAYS, %eax
    pushq %rax
    movl %cs, %eax
    pushq %rax
    pushq CX_RIP(%rcx)
    movq CX_RAX(%rcx), %rax
    movq CX_RDX(%rcx), %rdx
    movq CX_RBX(%rcx), %rbx
    movq CX_RBP(%rcx), %rbp
    movq CX_RSI(%rcx), %rsi
    movq CX_RDI(%rcx), %rdi
    movq CX_R8(%rcx), %r8
    movq CX_R9(%rcx), %r9
    movq CX_R10(%rcx), %r10
    movq CX_R11(%rcx), %r11
    movq CX_R12(%rcx), %r12
    movq CX_R13(%rcx), %r13
    movq CX_R14(%rcx), %r14
    movq CX_R15(%rcx), %r15
    movq CX_RCX(%rcx), %rcx
    iretq
    .seh_endproc

// rcx = CONTEXT *, rdx = EXCEPTION_RECORD *. Builds a frame that unwinds straight to the context, calls the
// record's routine in it, and continues the context where that says.
#define CF_HOME          0x00
#define CF_RBX           0x20
#define CF_RBP           0x28
#define CF_RSI           0x30
#define CF_RDI           0x38
#define CF_R12           0x40
#define CF_R13           0x48
#define CF_R14           0x50
#define CF_R15           0x58
#define CF_XMM(n)        (0x60 + 16 * ((n) - 6))
#define CF_MACHINE_FRAME 0x100 // rip, cs, rflags, rsp, ss
#define CF_BYTES         0x130

    .def RtlpConsolidateFrames; .scl 3; .type 32; .endef
    .seh_proc RtlpConsolidateFrames
RtlpConsolidateFrames:
    .seh_pushframe
    .seh_stackalloc CF_MACHINE_FRAME
    .seh_savereg %rbx, CF_RBX
    .seh_savereg %rbp, CF_RBP
    .seh_savereg %rsi, CF_RSI
    .seh_savereg %rdi, CF_RDI
    .seh_savereg %r12, CF_R12
    .seh_savereg %r13, CF_R13
    .seh_savereg %r14, CF_R14
    .seh_savereg %r15, CF_R15
    .seh_savexmm %xmm6, CF_XMM(6)
    .seh_savexmm %xmm7, CF_XMM(7)
    .seh_savexmm %xmm8, CF_XMM(8)
    .seh_savexmm %xmm9, CF_XMM(9)
    .seh_savexmm %xmm10, CF_XMM(10)
    .seh_savexmm %xmm11, CF_XMM(11)
    .seh_savexmm %xmm12, CF_XMM(12)
    .seh_savexmm %xmm13, CF_XMM(13)
    .seh_savexmm %xmm14, CF_XMM(14)
    .seh_savexmm %xmm15, CF_XMM(15)
    .seh_endprologue
    // The caller's frame is given up: whoever unwinds from here goes to the context.
    subq $CF_BYTES, %rsp
    andq $-16, %rsp
    movq CX_RIP(%rcx), %rax
    movq %rax, CF_MACHINE_FRAME(%rsp)
    movq $KGDT64_R0_CODE, CF_MACHINE_FRAME+0x08(%rsp)
    movl CX_EFLAGS(%rcx), %eax
    movq %rax, CF_MACHINE_FRAME+0x10(%rsp)
    movq CX_RSP(%rcx), %rax
    movq %rax, CF_MACHINE_FRAME+0x18(%rsp)
    movq $KGDT64_R0_DATA, CF_MACHINE_FRAME+0x20(%rsp)
    movq CX_RBX(%rcx), %rax
    movq %rax, CF_RBX(%rsp)
    movq CX_RBP(%rcx), %rax
    movq %rax, CF_RBP(%rsp)
    movq CX_RSI(%rcx), %rax
    movq %rax, CF_RSI(%rsp)
    movq CX_RDI(%rcx), %rax
    movq %rax, CF_RDI(%rsp)
    movq CX_R12(%rcx), %rax
    movq %rax, CF_R12(%rsp)
    movq CX_R13(%rcx), %rax
    movq %rax, CF_R13(%rsp)
    movq CX_R14(%rcx), %rax
    movq %rax, CF_R14(%rsp)
    movq CX_R15(%rcx), %rax
    movq %rax, CF_R15(%rsp)
    .irp n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups CX_XMM(\n)(%rcx), %xmm0
    movups %xmm0, CF_XMM(\n)(%rsp)
    .endr
    movq %rcx, %rbx
    movq %rdx, %rcx
    callq *ER_INFORMATION0(%rcx)
    movq %rbx, %rcx
    movq %rax, CX_RIP(%rcx)
    jmp RtlpLoadContext
    .seh_endproc
