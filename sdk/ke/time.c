// SPDX-License-Identifier: MIT
// Time of day and since the start.
#include <kmode.h>
#include "runtime/system-routine.h"

typedef VOID(NTAPI *KMP_QUERY_SYSTEM_TIME)(PLARGE_INTEGER Time);
typedef ULONG64(NTAPI *KMP_QUERY_INTERRUPT_TIME)(PULONG64 Counter);

static KMP_SYSTEM_ROUTINE QuerySystemTimePrecise = KMP_SYSTEM_ROUTINE_INIT(L"KeQuerySystemTimePrecise");
static KMP_SYSTEM_ROUTINE QueryInterruptTimePrecise = KMP_SYSTEM_ROUTINE_INIT(L"KeQueryInterruptTimePrecise");

LONG64 NTAPI KmTimeNow(VOID)
{
    KMP_QUERY_SYSTEM_TIME Routine =
        (KMP_QUERY_SYSTEM_TIME)(ULONG_PTR)KmpFindSystemRoutine(&QuerySystemTimePrecise);
    LARGE_INTEGER Time = {0};

    if (Routine != NULL) {
        Routine(&Time);
    } else {
        KeQuerySystemTime(&Time);
    }
    return Time.QuadPart;
}

LONG64 NTAPI KmTimeSinceStart(VOID)
{
    return (LONG64)KeQueryInterruptTime();
}

LONG64 NTAPI KmTimeSinceStartPrecise(VOID)
{
    KMP_QUERY_INTERRUPT_TIME Routine =
        (KMP_QUERY_INTERRUPT_TIME)(ULONG_PTR)KmpFindSystemRoutine(&QueryInterruptTimePrecise);
    ULONG64 Counter;

    return Routine != NULL ? (LONG64)Routine(&Counter) : KmTimeSinceStart();
}

LONG64 NTAPI KmTimeToLocal(LONG64 SystemTime)
{
    LARGE_INTEGER System, Local;

    System.QuadPart = SystemTime;
    ExSystemTimeToLocalTime(&System, &Local);
    return Local.QuadPart;
}

LONG64 NTAPI KmTimeFromLocal(LONG64 LocalTime)
{
    LARGE_INTEGER Local, System;

    Local.QuadPart = LocalTime;
    ExLocalTimeToSystemTime(&Local, &System);
    return System.QuadPart;
}

VOID NTAPI KmSleep(ULONG Milliseconds)
{
    LARGE_INTEGER Time;

    Time.QuadPart = -(LONG64)Milliseconds * KM_TIME_MILLISECOND;
    (void)KeDelayExecutionThread(KernelMode, FALSE, &Time);
}
