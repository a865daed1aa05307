// SPDX-License-Identifier: MIT
// RtlUnwindEx: termination handlers of every frame up to a target, then execution continues there.
#include "inc/kernel.h"
#include "rtl/exception.h"

// Where the frame of RtlpExecuteHandlerForUnwind keeps its dispatcher context, from the establisher frame.
#define SAVED_DISPATCHER_OFFSET 0x20

// Language handler of RtlpExecuteHandlerForUnwind: whoever meets that frame, in search or unwind, has met an
// unwind that was never finished, and goes on where it stopped. The frames between have been unwound already.
EXCEPTION_DISPOSITION RtlpCollidedUnwindHandler(PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame,
                                                PCONTEXT ContextRecord, PDISPATCHER_CONTEXT Dispatcher)
{
    PDISPATCHER_CONTEXT Outer = *(PDISPATCHER_CONTEXT *)((PUCHAR)EstablisherFrame + SAVED_DISPATCHER_OFFSET);
    UNREFERENCED_PARAMETER(ExceptionRecord);
    UNREFERENCED_PARAMETER(ContextRecord);
    *Dispatcher = *Outer;
    return ExceptionCollidedUnwind;
}

// An unwind of one stack: Current is the context of the frame being unwound, Caller that of the next one.
typedef struct _UNWIND {
    STACK_BOUNDS Bounds;
    PCONTEXT Current;
    PCONTEXT Caller;
    ULONG64 TargetFrame; // 0: exit unwind
    ULONG64 TargetIp;
    ULONG64 ReturnValue;
    PEXCEPTION_RECORD Record;
    ULONG Flags;
    PUNWIND_HISTORY_TABLE HistoryTable;
    UNWOUND_FRAME Frame;
} UNWIND, *PUNWIND;

static VOID RtlpResumeCollidedUnwind(PUNWIND Unwind, const DISPATCHER_CONTEXT *Dispatcher)
{
    *Unwind->Current = *Dispatcher->ContextRecord;
    NTSTATUS Status = RtlpResumeCollidedFrame(&Unwind->Bounds, Dispatcher, Unwind->Caller, &Unwind->Frame);
    if (!NT_SUCCESS(Status)) {
        RtlpRaiseStatus(Status, Unwind->Record);
    }
}

// Calls the termination handler of the frame, and again for each unwind that it collides with.
static VOID RtlpCallTerminationHandler(PUNWIND Unwind)
{
    PUNWOUND_FRAME Frame = &Unwind->Frame;
    DISPATCHER_CONTEXT Dispatcher;
    ULONG Flags = Unwind->Flags;

    Dispatcher.ScopeIndex = 0;
    for (;;) {
        if (Frame->EstablisherFrame == Unwind->TargetFrame) {
            Flags |= EXCEPTION_TARGET_UNWIND;
        }
        Dispatcher.ControlPc = Frame->ControlPc;
        Dispatcher.ImageBase = Frame->ImageBase;
        Dispatcher.FunctionEntry = Frame->FunctionEntry;
        Dispatcher.EstablisherFrame = Frame->EstablisherFrame;
        Dispatcher.TargetIp = Unwind->TargetIp;
        Dispatcher.ContextRecord = Unwind->Current;
        Dispatcher.LanguageHandler = Frame->Handler;
        Dispatcher.HandlerData = Frame->HandlerData;
        Dispatcher.HistoryTable = Unwind->HistoryTable;
        Unwind->Record->ExceptionFlags = Flags;
        Unwind->Current->Rax = Unwind->ReturnValue;
        EXCEPTION_DISPOSITION Disposition = RtlpExecuteHandlerForUnwind(
            Unwind->Record, Frame->EstablisherFrame, Unwind->Current, &Dispatcher);
        Flags = Unwind->Flags;
        switch (Disposition) {
        case ExceptionContinueSearch: return;
        case ExceptionCollidedUnwind:
            RtlpResumeCollidedUnwind(Unwind, &Dispatcher);
            Flags |= EXCEPTION_COLLIDED_UNWIND;
            break;
        default: RtlpRaiseStatus(STATUS_INVALID_DISPOSITION, Unwind->Record);
        }
    }
}

static DECLSPEC_NORETURN VOID RtlpContinueAtTarget(PUNWIND Unwind)
{
    Unwind->Current->Rax = Unwind->ReturnValue;
    if (Unwind->Record->ExceptionCode != STATUS_UNWIND_CONSOLIDATE) {
        Unwind->Current->Rip = Unwind->TargetIp;
    }
    RtlRestoreContext(Unwind->Current, Unwind->Record);
    __builtin_unreachable();
}

VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord,
                       PVOID ReturnValue, PCONTEXT ContextRecord, PUNWIND_HISTORY_TABLE HistoryTable)
{
    EXCEPTION_RECORD OwnRecord;
    CONTEXT OwnContext;
    UNWIND Unwind;

    if (ExceptionRecord == NULL) {
        RtlZeroMemory(&OwnRecord, sizeof(OwnRecord));
        OwnRecord.ExceptionCode = STATUS_UNWIND;
        OwnRecord.ExceptionAddress = __builtin_return_address(0);
        ExceptionRecord = &OwnRecord;
    }
    Unwind.Bounds = RtlpCurrentStackBounds();
    Unwind.Current = ContextRecord;
    Unwind.Caller = &OwnContext;
    Unwind.TargetFrame = (ULONG64)TargetFrame;
    Unwind.TargetIp = (ULONG64)TargetIp;
    Unwind.ReturnValue = (ULONG64)ReturnValue;
    Unwind.Record = ExceptionRecord;
    Unwind.Flags = (ExceptionRecord->ExceptionFlags & EXCEPTION_NONCONTINUABLE) | EXCEPTION_UNWINDING |
                   (TargetFrame == NULL ? EXCEPTION_EXIT_UNWIND : 0);
    Unwind.HistoryTable = HistoryTable;
    RtlCaptureContext(Unwind.Current);
    for (;;) {
        *Unwind.Caller = *Unwind.Current;
        NTSTATUS Status =
            RtlpUnwindFrame(&Unwind.Bounds, UNW_FLAG_UHANDLER, HistoryTable, Unwind.Caller, &Unwind.Frame);
        if (Status == STATUS_END_OF_FILE && TargetFrame == NULL) {
            KiUnhandledException(ExceptionRecord, Unwind.Current);
        }
        if (Status == STATUS_END_OF_FILE || (NT_SUCCESS(Status) && TargetFrame != NULL &&
                                             Unwind.Frame.EstablisherFrame > Unwind.TargetFrame)) {
            Status = STATUS_INVALID_UNWIND_TARGET;
        }
        if (!NT_SUCCESS(Status)) {
            RtlpRaiseStatus(Status, ExceptionRecord);
        }
        if (Unwind.Frame.Handler != NULL) {
            RtlpCallTerminationHandler(&Unwind);
        }
        if (Unwind.Frame.EstablisherFrame == Unwind.TargetFrame) {
            RtlpContinueAtTarget(&Unwind);
        }
        PCONTEXT Unwound = Unwind.Current;
        Unwind.Current = Unwind.Caller;
        Unwind.Caller = Unwound;
    }
}

VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord, PVOID ReturnValue)
{
    CONTEXT Context;
    RtlUnwindEx(TargetFrame, TargetIp, ExceptionRecord, ReturnValue, &Context, NULL);
}

VOID _local_unwind(PVOID TargetFrame, PVOID TargetIp)
{
    RtlUnwind(TargetFrame, TargetIp, NULL, NULL);
}
