// SPDX-License-Identifier: MIT
// The counting and the failing allocator, over each other, over an arena and a buffer.
#include "test.h"
#include <kmode.h>

#include "shadow.h"

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'tTnK');
static KM_COUNTING_ALLOCATOR Counting;
static KM_FAILING_ALLOCATOR Failing;
static KM_COUNTING_STATISTICS Counts;
static SHADOW Shadow;

static void TestCounting(void)
{
    KM_ALLOCATOR Nameless = KM_ALLOCATOR_INIT(KmNonPagedPool, 0);
    PVOID First, Second;

    IS(KmCountingInit(&Counting, &Nameless), STATUS_INVALID_PARAMETER);
    IS(KmCountingInit(&Counting, &Pool), STATUS_SUCCESS);
    IS(Counting.Allocator.Tag, 'tTnK');
    IS(Counting.Allocator.Operations->MaximumIrql, DISPATCH_LEVEL);
    First = KmAlloc(&Counting.Allocator, 100);
    Second = KmAlloc(&Counting.Allocator, 200);
    OK(KmAlloc(&Counting.Allocator, (SIZE_T)1 << 62) == NULL);
    KmCountingQuery(&Counting, &Counts);
    IS(Counts.LiveBlocks, 2);
    IS(Counts.LiveBytes, 300);
    IS(Counts.Failures, 1);
    IS(KmCountingEnd(&Counting), STATUS_DEVICE_BUSY);
    KmFree(&Counting.Allocator, First, 100);
    Second = KmRealloc(&Counting.Allocator, Second, 200, 50);
    KmCountingQuery(&Counting, &Counts);
    IS(Counts.LiveBlocks, 1);
    IS(Counts.LiveBytes, 50);
    IS(Counts.PeakBytes, 300);
    IS(Counts.TotalBlocks, 3);
    IS(Counts.TotalBytes, 350);
    KmFree(&Counting.Allocator, Second, 50);
    IS(KmCountingEnd(&Counting), STATUS_SUCCESS);
    // Freed with another size than it was allocated with: no block is left, but the bytes tell.
    First = KmAlloc(&Counting.Allocator, 100);
    KmFree(&Counting.Allocator, First, 90);
    IS(KmCountingEnd(&Counting), STATUS_DEVICE_BUSY);
}

// Resizes in place are counted as well.
static void TestCountingInPlace(void)
{
    static DECLSPEC_ALIGN(16) UCHAR Buffer[4096];
    KM_FIXED_BUFFER Fixed;
    PVOID Memory;

    IS(KmFixedBufferInit(&Fixed, Buffer, sizeof(Buffer), 'tTnK'), STATUS_SUCCESS);
    IS(KmCountingInit(&Counting, &Fixed.Allocator), STATUS_SUCCESS);
    IS(Counting.Allocator.Operations->MaximumIrql, HIGH_LEVEL);
    Memory = KmAlloc(&Counting.Allocator, 100);
    OK(KmRealloc(&Counting.Allocator, Memory, 100, 1000) == Memory);
    OK(KmRealloc(&Counting.Allocator, Memory, 1000, 10) == Memory);
    KmCountingQuery(&Counting, &Counts);
    IS(Counts.LiveBlocks, 1);
    IS(Counts.LiveBytes, 10);
    IS(Counts.PeakBytes, 1000);
    IS(Counts.TotalBlocks, 1);
    IS(Counts.TotalBytes, 1000);
    KmFree(&Counting.Allocator, Memory, 10);
    IS(KmCountingEnd(&Counting), STATUS_SUCCESS);
    for (ULONG Seed = 1; Seed <= 10; Seed += 1) {
        OK(ShadowRun(&Shadow, &Counting.Allocator, Seed, 500, 300));
        IS(KmCountingEnd(&Counting), STATUS_SUCCESS);
        IS(KmFixedBufferUsed(&Fixed), 0);
    }
}

// Which of the next 32 requests are refused, as bits.
static ULONG Refusals(void)
{
    ULONG Bits = 0;

    for (ULONG Index = 0; Index < 32; Index += 1) {
        PVOID Memory = KmAlloc(&Failing.Allocator, 8);

        Bits |= (ULONG)(Memory == NULL) << Index;
        KmFree(&Failing.Allocator, Memory, 8);
    }
    return Bits;
}

