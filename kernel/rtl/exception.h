// SPDX-License-Identifier: MIT
// x64 structured exception handling: the unwind data's layout, the routines that NT exports, and what they
// share.
#ifndef KMODE_RTL_EXCEPTION_H
#define KMODE_RTL_EXCEPTION_H

// ---- What the DDK's headers leave to winnt.h

#ifndef RUNTIME_FUNCTION_INDIRECT
#define RUNTIME_FUNCTION_INDIRECT 0x1 // in UnwindData: the rest is the address of another RUNTIME_FUNCTION

typedef struct _RUNTIME_FUNCTION {
    ULONG BeginAddress; // all three are offsets from the image's base
    ULONG EndAddress;
    ULONG UnwindData;
} RUNTIME_FUNCTION, *PRUNTIME_FUNCTION;
#endif

#ifndef UNW_FLAG_NHANDLER
#define UNW_FLAG_NHANDLER  0x0
#define UNW_FLAG_EHANDLER  0x1
#define UNW_FLAG_UHANDLER  0x2
#define UNW_FLAG_CHAININFO 0x4
#endif

#ifndef UNWIND_HISTORY_TABLE_SIZE
#define UNWIND_HISTORY_TABLE_SIZE 12

typedef struct _UNWIND_HISTORY_TABLE_ENTRY {
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
} UNWIND_HISTORY_TABLE_ENTRY, *PUNWIND_HISTORY_TABLE_ENTRY;

#define UNWIND_HISTORY_TABLE_NONE   0 // record what is found, do not search
#define UNWIND_HISTORY_TABLE_GLOBAL 1
#define UNWIND_HISTORY_TABLE_LOCAL  2

typedef struct _UNWIND_HISTORY_TABLE {
    ULONG Count;
    UCHAR LocalHint;
    UCHAR GlobalHint;
    UCHAR Search;
    UCHAR Once;
    ULONG64 LowAddress;
    ULONG64 HighAddress;
    UNWIND_HISTORY_TABLE_ENTRY Entry[UNWIND_HISTORY_TABLE_SIZE];
} UNWIND_HISTORY_TABLE, *PUNWIND_HISTORY_TABLE;

typedef struct _DISPATCHER_CONTEXT {
    ULONG64 ControlPc;
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
    ULONG64 EstablisherFrame;
    ULONG64 TargetIp;
    PCONTEXT ContextRecord;
    PEXCEPTION_ROUTINE LanguageHandler;
    PVOID HandlerData;
    PUNWIND_HISTORY_TABLE HistoryTable;
    ULONG ScopeIndex;
    ULONG Fill0;
} DISPATCHER_CONTEXT, *PDISPATCHER_CONTEXT;

typedef struct _KNONVOLATILE_CONTEXT_POINTERS {
    PM128A FloatingContext[16];
    PULONG64 IntegerContext[16];
} KNONVOLATILE_CONTEXT_POINTERS, *PKNONVOLATILE_CONTEXT_POINTERS;

typedef struct _SCOPE_TABLE_AMD64 {
    ULONG Count;
    struct {
        ULONG BeginAddress;
        ULONG EndAddress;
        ULONG HandlerAddress; // of the filter or the __finally; 1: a filter that always executes the handler
        ULONG JumpTarget;     // of the __except block; 0: the scope is a __finally
    } ScopeRecord[1];
} SCOPE_TABLE_AMD64, *PSCOPE_TABLE_AMD64;
#endif

#ifndef EXCEPTION_UNWIND
#define EXCEPTION_UNWINDING       0x02
#define EXCEPTION_EXIT_UNWIND     0x04
#define EXCEPTION_STACK_INVALID   0x08
#define EXCEPTION_NESTED_CALL     0x10
#define EXCEPTION_TARGET_UNWIND   0x20
#define EXCEPTION_COLLIDED_UNWIND 0x40
#define EXCEPTION_UNWIND                                                                                     \
    (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND | EXCEPTION_TARGET_UNWIND | EXCEPTION_COLLIDED_UNWIND)

#define IS_UNWINDING(Flags)     (((Flags) & EXCEPTION_UNWIND) != 0)
#define IS_TARGET_UNWIND(Flags) (((Flags) & EXCEPTION_TARGET_UNWIND) != 0)
#endif

