// SPDX-License-Identifier: MIT
// kmode build: -I kernel
// RtlVirtualUnwind at every instruction of functions that use every unwind code: each is single-stepped, and
// from each instruction, in prologue, body and epilogue, the unwind must lead to the caller's exact state.
#include "test.h"
#include "rtl/exception.h"

#define TRAP_FLAG 0x100

// What StepFunction loads into the registers that a function must keep: rbx rbp rsi rdi r12..r15,
// xmm6..xmm15.
static const ULONG64 Integers[8] = {0xB0B0, 0xB1B1, 0xB2B2, 0xB3B3, 0xB4B4, 0xB5B5, 0xB6B6, 0xB7B7};
static const M128A Vectors[10] __attribute__((used)) = {
    {0xF6, 0x6F}, {0xF7, 0x7F}, {0xF8, 0x8F}, {0xF9, 0x9F}, {0xFA, 0xAF},
    {0xFB, 0xBF}, {0xFC, 0xCF}, {0xFD, 0xDF}, {0xFE, 0xEF}, {0xFF, 0xFF},
};

// Calls Function with the trap flag set. *Rsp becomes the caller's rsp, Return the address it comes back to.
void StepFunction(void *Function, PULONG64 Rsp, const ULONG64 *IntegerValues, const M128A *VectorValues);
extern const UCHAR StepReturn[];

__asm__(".text\n"
        ".globl StepFunction\n"
        ".def StepFunction; .scl 2; .type 32; .endef\n"
        ".seh_proc StepFunction\n"
        "StepFunction:\n"
        "pushq %rbx\n .seh_pushreg %rbx\n"
        "pushq %rbp\n .seh_pushreg %rbp\n"
        "pushq %rsi\n .seh_pushreg %rsi\n"
        "pushq %rdi\n .seh_pushreg %rdi\n"
        "pushq %r12\n .seh_pushreg %r12\n"
        "pushq %r13\n .seh_pushreg %r13\n"
        "pushq %r14\n .seh_pushreg %r14\n"
        "pushq %r15\n .seh_pushreg %r15\n"
        "subq $0xc8, %rsp\n .seh_stackalloc 0xc8\n"
        "movaps %xmm6, 0x20(%rsp)\n .seh_savexmm %xmm6, 0x20\n"
        "movaps %xmm7, 0x30(%rsp)\n .seh_savexmm %xmm7, 0x30\n"
        "movaps %xmm8, 0x40(%rsp)\n .seh_savexmm %xmm8, 0x40\n"
        "movaps %xmm9, 0x50(%rsp)\n .seh_savexmm %xmm9, 0x50\n"
        "movaps %xmm10, 0x60(%rsp)\n .seh_savexmm %xmm10, 0x60\n"
        "movaps %xmm11, 0x70(%rsp)\n .seh_savexmm %xmm11, 0x70\n"
        "movaps %xmm12, 0x80(%rsp)\n .seh_savexmm %xmm12, 0x80\n"
        "movaps %xmm13, 0x90(%rsp)\n .seh_savexmm %xmm13, 0x90\n"
        "movaps %xmm14, 0xa0(%rsp)\n .seh_savexmm %xmm14, 0xa0\n"
        "movaps %xmm15, 0xb0(%rsp)\n .seh_savexmm %xmm15, 0xb0\n"
        ".seh_endprologue\n"
        "movq %rsp, (%rdx)\n"
        "movq %rcx, %rax\n"
        "movups 0x00(%r9), %xmm6\n movups 0x10(%r9), %xmm7\n movups 0x20(%r9), %xmm8\n"
        "movups 0x30(%r9), %xmm9\n movups 0x40(%r9), %xmm10\n movups 0x50(%r9), %xmm11\n"
        "movups 0x60(%r9), %xmm12\n movups 0x70(%r9), %xmm13\n movups 0x80(%r9), %xmm14\n"
        "movups 0x90(%r9), %xmm15\n"
        "movq 0x00(%r8), %rbx\n movq 0x08(%r8), %rbp\n movq 0x10(%r8), %rsi\n movq 0x18(%r8), %rdi\n"
        "movq 0x20(%r8), %r12\n movq 0x28(%r8), %r13\n movq 0x30(%r8), %r14\n movq 0x38(%r8), %r15\n"
        "pushfq\n orq $0x100, (%rsp)\n popfq\n"
        "callq *%rax\n"
        ".globl StepReturn\nStepReturn:\n"
        "nop\n nop\n"
        "movaps 0x20(%rsp), %xmm6\n movaps 0x30(%rsp), %xmm7\n movaps 0x40(%rsp), %xmm8\n"
        "movaps 0x50(%rsp), %xmm9\n movaps 0x60(%rsp), %xmm10\n movaps 0x70(%rsp), %xmm11\n"
        "movaps 0x80(%rsp), %xmm12\n movaps 0x90(%rsp), %xmm13\n movaps 0xa0(%rsp), %xmm14\n"
        "movaps 0xb0(%rsp), %xmm15\n"
        "addq $0xc8, %rsp\n"
        "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rdi\n popq %rsi\n popq %rbp\n popq %rbx\n"
        "retq\n"
        ".seh_endproc\n");

