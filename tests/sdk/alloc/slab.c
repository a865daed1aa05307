// SPDX-License-Identifier: MIT
// Slabs on one processor: sizes, what is kept and what goes back, failures of the parent, errors.
#include "test.h"
#include <kmode.h>

#include "shadow.h"

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'lSnK');
static KM_SLAB Slab;
static SHADOW Shadow;
static KM_SLAB_STATISTICS Statistics;
static PVOID Objects[3000];

static void TestErrors(void)
{
    static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'lSnK');
    KM_ALLOCATOR Nameless = KM_ALLOCATOR_INIT(KmNonPagedPool, 0);
    KM_SLAB_CONFIG Config;

    IS(KmSlabInit(&Slab, &Nameless, 64, NULL), STATUS_INVALID_PARAMETER);
    IS(KmSlabInit(&Slab, &Paged, 64, NULL), STATUS_INVALID_PARAMETER);
    IS(KmSlabInit(&Slab, &Pool, 0, NULL), STATUS_INVALID_PARAMETER);
    IS(KmSlabInit(&Slab, &Pool, 16 * 1024 * 1024 + 1, NULL), STATUS_INVALID_PARAMETER);
    KmSlabConfigInit(&Config, 64);
    IS(Config.BatchObjects, 64);
    IS(Config.ProcessorBatches, 16);
    IS(Config.DepotBatches, 32);
    Config.BatchObjects = 0;
    IS(KmSlabInit(&Slab, &Pool, 64, &Config), STATUS_INVALID_PARAMETER);
    Config.BatchObjects = 1025;
    IS(KmSlabInit(&Slab, &Pool, 64, &Config), STATUS_INVALID_PARAMETER);
    Config.BatchObjects = 1;
    Config.ProcessorBatches = 0;
    IS(KmSlabInit(&Slab, &Pool, 64, &Config), STATUS_INVALID_PARAMETER);
    Config.ProcessorBatches = 65;
    IS(KmSlabInit(&Slab, &Pool, 64, &Config), STATUS_INVALID_PARAMETER);
    KmSlabConfigInit(&Config, 0);
    OK(Config.BatchObjects != 0);
}

static void TestSizes(void)
{
    static const SIZE_T Sizes[] = {1, 8, 16, 17, 64, 100, 255, 512, 1000, 1008, 1009, 4096, 20000};

    for (ULONG Size = 0; Size < RTL_NUMBER_OF(Sizes); Size += 1) {
        for (ULONG Way = 0; Way < 4; Way += 1) {
            KM_SLAB_CONFIG Config;

            KmSlabConfigInit(&Config, Sizes[Size]);
            if (Way == 1) {
                Config.BatchObjects = 1;
                Config.ProcessorBatches = 1;
                Config.DepotBatches = 0;
                Config.EmptyPages = 0;
            } else if (Way == 2) {
                Config.Direct = TRUE;
            } else if (Way == 3) {
                Config.BatchObjects = 3;
                Config.ProcessorBatches = 4;
                Config.DepotBatches = 2;
            }
            IS(KmSlabInit(&Slab, &Pool, Sizes[Size], Way == 0 ? NULL : &Config), STATUS_SUCCESS);
            IS(Slab.Allocator.Tag, 'lSnK');
            OK(ShadowRun(&Shadow, &Slab.Allocator, Size * 4 + Way, Sizes[Size] > 1009 ? 300 : 1000,
                         Sizes[Size]));
            IS(Shadow.Refusals, 0);
            KmSlabQuery(&Slab, &Statistics);
            IS(Statistics.LiveObjects, 0);
            IS(Statistics.Allocations, Statistics.Frees);
            OK(Statistics.Allocations >= Shadow.Allocations);
            IS(Statistics.Failures, 0);
            OK(KmAlloc(&Slab.Allocator, Slab.ObjectBytes + 1) == NULL);
            IS(KmSlabDestroy(&Slab), STATUS_SUCCESS);
        }
    }
}

