// SPDX-License-Identifier: MIT
// KM_BIT_SET: each routine, against an array of flags, each allocation failing once, and bits that two
// threads set.
#include "test.h"
#include "../failing-allocator.h"

#define NUMBERS 400

static FAILING_ALLOCATOR Memory = FAILING_ALLOCATOR_INIT;

static void TestGrowing(void)
{
    KM_BIT_SET Set;
    SIZE_T Bit = 77, Sum = 0;
    RTL_BITMAP Bitmap;

    FailingArm(&Memory, 0);
    KmBitSetInit(&Set, &Memory.Allocator);
    OK(KmBitSetIsEmpty(&Set) && KmBitSetCount(&Set) == 0 && KmBitSetSize(&Set) == 0);
    OK(!KmBitSetTest(&Set, 0) && !KmBitSetTest(&Set, (SIZE_T)-1));
    KmBitSetClear(&Set, 5);
    KmBitSetClearAll(&Set);
    KmBitSetClearRange(&Set, 3, 9);
    IS(KmBitSetFindSet(&Set, 0, &Bit), STATUS_NOT_FOUND);
    IS(Bit, 77);
    IS(KmBitSetFindClear(&Set, 0, &Bit), STATUS_SUCCESS);
    IS(Bit, 0);
    IS(KmBitSetFindClear(&Set, 99, &Bit), STATUS_SUCCESS);
    IS(Bit, 99);
    IS(KmBitSetSet(&Set, 63), STATUS_SUCCESS);
    IS(KmBitSetSet(&Set, 64), STATUS_SUCCESS);
    IS(KmBitSetSet(&Set, 0), STATUS_SUCCESS);
    IS(KmBitSetSize(&Set), 65);
    IS(KmBitSetCount(&Set), 3);
    IS(KmBitSetSet(&Set, (SIZE_T)-1), STATUS_INSUFFICIENT_RESOURCES);
    IS(KmBitSetSet(&Set, (SIZE_T)-2), STATUS_INSUFFICIENT_RESOURCES);
    IS(KmBitSetSetRange(&Set, 10, (SIZE_T)-5), STATUS_INSUFFICIENT_RESOURCES);
    IS(KmBitSetCount(&Set), 3);
    KmBitSetForEach(Bit, &Set) {
        Sum += Bit;
    }
    IS(Sum, 127);
    // The loop takes its own out, and puts in what is behind.
    Sum = 0;
    KmBitSetForEach(Bit, &Set) {
        KmBitSetClear(&Set, Bit);
        if (Bit == 0) {
            (void)KmBitSetSet(&Set, 10);
        }
        Sum += Bit;
    }
    IS(Sum, 137);
    OK(KmBitSetIsEmpty(&Set));
    for (SIZE_T Expected = 0; Expected < 70; Expected += 1) {
        if (KmBitSetTake(&Set, &Bit) != STATUS_SUCCESS || Bit != Expected) {
            OK(FALSE);
        }
    }
    KmBitSetClear(&Set, 33);
    IS(KmBitSetTake(&Set, &Bit), STATUS_SUCCESS);
    IS(Bit, 33);
    IS(KmBitSetGetBitmap(&Set, &Bitmap), STATUS_SUCCESS);
    IS(RtlNumberOfSetBits(&Bitmap), 70);
    OK(RtlCheckBit(&Bitmap, 69));
    IS(Bitmap.SizeOfBitMap, KmBitSetSize(&Set));
    // Made by hand, as half a gigabyte of bits is much for a test.
    KM_BIT_SET Huge = {Set.Words, (SIZE_T)MAXULONG + 1, Set.Capacity, KM_BIT_SET_FIXED};
    IS(KmBitSetGetBitmap(&Huge, &Bitmap), STATUS_BUFFER_OVERFLOW);
    Huge.Size = MAXULONG;
    IS(KmBitSetGetBitmap(&Huge, &Bitmap), STATUS_SUCCESS);
    IS(KmBitSetReserve(&Set, 1000), STATUS_SUCCESS);
    IS(KmBitSetCount(&Set), 70);
    KmBitSetFree(&Set);
    IS(KmBitSetSize(&Set), 0);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

static void TestFixed(void)
{
    ULONG64 Words[KM_BIT_SET_WORDS(70) + 1];
    KM_BIT_SET Set, Other = KM_BIT_SET_INIT(&Memory.Allocator);
    SIZE_T Bit = 77;

    RtlFillMemory(Words, sizeof(Words), 0xFF);
    KmBitSetInitFixed(&Set, Words, 70);
    OK(KmBitSetIsEmpty(&Set) && KmBitSetSize(&Set) == 70 && Words[2] == MAXULONG64);
    IS(KmBitSetSet(&Set, 69), STATUS_SUCCESS);
    IS(KmBitSetSet(&Set, 70), STATUS_BUFFER_TOO_SMALL);
    IS(KmBitSetReserve(&Set, 70), STATUS_SUCCESS);
    IS(KmBitSetReserve(&Set, 71), STATUS_BUFFER_TOO_SMALL);
    IS(KmBitSetSetRange(&Set, 0, 71), STATUS_BUFFER_TOO_SMALL);
    IS(KmBitSetCount(&Set), 1);
    IS(KmBitSetSetRange(&Set, 0, 69), STATUS_SUCCESS);
    IS(KmBitSetFindClear(&Set, 0, &Bit), STATUS_NOT_FOUND);
    IS(KmBitSetTake(&Set, &Bit), STATUS_NOT_FOUND);
    IS(Bit, 77);
    KmBitSetClearRange(&Set, 65, (SIZE_T)-1);
    IS(KmBitSetCount(&Set), 65);
    IS(KmBitSetFindClearRun(&Set, 0, 5, &Bit), STATUS_SUCCESS);
    IS(Bit, 65);
    IS(KmBitSetFindClearRun(&Set, 0, 6, &Bit), STATUS_NOT_FOUND);
    IS(KmBitSetFindClearRun(&Set, 70, 0, &Bit), STATUS_SUCCESS);
    IS(Bit, 70);
    IS(KmBitSetFindClearRun(&Set, 71, 0, &Bit), STATUS_NOT_FOUND);
    IS(KmBitSetFindClear(&Set, 70, &Bit), STATUS_NOT_FOUND);
    FailingArm(&Memory, 0);
    IS(KmBitSetSet(&Other, 100), STATUS_SUCCESS);
    IS(KmBitSetUnite(&Set, &Other), STATUS_BUFFER_TOO_SMALL);
    IS(KmBitSetCopy(&Set, &Other), STATUS_BUFFER_TOO_SMALL);
    IS(KmBitSetCount(&Set), 65);
    KmBitSetClearAll(&Other);
    // It is larger, but has no number that has no place.
    IS(KmBitSetUnite(&Set, &Other), STATUS_SUCCESS);
    IS(KmBitSetCopy(&Set, &Other), STATUS_SUCCESS);
    OK(KmBitSetIsEmpty(&Set));
    KmBitSetFree(&Set);
    IS(KmBitSetSize(&Set), 70);
    IS(Words[2], MAXULONG64);
    KmBitSetFree(&Other);
    IS(Memory.Outstanding, 0);
}

// The set and an array of flags to which the same is done.
typedef struct MODEL {
    KM_BIT_SET Set;
    BOOLEAN Flags[NUMBERS];
} MODEL;

static MODEL Models[2];

static BOOLEAN IsAsModel(MODEL *Model)
{
    SIZE_T Count = 0, Bit, Next = 0, Found;

    for (Bit = 0; Bit < NUMBERS; Bit += 1) {
        if (KmBitSetTest(&Model->Set, Bit) != Model->Flags[Bit]) {
            return FALSE;
        }
        Count += Model->Flags[Bit];
    }
    KmBitSetForEach(Bit, &Model->Set) {
        while (Next < NUMBERS && !Model->Flags[Next]) {
            Next += 1;
        }
        if (Bit != Next) {
            return FALSE;
        }
        Next += 1;
    }
    for (Bit = 0; Bit < NUMBERS; Bit += 7) {
        for (Next = Bit; Next < NUMBERS && Model->Flags[Next]; Next += 1) {
        }
        if (Next < NUMBERS &&
            (KmBitSetFindClear(&Model->Set, Bit, &Found) != STATUS_SUCCESS || Found != Next)) {
            return FALSE;
        }
        for (Next = Bit; Next + 5 <= NUMBERS; Next += 1) {
            if (!Model->Flags[Next] && !Model->Flags[Next + 1] && !Model->Flags[Next + 2] &&
                !Model->Flags[Next + 3] && !Model->Flags[Next + 4]) {
                break;
            }
        }
        if (Next + 5 <= NUMBERS &&
            (KmBitSetFindClearRun(&Model->Set, Bit, 5, &Found) != STATUS_SUCCESS || Found != Next)) {
            return FALSE;
        }
    }
    return KmBitSetCount(&Model->Set) == Count && KmBitSetIsEmpty(&Model->Set) == (Count == 0);
}

static BOOLEAN Step(PULONG64 Random)
{
    ULONG Which = (ULONG)(TestRandom(Random) % 2);
    MODEL *Model = &Models[Which], *Other = &Models[1 - Which];
    SIZE_T Bit = (SIZE_T)(TestRandom(Random) % NUMBERS), Count = (SIZE_T)(TestRandom(Random) % 150), Each;
    BOOLEAN Subset = TRUE, Equal = TRUE, Common = FALSE;
    NTSTATUS Status = STATUS_SUCCESS;

    Count = min(Count, NUMBERS - Bit);
    FailingArm(&Memory, TestRandom(Random) % 3 == 0);
    switch (TestRandom(Random) % 11) {
    case 0:
    case 1:
        Status = KmBitSetSet(&Model->Set, Bit);
        Model->Flags[Bit] = NT_SUCCESS(Status) ? TRUE : Model->Flags[Bit];
        break;
    case 2:
        KmBitSetClear(&Model->Set, Bit);
        Model->Flags[Bit] = FALSE;
        break;
    case 3:
        Status = KmBitSetSetRange(&Model->Set, Bit, Count);
        RtlFillMemory(Model->Flags + Bit, NT_SUCCESS(Status) ? Count : 0, TRUE);
        break;
    case 4:
        KmBitSetClearRange(&Model->Set, Bit, Count);
        RtlZeroMemory(Model->Flags + Bit, Count);
        break;
    case 5:
        Status = KmBitSetUnite(&Model->Set, &Other->Set);
        for (Each = 0; Each < NUMBERS && NT_SUCCESS(Status); Each += 1) {
            Model->Flags[Each] |= Other->Flags[Each];
        }
        break;
    case 6:
        KmBitSetIntersect(&Model->Set, &Other->Set);
        for (Each = 0; Each < NUMBERS; Each += 1) {
            Model->Flags[Each] &= Other->Flags[Each];
        }
        break;
    case 7:
        KmBitSetSubtract(&Model->Set, &Other->Set);
        for (Each = 0; Each < NUMBERS; Each += 1) {
            Model->Flags[Each] = Model->Flags[Each] && !Other->Flags[Each];
        }
        break;
    case 8:
        Status = KmBitSetCopy(&Model->Set, &Other->Set);
        if (NT_SUCCESS(Status)) {
            RtlCopyMemory(Model->Flags, Other->Flags, sizeof(Model->Flags));
        }
        break;
    case 9:
        if (TestRandom(Random) % 4 == 0) {
            KmBitSetFree(&Model->Set);
            RtlZeroMemory(Model->Flags, sizeof(Model->Flags));
        }
        break;
    default: break;
    }
    for (Each = 0; Each < NUMBERS; Each += 1) {
        Subset = Subset && (!Model->Flags[Each] || Other->Flags[Each]);
        Equal = Equal && Model->Flags[Each] == Other->Flags[Each];
        Common = Common || (Model->Flags[Each] && Other->Flags[Each]);
    }
    return (NT_SUCCESS(Status) || (Memory.Failed && Status == STATUS_INSUFFICIENT_RESOURCES)) &&
           IsAsModel(Model) && KmBitSetIsSubset(&Model->Set, &Other->Set) == Subset &&
           KmBitSetIsEqual(&Model->Set, &Other->Set) == Equal &&
           KmBitSetIntersects(&Model->Set, &Other->Set) == Common;
}

static void TestAgainstModel(void)
{
    ULONG64 Now = (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart, Random, Start;
    BOOLEAN Right = TRUE;

    KmBitSetInit(&Models[0].Set, &Memory.Allocator);
    KmBitSetInit(&Models[1].Set, &Memory.Allocator);
    for (ULONG Seed = 1; Seed <= 20 && Right; Seed += 1) {
        Random = Start = Seed % 2 ? Seed * 0x9E3779B97F4A7C15ull : Now * Seed + Seed;
        Memory.InPlace = Seed % 3 == 0;
        for (ULONG Number = 0; Number < 150 && Right; Number += 1) {
            Right = Step(&Random);
            if (!Right) {
                DbgPrint("# start value 0x%I64x, step %lu\n", Start, Number);
            }
        }
    }
    OK(Right);
    KmBitSetFree(&Models[0].Set);
    KmBitSetFree(&Models[1].Set);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
    Memory.InPlace = FALSE;
}

// Two threads claim all bits of one set: each bit has one owner.
static KM_BIT_SET Shared;
static LONG Claimed[2];

static VOID NTAPI Claim(PVOID Context)
{
    ULONG Me = Context != NULL;

    for (SIZE_T Round = 0; Round < 3; Round += 1) {
        for (SIZE_T Bit = 0; Bit < 1000; Bit += 1) {
            if (!KmBitSetAtomicSet(&Shared, Me ? 999 - Bit : Bit)) {
                Claimed[Me] += 1;
            }
            if (Bit % 100 == 0) {
                KeStallExecutionProcessor(1);
            }
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestAtomic(void)
{
    HANDLE Threads[2];

    FailingArm(&Memory, 0);
    KmBitSetInit(&Shared, &Memory.Allocator);
    IS(KmBitSetReserve(&Shared, 1000), STATUS_SUCCESS);
    for (ULONG Which = 0; Which < 2; Which += 1) {
        IS(PsCreateSystemThread(&Threads[Which], THREAD_ALL_ACCESS, NULL, NULL, NULL, Claim,
                                Which ? &Shared : NULL),
           STATUS_SUCCESS);
    }
    for (ULONG Which = 0; Which < 2; Which += 1) {
        ZwWaitForSingleObject(Threads[Which], FALSE, NULL);
        ZwClose(Threads[Which]);
    }
    IS(Claimed[0] + Claimed[1], 1000);
    IS(KmBitSetCount(&Shared), 1000);
    OK(KmBitSetAtomicTest(&Shared, 999));
    OK(KmBitSetAtomicClear(&Shared, 999));
    OK(!KmBitSetAtomicClear(&Shared, 999));
    OK(!KmBitSetAtomicTest(&Shared, 999) && KmBitSetAtomicTest(&Shared, 998));
    OK(!KmBitSetAtomicSet(&Shared, 999));
    KmBitSetFree(&Shared);
    IS(Memory.Outstanding, 0);
}

static void TestFailures(void)
{
    KM_BIT_SET Set = KM_BIT_SET_INIT(&Memory.Allocator), Other = KM_BIT_SET_INIT(&Memory.Allocator);
    SIZE_T Bit = 5;
    NTSTATUS Status = STATUS_SUCCESS;

    FailingArm(&Memory, 0);
    (void)KmBitSetSet(&Other, 2000);
    for (ULONG Case = 0; Case < 6; Case += 1) {
        FAIL_EACH(&Memory, Try) {
            KmBitSetFree(&Set);
            Memory.FailAt = 0;
            if (Case != 5) {
                (void)KmBitSetSet(&Set, 3);
            }
            FailingArm(&Memory, Try);
            switch (Case) {
            case 0: Status = KmBitSetSet(&Set, 2000); break;
            case 1: Status = KmBitSetSetRange(&Set, 0, 2000); break;
            case 2: Status = KmBitSetUnite(&Set, &Other); break;
            case 3: Status = KmBitSetCopy(&Set, &Other); break;
            case 4: Status = KmBitSetReserve(&Set, 2000); break;
            default: Status = KmBitSetTake(&Set, &Bit); break;
            }
            IS(Status, Memory.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
            OK(!Memory.Failed || KmBitSetCount(&Set) == (Case == 5 ? 0 : 1));
            OK(!Memory.Failed || Bit == 5);
        }
    }
    KmBitSetFree(&Set);
    KmBitSetFree(&Other);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

TEST_DRIVER(TestGrowing, TestFixed, TestAgainstModel, TestAtomic, TestFailures)
