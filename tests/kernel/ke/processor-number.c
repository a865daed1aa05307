// SPDX-License-Identifier: MIT
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
}

static void TestSystemAffinity(void)
{
    GROUP_AFFINITY Affinity = {.Mask = 1}, Previous, Inner;
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

    KeSetSystemGroupAffinityThread(&Affinity, &Previous);
    IS(KeGetCurrentProcessorNumberEx(NULL), 0);
    Affinity.Mask = 1ULL << (Count - 1);
    KeSetSystemGroupAffinityThread(&Affinity, &Inner);
    IS(KeGetCurrentProcessorNumberEx(NULL), Count - 1);
    KeRevertToUserGroupAffinityThread(&Inner);
    IS(KeGetCurrentProcessorNumberEx(NULL), 0);
    KeRevertToUserGroupAffinityThread(&Previous);
    Affinity.Group = 1;
    KeSetSystemGroupAffinityThread(&Affinity, &Previous);
    IS(Previous.Mask, 0);
    IS(Previous.Group, 0);
    IS(KeSetSystemAffinityThreadEx(1), 0); // all of it was undone
    KeRevertToUserAffinityThread();
}

TEST_DRIVER(TestCounts, TestNumbers, TestNodes, TestSystemAffinity)