// In ContextFlags after an unwind: rip is a return address, not where execution was interrupted.
#ifndef CONTEXT_UNWOUND_TO_CALL
#define CONTEXT_UNWOUND_TO_CALL 0x20000000
#endif

#ifndef EXCEPTION_EXECUTE_HANDLER
#define EXCEPTION_EXECUTE_HANDLER    1
#define EXCEPTION_CONTINUE_SEARCH    0
#define EXCEPTION_CONTINUE_EXECUTION (-1)
#endif

// ---- Unwind data, as Microsoft's "x64 exception handling" documents it

typedef enum _UNWIND_OP_CODE {
    UWOP_PUSH_NONVOL = 0,
    UWOP_ALLOC_LARGE = 1,
    UWOP_ALLOC_SMALL = 2,
    UWOP_SET_FPREG = 3,
    UWOP_SAVE_NONVOL = 4,
    UWOP_SAVE_NONVOL_FAR = 5,
    UWOP_EPILOG = 6, // version 2
    UWOP_SPARE_CODE = 7,
    UWOP_SAVE_XMM128 = 8,
    UWOP_SAVE_XMM128_FAR = 9,
    UWOP_PUSH_MACHFRAME = 10,
} UNWIND_OP_CODE;

typedef union _UNWIND_CODE {
    struct {
        UCHAR CodeOffset; // of the end of the instruction, from the start of the prologue
        UCHAR UnwindOp : 4;
        UCHAR OpInfo : 4;
    };
    USHORT FrameOffset; // operand slots of the code before
} UNWIND_CODE, *PUNWIND_CODE;

typedef struct _UNWIND_INFO {
    UCHAR Version : 3;
    UCHAR Flags : 5;
    UCHAR SizeOfProlog;
    UCHAR CountOfCodes;
    UCHAR FrameRegister : 4;
    UCHAR FrameOffset : 4; // in units of 16 bytes
    UNWIND_CODE UnwindCode[];
    // behind the codes, at an even index: the handler's offset and its data, or the chained RUNTIME_FUNCTION
} UNWIND_INFO, *PUNWIND_INFO;

#define UNWIND_FLAG_HANDLER (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)
#define UNWIND_CHAIN_LIMIT  32 // entries that may be chained to one another; compilers use two

// What lies behind the codes: the handler's offset, or the chained RUNTIME_FUNCTION.
FORCEINLINE PULONG RtlpUnwindInfoTail(const UNWIND_INFO *Info)
{
    return (PULONG)&Info->UnwindCode[(Info->CountOfCodes + 1) & ~1];
}

C_ASSERT(sizeof(UNWIND_CODE) == 2);
C_ASSERT(sizeof(UNWIND_INFO) == 4);
C_ASSERT(FIELD_OFFSET(DISPATCHER_CONTEXT, LanguageHandler) == 0x30);
C_ASSERT(FIELD_OFFSET(DISPATCHER_CONTEXT, ScopeIndex) == 0x48);

// ---- Exported routines. All work at any IRQL at which the memory they look at is resident.

// Returns the function table entry of the function that ControlPc lies in, and its image's base. NULL if it
// is a leaf function or in no image; then *ImageBase is the image's base or 0. HistoryTable, if given, is
// looked in first (unless its Search is UNWIND_HISTORY_TABLE_NONE) and remembers what was found.
PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase,
                                               PUNWIND_HISTORY_TABLE HistoryTable);
// Returns the base of the loaded image that contains PcValue, also in *BaseOfImage; NULL if none does.
PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage);

// Turns Context from that of a function into that of its caller. Returns the function's language handler if
// it has one of HandlerType (UNW_FLAG_*) and ControlPc lies in neither prologue nor epilogue; then
// *HandlerData is set. ContextPointers, if given, learns where each restored register was saved.
// FunctionEntry NULL is a leaf function. Raises STATUS_BAD_FUNCTION_TABLE or STATUS_BAD_STACK where data or
// stack can't be read.
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                          PRUNTIME_FUNCTION FunctionEntry, PCONTEXT ContextRecord,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame,
                                          PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);

