// SPDX-License-Identifier: MIT
// The end of a run: KeBugCheck, KeBugCheckEx, and what is told to the machine about it.
#include "inc/kernel.h"
#include "rtl/exception.h"

// Kept off the stack: it is large, and the stack may be what is broken. One processor stops the machine,
// once.
static KM_STOP KiStopRecord;

// The code and the parameters of the bug check under way, for drivers.
ULONG_PTR KiBugCheckData[5];

// The processor that ends the run; another that wants to at the same time waits to be stopped with the rest.
static volatile LONG KiStoppingProcessor = -1;

VOID KiBecomeStopper(VOID)
{
    LONG Number = (LONG)KiGetPrcb()->Number;
    LONG Other = InterlockedCompareExchange(&KiStoppingProcessor, Number, -1);
    if (Other != -1 && Other != Number) {
        for (;;) {
            KeMachine->relax_processor();
        }
    }
}

static VOID KiFillRegisters(KM_REGISTERS *Registers, const CONTEXT *Context)
{
    *Registers = (KM_REGISTERS){
        .rax = Context->Rax,
        .rcx = Context->Rcx,
        .rdx = Context->Rdx,
        .rbx = Context->Rbx,
        .rsp = Context->Rsp,
        .rbp = Context->Rbp,
        .rsi = Context->Rsi,
        .rdi = Context->Rdi,
        .r8 = Context->R8,
        .r9 = Context->R9,
        .r10 = Context->R10,
        .r11 = Context->R11,
        .r12 = Context->R12,
        .r13 = Context->R13,
        .r14 = Context->R14,
        .r15 = Context->R15,
        .rip = Context->Rip,
        .rflags = Context->EFlags,
    };
}

static VOID KiFillFault(const KM_TRAP_FRAME *Frame)
{
    if (Frame == NULL) {
        return;
    }
    KiStopRecord.has_fault = 1;
    KiStopRecord.vector = Frame->vector;
    KiStopRecord.access = Frame->access;
    KiStopRecord.trap_flags = Frame->flags;
    KiStopRecord.address = Frame->address;
}

static VOID KiFillStack(const CONTEXT *Context)
{
    PKTHREAD Thread = KiGetPcr()->Prcb.CurrentThread;
    KiStopRecord.stack_low = (ULONG64)Thread->StackLimit;
    KiStopRecord.stack_high = (ULONG64)Thread->InitialStack;
    KiStopRecord.irql = KiGetIrql();
    KiStopRecord.frame_count = RtlpWalkStack(Context, KiStopRecord.frames, KM_STOP_MAX_FRAMES);
}

DECLSPEC_NORETURN VOID KiBugCheck(ULONG Code, const ULONG_PTR Parameters[4], PCONTEXT Context,
                                  PEXCEPTION_RECORD Record, const KM_TRAP_FRAME *Frame)
{
    CONTEXT Own;
    KiBecomeStopper();
    if (InterlockedIncrement(&KiGetPcr()->Prcb.BugCheckDepth) > 1) {
        KiFinishStop();
    }
    KiStopRecord.kind = KM_STOP_BUG_CHECK;
    KiStopRecord.bug_check_code = Code;
    KiBugCheckData[0] = Code;
    for (ULONG Index = 0; Index < 4; Index += 1) {
        KiBugCheckData[Index + 1] = Parameters[Index];
        KiStopRecord.parameters[Index] = Parameters[Index];
    }
    KiFillFault(Frame);
    if (Record != NULL) {
        KiStopRecord.exception_code = (ULONG)Record->ExceptionCode;
        if (Frame == NULL && Record->ExceptionCode == STATUS_ACCESS_VIOLATION &&
            Record->NumberParameters == 2) {
            KiStopRecord.has_fault = 1;
            KiStopRecord.vector = KM_TRAP_PAGE_FAULT;
            KiStopRecord.access = (ULONG)Record->ExceptionInformation[0];
            KiStopRecord.address = Record->ExceptionInformation[1];
            if (Record->ExceptionInformation[1] == (ULONG_PTR)-1) {
                KiStopRecord.vector = KM_TRAP_GENERAL_PROTECTION;
            }
        }
    }
    KiStopRecord.has_registers = Context != NULL;
    if (Context == NULL) {
        RtlCaptureContext(&Own);
        Context = &Own;
    }
    KiFillRegisters(&KiStopRecord.registers, Context);
    KiFillStack(Context);
    // The last: a routine that fails itself ends here too, with what has been gathered.
    KiCallBugCheckCallbacks(Code);
    KeMachine->stop(&KiStopRecord);
    __builtin_unreachable();
}

DECLSPEC_NORETURN VOID KiFinishStop(VOID)
{
    KeMachine->stop(&KiStopRecord);
    __builtin_unreachable();
}

DECLSPEC_NORETURN VOID KiStop(ULONG Kind, const KM_TRAP_FRAME *Frame)
{
    CONTEXT Context;
    KiBecomeStopper();
    KiContextFromTrapFrame(Frame, &Context);
    KiStopRecord.kind = Kind;
    KiStopRecord.has_registers = 1;
    KiFillFault(Frame);
    KiFillRegisters(&KiStopRecord.registers, &Context);
    // A stack that could not be walked the first time is not walked again.
    if (InterlockedIncrement(&KiGetPcr()->Prcb.BugCheckDepth) == 1) {
        KiFillStack(&Context);
    }
    KeMachine->stop(&KiStopRecord);
    __builtin_unreachable();
}

DECLSPEC_NORETURN VOID KiStopHere(ULONG Kind)
{
    CONTEXT Context;
    KiBecomeStopper();
    RtlCaptureContext(&Context);
    KiStopRecord.kind = Kind;
    KiFillRegisters(&KiStopRecord.registers, &Context);
    if (InterlockedIncrement(&KiGetPcr()->Prcb.BugCheckDepth) == 1) {
        KiFillStack(&Context);
    }
    KeMachine->stop(&KiStopRecord);
    __builtin_unreachable();
}

DECLSPEC_NORETURN VOID KiUnhandledException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    const ULONG_PTR Parameters[4] = {(ULONG_PTR)(LONG_PTR)Record->ExceptionCode,
                                     (ULONG_PTR)Record->ExceptionAddress,
                                     Record->NumberParameters > 0 ? Record->ExceptionInformation[0] : 0,
                                     Record->NumberParameters > 1 ? Record->ExceptionInformation[1] : 0};
    KiBugCheck(KMODE_EXCEPTION_NOT_HANDLED, Parameters, Context, Record, NULL);
}

DECLSPEC_NORETURN VOID NTAPI KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
                                          ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
                                          ULONG_PTR BugCheckParameter4)
{
    const ULONG_PTR Parameters[4] = {BugCheckParameter1, BugCheckParameter2, BugCheckParameter3,
                                     BugCheckParameter4};
    KiBugCheck(BugCheckCode, Parameters, NULL, NULL, NULL);
}

DECLSPEC_NORETURN VOID NTAPI KeBugCheck(ULONG BugCheckCode)
{
    KeBugCheckEx(BugCheckCode, 0, 0, 0, 0);
}