#define FUNCTION(Name)                                                                                       \
    ".globl " #Name "\n.def " #Name "; .scl 2; .type 32; .endef\n.seh_proc " #Name "\n" #Name ":\n"

// UWOP_PUSH_NONVOL, UWOP_ALLOC_SMALL; epilogue add, pop, ret.
void PushAll(void);
__asm__(FUNCTION(PushAll) "pushq %rbx\n .seh_pushreg %rbx\n pushq %rbp\n .seh_pushreg %rbp\n pushq %rsi\n "
                          ".seh_pushreg %rsi\n"
                          "pushq %rdi\n .seh_pushreg %rdi\n pushq %r12\n .seh_pushreg %r12\n pushq %r13\n "
                          ".seh_pushreg %r13\n"
                          "pushq %r14\n .seh_pushreg %r14\n pushq %r15\n .seh_pushreg %r15\n"
                          "subq $0x28, %rsp\n .seh_stackalloc 0x28\n .seh_endprologue\n"
                          "xorl %ebx, %ebx\n xorl %ebp, %ebp\n xorl %esi, %esi\n xorl %edi, %edi\n"
                          "xorl %r12d, %r12d\n xorl %r13d, %r13d\n xorl %r14d, %r14d\n xorl %r15d, %r15d\n"
                          "addq $0x28, %rsp\n popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rdi\n "
                          "popq %rsi\n popq %rbp\n"
                          "popq %rbx\n retq\n .seh_endproc\n");

// UWOP_ALLOC_LARGE with a 16-bit operand; add rsp, imm32; rep ret.
void AllocLarge(void);
__asm__(FUNCTION(AllocLarge) "pushq %rdi\n .seh_pushreg %rdi\n subq $0x808, %rsp\n .seh_stackalloc 0x808\n "
                             ".seh_endprologue\n"
                             "xorl %edi, %edi\n addq $0x808, %rsp\n popq %rdi\n rep retq\n .seh_endproc\n");

// UWOP_SET_FPREG with an offset, and rsp moved in the body; epilogue lea, pop.
void FrameRegister(void);
__asm__(FUNCTION(FrameRegister) "pushq %rbp\n .seh_pushreg %rbp\n pushq %rsi\n .seh_pushreg %rsi\n subq "
                                "$0x48, %rsp\n .seh_stackalloc 0x48\n"
                                "leaq 0x20(%rsp), %rbp\n .seh_setframe %rbp, 0x20\n .seh_endprologue\n"
                                "xorl %esi, %esi\n subq $0x100, %rsp\n nop\n subq $0x10, %rsp\n nop\n"
                                "leaq 0x28(%rbp), %rsp\n popq %rsi\n popq %rbp\n retq\n .seh_endproc\n");

// A frame register that needs a REX and a SIB byte in the epilogue's lea.
void FrameRegisterR12(void);
__asm__(FUNCTION(
    FrameRegisterR12) "pushq %r12\n .seh_pushreg %r12\n subq $0x30, %rsp\n .seh_stackalloc 0x30\n"
                      "leaq 0x10(%rsp), %r12\n .seh_setframe %r12, 0x10\n .seh_endprologue\n"
                      "subq $0x40, %rsp\n nop\n leaq 0x20(%r12), %rsp\n popq %r12\n retq\n .seh_endproc\n");

