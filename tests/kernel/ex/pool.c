// SPDX-License-Identifier: MIT
// Pool: alignment, placement, zeroing, flags, failure. Frees that end in a bug check stop the run: not here.
#include "test.h"

#define TAG         'tseT'
#define RAISES      16 // POOL_RAISE_IF_ALLOCATION_FAILURE
#define QUOTA_FAILS 8  // POOL_QUOTA_FAIL_INSTEAD_OF_RAISE
#define TOO_MUCH    (1ULL << 40)
#define NODE_ANY    0x80000000ul

static NTSTATUS Raised;

// The result of Allocation, NULL if it raises; Raised is what it raised.
#define TRY(Allocation)                                                                                      \
    ({                                                                                                       \
        PVOID Result_ = NULL;                                                                                \
        Raised = STATUS_SUCCESS;                                                                             \
        __try {                                                                                              \
            Result_ = (Allocation);                                                                          \
        } __except (EXCEPTION_EXECUTE_HANDLER) {                                                             \
            Raised = GetExceptionCode();                                                                     \
        }                                                                                                    \
        Result_;                                                                                             \
    })

static void TestPlacement(void)
{
    static const POOL_TYPE Types[] = {NonPagedPool, PagedPool, NonPagedPoolNx};
    static const SIZE_T Sizes[] = {0,    1,    8,    16,   17,   100,  1000,  2048,
                                   4064, 4080, 4081, 4095, 4096, 4097, 100000};
    BOOLEAN Aligned = TRUE, Within = TRUE, PageAligned = TRUE, Writable = TRUE;
    PVOID Kept[20];

    for (ULONG T = 0; T < RTL_NUMBER_OF(Types); ++T) {
        for (ULONG S = 0; S < RTL_NUMBER_OF(Sizes); ++S) {
            for (ULONG I = 0; I < RTL_NUMBER_OF(Kept); ++I) {
                ULONG_PTR Address = (ULONG_PTR)ExAllocatePoolWithTag(Types[T], Sizes[S], TAG);

                Kept[I] = (PVOID)Address;
                Aligned = Aligned && Address != 0 && Address % 16 == 0;
                if (Sizes[S] >= PAGE_SIZE) {
                    PageAligned = PageAligned && Address % PAGE_SIZE == 0;
                } else if (Sizes[S] != 0) {
                    Within = Within && Address / PAGE_SIZE == (Address + Sizes[S] - 1) / PAGE_SIZE;
                }
                RtlFillMemory((PVOID)Address, Sizes[S], (UCHAR)I);
            }
            for (ULONG I = 0; I < RTL_NUMBER_OF(Kept); ++I) {
                for (SIZE_T B = 0; B < Sizes[S]; ++B) {
                    Writable = Writable && ((PUCHAR)Kept[I])[B] == (UCHAR)I;
                }
                ExFreePoolWithTag(Kept[I], TAG);
            }
        }
    }
    OK(Aligned);
    OK(Within);
    OK(PageAligned);
    OK(Writable);
}

static void TestCacheAligned(void)
{
    BOOLEAN Aligned = TRUE;
    PVOID Kept[50];

    for (ULONG I = 0; I < 50; ++I) {
        Kept[I] = I % 2 ? ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, 10 + I * 97, TAG)
                        : ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED, 10 + I * 97, TAG);
        Aligned = Aligned && Kept[I] && (ULONG_PTR)Kept[I] % 64 == 0;
    }
    OK(Aligned);
    for (ULONG I = 0; I < 50; ++I) {
        ExFreePool(Kept[I]);
    }
}

static BOOLEAN IsZero(PVOID Memory, SIZE_T Bytes)
{
    for (SIZE_T I = 0; I < Bytes; ++I) {
        if (((PUCHAR)Memory)[I] != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static void TestZeroing(void)
{
    static const SIZE_T Sizes[] = {1, 64, 300, 4000, 4096, 50000};
    BOOLEAN Zeroed = TRUE;

    for (ULONG Round = 0; Round < 3; ++Round) {
        for (ULONG S = 0; S < RTL_NUMBER_OF(Sizes); ++S) {
            PUCHAR Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, Sizes[S], TAG);

            Zeroed = Zeroed && Memory && IsZero(Memory, Sizes[S]);
            RtlFillMemory(Memory, Sizes[S], 0xCC);
            ExFreePoolWithTag(Memory, TAG);
        }
    }
    OK(Zeroed);
    // POOL_ZERO_ALLOCATION, what ExAllocatePoolZero adds to the type.
    PVOID Memory = ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPoolNx | 1024), 300, TAG);
    OK(Memory && IsZero(Memory, 300));
    ExFreePool(Memory);
    Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 300, TAG);
    OK(Memory != NULL);
    ExFreePool(Memory);
}

