// SPDX-License-Identifier: MIT
// Mutants: what drivers call mutexes (kernel APCs are held back while one is owned), and NtCreateMutant's.
#include "inc/kernel.h"

static VOID KiInitializeMutant(PRKMUTANT Mutant, BOOLEAN Owned, UCHAR ApcDisable)
{
    KiInitializeHeader(&Mutant->Header, KiMutant, sizeof(KMUTANT), Owned ? 0 : 1);
    Mutant->OwnerThread = NULL;
    Mutant->Abandoned = FALSE;
    Mutant->ApcDisable = ApcDisable;
    InitializeListHead(&Mutant->MutantListEntry);
    if (Owned) {
        KIRQL OldIrql = KiLockDispatcher();
        PKTHREAD Thread = KiCurrentThread();
        Mutant->OwnerThread = Thread;
        Mutant->Header.DpcActive = OldIrql >= DISPATCH_LEVEL;
        InsertTailList(&Thread->MutantListHead, &Mutant->MutantListEntry);
        KiUnlockDispatcher(OldIrql);
    }
}

VOID NTAPI KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner)
{
    KiInitializeMutant(Mutant, InitialOwner, 0);
}

// Level is not used.
VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    UNREFERENCED_PARAMETER(Level);
    KiInitializeMutant(Mutex, FALSE, 1);
}

// Returns the previous state: 1 free, 0 or less owned that many times more. Abandoned: whoever waits is told
// so. Raises STATUS_MUTANT_NOT_OWNED, or STATUS_ABANDONED for one that was abandoned before, if the thread
// does not own it, or has acquired it at DISPATCH_LEVEL and is not there now, or the other way round. IRQL <=
// DISPATCH_LEVEL.
LONG NTAPI KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait)
{
    PKTHREAD Thread = KiCurrentThread();
    KIRQL OldIrql = KiLockDispatcher();
    LONG OldState = Mutant->Header.SignalState;
    BOOLEAN EnableApcs = FALSE;
    if (Abandoned) {
        Mutant->Header.SignalState = 1;
        Mutant->Abandoned = TRUE;
    } else {
        if (Mutant->OwnerThread != Thread || Mutant->Header.DpcActive != (OldIrql >= DISPATCH_LEVEL)) {
            NTSTATUS Status = Mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED;
            KiUnlockDispatcher(OldIrql);
            ExRaiseStatus(Status);
        }
        Mutant->Header.SignalState = OldState + 1;
    }
    if (Mutant->Header.SignalState == 1) {
        PKTHREAD Owner = Mutant->OwnerThread;
        if (Owner != NULL) {
            RemoveEntryList(&Mutant->MutantListEntry);
            InitializeListHead(&Mutant->MutantListEntry);
            Mutant->OwnerThread = NULL;
            if (Mutant->ApcDisable != 0) {
                Owner->KernelApcDisable += 1;
                EnableApcs = Owner == Thread;
            }
        }
        KiSignalObject(Mutant, Increment);
    }
    KiUnlockDispatcherForWait(OldIrql, Wait);
    if (EnableApcs && !Wait) {
        KiCheckForApcs(Thread);
    }
    return OldState;
}

LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    return KeReleaseMutant(Mutex, 1, FALSE, Wait);
}

// Any IRQL.
LONG NTAPI KeReadStateMutant(PRKMUTANT Mutant)
{
    return __atomic_load_n(&Mutant->Header.SignalState, __ATOMIC_SEQ_CST);
}

LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex)
{
    return KeReadStateMutant(Mutex);
}