static ULONG AllocateAll(ULONG Count)
{
    ULONG Index = 0;

    while (Index < Count && (Objects[Index] = KmSlabAlloc(&Slab)) != NULL) {
        *(PULONG)Objects[Index] = Index;
        Index += 1;
    }
    return Index;
}

static BOOLEAN FreeAll(ULONG Count)
{
    BOOLEAN Intact = TRUE;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        Intact = Intact && *(PULONG)Objects[Index] == Index;
        KmSlabFree(&Slab, Objects[Index]);
    }
    return Intact;
}

static void TestWhatIsKept(void)
{
    KM_SLAB_CONFIG Config;

    KmSlabConfigInit(&Config, 64);
    Config.BatchObjects = 16;
    Config.ProcessorBatches = 2;
    Config.DepotBatches = 4;
    Config.EmptyPages = 3;
    IS(KmSlabInit(&Slab, &Pool, 64, &Config), STATUS_SUCCESS);
    KmSlabQuery(&Slab, &Statistics);
    IS(Statistics.BytesFromParent, 0);

    IS(AllocateAll(3000), 3000);
    KmSlabQuery(&Slab, &Statistics);
    IS(Statistics.LiveObjects, 3000);
    IS(Statistics.PagesAllocated, 48); // 63 objects a page
    IS(Statistics.BytesFromParent, 48 * PAGE_SIZE);
    IS(Statistics.Allocations, 3000);
    OK(Statistics.CacheMisses <= 48 * 4); // four batches a page
    IS(KmSlabDestroy(&Slab), STATUS_DEVICE_BUSY);
    OK(FreeAll(3000));

    KmSlabQuery(&Slab, &Statistics);
    IS(Statistics.LiveObjects, 0);
    IS(Statistics.DepotObjects, 64);
    OK(Statistics.ProcessorObjects <= 32);
    OK(Statistics.EmptyPages <= 3);
    OK(Statistics.PagesFreed > 30);
    KmSlabFlush(&Slab);
    KmSlabQuery(&Slab, &Statistics);
    IS(Statistics.BytesFromParent, 0);
    IS(Statistics.DepotObjects, 0);
    IS(Statistics.ProcessorObjects, 0);
    IS(Statistics.EmptyPages, 0);
    IS(Statistics.PagesFreed, Statistics.PagesAllocated);

    // One object in use keeps one page.
    IS(AllocateAll(1000), 1000);
    for (ULONG Index = 0; Index < 999; Index += 1) {
        KmSlabFree(&Slab, Objects[Index]);
    }
    KmSlabFlush(&Slab);
    KmSlabQuery(&Slab, &Statistics);
    IS(Statistics.LiveObjects, 1);
    IS(Statistics.BytesFromParent, PAGE_SIZE);
    IS(KmSlabDestroy(&Slab), STATUS_DEVICE_BUSY);
    KmSlabFree(&Slab, Objects[999]);
    KmSlabFree(&Slab, NULL);
    KmSlabFreeAtDpcLevel(&Slab, NULL);
    IS(KmSlabDestroy(&Slab), STATUS_SUCCESS);
}

