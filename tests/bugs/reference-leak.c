// SPDX-License-Identifier: MIT
// finding: reference-leak after Bug
// Two references to a process are taken, one is given up.
#include "bug.h"

static void Bug(void)
{
    PEPROCESS Process;
    if (NT_SUCCESS(PsLookupProcessByProcessId(PsGetCurrentProcessId(), &Process))) {
        ObReferenceObject(Process);
        ObDereferenceObject(Process);
        MENDED_BY(ObDereferenceObject(Process);)
    }
}
