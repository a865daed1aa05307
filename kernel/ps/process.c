// SPDX-License-Identifier: MIT
// Process objects.
#include "inc/kernel.h"

#define PSP_SYSTEM_PROCESS_ID ((HANDLE)4)

LIST_ENTRY PsActiveProcessHead = {&PsActiveProcessHead, &PsActiveProcessHead};

static EPROCESS PspSystemProcess;
PEPROCESS PsInitialSystemProcess = &PspSystemProcess;

VOID PspInitializeSystemProcess(VOID)
{
    PEPROCESS Process = &PspSystemProcess;
    KiInitializeProcess(Process, NORMAL_PRIORITY);
    InitializeListHead(&Process->ThreadListHead);
    Process->UniqueProcessId = PSP_SYSTEM_PROCESS_ID;
    RtlCopyMemory(Process->ImageFileName, "System", sizeof("System"));
    InsertTailList(&PsActiveProcessHead, &Process->ActiveProcessLinks);
}
