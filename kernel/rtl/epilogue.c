// SPDX-License-Identifier: MIT
// Epilogues: found by their instructions, whose forms the x64 ABI fixes, and unwound by carrying these out.
#include "inc/kernel.h"
#include "rtl/exception.h"

// An epilogue's longest form: lea rsp, fifteen pops with prefix, an indirect jump.
#define EPILOGUE_MAX_BYTES 64

#define REGISTER_RSP 4
#define REX_B        0x01
#define REX_W        0x08

typedef enum _EPILOGUE_OPERATION {
    EpilogueAddRsp,   // add rsp, Displacement
    EpilogueLeaRsp,   // lea rsp, [Register + Displacement]
    EpiloguePop,      // pop Register
    EpilogueReturn,   // ret Displacement
    EpilogueJump,     // jmp to Displacement from the instruction's end
    EpilogueTailCall, // jmp through memory or a register
} EPILOGUE_OPERATION;

typedef struct _EPILOGUE_INSTRUCTION {
    EPILOGUE_OPERATION Operation;
    ULONG Length;
    ULONG Register;
    LONG Displacement;
} EPILOGUE_INSTRUCTION, *PEPILOGUE_INSTRUCTION;

static LONG RtlpReadLong(const UCHAR *Bytes)
{
    return *(const UNALIGNED LONG *)Bytes;
}

static BOOLEAN RtlpDecodeLeaRsp(const UCHAR *Code, ULONG Prefix, UCHAR Rex, PEPILOGUE_INSTRUCTION Instruction)
{
    UCHAR ModRm = Code[1], Mode = ModRm >> 6, Base = ModRm & 7;
    if ((ModRm >> 3 & 7) != REGISTER_RSP || (Rex & ~REX_B) != (0x40 | REX_W) || Mode == 3 ||
        (Mode == 0 && Base == 5)) {
        return FALSE;
    }
    ULONG Length = 2;
    if (Base == 4) {
        if (Code[2] != 0x24) {
            return FALSE; // an index register
        }
        Length += 1;
    }
    Instruction->Operation = EpilogueLeaRsp;
    Instruction->Register = Base | (Rex & REX_B) << 3;
    Instruction->Displacement = Mode == 1 ? (CHAR)Code[Length] : Mode == 2 ? RtlpReadLong(Code + Length) : 0;
    Length += Mode == 1 ? 1 : Mode == 2 ? 4 : 0;
    Instruction->Length = Prefix + Length;
    return TRUE;
}

// Bytes holds at least 16 bytes, zero behind what the function has.
static BOOLEAN RtlpDecodeEpilogueInstruction(const UCHAR *Bytes, PEPILOGUE_INSTRUCTION Instruction)
{
    UCHAR Rex = (Bytes[0] & 0xF0) == 0x40 ? Bytes[0] : 0;
    ULONG Prefix = Rex != 0 ? 1 : 0;
    const UCHAR *Code = Bytes + Prefix;

    Instruction->Register = 0;
    Instruction->Displacement = 0;
    if (Code[0] >= 0x58 && Code[0] <= 0x5F) {
        Instruction->Operation = EpiloguePop;
        Instruction->Register = (Code[0] & 7) | (Rex & REX_B) << 3;
        Instruction->Length = Prefix + 1;
        return Instruction->Register != REGISTER_RSP;
    }
    switch (Code[0]) {
    case 0x83: // add rsp, imm8
        Instruction->Operation = EpilogueAddRsp;
        Instruction->Displacement = (CHAR)Code[2];
        Instruction->Length = Prefix + 3;
        return Rex == (0x40 | REX_W) && Code[1] == 0xC4;
    case 0x81: // add rsp, imm32
        Instruction->Operation = EpilogueAddRsp;
        Instruction->Displacement = RtlpReadLong(Code + 2);
        Instruction->Length = Prefix + 6;
        return Rex == (0x40 | REX_W) && Code[1] == 0xC4;
    case 0x8D: return RtlpDecodeLeaRsp(Code, Prefix, Rex, Instruction);
    case 0xC3:
        Instruction->Operation = EpilogueReturn;
        Instruction->Length = Prefix + 1;
        return TRUE;
    case 0xC2:
        Instruction->Operation = EpilogueReturn;
        Instruction->Displacement = Code[1] | Code[2] << 8;
        Instruction->Length = Prefix + 3;
        return TRUE;
    case 0xF3: // rep ret
        Instruction->Operation = EpilogueReturn;
        Instruction->Length = Prefix + 2;
        return Code[1] == 0xC3;
    case 0xEB:
        Instruction->Operation = EpilogueJump;
        Instruction->Displacement = (CHAR)Code[1];
        Instruction->Length = Prefix + 2;
        return TRUE;
    case 0xE9:
        Instruction->Operation = EpilogueJump;
        Instruction->Displacement = RtlpReadLong(Code + 1);
        Instruction->Length = Prefix + 5;
        return TRUE;
    case 0xFF:
        // Compilers mark a tail call by REX.W; without it only the form that goes through an import is one,
        // since `jmp reg` may be a switch in the function's body.
        Instruction->Operation = EpilogueTailCall;
        Instruction->Length = Prefix + 2;
        return (Code[1] >> 3 & 7) == 4 && ((Rex & REX_W) != 0 || Code[1] == 0x25);
    }
    return FALSE;
}

