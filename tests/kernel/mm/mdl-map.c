// SPDX-License-Identifier: MIT
// MDLs mapped into system space, protected there, unmapped.
#include "mdl.h"

static PUCHAR Block;
static PMDL Mdl;

static void TestSetup(void)
{
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    Mdl = IoAllocateMdl(Block + 0x40, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    OK(Block != NULL && Mdl != NULL);
    IS(TestLock(Mdl, KernelMode, IoWriteAccess), STATUS_SUCCESS);
}

static NTSTATUS StatusOfWrite(PVOID Address)
{
    PMDL Probe = IoAllocateMdl(Address, 1, FALSE, FALSE, NULL);
    NTSTATUS Status = TestLock(Probe, KernelMode, IoWriteAccess);
    if (NT_SUCCESS(Status)) {
        MmUnlockPages(Probe);
    }
    IoFreeMdl(Probe);
    return Status;
}

static void TestMap(void)
{
    PUCHAR Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE,
                                                 NormalPagePriority | MdlMappingNoExecute);
    OK(Mapped != NULL);
    OK(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    IS(Mdl->MappedSystemVa, Mapped);
    IS(BYTE_OFFSET(Mapped), BYTE_OFFSET(Block + 0x40));
    IS(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Mapped);
    OK(Mapped != Block + 0x40);
    for (ULONG Index = 0; Index < 2 * PAGE_SIZE; Index += 512) {
        IS(TestPhysical(Mapped + Index), TestPhysical(Block + 0x40 + Index));
    }
    Mapped[5] = 0x77;
    IS(Block[0x45], 0x77);
    Block[0x40 + 2 * PAGE_SIZE - 1] = 0x78;
    IS(Mapped[2 * PAGE_SIZE - 1], 0x78);
    // What lies beside a mapping is nothing.
    OK(!MmIsAddressValid((PUCHAR)PAGE_ALIGN(Mapped) - 1));
    OK(!MmIsAddressValid((PUCHAR)PAGE_ALIGN(Mapped) + 3 * PAGE_SIZE));
    MmUnmapLockedPages(Mapped, Mdl);
    OK(!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
    OK(Mdl->MdlFlags & MDL_PAGES_LOCKED);
    OK(!MmIsAddressValid(Mapped));
    IS(Block[0x45], 0x77);
}

static void TestNoWrite(void)
{
    PUCHAR Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmNonCached, NULL, FALSE,
                                                 LowPagePriority | MdlMappingNoWrite | MdlMappingNoExecute);
    OK(Mapped != NULL);
    IS(Mapped[5], 0x77);
    IS(StatusOfWrite(Mapped), STATUS_ACCESS_VIOLATION);
    MmUnmapLockedPages(Mapped, Mdl);
}

static void TestExecute(void)
{
    static const UCHAR Code[] = {0xB8, 0x2A, 0x00, 0x00, 0x00, 0xC3}; // mov eax, 42; ret
    RtlCopyMemory(Block + 0x40, Code, sizeof(Code));
    PUCHAR Mapped = MmMapLockedPages(Mdl, KernelMode);
    OK(Mapped != NULL);
    IS(((int (*)(void))(PVOID)Mapped)(), 42);
    MmUnmapLockedPages(Mapped, Mdl);
}

static void TestProtect(void)
{
    static const struct {
        ULONG Protect;
        BOOLEAN Valid;
        NTSTATUS Write;
    } Cases[] = {
        {PAGE_READONLY, TRUE, STATUS_ACCESS_VIOLATION},
        {PAGE_READWRITE, TRUE, STATUS_SUCCESS},
        {PAGE_EXECUTE_READ, TRUE, STATUS_ACCESS_VIOLATION},
        {PAGE_EXECUTE_READWRITE, TRUE, STATUS_SUCCESS},
        {PAGE_EXECUTE, TRUE, STATUS_ACCESS_VIOLATION},
        {PAGE_NOACCESS, FALSE, STATUS_ACCESS_VIOLATION},
        {PAGE_READWRITE, TRUE, STATUS_SUCCESS},
    };
    static const ULONG Refused[] = {0, PAGE_WRITECOPY, PAGE_EXECUTE_WRITECOPY, PAGE_READWRITE | PAGE_GUARD,
                                    0x400};
    IS(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    OK(Mapped != NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        IS(MmProtectMdlSystemAddress(Mdl, Cases[Index].Protect), STATUS_SUCCESS);
        IS(MmIsAddressValid(Mapped), Cases[Index].Valid);
        IS(StatusOfWrite(Mapped), Cases[Index].Write);
        IS(StatusOfWrite(Mapped + 2 * PAGE_SIZE - 1), Cases[Index].Write);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Refused); Index += 1) {
        IS(MmProtectMdlSystemAddress(Mdl, Refused[Index]), STATUS_INVALID_PAGE_PROTECTION);
    }
    MmUnmapLockedPages(Mapped, Mdl);
}

typedef struct MAPPED {
    PVOID Address;
    UCHAR First;
    NTSTATUS Write;
} MAPPED, *PMAPPED;

static VOID NTAPI Mapped(PVOID Context, PVOID Address)
{
    PMAPPED Seen = Context;
    Seen->Address = Address;
    Seen->First = *(PUCHAR)Address;
    Seen->Write = StatusOfWrite(Address);
}

static void TestMapMdl(void)
{
    MAPPED Seen = {0};
    Block[0x40] = 0x31;
    IS(MmMapMdl(Mdl, PAGE_READONLY, Mapped, &Seen), STATUS_SUCCESS);
    OK(Seen.Address != NULL && Seen.Address != Block + 0x40);
    IS(Seen.First, 0x31);
    IS(Seen.Write, STATUS_ACCESS_VIOLATION);
    OK(!MmIsAddressValid(Seen.Address));
    OK(!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
    Seen.Address = NULL;
    IS(MmMapMdl(Mdl, 0x1000, Mapped, &Seen), STATUS_INVALID_PAGE_PROTECTION);
    IS(Seen.Address, NULL);
    // A mapping that there is is used, and stays.
    PUCHAR Before = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    IS(MmMapMdl(Mdl, PAGE_READWRITE, Mapped, &Seen), STATUS_SUCCESS);
    IS(Seen.Address, Before);
    IS(Mdl->MappedSystemVa, Before);
    OK(MmIsAddressValid(Before));
}

// All address space is taken: a mapping fails, and one that was reserved beforehand does not.
static void TestExhausted(void)
{
    static PVOID Taken[256];
    ULONG Count = 0;
    MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    PVOID Reserved = MmAllocateMappingAddress(3 * PAGE_SIZE, TAG);
    OK(Reserved != NULL);
    for (SIZE_T Bytes = 1ULL << 36; Bytes >= PAGE_SIZE; Bytes /= 2) {
        while (Count < RTL_NUMBER_OF(Taken) &&
               (Taken[Count] = MmAllocateMappingAddress(Bytes, TAG)) != NULL) {
            Count += 1;
        }
    }
    OK(Count > 10 && Count < RTL_NUMBER_OF(Taken));
    IS(MmGetSystemAddressForMdlSafe(Mdl, HighPagePriority | MdlMappingNoExecute), NULL);
    OK(!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
    IS(MmMapMdl(Mdl, PAGE_READWRITE, Mapped, NULL), STATUS_INSUFFICIENT_RESOURCES);
    IS(MmMapIoSpace(MmGetPhysicalAddress(Block), PAGE_SIZE, MmCached), NULL);
    const PHYSICAL_ADDRESS Highest = {.QuadPart = -1};
    IS(MmAllocateContiguousMemory(PAGE_SIZE, Highest), NULL);
    PUCHAR InReserved = MmMapLockedPagesWithReservedMapping(Reserved, TAG, Mdl, MmCached);
    OK(InReserved != NULL);
    IS(InReserved[0], Block[0x40]);
    MmUnmapReservedMapping(Reserved, TAG, Mdl);
    while (Count != 0) {
        Count -= 1;
        MmFreeMappingAddress(Taken[Count], TAG);
    }
    MmFreeMappingAddress(Reserved, TAG);
    OK(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) != NULL);
}

static void TestTearDown(void)
{
    PUCHAR Before = Mdl->MappedSystemVa;
    MmUnlockPages(Mdl); // takes the mapping away
    OK(!MmIsAddressValid(Before));
    OK(!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

TEST_DRIVER(TestSetup, TestMap, TestNoWrite, TestExecute, TestProtect, TestMapMdl, TestExhausted,
            TestTearDown)