// The last freed is the next given: its lines are in the processor's cache.
static void TestOrder(void)
{
    KIRQL OldIrql;
    PVOID First, Second;

    IS(KmSlabInit(&Slab, &Pool, 48, NULL), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    First = KmSlabAllocAtDpcLevel(&Slab);
    Second = KmSlabAllocAtDpcLevel(&Slab);
    OK(First != NULL && Second != NULL);
    IS((PUCHAR)Second - (PUCHAR)First, 48);
    KmSlabFreeAtDpcLevel(&Slab, First);
    OK(KmSlabAllocAtDpcLevel(&Slab) == First);
    KmSlabFree(&Slab, First);
    KmSlabFree(&Slab, Second);
    OK(KmSlabAlloc(&Slab) == Second);
    KmSlabFree(&Slab, Second);
    KeLowerIrql(OldIrql);
    IS(KmSlabDestroy(&Slab), STATUS_SUCCESS);
}

static void TestBatches(void)
{
    AWKWARD_POOL Parent;
    ULONG Count;

    IS(KmSlabInit(&Slab, &Pool, 64, NULL), STATUS_SUCCESS);
    for (ULONG Size = 0; Size <= 3000; Size += 500) {
        BOOLEAN Intact = TRUE;

        IS(KmSlabAllocBatch(&Slab, Objects, Size), Size);
        for (ULONG Index = 0; Index < Size; Index += 1) {
            RtlFillMemory(Objects[Index], 64, (UCHAR)Index);
        }
        for (ULONG Index = 0; Index < Size; Index += 1) {
            Intact = Intact && ShadowHas((PUCHAR)Objects[Index], 64, (UCHAR)Index);
        }
        OK(Intact);
        KmSlabQuery(&Slab, &Statistics);
        IS(Statistics.LiveObjects, Size);
        if (Size != 0) {
            KmSlabFree(&Slab, Objects[7]);
            Objects[7] = NULL;
        }
        KmSlabFreeBatch(&Slab, Objects, Size);
        KmSlabQuery(&Slab, &Statistics);
        IS(Statistics.LiveObjects, 0);
        IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
    IS(KmSlabDestroy(&Slab), STATUS_SUCCESS);

    // The third page is refused.
    AwkwardInit(&Parent, 0);
    IS(KmSlabInit(&Slab, &Parent.Allocator, 64, NULL), STATUS_SUCCESS);
    Parent.FailAt = Parent.Requests + 5; // a page that is not aligned is asked for twice
    Count = KmSlabAllocBatch(&Slab, Objects, 3000);
    IS(Count, 2 * 63);
    KmSlabFreeBatch(&Slab, Objects, Count);
    IS(KmSlabDestroy(&Slab), STATUS_SUCCESS);
    IS(Parent.Live, 0);
}

static void TestIrqls(void)
{
    static const KIRQL Irqls[] = {PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Irqls); Index += 1) {
        KIRQL OldIrql;

        KeRaiseIrql(Irqls[Index], &OldIrql);
        IS(KmSlabInit(&Slab, &Pool, 200, NULL), STATUS_SUCCESS);
        IS(AllocateAll(500), 500);
        IS(KeGetCurrentIrql(), Irqls[Index]);
        OK(FreeAll(500));
        IS(KeGetCurrentIrql(), Irqls[Index]);
        IS(KmSlabDestroy(&Slab), STATUS_SUCCESS);
        IS(KeGetCurrentIrql(), Irqls[Index]);
        KeLowerIrql(OldIrql);
    }
}

// Every request of a slab to its parent is refused once.
static void TestFailures(void)
{
    static const SIZE_T Sizes[] = {64, 3000};
    AWKWARD_POOL Parent;

    for (ULONG Size = 0; Size < RTL_NUMBER_OF(Sizes); Size += 1) {
        BOOLEAN Failed = TRUE, Clean = TRUE;
        LONG FailAt = 1;

        for (; Failed; FailAt += 1) {
            NTSTATUS Status;

            AwkwardInit(&Parent, FailAt);
            Status = KmSlabInit(&Slab, &Parent.Allocator, Sizes[Size], NULL);
            if (Status == STATUS_SUCCESS) {
                ULONG Count = AllocateAll(200);

                KmSlabQuery(&Slab, &Statistics);
                Failed = Count != 200;
                Clean = Clean && Statistics.LiveObjects == Count && Statistics.Failures == (Failed ? 1 : 0);
                Clean = Clean && FreeAll(Count) && KmSlabDestroy(&Slab) == STATUS_SUCCESS;
            } else {
                Clean = Clean && Status == STATUS_INSUFFICIENT_RESOURCES;
            }
            Clean = Clean && Parent.Live == 0;
        }
        OK(Clean);
        OK(FailAt > 6);
    }
}

// A parent whose pages are not aligned to a page.
static void TestAwkwardParent(void)
{
    AWKWARD_POOL Parent;

    AwkwardInit(&Parent, 0);
    IS(KmSlabInit(&Slab, &Parent.Allocator, 64, NULL), STATUS_SUCCESS);
    IS(AllocateAll(1000), 1000);
    OK(FreeAll(1000));
    OK(ShadowRun(&Shadow, &Slab.Allocator, 1, 3000, 64));
    IS(KmSlabDestroy(&Slab), STATUS_SUCCESS);
    IS(Parent.Live, 0);
}

static KM_SLAB_HEAP Heap;

static void TestHeap(void)
{
    KM_ALLOCATOR Nameless = KM_ALLOCATOR_INIT(KmNonPagedPool, 0);
    AWKWARD_POOL Parent;
    PVOID Memory;

    for (ULONG Direct = 0; Direct < 2; Direct += 1) {
        IS(KmSlabHeapInit(&Heap, &Pool, (BOOLEAN)Direct), STATUS_SUCCESS);
        for (ULONG Seed = 1; Seed <= 10; Seed += 1) {
            OK(ShadowRun(&Shadow, &Heap.Allocator, Seed, 1000, Seed % 2 ? 3000 : 300));
            IS(Shadow.Refusals, 0);
        }
        Memory = KmAlloc(&Heap.Allocator, 300);
        OK(Memory != NULL);
        if (!Direct) {
            OK(KmRealloc(&Heap.Allocator, Memory, 300, 320) == Memory);
            OK(KmRealloc(&Heap.Allocator, Memory, 320, 300) == Memory);
            IS(KmSlabHeapDestroy(&Heap), STATUS_DEVICE_BUSY);
        }
        KmFree(&Heap.Allocator, Memory, 300);
        KmSlabHeapFlush(&Heap);
        IS(KmSlabHeapDestroy(&Heap), STATUS_SUCCESS);
    }

    // Each size once: the class is large enough, and no more than a quarter too large beyond 128 bytes.
    IS(KmSlabHeapInit(&Heap, &Pool, FALSE), STATUS_SUCCESS);
    for (SIZE_T Bytes = 1; Bytes <= KM_SLAB_HEAP_MAXIMUM; Bytes += 1) {
        SIZE_T Class = 0;

        while (Heap.Classes[Class].ObjectBytes < Bytes) {
            Class += 1;
        }
        Memory = KmAlloc(&Heap.Allocator, Bytes);
        KmSlabQuery(&Heap.Classes[Class], &Statistics);
        if (Memory == NULL || Statistics.LiveObjects != 1 ||
            Heap.Classes[Class].ObjectBytes > max(Bytes + 15, Bytes * 13 / 10 + 16)) {
            OK(!"a class for each size");
        }
        KmFree(&Heap.Allocator, Memory, Bytes);
    }
    IS(KmSlabHeapDestroy(&Heap), STATUS_SUCCESS);

    IS(KmSlabHeapInit(&Heap, &Nameless, FALSE), STATUS_INVALID_PARAMETER);
    for (LONG FailAt = 1; FailAt <= 2 * KM_SLAB_HEAP_CLASSES; FailAt += 1) {
        AwkwardInit(&Parent, FailAt);
        if (KmSlabHeapInit(&Heap, &Parent.Allocator, FALSE) != STATUS_INSUFFICIENT_RESOURCES ||
            Parent.Live != 0) {
            OK(!"a heap that cannot be made leaves nothing");
        }
    }
    AwkwardInit(&Parent, 2 * KM_SLAB_HEAP_CLASSES + 1);
    IS(KmSlabHeapInit(&Heap, &Parent.Allocator, FALSE), STATUS_SUCCESS);
    OK(KmAlloc(&Heap.Allocator, 40) == NULL);
    IS(KmSlabHeapDestroy(&Heap), STATUS_SUCCESS);
    IS(Parent.Live, 0);
}

TEST_DRIVER(TestErrors, TestSizes, TestWhatIsKept, TestOrder, TestBatches, TestIrqls, TestFailures,
            TestAwkwardParent, TestHeap)
