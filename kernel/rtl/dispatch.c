// SPDX-License-Identifier: MIT
// RtlDispatchException: the search for a handler, from the frame of the exception up.
#include "inc/kernel.h"
#include "rtl/exception.h"

// Where the frame of RtlpExecuteHandlerForException keeps its dispatcher context, from the establisher frame.
#define SAVED_DISPATCHER_OFFSET 0x20

// Language handler of RtlpExecuteHandlerForException: an exception was raised while a handler ran.
EXCEPTION_DISPOSITION RtlpNestedExceptionHandler(PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame,
                                                 PCONTEXT ContextRecord, PDISPATCHER_CONTEXT Dispatcher)
{
    PDISPATCHER_CONTEXT Outer = *(PDISPATCHER_CONTEXT *)((PUCHAR)EstablisherFrame + SAVED_DISPATCHER_OFFSET);
    UNREFERENCED_PARAMETER(ContextRecord);
    if (IS_UNWINDING(ExceptionRecord->ExceptionFlags)) {
        return ExceptionContinueSearch;
    }
    Dispatcher->EstablisherFrame = Outer->EstablisherFrame;
    return ExceptionNestedException;
}

NTSTATUS RtlpResumeCollidedFrame(const STACK_BOUNDS *Bounds, const DISPATCHER_CONTEXT *Dispatcher,
                                 PCONTEXT Context, PUNWOUND_FRAME Frame)
{
    PEXCEPTION_ROUTINE NoHandler;
    PVOID NoData;
    ULONG64 Establisher;

    Frame->ControlPc = Dispatcher->ControlPc;
    Frame->ImageBase = Dispatcher->ImageBase;
    Frame->FunctionEntry = Dispatcher->FunctionEntry;
    Frame->EstablisherFrame = Dispatcher->EstablisherFrame;
    Frame->Handler = Dispatcher->LanguageHandler;
    Frame->HandlerData = Dispatcher->HandlerData;
    *Context = *Dispatcher->ContextRecord;
    return RtlpVirtualUnwind(Bounds, UNW_FLAG_NHANDLER, Frame->ImageBase, Frame->ControlPc,
                             Frame->FunctionEntry, Context, &NoHandler, &NoData, &Establisher, NULL);
}

BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord)
{
    STACK_BOUNDS Bounds = RtlpCurrentStackBounds();
    CONTEXT Context = *ContextRecord;
    UNWIND_HISTORY_TABLE HistoryTable;
    DISPATCHER_CONTEXT Dispatcher;
    UNWOUND_FRAME Frame;
    ULONG Flags = ExceptionRecord->ExceptionFlags & EXCEPTION_NONCONTINUABLE;
    ULONG64 NestedFrame = 0;

    RtlpInitializeHistoryTable(&HistoryTable);
    Context.ContextFlags &= ~CONTEXT_UNWOUND_TO_CALL;
    for (;;) {
        NTSTATUS Status = RtlpUnwindFrame(&Bounds, UNW_FLAG_EHANDLER, &HistoryTable, &Context, &Frame);
        if (!NT_SUCCESS(Status)) {
            ExceptionRecord->ExceptionFlags =
                Flags | (Status == STATUS_END_OF_FILE ? 0 : EXCEPTION_STACK_INVALID);
            return FALSE;
        }
        Dispatcher.ScopeIndex = 0;
        while (Frame.Handler != NULL) {
            Dispatcher.ControlPc = Frame.ControlPc;
            Dispatcher.ImageBase = Frame.ImageBase;
            Dispatcher.FunctionEntry = Frame.FunctionEntry;
            Dispatcher.EstablisherFrame = Frame.EstablisherFrame;
            Dispatcher.TargetIp = 0;
            Dispatcher.ContextRecord = &Context; // scratch for the unwind that the handler may start
            Dispatcher.LanguageHandler = Frame.Handler;
            Dispatcher.HandlerData = Frame.HandlerData;
            Dispatcher.HistoryTable = &HistoryTable;
            ExceptionRecord->ExceptionFlags = Flags;
            EXCEPTION_DISPOSITION Disposition = RtlpExecuteHandlerForException(
                ExceptionRecord, Frame.EstablisherFrame, ContextRecord, &Dispatcher);
            Flags |= ExceptionRecord->ExceptionFlags & EXCEPTION_NONCONTINUABLE;
            if (Frame.EstablisherFrame == NestedFrame) {
                Flags &= ~EXCEPTION_NESTED_CALL;
                NestedFrame = 0;
            }
            Frame.Handler = NULL;
            switch (Disposition) {
            case ExceptionContinueExecution:
                if ((Flags & EXCEPTION_NONCONTINUABLE) != 0) {
                    RtlpRaiseStatus(STATUS_NONCONTINUABLE_EXCEPTION, ExceptionRecord);
                }
                return TRUE;
            case ExceptionContinueSearch: break;
            case ExceptionNestedException:
                Flags |= EXCEPTION_NESTED_CALL;
                NestedFrame = max(NestedFrame, Dispatcher.EstablisherFrame);
                break;
            case ExceptionCollidedUnwind:
                if (!NT_SUCCESS(RtlpResumeCollidedFrame(&Bounds, &Dispatcher, &Context, &Frame))) {
                    ExceptionRecord->ExceptionFlags = Flags | EXCEPTION_STACK_INVALID;
                    return FALSE;
                }
                break;
            default: RtlpRaiseStatus(STATUS_INVALID_DISPOSITION, ExceptionRecord);
            }
        }
    }
}
