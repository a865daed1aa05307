// SPDX-License-Identifier: MIT
// Arenas: against the model, marks, what is given back and when, failures of the parent.
#include "test.h"
#include <kmode.h>

#include "shadow.h"

static AWKWARD_POOL Parent;
static KM_ARENA Arena;
static SHADOW Shadow;

static void TestErrors(void)
{
    KM_ALLOCATOR Nameless = KM_ALLOCATOR_INIT(KmNonPagedPool, 0);
    KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'gPaK');

    IS(KmArenaInit(&Arena, &Nameless, 4096), STATUS_INVALID_PARAMETER);
    IS(KmArenaInit(&Arena, &Paged, 127), STATUS_INVALID_PARAMETER);
    IS(KmArenaInit(&Arena, &Paged, ((SIZE_T)1 << 30) + 1), STATUS_INVALID_PARAMETER);
    IS(KmArenaInit(&Arena, &Paged, 128), STATUS_SUCCESS);
    IS(Arena.Allocator.Operations->MaximumIrql, APC_LEVEL);
    IS(Arena.Allocator.Tag, 'gPaK');
    KmArenaReset(&Arena);
    KmArenaDestroy(&Arena);
    KmArenaDestroy(&Arena);
}

static void TestModel(void)
{
    for (ULONG Seed = 1; Seed <= 20; Seed += 1) {
        AwkwardInit(&Parent, 0);
        IS(KmArenaInit(&Arena, &Parent.Allocator, 128 << Seed % 7), STATUS_SUCCESS);
        IS(Arena.Allocator.Operations->MaximumIrql, DISPATCH_LEVEL);
        OK(ShadowRun(&Shadow, &Arena.Allocator, Seed, 500, 1000));
        IS(Shadow.Refusals, 0);
        OK(Parent.Live != 0);
        KmArenaDestroy(&Arena);
        IS(Parent.Live, 0);
    }
}

static void TestMarks(void)
{
    KM_ARENA_MARK Empty, Outer, Inner;
    PUCHAR First, Second, Third;

    AwkwardInit(&Parent, 0);
    IS(KmArenaInit(&Arena, &Parent.Allocator, 256), STATUS_SUCCESS);
    IS(Parent.Requests, 0);
    Empty = KmArenaMark(&Arena);
    First = (PUCHAR)KmAlloc(&Arena.Allocator, 100);
    OK(First != NULL);
    RtlFillMemory(First, 100, 0x11);
    Outer = KmArenaMark(&Arena);
    Second = (PUCHAR)KmAlloc(&Arena.Allocator, 20);
    OK(Second == First + 112);
    Inner = KmArenaMark(&Arena);
    for (ULONG Index = 0; Index < 10; Index += 1) {
        OK(KmAlloc(&Arena.Allocator, 300) != NULL);
    }
    IS(Parent.Live, 256 + 10 * (300 + 4 + 16));
    KmArenaRewind(&Arena, Inner);
    IS(Parent.Live, 256);
    Third = (PUCHAR)KmAlloc(&Arena.Allocator, 8);
    OK(Third == Second + 32);
    KmArenaRewind(&Arena, Outer);
    OK(KmAlloc(&Arena.Allocator, 8) == Second);
    OK(ShadowHas(First, 100, 0x11));
    KmArenaRewind(&Arena, Empty);
    IS(Parent.Live, 0);

    // A reset keeps the first chunk.
    OK(KmAlloc(&Arena.Allocator, 200) != NULL);
    OK(KmAlloc(&Arena.Allocator, 2000) != NULL);
    KmArenaReset(&Arena);
    IS(Parent.Live, 256);
    Parent.Requests = 0;
    First = (PUCHAR)KmAlloc(&Arena.Allocator, 200);
    OK(First != NULL && ShadowHas(First, 200, 0));
    IS(Parent.Requests, 0);
    KmArenaDestroy(&Arena);
    IS(Parent.Live, 0);
}

static void TestLast(void)
{
    PUCHAR First, Second;

    AwkwardInit(&Parent, 0);
    IS(KmArenaInit(&Arena, &Parent.Allocator, 1024), STATUS_SUCCESS);
    First = (PUCHAR)KmAlloc(&Arena.Allocator, 100);
    OK(First != NULL);
    // The last one grows and shrinks where it is.
    OK(KmRealloc(&Arena.Allocator, First, 100, 500) == First);
    OK(KmRealloc(&Arena.Allocator, First, 500, 10) == First);
    Second = (PUCHAR)KmAlloc(&Arena.Allocator, 10);
    OK(Second == First + 16);
    // One that is not the last moves, to grow beyond what it has.
    OK(KmRealloc(&Arena.Allocator, First, 10, 16) == First);
    OK(KmRealloc(&Arena.Allocator, First, 16, 17) == Second + 16);
    KmFree(&Arena.Allocator, Second + 16, 17);
    KmFree(&Arena.Allocator, Second, 10);
    OK(KmAlloc(&Arena.Allocator, 10) == Second);
    IS(Parent.Requests, 1);
    OK(KmRealloc(&Arena.Allocator, Second, 10, 2000) != NULL);
    IS(Parent.Requests, 2);
    OK(KmAlloc(&Arena.Allocator, (SIZE_T)-1) == NULL);
    OK(KmAlloc(&Arena.Allocator, (SIZE_T)-16) == NULL);
    OK(KmAlloc(&Arena.Allocator, (SIZE_T)-32) == NULL);
    OK(KmRealloc(&Arena.Allocator, Second, 10, (SIZE_T)-1) == NULL);
    KmArenaDestroy(&Arena);
    IS(Parent.Live, 0);
}

static void TestFailures(void)
{
    BOOLEAN Failed = TRUE, Clean = TRUE;
    LONG FailAt = 1;

    for (; Failed; FailAt += 1) {
        PVOID Memory = NULL;
        ULONG Count = 0;

        AwkwardInit(&Parent, FailAt);
        Clean = Clean && KmArenaInit(&Arena, &Parent.Allocator, 512) == STATUS_SUCCESS;
        do {
            Memory = KmAlloc(&Arena.Allocator, 100);
            Count += Memory != NULL;
        } while (Memory != NULL && Count < 50);
        Failed = Memory == NULL;
        // What failed has changed nothing: the next time there is memory.
        Clean = Clean && KmAlloc(&Arena.Allocator, 100) != NULL;
        KmArenaDestroy(&Arena);
        Clean = Clean && Parent.Live == 0;
    }
    OK(Clean);
    OK(FailAt > 10);
}

TEST_DRIVER(TestErrors, TestModel, TestMarks, TestLast, TestFailures)
