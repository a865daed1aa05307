// SPDX-License-Identifier: MIT
// MmProbeAndLockPages and its kin: what they refuse, what they set, how often they lock.
#include "mdl.h"
#include "thread.h"

static const ULONG Constant[2 * PAGE_SIZE / sizeof(ULONG)] = {1};
static UCHAR Data[3 * PAGE_SIZE];

static void TestFlags(void)
{
    static const struct {
        LOCK_OPERATION Operation;
        CSHORT Flags;
    } Cases[] = {
        {IoReadAccess, MDL_PAGES_LOCKED},
        {IoWriteAccess, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION},
        {IoModifyAccess, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION},
        {IoReadAccess, MDL_PAGES_LOCKED},
    };
    PMDL Mdl = IoAllocateMdl(Data + 7, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    OK(Mdl != NULL);
    const CSHORT Kept = Mdl->MdlFlags;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        IS(TestLock(Mdl, KernelMode, Cases[Index].Operation), STATUS_SUCCESS);
        IS(Mdl->MdlFlags, Cases[Index].Flags | Kept);
        IS(Mdl->Process, NULL);
        OK(TestPagesAre(Mdl, Data + 7));
        MmUnlockPages(Mdl);
        OK(!(Mdl->MdlFlags & MDL_PAGES_LOCKED));
    }
    IoFreeMdl(Mdl);
}