// UWOP_SAVE_NONVOL into the caller's home space and the own frame, UWOP_SAVE_XMM128.
void SaveByMove(void);
__asm__(
    FUNCTION(SaveByMove) "subq $0x48, %rsp\n .seh_stackalloc 0x48\n"
                         "movq %rbx, 0x50(%rsp)\n .seh_savereg %rbx, 0x50\n movq %r15, 0x40(%rsp)\n "
                         ".seh_savereg %r15, 0x40\n"
                         "movaps %xmm6, 0x20(%rsp)\n .seh_savexmm %xmm6, 0x20\n movaps %xmm15, 0x30(%rsp)\n "
                         ".seh_savexmm %xmm15, 0x30\n"
                         ".seh_endprologue\n"
                         "xorl %ebx, %ebx\n xorl %r15d, %r15d\n xorps %xmm6, %xmm6\n xorps %xmm15, %xmm15\n"
                         "movaps 0x20(%rsp), %xmm6\n movaps 0x30(%rsp), %xmm15\n movq 0x50(%rsp), %rbx\n "
                         "movq 0x40(%rsp), %r15\n"
                         "addq $0x48, %rsp\n retq\n .seh_endproc\n");

// Tail calls: jmp rel32 out of the function, jmp through a register with REX.W.
void TailCall(void);
void TailCallRegister(void);
void TailCallTarget(void);
__asm__(FUNCTION(
    TailCall) "pushq %rbx\n .seh_pushreg %rbx\n subq $0x20, %rsp\n .seh_stackalloc 0x20\n .seh_endprologue\n"
              "xorl %ebx, %ebx\n addq $0x20, %rsp\n popq %rbx\n jmp TailCallTarget\n .seh_endproc\n" FUNCTION(
                  TailCallRegister) "pushq %rbx\n .seh_pushreg %rbx\n .seh_endprologue\n"
                                    "leaq TailCallTarget(%rip), %rax\n popq %rbx\n .byte 0x48, 0xff, 0xe0\n "
                                    ".seh_endproc\n" FUNCTION(
                                        TailCallTarget) "subq $0x28, %rsp\n .seh_stackalloc 0x28\n "
                                                        ".seh_endprologue\n"
                                                        "nop\n addq $0x28, %rsp\n retq\n .seh_endproc\n");

// A jump within the function, and pops in its body, are no epilogue.
void JumpInBody(void);
__asm__(FUNCTION(JumpInBody) "pushq %rbx\n .seh_pushreg %rbx\n subq $0x20, %rsp\n .seh_stackalloc 0x20\n "
                             ".seh_endprologue\n"
                             "jmp 1f\n nop\n 1: addq $0x20, %rsp\n popq %rbx\n retq\n .seh_endproc\n");

// ---- Hand-made unwind data: what the assembler has no directive for

#define RUNTIME_ENTRY(Name, End, Info)                                                                       \
    ".section .pdata,\"dr\"\n .p2align 2\n .rva " #Name "\n .rva " #End "\n .rva " #Info "\n .text\n"

// UWOP_ALLOC_LARGE with a 32-bit operand, UWOP_SAVE_NONVOL_FAR, UWOP_SAVE_XMM128_FAR.
void FarForms(void);
__asm__(".globl FarForms\n"
        "FarForms:\n subq $0x48, %rsp\n 1: movq %rdi, 0x40(%rsp)\n 2: movaps %xmm7, 0x20(%rsp)\n 3:\n"
        "xorl %edi, %edi\n xorps %xmm7, %xmm7\n movaps 0x20(%rsp), %xmm7\n movq 0x40(%rsp), %rdi\n"
        "addq $0x48, %rsp\n retq\n FarFormsEnd:\n"
        ".section .xdata,\"dr\"\n .p2align 2\n FarFormsInfo:\n"
        ".byte 1, 3b-FarForms, 9, 0\n"
        ".byte 3b-FarForms, 0x79\n .long 0x20\n"
        ".byte 2b-FarForms, 0x75\n .long 0x40\n"
        ".byte 1b-FarForms, 0x11\n .long 0x48\n .short 0\n" RUNTIME_ENTRY(FarForms, FarFormsEnd,
                                                                          FarFormsInfo));

// Version 2: two epilogues of three bytes, listed; one at the end.
void VersionTwo(void);
__asm__(".globl VersionTwo\n"
        "VersionTwo:\n pushq %rsi\n 1: pushq %rdi\n 2: subq $0x28, %rsp\n 3:\n"
        "testq %rsp, %rsp\n jnz 5f\n addq $0x28, %rsp\n 4: popq %rdi\n popq %rsi\n retq\n"
        "5: nop\n addq $0x28, %rsp\n popq %rdi\n popq %rsi\n retq\n VersionTwoEnd:\n"
        ".section .xdata,\"dr\"\n .p2align 2\n VersionTwoInfo:\n"
        ".byte 2, 3b-VersionTwo, 5, 0\n"
        ".byte 3, 0x16\n .byte VersionTwoEnd-4b, 0x06\n"
        ".byte 3b-VersionTwo, 0x42\n .byte 2b-VersionTwo, 0x70\n .byte 1b-VersionTwo, 0x60\n .short "
        "0\n" RUNTIME_ENTRY(VersionTwo, VersionTwoEnd, VersionTwoInfo));

