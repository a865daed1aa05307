// SPDX-License-Identifier: MIT
// The life of a thread as the dispatcher sees it: a stack, a place at which to go on, an end.
#include "inc/kernel.h"

// What KiSwitchStack pops: see switch-thread.S.
typedef struct _KI_SWITCH_FRAME {
    M128A Xmm[10];
    ULONG MxCsr;
    ULONG ControlWord;
    ULONG64 R15, R14, R13, R12, Rdi, Rsi, Rbp, Rbx;
    ULONG64 Return;
} KI_SWITCH_FRAME;

C_ASSERT(FIELD_OFFSET(KI_SWITCH_FRAME, R15) == 0xa8);

VOID KiThreadStartup(VOID);

VOID KiInitializeThread(PKTHREAD Thread, PKPROCESS Process, PVOID StackTop, PVOID StackLimit,
                        PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority)
{
    KiInitializeHeader(&Thread->Header, KiThread, sizeof(KTHREAD), 0);
    Thread->InitialStack = StackTop;
    Thread->StackBase = StackTop;
    Thread->StackLimit = StackLimit;
    Thread->StartRoutine = StartRoutine;
    Thread->StartContext = StartContext;
    Thread->Process = Process;
    Thread->Priority = Thread->BasePriority = (SCHAR)Priority;
    Thread->Affinity = Thread->UserAffinity = KiActiveProcessors;
    Thread->State = KiThreadInitialized;
    Thread->PreviousMode = KernelMode;
    Thread->ApcQueueable = TRUE;
    InitializeListHead(&Thread->MutantListHead);
    KiInitializeHeader(&Thread->Timer.Header, KiTimerNotification, sizeof(KTIMER), 0);
    KiInitializeApcState(&Thread->ApcState, Process);
    KiInitializeSuspension(Thread);
    InitializeListHead(&Thread->SavedApcState.ApcListHead[KernelMode]);
    InitializeListHead(&Thread->SavedApcState.ApcListHead[UserMode]);
    if (StartRoutine == NULL) {
        return; // the thread that a processor starts with: it runs already
    }
    // Home space of KiThreadStartup's callee, and a zero where a walk of the stack looks for a return
    // address.
    ULONG_PTR Top = (ULONG_PTR)StackTop - 0x40;
    KI_SWITCH_FRAME *Frame = (KI_SWITCH_FRAME *)(Top - sizeof(KI_SWITCH_FRAME));
    RtlZeroMemory(Frame, sizeof(*Frame));
    Frame->MxCsr = 0x1F80;
    Frame->ControlWord = 0x027F;
    Frame->Rbx = (ULONG64)StartRoutine;
    Frame->Rdi = (ULONG64)StartContext;
    Frame->Return = (ULONG64)KiThreadStartup;
    Thread->KernelStack = Frame;
}

VOID KiContextOfThread(PKTHREAD Thread, PCONTEXT Context)
{
    const KI_SWITCH_FRAME *Frame = Thread->KernelStack;
    Context->Rip = Frame->Return;
    Context->Rsp = (ULONG64)(Frame + 1);
    Context->Rbx = Frame->Rbx;
    Context->Rbp = Frame->Rbp;
    Context->Rsi = Frame->Rsi;
    Context->Rdi = Frame->Rdi;
    Context->R12 = Frame->R12;
    Context->R13 = Frame->R13;
    Context->R14 = Frame->R14;
    Context->R15 = Frame->R15;
}

VOID KiStartThread(PKTHREAD Thread)
{
    KIRQL OldIrql = KiLockDispatcher();
    InsertTailList(&Thread->Process->KernelThreadListHead, &Thread->ThreadListEntry);
    KiReadyThread(Thread);
    KiUnlockDispatcher(OldIrql);
}

DECLSPEC_NORETURN VOID KiTerminateThread(KPRIORITY Increment)
{
    PKTHREAD Thread = KiCurrentThread();
    KiLockDispatcher();
    while (!IsListEmpty(&Thread->MutantListHead)) {
        PKMUTANT Mutant =
            CONTAINING_RECORD(RemoveHeadList(&Thread->MutantListHead), KMUTANT, MutantListEntry);
        if (Mutant->ApcDisable != 0) {
            // A driver's mutex outlives its owner: Windows ends the system.
            KiReleaseSpinLock(&KiDispatcherLock);
            KeBugCheckEx(THREAD_TERMINATE_HELD_MUTEX, (ULONG_PTR)Thread, (ULONG_PTR)Mutant, 0, 0);
        }
        InitializeListHead(&Mutant->MutantListEntry);
        Mutant->OwnerThread = NULL;
        Mutant->Abandoned = TRUE;
        Mutant->Header.SignalState = 1;
        KiSignalObject(Mutant, 1);
    }
    if (Thread->Queue != NULL) {
        RemoveEntryList(&Thread->QueueListEntry);
        Thread->Queue->CurrentCount -= 1;
        KiSignalQueue(Thread->Queue);
        Thread->Queue = NULL;
    }
    Thread->ApcQueueable = FALSE;
    RemoveEntryList(&Thread->ThreadListEntry);
    Thread->State = KiThreadTerminated;
    Thread->Header.SignalState = 1;
    KiSignalObject(Thread, Increment);
    KiSwapThread(DISPATCH_LEVEL);
    __builtin_unreachable();
}

VOID KiWaitUntilOffProcessor(PKTHREAD Thread)
{
    // Once the lock is free again, the switch that it went over with has happened.
    while (*(volatile BOOLEAN *)&Thread->Running) {
        __builtin_ia32_pause();
    }
    KIRQL OldIrql = KiLockDispatcher();
    KiUnlockDispatcher(OldIrql);
}
