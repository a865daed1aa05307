// SPDX-License-Identifier: MIT
// Address space reserved, MDLs mapped in it again and again.
#include "mdl.h"

static void TestMapping(void)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    PMDL Large = IoAllocateMdl(Block + 0x20, 2 * PAGE_SIZE, FALSE, FALSE, NULL); // three pages
    PMDL Small = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    OK(Block != NULL && Large != NULL && Small != NULL);
    MmProbeAndLockPages(Large, KernelMode, IoWriteAccess);
    MmProbeAndLockPages(Small, KernelMode, IoWriteAccess);
    PUCHAR Address = MmAllocateMappingAddress(2 * PAGE_SIZE + 1, TAG);
    OK(Address != NULL);
    IS(BYTE_OFFSET(Address), 0);
    OK(!MmIsAddressValid(Address));
    for (ULONG Round = 0; Round < 3; Round += 1) {
        PUCHAR Mapped = MmMapLockedPagesWithReservedMapping(Address, TAG, Large, MmCached);
        IS(Mapped, Address + Large->ByteOffset);
        IS(Large->MappedSystemVa, Address); // documented: without the offset
        OK(Large->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
        Mapped[1] = (UCHAR)(0x60 + Round);
        IS(Block[0x21], 0x60 + Round);
        OK(!MmIsAddressValid(Address + 3 * PAGE_SIZE));
        MmUnmapReservedMapping(Address, TAG, Large);
        OK(!(Large->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
        OK(!MmIsAddressValid(Address));
        // A part of it.
        Mapped = MmMapLockedPagesWithReservedMapping(Address, TAG, Small, MmCached);
        IS(Mapped, Address + Small->ByteOffset);
        IS(Mapped[0x21], 0x60 + Round);
        MmUnmapReservedMapping(Mapped, TAG, Small);
    }
    MmFreeMappingAddress(Address, TAG);
    Address = MmAllocateMappingAddressEx(PAGE_SIZE, TAG, 0);
    OK(Address != NULL);
    IS(MmMapLockedPagesWithReservedMapping(Address, TAG, Large, MmCached), NULL); // too large
    OK(!(Large->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
    MmFreeMappingAddress(Address, TAG);
    MmUnlockPages(Large);
    MmUnlockPages(Small);
    IoFreeMdl(Large);
    IoFreeMdl(Small);
    ExFreePoolWithTag(Block, TAG);
}

static void TestLimits(void)
{
    IS(MmAllocateMappingAddress(1ULL << 45, TAG), NULL);
    IS(MmAllocateMappingAddressEx(PAGE_SIZE, TAG, 0x8000), NULL);
}

TEST_DRIVER(TestMapping, TestLimits)
