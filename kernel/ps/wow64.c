// SPDX-License-Identifier: MIT
// What is asked of 32-bit processes beside their blocks.
#include "inc/kernel.h"

// Makes of a 32-bit program's APC routine and its context what the process's 64-bit side calls. No page
// documents it: no code of user mode runs here, of either side, so that there is nothing to wrap, and both
// stay as they are. (as phnt declares it)
NTSTATUS NTAPI PsWrapApcWow64Thread(PVOID *ApcContext, PVOID *ApcRoutine)
{
    UNREFERENCED_PARAMETER(ApcContext);
    UNREFERENCED_PARAMETER(ApcRoutine);
    return STATUS_NOT_SUPPORTED;
}
