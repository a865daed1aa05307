// SPDX-License-Identifier: MIT
// Pool allocation and freeing as drivers see it: flags, tags, IRQL, and what is said of a caller that is
// wrong.
#include "ex/pool-internal.h"
#include "ex/pool-tag.h"
#include "verify/low-resources.h"
#include "verify/pool.h"

#ifndef BAD_POOL_CALLER
#define BAD_POOL_CALLER 0xC2
#endif

// BAD_POOL_CALLER's first parameter, as Microsoft documents it.
#define BAD_POOL_ALREADY_FREE        0x07    // 0, header contents, address
#define BAD_POOL_ALLOCATE_IRQL       0x08    // IRQL, pool type, bytes
#define BAD_POOL_FREE_IRQL           0x09    // IRQL, pool type, address
#define BAD_POOL_WRONG_TAG           0x0A    // address, its tag, the tag given
#define BAD_POOL_USER_ADDRESS        0x40    // address, start of system space
#define BAD_POOL_NOT_POOL            0x42    // address
#define BAD_POOL_NON_PAGED_FREE_PAGE 0x44    // address
#define BAD_POOL_INVALID_ADDRESS     0x46    // address
#define BAD_POOL_PAGED_FREE_PAGE     0x50    // address, its page in the pool, bytes of the pool
#define BAD_POOL_MUST_SUCCEED        0x9A    // pool type, bytes, tag
#define BAD_POOL_PAGED_MIDDLE        0x41286 // 0, 0, its page in the pool

// Bits of a POOL_TYPE argument. The headers name some of them only.
#define TYPE_PAGED         0x001u
#define TYPE_MUST_SUCCEED  0x002u
#define TYPE_CACHE_ALIGNED 0x004u
#define TYPE_QUOTA_FAILS   0x008u // POOL_QUOTA_FAIL_INSTEAD_OF_RAISE
#define TYPE_RAISES        0x010u // POOL_RAISE_IF_ALLOCATION_FAILURE
#define TYPE_SESSION       0x020u
#define TYPE_NX            0x200u
#define TYPE_ZEROED        0x400u // POOL_ZERO_ALLOCATION

#define DEFAULT_TAG    'enoN' // "None", as Windows tags what has none
#define CACHE_LINE     64u
#define ANY_NODE_OK    0x80000000ul // MM_ANY_NODE_OK
#define REQUIRED_FLAGS 0xFFFFFFFFULL

#define KNOWN_FLAGS                                                                                          \
    (POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE |  \
     POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)

static EXP_POOL ExpNonPagedPool = {.Type = NonPagedPoolNx,
                                   .Protection = KM_PROTECT_READ | KM_PROTECT_WRITE,
                                   .Start = MI_NON_PAGED_POOL_START};
static EXP_POOL ExpPagedPool = {
    .Type = PagedPool, .Protection = KM_PROTECT_READ | KM_PROTECT_WRITE, .Start = MI_PAGED_POOL_START};
static EXP_POOL ExpExecutablePool = {.Type = NonPagedPoolExecute,
                                     .Protection = KM_PROTECT_READ | KM_PROTECT_WRITE | KM_PROTECT_EXECUTE,
                                     .Start = MI_EXECUTABLE_POOL_START};

static EXP_POOL *const ExpPools[] = {&ExpNonPagedPool, &ExpPagedPool, &ExpExecutablePool};

BOOLEAN ExpInitializePool(VOID)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ExpPools); ++Index) {
        ExpInitializeBlocks(ExpPools[Index]);
        if (!ExpInitializePages(ExpPools[Index])) {
            return FALSE;
        }
    }
    return TRUE;
}

// ---- Allocation

static EXP_TAG_POOL ExpTagPoolOf(const EXP_POOL *Pool)
{
    return Pool == &ExpNonPagedPool ? ExpTagNonPaged : Pool == &ExpPagedPool ? ExpTagPaged : ExpTagExecutable;
}