static void TestFailing(void)
{
    KM_ALLOCATOR Nameless = KM_ALLOCATOR_INIT(KmNonPagedPool, 0);
    PVOID First, Second;
    ULONG Drawn, Many = 0;

    IS(KmFailingInit(&Failing, &Nameless), STATUS_INVALID_PARAMETER);
    IS(KmFailingInit(&Failing, &Pool), STATUS_SUCCESS);
    IS(Failing.Allocator.Tag, 'tTnK');
    IS(Refusals(), 0);
    IS(KmFailingRefused(&Failing), 0);
    KmFailingSetNth(&Failing, 5);
    IS(Refusals(), 1 << 4);
    IS(KmFailingRefused(&Failing), 1);
    IS(Refusals(), 0);
    KmFailingSetNth(&Failing, 0);
    KmFailingSetEvery(&Failing, 8);
    IS(Refusals(), 0x80808080);
    IS(KmFailingRefused(&Failing), 4);
    KmFailingSetNth(&Failing, 1);
    IS(Refusals(), 0x80808081);
    KmFailingSetEvery(&Failing, 1);
    IS(Refusals(), 0xFFFFFFFF);
    KmFailingSetNth(&Failing, 0);
    KmFailingSetEvery(&Failing, 0);

    KmFailingSetBudget(&Failing, 300);
    First = KmAlloc(&Failing.Allocator, 200);
    OK(First != NULL);
    OK(KmAlloc(&Failing.Allocator, 101) == NULL);
    OK(KmAlloc(&Failing.Allocator, (SIZE_T)-1) == NULL);
    IS(KmFailingRefused(&Failing), 2);
    Second = KmAlloc(&Failing.Allocator, 100);
    OK(Second != NULL);
    OK(KmAlloc(&Failing.Allocator, 1) == NULL);
    KmFree(&Failing.Allocator, First, 200);
    First = KmRealloc(&Failing.Allocator, Second, 100, 200);
    OK(First != NULL);
    KmFree(&Failing.Allocator, First, 200);
    IS(Failing.LiveBytes, 0);
    KmFailingSetBudget(&Failing, 0);
    IS(Refusals(), 0xFFFFFFFF);
    KmFailingSetBudget(&Failing, -1);
    IS(Refusals(), 0);
    // What the parent refuses is not counted as allocated.
    OK(KmAlloc(&Failing.Allocator, (SIZE_T)1 << 62) == NULL);
    IS(Failing.LiveBytes, 0);
    IS(KmFailingRefused(&Failing), 0);

    KmFailingSetRandom(&Failing, 7331, 500);
    Drawn = Refusals();
    OK(Drawn != 0 && Drawn != 0xFFFFFFFF);
    OK(Refusals() != Drawn);
    KmFailingSetRandom(&Failing, 7331, 500);
    IS(Refusals(), Drawn);
    KmFailingSetRandom(&Failing, 7332, 500);
    OK(Refusals() != Drawn);
    KmFailingSetRandom(&Failing, 1, 1000);
    IS(Refusals(), 0xFFFFFFFF);
    KmFailingSetRandom(&Failing, 1, 100);
    for (ULONG Index = 0; Index < 100; Index += 1) {
        Refusals();
    }
    Many = (ULONG)KmFailingRefused(&Failing);
    OK(Many > 200 && Many < 450); // of 3200
    KmFailingSetRandom(&Failing, 1, 0);
    IS(Refusals(), 0);
}

// The idiom of the header: everything fails once, nothing is left.
static void TestEverythingFailsOnce(void)
{
    ULONG64 Request = 0;
    BOOLEAN Clean = TRUE;
    KM_ARENA Arena;

    do {
        Request += 1;
        Clean = Clean && KmCountingInit(&Counting, &Pool) == STATUS_SUCCESS &&
                KmFailingInit(&Failing, &Counting.Allocator) == STATUS_SUCCESS &&
                KmArenaInit(&Arena, &Failing.Allocator, 256) == STATUS_SUCCESS;
        KmFailingSetNth(&Failing, Request);
        Clean = Clean && ShadowRun(&Shadow, &Arena.Allocator, 5, 100, 400);
        Clean = Clean && (Shadow.Refusals != 0) == (KmFailingRefused(&Failing) != 0);
        KmArenaDestroy(&Arena);
        Clean = Clean && KmCountingEnd(&Counting) == STATUS_SUCCESS;
    } while (Clean && KmFailingRefused(&Failing) != 0);
    OK(Clean);
    OK(Request > 10);
}

// Growth is a request even where the parent could grow in place.
static void TestFailingGrowth(void)
{
    KM_ARENA Arena;
    PVOID Memory;

    IS(KmArenaInit(&Arena, &Pool, 4096), STATUS_SUCCESS);
    IS(KmFailingInit(&Failing, &Arena.Allocator), STATUS_SUCCESS);
    KmFailingSetNth(&Failing, 2);
    Memory = KmAlloc(&Failing.Allocator, 100);
    OK(KmRealloc(&Failing.Allocator, Memory, 100, 200) == NULL);
    OK(KmRealloc(&Failing.Allocator, Memory, 100, 50) == Memory);
    IS(Failing.LiveBytes, 50);
    Memory = KmRealloc(&Failing.Allocator, Memory, 50, 200);
    OK(Memory != NULL);
    IS(Failing.LiveBytes, 200);
    KmFree(&Failing.Allocator, Memory, 200);
    KmArenaDestroy(&Arena);
}

static void TestModels(void)
{
    for (ULONG Seed = 1; Seed <= 20; Seed += 1) {
        IS(KmCountingInit(&Counting, &Pool), STATUS_SUCCESS);
        IS(KmFailingInit(&Failing, &Counting.Allocator), STATUS_SUCCESS);
        KmFailingSetRandom(&Failing, Seed, 200);
        KmFailingSetBudget(&Failing, 20000);
        OK(ShadowRun(&Shadow, &Failing.Allocator, Seed, 1000, 2000));
        IS(Shadow.Refusals, KmFailingRefused(&Failing));
        IS(Failing.LiveBytes, 0);
        KmCountingQuery(&Counting, &Counts);
        OK(Counts.PeakBytes <= 20000);
        IS(KmCountingEnd(&Counting), STATUS_SUCCESS);
    }
}

TEST_DRIVER(TestCounting, TestCountingInPlace, TestFailing, TestEverythingFailsOnce, TestFailingGrowth,
            TestModels)
