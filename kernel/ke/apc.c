// SPDX-License-Identifier: MIT
// Asynchronous procedure calls: special and normal kernel ones, and user ones as far as the kernel's part
// goes.
#include "inc/kernel.h"

#define KI_APC_TYPE 18 // KOBJECTS' ApcObject

VOID KiInitializeApcState(PKAPC_STATE State, PKPROCESS Process)
{
    InitializeListHead(&State->ApcListHead[KernelMode]);
    InitializeListHead(&State->ApcListHead[UserMode]);
    State->Process = Process;
    State->KernelApcInProgress = FALSE;
    State->KernelApcPending = FALSE;
    State->UserApcPending = FALSE;
}

static PKAPC KiFirstApc(PKTHREAD Thread, KPROCESSOR_MODE Mode)
{
    PLIST_ENTRY Head = &Thread->ApcState.ApcListHead[(UCHAR)Mode];
    return IsListEmpty(Head) ? NULL : CONTAINING_RECORD(Head->Flink, KAPC, ApcListEntry);
}

BOOLEAN KiIsKernelApcDeliverable(PKTHREAD Thread)
{
    PKAPC Apc = KiFirstApc(Thread, KernelMode);
    if (Apc == NULL || Thread->SpecialApcDisable != 0) {
        return FALSE;
    }
    return Apc->NormalRoutine == NULL ||
           (Thread->KernelApcDisable == 0 && !Thread->ApcState.KernelApcInProgress);
}

// Environment: which process's queue it goes to, decided now or when it is inserted. NormalRoutine NULL: a
// special kernel APC, whatever Mode. Any IRQL.
VOID NTAPI KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, KAPC_ENVIRONMENT Environment,
                           PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                           PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ProcessorMode, PVOID NormalContext)
{
    Apc->Type = KI_APC_TYPE;
    Apc->Size = sizeof(KAPC);
    Apc->ApcStateIndex = (CCHAR)(Environment == CurrentApcEnvironment ? Thread->ApcStateIndex : Environment);
    Apc->Thread = Thread;
    Apc->KernelRoutine = KernelRoutine;
    Apc->RundownRoutine = RundownRoutine;
    Apc->NormalRoutine = NormalRoutine;
    Apc->ApcMode = NormalRoutine != NULL ? ProcessorMode : KernelMode;
    Apc->NormalContext = NormalRoutine != NULL ? NormalContext : NULL;
    Apc->Inserted = FALSE;
}

static PKAPC_STATE KiApcStateOf(PKTHREAD Thread, const KAPC *Apc)
{
    // While attached, what belongs to the thread's own process waits in SavedApcState.
    if (Thread->ApcStateIndex == AttachedApcEnvironment && Apc->ApcStateIndex == OriginalApcEnvironment) {
        return &Thread->SavedApcState;
    }
    return &Thread->ApcState;
}

static VOID KiLinkApc(PKAPC_STATE State, PKAPC Apc)
{
    PLIST_ENTRY Head = &State->ApcListHead[(UCHAR)Apc->ApcMode];
    PLIST_ENTRY Before = Head->Blink;
    if (Apc->NormalRoutine == NULL) {
        // Special ones go before every normal one, behind those of their own kind.
        Before = Head;
        while (Before->Flink != Head &&
               CONTAINING_RECORD(Before->Flink, KAPC, ApcListEntry)->NormalRoutine == NULL) {
            Before = Before->Flink;
        }
    }
    InsertHeadList(Before, &Apc->ApcListEntry);
}

// FALSE if it is inserted already or the thread takes none any more. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment)
{
    PKTHREAD Thread = Apc->Thread;
    KIRQL OldIrql = KiLockDispatcher();
    if (!Thread->ApcQueueable || Apc->Inserted) {
        KiUnlockDispatcher(OldIrql);
        return FALSE;
    }
    PKAPC_STATE State = KiApcStateOf(Thread, Apc);
    Apc->Inserted = TRUE;
    Apc->SystemArgument1 = SystemArgument1;
    Apc->SystemArgument2 = SystemArgument2;
    KiLinkApc(State, Apc);
    if (State == &Thread->ApcState) {
        if (Apc->ApcMode == KernelMode) {
            State->KernelApcPending = TRUE;
            if (Thread->State == KiThreadWaiting && Thread->WaitIrql < APC_LEVEL &&
                KiIsKernelApcDeliverable(Thread)) {
                KiUnwaitThread(Thread, STATUS_KERNEL_APC, Increment);
            } else if (Thread->State == KiThreadRunning) {
                PKPRCB Prcb = &KiProcessors[Thread->NextProcessor]->Prcb;
                KiRequestSoftwareInterrupt(Prcb, APC_LEVEL);
                if (Prcb != KiGetPrcb()) {
                    KeMachine->interrupt_processor(Prcb->Number);
                }
            }
        } else if (Thread->State == KiThreadWaiting && Thread->Alertable) {
            State->UserApcPending |= Thread->WaitMode == UserMode;
            KiUnwaitThread(Thread, STATUS_USER_APC, Increment);
        }
    }
    KiUnlockDispatcher(OldIrql);
    return TRUE;
}

