// SPDX-License-Identifier: MIT
// Running on one processor, on each in turn, on all at once, by DPCs; extended states.
#include "test.h"
#include <kmode.h>

#define MOST 64

typedef struct RUN_TEST {
    volatile LONG Calls, Wrong;
    volatile LONG Seen[MOST];
    KIRQL Irql;
} RUN_TEST;

static VOID NTAPI Note(ULONG Processor, PVOID Context)
{
    RUN_TEST *Test = (RUN_TEST *)Context;

    if (Processor != KmProcessorCurrent() || Processor >= MOST) {
        InterlockedIncrement(&Test->Wrong);
        return;
    }
    InterlockedIncrement(&Test->Seen[Processor]);
    InterlockedIncrement(&Test->Calls);
    Test->Irql = KeGetCurrentIrql();
}

static void Check(const RUN_TEST *Test, KIRQL Irql)
{
    IS(Test->Wrong, 0);
    IS(Test->Calls, KmProcessorCount());
    for (ULONG Processor = 0; Processor < KmProcessorCount(); Processor += 1) {
        IS(Test->Seen[Processor], 1);
    }
    IS(Test->Irql, Irql);
}

static void TestGuard(void)
{
    KM_GUARD Outer = KmGuardEmpty(), Inner = KmGuardEmpty();

    OK(KmProcessorCount() >= 1 && KmProcessorCurrent() < KmProcessorCount());
    IS(KmGuardProcessor(&Outer, KmProcessorCount()), STATUS_INVALID_PARAMETER);
    OK(!KmGuardHolds(&Outer));
    for (ULONG Processor = 0; Processor < KmProcessorCount(); Processor += 1) {
        IS(KmGuardProcessor(&Outer, Processor), STATUS_SUCCESS);
        IS(KmProcessorCurrent(), Processor);
        IS(KmGuardProcessor(&Inner, 0), STATUS_SUCCESS);
        IS(KmProcessorCurrent(), 0);
        KmGuardEnd(&Inner);
        IS(KmProcessorCurrent(), Processor);
        KmGuardEnd(&Outer);
    }
}

// No thread moves there.
static void TestGuardAtDispatchLevel(void)
{
    for (ULONG Processor = 0; Processor < KmProcessorCount(); Processor += 1) {
        KM_GUARD Guard = KmGuardEmpty();
        RUN_TEST Test = {0};
        KIRQL OldIrql;

        KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
        NTSTATUS Expected = Processor == KmProcessorCurrent() ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
        NTSTATUS Status = KmGuardProcessor(&Guard, Processor);
        BOOLEAN Holds = KmGuardHolds(&Guard);
        KmGuardEnd(&Guard);
        NTSTATUS RunStatus = KmRunOnProcessor(Processor, Note, &Test);
        KeLowerIrql(OldIrql);
        IS(Status, Expected);
        IS(Holds, NT_SUCCESS(Expected));
        IS(RunStatus, Expected);
        IS(Test.Calls, NT_SUCCESS(Expected));
        IS(Test.Wrong, 0);
    }
}

static void TestInTurn(void)
{
    RUN_TEST Test = {0};

    IS(KmRunOnProcessor(KmProcessorCount() - 1, Note, &Test), STATUS_SUCCESS);
    IS(Test.Seen[KmProcessorCount() - 1], 1);
    IS(KmRunOnProcessor(KmProcessorCount(), Note, &Test), STATUS_INVALID_PARAMETER);
    IS(Test.Calls, 1);
    RtlZeroMemory(&Test, sizeof(Test));
    KmRunOnEachProcessor(Note, &Test);
    Check(&Test, PASSIVE_LEVEL);
}

static void TestAtOnce(void)
{
    RUN_TEST Test = {0};

    KmRunOnAllProcessors(Note, &Test);
    Check(&Test, IPI_LEVEL);
}

static ULONG Refuse;

static PVOID NTAPI AllocateOrNot(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return Refuse-- == 0 ? NULL : KmNonPagedPool.Allocate(Allocator, Bytes, Zeroed);
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    KmNonPagedPool.Free(Allocator, Memory, Bytes);
}

static void TestByDpc(void)
{
    static const KM_ALLOCATOR_OPERATIONS Operations = {AllocateOrNot, Free, NULL, DISPATCH_LEVEL};
    KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(Operations, 'cpDK');
    RUN_TEST Test = {0};

    for (ULONG Processor = 0; Processor < KmProcessorCount(); Processor += 1) {
        IS(KmRunByDpc(Processor, Note, &Test), STATUS_SUCCESS);
    }
    Check(&Test, DISPATCH_LEVEL);
    IS(KmRunByDpc(KmProcessorCount(), Note, &Test), STATUS_INVALID_PARAMETER);

    RtlZeroMemory(&Test, sizeof(Test));
    for (Refuse = 0;; Refuse += 1) {
        ULONG Kept = Refuse;
        NTSTATUS Status = KmRunByDpcOnAll(&Allocator, Note, &Test);
        Refuse = Kept;
        if (Status != STATUS_INSUFFICIENT_RESOURCES) {
            IS(Status, STATUS_SUCCESS);
            break;
        }
        IS(Test.Calls, 0);
    }
    IS(Refuse, 1);
    Check(&Test, DISPATCH_LEVEL);
}

static void TestExtendedState(void)
{
    XSTATE_SAVE Save;
    KM_GUARD Guard = KmGuardEmpty();
    ULONG64 Before[2] = {1, 2}, Other[2] = {3, 4}, After[2];

    __asm__ volatile("movups %0, %%xmm9" : : "m"(Before) : "xmm9");
    NTSTATUS Status = KmGuardExtendedState(&Guard, XSTATE_MASK_LEGACY, &Save);
    __asm__ volatile("movups %0, %%xmm9" : : "m"(Other) : "xmm9");
    KmGuardEnd(&Guard);
    __asm__ volatile("movups %%xmm9, %0" : "=m"(After) : : "memory");
    IS(Status, STATUS_SUCCESS);
    IS(KmGuardExtendedState(&Guard, XSTATE_MASK_LEGACY | 1ULL << 62, &Save), STATUS_NOT_SUPPORTED);
    OK(Guard.End == NULL);
    KmGuardEnd(&Guard);
    OK(After[0] == 1 || After[0] == 3); // NT saves the legacy state of a thread by itself where it must

    if ((KmReadXcr0() & XSTATE_MASK_GSSE) != 0 && KmCpuHas(KmCpuAvx)) {
        ULONG64 Wide[4] = {1, 2, 3, 4}, Clobber[4] = {5, 6, 7, 8}, Read[4];
        __asm__ volatile("vmovdqu %0, %%ymm9" : : "m"(Wide) : "xmm9");
        Status = KmGuardExtendedState(&Guard, XSTATE_MASK_GSSE | XSTATE_MASK_LEGACY, &Save);
        __asm__ volatile("vmovdqu %0, %%ymm9" : : "m"(Clobber) : "xmm9");
        KmGuardEnd(&Guard);
        __asm__ volatile("vmovdqu %%ymm9, %0" : "=m"(Read) : : "memory");
        IS(Status, STATUS_SUCCESS);
        OK(Read[2] == 3 && Read[3] == 4);
    }
}

TEST_DRIVER(TestGuard, TestGuardAtDispatchLevel, TestInTurn, TestAtOnce, TestByDpc, TestExtendedState)
