// SPDX-License-Identifier: MIT
// The system thread that DriverEntry runs on: its stack, its alignment, its floating-point state.
#include "test.h"

static PVOID CurrentThread(VOID)
{
    PVOID Thread;
    __asm__ volatile("movq %%gs:0x188, %0" : "=r"(Thread));
    return Thread;
}

static void TestOneThread(void)
{
    PVOID Thread = CurrentThread();
    OK(Thread != NULL);
    DbgPrint("# thread %p\n", Thread); // a call into the machine and back
    IS(CurrentThread(), Thread);
}

static void TestStackIsAligned(void)
{
    __attribute__((aligned(16))) volatile ULONG64 Aligned[2] = {1, 2};
    IS((ULONG_PTR)Aligned & 15, 0);
    ULONG64 Rsp;
    __asm__ volatile("movq %%rsp, %0" : "=r"(Rsp));
    IS(Rsp & 7, 0);
}

static void TestFloatingPointState(void)
{
    ULONG MxCsr;
    USHORT ControlWord;
    __asm__ volatile("stmxcsr %0" : "=m"(MxCsr));
    __asm__ volatile("fnstcw %0" : "=m"(ControlWord));
    IS(MxCsr & ~0x3FU, 0x1F80);
    IS(ControlWord, 0x027F); // 53 bits of precision, as Windows has it
}

// What a call into the kernel must keep, and with it every call into the machine.
static void TestCallsKeepRegisters(void)
{
    ULONG64 Kept[8];
    __asm__ volatile(
        "movq $1, %%rbx\n\tmovq $2, %%rsi\n\tmovq $3, %%rdi\n\tmovq $4, %%r12\n\tmovq $5, %%r13\n\t"
        "movq $6, %%r14\n\tmovq $7, %%r15\n\t"
        "movq %%r12, %%xmm6\n\tmovq %%r15, %%xmm15\n\t"
        "movq %%rsp, %%r12\n\tandq $-16, %%rsp\n\tsubq $32, %%rsp\n\t"
        "leaq %2, %%rcx\n\tcallq *%1\n\t"
        "movq %%r12, %%rsp\n\t"
        "movq %%rbx, %0\n\tmovq %%rsi, 8+%0\n\tmovq %%rdi, 16+%0\n\tmovq %%r13, 24+%0\n\t"
        "movq %%r14, 32+%0\n\tmovq %%r15, 40+%0\n\tmovq %%xmm6, 48+%0\n\tmovq %%xmm15, 56+%0"
        : "=m"(Kept)
        : "r"(MmIsAddressValid), "m"(TestCount)
        : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm15", "memory", "cc");
    IS(Kept[0], 1);
    IS(Kept[1], 2);
    IS(Kept[2], 3);
    IS(Kept[3], 5);
    IS(Kept[4], 6);
    IS(Kept[5], 7);
    IS(Kept[6], 4);
    IS(Kept[7], 7);
}

// Most of the 24 KB is the driver's.
static __declspec(noinline) ULONG UseStack(ULONG Bytes)
{
    volatile UCHAR *Buffer = __builtin_alloca(Bytes);
    ULONG Sum = 0;
    for (ULONG Index = 0; Index < Bytes; Index += 512) {
        Buffer[Index] = 1;
        Sum += Buffer[Index];
    }
    return Sum;
}

static void TestRoomOnTheStack(void)
{
    IS(UseStack(20 * 1024), 40);
}

TEST_DRIVER(TestOneThread, TestStackIsAligned, TestFloatingPointState, TestCallsKeepRegisters,
            TestRoomOnTheStack)
