// SPDX-License-Identifier: MIT
// MmMapIoSpace and its kin, over RAM that the driver has, and over nothing.
#include "mdl.h"

static PUCHAR Memory; // three pages, contiguous

static PHYSICAL_ADDRESS At(ULONG64 Address)
{
    PHYSICAL_ADDRESS Physical = {.QuadPart = (LONGLONG)Address};
    return Physical;
}

static NTSTATUS StatusOfLock(PVOID Address, LOCK_OPERATION Operation)
{
    PMDL Probe = IoAllocateMdl(Address, 1, FALSE, FALSE, NULL);
    NTSTATUS Status = TestLock(Probe, KernelMode, Operation);
    if (NT_SUCCESS(Status)) {
        MmUnlockPages(Probe);
    }
    IoFreeMdl(Probe);
    return Status;
}

static void TestMap(void)
{
    Memory = MmAllocateContiguousMemory(3 * PAGE_SIZE, At(~0ULL));
    OK(Memory != NULL);
    const ULONG64 Physical = TestPhysical(Memory);
    IS(MmIsIoSpaceActive(At(Physical), 3 * PAGE_SIZE), FALSE);
    PUCHAR Mapped = MmMapIoSpace(At(Physical + 0x123), 2 * PAGE_SIZE, MmNonCached);
    OK(Mapped != NULL && Mapped != Memory);
    IS(BYTE_OFFSET(Mapped), 0x123);
    IS(TestPhysical(Mapped), Physical + 0x123);
    Mapped[2] = 0x44;
    IS(Memory[0x125], 0x44);
    Memory[2 * PAGE_SIZE + 0x122] = 0x45;
    IS(Mapped[2 * PAGE_SIZE - 1], 0x45);
    OK(!MmIsAddressValid(Mapped - 0x124));
    OK(!MmIsAddressValid(Mapped - 0x123 + 3 * PAGE_SIZE));
    IS(MmIsIoSpaceActive(At(Physical), 1), TRUE);
    IS(MmIsIoSpaceActive(At(Physical + 2 * PAGE_SIZE), 1), TRUE);
    IS(MmIsIoSpaceActive(At(Physical + 3 * PAGE_SIZE), PAGE_SIZE), FALSE);
    IS(MmIsIoSpaceActive(At(Physical - PAGE_SIZE), PAGE_SIZE), FALSE);
    IS(MmIsIoSpaceActive(At(Physical - PAGE_SIZE), PAGE_SIZE + 1), TRUE);
    MmUnmapIoSpace(Mapped, 2 * PAGE_SIZE);
    OK(!MmIsAddressValid(Mapped));
    IS(MmIsIoSpaceActive(At(Physical), 3 * PAGE_SIZE), FALSE);
    IS(Memory[0x125], 0x44);
}

static void TestProtections(void)
{
    static const struct {
        ULONG Protect;
        BOOLEAN Possible;
        NTSTATUS Write;
    } Cases[] = {
        {PAGE_READONLY, TRUE, STATUS_ACCESS_VIOLATION},
        {PAGE_READWRITE, TRUE, STATUS_SUCCESS},
        {PAGE_EXECUTE_READ, TRUE, STATUS_ACCESS_VIOLATION},
        {PAGE_EXECUTE_READWRITE, TRUE, STATUS_SUCCESS},
        {PAGE_EXECUTE, TRUE, STATUS_ACCESS_VIOLATION},
        {PAGE_READWRITE | PAGE_NOCACHE, TRUE, STATUS_SUCCESS},
        {PAGE_READONLY | PAGE_WRITECOMBINE, TRUE, STATUS_ACCESS_VIOLATION},
        {PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE, FALSE, 0},
        {PAGE_NOACCESS, FALSE, 0},
        {PAGE_WRITECOPY, FALSE, 0},
        {PAGE_READWRITE | PAGE_GUARD, FALSE, 0},
        {PAGE_NOCACHE, FALSE, 0},
        {0, FALSE, 0},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PVOID Mapped = MmMapIoSpaceEx(MmGetPhysicalAddress(Memory), PAGE_SIZE, Cases[Index].Protect);
        OK((Mapped != NULL) == Cases[Index].Possible);
        if (Mapped != NULL) {
            IS(StatusOfLock(Mapped, IoWriteAccess), Cases[Index].Write);
            MmUnmapIoSpace(Mapped, PAGE_SIZE);
        }
    }
}

static void TestNothing(void)
{
    IS(MmMapIoSpace(MmGetPhysicalAddress(Memory), 0, MmNonCached), NULL);
    IS(MmMapIoSpace(MmGetPhysicalAddress(Memory), PAGE_SIZE, MmMaximumCacheType), NULL);
    IS(MmMapIoSpace(At(0xFFFFFFFFF000), PAGE_SIZE, MmNonCached), NULL); // no device is there
    IS(MmMapIoSpace(At(~0ULL), PAGE_SIZE, MmNonCached), NULL);
    IS(MmMapIoSpace(At(1ULL << 60), PAGE_SIZE, MmNonCached), NULL);
    IS(MmMapIoSpaceEx(At(0xFFFFFFFFF000), PAGE_SIZE, PAGE_READWRITE), NULL);
}

static void TestVideoDisplay(void)
{
    PUCHAR Mapped = MmMapVideoDisplay(MmGetPhysicalAddress(Memory), PAGE_SIZE, MmWriteCombined);
    OK(Mapped != NULL);
    IS(TestPhysical(Mapped), TestPhysical(Memory));
    MmUnmapVideoDisplay(Mapped, PAGE_SIZE);
    OK(!MmIsAddressValid(Mapped));
}

static void TestAtDispatchLevel(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    PUCHAR Mapped = MmMapIoSpace(MmGetPhysicalAddress(Memory), PAGE_SIZE, MmCached);
    UCHAR Read = Mapped != NULL ? Mapped[0x125] : 0;
    if (Mapped != NULL) {
        MmUnmapIoSpace(Mapped, PAGE_SIZE);
    }
    KeLowerIrql(OldIrql);
    IS(Read, 0x44);
    MmFreeContiguousMemory(Memory);
}

TEST_DRIVER(TestMap, TestProtections, TestNothing, TestVideoDisplay, TestAtDispatchLevel)
