// SPDX-License-Identifier: MIT
// With checks on, as here, each driver is verified.
#include "test.h"

static ULONG Data = 1;

static void TestVerified(void)
{
    OK(MmIsDriverVerifyingByAddress(&Data));
    OK(!MmIsDriverVerifyingByAddress(NULL));
    OK(!MmIsDriverVerifyingByAddress(*(PVOID *)(PVOID)&PsInitialSystemProcess));
}

TEST_DRIVER(TestVerified)
