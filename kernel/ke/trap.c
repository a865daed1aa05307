// SPDX-License-Identifier: MIT
// What each trap becomes: an exception for the handlers on the stack, or a bug check.
#include "inc/kernel.h"
#include "mm/vad.h"
#include "rtl/exception.h"

#define KI_CONTEXT_SEGMENT_CODE 0x10 // KGDT64_R0_CODE and _DATA, as every kernel CONTEXT shows them
#define KI_CONTEXT_SEGMENT_DATA 0x18

C_ASSERT(FIELD_OFFSET(KM_TRAP_FRAME, fxsave) == 0xb0);
C_ASSERT(FIELD_OFFSET(KM_TRAP_FRAME, machine_frame) == 0x2b0);
C_ASSERT(sizeof(KM_TRAP_FRAME) == 0x2e0);

#ifndef ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY
#define ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY 0xFC
#endif
#ifndef KERNEL_SECURITY_CHECK_FAILURE
#define KERNEL_SECURITY_CHECK_FAILURE 0x139
#endif

#define INTERRUPT_FAST_FAIL          0x29
#define INTERRUPT_ASSERTION          0x2C
#define INTERRUPT_DEBUG_SERVICE      0x2D
#define INTERRUPT_INSTRUCTION_LENGTH 2

#define KI_XSAVE_HEADER       512
#define KI_XSAVE_HEADER_BYTES 64

VOID KiContextFromTrapFrame(const KM_TRAP_FRAME *Frame, PCONTEXT Context)
{
    const KM_REGISTERS *Registers = &Frame->registers;
    RtlZeroMemory(Context, sizeof(*Context));
    Context->ContextFlags = CONTEXT_ALL;
    Context->Rax = Registers->rax;
    Context->Rcx = Registers->rcx;
    Context->Rdx = Registers->rdx;
    Context->Rbx = Registers->rbx;
    Context->Rsp = Registers->rsp;
    Context->Rbp = Registers->rbp;
    Context->Rsi = Registers->rsi;
    Context->Rdi = Registers->rdi;
    Context->R8 = Registers->r8;
    Context->R9 = Registers->r9;
    Context->R10 = Registers->r10;
    Context->R11 = Registers->r11;
    Context->R12 = Registers->r12;
    Context->R13 = Registers->r13;
    Context->R14 = Registers->r14;
    Context->R15 = Registers->r15;
    Context->Rip = Registers->rip;
    Context->EFlags = (ULONG)Registers->rflags;
    Context->MxCsr = Frame->mxcsr;
    Context->SegCs = KI_CONTEXT_SEGMENT_CODE;
    Context->SegSs = KI_CONTEXT_SEGMENT_DATA;
    RtlCopyMemory(&Context->FltSave, Frame->fxsave, sizeof(Frame->fxsave));
}

// The machine's way of page faults that Windows' memory manager does not answer with an exception.
static VOID KiCheckPageFault(const KM_TRAP_FRAME *Frame, PCONTEXT Context)
{
    ULONG_PTR Address = Frame->address;
    ULONG_PTR Rip = Frame->registers.rip;
    KIRQL Irql = KiGetIrql();
    KM_PAGE Page;
    ULONG Code = 0;
    ULONG_PTR Parameters[4] = {Address, 0, 0, 0};
    if (ViChecks() && ViExplainFault(Frame, Context, &Code)) {
        Parameters[1] = Frame->access == KM_TRAP_ACCESS_WRITE ? 2 : 0;
        Parameters[2] = Rip;
    } else if (Frame->access == KM_TRAP_ACCESS_EXECUTE &&
               KeMachine->query_memory(Address, &Page) & ~KM_PROTECT_MAPPED) {
        Code = ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY;
    } else if (Frame->access == KM_TRAP_ACCESS_WRITE && Address >= KM_SYSTEM_RANGE_START &&
               KeMachine->query_memory(Address, &Page) & ~KM_PROTECT_MAPPED) {
        Code = ATTEMPTED_WRITE_TO_READONLY_MEMORY;
    } else if (Irql >= DISPATCH_LEVEL) {
        // Which of the two Windows reports depends on whose instruction it was.
        Code = MiIsKernelImageAddress(Rip) ? IRQL_NOT_LESS_OR_EQUAL : DRIVER_IRQL_NOT_LESS_OR_EQUAL;
        Parameters[1] = Irql;
        Parameters[2] = Frame->access;
        Parameters[3] = Rip;
    } else if (Address >= KM_SYSTEM_RANGE_START) {
        Code = PAGE_FAULT_IN_NONPAGED_AREA;
        Parameters[1] = Frame->access == KM_TRAP_ACCESS_EXECUTE ? 0x10
                        : Frame->access == KM_TRAP_ACCESS_WRITE ? 2
                                                                : 0;
        Parameters[2] = Rip;
    }
    if (Code != 0) {
        KiBugCheck(Code, Parameters, Context, NULL, Frame);
    }
}