// Calls the termination handlers of every frame from the caller's up to and with TargetFrame, then continues
// at TargetIp with ReturnValue in rax. TargetFrame NULL: an exit unwind, which ends as an unhandled
// exception. ContextRecord is scratch. Raises STATUS_BAD_STACK, STATUS_BAD_FUNCTION_TABLE,
// STATUS_INVALID_UNWIND_TARGET, STATUS_INVALID_DISPOSITION.
VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord,
                       PVOID ReturnValue, PCONTEXT ContextRecord, PUNWIND_HISTORY_TABLE HistoryTable);
// RtlUnwindEx with a context of its own.
VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord, PVOID ReturnValue);

// Offers the exception to the handlers on the current stack, from the frame of ContextRecord up. TRUE: a
// handler has asked to continue with ContextRecord. FALSE: none took it; EXCEPTION_STACK_INVALID is set in
// ExceptionFlags if the search ended at a frame that can't be. Does not return if a handler unwinds.
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord);

// Raises the exception at the caller; sets its ExceptionAddress. Returns if a handler asks to continue.
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);
// Raises a noncontinuable exception at the caller.
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status);

// RtlCaptureContext, which the DDK declares, fills in the caller's state as it is when the call returns:
// CONTEXT_FULL | CONTEXT_SEGMENTS.

// Continues with ContextRecord's integer, control and, if its flags say so, SSE registers. Selectors and the
// flags that user code can't change stay. ExceptionRecord may be NULL, or one of STATUS_LONGJUMP (information
// 0: a _JUMP_BUFFER to continue with) or STATUS_UNWIND_CONSOLIDATE (information 0: a routine that is called
// with the record as if by the context's function, and returns where to continue).
VOID RtlRestoreContext(PCONTEXT ContextRecord, struct _EXCEPTION_RECORD *ExceptionRecord);

// The language handler of __try in C.
EXCEPTION_DISPOSITION __C_specific_handler(struct _EXCEPTION_RECORD *ExceptionRecord, PVOID EstablisherFrame,
                                           struct _CONTEXT *ContextRecord,
                                           struct _DISPATCHER_CONTEXT *DispatcherContext);
// Leaves the __try blocks of the caller's function that do not enclose TargetIp, and continues there.
VOID _local_unwind(PVOID TargetFrame, PVOID TargetIp);

// ---- Shared within rtl

// The stack that is unwound, and from where on up to High its memory is known to be there: reads below, or
// off the stack, ask first.
typedef struct _STACK_BOUNDS {
    ULONG_PTR Low;
    ULONG_PTR High;
    ULONG_PTR Mapped;
} STACK_BOUNDS, *PSTACK_BOUNDS;

// The bounds of the stack in use.
STACK_BOUNDS RtlpCurrentStackBounds(VOID);

// One frame, as RtlpUnwindFrame met it.
typedef struct _UNWOUND_FRAME {
    ULONG64 ControlPc;
    ULONG64 ImageBase;               // 0: ControlPc is in no image
    PRUNTIME_FUNCTION FunctionEntry; // NULL: a leaf function
    ULONG64 EstablisherFrame;
    PEXCEPTION_ROUTINE Handler;
    PVOID HandlerData;
} UNWOUND_FRAME, *PUNWOUND_FRAME;

// RtlVirtualUnwind that raises nothing: returns STATUS_BAD_FUNCTION_TABLE or STATUS_BAD_STACK, with Context
// then between two frames. *Handler is set in any case.
NTSTATUS RtlpVirtualUnwind(const STACK_BOUNDS *Bounds, ULONG HandlerType, ULONG64 ImageBase,
                           ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context,
                           PEXCEPTION_ROUTINE *Handler, PVOID *HandlerData, PULONG64 EstablisherFrame,
                           PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);

// Looks the frame of Context up, checks that it lies on the stack, and unwinds it. Each success moves rsp up,
// so a walk ends. STATUS_BAD_STACK, STATUS_BAD_FUNCTION_TABLE as above; STATUS_END_OF_FILE where the walk
// ends in good order: the return address is in no image, or rsp has reached the stack's top. An interrupted
// function's rip may be anything (see CONTEXT_UNWOUND_TO_CALL); outside all images it is unwound as a leaf
// function.
NTSTATUS RtlpUnwindFrame(const STACK_BOUNDS *Bounds, ULONG HandlerType, PUNWIND_HISTORY_TABLE HistoryTable,
                         PCONTEXT Context, PUNWOUND_FRAME Frame);