static void TestFlags(void)
{
    PVOID Memory;

    OK(!ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, 0));
    OK(!ExAllocatePool2(0, 16, TAG));
    OK(!ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 16, TAG));
    OK(!ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_SESSION, 16, TAG));
    OK(!ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RESERVED1, 16, TAG));
    OK(!ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x40000000, 16, TAG));
    OK(!ExAllocatePool2(POOL_FLAG_NON_PAGED, TOO_MUCH, TAG));
    // Optional flags: a known one, and one that nobody knows.
    OK(!ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE, 16, TAG));
    OK(!ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x200 | 0x400, 16, TAG)); // POOL_FLAG_RESERVED2, RESERVED3
    Memory = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA | 0x100000000ULL | 0x4000000000000000ULL,
                             16, TAG);
    OK(Memory != NULL);
    ExFreePoolWithTag(Memory, TAG);
    OK(!TRY(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, TOO_MUCH, TAG)));
    IS(Raised, STATUS_INSUFFICIENT_RESOURCES);
    OK(!TRY(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, 16, 0)));
    IS(Raised, STATUS_INVALID_PARAMETER);
    Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED_EXECUTE, 16, TAG);
    OK(Memory != NULL);
    // mov eax, 7; ret
    RtlCopyMemory(Memory, "\xB8\x07\x00\x00\x00\xC3", 6);
    IS(((int (*)(void))Memory)(), 7);
    ExFreePoolWithTag(Memory, TAG);
}

static void TestFailure(void)
{
    OK(!ExAllocatePoolWithTag(NonPagedPoolNx, TOO_MUCH, TAG));
    OK(!ExAllocatePoolWithTag(PagedPool, (SIZE_T)-1, TAG));
    OK(!ExAllocatePool(PagedPool, TOO_MUCH));
    OK(!ExAllocatePoolWithTagPriority(PagedPool, TOO_MUCH, TAG, HighPoolPriority));
    OK(!TRY(ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | RAISES), TOO_MUCH, TAG)));
    IS(Raised, STATUS_INSUFFICIENT_RESOURCES);
    OK(!TRY(ExAllocatePoolWithQuotaTag(PagedPool, TOO_MUCH, TAG)));
    IS(Raised, STATUS_INSUFFICIENT_RESOURCES);
    OK(!TRY(ExAllocatePoolWithQuotaTag((POOL_TYPE)(PagedPool | QUOTA_FAILS), TOO_MUCH, TAG)));
    IS(Raised, STATUS_SUCCESS);
    PVOID Memory = ExAllocatePoolWithQuotaTag(PagedPool, 10, TAG);
    OK(Memory != NULL);
    ExFreePoolWithTag(Memory, TAG);
    Memory = ExAllocatePoolWithQuota(NonPagedPoolNx, 10);
    OK(Memory != NULL);
    ExFreePool(Memory);
    OK(!TRY(ExAllocatePoolWithQuota(PagedPool, TOO_MUCH)));
    IS(Raised, STATUS_INSUFFICIENT_RESOURCES);
    OK(!TRY(ExAllocatePoolWithTagPriority((POOL_TYPE)(PagedPool | RAISES), TOO_MUCH, TAG, LowPoolPriority)));
    IS(Raised, STATUS_INSUFFICIENT_RESOURCES);
    for (ULONG Priority = LowPoolPriority; Priority <= HighPoolPriority; Priority += 16) {
        Memory = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 100, TAG, (EX_POOL_PRIORITY)Priority);
        OK(Memory != NULL);
        ExFreePoolWithTag(Memory, TAG);
    }
    OK(!ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | 32), 10, TAG));
    // A hint, and no more.
    Memory = ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_COLD_ALLOCATION), 10, TAG);
    OK(Memory != NULL);
    ExFreePoolWithTag(Memory, TAG);
    Memory = ExAllocatePool((POOL_TYPE)(PagedPoolCacheAligned | POOL_COLD_ALLOCATION), 10);
    OK(Memory != NULL && (ULONG_PTR)Memory % 64 == 0);
    ExFreePool(Memory);
}

static void TestAtDispatchLevel(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    PVOID First = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    PVOID Second = ExAllocatePoolWithTag(NonPagedPoolNx, 10000, TAG);
    if (First != NULL) {
        ExFreePool(First);
    }
    if (Second != NULL) {
        ExFreePoolWithTag(Second, TAG);
    }
    KeLowerIrql(OldIrql);
    OK(First != NULL && Second != NULL);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    First = ExAllocatePool2(POOL_FLAG_PAGED, 100, TAG);
    if (First != NULL) {
        ExFreePool(First);
    }
    KeLowerIrql(OldIrql);
    OK(First != NULL);
}