// A second part of the function that saves another register, chained to the first.
void Chained(void);
__asm__(".globl Chained\n"
        "Chained:\n pushq %rbx\n 1: subq $0x30, %rsp\n 2: xorl %ebx, %ebx\n"
        "ChainedPart: movq %rsi, 0x20(%rsp)\n 3: xorl %esi, %esi\n nop\n movq 0x20(%rsp), %rsi\n"
        "ChainedPartEnd: addq $0x30, %rsp\n popq %rbx\n retq\n ChainedEnd:\n"
        ".section .xdata,\"dr\"\n .p2align 2\n ChainedInfo:\n"
        ".byte 1, 2b-Chained, 2, 0\n .byte 2b-Chained, 0x52\n .byte 1b-Chained, 0x30\n"
        ".p2align 2\n ChainedPartInfo:\n"
        ".byte 0x21, 3b-ChainedPart, 2, 0\n .byte 3b-ChainedPart, 0x64\n .short 4\n"
        ".rva Chained\n .rva ChainedPart\n .rva ChainedInfo\n"
        ".p2align 2\n ChainedTailInfo:\n .byte 0x21, 0, 0, 0\n .rva Chained\n .rva ChainedPart\n .rva "
        "ChainedInfo\n" RUNTIME_ENTRY(Chained, ChainedPart, ChainedInfo)
            RUNTIME_ENTRY(ChainedPart, ChainedPartEnd, ChainedPartInfo)
                RUNTIME_ENTRY(ChainedPartEnd, ChainedEnd, ChainedTailInfo));

// ---- The walk

static ULONG64 CallerRsp;
static ULONG Steps, WrongSteps;

static BOOLEAN IsCallerState(PCONTEXT Context)
{
    const ULONG64 Actual[8] = {Context->Rbx, Context->Rbp, Context->Rsi, Context->Rdi,
                               Context->R12, Context->R13, Context->R14, Context->R15};
    return Context->Rip == (ULONG64)StepReturn && Context->Rsp == CallerRsp &&
           RtlCompareMemory(Actual, Integers, sizeof(Integers)) == sizeof(Integers) &&
           RtlCompareMemory(&Context->Xmm6, Vectors, sizeof(Vectors)) == sizeof(Vectors);
}

