// SPDX-License-Identifier: MIT
// Numbers, groups and nodes of processors, and the affinity of threads.
#include "test.h"

static void TestCounts(void)
{
    KAFFINITY Mask = 0;
    ULONG Count = KeQueryActiveProcessorCount(&Mask);
    OK(Count >= 1 && Count <= 64);
    IS(Mask, KeQueryActiveProcessors());
    IS(RtlNumberOfSetBitsUlongPtr(Mask), Count);
    IS(KeQueryActiveProcessorCount(NULL), Count);
    IS(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), Count);
    IS(KeQueryActiveProcessorCountEx(0), Count);
    IS(KeQueryActiveProcessorCountEx(1), 0);
    IS(KeQueryMaximumProcessorCount(), Count);
    IS(KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS), Count);
    IS(KeQueryMaximumProcessorCountEx(7), 0);
    IS(KeQueryActiveGroupCount(), 1);
    IS(KeQueryMaximumGroupCount(), 1);
    IS(KeQueryGroupAffinity(0), Mask);
    IS(KeQueryGroupAffinity(1), 0);
}

static void TestNumbers(void)
{
    PROCESSOR_NUMBER Number;
    ULONG Count = KeQueryActiveProcessorCount(NULL);
    OK(KeGetCurrentProcessorNumberEx(NULL) < Count);
    RtlFillMemory(&Number, sizeof(Number), 0xFF);
    IS(KeGetCurrentProcessorNumberEx(&Number), Number.Number);
    IS(Number.Group, 0);
    IS(Number.Reserved, 0);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        IS(KeGetProcessorNumberFromIndex(Index, &Number), STATUS_SUCCESS);
        IS(Number.Number, Index);
        IS(KeGetProcessorIndexFromNumber(&Number), Index);
    }
    IS(KeGetProcessorNumberFromIndex(Count, &Number), STATUS_INVALID_PARAMETER);
    Number = (PROCESSOR_NUMBER){.Group = 1};
    IS(KeGetProcessorIndexFromNumber(&Number), INVALID_PROCESSOR_INDEX);
}

static void TestNodes(void)
{
    GROUP_AFFINITY Affinity;
    USHORT Count = 0;
    IS(KeQueryHighestNodeNumber(), 0);
    IS(KeGetCurrentNodeNumber(), 0);
    KeQueryNodeActiveAffinity(0, &Affinity, &Count);
    IS(Count, KeQueryActiveProcessorCount(NULL));
    IS(Affinity.Mask, KeQueryActiveProcessors());
    IS(Affinity.Group, 0);
    KeQueryNodeActiveAffinity(0, NULL, NULL);
    KeQueryNodeActiveAffinity(1, &Affinity, &Count);
    IS(Count, 0);
    IS(KeQueryNodeMaximumProcessorCount(0), KeQueryActiveProcessorCount(NULL));
    IS(KeQueryNodeActiveProcessorCount(0), KeQueryActiveProcessorCount(NULL));
    IS(KeQueryNodeActiveProcessorCount(1), 0);
    IS(KeQueryNodeMaximumProcessorCount(1), 0);
    ULONG Line = KeGetRecommendedSharedDataAlignment();
    OK(Line >= 64 && (Line & (Line - 1)) == 0);
}

static void TestSystemAffinity(void)
{
    ULONG Count = KeQueryActiveProcessorCount(NULL);
    IS(KeSetSystemAffinityThreadEx(1), 0); // there was none
    IS(KeGetCurrentProcessorNumberEx(NULL), 0);
    IS(KeSetSystemAffinityThreadEx(1ULL << (Count - 1)), 1);
    IS(KeGetCurrentProcessorNumberEx(NULL), Count - 1);
    IS(KeSetSystemAffinityThreadEx(0), 1ULL << (Count - 1)); // no active processor: no effect
    IS(KeGetCurrentProcessorNumberEx(NULL), Count - 1);
    KeRevertToUserAffinityThreadEx(1);
    IS(KeGetCurrentProcessorNumberEx(NULL), 0);
    KeRevertToUserAffinityThreadEx(0);

    KeSetSystemAffinityThread(1ULL << (Count - 1));
    IS(KeGetCurrentProcessorNumberEx(NULL), Count - 1);
    // A revert to one that cannot be set, or of none, changes nothing.
    if (Count < 64) {
        KeRevertToUserAffinityThreadEx(1ULL << Count | 1);
    }
    KeSetSystemAffinityThread(0);
    IS(KeSetSystemAffinityThreadEx(0), 1ULL << (Count - 1));
    KeRevertToUserAffinityThread();
    KeRevertToUserAffinityThread();
    KeRevertToUserAffinityThreadEx(1);
    IS(KeSetSystemAffinityThreadEx(0), 0);
    if (Count < 64) {
        KeSetSystemAffinityThread(1 | 1ULL << Count); // one that does not exist: no effect
        IS(KeSetSystemAffinityThreadEx(0), 0);
    }
}

