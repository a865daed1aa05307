// SPDX-License-Identifier: MIT
// kmode build: -I kernel
// Exceptions raised, dispatched and unwound: the order in which filters, handlers and __finally blocks run,
// nested and collided, and what is raised where a handler breaks the rules.
#include "test.h"
#include "rtl/exception.h"

#define UNMAPPED   ((volatile ULONG *)0x10)
#define OWN_STATUS ((NTSTATUS)0xE0000001)

// What has run, a letter each.
static char Trail[64];
static ULONG TrailLength;

static void Note(char Letter)
{
    if (TrailLength < sizeof(Trail) - 1) {
        Trail[TrailLength++] = Letter;
        Trail[TrailLength] = 0;
    }
}

static LONG NoteFilter(char Letter, LONG Result)
{
    Note(Letter);
    return Result;
}

static void StartTrail(void)
{
    TrailLength = 0;
    Trail[0] = 0;
}

static DECLSPEC_NOINLINE void Fault(void)
{
    (void)*UNMAPPED;
}

// ---- One exception

static void TestOrder(void)
{
    StartTrail();
    __try {
        __try {
            __try {
                __try {
                    Fault();
                } __finally {
                    Note('1');
                }
            } __except (NoteFilter('a', EXCEPTION_CONTINUE_SEARCH)) {
                Note('X');
            }
        } __finally {
            Note('2');
        }
    } __except (NoteFilter('b', EXCEPTION_EXECUTE_HANDLER)) {
        Note('h');
    }
    IS_STRING(Trail, "ab12h"); // all filters first, then the termination handlers, then the handler
}

static EXCEPTION_RECORD SeenRecord;

static LONG KeepRecord(PEXCEPTION_POINTERS Exception, LONG Result)
{
    SeenRecord = *Exception->ExceptionRecord;
    return Result;
}

