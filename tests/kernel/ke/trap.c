// SPDX-License-Identifier: MIT
// Each trap as the exception that Windows makes of it: code, parameters, address, and the registers of the
// moment.
#include "test.h"

static EXCEPTION_RECORD Record;
static CONTEXT Context;

static LONG Keep(PEXCEPTION_POINTERS Pointers)
{
    Record = *Pointers->ExceptionRecord;
    Context = *Pointers->ContextRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

// Runs Statement; afterwards Record and Context are those of the exception it raised, or Record.ExceptionCode
// is 0.
#define CATCH(Statement)                                                                                     \
    do {                                                                                                     \
        RtlZeroMemory(&Record, sizeof(Record));                                                              \
        __try {                                                                                              \
            Statement;                                                                                       \
        } __except (Keep(GetExceptionInformation())) {                                                       \
        }                                                                                                    \
    } while (0)

#define IS_CODE(Expected) IS((ULONG)Record.ExceptionCode, (ULONG)(Expected))

static void TestAccessViolations(void)
{
    CATCH(*(volatile ULONG *)0x10);
    IS_CODE(STATUS_ACCESS_VIOLATION);
    IS(Record.NumberParameters, 2);
    IS(Record.ExceptionInformation[0], 0);
    IS(Record.ExceptionInformation[1], 0x10);
    IS(Record.ExceptionAddress, Context.Rip);
    IS(Record.ExceptionFlags, 0);

    CATCH(*(volatile ULONG *)0x12345678 = 1);
    IS_CODE(STATUS_ACCESS_VIOLATION);
    IS(Record.ExceptionInformation[0], 1);
    IS(Record.ExceptionInformation[1], 0x12345678);

    CATCH(((VOID(*)(VOID))0x20000)());
    IS_CODE(STATUS_ACCESS_VIOLATION);
    IS(Record.ExceptionInformation[0], 8);
    IS(Record.ExceptionInformation[1], 0x20000);
    IS(Record.ExceptionAddress, 0x20000);
    IS(Context.Rip, 0x20000);

    CATCH(*(volatile ULONG *)0x8000000000001234);
    IS_CODE(STATUS_ACCESS_VIOLATION);
    IS(Record.NumberParameters, 2);
    IS(Record.ExceptionInformation[0], 0);
    IS(Record.ExceptionInformation[1], ~0ULL);
}

static void TestDivision(void)
{
    volatile LONG Zero = 0, Smallest = (LONG)0x80000000, MinusOne = -1;
    CATCH(Zero = 5 / Zero);
    IS_CODE(STATUS_INTEGER_DIVIDE_BY_ZERO);
    IS(Record.NumberParameters, 0);
    CATCH(Zero = Smallest / MinusOne);
    IS_CODE(STATUS_INTEGER_OVERFLOW);
}

static void TestBreakpoint(void)
{
    CATCH(__debugbreak());
    IS_CODE(STATUS_BREAKPOINT);
    IS(Record.NumberParameters, 1);
    IS(Record.ExceptionInformation[0], 0); // BREAKPOINT_BREAK
    IS(Record.ExceptionAddress, Context.Rip);
    IS(*(PUCHAR)Record.ExceptionAddress, 0xCC);
}

static void TestIllegalInstruction(void)
{
    CATCH(__asm__ volatile("ud2"));
    IS_CODE(STATUS_ILLEGAL_INSTRUCTION);
    IS(Record.NumberParameters, 0);
    IS(*(PUCHAR)Record.ExceptionAddress, 0x0F);
}

static void TestAssertion(void)
{
    CATCH(__asm__ volatile("int $0x2c"));
    IS_CODE(STATUS_ASSERTION_FAILURE);
    IS(*(PUCHAR)Record.ExceptionAddress, 0xCD);
}

static void TestSingleStep(void)
{
    CATCH(__asm__ volatile("pushfq\n\torl $0x100, (%rsp)\n\tpopfq\n\tnop"));
    IS_CODE(STATUS_SINGLE_STEP);
}

static void TestUnknownInterrupt(void)
{
    CATCH(__asm__ volatile("int $0x77"));
    IS_CODE(STATUS_ACCESS_VIOLATION);
    IS(Record.ExceptionInformation[1], ~0ULL);
}

static void TestFloatingPoint(void)
{
    ULONG MxCsr, Unmasked;
    volatile double Zero = 0, One = 1;
    __asm__ volatile("stmxcsr %0" : "=m"(MxCsr));
    IS(MxCsr & 0x1F80, 0x1F80);            // a thread starts with every exception masked
    Unmasked = (MxCsr & ~0x3FU) & ~0x200U; // division by zero
    CATCH(__asm__ volatile("ldmxcsr %0" ::"m"(Unmasked)); One = One / Zero);
    __asm__ volatile("ldmxcsr %0" ::"m"(MxCsr));
    IS_CODE(STATUS_FLOAT_DIVIDE_BY_ZERO);
}

// A filter that mends the registers and continues: execution goes on where it stopped.
static LONG SkipIllegal(PEXCEPTION_POINTERS Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode != STATUS_ILLEGAL_INSTRUCTION) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Pointers->ContextRecord->Rip += 2;
    Pointers->ContextRecord->Rax = 0x1122334455667788;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void TestContinueWithChangedRegisters(void)
{
    ULONG64 Rax = 1, Kept = 0xABCDEF;
    __try {
        __asm__ volatile("ud2" : "+a"(Rax), "+b"(Kept));
    } __except (SkipIllegal(GetExceptionInformation())) {
        OK(!"the handler must not run");
    }
    IS(Rax, 0x1122334455667788);
    IS(Kept, 0xABCDEF);
}

// The red zone does not exist here, and what is below rsp is the trap's; what is above is untouched.
static void TestRegistersOfTheMoment(void)
{
    CATCH(__asm__ volatile("movq $0x1111, %%rbx\n\tmovq $0x2222, %%rsi\n\tmovq $0x3333, %%r15\n\t"
                           "xorl %%eax, %%eax\n\tmovl (%%rax), %%eax" :: : "rax",
                           "rbx", "rsi", "r15"));
    IS(Context.Rax, 0);
    IS(Context.Rbx, 0x1111);
    IS(Context.Rsi, 0x2222);
    IS(Context.R15, 0x3333);
    IS(Context.SegCs, 0x10);
    IS(Context.SegSs, 0x18);
    OK((Context.EFlags & 0x40) != 0); // zero flag, of the xor
}

TEST_DRIVER(TestAccessViolations, TestDivision, TestBreakpoint, TestIllegalInstruction, TestAssertion,
            TestSingleStep, TestUnknownInterrupt, TestFloatingPoint, TestContinueWithChangedRegisters,
            TestRegistersOfTheMoment)