// TRUE if it was inserted and is not any more. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC Apc)
{
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN Inserted = Apc->Inserted;
    if (Inserted) {
        Apc->Inserted = FALSE;
        RemoveEntryList(&Apc->ApcListEntry);
    }
    KiUnlockDispatcher(OldIrql);
    return Inserted;
}

// Taken is what the APC was when it left its queue.
static VOID KiRunApc(PKTHREAD Thread, PKAPC Apc, const KAPC *Taken)
{
    // The kernel routine may free the APC, and may change what is called afterwards.
    PKNORMAL_ROUTINE NormalRoutine = Taken->NormalRoutine;
    PVOID NormalContext = Taken->NormalContext;
    PVOID SystemArgument1 = Taken->SystemArgument1;
    PVOID SystemArgument2 = Taken->SystemArgument2;
    KPROCESSOR_MODE Mode = Taken->ApcMode;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "KKERNEL_ROUTINE", Taken->KernelRoutine, 5, Apc, &NormalRoutine,
                    &NormalContext, &SystemArgument1, &SystemArgument2);
    Taken->KernelRoutine(Apc, &NormalRoutine, &NormalContext, &SystemArgument1, &SystemArgument2);
    ViLeaveCallback(&Callback, 0);
    if (NormalRoutine == NULL || Mode != KernelMode) {
        return;
    }
    Thread->ApcState.KernelApcInProgress = TRUE;
    KiLowerIrql(PASSIVE_LEVEL);
    ViEnterCallback(&Callback, "KNORMAL_ROUTINE", NormalRoutine, 3, NormalContext, SystemArgument1,
                    SystemArgument2);
    NormalRoutine(NormalContext, SystemArgument1, SystemArgument2);
    ViLeaveCallback(&Callback, 0);
    KiRaiseIrql(APC_LEVEL);
    Thread->ApcState.KernelApcInProgress = FALSE;
}

VOID KiDeliverApcs(KPROCESSOR_MODE Mode)
{
    PKTHREAD Thread = KiCurrentThread();
    for (;;) {
        KAPC Taken;
        KIRQL OldIrql = KiLockDispatcher();
        PKAPC Apc = KiIsKernelApcDeliverable(Thread) ? KiFirstApc(Thread, KernelMode) : NULL;
        if (Apc == NULL && Mode == UserMode && Thread->ApcState.UserApcPending) {
            Apc = KiFirstApc(Thread, UserMode);
            Thread->ApcState.UserApcPending = FALSE;
        }
        if (Apc != NULL) {
            RemoveEntryList(&Apc->ApcListEntry);
            Apc->Inserted = FALSE;
            Taken = *Apc;
        } else {
            Thread->ApcState.KernelApcPending = FALSE;
        }
        KiUnlockDispatcher(OldIrql);
        if (Apc == NULL) {
            return;
        }
        KiRunApc(Thread, Apc, &Taken);
    }
}

VOID KiRundownApcs(PKTHREAD Thread)
{
    LIST_ENTRY User;
    InitializeListHead(&User);
    KIRQL OldIrql = KiLockDispatcher();
    Thread->ApcQueueable = FALSE;
    PLIST_ENTRY Head = &Thread->ApcState.ApcListHead[UserMode];
    while (!IsListEmpty(Head)) {
        PLIST_ENTRY Entry = RemoveHeadList(Head);
        CONTAINING_RECORD(Entry, KAPC, ApcListEntry)->Inserted = FALSE;
        InsertTailList(&User, Entry);
    }
    KiUnlockDispatcher(OldIrql);
    while (!IsListEmpty(&User)) {
        PKAPC Apc = CONTAINING_RECORD(RemoveHeadList(&User), KAPC, ApcListEntry);
        if (Apc->RundownRoutine != NULL) {
            Apc->RundownRoutine(Apc);
        } else {
            // NT takes one that nobody clears away for one from pool.
            ExFreePool(Apc);
        }
    }
}

VOID KiCheckForApcs(PKTHREAD Thread)
{
    if (!IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]) && KiIsKernelApcDeliverable(Thread)) {
        KiRequestSoftwareInterrupt(KiGetPrcb(), APC_LEVEL);
        KiLowerIrql(KiGetIrql());
    }
}