static LONG Step(PEXCEPTION_POINTERS Exception)
{
    CONTEXT Context = *Exception->ContextRecord;
    ULONG64 ImageBase, Establisher;
    PVOID HandlerData;

    if (Exception->ExceptionRecord->ExceptionCode != STATUS_SINGLE_STEP) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    if (Context.Rip == (ULONG64)StepReturn) {
        Exception->ContextRecord->EFlags &= ~TRAP_FLAG;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    PRUNTIME_FUNCTION Entry = RtlLookupFunctionEntry(Context.Rip, &ImageBase, NULL);
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, ImageBase, Context.Rip, Entry, &Context, &HandlerData, &Establisher,
                     NULL);
    Steps += 1;
    if (!IsCallerState(&Context)) {
        WrongSteps += 1;
        DbgPrint("# wrong from +%I64x: rip %I64x rsp %I64x\n",
                 Exception->ContextRecord->Rip - ImageBase - (Entry ? Entry->BeginAddress : 0), Context.Rip,
                 Context.Rsp - CallerRsp);
    }
    Exception->ContextRecord->EFlags |= TRAP_FLAG;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void StepThrough(void *Function)
{
    Steps = WrongSteps = 0;
    __try {
        StepFunction(Function, &CallerRsp, Integers, Vectors);
    } __except (Step(GetExceptionInformation())) {
        WrongSteps += 1;
    }
}

#define STEP(Function, Instructions)                                                                         \
    do {                                                                                                     \
        StepThrough(Function);                                                                               \
        IS(Steps, Instructions);                                                                             \
        IS(WrongSteps, 0);                                                                                   \
    } while (0)

static void TestEveryInstruction(void)
{
    STEP(PushAll, 27);
    STEP(AllocLarge, 6);
    STEP(FrameRegister, 13);
    STEP(FrameRegisterR12, 8);
    STEP(SaveByMove, 15);
    STEP(TailCall, 10);
    STEP(TailCallRegister, 8);
    STEP(JumpInBody, 6);
    STEP(FarForms, 9);
    STEP(VersionTwo, 10);
    STEP(Chained, 10);
}

// ---- What can't be stepped

static UNWIND_INFO *InfoOf(void *Function, PULONG64 ImageBase)
{
    PRUNTIME_FUNCTION Entry = RtlLookupFunctionEntry((ULONG64)Function, ImageBase, NULL);
    return (UNWIND_INFO *)(*ImageBase + Entry->UnwindData);
}

void MachineFrame(void);
void MachineFrameWithCode(void);
__asm__(FUNCTION(MachineFrame) ".seh_pushframe\n subq $8, %rsp\n .seh_stackalloc 8\n .seh_endprologue\n"
                               "nop\n ud2\n .seh_endproc\n" FUNCTION(
                                   MachineFrameWithCode) ".seh_pushframe @code\n pushq %rbx\n .seh_pushreg "
                                                         "%rbx\n .seh_endprologue\n"
                                                         "nop\n ud2\n .seh_endproc\n");

static void TestMachineFrame(void)
{
    ULONG64 Stack[8] = {1, 0x1234, 0x10, 0x202, 0x5678, 0x18, 0, 0};
    ULONG64 StackWithCode[8] = {0xB0B, 0xEC, 0x1234, 0x10, 0x202, 0x5678, 0x18, 0};
    CONTEXT Context;
    KNONVOLATILE_CONTEXT_POINTERS Pointers;
    ULONG64 ImageBase, Establisher;
    PVOID HandlerData;

    RtlZeroMemory(&Pointers, sizeof(Pointers));
    RtlCaptureContext(&Context);
    Context.Rsp = (ULONG64)Stack;
    PRUNTIME_FUNCTION Entry = RtlLookupFunctionEntry((ULONG64)MachineFrame, &ImageBase, NULL);
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, ImageBase, ImageBase + Entry->EndAddress - 2, Entry, &Context,
                     &HandlerData, &Establisher, NULL);
    IS(Context.Rip, 0x1234);
    IS(Context.Rsp, 0x5678);
    IS(Establisher, (ULONG64)Stack);
    Context.Rsp = (ULONG64)StackWithCode;
    Entry = RtlLookupFunctionEntry((ULONG64)MachineFrameWithCode, &ImageBase, NULL);
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, ImageBase, ImageBase + Entry->EndAddress - 2, Entry, &Context,
                     &HandlerData, &Establisher, &Pointers);
    IS(Context.Rip, 0x1234);
    IS(Context.Rsp, 0x5678);
    IS(Context.Rbx, 0xB0B);
    IS((ULONG64)Pointers.IntegerContext[3], (ULONG64)StackWithCode);
    IS((ULONG64)Pointers.IntegerContext[6], 0);
}

static int __attribute__((used)) NoHandler(struct _EXCEPTION_RECORD *Record, void *Frame,
                                           struct _CONTEXT *Context, void *Dispatcher)
{
    UNREFERENCED_PARAMETER(Record);
    UNREFERENCED_PARAMETER(Frame);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Dispatcher);
    return ExceptionContinueSearch;
}

void WithHandler(void);
__asm__(FUNCTION(WithHandler) ".seh_handler NoHandler, @except\n"
                              "subq $0x28, %rsp\n .seh_stackalloc 0x28\n .seh_endprologue\n nop\n addq "
                              "$0x28, %rsp\n retq\n"
                              ".seh_handlerdata\n .long 0x12345678\n .text\n .seh_endproc\n");

static PEXCEPTION_ROUTINE HandlerAt(ULONG Type, ULONG Offset, PVOID *HandlerData)
{
    ULONG64 Stack[8] = {0}, ImageBase, Establisher;
    CONTEXT Context;
    RtlCaptureContext(&Context);
    Context.Rsp = (ULONG64)Stack;
    PRUNTIME_FUNCTION Entry = RtlLookupFunctionEntry((ULONG64)WithHandler, &ImageBase, NULL);
    return RtlVirtualUnwind(Type, ImageBase, (ULONG64)WithHandler + Offset, Entry, &Context, HandlerData,
                            &Establisher, NULL);
}

