// SPDX-License-Identifier: MIT
// Map control blocks: runs and holes added, removed, truncated, shifted, looked up; and many at random,
// beside a table of all blocks.
#include "test.h"

static LARGE_MCB Mcb;

static LONGLONG LbnAt(LONGLONG Vbn)
{
    LONGLONG Lbn = -2;
    return FsRtlLookupLargeMcbEntry(&Mcb, Vbn, &Lbn, NULL, NULL, NULL, NULL) ? Lbn : -2;
}

static void TestRuns(void)
{
    LONGLONG Vbn, Lbn, Count, Start, All;
    ULONG Index;
    FsRtlInitializeLargeMcb(&Mcb, PagedPool);
    IS(FsRtlNumberOfRunsInLargeMcb(&Mcb), 0);
    OK(!FsRtlLookupLastLargeMcbEntry(&Mcb, &Vbn, &Lbn));
    OK(!FsRtlLookupLastLargeMcbEntryAndIndex(&Mcb, &Vbn, &Lbn, &Index));
    OK(!FsRtlLookupLargeMcbEntry(&Mcb, 0, &Lbn, &Count, &Start, &All, &Index));
    // Only blocks 0 and 3: three runs.
    OK(FsRtlAddLargeMcbEntry(&Mcb, 0, 100, 1));
    OK(FsRtlAddLargeMcbEntry(&Mcb, 3, 200, 1));
    IS(FsRtlNumberOfRunsInLargeMcb(&Mcb), 3);
    OK(FsRtlGetNextLargeMcbEntry(&Mcb, 1, &Vbn, &Lbn, &Count));
    IS(Vbn, 1);
    IS(Lbn, -1);
    IS(Count, 2);
    OK(!FsRtlGetNextLargeMcbEntry(&Mcb, 3, &Vbn, &Lbn, &Count));
    // Behind one another on the disk: one run.
    OK(FsRtlAddLargeMcbEntry(&Mcb, 4, 201, 6));
    IS(FsRtlNumberOfRunsInLargeMcb(&Mcb), 3);
    OK(FsRtlLookupLargeMcbEntry(&Mcb, 5, &Lbn, &Count, &Start, &All, &Index));
    IS(Lbn, 202);
    IS(Count, 5);
    IS(Start, 200);
    IS(All, 7);
    IS(Index, 2);
    OK(FsRtlLookupLargeMcbEntry(&Mcb, 2, &Lbn, &Count, &Start, &All, NULL));
    IS(Lbn, -1);
    IS(Start, -1);
    IS(Count, 1);
    IS(All, 2);
    OK(FsRtlLookupLargeMcbEntry(&Mcb, 2, NULL, NULL, NULL, NULL, NULL));
    // Overlapping: the same is merged, another place is refused.
    OK(FsRtlAddLargeMcbEntry(&Mcb, 2, 199, 4));
    IS(LbnAt(2), 199);
    OK(!FsRtlAddLargeMcbEntry(&Mcb, 9, 500, 3));
    IS(LbnAt(9), 206);
    IS(LbnAt(10), -2);
    OK(FsRtlLookupLastLargeMcbEntry(&Mcb, &Vbn, &Lbn));
    IS(Vbn, 9);
    IS(Lbn, 206);
    OK(FsRtlLookupLastLargeMcbEntryAndIndex(&Mcb, &Vbn, &Lbn, &Index));
    IS(Index, FsRtlNumberOfRunsInLargeMcb(&Mcb) - 1);
    // A hole in between; one at the end does not stay.
    FsRtlRemoveLargeMcbEntry(&Mcb, 4, 2);
    IS(LbnAt(4), -1);
    IS(LbnAt(6), 203);
    FsRtlRemoveLargeMcbEntry(&Mcb, 6, 1000);
    OK(FsRtlLookupLastLargeMcbEntry(&Mcb, &Vbn, &Lbn));
    IS(Vbn, 3);
    // Shifted.
    OK(FsRtlSplitLargeMcb(&Mcb, 3, 10));
    IS(LbnAt(2), 199);
    IS(LbnAt(3), -1);
    IS(LbnAt(12), -1);
    IS(LbnAt(13), 200);
    FsRtlTruncateLargeMcb(&Mcb, 8); // within the hole, which goes with it
    OK(FsRtlLookupLastLargeMcbEntry(&Mcb, &Vbn, &Lbn));
    IS(Vbn, 2);
    FsRtlTruncateLargeMcb(&Mcb, 100);
    IS(LbnAt(2), 199);
    FsRtlTruncateLargeMcb(&Mcb, 0);
    IS(FsRtlNumberOfRunsInLargeMcb(&Mcb), 0);
    OK(!FsRtlAddLargeMcbEntry(&Mcb, -1, 5, 1));
    OK(!FsRtlAddLargeMcbEntry(&Mcb, 0, 5, 0));
    OK(!FsRtlAddLargeMcbEntry(&Mcb, 0x100000000LL, 5, 1));
    OK(FsRtlAddLargeMcbEntry(&Mcb, 0, 5, 1));
    FsRtlResetLargeMcb(&Mcb, FALSE);
    IS(FsRtlNumberOfRunsInLargeMcb(&Mcb), 0);
    OK(FsRtlAddLargeMcbEntry(&Mcb, 0, 5, 1));
    FsRtlResetLargeMcb(&Mcb, TRUE);
    IS(FsRtlNumberOfRunsInLargeMcb(&Mcb), 0);
    FsRtlUninitializeLargeMcb(&Mcb);
}

