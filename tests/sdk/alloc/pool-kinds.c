// SPDX-License-Identifier: MIT
// Kinds of pool, each by the routine that new systems have and by those that old ones have: above
// PASSIVE_LEVEL nothing is searched for, so what comes first at a raised IRQL takes the old way.
#include "test.h"
#include <kmode.h>

static BOOLEAN IsZero(const UCHAR *Byte, SIZE_T Bytes)
{
    while (Bytes != 0 && Byte[Bytes - 1] == 0) {
        Bytes -= 1;
    }
    return Bytes == 0;
}

static VOID TestAt(PKM_ALLOCATOR Allocator, KIRQL Irql, SIZE_T Alignment)
{
    static const SIZE_T Sizes[] = {1, 16, 100, 4096, 70000};
    KIRQL OldIrql;

    KeRaiseIrql(Irql, &OldIrql);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Sizes); Index += 1) {
        PUCHAR Zeroed = (PUCHAR)KmAlloc(Allocator, Sizes[Index]);
        PUCHAR Raw = (PUCHAR)KmAllocUninitialized(Allocator, Sizes[Index]);

        OK(Zeroed != NULL && IsZero(Zeroed, Sizes[Index]));
        OK(Raw != NULL);
        IS(((ULONG_PTR)Zeroed | (ULONG_PTR)Raw) % Alignment, 0);
        RtlFillMemory(Zeroed, Sizes[Index], 0xA5);
        RtlFillMemory(Raw, Sizes[Index], 0xA5);
        KmFree(Allocator, Zeroed, Sizes[Index]);
        KmFree(Allocator, Raw, Sizes[Index]);
    }
    OK(KmAlloc(Allocator, (SIZE_T)1 << 62) == NULL);
    KeLowerIrql(OldIrql);
}

static KM_ALLOCATOR Executable = KM_ALLOCATOR_INIT(KmExecutablePool, 'xEnK');
static KM_ALLOCATOR CacheAligned = KM_ALLOCATOR_INIT(KmCacheAlignedPool, 'aCnK');
static KM_ALLOCATOR NonPagedQuota = KM_ALLOCATOR_INIT(KmNonPagedQuotaPool, 'nQnK');
static KM_ALLOCATOR PagedQuota = KM_ALLOCATOR_INIT(KmPagedQuotaPool, 'pQnK');

// First of all tests.
static void TestOldWay(void)
{
    static KM_PRIORITY_POOL NonPaged, Paged;

    IS(KmPriorityPoolInit(&NonPaged, FALSE, 'rPnK', LowPoolPriority, 0), STATUS_SUCCESS);
    IS(KmPriorityPoolInit(&Paged, TRUE, 'rPnK', HighPoolPriority, 0), STATUS_SUCCESS);
    TestAt(&Executable, DISPATCH_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
    TestAt(&CacheAligned, DISPATCH_LEVEL, SYSTEM_CACHE_ALIGNMENT_SIZE);
    TestAt(&NonPagedQuota, DISPATCH_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
    TestAt(&PagedQuota, APC_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
    TestAt(&NonPaged.Allocator, DISPATCH_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
    TestAt(&Paged.Allocator, APC_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
}

static VOID TestAllocator(PKM_ALLOCATOR Allocator, KIRQL MaximumIrql, SIZE_T Alignment)
{
    KM_ALLOCATOR Nameless = *Allocator;

    IS(Allocator->Operations->MaximumIrql, MaximumIrql);
    for (ULONG Irql = PASSIVE_LEVEL; Irql <= MaximumIrql; Irql += 1) {
        TestAt(Allocator, (KIRQL)Irql, Alignment);
    }
    Nameless.Tag = 0;
    OK(KmAlloc(&Nameless, 16) == NULL);
    OK(KmAllocUninitialized(&Nameless, 16) == NULL);
    OK(KmRealloc(&Nameless, NULL, 0, 16) == NULL);
    OK(KmAllocArray(&Nameless, 1, 16) == NULL);
}

static void TestExecutable(void)
{
    PUCHAR Code;

    TestAllocator(&Executable, DISPATCH_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
    Code = (PUCHAR)KmAlloc(&Executable, 16);
    OK(Code != NULL);
    RtlCopyMemory(Code, "\xB8\x2A\x00\x00\x00\xC3", 6); // mov eax, 42; ret
    IS(((ULONG(*)(VOID))(ULONG_PTR)Code)(), 42);
    KmFree(&Executable, Code, 16);
}

static void TestCacheAligned(void)
{
    TestAllocator(&CacheAligned, DISPATCH_LEVEL, SYSTEM_CACHE_ALIGNMENT_SIZE);
}

static void TestQuota(void)
{
    TestAllocator(&NonPagedQuota, DISPATCH_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
    TestAllocator(&PagedQuota, APC_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
}

static void TestPriority(void)
{
    static const EX_POOL_PRIORITY Priorities[] = {LowPoolPriority, NormalPoolPriority, HighPoolPriority,
                                                  NormalPoolPrioritySpecialPoolOverrun};
    static KM_PRIORITY_POOL Pool;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Priorities); Index += 1) {
        IS(KmPriorityPoolInit(&Pool, FALSE, 'rPnK', Priorities[Index], KM_ANY_NODE), STATUS_SUCCESS);
        TestAllocator(&Pool.Allocator, DISPATCH_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
        IS(KmPriorityPoolInit(&Pool, FALSE, 'rPnK', Priorities[Index], 0), STATUS_SUCCESS);
        TestAllocator(&Pool.Allocator, DISPATCH_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
        IS(KmPriorityPoolInit(&Pool, TRUE, 'rPnK', Priorities[Index], 0), STATUS_SUCCESS);
        TestAllocator(&Pool.Allocator, APC_LEVEL, MEMORY_ALLOCATION_ALIGNMENT);
    }
    IS(KmPriorityPoolInit(&Pool, FALSE, 0, NormalPoolPriority, KM_ANY_NODE), STATUS_INVALID_PARAMETER);
    IS(KmPriorityPoolInit(&Pool, FALSE, 'rPnK', (EX_POOL_PRIORITY)1, KM_ANY_NODE), STATUS_INVALID_PARAMETER);
    IS(KmPriorityPoolInit(&Pool, FALSE, 'rPnK', (EX_POOL_PRIORITY)17, KM_ANY_NODE), STATUS_INVALID_PARAMETER);
    IS(KmPriorityPoolInit(&Pool, FALSE, 'rPnK', (EX_POOL_PRIORITY)48, KM_ANY_NODE), STATUS_INVALID_PARAMETER);
    IS(KmPriorityPoolInit(&Pool, FALSE, 'rPnK', (EX_POOL_PRIORITY)-1, KM_ANY_NODE), STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestOldWay, TestExecutable, TestCacheAligned, TestQuota, TestPriority)