// PoolType is for the bug check: what the caller asked for.
static PVOID ExpAllocate(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag, BOOLEAN CacheAligned, ULONG PoolType,
                         EXP_CALLER Caller)
{
    KIRQL Irql = KiGetIrql();
    ULONG Alignment = CacheAligned ? CACHE_LINE : EXP_UNIT;
    PVOID Memory;

    if (Irql > (Pool == &ExpPagedPool ? APC_LEVEL : DISPATCH_LEVEL)) {
        KeBugCheckEx(BAD_POOL_CALLER, BAD_POOL_ALLOCATE_IRQL, Irql, PoolType, Bytes);
    }
    if (ViFailsAllocation(Bytes, Tag)) {
        return NULL;
    }
    if (Caller != ExpKernel) {
        Memory = ViAllocateSpecial(Pool->Type, Pool->Protection, Bytes, Tag, Alignment, Caller == ExpDriver);
        if (Memory != NULL) {
            return Memory;
        }
    }
    Irql = ExpLockPool(Pool);
    if (Bytes <= EXP_MAX_SMALL) {
        Memory = ExpAllocateBlock(Pool, Bytes, Tag, Alignment);
    } else {
        Memory = ExpAllocateLarge(Pool, Bytes, Tag);
    }
    if (Memory != NULL) {
        ExpCountAllocation(ExpTagPoolOf(Pool), Tag,
                           Bytes <= EXP_MAX_SMALL ? ((EXP_BLOCK *)Memory - 1)->Units * (SIZE_T)EXP_UNIT
                                                  : ROUND_TO_PAGES(Bytes));
    }
    ExpUnlockPool(Pool, Irql);
    if (Caller == ExpDriver && Memory != NULL) {
        ViNoteAllocated(Memory, Pool->Type, Bytes, Tag);
    }
    return Memory;
}

PVOID ExpAllocateByType(ULONG PoolType, SIZE_T NumberOfBytes, ULONG Tag, BOOLEAN Raises, EXP_CALLER Caller)
{
    PVOID Memory = NULL;

    if (PoolType & TYPE_MUST_SUCCEED) {
        KeBugCheckEx(BAD_POOL_CALLER, BAD_POOL_MUST_SUCCEED, PoolType, NumberOfBytes, Tag);
    }
    if (!(PoolType & TYPE_SESSION)) {
        EXP_POOL *Pool = PoolType & TYPE_PAGED ? &ExpPagedPool
                         : PoolType & TYPE_NX  ? &ExpNonPagedPool
                                               : &ExpExecutablePool;

        Memory =
            ExpAllocate(Pool, NumberOfBytes, Tag, (PoolType & TYPE_CACHE_ALIGNED) != 0, PoolType, Caller);
    }
    if (!Memory && Raises) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    if (Memory && (PoolType & TYPE_ZEROED)) {
        RtlZeroMemory(Memory, NumberOfBytes);
    }
    return Memory;
}

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExpAllocateByType(PoolType, NumberOfBytes, Tag, (PoolType & TYPE_RAISES) != 0, ExpKernel);
}

PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, DEFAULT_TAG);
}

PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                          EX_POOL_PRIORITY Priority)
{
    UNREFERENCED_PARAMETER(Priority);
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExpAllocateByType(PoolType, NumberOfBytes, Tag, !(PoolType & TYPE_QUOTA_FAILS), ExpKernel);
}

PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, DEFAULT_TAG);
}

static PVOID ExpFail(POOL_FLAGS Flags, NTSTATUS Status)
{
    if (Flags & POOL_FLAG_RAISE_ON_FAILURE) {
        ExRaiseStatus(Status);
    }
    return NULL;
}

static PVOID ExpAllocateFrom(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, EXP_CALLER Caller)
{
    EXP_POOL *Pool;
    PVOID Memory;

    switch (Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)) {
    case POOL_FLAG_NON_PAGED: Pool = &ExpNonPagedPool; break;
    case POOL_FLAG_NON_PAGED_EXECUTE: Pool = &ExpExecutablePool; break;
    case POOL_FLAG_PAGED: Pool = &ExpPagedPool; break;
    default: return ExpFail(Flags, STATUS_INVALID_PARAMETER);
    }
    // Of the upper half, the optional flags, none is needed here: an unknown one is to be ignored.
    if (Tag == 0 || (Flags & REQUIRED_FLAGS & ~KNOWN_FLAGS) != 0) {
        return ExpFail(Flags, STATUS_INVALID_PARAMETER);
    }
    Memory =
        ExpAllocate(Pool, NumberOfBytes, Tag, (Flags & POOL_FLAG_CACHE_ALIGNED) != 0, Pool->Type, Caller);
    if (!Memory) {
        return ExpFail(Flags, STATUS_INSUFFICIENT_RESOURCES);
    }
    if (!(Flags & POOL_FLAG_UNINITIALIZED)) {
        RtlZeroMemory(Memory, NumberOfBytes);
    }
    return Memory;
}

