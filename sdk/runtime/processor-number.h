// SPDX-License-Identifier: MIT
// Processors by number, and the way of a thread to one. A system that can have one group only, which never
// changes, is asked nothing that has to do with groups: Wine has the routines for those by name alone. Inside
// the SDK only.
#ifndef KMODE_SDK_RUNTIME_PROCESSOR_NUMBER_H
#define KMODE_SDK_RUNTIME_PROCESSOR_NUMBER_H

#include <kmode.h>

/// The group and number of the processor that is the Index-th of the system. STATUS_INVALID_PARAMETER: there
/// is none. Any IRQL.
static inline NTSTATUS KmpGetProcessorNumber(_In_ ULONG Index, _Out_ PPROCESSOR_NUMBER Number)
{
    Number->Group = 0;
    Number->Number = (UCHAR)Index;
    Number->Reserved = 0;
    if (KeQueryMaximumGroupCount() > 1) {
        return KeGetProcessorNumberFromIndex(Index, Number);
    }
    return Index < KeQueryMaximumProcessorCountEx(0) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/// Takes the current thread to an active processor until KmpReturnFromProcessor: at once up to APC_LEVEL.
/// IRQL <= DISPATCH_LEVEL.
static inline VOID KmpGoToProcessor(_In_ const PROCESSOR_NUMBER *Number, _Out_ PGROUP_AFFINITY Before)
{
    GROUP_AFFINITY Affinity;

    RtlZeroMemory(&Affinity, sizeof(Affinity));
    Affinity.Group = Number->Group;
    Affinity.Mask = (KAFFINITY)1 << Number->Number;
    *Before = Affinity;
    if (KeQueryMaximumGroupCount() > 1) {
        KeSetSystemGroupAffinityThread(&Affinity, Before);
    } else {
        Before->Mask = KeSetSystemAffinityThreadEx(Affinity.Mask);
    }
}

static inline VOID KmpReturnFromProcessor(_In_ PGROUP_AFFINITY Before)
{
    if (KeQueryMaximumGroupCount() > 1) {
        KeRevertToUserGroupAffinityThread(Before);
    } else {
        KeRevertToUserAffinityThreadEx(Before->Mask);
    }
}

#endif
