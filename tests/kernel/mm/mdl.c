// SPDX-License-Identifier: MIT
// MDLs made, advanced, of nonpaged pool, partial ones, chained ones, ones of I/O space.
#include "mdl.h"

static PUCHAR Block; // four pages and a bit

static void TestSetup(void)
{
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 5 * PAGE_SIZE, TAG);
    OK(Block != NULL);
    for (ULONG Index = 0; Index < 5 * PAGE_SIZE; Index += 1) {
        Block[Index] = (UCHAR)(Index / PAGE_SIZE * 16 + Index % 16);
    }
}

static void TestSize(void)
{
    IS(MmSizeOfMdl(NULL, 0), sizeof(MDL));
    IS(MmSizeOfMdl(NULL, 1), sizeof(MDL) + sizeof(PFN_NUMBER));
    IS(MmSizeOfMdl((PVOID)0xFFF, 2), sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    IS(MmSizeOfMdl((PVOID)0x1000, PAGE_SIZE), sizeof(MDL) + sizeof(PFN_NUMBER));
    IS(MmSizeOfMdl((PVOID)0x1001, PAGE_SIZE), sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
}

static void TestCreate(void)
{
    PMDL Mdl = MmCreateMdl(NULL, Block + 100, 2 * PAGE_SIZE);
    OK(Mdl != NULL);
    IS(Mdl->ByteOffset, BYTE_OFFSET(Block + 100));
    IS(Mdl->ByteCount, 2 * PAGE_SIZE);
    IS(Mdl->StartVa, PAGE_ALIGN(Block + 100));
    IS(Mdl->MdlFlags, 0);
    IS(Mdl->Size, sizeof(MDL) + 3 * sizeof(PFN_NUMBER));
    IS(MmCreateMdl(Mdl, Block, 10), Mdl);
    IS(Mdl->ByteCount, 10);
    ExFreePool(Mdl);
}

static void TestNonPagedPool(void)
{
    PMDL Mdl = IoAllocateMdl(Block + 0x123, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    OK(Mdl != NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    OK(Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
    OK(!(Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_PAGES_LOCKED | MDL_IO_SPACE)));
    IS(Mdl->Process, NULL);
    OK(TestPagesAre(Mdl, Block + 0x123));
    // It is mapped already: by itself.
    IS(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Block + 0x123);
    IS(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
    IoFreeMdl(Mdl);
}

static void TestPartial(void)
{
    PMDL Whole = IoAllocateMdl(Block + 0x10, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    PMDL Part = IoAllocateMdl(Block + 0x10, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    OK(Whole != NULL && Part != NULL);
    MmProbeAndLockPages(Whole, KernelMode, IoModifyAccess);
    PUCHAR Start = MmGetMdlVirtualAddress(Whole);
    IoBuildPartialMdl(Whole, Part, Start + PAGE_SIZE, PAGE_SIZE);
    OK(Part->MdlFlags & MDL_PARTIAL);
    OK(!(Part->MdlFlags & MDL_PAGES_LOCKED));
    IS(MmGetMdlVirtualAddress(Part), Start + PAGE_SIZE);
    IS(MmGetMdlByteCount(Part), PAGE_SIZE);
    OK(TestPagesAre(Part, Block + 0x10 + PAGE_SIZE));
    // Its own mapping, as the whole has none.
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Part, NormalPagePriority | MdlMappingNoExecute);
    OK(Mapped != NULL && Mapped != Start + PAGE_SIZE);
    OK(Part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED);
    IS(Mapped[0], Start[PAGE_SIZE]);
    Mapped[1] = 0xAB;
    IS(Start[PAGE_SIZE + 1], 0xAB);
    MmPrepareMdlForReuse(Part);
    OK(!MmIsAddressValid(Mapped));
    OK(!(Part->MdlFlags & (MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_MAPPED_TO_SYSTEM_VA)));
    // A part of a mapping that there is.
    PUCHAR All = MmGetSystemAddressForMdlSafe(Whole, NormalPagePriority);
    OK(All != NULL);
    IoBuildPartialMdl(Whole, Part, Start + 100, 200);
    IS(MmGetSystemAddressForMdlSafe(Part, NormalPagePriority), All + 100);
    OK(Part->MdlFlags & MDL_PARENT_MAPPED_SYSTEM_VA);
    MmPrepareMdlForReuse(Part);
    OK(MmIsAddressValid(All));
    // All that is left of it.
    IoBuildPartialMdl(Whole, Part, Start + 3 * PAGE_SIZE, 0);
    IS(MmGetMdlByteCount(Part), PAGE_SIZE);
    IoFreeMdl(Part);
    OK(MmIsAddressValid(All));
    MmUnlockPages(Whole);
    OK(!MmIsAddressValid(All));
    IoFreeMdl(Whole);
}

static void TestChain(void)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    OK(Irp != NULL);
    PMDL First = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, Irp);
    PMDL Second = IoAllocateMdl(Block + PAGE_SIZE, PAGE_SIZE, TRUE, FALSE, Irp);
    PMDL Third = IoAllocateMdl(Block + 2 * PAGE_SIZE, PAGE_SIZE, TRUE, FALSE, Irp);
    OK(First != NULL && Second != NULL && Third != NULL);
    IS(Irp->MdlAddress, First);
    IS(First->Next, Second);
    IS(Second->Next, Third);
    IS(Third->Next, NULL);
    ULONG Sum = 0;
    for (PMDL Mdl = Irp->MdlAddress; Mdl != NULL; Mdl = Mdl->Next) {
        MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
        PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
        OK(Mapped != NULL);
        Sum += Mapped[0];
    }
    IS(Sum, Block[0] + Block[PAGE_SIZE] + Block[2 * PAGE_SIZE]);
    for (PMDL Mdl = Irp->MdlAddress, Next; Mdl != NULL; Mdl = Next) {
        Next = Mdl->Next;
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
    Irp->MdlAddress = NULL;
    IoFreeIrp(Irp);
}

// Since Windows 7: 4 GB less a page. Nobody reads a Size that its 16 bits cannot say.
static void TestLongest(void)
{
    const ULONG Longest = 0xFFFFFFFF - PAGE_SIZE + 1;
    OK(IoAllocateMdl(Block, Longest + 1, FALSE, FALSE, NULL) == NULL);
    OK(IoAllocateMdl(Block, 0xFFFFFFFF, FALSE, FALSE, NULL) == NULL);
    PMDL Long = IoAllocateMdl(Block + 1, Longest, FALSE, FALSE, NULL);
    OK(Long != NULL);
    if (Long == NULL) {
        return;
    }
    IS(MmGetMdlByteCount(Long), Longest);
    IS(MmGetMdlVirtualAddress(Long), Block + 1);
    // It takes whatever part there is.
    PMDL Whole = IoAllocateMdl(Block, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Whole);
    IoBuildPartialMdl(Whole, Long, Block + PAGE_SIZE, 2 * PAGE_SIZE);
    IS(MmGetMdlByteCount(Long), 2 * PAGE_SIZE);
    OK(TestPagesAre(Long, Block + PAGE_SIZE));
    IoFreeMdl(Whole);
    IoFreeMdl(Long);
    // 17 MB of memory, locked and mapped in one piece.
    const ULONG Bytes = 17 << 20;
    PUCHAR Large = ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, 'tseT');
    PMDL Mdl = IoAllocateMdl(Large, Bytes, FALSE, FALSE, NULL);
    OK(Large != NULL && Mdl != NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
    OK(Mapped != NULL);
    Mapped[Bytes - 1] = 0x5a;
    IS(Large[Bytes - 1], 0x5a);
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Large, 'tseT');
}

static void TestAdvance(void)
{
    PMDL Mdl = IoAllocateMdl(Block + 0x10, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    OK(Mapped != NULL);
    IS(MmAdvanceMdl(Mdl, 3 * PAGE_SIZE + 1), STATUS_INVALID_PARAMETER_2);
    IS(MmGetMdlByteCount(Mdl), 3 * PAGE_SIZE);
    // Within the first page.
    IS(MmAdvanceMdl(Mdl, 0x20), STATUS_SUCCESS);
    IS(MmGetMdlVirtualAddress(Mdl), Block + 0x30);
    IS(MmGetMdlByteCount(Mdl), 3 * PAGE_SIZE - 0x20);
    IS(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Mapped + 0x20);
    // Past it: it is unlocked and not mapped any more.
    IS(MmAdvanceMdl(Mdl, PAGE_SIZE), STATUS_SUCCESS);
    IS(MmGetMdlVirtualAddress(Mdl), Block + 0x30 + PAGE_SIZE);
    IS(MmGetMdlByteOffset(Mdl), BYTE_OFFSET(Block + 0x30));
    OK(TestPagesAre(Mdl, Block + 0x30 + PAGE_SIZE));
    OK(!MmIsAddressValid(Mapped));
    OK(MmIsAddressValid(Mapped + PAGE_SIZE));
    IS(Mapped[PAGE_SIZE + 0x20], Block[0x30 + PAGE_SIZE]);
    IS(MmAdvanceMdl(Mdl, MmGetMdlByteCount(Mdl) + 1), STATUS_INVALID_PARAMETER_2);
    MmUnlockPages(Mdl);
    OK(!MmIsAddressValid(Mapped + PAGE_SIZE));
    IoFreeMdl(Mdl);
}

static void TestIoSpace(void)
{
    static const struct {
        ULONG64 Start, Bytes;
        NTSTATUS Status;
    } Cases[] = {
        {0x10000000000, PAGE_SIZE, STATUS_SUCCESS},
        {0x10000000000, 3 * PAGE_SIZE, STATUS_SUCCESS},
        {0x10000000010, PAGE_SIZE, STATUS_INVALID_PARAMETER_1},     // its start
        {0x10000000000, PAGE_SIZE + 1, STATUS_INVALID_PARAMETER_1}, // its size
        {0x100000, PAGE_SIZE, STATUS_INVALID_PARAMETER_1},          // RAM
        {0x10000000000, 0x100000000, STATUS_INVALID_PARAMETER_1},   // 4 GB
        {0xFFFFFFFFFFFFF000, 2 * PAGE_SIZE, STATUS_INVALID_PARAMETER_1},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        MM_PHYSICAL_ADDRESS_LIST List = {.PhysicalAddress.QuadPart = (LONGLONG)Cases[Index].Start,
                                         .NumberOfBytes = Cases[Index].Bytes};
        PMDL Mdl = NULL;
        IS(MmAllocateMdlForIoSpace(&List, 1, &Mdl), Cases[Index].Status);
        if (Mdl != NULL) {
            IS(MmGetMdlByteCount(Mdl), Cases[Index].Bytes);
            IS(MmGetMdlPfnArray(Mdl)[0], Cases[Index].Start / PAGE_SIZE);
            OK(Mdl->MdlFlags & MDL_IO_SPACE);
            IoFreeMdl(Mdl);
        }
    }
    MM_PHYSICAL_ADDRESS_LIST Two[] = {
        {.PhysicalAddress.QuadPart = 0x10000005000, .NumberOfBytes = PAGE_SIZE},
        {.PhysicalAddress.QuadPart = 0x10000001000, .NumberOfBytes = 2 * PAGE_SIZE},
    };
    PMDL Mdl = NULL;
    IS(MmAllocateMdlForIoSpace(Two, 2, &Mdl), STATUS_SUCCESS);
    IS(MmGetMdlPfnArray(Mdl)[0], 0x10000005);
    IS(MmGetMdlPfnArray(Mdl)[1], 0x10000001);
    IS(MmGetMdlPfnArray(Mdl)[2], 0x10000002);
    IoFreeMdl(Mdl);
}

static void TestTearDown(void)
{
    ExFreePoolWithTag(Block, TAG);
}

TEST_DRIVER(TestSetup, TestSize, TestCreate, TestNonPagedPool, TestPartial, TestChain, TestLongest,
            TestAdvance, TestIoSpace, TestTearDown)
