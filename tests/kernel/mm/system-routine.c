// SPDX-License-Identifier: MIT
// MmGetSystemRoutineAddress: what the kernel and hal export, and what nobody does.
#include "test.h"
#include "undocumented.h"

static PVOID Find(PCWSTR Name)
{
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return MmGetSystemRoutineAddress(&String);
}

static void TestRoutines(void)
{
    KIRQL(NTAPI * Irql)(VOID) = (KIRQL(NTAPI *)(VOID))Find(L"KeGetCurrentIrql");
    OK(Irql != NULL);
    IS(Irql(), PASSIVE_LEVEL);
    // What the driver itself is bound to.
    IS(Find(L"ExAllocatePoolWithTag"), (PVOID)(ULONG_PTR)ExAllocatePoolWithTag);
    IS(Find(L"RtlInitUnicodeString"), (PVOID)(ULONG_PTR)RtlInitUnicodeString);
    OK(Find(L"KfRaiseIrql") != NULL); // hal.dll's
    OK(Find(L"memcpy") != NULL);
}

static void TestVariables(void)
{
    IS(Find(L"PsThreadType"), PsThreadType);
    IS(*(PVOID *)Find(L"MmSystemRangeStart"), MmSystemRangeStart);
}

static void TestNothing(void)
{
    WCHAR Long[300];
    IS(Find(L""), NULL);
    IS(Find(L"exallocatepool2"), NULL); // case matters
    IS(Find(L"ExAllocatePool2x"), NULL);
    IS(Find(L"NoSuchRoutine"), NULL);
    IS(Find(L"DriverEntry"), NULL);
    IS(Find(L"ExAllocatePool\x0262"), NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Long) - 1; Index += 1) {
        Long[Index] = L'A';
    }
    Long[RTL_NUMBER_OF(Long) - 1] = 0;
    IS(Find(Long), NULL);
}

// A counted string ends where its length says.
static void TestCounted(void)
{
    WCHAR Buffer[] = L"ExFreePoolWithTag";
    UNICODE_STRING String = {.Length = 10 * sizeof(WCHAR), .MaximumLength = sizeof(Buffer), .Buffer = Buffer};
    IS(MmGetSystemRoutineAddress(&String), (PVOID)(ULONG_PTR)Find(L"ExFreePool"));
}

static void TestLimits(void)
{
    IS(MmUserProbeAddress, (ULONG_PTR)MmHighestUserAddress + 1);
    OK((ULONG_PTR)MmSystemRangeStart > (ULONG_PTR)MmHighestUserAddress);
    OK((ULONG_PTR)TestLimits > (ULONG_PTR)MmSystemRangeStart);
    OK(!MmIsAddressValid(MmBadPointer));
}

TEST_DRIVER(TestRoutines, TestVariables, TestNothing, TestCounted, TestLimits)