static void TestRecords(void)
{
    NTSTATUS Code = 0;
    EXCEPTION_RECORD Record = {0};

    __try {
        *UNMAPPED = 1;
    } __except (KeepRecord(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
        Code = GetExceptionCode();
    }
    IS(Code, (LONG64)STATUS_ACCESS_VIOLATION);
    IS(SeenRecord.NumberParameters, 2);
    IS(SeenRecord.ExceptionInformation[0], 1);
    IS(SeenRecord.ExceptionInformation[1], 0x10);
    IS(SeenRecord.ExceptionFlags, 0);

    __try {
        ExRaiseStatus(OWN_STATUS);
    } __except (KeepRecord(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
        Code = GetExceptionCode();
    }
    IS(Code, (LONG64)OWN_STATUS);
    IS(SeenRecord.NumberParameters, 0);
    IS(SeenRecord.ExceptionFlags, EXCEPTION_NONCONTINUABLE);

    Record.ExceptionCode = OWN_STATUS;
    Record.NumberParameters = 2;
    Record.ExceptionInformation[1] = 7;
    __try {
        RtlRaiseException(&Record);
        Code = 0;
    } __except (KeepRecord(GetExceptionInformation(), EXCEPTION_CONTINUE_EXECUTION)) {
        Code = 1;
    }
    IS(Code, 0); // it has come back
    IS(SeenRecord.ExceptionInformation[1], 7);
    OK(SeenRecord.ExceptionAddress == Record.ExceptionAddress);
    OK((ULONG64)SeenRecord.ExceptionAddress - (ULONG64)TestRecords < 0x1000);
}

static LONG SkipLoad(PEXCEPTION_POINTERS Exception)
{
    Exception->ContextRecord->Rax = (ULONG64)&SeenRecord;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void TestRepairAndContinue(void)
{
    ULONG Value = 0;
    SeenRecord.ExceptionCode = 0x1234;
    __try {
        __asm__ volatile("movl (%%rax), %0" : "=r"(Value) : "a"(UNMAPPED));
    } __except (SkipLoad(GetExceptionInformation())) {
        Value = 1;
    }
    IS(Value, 0x1234);
}

static void TestJumpToNull(void)
{
    volatile ULONG64 Null = 0;
    NTSTATUS Code = 0;
    __try {
        ((void (*)(void))Null)();
    } __except (KeepRecord(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
        Code = GetExceptionCode();
    }
    IS(Code, (LONG64)STATUS_ACCESS_VIOLATION);
    IS(SeenRecord.ExceptionInformation[0], 8);
    IS(SeenRecord.ExceptionInformation[1], 0);
}

// ---- Exceptions while one is handled

static void TestExceptionInFilter(void)
{
    NTSTATUS Code = 0;
    StartTrail();
    // The filter's own fault comes to the same filter once more, and so on, unless somebody nearer takes it.
    __try {
        __try {
            ExRaiseStatus(OWN_STATUS);
        } __except (NoteFilter('a', EXCEPTION_CONTINUE_SEARCH)) {
            Note('X');
        }
    } __except (TrailLength == 1 ? (Note('n'), Fault(), 0) : NoteFilter('e', EXCEPTION_EXECUTE_HANDLER)) {
        Code = GetExceptionCode();
        Note('h');
    }
    IS_STRING(Trail, "anaeh");
    IS(Code, (LONG64)STATUS_ACCESS_VIOLATION);
}

static LONG FilterHandlesItsOwn(void)
{
    __try {
        Fault();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Note('i');
    }
    return EXCEPTION_EXECUTE_HANDLER;
}

static void TestFilterHandlesItsOwn(void)
{
    NTSTATUS Code = 0;
    StartTrail();
    __try {
        ExRaiseStatus(OWN_STATUS);
    } __except (FilterHandlesItsOwn()) {
        Code = GetExceptionCode();
        Note('h');
    }
    IS_STRING(Trail, "ih");
    IS(Code, (LONG64)OWN_STATUS);
}

static ULONG NestedFlags;

static EXCEPTION_DISPOSITION __attribute__((used)) KeepFlags(struct _EXCEPTION_RECORD *Record, void *Frame,
                                                             struct _CONTEXT *Context, void *Dispatcher)
{
    UNREFERENCED_PARAMETER(Frame);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Dispatcher);
    if (!IS_UNWINDING(Record->ExceptionFlags) && (NTSTATUS)Record->ExceptionCode == STATUS_ACCESS_VIOLATION) {
        NestedFlags = Record->ExceptionFlags;
    }
    return ExceptionContinueSearch;
}

// Calls Function in a frame whose language handler is Handler.
#define FRAME_WITH_HANDLER(Name, Handler)                                                                    \
    void Name(void (*Function)(void));                                                                       \
    __asm__(".globl " #Name "\n.def " #Name "; .scl 2; .type 32; .endef\n.seh_proc " #Name "\n"              \
            ".seh_handler " #Handler ", @except, @unwind\n" #Name ":\n"                                      \
            "subq $0x28, %rsp\n.seh_stackalloc 0x28\n.seh_endprologue\n"                                     \
            "callq *%rcx\nnop\naddq $0x28, %rsp\nretq\n.seh_endproc\n")

FRAME_WITH_HANDLER(CallKeepingFlags, KeepFlags);

static void RaiseOwn(void)
{
    ExRaiseStatus(OWN_STATUS);
}

static void TestNestedFlag(void)
{
    NTSTATUS Code = 0;
    StartTrail();
    NestedFlags = 0;
    // The filter's fault passes the frames between it and the frame that it works for: there it is nested.
    __try {
        __try {
            CallKeepingFlags(RaiseOwn);
        } __except (TrailLength == 0 ? (Note('f'), Fault(), 0) : NoteFilter('g', EXCEPTION_CONTINUE_SEARCH)) {
            Note('X');
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    IS_STRING(Trail, "fg");
    IS(Code, (LONG64)STATUS_ACCESS_VIOLATION);
    IS(NestedFlags, EXCEPTION_NESTED_CALL);
}

static void TestExceptionInHandlerBlock(void)
{
    NTSTATUS Code = 0;
    StartTrail();
    __try {
        __try {
            Fault();
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Note('h');
            ExRaiseStatus(OWN_STATUS);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
        Note('o');
    }
    IS_STRING(Trail, "ho");
    IS(Code, (LONG64)OWN_STATUS);
}

// ---- Collided unwinds

static DECLSPEC_NOINLINE void FinallyRaises(void)
{
    __try {
        __try {
            Fault();
        } __finally {
            Note('1');
            ExRaiseStatus(OWN_STATUS);
        }
    } __finally {
        Note('2'); // the frame is unwound on from behind the block that raised
    }
}

static void TestExceptionInFinally(void)
{
    NTSTATUS Code = 0;
    StartTrail();
    __try {
        FinallyRaises();
    } __except (NoteFilter('f', EXCEPTION_EXECUTE_HANDLER)) {
        Code = GetExceptionCode();
        Note('h');
    }
    IS_STRING(Trail, "f1f2h");
    IS(Code, (LONG64)OWN_STATUS);
}

static DECLSPEC_NOINLINE void FinallyRaisesTwice(void)
{
    __try {
        FinallyRaises();
    } __finally {
        Note('3');
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    }
}

static void TestTwoCollisions(void)
{
    NTSTATUS Code = 0;
    StartTrail();
    __try {
        FinallyRaisesTwice();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
        Note('h');
    }
    IS_STRING(Trail, "123h");
    IS(Code, (LONG64)STATUS_INVALID_PARAMETER);
}

static DECLSPEC_NOINLINE void FinallyHandlesItsOwn(void)
{
    __try {
        Fault();
    } __finally {
        // clang gives the inner __try the address right behind the call of Fault if there is nothing between,
        // and with that the exception.
        Note('0');
        __try {
            ExRaiseStatus(OWN_STATUS);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Note('i');
        }
        Note('1');
    }
}

static void TestFinallyHandlesItsOwn(void)
{
    NTSTATUS Code = 0;
    StartTrail();
    __try {
        FinallyHandlesItsOwn();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
        Note('h');
    }
    IS_STRING(Trail, "0i1h");
    IS(Code, (LONG64)STATUS_ACCESS_VIOLATION);
}

// A __finally that leaves its function by a jump stops the unwind: the exception is forgotten.
static jmp_buf Jump;

static DECLSPEC_NOINLINE void FinallyJumps(void)
{
    __try {
        Fault();
    } __finally {
        Note('1');
        longjmp(Jump, 5);
    }
}

static void TestJumpOutOfFinally(void)
{
    volatile int Value;
    StartTrail();
    Value = _setjmpex(Jump, __builtin_frame_address(0));
    if (Value == 0) {
        __try {
            FinallyJumps();
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Note('X');
        }
    }
    IS(Value, 5);
    IS_STRING(Trail, "1");
}

// ---- What breaks the rules

static LONG ContinueOwnStatus(PEXCEPTION_POINTERS Exception)
{
    Note('f');
    return (NTSTATUS)Exception->ExceptionRecord->ExceptionCode == OWN_STATUS ? EXCEPTION_CONTINUE_EXECUTION
                                                                             : EXCEPTION_CONTINUE_SEARCH;
}

static void TestNoncontinuable(void)
{
    NTSTATUS Code = 0;
    StartTrail();
    __try {
        __try {
            ExRaiseStatus(OWN_STATUS);
        } __except (ContinueOwnStatus(GetExceptionInformation())) {
            Note('X');
        }
    } __except (KeepRecord(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
        Code = GetExceptionCode();
    }
    IS_STRING(Trail, "ff"); // the second time with what the first answer has caused
    IS(Code, (LONG64)STATUS_NONCONTINUABLE_EXCEPTION);
    OK(SeenRecord.ExceptionRecord != NULL);
    IS(SeenRecord.ExceptionFlags & EXCEPTION_NONCONTINUABLE, EXCEPTION_NONCONTINUABLE);
}

static EXCEPTION_DISPOSITION __attribute__((used))
AnswerNonsense(struct _EXCEPTION_RECORD *Record, void *Frame, struct _CONTEXT *Context, void *Dispatcher)
{
    UNREFERENCED_PARAMETER(Frame);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Dispatcher);
    return (NTSTATUS)Record->ExceptionCode == OWN_STATUS ? (EXCEPTION_DISPOSITION)77
                                                         : ExceptionContinueSearch;
}

FRAME_WITH_HANDLER(CallWithNonsense, AnswerNonsense);

static void TestInvalidDisposition(void)
{
    NTSTATUS Code = 0;
    __try {
        CallWithNonsense(RaiseOwn);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    IS(Code, (LONG64)STATUS_INVALID_DISPOSITION);
}

static void TestInvalidTarget(void)
{
    NTSTATUS Code = 0;
    ULONG64 Local[2] = {0};
    __try {
        RtlUnwind((PUCHAR)Local + 1, (PVOID)TestInvalidTarget, NULL, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    IS(Code, (LONG64)STATUS_INVALID_UNWIND_TARGET);
}

// ---- Unwinds without an exception

static DECLSPEC_NOINLINE void JumpThroughFinally(void)
{
    __try {
        longjmp(Jump, 0);
    } __finally {
        Note(AbnormalTermination() ? '1' : 'X');
    }
}

static void TestLongJump(void)
{
    volatile int Value;
    volatile ULONG Kept = 0x5A5A;
    StartTrail();
    Value = _setjmpex(Jump, __builtin_frame_address(0));
    if (Value == 0) {
        __try {
            JumpThroughFinally();
        } __finally {
            Note('2');
        }
        Note('X');
    }
    IS(Value, 1); // longjmp never gives 0
    IS(Kept, 0x5A5A);
    IS_STRING(Trail, "12");
}

static DECLSPEC_NOINLINE int ReturnOutOfTry(void)
{
    __try {
        __try {
            return 3;
        } __finally {
            Note('1');
        }
    } __finally {
        Note('2');
    }
}

static void TestReturnOutOfTry(void)
{
    StartTrail();
    IS(ReturnOutOfTry(), 3);
    IS_STRING(Trail, "12");
}

// What the caller has in its registers, and where it is.
static void TestCaptureContext(void)
{
    CONTEXT Context, Filled;
    ULONG64 ImageBase, Here = (ULONG64)&Context;
    RtlFillMemory(&Context, sizeof(Context), 0x5A);
    RtlCaptureContext(&Context);
    PRUNTIME_FUNCTION Entry = RtlLookupFunctionEntry(Context.Rip, &ImageBase, NULL);
    OK(Entry != NULL && ImageBase + Entry->BeginAddress == (ULONG64)TestCaptureContext);
    OK(Context.Rsp <= Here && Here - Context.Rsp < 0x4000);
    IS(Context.ContextFlags & CONTEXT_FULL, CONTEXT_FULL);
    IS(Context.EFlags & 2, 2); // always set
    IS(Context.MxCsr, Context.FltSave.MxCsr);
    RtlFillMemory(&Filled, sizeof(Filled), 0x5A);
    IS(Context.P1Home, Filled.P1Home); // the caller's own

    // Registers that the caller set, one of each kind.
    __asm__ volatile(
        "movq %[Value], %%r14\n\t"
        "movq %%r14, %%xmm9\n\t"
        "movq %[Context], %%rcx\n\t"
        "subq $32, %%rsp\n\t"
        "callq *%[Capture]\n\t"
        "addq $32, %%rsp"
        :
        : [Value] "r"(0x1122334455667788ULL), [Context] "r"(&Context), [Capture] "r"(RtlCaptureContext)
        : "rcx", "rdx", "r8", "r9", "r10", "r11", "rax", "r14", "xmm9", "memory", "cc");
    IS(Context.R14, 0x1122334455667788ULL);
    IS(Context.Rcx, (ULONG64)&Context);
    IS(Context.Xmm9.Low, 0x1122334455667788ULL);
}

static ULONG RaisedFlags;

static int NoteFlags(PEXCEPTION_POINTERS Pointers)
{
    RaisedFlags = Pointers->ExceptionRecord->ExceptionFlags;
    return EXCEPTION_EXECUTE_HANDLER;
}

static DECLSPEC_NOINLINE NTSTATUS RaisedBy(NTSTATUS Status)
{
    NTSTATUS Raised = STATUS_SUCCESS;
    __try {
        Note('r');
        RtlRaiseStatus(Status);
    } __except (NoteFlags(GetExceptionInformation())) {
        Raised = GetExceptionCode();
    }
    return Raised;
}

static void TestRaiseStatus(void)
{
    IS(RaisedBy(STATUS_DEVICE_BUSY), STATUS_DEVICE_BUSY);
    IS(RaisedFlags, EXCEPTION_NONCONTINUABLE);
}

static ULONG Restored;

static void TestRestoreContext(void)
{
    CONTEXT Context;
    Restored = 0;
    RtlCaptureContext(&Context);
    Restored += 1;
    if (Restored < 3) {
        RtlRestoreContext(&Context, NULL);
    }
    IS(Restored, 3);
    IS(Context.SegCs, 0x10);
    IS(Context.SegSs, 0x18);
    IS(Context.ContextFlags & CONTEXT_FULL, CONTEXT_FULL);
}

static PVOID ConsolidatedCaller;

static ULONG64 Consolidate(PEXCEPTION_RECORD Record)
{
    PVOID Callers[2] = {0};
    // The frame above this one is the context's function.
    RtlCaptureStackBackTrace(2, 1, Callers, NULL);
    ConsolidatedCaller = Callers[0];
    return Record->ExceptionInformation[1];
}

static void TestConsolidate(void)
{
    CONTEXT Context;
    EXCEPTION_RECORD Record = {0};
    volatile ULONG Times = 0;
    Record.ExceptionCode = STATUS_UNWIND_CONSOLIDATE;
    Record.NumberParameters = 2;
    Record.ExceptionInformation[0] = (ULONG_PTR)Consolidate;
    ConsolidatedCaller = NULL;
    RtlCaptureContext(&Context);
    Times += 1;
    if (Times == 1) {
        Record.ExceptionInformation[1] = Context.Rip;
        RtlRestoreContext(&Context, &Record);
    }
    IS(Times, 2);
    IS((ULONG64)ConsolidatedCaller, Context.Rip);
}

// ---- Stack walks

static DECLSPEC_NOINLINE ULONG Walk(PVOID *Frames, ULONG Count, ULONG Skip)
{
    ULONG Captured = RtlCaptureStackBackTrace(Skip, Count, Frames, NULL);
    Note('w'); // no tail call
    return Captured;
}

static BOOLEAN IsWithin(PVOID Address, void *Function)
{
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION Entry = RtlLookupFunctionEntry((ULONG64)Address, &ImageBase, NULL);
    return Entry != NULL && ImageBase + Entry->BeginAddress == (ULONG64)Function;
}

static void TestStackBackTrace(void)
{
    PVOID Frames[8], Skipped[8];
    ULONG Hash = 0, Sum = 0;
    ULONG Count = Walk(Frames, 8, 0);
    OK(Count >= 3);
    OK(IsWithin(Frames[0], (PVOID)Walk));
    OK(IsWithin(Frames[1], (PVOID)TestStackBackTrace));
    IS(Walk(Skipped, 7, 1), Count - 1);
    OK(IsWithin(Skipped[0], (PVOID)TestStackBackTrace));
    IS(Walk(Frames, 2, 0), 2);
    IS(Walk(Frames, 8, 1000), 0);
    Count = RtlCaptureStackBackTrace(0, 8, Frames, &Hash);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Sum += (ULONG)(ULONG_PTR)Frames[Index];
    }
    IS(Hash, Sum);
    IS(RtlWalkFrameChain(Frames, 8, 1), 0); // no thread has a user stack
    OK(RtlWalkFrameChain(Frames, 8, 0) >= 2);
    OK(IsWithin(Frames[0], (PVOID)TestStackBackTrace));
    Count = RtlWalkFrameChain(Frames, 8, 0);
    IS(RtlWalkFrameChain(Skipped, 8, 1 << 8), Count - 1); // one to skip
    OK(!IsWithin(Skipped[0], (PVOID)TestStackBackTrace) && Skipped[0] == Frames[1]);
    IS(RtlWalkFrameChain(Frames, 1, 0), 1);
    IS(RtlWalkFrameChain(Frames, 0, 0), 0);
    IS(RtlCaptureStackBackTrace(0, 0x10000, Frames, NULL), 0);
}

TEST_DRIVER(TestOrder, TestRecords, TestRepairAndContinue, TestJumpToNull, TestExceptionInFilter,
            TestFilterHandlesItsOwn, TestNestedFlag, TestExceptionInHandlerBlock, TestExceptionInFinally,
            TestTwoCollisions, TestFinallyHandlesItsOwn, TestJumpOutOfFinally, TestNoncontinuable,
            TestInvalidDisposition, TestInvalidTarget, TestLongJump, TestReturnOutOfTry, TestCaptureContext,
            TestRaiseStatus, TestRestoreContext, TestConsolidate, TestStackBackTrace)