// The function table entry that a chain of entries ends at; NULL if the chain is broken.
static const RUNTIME_FUNCTION *RtlpFindPrimaryEntry(ULONG64 ImageBase, const RUNTIME_FUNCTION *Entry)
{
    for (ULONG Depth = 0; Depth < UNWIND_CHAIN_LIMIT; Depth += 1) {
        const UNWIND_INFO *Info = (const UNWIND_INFO *)(ImageBase + Entry->UnwindData);
        if (!RtlpIsUnwindInfoReadable(Info)) {
            return NULL;
        }
        if ((Info->Flags & UNW_FLAG_CHAININFO) == 0) {
            return Entry;
        }
        Entry = (const RUNTIME_FUNCTION *)RtlpUnwindInfoTail(Info);
    }
    return NULL;
}

// A jump leaves the function unless it goes to a part of it, which may lie elsewhere and be chained to it.
static BOOLEAN RtlpJumpLeavesFunction(ULONG64 ImageBase, ULONG64 Target, const RUNTIME_FUNCTION *Entry,
                                      const UNWIND_INFO *Info)
{
    ULONG64 TargetImage;
    ULONG64 Offset = Target - ImageBase;
    if (Offset >= Entry->BeginAddress && Offset < Entry->EndAddress) {
        // To the function's own start with nothing on the stack is a tail call of itself.
        return Offset == Entry->BeginAddress && Info->SizeOfProlog != 0 &&
               (Info->Flags & UNW_FLAG_CHAININFO) == 0;
    }
    const RUNTIME_FUNCTION *Other = RtlLookupFunctionEntry(Target, &TargetImage, NULL);
    if (Other == NULL || TargetImage != ImageBase) {
        return TRUE;
    }
    const RUNTIME_FUNCTION *Primary = RtlpFindPrimaryEntry(ImageBase, Entry);
    const RUNTIME_FUNCTION *OtherPrimary = RtlpFindPrimaryEntry(ImageBase, Other);
    return Primary == NULL || OtherPrimary == NULL || Primary->BeginAddress != OtherPrimary->BeginAddress ||
           Offset == OtherPrimary->BeginAddress;
}

// Copies the code at ControlPc, at most up to Limit; zeros behind it. A zero is part of no epilogue.
static BOOLEAN RtlpCopyCode(ULONG64 ControlPc, ULONG64 Limit, UCHAR Bytes[EPILOGUE_MAX_BYTES + 16])
{
    ULONG64 Available = Limit - ControlPc;
    if (Available > EPILOGUE_MAX_BYTES) {
        Available = EPILOGUE_MAX_BYTES;
    }
    RtlZeroMemory(Bytes, EPILOGUE_MAX_BYTES + 16);
    if (!MiIsRangeReadable(ControlPc, Available)) {
        return FALSE;
    }
    RtlCopyMemory(Bytes, (const VOID *)ControlPc, Available);
    return TRUE;
}

