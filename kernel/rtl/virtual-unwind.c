// SPDX-License-Identifier: MIT
// RtlVirtualUnwind: from a function's context to its caller's, by the function's unwind codes.
#include "inc/kernel.h"
#include "rtl/exception.h"

// What an unwind code needs to know of the function it belongs to.
typedef struct _UNWIND_STATE {
    const STACK_BOUNDS *Bounds;
    PCONTEXT Context;
    PKNONVOLATILE_CONTEXT_POINTERS ContextPointers;
    ULONG64 FrameBase; // the lowest address of the fixed allocation: what saved registers are relative to
    BOOLEAN SawMachineFrame; // rip and rsp are restored already
} UNWIND_STATE, *PUNWIND_STATE;

// Slots that each code takes, by operation. 0: no such code, or one whose size depends on its operand.
static const UCHAR RtlpUnwindCodeSlots[16] = {
    [UWOP_PUSH_NONVOL] = 1, [UWOP_ALLOC_SMALL] = 1,     [UWOP_SET_FPREG] = 1,
    [UWOP_SAVE_NONVOL] = 2, [UWOP_SAVE_NONVOL_FAR] = 3, [UWOP_EPILOG] = 1,
    [UWOP_SAVE_XMM128] = 2, [UWOP_SAVE_XMM128_FAR] = 3, [UWOP_PUSH_MACHFRAME] = 1,
};

STACK_BOUNDS RtlpCurrentStackBounds(VOID)
{
    STACK_BOUNDS Bounds;
    KiQueryStackLimits(&Bounds.Low, &Bounds.High);
    Bounds.Mapped = Bounds.Low;
    return Bounds;
}

BOOLEAN RtlpReadStack(const STACK_BOUNDS *Bounds, ULONG64 Address, PULONG64 Value)
{
    if ((Address < Bounds->Mapped || Address > Bounds->High - sizeof(ULONG64)) &&
        !MiIsRangeReadable(Address, sizeof(ULONG64))) {
        return FALSE;
    }
    *Value = *(const UNALIGNED ULONG64 *)Address;
    return TRUE;
}

