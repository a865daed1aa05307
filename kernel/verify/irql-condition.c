// SPDX-License-Identifier: MIT
// Routines whose IRQL limit is lower for some of their arguments, as their pages' remarks say: what waits,
// and what reads Unicode.
#include "inc/kernel.h"

static BOOLEAN ViIsNotZero(ULONG_PTR Argument)
{
    return (UCHAR)Argument != 0;
}

// A control code of EtwActivityIdControl's.
static BOOLEAN ViIsOfThread(ULONG_PTR Argument)
{
    return (ULONG)Argument != EVENT_ACTIVITY_CTRL_CREATE_ID;
}

// A PLARGE_INTEGER by which the routine waits: none waits for ever.
static BOOLEAN ViIsWait(ULONG_PTR Argument)
{
    if (KiCurrentThread()->WaitNext) {
        // KeSetEvent, or one like it, has left IRQL raised for this wait.
        return FALSE;
    }
    return Argument == 0 ||
           (MiIsRangeReadable(Argument, sizeof(LARGE_INTEGER)) && ((PLARGE_INTEGER)Argument)->QuadPart != 0);
}

static const VI_IRQL_CONDITION ViConditions[] = {
    {"DbgPrint", 1, PASSIVE_LEVEL, ViHasUnicode, "a Unicode format"},
    {"DbgPrintEx", 3, PASSIVE_LEVEL, ViHasUnicode, "a Unicode format"},
    {"DbgPrintReturnControlC", 1, PASSIVE_LEVEL, ViHasUnicode, "a Unicode format"},
    {"EtwActivityIdControl", 1, APC_LEVEL, ViIsOfThread, "a ControlCode that is about the current thread"},
    {"ExDeleteTimer", 3, APC_LEVEL, ViIsNotZero, "Wait"},
    {"KeReleaseSemaphore", 4, PASSIVE_LEVEL, ViIsNotZero, "Wait"},
    {"KeRemoveQueueDpcEx", 2, PASSIVE_LEVEL, ViIsNotZero, "WaitIfActive"},
    {"KeSetEvent", 3, APC_LEVEL, ViIsNotZero, "Wait"},
    {"KeWaitForMultipleObjects", 7, APC_LEVEL, ViIsWait, "a time-out that is not zero"},
    {"KeWaitForMutexObject", 5, APC_LEVEL, ViIsWait, "a time-out that is not zero"},
    {"KeWaitForSingleObject", 5, APC_LEVEL, ViIsWait, "a time-out that is not zero"},
    {"vDbgPrintEx", 3, PASSIVE_LEVEL, ViHasUnicode, "a Unicode format"},
    {"vDbgPrintExWithPrefix", 4, PASSIVE_LEVEL, ViHasUnicode, "a Unicode format"},
};

const VI_IRQL_CONDITION *ViFindIrqlCondition(PCSTR Name)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ViConditions); Index += 1) {
        if (strcmp(ViConditions[Index].Routine, Name) == 0) {
            return &ViConditions[Index];
        }
    }
    return NULL;
}

BOOLEAN ViIsIrqlConditionMet(const VI_IRQL_CONDITION *Condition, const VI_CALL *Call)
{
    return Condition->Applies(Call->Arguments[Condition->Argument - 1]);
}
