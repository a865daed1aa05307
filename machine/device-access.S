// SPDX-License-Identifier: MIT
// One instruction of NT code with all of its registers, carried out where its memory operand is ours. The
// code and its data are copied together to a page of the processor's own (device-access.c).
    .intel_syntax noprefix

#define RAX 0
#define RCX 8
#define RDX 16
#define RBX 24
#define RSP 32
#define RBP 40
#define RSI 48
#define RDI 56
#define FLAGS 136

    .section .rodata
    .balign 64
    .globl km_step_start
km_step_start: // void (void), System V; MXCSR and the x87 control word are the caller's to keep
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    pushfq
    fxrstor64 [rip + km_step_fxsave]
    mov [rip + host_rsp], rsp
    push qword ptr [rip + km_step_registers + FLAGS]
    popfq
    mov rax, [rip + km_step_registers + RAX]
    mov rcx, [rip + km_step_registers + RCX]
    mov rdx, [rip + km_step_registers + RDX]
    mov rbx, [rip + km_step_registers + RBX]
    mov rsp, [rip + km_step_registers + RSP]
    mov rbp, [rip + km_step_registers + RBP]
    mov rsi, [rip + km_step_registers + RSI]
    mov rdi, [rip + km_step_registers + RDI]
    mov r8, [rip + km_step_registers + 64]
    mov r9, [rip + km_step_registers + 72]
    mov r10, [rip + km_step_registers + 80]
    mov r11, [rip + km_step_registers + 88]
    mov r12, [rip + km_step_registers + 96]
    mov r13, [rip + km_step_registers + 104]
    mov r14, [rip + km_step_registers + 112]
    mov r15, [rip + km_step_registers + 120]
    .globl km_step_slot
km_step_slot:
    .fill 16, 1, 0x90
    mov [rip + km_step_registers + RSP], rsp
    mov rsp, [rip + host_rsp]
    mov [rip + km_step_registers + RAX], rax
    mov [rip + km_step_registers + RCX], rcx
    mov [rip + km_step_registers + RDX], rdx
    mov [rip + km_step_registers + RBX], rbx
    mov [rip + km_step_registers + RBP], rbp
    mov [rip + km_step_registers + RSI], rsi
    mov [rip + km_step_registers + RDI], rdi
    mov [rip + km_step_registers + 64], r8
    mov [rip + km_step_registers + 72], r9
    mov [rip + km_step_registers + 80], r10
    mov [rip + km_step_registers + 88], r11
    mov [rip + km_step_registers + 96], r12
    mov [rip + km_step_registers + 104], r13
    mov [rip + km_step_registers + 112], r14
    mov [rip + km_step_registers + 120], r15
    pushfq
    pop qword ptr [rip + km_step_registers + FLAGS]
    fxsave64 [rip + km_step_fxsave]
    popfq
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

    .balign 64
    .globl km_step_registers
km_step_registers: // KM_REGISTERS
    .fill 18, 8, 0
host_rsp:
    .quad 0
    .balign 64
    .globl km_step_operand
km_step_operand:
    .fill 64, 1, 0
    .globl km_step_fxsave
km_step_fxsave:
    .fill 512, 1, 0
    .globl km_step_end
km_step_end:

    .section .note.GNU-stack, "", @progbits
