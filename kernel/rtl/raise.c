// SPDX-License-Identifier: MIT
// Software exceptions: RtlRaiseException and RtlRaiseStatus.
#include "inc/kernel.h"
#include "rtl/exception.h"

// This routine and the one that calls it.
#define RAISING_FRAMES 2

DECLSPEC_NORETURN DECLSPEC_NOINLINE VOID RtlpRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
    STACK_BOUNDS Bounds = RtlpCurrentStackBounds();
    CONTEXT Context;
    UNWOUND_FRAME Frame;

    RtlCaptureContext(&Context);
    for (ULONG Count = 0; Count < RAISING_FRAMES; Count += 1) {
        if (!NT_SUCCESS(RtlpUnwindFrame(&Bounds, UNW_FLAG_NHANDLER, NULL, &Context, &Frame))) {
            KiUnhandledException(ExceptionRecord, &Context);
        }
    }
    Context.ContextFlags &= ~CONTEXT_UNWOUND_TO_CALL;
    ExceptionRecord->ExceptionAddress = (PVOID)Context.Rip;
    if (!RtlDispatchException(ExceptionRecord, &Context)) {
        KiUnhandledException(ExceptionRecord, &Context);
    }
    RtlRestoreContext(&Context, NULL);
    __builtin_unreachable();
}

DECLSPEC_NORETURN DECLSPEC_NOINLINE VOID RtlpRaiseStatus(NTSTATUS Status, PEXCEPTION_RECORD ExceptionRecord)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = Status,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .ExceptionRecord = ExceptionRecord};
    RtlpRaiseException(&Record);
}

VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
    RtlpRaiseException(ExceptionRecord);
}

DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = Status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE};
    RtlpRaiseException(&Record);
}
