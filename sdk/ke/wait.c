// SPDX-License-Identifier: MIT
// Waits with time-outs in milliseconds.
#include <kmode.h>

#define UNITS_IN_MILLISECOND 10000LL

static PLARGE_INTEGER RelativeTime(ULONG Milliseconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = -(LONGLONG)Milliseconds * UNITS_IN_MILLISECOND;
    return Milliseconds == KM_WAIT_FOREVER ? NULL : Time;
}

NTSTATUS NTAPI KmWait(PVOID Object, ULONG Milliseconds)
{
    LARGE_INTEGER Time;

    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, RelativeTime(Milliseconds, &Time));
}

static NTSTATUS WaitForSeveral(ULONG Count, PVOID *Objects, WAIT_TYPE Type, ULONG Milliseconds,
                               PKWAIT_BLOCK WaitBlocks)
{
    KWAIT_BLOCK OwnBlocks[KM_WAIT_OBJECTS];
    LARGE_INTEGER Time;

    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS || (Count > KM_WAIT_OBJECTS && WaitBlocks == NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    return KeWaitForMultipleObjects(Count, Objects, Type, Executive, KernelMode, FALSE,
                                    RelativeTime(Milliseconds, &Time),
                                    WaitBlocks != NULL ? WaitBlocks : OwnBlocks);
}

NTSTATUS NTAPI KmWaitAny(ULONG Count, PVOID *Objects, ULONG Milliseconds, PKWAIT_BLOCK WaitBlocks,
                         PULONG Index)
{
    NTSTATUS Status = WaitForSeveral(Count, Objects, WaitAny, Milliseconds, WaitBlocks);

    *Index = 0;
    if ((ULONG)Status < MAXIMUM_WAIT_OBJECTS) {
        *Index = (ULONG)Status;
        return STATUS_SUCCESS;
    }
    if ((ULONG)Status - STATUS_ABANDONED_WAIT_0 < MAXIMUM_WAIT_OBJECTS) {
        *Index = (ULONG)Status - STATUS_ABANDONED_WAIT_0;
        return STATUS_ABANDONED;
    }
    return Status;
}

NTSTATUS NTAPI KmWaitAll(ULONG Count, PVOID *Objects, ULONG Milliseconds, PKWAIT_BLOCK WaitBlocks)
{
    NTSTATUS Status = WaitForSeveral(Count, Objects, WaitAll, Milliseconds, WaitBlocks);

    return (ULONG)Status - STATUS_ABANDONED_WAIT_0 < MAXIMUM_WAIT_OBJECTS ? STATUS_ABANDONED : Status;
}