static void TestHandlerType(void)
{
    PVOID HandlerData = NULL;
    OK(HandlerAt(UNW_FLAG_EHANDLER, 4, &HandlerData) == NoHandler);
    IS(*(PULONG)HandlerData, 0x12345678);
    OK(HandlerAt(UNW_FLAG_UHANDLER, 4, &HandlerData) == NULL);
    OK(HandlerAt(UNW_FLAG_NHANDLER, 4, &HandlerData) == NULL);
    OK(HandlerAt(UNW_FLAG_EHANDLER, 0, &HandlerData) == NULL); // in the prologue
    OK(HandlerAt(UNW_FLAG_EHANDLER, 5, &HandlerData) == NULL); // in the epilogue
}

static NTSTATUS UnwindWith(RUNTIME_FUNCTION *Entry, ULONG64 ImageBase, ULONG64 Rsp)
{
    NTSTATUS Status = STATUS_SUCCESS;
    CONTEXT Context;
    ULONG64 Establisher;
    PVOID HandlerData;
    RtlCaptureContext(&Context);
    Context.Rsp = Rsp;
    __try {
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, ImageBase, ImageBase + Entry->BeginAddress + 100, Entry, &Context,
                         &HandlerData, &Establisher, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static void TestDamagedData(void)
{
    __attribute__((aligned(4))) UCHAR Info[64] = {1, 0, 1, 0, 0, UWOP_SPARE_CODE};
    ULONG64 Stack[16] = {0}, ImageBase = (ULONG64)Info & ~0xFFFFFULL;
    RUNTIME_FUNCTION Entry = {0, 0x1000, (ULONG)((ULONG64)Info - ImageBase)};

    IS(UnwindWith(&Entry, ImageBase, (ULONG64)Stack), 0xFFFFFFFFC00000FF); // no such code
    Info[5] = UWOP_ALLOC_LARGE;
    IS(UnwindWith(&Entry, ImageBase, (ULONG64)Stack), 0xFFFFFFFFC00000FF); // its operand is not there
    Info[5] = UWOP_SET_FPREG;
    IS(UnwindWith(&Entry, ImageBase, (ULONG64)Stack), 0xFFFFFFFFC00000FF); // without a frame register
    Info[5] = UWOP_ALLOC_SMALL;
    IS(UnwindWith(&Entry, ImageBase, (ULONG64)Stack), STATUS_SUCCESS);
    IS(UnwindWith(&Entry, ImageBase, 0x10), (LONG64)STATUS_BAD_STACK);
    Info[0] = 1 | UNW_FLAG_CHAININFO << 3;
    *(RUNTIME_FUNCTION *)(Info + 8) = Entry; // chained to itself
    IS(UnwindWith(&Entry, ImageBase, (ULONG64)Stack), 0xFFFFFFFFC00000FF);
    Entry.UnwindData = 0xFFFFFFFC;
    IS(UnwindWith(&Entry, 0, (ULONG64)Stack), 0xFFFFFFFFC00000FF);
}

static void TestLookup(void)
{
    UNWIND_HISTORY_TABLE History;
    ULONG64 ImageBase, Again;
    PVOID Base;

    RtlZeroMemory(&History, sizeof(History));
    History.Search = UNWIND_HISTORY_TABLE_LOCAL;
    PRUNTIME_FUNCTION Entry = RtlLookupFunctionEntry((ULONG64)PushAll + 1, &ImageBase, &History);
    OK(Entry != NULL);
    IS(ImageBase + Entry->BeginAddress, (ULONG64)PushAll);
    IS(History.Count, 1);
    OK(RtlLookupFunctionEntry((ULONG64)PushAll + 2, &Again, &History) == Entry);
    IS(Again, ImageBase);
    IS(History.Count, 1);
    OK(RtlLookupFunctionEntry(ImageBase, &Again, NULL) == NULL); // the image's header
    IS(Again, ImageBase);
    OK(RtlLookupFunctionEntry(0x10, &Again, NULL) == NULL);
    IS(Again, 0);
    OK(RtlPcToFileHeader((PVOID)PushAll, &Base) == (PVOID)ImageBase);
    OK(Base == (PVOID)ImageBase);
    OK(RtlPcToFileHeader((PVOID)0x10, &Base) == NULL);
    IS(InfoOf((PVOID)VersionTwo, &ImageBase)->Version, 2);
}

TEST_DRIVER(TestEveryInstruction, TestMachineFrame, TestHandlerType, TestDamagedData, TestLookup)
