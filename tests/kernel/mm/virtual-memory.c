// SPDX-License-Identifier: MIT
// Virtual memory of a process: allocated, freed, protected, queried, secured, copied, mapped.
#include "test.h"

#define PROCESS NtCurrentProcess()

static NTSTATUS Allocate(PVOID *Base, SIZE_T *Size, ULONG Type, ULONG Protect)
{
    return ZwAllocateVirtualMemory(PROCESS, Base, 0, Size, Type, Protect);
}

static NTSTATUS Free(PVOID Base, SIZE_T Size, ULONG Type)
{
    return ZwFreeVirtualMemory(PROCESS, &Base, &Size, Type);
}

static NTSTATUS Write(volatile UCHAR *At, UCHAR Value)
{
    __try {
        *At = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS Read(volatile UCHAR *At)
{
    __try {
        (void)*At;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void TestAllocate(void)
{
    PVOID Base = NULL;
    SIZE_T Size = 5000;
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    IS(Size, 2 * PAGE_SIZE);
    IS((ULONG_PTR)Base & 0xffff, 0);
    OK((ULONG_PTR)Base < MmUserProbeAddress);
    OK(MmIsAddressValid(Base));
    IS(((PUCHAR)Base)[4999], 0);
    IS(Write((PUCHAR)Base + 8191, 7), STATUS_SUCCESS);
    IS(Read((PUCHAR)Base + 8192), STATUS_ACCESS_VIOLATION);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
    IS(Read(Base), STATUS_ACCESS_VIOLATION);
    OK(!MmIsAddressValid(Base));
    IS(Free(Base, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);

    // A commit alone reserves as well; from the top.
    PVOID High = NULL;
    Base = NULL;
    Size = 1;
    IS(Allocate(&Base, &Size, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    IS(Size, PAGE_SIZE);
    IS(Allocate(&High, &Size, MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN, PAGE_READWRITE), STATUS_SUCCESS);
    OK((ULONG_PTR)High > (ULONG_PTR)Base);
    IS(Free(High, 0, MEM_RELEASE), STATUS_SUCCESS);
    // At an address: rounded down, and not twice.
    PVOID At = (PUCHAR)Base + 0x100000 + 0x1234;
    Size = 0x1000;
    IS(Allocate(&At, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    OK(At == (PUCHAR)Base + 0x100000);
    IS(Size, 0x3000);
    PVOID Again = At;
    IS(Allocate(&Again, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    IS(Free(At, 0, MEM_RELEASE), STATUS_SUCCESS);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

static void TestAllocateErrors(void)
{
    PVOID Base = NULL;
    SIZE_T Size = PAGE_SIZE, None = 0;
    IS(ZwAllocateVirtualMemory(PROCESS, &Base, 21, &Size, MEM_RESERVE, PAGE_READWRITE),
       STATUS_INVALID_PARAMETER_3);
    IS(ZwAllocateVirtualMemory(PROCESS, &Base, 31, &Size, MEM_RESERVE, PAGE_READWRITE),
       STATUS_INVALID_PARAMETER_3);
    IS(Allocate(&Base, &Size, MEM_PHYSICAL, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE), STATUS_NOT_SUPPORTED);
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE),
       STATUS_NOT_SUPPORTED);
    IS(Allocate(&Base, &Size, MEM_TOP_DOWN, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    IS(Allocate(&Base, &Size, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    IS(Allocate(&Base, &Size, MEM_RESERVE | 1, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    IS(Allocate(&Base, &Size, MEM_RESET | MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    IS(Allocate(&Base, &Size, MEM_RESERVE, 0), STATUS_INVALID_PAGE_PROTECTION);
    IS(Allocate(&Base, &Size, MEM_RESERVE, PAGE_WRITECOPY), STATUS_INVALID_PAGE_PROTECTION);
    IS(Allocate(&Base, &Size, MEM_RESERVE, PAGE_NOACCESS | PAGE_GUARD), STATUS_INVALID_PAGE_PROTECTION);
    IS(Allocate(&Base, &None, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    PVOID Beyond = (PVOID)((ULONG_PTR)MmHighestUserAddress + 1);
    IS(Allocate(&Beyond, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2);
    SIZE_T Huge = (ULONG_PTR)MmHighestUserAddress + 2;
    IS(Allocate(&Base, &Huge, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    SIZE_T TooMuch = 0x2000000000;
    IS(Allocate(&Base, &TooMuch, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY);
    SIZE_T MoreThanRam = 0x80000000;
    IS(Allocate(&Base, &MoreThanRam, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_COMMITMENT_LIMIT);
    PVOID Nowhere = (PVOID)(ULONG_PTR)0x40000000;
    IS(Allocate(&Nowhere, &Size, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    IS(ZwAllocateVirtualMemory((HANDLE)(ULONG_PTR)0x7777, &Base, 0, &Size, MEM_RESERVE, PAGE_READWRITE),
       STATUS_INVALID_HANDLE);
}

// ZeroBits: of 32 bits, or a mask.
static void TestZeroBits(void)
{
    static const struct {
        ULONG_PTR ZeroBits, Limit;
    } Cases[] = {{1, 0x80000000}, {4, 0x10000000}, {0x1FFFFFFF, 0x20000000}, {0x7FFFFFFFF, 0x800000000}};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PVOID Base = NULL;
        SIZE_T Size = 0x20000;
        IS(ZwAllocateVirtualMemory(PROCESS, &Base, Cases[Index].ZeroBits, &Size,
                                   MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN, PAGE_READWRITE),
           STATUS_SUCCESS);
        // From the top: right below the limit.
        OK((ULONG_PTR)Base + Size <= Cases[Index].Limit && (ULONG_PTR)Base > Cases[Index].Limit - 0x1000000);
        // They are for addresses that the system chooses.
        PVOID Same = Base;
        IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
        IS(ZwAllocateVirtualMemory(PROCESS, &Same, 12, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
        OK(Same == Base);
        IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
    }
    PVOID None = NULL;
    SIZE_T Size = 0x20000;
    IS(ZwAllocateVirtualMemory(PROCESS, &None, 16, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY);
}

// Each protection is what a query tells, and lets through what it says.
static void TestProtections(void)
{
    static const struct {
        ULONG Protect;
        NTSTATUS Status, Read, Write;
    } Cases[] = {
        {PAGE_NOACCESS, STATUS_SUCCESS, STATUS_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION},
        {PAGE_READONLY, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_ACCESS_VIOLATION},
        {PAGE_READWRITE, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_SUCCESS},
        {PAGE_EXECUTE, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_ACCESS_VIOLATION},
        {PAGE_EXECUTE_READ, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_ACCESS_VIOLATION},
        {PAGE_EXECUTE_READWRITE, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_SUCCESS},
        {PAGE_READWRITE | PAGE_NOCACHE, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_SUCCESS},
        {PAGE_READONLY | PAGE_WRITECOMBINE, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_ACCESS_VIOLATION},
        {PAGE_READWRITE | PAGE_GUARD, STATUS_SUCCESS, STATUS_GUARD_PAGE_VIOLATION, STATUS_SUCCESS},
        {PAGE_NOACCESS | PAGE_WRITECOMBINE, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
        {PAGE_READWRITE | PAGE_WRITECOMBINE | PAGE_NOCACHE, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
        {PAGE_READWRITE | PAGE_GUARD | PAGE_NOCACHE, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
        {PAGE_READWRITE | PAGE_READONLY, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PVOID Base = NULL;
        SIZE_T Size = PAGE_SIZE;
        MEMORY_BASIC_INFORMATION Basic;
        IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT, Cases[Index].Protect), Cases[Index].Status);
        if (!NT_SUCCESS(Cases[Index].Status)) {
            continue;
        }
        IS(ZwQueryVirtualMemory(PROCESS, Base, MemoryBasicInformation, &Basic, sizeof(Basic), NULL),
           STATUS_SUCCESS);
        IS(Basic.Protect, Cases[Index].Protect);
        IS(Basic.AllocationProtect, Cases[Index].Protect);
        IS(Read(Base), Cases[Index].Read);
        IS(Write(Base, 1), Cases[Index].Write);
        IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
    }
}

// What is no handle of a process.
static void TestHandles(void)
{
    HANDLE Event;
    OBJECT_ATTRIBUTES Attributes;
    MEMORY_BASIC_INFORMATION Basic;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    const struct {
        HANDLE Handle;
        NTSTATUS Status;
    } Cases[] = {{(HANDLE)(ULONG_PTR)0x7777, STATUS_INVALID_HANDLE},
                 {NULL, STATUS_INVALID_HANDLE},
                 {Event, STATUS_OBJECT_TYPE_MISMATCH}};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PVOID Base = NULL, At = (PVOID)(ULONG_PTR)0x20000;
        SIZE_T Size = PAGE_SIZE;
        IS(ZwAllocateVirtualMemory(Cases[Index].Handle, &Base, 0, &Size, MEM_RESERVE, PAGE_READWRITE),
           Cases[Index].Status);
        IS(ZwFreeVirtualMemory(Cases[Index].Handle, &At, &Size, MEM_DECOMMIT), Cases[Index].Status);
        IS(ZwQueryVirtualMemory(Cases[Index].Handle, At, MemoryBasicInformation, &Basic, sizeof(Basic), NULL),
           Cases[Index].Status);
        IS(ZwUnmapViewOfSection(Cases[Index].Handle, At), Cases[Index].Status);
    }
    ZwClose(Event);
}

static void TestReserveCommit(void)
{
    PVOID Base = NULL, Part;
    SIZE_T Size = 16 * PAGE_SIZE;
    IS(Allocate(&Base, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    IS(Read(Base), STATUS_ACCESS_VIOLATION);
    Part = (PUCHAR)Base + 2 * PAGE_SIZE + 5;
    Size = PAGE_SIZE;
    IS(Allocate(&Part, &Size, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    OK(Part == (PUCHAR)Base + 2 * PAGE_SIZE);
    IS(Size, 2 * PAGE_SIZE);
    IS(Write(Part, 3), STATUS_SUCCESS);
    IS(Read((PUCHAR)Base + 4 * PAGE_SIZE), STATUS_ACCESS_VIOLATION);
    // Committed once more with another protection: the contents stay.
    Size = PAGE_SIZE;
    IS(Allocate(&Part, &Size, MEM_COMMIT, PAGE_READONLY), STATUS_SUCCESS);
    IS(*(PUCHAR)Part, 3);
    IS(Write(Part, 4), STATUS_ACCESS_VIOLATION);
    IS(Allocate(&Part, &Size, MEM_RESET, PAGE_READWRITE), STATUS_SUCCESS);
    // Decommitted, the pages are zero when they come back.
    IS(Free(Part, PAGE_SIZE, MEM_DECOMMIT), STATUS_SUCCESS);
    IS(Read(Part), STATUS_ACCESS_VIOLATION);
    IS(Allocate(&Part, &Size, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    IS(*(PUCHAR)Part, 0);
    // Beyond the reserved range.
    Part = (PUCHAR)Base + 15 * PAGE_SIZE;
    Size = 2 * PAGE_SIZE;
    IS(Allocate(&Part, &Size, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    IS(Free(Base, 0, MEM_DECOMMIT), STATUS_SUCCESS);
    IS(Free((PUCHAR)Base + PAGE_SIZE, 0, MEM_DECOMMIT), STATUS_FREE_VM_NOT_AT_BASE);
    IS(Free((PUCHAR)Base + PAGE_SIZE, 0, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE);
    IS(Free(Base, 17 * PAGE_SIZE, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM);
    IS(Free(Base, 0, MEM_RELEASE | MEM_DECOMMIT), STATUS_INVALID_PARAMETER_4);
    IS(Free(Base, 0, 0), STATUS_INVALID_PARAMETER_4);
    IS(Free((PVOID)((ULONG_PTR)MmHighestUserAddress + 1), 1, MEM_RELEASE), STATUS_INVALID_PARAMETER_2);
    IS(Free(Base, (SIZE_T)-1, MEM_RELEASE), STATUS_INVALID_PARAMETER_3);
    // The end goes, then the rest.
    IS(Free((PUCHAR)Base + 8 * PAGE_SIZE, 8 * PAGE_SIZE, MEM_RELEASE), STATUS_SUCCESS);
    Part = (PUCHAR)Base + 9 * PAGE_SIZE;
    Size = PAGE_SIZE;
    IS(Allocate(&Part, &Size, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

static void TestReleaseMiddle(void)
{
    PVOID Base = NULL;
    SIZE_T Size = 0x30000;
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    IS(Write((PUCHAR)Base + 0x20000, 9), STATUS_SUCCESS);
    IS(Free((PUCHAR)Base + 0x10000, 0x10000, MEM_RELEASE), STATUS_SUCCESS);
    IS(Read((PUCHAR)Base + 0x10000), STATUS_ACCESS_VIOLATION);
    IS(((PUCHAR)Base)[0x20000], 9);
    IS(Free((PUCHAR)Base + 0x20000, 0, MEM_RELEASE), STATUS_SUCCESS); // a range of its own
    IS(Free(Base, 0x1000, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM);    // none could begin there
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

static void TestProtect(void)
{
    PVOID Base = NULL, Part;
    SIZE_T Size = 4 * PAGE_SIZE, PartSize = PAGE_SIZE;
    ULONG Old = 0;
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    Part = (PUCHAR)Base + PAGE_SIZE + 1;
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &PartSize, PAGE_READONLY, &Old), STATUS_SUCCESS);
    OK(Part == (PUCHAR)Base + PAGE_SIZE);
    IS(PartSize, 2 * PAGE_SIZE);
    IS(Old, PAGE_READWRITE);
    IS(Write(Part, 1), STATUS_ACCESS_VIOLATION);
    IS(Write(Base, 1), STATUS_SUCCESS);
    // A guard page raises once.
    PartSize = PAGE_SIZE;
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &PartSize, PAGE_READWRITE | PAGE_GUARD, &Old), STATUS_SUCCESS);
    IS(Old, PAGE_READONLY);
    IS(Read(Part), STATUS_GUARD_PAGE_VIOLATION);
    IS(Write(Part, 2), STATUS_SUCCESS);
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &PartSize, PAGE_NOACCESS, &Old), STATUS_SUCCESS);
    IS(Old, PAGE_READWRITE);
    IS(Read(Part), STATUS_ACCESS_VIOLATION);
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &PartSize, 0, &Old), STATUS_INVALID_PAGE_PROTECTION);
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &PartSize, PAGE_WRITECOPY, &Old),
       STATUS_INVALID_PAGE_PROTECTION);
    PartSize = 0;
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &PartSize, PAGE_READONLY, &Old), STATUS_INVALID_PARAMETER_3);
    PartSize = 4 * PAGE_SIZE;
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &PartSize, PAGE_READONLY, &Old), STATUS_CONFLICTING_ADDRESSES);
    IS(Free((PUCHAR)Base + 3 * PAGE_SIZE, PAGE_SIZE, MEM_DECOMMIT), STATUS_SUCCESS);
    Part = Base;
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &PartSize, PAGE_READONLY, &Old), STATUS_NOT_COMMITTED);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

static void TestQuery(void)
{
    PVOID Base = NULL, Part;
    SIZE_T Size = 0x20000, PartSize = 2 * PAGE_SIZE, Length;
    MEMORY_BASIC_INFORMATION Basic;
    IS(Allocate(&Base, &Size, MEM_RESERVE, PAGE_EXECUTE_READWRITE), STATUS_SUCCESS);
    Part = (PUCHAR)Base + PAGE_SIZE;
    IS(Allocate(&Part, &PartSize, MEM_COMMIT, PAGE_READONLY), STATUS_SUCCESS);
    IS(ZwQueryVirtualMemory(PROCESS, (PUCHAR)Part + 17, MemoryBasicInformation, &Basic, sizeof(Basic),
                            &Length),
       STATUS_SUCCESS);
    IS(Length, sizeof(Basic));
    OK(Basic.BaseAddress == Part && Basic.AllocationBase == Base);
    IS(Basic.AllocationProtect, PAGE_EXECUTE_READWRITE);
    IS(Basic.RegionSize, 2 * PAGE_SIZE);
    IS(Basic.State, MEM_COMMIT);
    IS(Basic.Protect, PAGE_READONLY);
    IS(Basic.Type, MEM_PRIVATE);
    IS(ZwQueryVirtualMemory(PROCESS, (PUCHAR)Part + 2 * PAGE_SIZE, MemoryBasicInformation, &Basic,
                            sizeof(Basic), NULL),
       STATUS_SUCCESS);
    IS(Basic.State, MEM_RESERVE);
    IS(Basic.RegionSize, 0x20000 - 3 * PAGE_SIZE);
    IS(Basic.Protect, 0);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
    IS(ZwQueryVirtualMemory(PROCESS, Base, MemoryBasicInformation, &Basic, sizeof(Basic), NULL),
       STATUS_SUCCESS);
    IS(Basic.State, MEM_FREE);
    IS(Basic.Protect, PAGE_NOACCESS);
    OK(Basic.RegionSize >= 0x20000 && Basic.AllocationBase == NULL);
    IS(ZwQueryVirtualMemory(PROCESS, Base, MemoryBasicInformation, &Basic, sizeof(Basic) - 1, NULL),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQueryVirtualMemory(PROCESS, Base, (MEMORY_INFORMATION_CLASS)77, &Basic, sizeof(Basic), NULL),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryVirtualMemory(PROCESS, (PVOID)((ULONG_PTR)MmHighestUserAddress + 1), MemoryBasicInformation,
                            &Basic, sizeof(Basic), NULL),
       STATUS_INVALID_PARAMETER);
}

static void TestSecure(void)
{
    PVOID Base = NULL, Part;
    SIZE_T Size = 2 * PAGE_SIZE;
    ULONG Old;
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    HANDLE Secure = MmSecureVirtualMemory(Base, 100, PAGE_READWRITE);
    OK(Secure != NULL);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_INVALID_PAGE_PROTECTION);
    Part = Base;
    Size = PAGE_SIZE;
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &Size, PAGE_READONLY, &Old), STATUS_INVALID_PAGE_PROTECTION);
    Part = (PUCHAR)Base + PAGE_SIZE;
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &Size, PAGE_READONLY, &Old), STATUS_SUCCESS);
    OK(MmSecureVirtualMemory(Part, 1, PAGE_READWRITE) == NULL);
    HANDLE Second = MmSecureVirtualMemoryEx(Part, 1, PAGE_READONLY, 0);
    OK(Second != NULL);
    MmUnsecureVirtualMemory(Second);
    MmUnsecureVirtualMemory(Secure);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
    OK(MmSecureVirtualMemory(Base, 1, PAGE_READONLY) == NULL);
    OK(MmSecureVirtualMemory((PVOID)(ULONG_PTR)MmUserProbeAddress, 1, PAGE_READONLY) == NULL);
}

static void TestCopy(void)
{
    PVOID Base = NULL;
    SIZE_T Size = 2 * PAGE_SIZE, Copied;
    static UCHAR Buffer[3 * PAGE_SIZE];
    MM_COPY_ADDRESS Source;
    PEPROCESS Process = PsGetCurrentProcess();
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    Buffer[0] = 0x77;
    IS(MmCopyVirtualMemory(Process, Buffer, Process, Base, PAGE_SIZE + 1, KernelMode, &Copied),
       STATUS_SUCCESS);
    IS(Copied, PAGE_SIZE + 1);
    IS(*(PUCHAR)Base, 0x77);
    IS(MmCopyVirtualMemory(Process, Base, Process, Buffer, 3 * PAGE_SIZE, KernelMode, &Copied),
       STATUS_PARTIAL_COPY);
    IS(Copied, 2 * PAGE_SIZE);
    IS(MmCopyVirtualMemory(Process, Buffer, Process, Base, 1, UserMode, &Copied), STATUS_ACCESS_VIOLATION);
    IS(MmCopyVirtualMemory(Process, Base, Process, Base, 0, KernelMode, &Copied), STATUS_SUCCESS);
    // MmCopyMemory reads the current process's memory too.
    Source.VirtualAddress = (PUCHAR)Base + 2 * PAGE_SIZE - 3;
    ((PUCHAR)Base)[2 * PAGE_SIZE - 1] = 0x55;
    IS(MmCopyMemory(Buffer, Source, 3, MM_COPY_MEMORY_VIRTUAL, &Copied), STATUS_SUCCESS);
    IS(Copied, 3);
    IS(Buffer[2], 0x55);
    IS(MmCopyMemory(Buffer, Source, 4, MM_COPY_MEMORY_VIRTUAL, &Copied), STATUS_INVALID_ADDRESS);
    IS(Copied, 3);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

// An MDL of user memory, and one mapped into user space.
static void TestMdl(void)
{
    PVOID Base = NULL;
    SIZE_T Size = 2 * PAGE_SIZE;
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    PMDL Mdl = IoAllocateMdl((PUCHAR)Base + 10, PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, UserMode, IoWriteAccess);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
    OK(Mapped != NULL);
    Mapped[0] = 0x21;
    IS(((PUCHAR)Base)[10], 0x21);
    IS(MmGetPhysicalAddress((PUCHAR)Base + 10).QuadPart, MmGetPhysicalAddress(Mapped).QuadPart);
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);

    PVOID Pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT');
    Mdl = IoAllocateMdl(Pool, 100, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    PUCHAR User = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    OK((ULONG_PTR)User < MmUserProbeAddress);
    IS((ULONG_PTR)User & (PAGE_SIZE - 1), (ULONG_PTR)Pool & (PAGE_SIZE - 1));
    *User = 0x5a;
    IS(*(PUCHAR)Pool, 0x5a);
    NTSTATUS Raised = STATUS_SUCCESS;
    __try {
        MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, PAGE_ALIGN(User), FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Raised = GetExceptionCode();
    }
    IS(Raised, STATUS_CONFLICTING_ADDRESSES);
    // What is asked for is rounded down to the allocation granularity.
    PUCHAR Asked = (PUCHAR)PAGE_ALIGN(User) + 0x100000;
    PUCHAR Second =
        MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, Asked + 0x5123, FALSE, NormalPagePriority);
    OK(Second == Asked + BYTE_OFFSET(Pool));
    IS(*Second, 0x5a);
    MmUnmapLockedPages(Second, Mdl);
    IS(Free(PAGE_ALIGN(User), 0, MEM_RELEASE), STATUS_UNABLE_TO_DELETE_SECTION);
    MmUnmapLockedPages(User, Mdl);
    IS(Read(User), STATUS_ACCESS_VIOLATION);
    // Read-only where that is asked for.
    User = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE,
                                        NormalPagePriority | MdlMappingNoWrite);
    IS(Read(User), STATUS_SUCCESS);
    IS(Write(User, 1), STATUS_ACCESS_VIOLATION);
    MmUnmapLockedPages(User, Mdl);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Pool, 'tseT');
}

static void TestProbe(void)
{
    PVOID Base = NULL;
    SIZE_T Size = PAGE_SIZE;
    ULONG Old;
    NTSTATUS Raised = STATUS_SUCCESS;
    IS(Allocate(&Base, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    ProbeForRead(Base, PAGE_SIZE, 4);
    ProbeForWrite(Base, PAGE_SIZE, 4);
    IS(ZwProtectVirtualMemory(PROCESS, &Base, &Size, PAGE_READONLY, &Old), STATUS_SUCCESS);
    __try {
        ProbeForWrite(Base, PAGE_SIZE, 4);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Raised = GetExceptionCode();
    }
    IS(Raised, STATUS_ACCESS_VIOLATION);
    IS(Free(Base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

TEST_DRIVER(TestAllocate, TestAllocateErrors, TestZeroBits, TestProtections, TestHandles, TestReserveCommit,
            TestReleaseMiddle, TestProtect, TestQuery, TestSecure, TestCopy, TestMdl, TestProbe)
