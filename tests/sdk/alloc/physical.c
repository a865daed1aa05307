// SPDX-License-Identifier: MIT
// Physically contiguous memory, its limits, and pages from anywhere.
#include "test.h"
#include <kmode.h>

#include "shadow.h"

static KM_CONTIGUOUS Contiguous;
static KM_PHYSICAL_LIMITS Limits;

static BOOLEAN IsContiguous(PUCHAR Memory, SIZE_T Bytes)
{
    ULONG64 First = (ULONG64)KmPhysicalAddress(Memory).QuadPart;

    for (SIZE_T Offset = 0; Offset < Bytes; Offset += PAGE_SIZE) {
        if ((ULONG64)KmPhysicalAddress(Memory + Offset).QuadPart != First + Offset) {
            return FALSE;
        }
    }
    return First != 0;
}

static VOID TestAt(KIRQL Irql)
{
    static const SIZE_T Sizes[] = {1, 4096, 5000, 65536};
    KIRQL OldIrql;

    KeRaiseIrql(Irql, &OldIrql);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Sizes); Index += 1) {
        PUCHAR Memory = (PUCHAR)KmAlloc(&Contiguous.Allocator, Sizes[Index]);

        OK(Memory != NULL && ShadowHas(Memory, Sizes[Index], 0));
        IS((ULONG_PTR)Memory % PAGE_SIZE, 0);
        OK(IsContiguous(Memory, Sizes[Index]));
        RtlFillMemory(Memory, Sizes[Index], 0x77);
        Memory = (PUCHAR)KmRealloc(&Contiguous.Allocator, Memory, Sizes[Index], Sizes[Index] + PAGE_SIZE);
        OK(Memory != NULL && ShadowHas(Memory, Sizes[Index], 0x77));
        KmFree(&Contiguous.Allocator, Memory, Sizes[Index] + PAGE_SIZE);
    }
    OK(KmAlloc(&Contiguous.Allocator, (SIZE_T)1 << 50) == NULL);
    OK(KmAlloc(&Contiguous.Allocator, (SIZE_T)-1) == NULL);
    KeLowerIrql(OldIrql);
}

// Above PASSIVE_LEVEL first: the routines of Windows 7 are used until the newer one has been looked for.
static void TestIrqls(void)
{
    KmPhysicalLimitsInit(&Limits);
    IS(KmContiguousInit(&Contiguous, &Limits, 'oCnK'), STATUS_SUCCESS);
    IS(Contiguous.Allocator.Operations->MaximumIrql, DISPATCH_LEVEL);
    TestAt(DISPATCH_LEVEL);
    TestAt(PASSIVE_LEVEL);
    TestAt(APC_LEVEL);
    TestAt(DISPATCH_LEVEL);
}

static void TestLimits(void)
{
    static const MEMORY_CACHING_TYPE CacheTypes[] = {MmNonCached, MmCached, MmWriteCombined};
    PUCHAR Memory, Blocks[8];
    ULONG64 Address;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(CacheTypes); Index += 1) {
        KmPhysicalLimitsInit(&Limits);
        Limits.Lowest.QuadPart = 0x8000000;
        Limits.Highest.QuadPart = 0x80FFFFF;
        Limits.Boundary.QuadPart = 0x10000;
        Limits.CacheType = CacheTypes[Index];
        Limits.Node = Index == 0 ? 0 : KM_ANY_NODE;
        IS(KmContiguousInit(&Contiguous, &Limits, 'oCnK'), STATUS_SUCCESS);
        for (ULONG Block = 0; Block < RTL_NUMBER_OF(Blocks); Block += 1) {
            Blocks[Block] = (PUCHAR)KmAlloc(&Contiguous.Allocator, 0x5000);
            Address = (ULONG64)KmPhysicalAddress(Blocks[Block]).QuadPart;
            OK(Blocks[Block] != NULL && Address >= 0x8000000 && Address + 0x5000 <= 0x8100000);
            IS(Address / 0x10000, (Address + 0x4FFF) / 0x10000);
        }
        for (ULONG Block = 0; Block < RTL_NUMBER_OF(Blocks); Block += 1) {
            KmFree(&Contiguous.Allocator, Blocks[Block], 0x5000);
        }
        Memory = (PUCHAR)KmAlloc(&Contiguous.Allocator, 0x10000);
        OK(Memory != NULL);
        KmFree(&Contiguous.Allocator, Memory, 0x10000);
        // More than lies between two boundaries.
        OK(KmAlloc(&Contiguous.Allocator, 0x10001) == NULL);
    }
    // A node that does not exist.
    Limits.Node = 17;
    IS(KmContiguousInit(&Contiguous, &Limits, 'oCnK'), STATUS_SUCCESS);
    OK(KmAlloc(&Contiguous.Allocator, 4096) == NULL);
    // A range without a whole page.
    KmPhysicalLimitsInit(&Limits);
    Limits.Lowest.QuadPart = 0x8000001;
    Limits.Highest.QuadPart = 0x8001FFE;
    IS(KmContiguousInit(&Contiguous, &Limits, 'oCnK'), STATUS_SUCCESS);
    OK(KmAlloc(&Contiguous.Allocator, 4096) == NULL);
}