static NTSTATUS StatusOfLock(PVOID Address, ULONG Bytes, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    PMDL Mdl = IoAllocateMdl(Address, Bytes, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = TestLock(Mdl, Mode, Operation);
    if (NT_SUCCESS(Status)) {
        MmUnlockPages(Mdl);
    } else {
        OK(!(Mdl->MdlFlags & MDL_PAGES_LOCKED));
    }
    IoFreeMdl(Mdl);
    return Status;
}

static void TestRefusals(void)
{
    PVOID ReadOnly = (PVOID)(ULONG_PTR)Constant;
    IS(StatusOfLock(ReadOnly, 16, KernelMode, IoReadAccess), STATUS_SUCCESS);
    IS(StatusOfLock(ReadOnly, 16, KernelMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    IS(StatusOfLock(ReadOnly, 16, KernelMode, IoModifyAccess), STATUS_ACCESS_VIOLATION);
    // A system address is not for user mode, even where it is mapped.
    IS(StatusOfLock(Data, 16, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    // Nothing is there.
    IS(StatusOfLock(NULL, 16, KernelMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IS(StatusOfLock(NULL, 16, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IS(StatusOfLock((PVOID)0x20000000, 16, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    IS(StatusOfLock((PVOID)0x7FFFFFFF0000, 16, KernelMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IS(StatusOfLock((PVOID)0xFFFFF80000000000, 16, KernelMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IS(StatusOfLock((PVOID)(ULONG_PTR)(MmUserProbeAddress - 8), 16, UserMode, IoReadAccess),
       STATUS_ACCESS_VIOLATION);
    // Its first page is there, its second is not: that of a kernel stack's top is followed by none.
    ULONG_PTR Low, High;
    IoGetStackLimits(&Low, &High);
    PUCHAR Stack = (PUCHAR)High;
    IS(StatusOfLock(Stack - 8, 8, KernelMode, IoReadAccess), STATUS_SUCCESS);
    IS(StatusOfLock(Stack - 8, 16, KernelMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
}

static void TestAtDispatchLevel(void)
{
    KIRQL OldIrql;
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, TAG);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    NTSTATUS There = StatusOfLock(Block, 2 * PAGE_SIZE, KernelMode, IoWriteAccess);
    KeLowerIrql(OldIrql);
    IS(There, STATUS_SUCCESS);
    ExFreePoolWithTag(Block, TAG);
}

// Two MDLs of one page: it is locked until both have let it go.
static void TestTwice(void)
{
    PMDL First = IoAllocateMdl(Data, 16, FALSE, FALSE, NULL);
    PMDL Second = IoAllocateMdl(Data + 8, 16, FALSE, FALSE, NULL);
    IS(TestLock(First, KernelMode, IoWriteAccess), STATUS_SUCCESS);
    IS(TestLock(Second, KernelMode, IoReadAccess), STATUS_SUCCESS);
    IS(MmGetMdlPfnArray(First)[0], MmGetMdlPfnArray(Second)[0]);
    MmUnlockPages(First);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Second, NormalPagePriority);
    OK(Mapped != NULL);
    Data[8] = 0x5A;
    IS(Mapped[0], 0x5A);
    MmUnlockPages(Second);
    IoFreeMdl(First);
    IoFreeMdl(Second);
}

static void TestSelectedPages(void)
{
    FILE_SEGMENT_ELEMENT Segments[2] = {{.Buffer = (PVOID)PAGE_ALIGN(Data + 2 * PAGE_SIZE)},
                                        {.Buffer = (PVOID)PAGE_ALIGN(Data + PAGE_SIZE)}};
    PMDL Mdl = IoAllocateMdl(NULL, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        MmProbeAndLockSelectedPages(Mdl, Segments, KernelMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_SUCCESS);
    IS(MmGetMdlPfnArray(Mdl)[0], TestPhysical(Segments[0].Buffer) / PAGE_SIZE);
    IS(MmGetMdlPfnArray(Mdl)[1], TestPhysical(Segments[1].Buffer) / PAGE_SIZE);
    OK(Mdl->MdlFlags & MDL_WRITE_OPERATION);
    MmUnlockPages(Mdl);
    Segments[1].Buffer = (PVOID)0x20000000;
    __try {
        MmProbeAndLockSelectedPages(Mdl, Segments, KernelMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_ACCESS_VIOLATION);
    IoFreeMdl(Mdl);
}

static void TestProcessPages(void)
{
    PMDL Mdl = IoAllocateMdl(Data, 16, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        MmProbeAndLockProcessPages(Mdl, PsInitialSystemProcess, KernelMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_SUCCESS);
    OK(TestPagesAre(Mdl, Data));
    MmUnlockPages(Mdl);
    __try {
        MmProbeAndLockProcessPages(Mdl, PsInitialSystemProcess, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_ACCESS_VIOLATION);
    IoFreeMdl(Mdl);
}

static PMDL StackMdl;
static PVOID StackAddress;

static VOID NTAPI LockOwnStack(PVOID Context)
{
    volatile ULONG Local = 0x51AC;
    UNREFERENCED_PARAMETER(Context);
    StackAddress = (PVOID)(ULONG_PTR)&Local;
    StackMdl = IoAllocateMdl(StackAddress, sizeof(Local), FALSE, FALSE, NULL);
    if (StackMdl != NULL && !NT_SUCCESS(TestLock(StackMdl, KernelMode, IoWriteAccess))) {
        IoFreeMdl(StackMdl);
        StackMdl = NULL;
    }
    PsTerminateSystemThread((NTSTATUS)Local);
}

// The stack of a thread that has ended is nowhere any more; its locked page is still what it was.
static void TestOutlivesAddress(void)
{
    TestJoinThread(TestStartThread(LockOwnStack, NULL));
    OK(StackMdl != NULL);
    for (ULONG Round = 0; Round < 100 && MmIsAddressValid(StackAddress); Round += 1) {
        TestSleep(1);
    }
    OK(!MmIsAddressValid(StackAddress));
    PULONG Mapped = MmGetSystemAddressForMdlSafe(StackMdl, NormalPagePriority | MdlMappingNoExecute);
    OK(Mapped != NULL);
    IS(*Mapped, 0x51AC);
    // Nobody else is given the page.
    const PHYSICAL_ADDRESS Page = MmGetPhysicalAddress(PAGE_ALIGN(Mapped));
    const PHYSICAL_ADDRESS Last = {.QuadPart = Page.QuadPart + PAGE_SIZE - 1}, None = {.QuadPart = 0};
    IS(MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, Page, Last, None, MmCached), NULL);
    MmUnlockPages(StackMdl);
    IoFreeMdl(StackMdl);
    // Now it is free.
    PVOID Again = MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, Page, Last, None, MmCached);
    OK(Again != NULL);
    if (Again != NULL) {
        IS(TestPhysical(Again), Page.QuadPart);
        IS(*(PULONG)((PUCHAR)Again + BYTE_OFFSET(StackAddress)), 0);
        MmFreeContiguousMemory(Again);
    }
}

TEST_DRIVER(TestFlags, TestRefusals, TestAtDispatchLevel, TestTwice, TestSelectedPages, TestProcessPages,
            TestOutlivesAddress)
