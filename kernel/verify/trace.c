// SPDX-License-Identifier: MIT
// What the machine is told of each crossing of the border while tracing was asked for.
#include "inc/kernel.h"

static VOID ViTrace(KM_TRACE *Trace, ULONG Count, const ULONG_PTR *Arguments)
{
    Trace->irql = KiGetIrql();
    Trace->processor = KiGetPrcb()->Number;
    Trace->argument_count = min(Count, KM_TRACE_ARGUMENTS);
    Trace->thread_id = (ULONG64)CONTAINING_RECORD(KiCurrentThread(), ETHREAD, Tcb)->Cid.UniqueThread;
    Trace->time = KiPeekTime();
    for (ULONG Index = 0; Index < Trace->argument_count; Index += 1) {
        Trace->arguments[Index] = Arguments[Index];
    }
    KeMachine->trace_crossing(Trace);
}

VOID ViTraceCall(ULONG Event, const VI_ENTRY *Entry, const VI_CALL *Call, ULONG_PTR Result)
{
    KM_TRACE Trace;
    RtlZeroMemory(&Trace, sizeof(Trace));
    Trace.event = Event;
    Trace.frame = (ULONG64)Call;
    Trace.caller = Call->Return;
    Trace.routine = (ULONG64)Entry->Export;
    Trace.result = Result;
    Trace.name = Entry->Fact->Name;
    // The callee may have used the home space of its arguments by then: a return does not tell them again.
    ViTrace(&Trace, Event == KM_TRACE_CALL ? 4 + ViStackWords(Entry) : 0, Call->Arguments);
}

VOID ViTraceCallback(ULONG Event, const VI_CALLBACK *Callback, ULONG Count, const ULONG_PTR *Arguments,
                     ULONG_PTR Result)
{
    KM_TRACE Trace;
    RtlZeroMemory(&Trace, sizeof(Trace));
    Trace.event = Event;
    Trace.frame = (ULONG64)Callback;
    Trace.routine = (ULONG64)Callback->Routine;
    Trace.result = Result;
    Trace.name = Callback->Type;
    ViTrace(&Trace, Count, Arguments);
}