// A SIMD floating-point error: the status is that of the first unmasked cause in MXCSR, in the hardware's
// order.
static NTSTATUS KiSimdStatus(ULONG MxCsr)
{
    static const struct {
        ULONG Flag;
        NTSTATUS Status;
    } Causes[] = {
        {0x01, STATUS_FLOAT_INVALID_OPERATION}, {0x04, STATUS_FLOAT_DIVIDE_BY_ZERO},
        {0x02, STATUS_FLOAT_DENORMAL_OPERAND},  {0x08, STATUS_FLOAT_OVERFLOW},
        {0x10, STATUS_FLOAT_UNDERFLOW},         {0x20, STATUS_FLOAT_INEXACT_RESULT},
    };
    ULONG Unmasked = MxCsr & ~(MxCsr >> 7);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Causes); Index += 1) {
        if (Unmasked & Causes[Index].Flag) {
            return Causes[Index].Status;
        }
    }
    return STATUS_FLOAT_INVALID_OPERATION;
}

// `int n` from kernel mode. Returns the exception it raises, with rip where Windows leaves it.
static NTSTATUS KiSoftwareInterrupt(const KM_TRAP_FRAME *Frame, PCONTEXT Context, PEXCEPTION_RECORD Record)
{
    switch (Frame->error_code) {
    case INTERRUPT_FAST_FAIL: {
        Context->Rip -= INTERRUPT_INSTRUCTION_LENGTH;
        Record->ExceptionCode = STATUS_STACK_BUFFER_OVERRUN;
        Record->ExceptionFlags = EXCEPTION_NONCONTINUABLE;
        Record->ExceptionAddress = (PVOID)Context->Rip;
        Record->NumberParameters = 1;
        Record->ExceptionInformation[0] = Frame->registers.rcx;
        ULONG_PTR Parameters[4] = {Frame->registers.rcx, (ULONG_PTR)Frame, (ULONG_PTR)Record, 0};
        KiBugCheck(KERNEL_SECURITY_CHECK_FAILURE, Parameters, Context, Record, Frame);
    }
    case INTERRUPT_ASSERTION:
        Record->ExceptionAddress = (PVOID)(Context->Rip - INTERRUPT_INSTRUCTION_LENGTH);
        return STATUS_ASSERTION_FAILURE;
    case INTERRUPT_DEBUG_SERVICE: return STATUS_BREAKPOINT;
    }
    Context->Rip -= INTERRUPT_INSTRUCTION_LENGTH;
    Record->NumberParameters = 2;
    Record->ExceptionInformation[1] = (ULONG_PTR)-1;
    return STATUS_ACCESS_VIOLATION;
}

// Fills in the exception that Windows raises for the trap.
static VOID KiExceptionFromTrap(const KM_TRAP_FRAME *Frame, PCONTEXT Context, PEXCEPTION_RECORD Record)
{
    NTSTATUS Code;
    switch (Frame->vector) {
    case KM_TRAP_PAGE_FAULT:
        Code = MiTakeGuardPage(Frame->address) ? STATUS_GUARD_PAGE_VIOLATION : STATUS_ACCESS_VIOLATION;
        Record->NumberParameters = 2;
        Record->ExceptionInformation[0] = Frame->access;
        Record->ExceptionInformation[1] = Frame->address;
        break;
    case KM_TRAP_GENERAL_PROTECTION:
    case KM_TRAP_STACK_FAULT:
        if (Frame->flags & KM_TRAP_FLAG_PRIVILEGED) {
            Code = STATUS_PRIVILEGED_INSTRUCTION;
            break;
        }
        // The hardware does not tell the address, and Windows says so.
        Code = STATUS_ACCESS_VIOLATION;
        Record->NumberParameters = 2;
        Record->ExceptionInformation[1] = (ULONG_PTR)-1;
        break;
    case KM_TRAP_DIVIDE_ERROR:
        Code = Frame->flags & KM_TRAP_FLAG_DIVISOR_NOT_ZERO ? STATUS_INTEGER_OVERFLOW
                                                            : STATUS_INTEGER_DIVIDE_BY_ZERO;
        break;
    case KM_TRAP_BREAKPOINT:
        Code = STATUS_BREAKPOINT;
        Record->NumberParameters = 1;
        Context->Rip -= 1; // to the int3 itself
        break;
    case KM_TRAP_DEBUG: Code = STATUS_SINGLE_STEP; break;
    case KM_TRAP_OVERFLOW: Code = STATUS_INTEGER_OVERFLOW; break;
    case KM_TRAP_BOUND: Code = STATUS_ARRAY_BOUNDS_EXCEEDED; break;
    case KM_TRAP_INVALID_OPCODE: Code = STATUS_ILLEGAL_INSTRUCTION; break;
    case KM_TRAP_SIMD_ERROR: Code = KiSimdStatus(Frame->mxcsr); break;
    case KM_TRAP_X87_ERROR: Code = STATUS_FLOAT_INVALID_OPERATION; break;
    case KM_TRAP_SOFTWARE: Code = KiSoftwareInterrupt(Frame, Context, Record); break;
    default: {
        ULONG_PTR Parameters[4] = {Frame->vector, Frame->error_code, Frame->registers.rip,
                                   Frame->registers.rsp};
        KiBugCheck(UNEXPECTED_KERNEL_MODE_TRAP, Parameters, Context, NULL, Frame);
    }
    }
    Record->ExceptionCode = Code;
    if (Record->ExceptionAddress == NULL) {
        Record->ExceptionAddress = (PVOID)Context->Rip;
    }
}

