// SPDX-License-Identifier: MIT
// The pool as an allocator, and what is the same for all allocators.
#include "test.h"
#include <kmode.h>

static BOOLEAN IsZero(const VOID *Memory, SIZE_T Bytes)
{
    const UCHAR *Byte = (const UCHAR *)Memory;
    for (SIZE_T Index = 0; Index < Bytes; Index += 1) {
        if (Byte[Index] != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static VOID TestPool(PKM_ALLOCATOR Allocator)
{
    PUCHAR Memory = (PUCHAR)KmAlloc(Allocator, 100), Larger;

    OK(Memory != NULL);
    IS((ULONG_PTR)Memory % MEMORY_ALLOCATION_ALIGNMENT, 0);
    OK(IsZero(Memory, 100));
    RtlFillMemory(Memory, 100, 7);
    Larger = (PUCHAR)KmRealloc(Allocator, Memory, 100, 10000);
    OK(Larger != NULL);
    IS(Larger[0], 7);
    IS(Larger[99], 7);
    Memory = (PUCHAR)KmRealloc(Allocator, Larger, 10000, 1);
    OK(Memory != NULL);
    IS(Memory[0], 7);
    OK(KmRealloc(Allocator, Memory, 1, 0) == NULL);
    KmFree(Allocator, Memory, 1);
    KmFree(Allocator, NULL, 1);

    OK(KmAlloc(Allocator, 0) == NULL);
    OK(KmAllocUninitialized(Allocator, 0) == NULL);
    Memory = (PUCHAR)KmAllocUninitialized(Allocator, 8);
    OK(Memory != NULL);
    KmFree(Allocator, Memory, 8);
    Memory = (PUCHAR)KmRealloc(Allocator, NULL, 0, 8);
    OK(Memory != NULL);
    KmFree(Allocator, Memory, 8);

    Memory = (PUCHAR)KmAllocArray(Allocator, 3, 5);
    OK(Memory != NULL && IsZero(Memory, 15));
    KmFree(Allocator, Memory, 15);
    OK(KmAllocArray(Allocator, (SIZE_T)-1 / 4, 8) == NULL);
    OK(KmAllocArray(Allocator, (SIZE_T)-1, (SIZE_T)-1) == NULL);
    OK(KmAllocArray(Allocator, 0, 8) == NULL);
    OK(KmAllocArray(Allocator, 8, 0) == NULL);
}

static void TestNonPagedPool(void)
{
    static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmNonPagedPool, 'lPnK');
    KIRQL OldIrql;

    IS(KmNonPagedPool.MaximumIrql, DISPATCH_LEVEL);
    TestPool(&Allocator);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    TestPool(&Allocator);
    KeLowerIrql(OldIrql);
}

static void TestPagedPool(void)
{
    static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmPagedPool, 'gPaK');
    KIRQL OldIrql;

    IS(KmPagedPool.MaximumIrql, APC_LEVEL);
    TestPool(&Allocator);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    TestPool(&Allocator);
    KeLowerIrql(OldIrql);
}

TEST_DRIVER(TestNonPagedPool, TestPagedPool)
