// SPDX-License-Identifier: MIT
// Lookaside lists over any allocator.
#include "test.h"
#include <kmode.h>

#include "shadow.h"

static AWKWARD_POOL Parent;
static KM_LOOKASIDE Lookaside;
static SHADOW Shadow;

static void TestErrors(void)
{
    KM_ALLOCATOR Nameless = KM_ALLOCATOR_INIT(KmNonPagedPool, 0);
    KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'aLnK');

    IS(KmLookasideInit(&Lookaside, &Nameless, 64), STATUS_INVALID_PARAMETER);
    IS(KmLookasideInit(&Lookaside, &Pool, 0), STATUS_INVALID_PARAMETER);
    IS(KmLookasideInit(&Lookaside, &Pool, 16 * 1024 * 1024 + 1), STATUS_INVALID_PARAMETER);
}

static void TestKept(void)
{
    PVOID Memory, Again;

    AwkwardInit(&Parent, 0);
    IS(KmLookasideInit(&Lookaside, &Parent.Allocator, 100), STATUS_SUCCESS);
    IS(Lookaside.Allocator.Operations->MaximumIrql, DISPATCH_LEVEL);
    IS(Lookaside.Allocator.Tag, AWKWARD_TAG);
    OK(KmAlloc(&Lookaside.Allocator, 101) == NULL);
    Memory = KmAlloc(&Lookaside.Allocator, 100);
    OK(Memory != NULL && ShadowHas((PUCHAR)Memory, 100, 0));
    OK(KmRealloc(&Lookaside.Allocator, Memory, 100, 50) == Memory);
    OK(KmRealloc(&Lookaside.Allocator, Memory, 50, 100) == Memory);
    OK(KmRealloc(&Lookaside.Allocator, Memory, 100, 101) == NULL);
    RtlFillMemory(Memory, 100, 0x55);
    KmFree(&Lookaside.Allocator, Memory, 100);
    IS(Parent.Live, 100);
    // The same again, and zeroed: not from the parent.
    Again = KmAlloc(&Lookaside.Allocator, 100);
    OK(Again == Memory && ShadowHas((PUCHAR)Again, 100, 0));
    IS(Parent.Requests, 1);
    KmFree(&Lookaside.Allocator, Again, 100);
    KmLookasideFlush(&Lookaside);
    IS(Parent.Live, 0);
    Memory = KmAllocUninitialized(&Lookaside.Allocator, 1);
    OK(Memory != NULL);
    KmFree(&Lookaside.Allocator, Memory, 1);
    KmLookasideDestroy(&Lookaside);
    IS(Parent.Live, 0);
}

static void TestModel(void)
{
    static const SIZE_T Sizes[] = {1, 8, 64, 3000};

    for (ULONG Size = 0; Size < RTL_NUMBER_OF(Sizes); Size += 1) {
        for (ULONG Way = 0; Way < 3; Way += 1) {
            KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'aLnK');
            KIRQL OldIrql;

            Pool.Operations = Way == 0 ? &KmPagedPool : &KmNonPagedPool;
            KeRaiseIrql(Way == 2 ? DISPATCH_LEVEL : PASSIVE_LEVEL, &OldIrql);
            IS(KmLookasideInit(&Lookaside, &Pool, Sizes[Size]), STATUS_SUCCESS);
            IS(Lookaside.Allocator.Operations->MaximumIrql, Way == 0 ? APC_LEVEL : DISPATCH_LEVEL);
            OK(ShadowRun(&Shadow, &Lookaside.Allocator, Size, 500, Sizes[Size]));
            IS(Shadow.Refusals, 0);
            KmLookasideDestroy(&Lookaside);
            KeLowerIrql(OldIrql);
        }
    }
}

static void TestFailures(void)
{
    for (LONG FailAt = 1; FailAt <= 3; FailAt += 1) {
        PVOID Objects[4];
        ULONG Missing = 0;

        AwkwardInit(&Parent, FailAt);
        IS(KmLookasideInit(&Lookaside, &Parent.Allocator, 64), STATUS_SUCCESS);
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Objects); Index += 1) {
            Objects[Index] = KmAlloc(&Lookaside.Allocator, 64);
            Missing += Objects[Index] == NULL;
        }
        IS(Missing, 1);
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Objects); Index += 1) {
            KmFree(&Lookaside.Allocator, Objects[Index], 64);
        }
        KmLookasideDestroy(&Lookaside);
        IS(Parent.Live, 0);
    }
}

// Over memory for any IRQL, the list itself is for DISPATCH_LEVEL.
static void TestOverBuffer(void)
{
    static DECLSPEC_ALIGN(16) UCHAR Buffer[1024];
    KM_FIXED_BUFFER Fixed;
    PVOID Memory;

    IS(KmFixedBufferInit(&Fixed, Buffer, sizeof(Buffer), 'aLnK'), STATUS_SUCCESS);
    IS(KmLookasideInit(&Lookaside, &Fixed.Allocator, 64), STATUS_SUCCESS);
    IS(Lookaside.Allocator.Operations->MaximumIrql, DISPATCH_LEVEL);
    Memory = KmAlloc(&Lookaside.Allocator, 64);
    OK(Memory == Buffer);
    KmFree(&Lookaside.Allocator, Memory, 64);
    KmLookasideDestroy(&Lookaside);
    IS(KmFixedBufferUsed(&Fixed), 0);
}

TEST_DRIVER(TestErrors, TestKept, TestModel, TestFailures, TestOverBuffer)
