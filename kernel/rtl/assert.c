// SPDX-License-Identifier: MIT
// Failed assertions of checked drivers.
#include "inc/kernel.h"

// Prints what failed, and breaks. Message (optional) stands in front of the expression. Any IRQL.
VOID NTAPI RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message)
{
    DbgPrint("\n*** Assertion failed: %s%s\n***   Source File: %s, line %lu\n\n",
             Message != NULL ? Message : "", (PCSTR)FailedAssertion, (PCSTR)FileName, LineNumber);
    DbgBreakPoint();
}
