// SPDX-License-Identifier: MIT
// What the machine is told of each crossing of the border while tracing was asked for.
#include "inc/kernel.h"

VOID ViTraceCallback(ULONG Event, const VI_CALLBACK *Callback, ULONG Count, const ULONG_PTR *Arguments,
                     ULONG_PTR Result)
{
    KM_TRACE Trace;
    RtlZeroMemory(&Trace, sizeof(Trace));
    Trace.event = Event;
    Trace.irql = KiGetIrql();
    Trace.processor = KiGetPrcb()->Number;
    Trace.argument_count = min(Count, KM_TRACE_ARGUMENTS);
    Trace.thread_id = (ULONG64)CONTAINING_RECORD(KiCurrentThread(), ETHREAD, Tcb)->Cid.UniqueThread;
    Trace.time = KiPeekTime();
    Trace.frame = (ULONG64)Callback;
    Trace.routine = (ULONG64)Callback->Routine;
    Trace.result = Result;
    Trace.name = Callback->Type;
    for (ULONG Index = 0; Index < Trace.argument_count; Index += 1) {
        Trace.arguments[Index] = Arguments[Index];
    }
    KeMachine->trace_crossing(&Trace);
}