NTKERNELAPI UCHAR NTAPI KeSetIdealProcessorThread(PKTHREAD Thread, UCHAR Processor); // of no header

static void TestIdealProcessor(void)
{
    PKTHREAD Thread = (PKTHREAD)KeGetCurrentThread();
    ULONG Count = KeQueryActiveProcessorCount(NULL);
    UCHAR Old = KeSetIdealProcessorThread(Thread, (UCHAR)(Count - 1));
    OK(Old < Count);
    IS(KeSetIdealProcessorThread(Thread, (UCHAR)Count), Count - 1); // there is none of that number
    IS(KeSetIdealProcessorThread(Thread, Old), Count - 1);
    IS(KeSetIdealProcessorThread(Thread, Old), Old);
}

static BOOLEAN IsZero(const GROUP_AFFINITY *Affinity)
{
    return Affinity->Mask == 0 && Affinity->Group == 0;
}

static void TestGroupAffinity(void)
{
    GROUP_AFFINITY Affinity = {.Mask = 1}, Previous = {.Mask = 7, .Group = 7}, Inner;
    ULONG Count = KeQueryActiveProcessorCount(NULL);
    KeSetSystemGroupAffinityThread(&Affinity, &Previous);
    IS(KeGetCurrentProcessorNumberEx(NULL), 0);
    OK(IsZero(&Previous)); // it was the user affinity
    Affinity.Mask = 1ULL << (Count - 1);
    KeSetSystemGroupAffinityThread(&Affinity, &Inner);
    IS(KeGetCurrentProcessorNumberEx(NULL), Count - 1);
    IS(Inner.Mask, 1);
    IS(Inner.Group, 0);
    KeRevertToUserGroupAffinityThread(&Inner);
    IS(KeGetCurrentProcessorNumberEx(NULL), 0);
    // Previous need not be asked for.
    KeSetSystemGroupAffinityThread(&Affinity, NULL);
    IS(KeGetCurrentProcessorNumberEx(NULL), Count - 1);
    // What changes nothing: no such group, no processor, one that does not exist.
    GROUP_AFFINITY Wrong[] = {{.Mask = 1, .Group = 1}, {.Mask = 0}, {.Mask = 1 | 1ULL << Count % 64}};
    for (ULONG Index = 0; Index < (Count < 64 ? 3u : 2u); Index += 1) {
        RtlFillMemory(&Inner, sizeof(Inner), 0x11);
        KeSetSystemGroupAffinityThread(&Wrong[Index], &Inner);
        OK(IsZero(&Inner));
        IS(KeSetSystemAffinityThreadEx(0), 1ULL << (Count - 1));
        if (Wrong[Index].Mask != 0) {
            KeRevertToUserGroupAffinityThread(&Wrong[Index]);
            IS(KeSetSystemAffinityThreadEx(0), 1ULL << (Count - 1));
        }
    }
    KeRevertToUserGroupAffinityThread(&Previous);
    IS(KeSetSystemAffinityThreadEx(0), 0);
    // There is none to replace.
    KeRevertToUserGroupAffinityThread(&Affinity);
    IS(KeSetSystemAffinityThreadEx(0), 0);
    KeRevertToUserGroupAffinityThread(&Previous);
    IS(KeSetSystemAffinityThreadEx(0), 0);
}

TEST_DRIVER(TestCounts, TestNumbers, TestNodes, TestSystemAffinity, TestGroupAffinity, TestIdealProcessor)