// Between two instructions of whatever ran: takes what is pending, perhaps on the way through other threads,
// and goes on there as if nothing had been. The kernel's own code leaves the upper halves of the vector
// registers alone; other threads' does not.
static __declspec(noinline) VOID KiSaveStateAndTakePending(KIRQL OldIrql)
{
    ULONG Bytes = KiExtendedStateBytes;
    if (Bytes == 0) {
        KiTakePending(OldIrql);
        return;
    }
    PUCHAR Area = __builtin_alloca_with_align(Bytes, 64 * 8);
    RtlZeroMemory(Area + KI_XSAVE_HEADER, KI_XSAVE_HEADER_BYTES);
    __asm__ volatile("xsave64 (%0)" : : "r"(Area), "a"(KiExtendedStateMask), "d"(0) : "memory");
    KiTakePending(OldIrql);
    __asm__ volatile("xrstor64 (%0)" : : "r"(Area), "a"(KiExtendedStateMask), "d"(0) : "memory");
}

// IRQL falls when little is left on the stack: what interrupts from there on, interrupts a stack that is as
// good as empty of the one before.
static VOID KiInterruptTrap(KIRQL OldIrql)
{
    do {
        KiSaveStateAndTakePending(OldIrql);
        KiSetIrql(OldIrql);
    } while (KiPendingInterrupts() >> (OldIrql + 1) != 0);
}

static DECLSPEC_NORETURN __declspec(noinline) VOID KiDispatchFault(KM_TRAP_FRAME *Frame)
{
    CONTEXT Context;
    EXCEPTION_RECORD Record;

    if (KiGetPcr()->Prcb.BugCheckDepth != 0 && Frame->vector != KM_TRAP_TIME_LIMIT) {
        // The report of the first bug check has itself run into something bad: end with what there is of it.
        KiFinishStop();
    }
    if (Frame->vector == KM_TRAP_TIME_LIMIT || Frame->vector == KM_TRAP_UNIMPLEMENTED) {
        KiStop(Frame->vector == KM_TRAP_TIME_LIMIT ? KM_STOP_TIME_LIMIT : KM_STOP_UNIMPLEMENTED, Frame);
    }
    KiContextFromTrapFrame(Frame, &Context);
    if (Frame->vector == KM_TRAP_DOUBLE_FAULT) {
        ULONG_PTR Parameters[4] = {KM_TRAP_DOUBLE_FAULT, KiGetPcr()->Prcb.Machine->kpcr,
                                   KiGetPcr()->Prcb.Machine->cr4, Frame->registers.rip};
        KiBugCheck(UNEXPECTED_KERNEL_MODE_TRAP, Parameters, &Context, NULL, Frame);
    }
    if (Frame->vector == KM_TRAP_PAGE_FAULT) {
        KiCheckPageFault(Frame, &Context);
    }
    RtlZeroMemory(&Record, sizeof(Record));
    KiExceptionFromTrap(Frame, &Context, &Record);
    if (!RtlDispatchException(&Record, &Context)) {
        KiUnhandledException(&Record, &Context);
    }
    RtlRestoreContext(&Context, NULL);
    KiUnhandledException(&Record, &Context);
}

// Called by KiTrapEntry on the interrupted stack.
DECLSPEC_NORETURN VOID KiDispatchTrap(KM_TRAP_FRAME *Frame)
{
    if (Frame->vector == KM_TRAP_INTERRUPT) {
        KiInterruptTrap((KIRQL)Frame->error_code);
        KiResumeTrapFrame(Frame);
    }
    KiDispatchFault(Frame);
}
