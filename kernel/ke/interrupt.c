// SPDX-License-Identifier: MIT
// Interrupts of devices: who is connected to a line, and what becomes of one that has come.
#include "inc/kernel.h"

typedef struct _KI_LINE {
    LIST_ENTRY Interrupts;
    volatile LONG Dispatching; // processors that walk the list
    ULONG Processor;           // where it goes, while the list is not empty
    KIRQL Irql;
} KI_LINE;

static KI_LINE KiLines[KM_LINES];
static KSPIN_LOCK KiLinesLock; // whoever changes a list; at HIGH_LEVEL

VOID KiInitializeLines(VOID)
{
    for (ULONG Line = 0; Line < KM_LINES; Line += 1) {
        InitializeListHead(&KiLines[Line].Interrupts);
    }
}

static KIRQL KiLockLines(VOID)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&KiLinesLock);
    return OldIrql;
}

static VOID KiUnlockLines(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&KiLinesLock, OldIrql);
}

// ---- Connecting

// Whether the one may be on the same line as those that are.
static BOOLEAN KiMayShare(const KI_LINE *Line, const KINTERRUPT *Interrupt)
{
    if (IsListEmpty(&Line->Interrupts)) {
        return TRUE;
    }
    const KINTERRUPT *First = CONTAINING_RECORD(Line->Interrupts.Flink, KINTERRUPT, ListEntry);
    return First->ShareVector && Interrupt->ShareVector && First->Mode == Interrupt->Mode &&
           First->Irql == Interrupt->Irql;
}

NTSTATUS KiConnectInterrupt(const KINTERRUPT *Template, KAFFINITY Affinity, PKINTERRUPT *Interrupt)
{
    if (Template->Vector >= KM_LINES || (Affinity & KiActiveProcessors) == 0 ||
        Template->Irql < KM_IRQL_REQUEST || Template->Irql >= KM_IRQL_CLOCK ||
        Template->SynchronizeIrql < Template->Irql || Template->SynchronizeIrql > HIGH_LEVEL) {
        return STATUS_INVALID_PARAMETER;
    }
    PKINTERRUPT New = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*New), TAG_INTERRUPT);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *New = *Template;
    KeInitializeSpinLock(&New->SpinLock);
    if (New->ActualLock == NULL) {
        New->ActualLock = &New->SpinLock;
    }
    New->Active = TRUE;
    *Interrupt = New; // its routine may run before this one returns
    KI_LINE *Line = &KiLines[New->Vector];
    KIRQL OldIrql = KiLockLines();
    if (!KiMayShare(Line, New)) {
        *Interrupt = NULL;
        KiUnlockLines(OldIrql);
        ExFreePoolWithTag(New, TAG_INTERRUPT);
        return STATUS_INVALID_PARAMETER;
    }
    BOOLEAN First = IsListEmpty(&Line->Interrupts);
    if (First) {
        Line->Irql = New->Irql;
        Line->Processor = (ULONG)__builtin_ctzll(Affinity & KiActiveProcessors);
    }
    New->Processor = Line->Processor;
    // A processor that walks the list without the lock finds the entry whole, or not at all.
    PLIST_ENTRY Last = Line->Interrupts.Blink;
    New->ListEntry.Flink = &Line->Interrupts;
    New->ListEntry.Blink = Last;
    __atomic_store_n(&Last->Flink, &New->ListEntry, __ATOMIC_RELEASE);
    Line->Interrupts.Blink = &New->ListEntry;
    if (First) {
        KeMachine->route_line(New->Vector, Line->Processor, Line->Irql);
    }
    KiUnlockLines(OldIrql);
    return STATUS_SUCCESS;
}

VOID KiDisconnectInterrupt(PKINTERRUPT Interrupt)
{
    KI_LINE *Line = &KiLines[Interrupt->Vector];
    KIRQL OldIrql = KiLockLines();
    RemoveEntryList(&Interrupt->ListEntry); // its own links stay for who is there now
    if (IsListEmpty(&Line->Interrupts)) {
        KeMachine->route_line(Interrupt->Vector, 0, 0);
    }
    KiUnlockLines(OldIrql);
    while (__atomic_load_n(&Line->Dispatching, __ATOMIC_SEQ_CST) != 0) {
        KeMachine->relax_processor();
    }
    ExFreePoolWithTag(Interrupt, TAG_INTERRUPT);
}

// ---- Dispatching

