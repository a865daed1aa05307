// SPDX-License-Identifier: MIT
// Callouts on an expanded kernel stack: its limits, and what the routine is given.
#include "test.h"

#define LARGE_CALL (40 * 1024) // more than a whole stack

static ULONG Calls;
static SIZE_T Remaining;
static NTSTATUS Inner;

static VOID NTAPI Note(PVOID Parameter)
{
    Calls += 1;
    *(PULONG)Parameter += 1;
    ULONG_PTR Low, High;
    IoGetStackLimits(&Low, &High);
    Remaining = (ULONG_PTR)&Low - Low;
}

static VOID NTAPI UseMuch(PVOID Parameter)
{
    volatile UCHAR Use[30 * 1024];
    for (ULONG Index = 0; Index < sizeof(Use); Index += 1024) {
        Use[Index] = (UCHAR)Index;
    }
    Note(Parameter);
}

static VOID NTAPI Nest(PVOID Parameter)
{
    if (*(PULONG)Parameter == 0) {
        return;
    }
    *(PULONG)Parameter -= 1;
    NTSTATUS Status = KeExpandKernelStackAndCalloutEx(Nest, Parameter, MAXIMUM_EXPANSION_SIZE, FALSE, NULL);
    if (!NT_SUCCESS(Status)) {
        Inner = Status;
    }
}

static void TestSmall(void)
{
    static ULONG Value;
    IS(KeExpandKernelStackAndCallout(Note, &Value, 100), STATUS_SUCCESS);
    IS(Value, 1);
}

static void TestLarge(void)
{
    ULONG Value = 5;
    Calls = 0;
    IS(KeExpandKernelStackAndCallout(UseMuch, &Value, LARGE_CALL), STATUS_SUCCESS);
    IS(Calls, 1);
    IS(Value, 6);
    OK(Remaining >= LARGE_CALL - 32 * 1024);
    OK(IoGetRemainingStackSize() < LARGE_CALL);
}

static void TestErrors(void)
{
    ULONG Value = 0;
    KIRQL OldIrql;
    Calls = 0;
    IS(KeExpandKernelStackAndCalloutEx(Note, &Value, MAXIMUM_EXPANSION_SIZE + 1, TRUE, NULL),
       STATUS_INVALID_PARAMETER_3);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(KeExpandKernelStackAndCalloutEx(Note, &Value, LARGE_CALL, TRUE, NULL), STATUS_INVALID_PARAMETER_4);
    IS(KeExpandKernelStackAndCalloutEx(Note, &Value, LARGE_CALL, FALSE, NULL), STATUS_SUCCESS);
    KeLowerIrql(OldIrql);
    IS(Calls, 1);
}

static void TestNesting(void)
{
    ULONG Depth = 5;
    IS(KeExpandKernelStackAndCallout(Nest, &Depth, MAXIMUM_EXPANSION_SIZE), STATUS_SUCCESS);
    IS(Depth, 0);
    Depth = 10000;
    IS(KeExpandKernelStackAndCallout(Nest, &Depth, MAXIMUM_EXPANSION_SIZE), STATUS_SUCCESS);
    IS(Inner, STATUS_STACK_OVERFLOW);
    OK(Depth > 0); // the limit was met
}

TEST_DRIVER(TestSmall, TestLarge, TestErrors, TestNesting)