#define BLOCKS 96

static LONG Table[BLOCKS * 2];

static ULONG EndOfTable(void)
{
    ULONG End = BLOCKS * 2;
    while (End != 0 && Table[End - 1] == -1) {
        End -= 1;
    }
    return End;
}

static BOOLEAN AddToTable(ULONG Vbn, LONG Lbn, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        if (Table[Vbn + Index] != -1 && Table[Vbn + Index] != Lbn + (LONG)Index) {
            return FALSE;
        }
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Table[Vbn + Index] = Lbn + (LONG)Index;
    }
    return TRUE;
}

static BOOLEAN Agrees(PBASE_MCB Base)
{
    LONGLONG Lbn, Start, Count;
    ULONG End = EndOfTable(), Runs = 0;
    for (ULONG Vbn = 0; Vbn < End; Vbn += 1) {
        if (!FsRtlLookupBaseMcbEntry(Base, Vbn, &Lbn, NULL, NULL, NULL, NULL) || Lbn != Table[Vbn]) {
            return FALSE;
        }
        Runs += Vbn == 0 || (Table[Vbn] == -1 ? Table[Vbn - 1] != -1
                                              : Table[Vbn - 1] == -1 || Table[Vbn - 1] + 1 != Table[Vbn]);
    }
    for (ULONG Index = 0, Next = 0; Index < Runs; Index += 1, Next += (ULONG)Count) {
        if (!FsRtlGetNextBaseMcbEntry(Base, Index, &Start, &Lbn, &Count) || Start != Next ||
            Lbn != Table[Next]) {
            return FALSE;
        }
    }
    return FsRtlNumberOfRunsInBaseMcb(Base) == Runs &&
           FsRtlLookupBaseMcbEntry(Base, End, &Lbn, NULL, NULL, NULL, NULL) == FALSE &&
           FsRtlLookupLastBaseMcbEntry(Base, &Start, &Lbn) == (End != 0);
}

static void TestAtRandom(void)
{
    BASE_MCB Base;
    ULONG Seed = 7, Failures = 0;
    FsRtlInitializeBaseMcb(&Base, NonPagedPoolNx);
    for (ULONG Index = 0; Index < BLOCKS * 2; Index += 1) {
        Table[Index] = -1;
    }
    for (ULONG Round = 0; Round < 4000; Round += 1) {
        ULONG Vbn = RtlRandomEx(&Seed) % (BLOCKS - 8), Count = 1 + RtlRandomEx(&Seed) % 8;
        LONG Lbn = (LONG)(RtlRandomEx(&Seed) % 3 * 1000 + Vbn);
        ULONG End = EndOfTable();
        switch (RtlRandomEx(&Seed) % 8) {
        case 0:
            FsRtlTruncateBaseMcb(&Base, Vbn);
            for (ULONG Index = Vbn; Index < BLOCKS * 2; Index += 1) {
                Table[Index] = -1;
            }
            break;
        case 1:
            if (End + Count < BLOCKS) {
                Failures += !FsRtlSplitBaseMcb(&Base, Vbn, Count);
                for (ULONG Index = BLOCKS * 2 - 1; Index >= Vbn + Count; Index -= 1) {
                    Table[Index] = Table[Index - Count];
                }
                for (ULONG Index = Vbn; Index < Vbn + Count; Index += 1) {
                    Table[Index] = -1;
                }
            }
            break;
        case 2:
        case 3:
            Failures += !FsRtlRemoveBaseMcbEntry(&Base, Vbn, Count);
            for (ULONG Index = Vbn; Index < Vbn + Count; Index += 1) {
                Table[Index] = -1;
            }
            break;
        default: {
            BOOLEAN Added = AddToTable(Vbn, Lbn, Count);
            Failures += FsRtlAddBaseMcbEntry(&Base, Vbn, Lbn, Count) != Added;
        }
        }
        Failures += !Agrees(&Base);
    }
    IS(Failures, 0);
    ULONG Index;
    LONGLONG Vbn, Lbn;
    FsRtlResetBaseMcb(&Base);
    OK(!FsRtlLookupLastBaseMcbEntryAndIndex(&Base, &Vbn, &Lbn, &Index));
    FsRtlUninitializeBaseMcb(&Base);
    OK(FsRtlInitializeBaseMcbEx(&Base, PagedPool, 0));
    FsRtlUninitializeBaseMcb(&Base);
}

TEST_DRIVER(TestRuns, TestAtRandom)
