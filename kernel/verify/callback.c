// SPDX-License-Identifier: MIT
// What is looked at, and shown, around a call of a driver's routine.
#include "inc/kernel.h"

VOID ViBeginCallback(VI_CALLBACK *Callback, PCSTR Type, PVOID Routine, ULONG Count, ...)
{
    PKTHREAD Thread = KiCurrentThread();
    ULONG ImageSize;
    // The kernel's own routines are called the same ways.
    if (MiIsKernelImageAddress((ULONG_PTR)Routine) || MiFindImage((ULONG_PTR)Routine, &ImageSize) == NULL) {
        return;
    }
    Callback->Type = Type;
    Callback->Routine = Routine;
    Callback->Irql = KiGetIrql();
    Callback->KernelApcDisable = Thread->KernelApcDisable;
    Callback->SpecialApcDisable = Thread->SpecialApcDisable;
    Callback->Sequence = ViLockSequence();
    if (ViFlags & KM_BOOT_TRACE) {
        ULONG_PTR Arguments[VI_CALLBACK_ARGUMENTS];
        va_list List;
        Count = min(Count, VI_CALLBACK_ARGUMENTS);
        va_start(List, Count);
        for (ULONG Index = 0; Index < Count; Index += 1) {
            Arguments[Index] = va_arg(List, ULONG_PTR);
        }
        va_end(List);
        ViTraceCallback(KM_TRACE_CALLBACK, Callback, Count, Arguments, 0);
    }
}

// The place that is told is the routine itself: where it changed what it should not have, nobody knows any
// more.
static VOID ViCheckRegions(const VI_CALLBACK *Callback, const VI_STACK *Routine)
{
    PKTHREAD Thread = KiCurrentThread();
    LONG Critical = Callback->KernelApcDisable - Thread->KernelApcDisable;
    LONG Guarded = Callback->SpecialApcDisable - Thread->SpecialApcDisable;
    if (Critical > 0) {
        ViReportLeft(
            ViCriticalRegionHeld, Routine,
            "the %s routine returned within a critical region that it has entered, or holding a mutex",
            Callback->Type);
    } else if (Critical < 0) {
        ViReportLeft(ViCriticalRegionLeft, Routine,
                     "the %s routine left a critical region that it had not entered", Callback->Type);
    }
    if (Guarded > 0) {
        ViReportLeft(ViGuardedRegionHeld, Routine,
                     "the %s routine returned within a guarded region that it has entered", Callback->Type);
    } else if (Guarded < 0) {
        ViReportLeft(ViGuardedRegionLeft, Routine,
                     "the %s routine left a guarded region that it had not entered", Callback->Type);
    }
}

VOID ViEndCallback(VI_CALLBACK *Callback, ULONG_PTR Result)
{
    if (ViFlags & KM_BOOT_TRACE) {
        ViTraceCallback(KM_TRACE_CALLBACK_RETURN, Callback, 0, NULL, Result);
    }
    if (!ViChecks()) {
        return;
    }
    const VI_STACK Routine = {.Count = 1, .Frames = {(ULONG64)Callback->Routine + 1}};
    KIRQL Irql = KiGetIrql();
    ViCheckHeldResources(Callback, Result);
    // A lock that is still held explains what follows from it.
    if (ViCheckHeldLocks(Callback)) {
        return;
    }
    VI_STACK Raised;
    if (Irql > Callback->Irql && ViWhereRaised(&Raised)) {
        ViReportWhere(
            ViIrqlChanged, &Raised, &Routine,
            "the %s routine was called at IRQL %u and returned at IRQL %u, to which it was raised here",
            Callback->Type, Callback->Irql, Irql);
    } else if (Irql != Callback->Irql) {
        ViReportLeft(ViIrqlChanged, &Routine, "the %s routine was called at IRQL %u and returned at IRQL %u",
                     Callback->Type, Callback->Irql, Irql);
    }
    ViCheckRegions(Callback, &Routine);
}
