// SPDX-License-Identifier: MIT
// ExRaise*: exceptions that drivers raise.
#include "inc/kernel.h"
#include "rtl/exception.h"

FORCEINLINE DECLSPEC_NORETURN VOID ExpRaiseStatus(NTSTATUS Status)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = Status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE};
    RtlpRaiseException(&Record);
}

DECLSPEC_NORETURN VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    ExpRaiseStatus(Status);
}

DECLSPEC_NORETURN VOID NTAPI ExRaiseAccessViolation(VOID)
{
    ExpRaiseStatus(STATUS_ACCESS_VIOLATION);
}

DECLSPEC_NORETURN VOID NTAPI ExRaiseDatatypeMisalignment(VOID)
{
    ExpRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
}

// RtlRaiseException under its older name.
VOID NTAPI ExRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
    RtlpRaiseException(ExceptionRecord);
}