static PVOID Allocate3(ULONG64 Flags, ULONG Type, BOOLEAN Optional, ULONG Value)
{
    POOL_EXTENDED_PARAMETER Parameter = {0};
    PVOID Memory;

    Parameter.Type = Type;
    Parameter.Optional = Optional;
    Parameter.Priority = (EX_POOL_PRIORITY)Value;
    Memory = ExAllocatePool3(Flags, 100, TAG, &Parameter, 1);
    if (Memory) {
        ExFreePoolWithTag(Memory, TAG);
    }
    return Memory;
}

static void TestExtended(void)
{
    PVOID Memory = ExAllocatePool3(POOL_FLAG_PAGED, 100, TAG, NULL, 0);

    OK(Memory && IsZero(Memory, 100));
    ExFreePool2(Memory, TAG, NULL, 0);
    OK(Allocate3(POOL_FLAG_PAGED, PoolExtendedParameterPriority, FALSE, HighPoolPriority));
    OK(!Allocate3(POOL_FLAG_PAGED, PoolExtendedParameterPriority, FALSE, 77));
    OK(Allocate3(POOL_FLAG_PAGED, PoolExtendedParameterPriority, TRUE, 77));
    OK(Allocate3(POOL_FLAG_NON_PAGED, PoolExtendedParameterNumaNode, FALSE, 0));
    OK(!Allocate3(POOL_FLAG_NON_PAGED, PoolExtendedParameterNumaNode, FALSE, 1));
    OK(Allocate3(POOL_FLAG_NON_PAGED, PoolExtendedParameterNumaNode, FALSE, NODE_ANY));
    OK(!Allocate3(POOL_FLAG_PAGED, PoolExtendedParameterNumaNode, FALSE, 0));
    OK(!Allocate3(POOL_FLAG_PAGED, PoolExtendedParameterInvalidType, FALSE, 0));
    OK(!Allocate3(POOL_FLAG_NON_PAGED, PoolExtendedParameterSecurePool, FALSE, 0));
    OK(Allocate3(POOL_FLAG_PAGED, 99, TRUE, 0));
    OK(!ExAllocatePool3(POOL_FLAG_PAGED, 100, TAG, NULL, 1));
    OK(!ExAllocatePool3(POOL_FLAG_PAGED, 100, 0, NULL, 0));
    OK(!ExAllocatePool3(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 100, TAG, NULL, 0));
    OK(!TRY(Allocate3(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, PoolExtendedParameterNumaNode, FALSE,
                      1)));
    IS(Raised, STATUS_INVALID_PARAMETER);
    OK(!TRY(ExAllocatePool3(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, TOO_MUCH, TAG, NULL, 0)));
    IS(Raised, STATUS_INSUFFICIENT_RESOURCES);
}

// Random allocations and frees: no two overlap, none loses its content.
static void TestChurn(void)
{
    enum { Slots = 400, Rounds = 40000 };
    static struct {
        PUCHAR Memory;
        SIZE_T Bytes;
        UCHAR Fill;
    } Slot[Slots];
    ULONG Seed = 1, Bad = 0;

    for (ULONG Round = 0; Round < Rounds; ++Round) {
        ULONG Random = (Seed = Seed * 1103515245 + 12345) >> 8;
        ULONG Index = Random % Slots;

        if (Slot[Index].Memory) {
            for (SIZE_T B = 0; B < Slot[Index].Bytes; ++B) {
                Bad += Slot[Index].Memory[B] != Slot[Index].Fill;
            }
            ExFreePoolWithTag(Slot[Index].Memory, TAG);
            Slot[Index].Memory = NULL;
        } else {
            Slot[Index].Bytes = Random / Slots % (Random % 50 == 0 ? 20000 : 500);
            Slot[Index].Fill = (UCHAR)Round;
            Slot[Index].Memory =
                ExAllocatePoolWithTag(Random % 3 ? NonPagedPoolNx : PagedPool, Slot[Index].Bytes, TAG);
            Bad += Slot[Index].Memory == NULL;
            RtlFillMemory(Slot[Index].Memory, Slot[Index].Bytes, Slot[Index].Fill);
        }
    }
    IS(Bad, 0);
    for (ULONG Index = 0; Index < Slots; ++Index) {
        if (Slot[Index].Memory) {
            ExFreePool(Slot[Index].Memory);
        }
    }
}

TEST_DRIVER(TestPlacement, TestCacheAligned, TestZeroing, TestFlags, TestFailure, TestAtDispatchLevel,
            TestExtended, TestChurn)
