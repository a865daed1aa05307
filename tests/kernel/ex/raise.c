// SPDX-License-Identifier: MIT
// ExRaiseStatus and its kin: the record that a filter sees, and that none of them returns.
#include "test.h"

static EXCEPTION_RECORD Seen;

static LONG Keep(PEXCEPTION_POINTERS Pointers)
{
    Seen = *Pointers->ExceptionRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

static VOID NTAPI RaiseGiven(VOID)
{
    ExRaiseStatus(STATUS_INVALID_PARAMETER);
}

// A success status is raised like any other.
static VOID NTAPI RaiseSuccess(VOID)
{
    ExRaiseStatus(STATUS_SUCCESS);
}

static BOOLEAN Raise(VOID(NTAPI *Routine)(VOID))
{
    BOOLEAN Handled = FALSE;
    RtlZeroMemory(&Seen, sizeof(Seen));
    __try {
        Routine();
        OK(!"the routine returned");
    } __except (Keep(GetExceptionInformation())) {
        Handled = TRUE;
        IS((NTSTATUS)GetExceptionCode(), Seen.ExceptionCode);
    }
    return Handled;
}

static void TestRecords(void)
{
    OK(Raise(RaiseGiven));
    IS(Seen.ExceptionCode, STATUS_INVALID_PARAMETER);
    IS(Seen.NumberParameters, 0);
    OK(Seen.ExceptionAddress != NULL);
    OK(Seen.ExceptionRecord == NULL);
    OK(Raise(RaiseSuccess));
    IS(Seen.ExceptionCode, STATUS_SUCCESS);
    OK(Raise((VOID(NTAPI *)(VOID))ExRaiseAccessViolation));
    IS(Seen.ExceptionCode, STATUS_ACCESS_VIOLATION);
    OK(Raise((VOID(NTAPI *)(VOID))ExRaiseDatatypeMisalignment));
    IS(Seen.ExceptionCode, STATUS_DATATYPE_MISALIGNMENT);
}

// ---- A record of the caller's own

NTKERNELAPI VOID NTAPI ExRaiseException(PEXCEPTION_RECORD ExceptionRecord);

static LONG Continue(PEXCEPTION_POINTERS Pointers)
{
    Seen = *Pointers->ExceptionRecord;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void TestException(void)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = 0x2000ABCD, .NumberParameters = 2};
    BOOLEAN Returned = FALSE, Handled = FALSE;
    Record.ExceptionInformation[0] = 11;
    Record.ExceptionInformation[1] = 22;
    __try {
        ExRaiseException(&Record);
        Returned = TRUE; // a filter may have it go on
    } __except (Continue(GetExceptionInformation())) {
        Handled = TRUE;
    }
    OK(Returned && !Handled);
    IS((ULONG)Seen.ExceptionCode, 0x2000ABCD);
    IS(Seen.NumberParameters, 2);
    IS(Seen.ExceptionInformation[0], 11);
    IS(Seen.ExceptionInformation[1], 22);
    Returned = FALSE;
    __try {
        ExRaiseException(&Record);
        Returned = TRUE;
    } __except (Keep(GetExceptionInformation())) {
        Handled = TRUE;
    }
    OK(!Returned && Handled);
}

TEST_DRIVER(TestRecords, TestException)
