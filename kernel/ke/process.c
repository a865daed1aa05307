// SPDX-License-Identifier: MIT
// Processes as the dispatcher sees them, and a thread's stay in another one.
#include "inc/kernel.h"
#include "mm/vad.h"

VOID KiInitializeProcess(PKPROCESS Process, KPRIORITY Priority)
{
    KiInitializeHeader(&Process->Header, KiProcess, FIELD_OFFSET(KPROCESS, ProcessLock), 0);
    InitializeListHead(&Process->KernelThreadListHead);
    Process->Affinity = KiActiveProcessors;
    Process->BasePriority = (SCHAR)Priority;
}

static VOID KiMoveApcs(PKAPC_STATE From, PKAPC_STATE To)
{
    *To = *From;
    for (ULONG Mode = KernelMode; Mode <= UserMode; Mode += 1) {
        PLIST_ENTRY Head = &From->ApcListHead[Mode];
        if (IsListEmpty(Head)) {
            InitializeListHead(&To->ApcListHead[Mode]);
        } else {
            Head->Flink->Blink = &To->ApcListHead[Mode];
            Head->Blink->Flink = &To->ApcListHead[Mode];
        }
    }
}

// The current thread uses Process's address space until KeUnstackDetachProcess gets the same ApcState. IRQL
// <= APC_LEVEL; a thread that runs a DPC can't attach: bug check INVALID_PROCESS_ATTACH_ATTEMPT.
VOID NTAPI KeStackAttachProcess(PKPROCESS Process, PRKAPC_STATE ApcState)
{
    PKTHREAD Thread = KiCurrentThread();
    if (KiGetPrcb()->DpcRoutineActive) {
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)Process, (ULONG_PTR)Thread->ApcState.Process,
                     Thread->ApcStateIndex, 1);
    }
    KIRQL OldIrql = KiLockDispatcher();
    if (Thread->ApcState.Process == Process) {
        // Nothing to do, and nothing to undo: the mark that NT leaves.
        ApcState->Process = (PKPROCESS)1;
    } else if (Thread->ApcStateIndex == OriginalApcEnvironment) {
        KiMoveApcs(&Thread->ApcState, &Thread->SavedApcState);
        ApcState->Process = NULL;
        KiInitializeApcState(&Thread->ApcState, Process);
        Thread->ApcStateIndex = AttachedApcEnvironment;
    } else {
        KiMoveApcs(&Thread->ApcState, ApcState);
        KiInitializeApcState(&Thread->ApcState, Process);
    }
    MiSwitchAddressSpace(Process);
    KiUnlockDispatcher(OldIrql);
}

// Where the thread was before. One that is not attached, or has APCs left of the process that it leaves: bug
// check INVALID_PROCESS_DETACH_ATTEMPT. IRQL <= APC_LEVEL.
VOID NTAPI KeUnstackDetachProcess(PRKAPC_STATE ApcState)
{
    PKTHREAD Thread = KiCurrentThread();
    if (ApcState->Process == (PKPROCESS)1) {
        return;
    }
    KIRQL OldIrql = KiLockDispatcher();
    if (Thread->ApcStateIndex == OriginalApcEnvironment ||
        !IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]) ||
        !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode]) || Thread->ApcState.KernelApcInProgress) {
        KiUnlockDispatcher(OldIrql);
        KeBugCheckEx(INVALID_PROCESS_DETACH_ATTEMPT, (ULONG_PTR)Thread->ApcState.Process,
                     Thread->ApcStateIndex, 0, 0);
    }
    if (ApcState->Process != NULL) {
        KiMoveApcs(ApcState, &Thread->ApcState);
    } else {
        KiMoveApcs(&Thread->SavedApcState, &Thread->ApcState);
        Thread->ApcStateIndex = OriginalApcEnvironment;
    }
    MiSwitchAddressSpace(Thread->ApcState.Process);
    KiUnlockDispatcher(OldIrql);
    KiCheckForApcs(Thread);
}

// As KeStackAttachProcess, for a thread that is not attached yet.
VOID NTAPI KeAttachProcess(PKPROCESS Process)
{
    PKTHREAD Thread = KiCurrentThread();
    KAPC_STATE Unused;
    if (Thread->ApcState.Process != Process && Thread->ApcStateIndex != OriginalApcEnvironment) {
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)Process, (ULONG_PTR)Thread->ApcState.Process,
                     Thread->ApcStateIndex, 0);
    }
    KeStackAttachProcess(Process, &Unused);
}

VOID NTAPI KeDetachProcess(VOID)
{
    PKTHREAD Thread = KiCurrentThread();
    if (Thread->ApcStateIndex != OriginalApcEnvironment) {
        KAPC_STATE State = {.Process = NULL};
        KeUnstackDetachProcess(&State);
    }
}

BOOLEAN NTAPI KeIsAttachedProcess(VOID)
{
    return KiCurrentThread()->ApcStateIndex != OriginalApcEnvironment;
}
