// SPDX-License-Identifier: MIT
// IRQL by call, by macro, and by the cr8 register: three views of one thing.
#include "test.h"

static KIRQL ReadCr8(VOID)
{
    ULONG64 Value;
    __asm__ volatile("movq %%cr8, %0" : "=r"(Value));
    return (KIRQL)Value;
}

static VOID WriteCr8(ULONG64 Value)
{
    __asm__ volatile("movq %0, %%cr8" ::"r"(Value));
}

static void TestDriverEntryIsPassive(void)
{
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(ReadCr8(), PASSIVE_LEVEL);
}

static void TestEveryLevel(void)
{
    for (KIRQL Level = PASSIVE_LEVEL; Level <= HIGH_LEVEL; Level += 1) {
        KIRQL OldIrql = 0xFF;
        KeRaiseIrql(Level, &OldIrql);
        IS(OldIrql, PASSIVE_LEVEL);
        IS(KeGetCurrentIrql(), Level);
        IS(ReadCr8(), Level);
        KeLowerIrql(OldIrql);
        IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

static void TestNested(void)
{
    KIRQL Outer, Middle, Inner;
    KeRaiseIrql(APC_LEVEL, &Outer);
    KeRaiseIrql(APC_LEVEL, &Middle); // to the same level is no change, and allowed
    Inner = KeRaiseIrqlToDpcLevel();
    IS(Outer, PASSIVE_LEVEL);
    IS(Middle, APC_LEVEL);
    IS(Inner, APC_LEVEL);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(DISPATCH_LEVEL);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(Inner);
    IS(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(Outer);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void TestCr8IsTheIrql(void)
{
    WriteCr8(DISPATCH_LEVEL);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    WriteCr8(PASSIVE_LEVEL);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

// Exceptions that are no page faults find their handlers at any level.
static void TestExceptionsAtDispatchLevel(void)
{
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();
    NTSTATUS Status = STATUS_SUCCESS;
    volatile LONG Zero = 0;
    __try {
        Zero = 100 / Zero; // clang turns 1 / x into something that does not divide
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    KIRQL Irql = KeGetCurrentIrql();
    KeLowerIrql(OldIrql);
    IS((ULONG)Status, (ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO);
    IS(Irql, DISPATCH_LEVEL);
}

// Unwinding out of __try does not lower what was raised in it: that is the driver's to do.
static void TestUnwindingKeepsTheLevel(void)
{
    KIRQL OldIrql = PASSIVE_LEVEL;
    __try {
        KeRaiseIrql(APC_LEVEL, &OldIrql);
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IS(KeGetCurrentIrql(), APC_LEVEL);
    }
    KeLowerIrql(OldIrql);
}

TEST_DRIVER(TestDriverEntryIsPassive, TestEveryLevel, TestNested, TestCr8IsTheIrql,
            TestExceptionsAtDispatchLevel, TestUnwindingKeepsTheLevel)
