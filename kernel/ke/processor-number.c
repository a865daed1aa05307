// SPDX-License-Identifier: MIT
// How many processors, groups and nodes there are, and how they are called: one group, one node, every
// processor active. All of them: any IRQL.
#include "inc/kernel.h"

volatile CCHAR KeNumberProcessors = 1;

static BOOLEAN KiIsGroupOrAll(USHORT GroupNumber)
{
    return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS;
}

KAFFINITY NTAPI KeQueryActiveProcessors(VOID)
{
    return KiActiveProcessors;
}

// *ActiveProcessors, if it is given: their mask.
ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    if (ActiveProcessors != NULL) {
        *ActiveProcessors = KiActiveProcessors;
    }
    return KiProcessorCount;
}

// 0 for a group that does not exist.
ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
    return KiIsGroupOrAll(GroupNumber) ? KiProcessorCount : 0;
}

// No processor is added while the system runs.
ULONG NTAPI KeQueryMaximumProcessorCount(VOID)
{
    return KiProcessorCount;
}

ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT GroupNumber)
{
    return KeQueryActiveProcessorCountEx(GroupNumber);
}

USHORT NTAPI KeQueryActiveGroupCount(VOID)
{
    return 1;
}

USHORT NTAPI KeQueryMaximumGroupCount(VOID)
{
    return 1;
}

KAFFINITY NTAPI KeQueryGroupAffinity(USHORT GroupNumber)
{
    return GroupNumber == 0 ? KiActiveProcessors : 0;
}

// Returns the index of the processor; *ProcNumber, if it is given: its group and number.
ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber)
{
    ULONG Number = KiGetPrcb()->Number;
    if (ProcNumber != NULL) {
        *ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)Number};
    }
    return Number;
}

// STATUS_INVALID_PARAMETER
NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber)
{
    if (ProcIndex >= KiProcessorCount) {
        return STATUS_INVALID_PARAMETER;
    }
    *ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)ProcIndex};
    return STATUS_SUCCESS;
}

// INVALID_PROCESSOR_INDEX for one that does not exist.
ULONG NTAPI KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber)
{
    return ProcNumber->Group == 0 && ProcNumber->Reserved == 0 && ProcNumber->Number < KiProcessorCount
               ? ProcNumber->Number
               : INVALID_PROCESSOR_INDEX;
}

USHORT NTAPI KeQueryHighestNodeNumber(VOID)
{
    return 0;
}

USHORT NTAPI KeGetCurrentNodeNumber(VOID)
{
    return 0;
}

// Both may be NULL. For a node that does not exist: nothing, and 0.
VOID NTAPI KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count)
{
    if (Affinity != NULL) {
        *Affinity = (GROUP_AFFINITY){.Mask = NodeNumber == 0 ? KiActiveProcessors : 0};
    }
    if (Count != NULL) {
        *Count = NodeNumber == 0 ? (USHORT)KiProcessorCount : 0;
    }
}

USHORT NTAPI KeQueryNodeActiveProcessorCount(USHORT NodeNumber)
{
    return NodeNumber == 0 ? (USHORT)KiProcessorCount : 0;
}

USHORT NTAPI KeQueryNodeMaximumProcessorCount(USHORT NodeNumber)
{
    return KeQueryNodeActiveProcessorCount(NodeNumber);
}

// Not to share a line of memory among processors: the distance at which they do not.
ULONG NTAPI KeGetRecommendedSharedDataAlignment(VOID)
{
    return SYSTEM_CACHE_ALIGNMENT_SIZE;
}
