// SPDX-License-Identifier: MIT
// The caller's memory as an allocator: against the model, at every IRQL, by several processors at once.
#include "test.h"
#include <kmode.h>

#include "shadow.h"

static DECLSPEC_ALIGN(16) UCHAR Buffer[65536 + 16];
static KM_FIXED_BUFFER Fixed;
static SHADOW Shadow;

static void TestErrors(void)
{
    IS(KmFixedBufferInit(&Fixed, Buffer, 4096, 0), STATUS_INVALID_PARAMETER);
    IS(KmFixedBufferInit(&Fixed, Buffer, 0, 'xFnK'), STATUS_INVALID_PARAMETER);
    IS(KmFixedBufferInit(&Fixed, Buffer, 15, 'xFnK'), STATUS_INVALID_PARAMETER);
    IS(KmFixedBufferInit(&Fixed, Buffer + 1, 30, 'xFnK'), STATUS_INVALID_PARAMETER);
    IS(KmFixedBufferInit(&Fixed, Buffer, (SIZE_T)-1, 'xFnK'), STATUS_INVALID_PARAMETER);
    IS(KmFixedBufferInit(&Fixed, Buffer, ((SIZE_T)32 << 30) + 16, 'xFnK'), STATUS_INVALID_PARAMETER);
    IS(KmFixedBufferInit(&Fixed, Buffer, (SIZE_T)32 << 30, 'xFnK'), STATUS_SUCCESS);
    IS(KmFixedBufferInit(&Fixed, Buffer + 1, 31, 'xFnK'), STATUS_SUCCESS);
    OK(KmAlloc(&Fixed.Allocator, 17) == NULL);
    OK(KmAlloc(&Fixed.Allocator, 16) == Buffer + 16);
    OK(KmAlloc(&Fixed.Allocator, 1) == NULL);
    IS(Fixed.Allocator.Operations->MaximumIrql, HIGH_LEVEL);
}

static void TestOrder(void)
{
    PUCHAR First, Second, Third;

    IS(KmFixedBufferInit(&Fixed, Buffer, 1024, 'xFnK'), STATUS_SUCCESS);
    First = (PUCHAR)KmAlloc(&Fixed.Allocator, 100);
    Second = (PUCHAR)KmAlloc(&Fixed.Allocator, 50);
    Third = (PUCHAR)KmAlloc(&Fixed.Allocator, 1);
    OK(First == Buffer && Second == First + 112 && Third == Second + 64);
    IS(KmFixedBufferUsed(&Fixed), 192);
    // The last one grows and shrinks where it is, the others only shrink.
    OK(KmRealloc(&Fixed.Allocator, Third, 1, 500) == Third);
    OK(KmRealloc(&Fixed.Allocator, Third, 500, 1000) == NULL);
    OK(KmRealloc(&Fixed.Allocator, Third, 500, 16) == Third);
    OK(KmRealloc(&Fixed.Allocator, Second, 50, 20) == Second);
    IS(KmFixedBufferUsed(&Fixed), 192);
    KmFree(&Fixed.Allocator, Third, 16);
    IS(KmFixedBufferUsed(&Fixed), 176);
    KmFree(&Fixed.Allocator, First, 100);
    IS(KmFixedBufferUsed(&Fixed), 176);
    KmFree(&Fixed.Allocator, Second, 20);
    IS(KmFixedBufferUsed(&Fixed), 0);
    OK(KmAlloc(&Fixed.Allocator, 1025) == NULL);
    OK(KmAlloc(&Fixed.Allocator, (SIZE_T)-1) == NULL);
    OK(KmAlloc(&Fixed.Allocator, 1024) == Buffer);
    KmFree(&Fixed.Allocator, Buffer, 1024);
}

static void TestModel(void)
{
    for (ULONG Seed = 1; Seed <= 20; Seed += 1) {
        IS(KmFixedBufferInit(&Fixed, Buffer + Seed % 3, 20000, 'xFnK'), STATUS_SUCCESS);
        OK(ShadowRun(&Shadow, &Fixed.Allocator, Seed, 1000, 1500));
        OK(Shadow.Allocations != 0 && Shadow.Refusals != 0);
        IS(KmFixedBufferUsed(&Fixed), 0);
    }
}

static void TestIrqls(void)
{
    IS(KmFixedBufferInit(&Fixed, Buffer, 4096, 'xFnK'), STATUS_SUCCESS);
    for (ULONG Irql = PASSIVE_LEVEL; Irql <= HIGH_LEVEL; Irql += 1) {
        BOOLEAN Good;
        KIRQL OldIrql;
        PVOID Memory;

        KeRaiseIrql((KIRQL)Irql, &OldIrql);
        Memory = KmAlloc(&Fixed.Allocator, 100);
        Good = Memory == Buffer && ShadowHas((PUCHAR)Memory, 100, 0);
        RtlFillMemory(Memory, 100, 0xEE);
        Memory = KmRealloc(&Fixed.Allocator, Memory, 100, 200);
        Good = Good && Memory == Buffer;
        KmFree(&Fixed.Allocator, Memory, 200);
        Good = Good && KmFixedBufferUsed(&Fixed) == 0;
        KeLowerIrql(OldIrql);
        OK(Good);
    }
}

#define THREADS 4

static volatile LONG Faults;

static VOID NTAPI Worker(PVOID Context)
{
    UCHAR Pattern = (UCHAR)(ULONG_PTR)Context;
    ULONG64 Random = (ULONG_PTR)Context * 0x9E3779B97F4A7C15ULL;

    for (ULONG Round = 0; Round < 3000; Round += 1) {
        SIZE_T Bytes = 1 + ShadowRandom(&Random, 300);
        PUCHAR Memory = (PUCHAR)KmAlloc(&Fixed.Allocator, Bytes);

        if (Memory == NULL) {
            continue;
        }
        InterlockedAdd(&Faults, !ShadowHas(Memory, Bytes, 0));
        RtlFillMemory(Memory, Bytes, Pattern);
        if (Round % 64 == 0) {
            LARGE_INTEGER Moment = {.QuadPart = -1};
            KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        }
        InterlockedAdd(&Faults, !ShadowHas(Memory, Bytes, Pattern));
        KmFree(&Fixed.Allocator, Memory, Bytes);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestRace(void)
{
    HANDLE Threads[THREADS];

    IS(KmFixedBufferInit(&Fixed, Buffer, 2048, 'xFnK'), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < THREADS; Index += 1) {
        IS(PsCreateSystemThread(&Threads[Index], THREAD_ALL_ACCESS, NULL, NULL, NULL, Worker,
                                (PVOID)(ULONG_PTR)(Index + 1)),
           STATUS_SUCCESS);
    }
    for (ULONG Index = 0; Index < THREADS; Index += 1) {
        ZwWaitForSingleObject(Threads[Index], FALSE, NULL);
        ZwClose(Threads[Index]);
    }
    IS(Faults, 0);
    IS(KmFixedBufferUsed(&Fixed), 0);
}

TEST_DRIVER(TestErrors, TestOrder, TestModel, TestIrqls, TestRace)