static BOOLEAN ExpIsPriority(ULONG Priority)
{
    switch (Priority) {
    case LowPoolPriority:
    case LowPoolPrioritySpecialPoolOverrun:
    case LowPoolPrioritySpecialPoolUnderrun:
    case NormalPoolPriority:
    case NormalPoolPrioritySpecialPoolOverrun:
    case NormalPoolPrioritySpecialPoolUnderrun:
    case HighPoolPriority:
    case HighPoolPrioritySpecialPoolOverrun:
    case HighPoolPrioritySpecialPoolUnderrun: return TRUE;
    default: return FALSE;
    }
}

// Whether an allocation of Flags can be as Parameter asks.
static BOOLEAN ExpCanSatisfy(POOL_FLAGS Flags, PCPOOL_EXTENDED_PARAMETER Parameter)
{
    switch (Parameter->Type) {
    case PoolExtendedParameterPriority: return ExpIsPriority((ULONG)Parameter->Priority);
    case PoolExtendedParameterNumaNode:
        // One node, number 0.
        return (Flags & POOL_FLAG_NON_PAGED) && (Parameter->PreferredNode & ~ANY_NODE_OK) == 0;
    default: return FALSE;
    }
}

PVOID ExpAllocateByFlags(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                         PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount,
                         EXP_CALLER Caller)
{
    if (ExtendedParametersCount != 0 && !ExtendedParameters) {
        return ExpFail(Flags, STATUS_INVALID_PARAMETER);
    }
    for (ULONG Index = 0; Index < ExtendedParametersCount; ++Index) {
        if (!ExtendedParameters[Index].Optional && !ExpCanSatisfy(Flags, &ExtendedParameters[Index])) {
            return ExpFail(Flags, STATUS_INVALID_PARAMETER);
        }
    }
    return ExpAllocateFrom(Flags, NumberOfBytes, Tag, Caller);
}

PVOID ExpAllocateForDriver(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExpAllocateFrom(Flags, NumberOfBytes, Tag, ViChecks() ? ExpKernelForDriver : ExpKernel);
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExpAllocateFrom(Flags, NumberOfBytes, Tag, ExpKernel);
}

PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
    return ExpAllocateByFlags(Flags, NumberOfBytes, Tag, ExtendedParameters, ExtendedParametersCount,
                              ExpKernel);
}

// ---- Freeing

static EXP_POOL *ExpPoolOf(ULONG_PTR Address)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ExpPools); ++Index) {
        if (Address - ExpPools[Index]->Start < EXP_POOL_REGION_BYTES) {
            return ExpPools[Index];
        }
    }
    return NULL;
}

// The number of the mapped page that Address lies in, EXP_NO_PAGE if it lies in none.
static ULONG ExpPageOf(const EXP_POOL *Pool, ULONG_PTR Address)
{
    ULONG_PTR Page = (Address - Pool->FirstPage) / PAGE_SIZE;

    return Address >= Pool->FirstPage && Page < Pool->MappedPages ? (ULONG)Page : EXP_NO_PAGE;
}

// What is wrong with a free: the bug check that tells so. Code 0: nothing.
typedef struct EXP_VIOLATION {
    ULONG Code;
    ULONG_PTR Parameters[4];
} EXP_VIOLATION;

static EXP_VIOLATION ExpBadFree(ULONG_PTR Violation, ULONG_PTR Parameter2, ULONG_PTR Parameter3,
                                ULONG_PTR Parameter4)
{
    return (EXP_VIOLATION){BAD_POOL_CALLER, {Violation, Parameter2, Parameter3, Parameter4}};
}

