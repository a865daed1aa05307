// SPDX-License-Identifier: MIT
// MmIsAddressValid on every kind of memory there is.
#include "test.h"

static ULONG Data;
static const ULONG Constant = 1;
extern UCHAR __ImageBase;

static void TestOwnImage(void)
{
    OK(MmIsAddressValid(&Data));
    OK(MmIsAddressValid((PVOID)(ULONG_PTR)&Constant));
    OK(MmIsAddressValid((PVOID)(ULONG_PTR)TestOwnImage));
    OK(MmIsAddressValid(&__ImageBase));
}

static void TestStack(void)
{
    ULONG Local;
    PUCHAR Page = (PUCHAR)((ULONG_PTR)&Local & ~(ULONG_PTR)(PAGE_SIZE - 1));
    OK(MmIsAddressValid(&Local));
    ULONG Below = 0, Above = 0;
    while (MmIsAddressValid(Page - (Below + 1) * PAGE_SIZE)) {
        Below += 1;
    }
    while (MmIsAddressValid(Page + (Above + 1) * PAGE_SIZE)) {
        Above += 1;
    }
    IS(Below + 1 + Above, 0x6000 / PAGE_SIZE); // 24 KB, and guard pages on either side
}

static void TestPool(void)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, 'tseT');
    OK(Block != NULL);
    if (Block == NULL) {
        return;
    }
    OK(MmIsAddressValid(Block));
    OK(MmIsAddressValid(Block + 3 * PAGE_SIZE - 1));
    ExFreePoolWithTag(Block, 'tseT');
}

static void TestNothing(void)
{
    OK(!MmIsAddressValid(NULL));
    OK(!MmIsAddressValid((PVOID)0x10));
    OK(!MmIsAddressValid((PVOID)0x7FFFFFFF0000));
    OK(!MmIsAddressValid((PVOID)0x468000000000));
    OK(!MmIsAddressValid((PVOID)0xFFFFF80000000000));
    OK(!MmIsAddressValid((PVOID)0x8000000000000000)); // not canonical
    OK(!MmIsAddressValid((PVOID)~0ULL));
}

static void TestAtHighLevel(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    BOOLEAN Own = MmIsAddressValid(&Data), Null = MmIsAddressValid(NULL);
    KeLowerIrql(OldIrql);
    OK(Own);
    OK(!Null);
}

TEST_DRIVER(TestOwnImage, TestStack, TestPool, TestNothing, TestAtHighLevel)
