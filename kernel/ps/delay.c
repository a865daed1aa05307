// SPDX-License-Identifier: MIT
// A thread that lets time pass, or others run, by a system service.
#include "inc/kernel.h"

NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER Interval);
NTSTATUS NTAPI NtYieldExecution(VOID);

// As KeDelayExecutionThread in the previous mode; STATUS_DATATYPE_MISALIGNMENT, STATUS_ACCESS_VIOLATION. IRQL
// <= APC_LEVEL.
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    LARGE_INTEGER Copy;
    NTSTATUS Status = ObpCaptureTime(Interval, &Copy, Mode);
    return NT_SUCCESS(Status) ? KeDelayExecutionThread(Mode, Alertable, &Copy) : Status;
}

// STATUS_NO_YIELD_PERFORMED: no other thread was ready. IRQL <= APC_LEVEL.
NTSTATUS NTAPI NtYieldExecution(VOID)
{
    return KiYield() ? STATUS_SUCCESS : STATUS_NO_YIELD_PERFORMED;
}

KI_DEFINE_ZW(YieldExecution, (VOID), ())