static void TestErrors(void)
{
    KM_PAGES Pages;

    KmPhysicalLimitsInit(&Limits);
    IS(KmContiguousInit(&Contiguous, &Limits, 0), STATUS_INVALID_PARAMETER);
    Limits.Lowest.QuadPart = 0x2000;
    Limits.Highest.QuadPart = 0x1FFF;
    IS(KmContiguousInit(&Contiguous, &Limits, 'oCnK'), STATUS_INVALID_PARAMETER);
    IS(KmPagesAlloc(&Pages, 1, &Limits), STATUS_INVALID_PARAMETER);
    KmPhysicalLimitsInit(&Limits);
    Limits.Boundary.QuadPart = 0x3000;
    IS(KmContiguousInit(&Contiguous, &Limits, 'oCnK'), STATUS_INVALID_PARAMETER);
    KmPhysicalLimitsInit(&Limits);
    Limits.CacheType = MmMaximumCacheType;
    IS(KmContiguousInit(&Contiguous, &Limits, 'oCnK'), STATUS_INVALID_PARAMETER);
    IS(KmPagesAlloc(&Pages, 0, NULL), STATUS_INVALID_PARAMETER);
    IS(KmPagesAlloc(&Pages, 0x100000000 - PAGE_SIZE + 1, NULL), STATUS_INVALID_PARAMETER);
    OK(Pages.Mdl == NULL && Pages.Address == NULL && Pages.Bytes == 0);
    KmPagesFree(&Pages);
}

static void TestPages(void)
{
    static const KIRQL Irqls[] = {PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL};
    KM_PAGES Pages, Others;
    KIRQL OldIrql;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Irqls); Index += 1) {
        BOOLEAN Below = TRUE;

        KeRaiseIrql(Irqls[Index], &OldIrql);
        IS(KmPagesAlloc(&Pages, 100000, NULL), STATUS_SUCCESS);
        IS(Pages.Bytes, 25 * PAGE_SIZE);
        IS(MmGetMdlByteCount(Pages.Mdl), Pages.Bytes);
        OK(ShadowHas((PUCHAR)Pages.Address, Pages.Bytes, 0));
        RtlFillMemory(Pages.Address, Pages.Bytes, 0x33);
        IS(MmGetMdlPfnArray(Pages.Mdl)[3],
           KmPhysicalAddress((PUCHAR)Pages.Address + 3 * PAGE_SIZE).QuadPart / PAGE_SIZE);
        KmPhysicalLimitsInit(&Limits);
        Limits.Highest.QuadPart = 0x8FFFFFF;
        Limits.CacheType = MmWriteCombined;
        IS(KmPagesAlloc(&Others, 1, &Limits), STATUS_SUCCESS);
        IS(Others.Bytes, PAGE_SIZE);
        Below = KmPhysicalAddress(Others.Address).QuadPart < 0x9000000;
        OK(Below);
        RtlFillMemory(Others.Address, Others.Bytes, 0x44);
        OK(ShadowHas((PUCHAR)Pages.Address, Pages.Bytes, 0x33));
        KmPagesFree(&Others);
        KmPagesFree(&Pages);
        OK(Pages.Mdl == NULL && Pages.Address == NULL && Pages.Bytes == 0);
        KmPagesFree(&Pages);
        KeLowerIrql(OldIrql);
    }
    // More than lies in the range.
    Limits.Lowest.QuadPart = 0x8F00000;
    Limits.Highest.QuadPart = 0x8FFFFFF;
    IS(KmPagesAlloc(&Pages, 0x100001, &Limits), STATUS_INSUFFICIENT_RESOURCES);
    OK(Pages.Mdl == NULL);
}

TEST_DRIVER(TestIrqls, TestLimits, TestErrors, TestPages)