// Address lies in the pool, but not in memory that is allocated.
static EXP_VIOLATION ExpBadFreePage(const EXP_POOL *Pool, ULONG_PTR Address)
{
    if (Pool == &ExpPagedPool) {
        return ExpBadFree(BAD_POOL_PAGED_FREE_PAGE, Address, (Address - Pool->Start) / PAGE_SIZE,
                          EXP_POOL_REGION_BYTES);
    }
    return ExpBadFree(BAD_POOL_NON_PAGED_FREE_PAGE, Address, 0, 0);
}

static BOOLEAN ExpTagFits(ULONG Allocated, ULONG Given)
{
    return Given == Allocated || (Given == 0 && !(Allocated & PROTECTED_POOL));
}

static EXP_VIOLATION ExpFreeLargeAt(EXP_POOL *Pool, ULONG_PTR Address, ULONG Page, ULONG Tag)
{
    if (Pool->Pages[Page].State == ExpPageLargeInner || BYTE_OFFSET(Address) != 0) {
        if (Pool == &ExpPagedPool) {
            return ExpBadFree(BAD_POOL_PAGED_MIDDLE, 0, 0, (Address - Pool->Start) / PAGE_SIZE);
        }
        return ExpBadFree(BAD_POOL_INVALID_ADDRESS, Address, 0, 0);
    }
    if (!ExpTagFits(Pool->Pages[Page].Tag, Tag)) {
        return ExpBadFree(BAD_POOL_WRONG_TAG, Address, Pool->Pages[Page].Tag, Tag);
    }
    ExpCountFree(ExpTagPoolOf(Pool), Pool->Pages[Page].Tag, ROUND_TO_PAGES(Pool->Pages[Page].Bytes));
    ExpFreeLarge(Pool, Page);
    return (EXP_VIOLATION){0};
}

// The pool's lock is held.
static EXP_VIOLATION ExpFreeAt(EXP_POOL *Pool, ULONG_PTR Address, ULONG Tag)
{
    EXP_BLOCK *Block = (EXP_BLOCK *)Address - 1;
    ULONG Page = ExpPageOf(Pool, Address);
    if (Page == EXP_NO_PAGE) {
        return ExpBadFreePage(Pool, Address);
    }
    if (Pool->Pages[Page].State == ExpPageLarge || Pool->Pages[Page].State == ExpPageLargeInner) {
        return ExpFreeLargeAt(Pool, Address, Page, Tag);
    }
    // A block never starts at a page, so its header lies in the same page. The header of a block that was
    // freed tells so even when its page is no longer one of blocks.
    if (BYTE_OFFSET(Address) != 0 && Address % EXP_UNIT == 0 && ExpIsBlock(Block) &&
        Block->State == EXP_BLOCK_FREE) {
        return ExpBadFree(BAD_POOL_ALREADY_FREE, 0, *(PULONG_PTR)Block, Address);
    }
    if (Pool->Pages[Page].State == ExpPageFree) {
        return ExpBadFreePage(Pool, Address);
    }
    if (BYTE_OFFSET(Address) == 0 || Address % EXP_UNIT != 0 || !ExpIsBlock(Block)) {
        // Either no block starts here, or one does and something wrote over its header.
        EXP_BLOCK *Found = ExpFindBlock((ULONG_PTR)PAGE_ALIGN(Address), Address - 1);
        if (!ExpIsBlock(Found)) {
            return (EXP_VIOLATION){BAD_POOL_HEADER, {0x20, (ULONG_PTR)Found, (ULONG_PTR)Block, 0}};
        }
        return ExpBadFree(BAD_POOL_INVALID_ADDRESS, Address, 0, 0);
    }
    if (!ExpTagFits(Block->Tag, Tag)) {
        return ExpBadFree(BAD_POOL_WRONG_TAG, Address, Block->Tag, Tag);
    }
    ExpCountFree(ExpTagPoolOf(Pool), Block->Tag, Block->Units * (SIZE_T)EXP_UNIT);
    ExpFreeBlock(Pool, Block);
    return (EXP_VIOLATION){0};
}