// Takes up the frame whose unwind was under way when an exception or an unwind collided with it: *Frame as
// Dispatcher has it, *Context that of its caller, unwound from the context Dispatcher keeps. Fails as
// RtlpVirtualUnwind does.
NTSTATUS RtlpResumeCollidedFrame(const STACK_BOUNDS *Bounds, const DISPATCHER_CONTEXT *Dispatcher,
                                 PCONTEXT Context, PUNWOUND_FRAME Frame);

// Makes HistoryTable empty.
VOID RtlpInitializeHistoryTable(PUNWIND_HISTORY_TABLE HistoryTable);

// TRUE if ControlPc lies in an epilogue of the function: nothing is left from there on but to free the frame,
// to pop registers and to leave. Info is Entry's, readable with all its codes.
BOOLEAN RtlpIsInEpilogue(ULONG64 ImageBase, ULONG64 ControlPc, const RUNTIME_FUNCTION *Entry,
                         const UNWIND_INFO *Info);

// Carries out what is left of the epilogue at ControlPc, in a function that ends at FunctionEnd. Only after
// RtlpIsInEpilogue said so.
NTSTATUS RtlpUnwindEpilogue(const STACK_BOUNDS *Bounds, ULONG64 ControlPc, ULONG64 FunctionEnd,
                            PCONTEXT Context, PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);

// TRUE if the unwind information can be read with its codes and what they say is behind them.
BOOLEAN RtlpIsUnwindInfoReadable(const UNWIND_INFO *Info);

// Reads a quadword of the stack. FALSE if it can't be read.
BOOLEAN RtlpReadStack(const STACK_BOUNDS *Bounds, ULONG64 Address, PULONG64 Value);

// Takes the quadword at rsp into the register, as `pop` does.
NTSTATUS RtlpPopRegister(const STACK_BOUNDS *Bounds, ULONG Register, PCONTEXT Context,
                         PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);

// Takes the quadword at rsp into rip, as `ret` does.
NTSTATUS RtlpPopReturnAddress(const STACK_BOUNDS *Bounds, PCONTEXT Context);

// The general registers of a CONTEXT, numbered as the processor does.
FORCEINLINE PULONG64 RtlpContextRegister(PCONTEXT Context, ULONG Register)
{
    return &Context->Rax + Register;
}

// Calls Dispatcher->LanguageHandler in a frame of its own, whose handler tells RtlDispatchException that an
// exception is nested, and RtlUnwindEx and RtlDispatchException that an unwind has collided.
EXCEPTION_DISPOSITION RtlpExecuteHandlerForException(PEXCEPTION_RECORD ExceptionRecord,
                                                     ULONG64 EstablisherFrame, PCONTEXT ContextRecord,
                                                     PDISPATCHER_CONTEXT Dispatcher);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForUnwind(PEXCEPTION_RECORD ExceptionRecord, ULONG64 EstablisherFrame,
                                                  PCONTEXT ContextRecord, PDISPATCHER_CONTEXT Dispatcher);

// Raises ExceptionRecord on behalf of the routine that calls this one: at that routine's caller, where it
// also continues if a handler asks for that.
DECLSPEC_NORETURN VOID RtlpRaiseException(PEXCEPTION_RECORD ExceptionRecord);
// Raises a noncontinuable Status that has come of ExceptionRecord.
DECLSPEC_NORETURN VOID RtlpRaiseStatus(NTSTATUS Status, PEXCEPTION_RECORD ExceptionRecord);

// The stack from Start up, quietly: never faults, raises nothing, at any IRQL, whatever Start holds.
// Frames[0] is Start's rip, the others are return addresses. Returns their number, at most Count. Where
// Start's rip is in no image, the return address is taken from the top of the stack, as a call leaves it.
ULONG RtlpWalkStack(const CONTEXT *Start, PULONG64 Frames, ULONG Count);

// The same of a thread that does not run.
ULONG RtlpWalkThread(PKTHREAD Thread, PULONG64 Frames, ULONG Count);

#endif
