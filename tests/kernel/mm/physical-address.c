// SPDX-License-Identifier: MIT
// MmGetPhysicalAddress and MmGetVirtualForPhysical: each the other's inverse, and at one with MDLs.
#include "mdl.h"

static ULONG Data[1024 + 8];
static const ULONG Constant = 3;

static void Check(PVOID Address)
{
    PHYSICAL_ADDRESS Physical = MmGetPhysicalAddress(Address);
    OK(Physical.QuadPart != 0);
    IS(Physical.QuadPart % PAGE_SIZE, BYTE_OFFSET(Address));
    IS(MmGetVirtualForPhysical(Physical), Address);
    PMDL Mdl = IoAllocateMdl(Address, 1, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    IS(MmGetMdlPfnArray(Mdl)[0], Physical.QuadPart / PAGE_SIZE);
    IoFreeMdl(Mdl);
}

static void TestEachKind(void)
{
    ULONG Local;
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    PVOID Large = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    Check(&Local);
    Check(&Data[1000]);
    Check((PVOID)(ULONG_PTR)&Constant);
    Check((PVOID)(ULONG_PTR)TestEachKind);
    Check(*(PVOID *)(PVOID)&PsInitialSystemProcess);
    Check(Block);
    Check((PUCHAR)Large + 2 * PAGE_SIZE + 17);
    ExFreePoolWithTag(Block, TAG);
    ExFreePoolWithTag(Large, TAG);
}

static void TestNothing(void)
{
    PHYSICAL_ADDRESS Address;
    IS(TestPhysical(NULL), 0);
    IS(TestPhysical((PVOID)0x20000000), 0);
    IS(TestPhysical((PVOID)0x7FFFFFFF0000), 0);
    IS(TestPhysical((PVOID)0xFFFFF80000000000), 0);
    Address.QuadPart = 0x7FFFFFFFFFFFF000;
    IS(MmGetVirtualForPhysical(Address), NULL);
    Address.QuadPart = 0x10000000000; // a device's
    IS(MmGetVirtualForPhysical(Address), NULL);
}

static void TestAtHighLevel(void)
{
    KIRQL OldIrql;
    ULONG64 Before = TestPhysical(Data);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    ULONG64 At = (ULONG64)MmGetPhysicalAddress(Data).QuadPart;
    KeLowerIrql(OldIrql);
    IS(At, Before);
}

TEST_DRIVER(TestEachKind, TestNothing, TestAtHighLevel)