static EXP_VIOLATION ExpFree(ULONG_PTR Address, ULONG Tag)
{
    EXP_POOL *Pool = ExpPoolOf(Address);
    KIRQL Irql = KiGetIrql();
    if (ViChecks() && ViFreeAllocation(Address, Tag)) {
        return (EXP_VIOLATION){0};
    }
    if (Address == 0) {
        return ExpBadFree(BAD_POOL_INVALID_ADDRESS, 0, 0, 0);
    }
    if (Address < KM_SYSTEM_RANGE_START) {
        return ExpBadFree(BAD_POOL_USER_ADDRESS, Address, KM_SYSTEM_RANGE_START, 0);
    }
    if (!Pool) {
        return ExpBadFree(BAD_POOL_NOT_POOL, Address, 0, 0);
    }
    if (Irql > (Pool == &ExpPagedPool ? APC_LEVEL : DISPATCH_LEVEL)) {
        return ExpBadFree(BAD_POOL_FREE_IRQL, Irql, Pool->Type, Address);
    }
    Irql = ExpLockPool(Pool);
    EXP_VIOLATION Violation = ExpFreeAt(Pool, Address, Tag);
    ExpUnlockPool(Pool, Irql);
    return Violation;
}

BOOLEAN ExpTryFree(PVOID P, ULONG Tag)
{
    return ExpFree((ULONG_PTR)P, Tag).Code == 0;
}

VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    EXP_VIOLATION Violation = ExpFree((ULONG_PTR)P, Tag);
    if (Violation.Code != 0) {
        KeBugCheckEx(Violation.Code, Violation.Parameters[0], Violation.Parameters[1],
                     Violation.Parameters[2], Violation.Parameters[3]);
    }
}

VOID NTAPI ExFreePool(PVOID P)
{
    ExFreePoolWithTag(P, 0);
}

VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                       ULONG ExtendedParametersCount)
{
    UNREFERENCED_PARAMETER(ExtendedParameters);
    // The only parameter of freeing names a secure pool, and no allocation is of one.
    if (ExtendedParametersCount != 0) {
        KeBugCheckEx(BAD_POOL_CALLER, BAD_POOL_INVALID_ADDRESS, (ULONG_PTR)P, 0, 0);
    }
    ExFreePoolWithTag(P, Tag);
}

// ---- Looking an address up

static BOOLEAN ExpQueryBlock(const EXP_POOL *Pool, ULONG Page, ULONG_PTR Address,
                             EXP_POOL_ALLOCATION *Allocation)
{
    ULONG_PTR PageStart = ExpPageAddress(Pool, Page);
    EXP_BLOCK *Block = ExpFindBlock(PageStart, Address);

    if (!ExpIsBlock(Block)) {
        return FALSE;
    }
    if (Block->State == EXP_BLOCK_FREE) {
        // The block may be several merged ones, whose headers are still there: the last one in front of
        // Address.
        EXP_BLOCK *Merged = (EXP_BLOCK *)(Address & ~(ULONG_PTR)(EXP_UNIT - 1));

        while (Merged > Block && !ExpIsBlock(Merged)) {
            --Merged;
        }
        Block = Merged;
        if (Block->Tag == 0) {
            return FALSE;
        }
    }
    *Allocation = (EXP_POOL_ALLOCATION){.Base = Block + 1,
                                        .Bytes = Block->Bytes,
                                        .Tag = Block->Tag,
                                        .PoolType = Pool->Type,
                                        .Freed = Block->State == EXP_BLOCK_FREE};
    return TRUE;
}

static BOOLEAN ExpQueryLarge(const EXP_POOL *Pool, ULONG First, BOOLEAN Freed,
                             EXP_POOL_ALLOCATION *Allocation)
{
    *Allocation = (EXP_POOL_ALLOCATION){.Base = (PVOID)ExpPageAddress(Pool, First),
                                        .Bytes = Pool->Pages[First].Bytes,
                                        .Tag = Pool->Pages[First].Tag,
                                        .PoolType = Pool->Type,
                                        .Freed = Freed};
    return TRUE;
}