static BOOLEAN KiCallServiceRoutine(PKINTERRUPT Interrupt)
{
    VI_CALLBACK Callback;
    KIRQL OldIrql = KiRaiseIrql(Interrupt->SynchronizeIrql);
    KiAcquireSpinLock(Interrupt->ActualLock);
    BOOLEAN Claimed;
    if (Interrupt->MessageServiceRoutine != NULL) {
        ViEnterCallback(&Callback, "KMESSAGE_SERVICE_ROUTINE", Interrupt->MessageServiceRoutine, 3, Interrupt,
                        Interrupt->ServiceContext, (ULONG_PTR)Interrupt->MessageId);
        Claimed =
            Interrupt->MessageServiceRoutine(Interrupt, Interrupt->ServiceContext, Interrupt->MessageId);
    } else {
        ViEnterCallback(&Callback, "KSERVICE_ROUTINE", Interrupt->ServiceRoutine, 2, Interrupt,
                        Interrupt->ServiceContext);
        Claimed = Interrupt->ServiceRoutine(Interrupt, Interrupt->ServiceContext);
    }
    ViLeaveCallback(&Callback, Claimed);
    KiReleaseSpinLockLower(Interrupt->ActualLock, OldIrql);
    return Claimed;
}

// A level lasts until every device is satisfied, so the first that claims it ends the round. An edge may be
// that of several devices: those that share it are asked until none has anything.
static VOID KiDispatchLine(ULONG Number)
{
    KI_LINE *Line = &KiLines[Number];
    BOOLEAN Again;
    __atomic_add_fetch(&Line->Dispatching, 1, __ATOMIC_SEQ_CST);
    do {
        Again = FALSE;
        PLIST_ENTRY Link = __atomic_load_n(&Line->Interrupts.Flink, __ATOMIC_ACQUIRE);
        while (Link != &Line->Interrupts) {
            PKINTERRUPT Interrupt = CONTAINING_RECORD(Link, KINTERRUPT, ListEntry);
            BOOLEAN Claimed = Interrupt->Active && KiCallServiceRoutine(Interrupt);
            if (Claimed && Interrupt->Mode == LevelSensitive) {
                break;
            }
            Again = Again || (Claimed && Interrupt->ShareVector);
            Link = __atomic_load_n(&Link->Flink, __ATOMIC_ACQUIRE);
        }
    } while (Again);
    __atomic_sub_fetch(&Line->Dispatching, 1, __ATOMIC_SEQ_CST);
    KeMachine->end_of_line(Number);
}

VOID KiDispatchLines(KIRQL Irql)
{
    KM_PROCESSOR *Machine = KiGetPrcb()->Machine;
    if (Irql == KM_IRQL_REQUEST) {
        PspRequestInterrupt();
    }
    ULONG64 Waiting = Machine->lines;
    while (Waiting != 0) {
        const ULONG Number = (ULONG)__builtin_ctzll(Waiting);
        const ULONG64 Bit = 1ULL << Number;
        Waiting &= ~Bit;
        if (KiLines[Number].Irql == Irql &&
            (__atomic_fetch_and(&Machine->lines, ~Bit, __ATOMIC_SEQ_CST) & Bit) != 0) {
            KiDispatchLine(Number);
        }
    }
}

// ---- What drivers do with an interrupt object

static KIRQL KiRaiseToInterrupt(PKINTERRUPT Interrupt, PVOID Caller)
{
    KIRQL OldIrql = KiGetIrql();
    if (OldIrql > Interrupt->SynchronizeIrql) {
        KeBugCheckEx(IRQL_NOT_GREATER_OR_EQUAL, Interrupt->SynchronizeIrql, OldIrql, 0, (ULONG_PTR)Caller);
    }
    return KiRaiseIrql(Interrupt->SynchronizeIrql);
}

// What SynchronizeRoutine returns, which runs at SynchronizeIrql with the interrupt's spin lock held. IRQL <=
// SynchronizeIrql; bug check IRQL_NOT_GREATER_OR_EQUAL above it.
BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
                                     PVOID SynchronizeContext)
{
    VI_CALLBACK Callback;
    KIRQL OldIrql = KiRaiseToInterrupt(Interrupt, __builtin_return_address(0));
    KiAcquireSpinLock(Interrupt->ActualLock);
    ViEnterCallback(&Callback, "KSYNCHRONIZE_ROUTINE", SynchronizeRoutine, 1, SynchronizeContext);
    BOOLEAN Result = SynchronizeRoutine(SynchronizeContext);
    ViLeaveCallback(&Callback, Result);
    KiReleaseSpinLockLower(Interrupt->ActualLock, OldIrql);
    return Result;
}

// IRQL <= SynchronizeIrql; SynchronizeIrql afterwards. Returns the IRQL for KeReleaseInterruptSpinLock.
KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt)
{
    KIRQL OldIrql = KiRaiseToInterrupt(Interrupt, __builtin_return_address(0));
    KiAcquireSpinLock(Interrupt->ActualLock);
    return OldIrql;
}

VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql)
{
    KiReleaseSpinLockLower(Interrupt->ActualLock, OldIrql);
}