// Version 2 lists its epilogues: the codes at the head of the array hold their common size, whether one ends
// the function, and the distance of each other one from the function's end. A zero distance is padding.
static BOOLEAN RtlpIsInListedEpilogue(ULONG64 Offset, const RUNTIME_FUNCTION *Entry, const UNWIND_INFO *Info)
{
    ULONG Size = Info->CountOfCodes != 0 ? Info->UnwindCode[0].CodeOffset : 0;
    for (ULONG Index = 0; Index < Info->CountOfCodes && Info->UnwindCode[Index].UnwindOp == UWOP_EPILOG;
         Index += 1) {
        UNWIND_CODE Code = Info->UnwindCode[Index];
        ULONG Distance = Code.CodeOffset | (ULONG)Code.OpInfo << 8;
        if (Index == 0) {
            Distance = (Code.OpInfo & 1) != 0 ? Size : 0;
        }
        if (Distance != 0 && Entry->EndAddress - Distance <= Offset &&
            Offset < Entry->EndAddress - Distance + Size) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN RtlpIsInEpilogue(ULONG64 ImageBase, ULONG64 ControlPc, const RUNTIME_FUNCTION *Entry,
                         const UNWIND_INFO *Info)
{
    UCHAR Bytes[EPILOGUE_MAX_BYTES + 16];
    EPILOGUE_INSTRUCTION Instruction;
    BOOLEAN MayFreeFrame = TRUE;

    if (Info->Version >= 2 && !RtlpIsInListedEpilogue(ControlPc - ImageBase, Entry, Info)) {
        return FALSE;
    }
    if (!RtlpCopyCode(ControlPc, ImageBase + Entry->EndAddress, Bytes)) {
        return FALSE;
    }
    for (ULONG At = 0; At < EPILOGUE_MAX_BYTES; At += Instruction.Length) {
        if (!RtlpDecodeEpilogueInstruction(Bytes + At, &Instruction)) {
            return FALSE;
        }
        switch (Instruction.Operation) {
        case EpilogueLeaRsp:
            if (Info->FrameRegister == 0 || Instruction.Register != Info->FrameRegister) {
                return FALSE;
            }
            [[fallthrough]];
        case EpilogueAddRsp:
            if (!MayFreeFrame) {
                return FALSE;
            }
            MayFreeFrame = FALSE;
            break;
        case EpiloguePop: MayFreeFrame = FALSE; break;
        case EpilogueReturn:
        case EpilogueTailCall: return TRUE;
        case EpilogueJump:
            return RtlpJumpLeavesFunction(
                ImageBase, ControlPc + At + Instruction.Length + (LONG64)Instruction.Displacement, Entry,
                Info);
        }
    }
    return FALSE;
}

NTSTATUS RtlpUnwindEpilogue(const STACK_BOUNDS *Bounds, ULONG64 ControlPc, ULONG64 FunctionEnd,
                            PCONTEXT Context, PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    UCHAR Bytes[EPILOGUE_MAX_BYTES + 16];
    EPILOGUE_INSTRUCTION Instruction;

    if (!RtlpCopyCode(ControlPc, FunctionEnd, Bytes)) {
        return STATUS_BAD_FUNCTION_TABLE;
    }
    for (ULONG At = 0; At < EPILOGUE_MAX_BYTES; At += Instruction.Length) {
        if (!RtlpDecodeEpilogueInstruction(Bytes + At, &Instruction)) {
            return STATUS_BAD_FUNCTION_TABLE;
        }
        switch (Instruction.Operation) {
        case EpilogueAddRsp: Context->Rsp += (LONG64)Instruction.Displacement; break;
        case EpilogueLeaRsp:
            Context->Rsp =
                *RtlpContextRegister(Context, Instruction.Register) + (LONG64)Instruction.Displacement;
            break;
        case EpiloguePop: {
            NTSTATUS Status = RtlpPopRegister(Bounds, Instruction.Register, Context, ContextPointers);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
            break;
        }
        case EpilogueReturn:
        case EpilogueJump:
        case EpilogueTailCall: {
            NTSTATUS Status = RtlpPopReturnAddress(Bounds, Context);
            Context->Rsp += Instruction.Operation == EpilogueReturn ? Instruction.Displacement : 0;
            return Status;
        }
        }
    }
    return STATUS_BAD_FUNCTION_TABLE;
}