BOOLEAN ExpQueryPool(ULONG_PTR Address, EXP_POOL_ALLOCATION *Allocation)
{
    const EXP_POOL *Pool = ExpPoolOf(Address);
    ULONG Page = Pool ? ExpPageOf(Pool, Address) : EXP_NO_PAGE;

    if (Page == EXP_NO_PAGE) {
        return FALSE;
    }
    switch (Pool->Pages[Page].State) {
    case ExpPageLarge: return ExpQueryLarge(Pool, Page, FALSE, Allocation);
    case ExpPageLargeInner: return ExpQueryLarge(Pool, Page - Pool->Pages[Page].PageCount, FALSE, Allocation);
    case ExpPageBlocks: return ExpQueryBlock(Pool, Page, Address, Allocation);
    default: break;
    }
    for (ULONG First = Page;; --First) {
        if (Pool->Pages[First].HoldsRemains) {
            return ExpPageAddress(Pool, First) + Pool->Pages[First].Bytes >= Address &&
                   ExpQueryLarge(Pool, First, TRUE, Allocation);
        }
        if (First == 0 || Pool->Pages[First - 1].State != ExpPageFree) {
            break;
        }
    }
    return ExpQueryBlock(Pool, Page, Address, Allocation);
}

static BOOLEAN ExpNextLargeOf(EXP_POOL *Pool, ULONG *Page, EXP_POOL_ALLOCATION *Allocation)
{
    BOOLEAN Found = FALSE;
    KIRQL OldIrql = ExpLockPool(Pool);
    while (!Found && *Page < Pool->MappedPages) {
        Found = Pool->Pages[*Page].State == ExpPageLarge && ExpQueryLarge(Pool, *Page, FALSE, Allocation);
        *Page += 1;
    }
    ExpUnlockPool(Pool, OldIrql);
    return Found;
}

BOOLEAN ExpNextLargeAllocation(EXP_POOL_CURSOR *Cursor, EXP_POOL_ALLOCATION *Allocation)
{
    while (Cursor->Pool < RTL_NUMBER_OF(ExpPools)) {
        if (ExpNextLargeOf(ExpPools[Cursor->Pool], &Cursor->Page, Allocation)) {
            return TRUE;
        }
        Cursor->Pool += 1;
        Cursor->Page = 0;
    }
    return FALSE;
}

static VOID ExpWalkBlocks(const EXP_POOL *Pool, ULONG Page, EXP_POOL_ROUTINE Routine, PVOID Context)
{
    const ULONG_PTR Start = ExpPageAddress(Pool, Page);
    for (ULONG_PTR Place = Start; Place < Start + PAGE_SIZE;) {
        const EXP_BLOCK *Block = (const EXP_BLOCK *)Place;
        if (!ExpIsBlock(Block)) {
            return; // overwritten: its owner is told when it is freed
        }
        if (Block->State == EXP_BLOCK_ALLOCATED) {
            const EXP_POOL_ALLOCATION Allocation = {
                .Base = (PVOID)(Block + 1), .Bytes = Block->Bytes, .Tag = Block->Tag, .PoolType = Pool->Type};
            Routine(&Allocation, Context);
        }
        Place += Block->Units * EXP_UNIT;
    }
}

VOID ExpWalkPools(EXP_POOL_ROUTINE Routine, PVOID Context)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ExpPools); ++Index) {
        EXP_POOL *Pool = ExpPools[Index];
        KIRQL OldIrql = ExpLockPool(Pool);
        for (ULONG Page = 0; Page < Pool->MappedPages; ++Page) {
            EXP_POOL_ALLOCATION Allocation;
            if (Pool->Pages[Page].State == ExpPageBlocks) {
                ExpWalkBlocks(Pool, Page, Routine, Context);
            } else if (Pool->Pages[Page].State == ExpPageLarge &&
                       ExpQueryLarge(Pool, Page, FALSE, &Allocation)) {
                Routine(&Allocation, Context);
            }
        }
        ExpUnlockPool(Pool, OldIrql);
    }
}

ULONG64 ExpPoolPages(VOID)
{
    ULONG64 Pages = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ExpPools); ++Index) {
        const EXP_POOL *Pool = ExpPools[Index];
        Pages += Pool->MappedPages + (Pool->MappedTableEnd - (ULONG_PTR)Pool->Pages) / PAGE_SIZE;
    }
    return Pages;
}