NTSTATUS RtlpPopReturnAddress(const STACK_BOUNDS *Bounds, PCONTEXT Context)
{
    if (!RtlpReadStack(Bounds, Context->Rsp, &Context->Rip)) {
        return STATUS_BAD_STACK;
    }
    Context->Rsp += sizeof(ULONG64);
    Context->ContextFlags |= CONTEXT_UNWOUND_TO_CALL;
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpRestoreRegister(const STACK_BOUNDS *Bounds, ULONG Register, ULONG64 Address,
                                    PCONTEXT Context, PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    if (!RtlpReadStack(Bounds, Address, RtlpContextRegister(Context, Register))) {
        return STATUS_BAD_STACK;
    }
    if (ContextPointers != NULL) {
        ContextPointers->IntegerContext[Register] = (PULONG64)Address;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlpPopRegister(const STACK_BOUNDS *Bounds, ULONG Register, PCONTEXT Context,
                         PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    ULONG64 Address = Context->Rsp;
    Context->Rsp += sizeof(ULONG64);
    return RtlpRestoreRegister(Bounds, Register, Address, Context, ContextPointers);
}

static NTSTATUS RtlpRestoreXmm(PUNWIND_STATE State, ULONG Register, ULONG64 Address)
{
    PM128A Target = &State->Context->Xmm0 + Register;
    if (!RtlpReadStack(State->Bounds, Address, (PULONG64)&Target->Low) ||
        !RtlpReadStack(State->Bounds, Address + sizeof(ULONG64), (PULONG64)&Target->High)) {
        return STATUS_BAD_STACK;
    }
    if (State->ContextPointers != NULL) {
        State->ContextPointers->FloatingContext[Register] = (PM128A)Address;
    }
    return STATUS_SUCCESS;
}

BOOLEAN RtlpIsUnwindInfoReadable(const UNWIND_INFO *Info)
{
    if (((ULONG_PTR)Info & 3) != 0 || !MiIsRangeReadable((ULONG_PTR)Info, sizeof(*Info))) {
        return FALSE;
    }
    // The tail is a handler's offset or a chained entry; without either this asks for a few bytes too many,
    // which an image's section has anyway.
    ULONG TailBytes = (Info->Flags & UNW_FLAG_CHAININFO) != 0    ? sizeof(RUNTIME_FUNCTION)
                      : (Info->Flags & UNWIND_FLAG_HANDLER) != 0 ? sizeof(ULONG)
                                                                 : 0;
    return MiIsRangeReadable((ULONG_PTR)Info,
                             (ULONG_PTR)RtlpUnwindInfoTail(Info) - (ULONG_PTR)Info + TailBytes);
}

static ULONG RtlpCodeSlots(UNWIND_CODE Code)
{
    if (Code.UnwindOp == UWOP_ALLOC_LARGE) {
        return Code.OpInfo == 0 ? 2 : Code.OpInfo == 1 ? 3 : 0;
    }
    return RtlpUnwindCodeSlots[Code.UnwindOp];
}

static NTSTATUS RtlpUndoMachineFrame(PUNWIND_STATE State, BOOLEAN HasErrorCode)
{
    PCONTEXT Context = State->Context;
    ULONG64 Frame = Context->Rsp + (HasErrorCode ? sizeof(ULONG64) : 0);
    // rip, cs, rflags, rsp, ss
    if (!RtlpReadStack(State->Bounds, Frame, &Context->Rip) ||
        !RtlpReadStack(State->Bounds, Frame + 3 * sizeof(ULONG64), &Context->Rsp)) {
        return STATUS_BAD_STACK;
    }
    State->SawMachineFrame = TRUE;
    Context->ContextFlags &= ~CONTEXT_UNWOUND_TO_CALL;
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpUndoCode(PUNWIND_STATE State, const UNWIND_INFO *Info, const UNWIND_CODE *Code)
{
    PCONTEXT Context = State->Context;
    ULONG Slots = RtlpCodeSlots(*Code);
    ULONG64 Near = Slots > 1 ? Code[1].FrameOffset : 0;
    ULONG64 Far = Slots > 2 ? Near | (ULONG64)Code[2].FrameOffset << 16 : 0;
    switch (Code->UnwindOp) {
    case UWOP_PUSH_NONVOL:
        return RtlpPopRegister(State->Bounds, Code->OpInfo, Context, State->ContextPointers);
    case UWOP_ALLOC_LARGE: Context->Rsp += Code->OpInfo == 0 ? Near * 8 : Far; return STATUS_SUCCESS;
    case UWOP_ALLOC_SMALL: Context->Rsp += Code->OpInfo * 8 + 8; return STATUS_SUCCESS;
    case UWOP_SET_FPREG:
        if (Info->FrameRegister == 0) {
            return STATUS_BAD_FUNCTION_TABLE;
        }
        Context->Rsp = *RtlpContextRegister(Context, Info->FrameRegister) - Info->FrameOffset * 16;
        return STATUS_SUCCESS;
    case UWOP_SAVE_NONVOL:
        return RtlpRestoreRegister(State->Bounds, Code->OpInfo, State->FrameBase + Near * 8, Context,
                                   State->ContextPointers);
    case UWOP_SAVE_NONVOL_FAR:
        return RtlpRestoreRegister(State->Bounds, Code->OpInfo, State->FrameBase + Far, Context,
                                   State->ContextPointers);
    case UWOP_SAVE_XMM128: return RtlpRestoreXmm(State, Code->OpInfo, State->FrameBase + Near * 16);
    case UWOP_SAVE_XMM128_FAR: return RtlpRestoreXmm(State, Code->OpInfo, State->FrameBase + Far);
    case UWOP_PUSH_MACHFRAME:
        return Code->OpInfo <= 1 ? RtlpUndoMachineFrame(State, Code->OpInfo == 1) : STATUS_BAD_FUNCTION_TABLE;
    }
    return STATUS_BAD_FUNCTION_TABLE;
}

// Undoes those codes of Info whose instruction has been executed when the function is at PrologueOffset.
static NTSTATUS RtlpUndoCodes(PUNWIND_STATE State, const UNWIND_INFO *Info, ULONG PrologueOffset)
{
    ULONG Index = 0;
    if (Info->Version >= 2) {
        while (Index < Info->CountOfCodes && Info->UnwindCode[Index].UnwindOp == UWOP_EPILOG) {
            Index += 1;
        }
        // The list of epilogues is padded to an even number of slots, by some with zeros.
        if ((Index & 1) != 0 && Index < Info->CountOfCodes && Info->UnwindCode[Index].FrameOffset == 0) {
            Index += 1;
        }
    }
    while (Index < Info->CountOfCodes) {
        const UNWIND_CODE *Code = &Info->UnwindCode[Index];
        ULONG Slots = RtlpCodeSlots(*Code);
        if (Slots == 0 || Slots > Info->CountOfCodes - Index || Code->UnwindOp == UWOP_EPILOG) {
            return STATUS_BAD_FUNCTION_TABLE;
        }
        if (Code->CodeOffset <= PrologueOffset) {
            NTSTATUS Status = RtlpUndoCode(State, Info, Code);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
        }
        Index += Slots;
    }
    return STATUS_SUCCESS;
}

// The frame register holds the frame's base once its code in the prologue has been executed.
static BOOLEAN RtlpIsFrameRegisterSet(const UNWIND_INFO *Info, ULONG PrologueOffset)
{
    if (Info->FrameRegister == 0) {
        return FALSE;
    }
    if (PrologueOffset >= Info->SizeOfProlog || (Info->Flags & UNW_FLAG_CHAININFO) != 0) {
        return TRUE;
    }
    for (ULONG Index = 0, Slots; Index < Info->CountOfCodes; Index += Slots) {
        UNWIND_CODE Code = Info->UnwindCode[Index];
        Slots = RtlpCodeSlots(Code);
        if (Slots == 0) {
            return FALSE;
        }
        if (Code.UnwindOp == UWOP_SET_FPREG) {
            return Code.CodeOffset <= PrologueOffset;
        }
    }
    return FALSE;
}

static ULONG64 RtlpFrameBase(PCONTEXT Context, const UNWIND_INFO *Info, ULONG PrologueOffset)
{
    return RtlpIsFrameRegisterSet(Info, PrologueOffset)
               ? *RtlpContextRegister(Context, Info->FrameRegister) - Info->FrameOffset * 16
               : Context->Rsp;
}

// The language handler behind the codes of Info; the image is asked again since Info may be damaged.
static NTSTATUS RtlpFindHandler(ULONG64 ImageBase, const UNWIND_INFO *Info, PEXCEPTION_ROUTINE *Handler,
                                PVOID *HandlerData)
{
    PULONG Tail = RtlpUnwindInfoTail(Info);
    ULONG ImageSize;
    if (MiFindImage(ImageBase + *Tail, &ImageSize) != (PVOID)ImageBase ||
        !MiIsRangeReadable(ImageBase + *Tail, 1)) {
        return STATUS_BAD_FUNCTION_TABLE;
    }
    *Handler = (PEXCEPTION_ROUTINE)(ImageBase + *Tail);
    *HandlerData = Tail + 1;
    return STATUS_SUCCESS;
}

NTSTATUS RtlpVirtualUnwind(const STACK_BOUNDS *Bounds, ULONG HandlerType, ULONG64 ImageBase,
                           ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context,
                           PEXCEPTION_ROUTINE *Handler, PVOID *HandlerData, PULONG64 EstablisherFrame,
                           PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    UNWIND_STATE State = {Bounds, Context, ContextPointers, 0, FALSE};
    NTSTATUS Status;

    *Handler = NULL;
    *EstablisherFrame = Context->Rsp;
    if (FunctionEntry == NULL) {
        return RtlpPopReturnAddress(Bounds, Context);
    }
    const UNWIND_INFO *Info = (const UNWIND_INFO *)(ImageBase + FunctionEntry->UnwindData);
    ULONG64 Offset = ControlPc - ImageBase - FunctionEntry->BeginAddress;
    ULONG PrologueOffset = Offset < MAXULONG ? (ULONG)Offset : MAXULONG;
    if (!RtlpIsUnwindInfoReadable(Info)) {
        return STATUS_BAD_FUNCTION_TABLE;
    }
    BOOLEAN IsPastPrologue = PrologueOffset >= Info->SizeOfProlog;
    if (IsPastPrologue && RtlpIsInEpilogue(ImageBase, ControlPc, FunctionEntry, Info)) {
        return RtlpUnwindEpilogue(Bounds, ControlPc, ImageBase + FunctionEntry->EndAddress, Context,
                                  ContextPointers);
    }
    *EstablisherFrame = State.FrameBase = RtlpFrameBase(Context, Info, PrologueOffset);
    for (ULONG Depth = 0;; Depth += 1) {
        if (Info->Version < 1 || Info->Version > 2 || Depth == UNWIND_CHAIN_LIMIT) {
            return STATUS_BAD_FUNCTION_TABLE;
        }
        Status = RtlpUndoCodes(&State, Info, PrologueOffset);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        if ((Info->Flags & UNW_FLAG_CHAININFO) == 0) {
            break;
        }
        // Whatever chains to another entry runs after that entry's whole prologue.
        const RUNTIME_FUNCTION *Chained = (const RUNTIME_FUNCTION *)RtlpUnwindInfoTail(Info);
        Info = (const UNWIND_INFO *)(ImageBase + Chained->UnwindData);
        PrologueOffset = MAXULONG;
        IsPastPrologue = TRUE;
        if (!RtlpIsUnwindInfoReadable(Info)) {
            return STATUS_BAD_FUNCTION_TABLE;
        }
        State.FrameBase = RtlpFrameBase(Context, Info, PrologueOffset);
    }
    if (!State.SawMachineFrame) {
        Status = RtlpPopReturnAddress(Bounds, Context);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    if (IsPastPrologue && (Info->Flags & UNWIND_FLAG_HANDLER & HandlerType) != 0) {
        return RtlpFindHandler(ImageBase, Info, Handler, HandlerData);
    }
    return STATUS_SUCCESS;
}

PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                          PRUNTIME_FUNCTION FunctionEntry, PCONTEXT ContextRecord,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame,
                                          PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    STACK_BOUNDS Bounds = RtlpCurrentStackBounds();
    PEXCEPTION_ROUTINE Handler;

    NTSTATUS Status =
        RtlpVirtualUnwind(&Bounds, HandlerType, ImageBase, ControlPc, FunctionEntry, ContextRecord, &Handler,
                          HandlerData, EstablisherFrame, ContextPointers);
    if (!NT_SUCCESS(Status)) {
        RtlpRaiseStatus(Status, NULL);
    }
    return Handler;
}

NTSTATUS RtlpUnwindFrame(const STACK_BOUNDS *Bounds, ULONG HandlerType, PUNWIND_HISTORY_TABLE HistoryTable,
                         PCONTEXT Context, PUNWOUND_FRAME Frame)
{
    ULONG64 Rsp = Context->Rsp;

    Frame->ControlPc = Context->Rip;
    Frame->ImageBase = 0;
    Frame->FunctionEntry = NULL;
    Frame->EstablisherFrame = Rsp;
    Frame->Handler = NULL;
    Frame->HandlerData = NULL;
    if (Rsp < Bounds->Low || Rsp > Bounds->High || (Rsp & (sizeof(ULONG64) - 1)) != 0) {
        return STATUS_BAD_STACK;
    }
    if (Rsp == Bounds->High) {
        return STATUS_END_OF_FILE;
    }
    Frame->FunctionEntry = RtlLookupFunctionEntry(Frame->ControlPc, &Frame->ImageBase, HistoryTable);
    if (Frame->ImageBase == 0 && (Context->ContextFlags & CONTEXT_UNWOUND_TO_CALL) != 0) {
        return STATUS_END_OF_FILE;
    }
    NTSTATUS Status =
        RtlpVirtualUnwind(Bounds, HandlerType, Frame->ImageBase, Frame->ControlPc, Frame->FunctionEntry,
                          Context, &Frame->Handler, &Frame->HandlerData, &Frame->EstablisherFrame, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // A frame that is not above the one before would make the walk a circle.
    if (Context->Rsp <= Rsp || Context->Rsp > Bounds->High || Frame->EstablisherFrame < Rsp ||
        Frame->EstablisherFrame >= Bounds->High || (Frame->EstablisherFrame & (sizeof(ULONG64) - 1)) != 0) {
        return STATUS_BAD_STACK;
    }
    return STATUS_SUCCESS;
}
