// SPDX-License-Identifier: MIT
// IRQL as the kernel itself changes it: inline, unchecked.
#ifndef KMODE_KE_IRQL_H
#define KMODE_KE_IRQL_H

#define KI_PENDING_APC      (1u << APC_LEVEL)
#define KI_PENDING_DISPATCH (1u << DISPATCH_LEVEL)

// One instruction on the processor that executes it: a thread below DISPATCH_LEVEL may be moved to another
// processor between any two.
static inline VOID KiSetIrql(KIRQL NewIrql)
{
    __asm__ volatile("movb %b0, %%gs:%c1" : : "q"(NewIrql), "i"(FIELD_OFFSET(KPCR, Irql)) : "memory");
}

// The machine of the processor that executes it.
static inline const KM_PROCESSOR *KiMachine(VOID)
{
    return (const KM_PROCESSOR *)__readgsqword(FIELD_OFFSET(KIPCR, Prcb) + FIELD_OFFSET(KPRCB, Machine));
}

// The pending bits of the processor that executes it.
static inline ULONG KiPendingInterrupts(VOID)
{
    const KM_PROCESSOR *Machine = KiMachine();
    ULONG Pending = Machine->pending;
    return Pending == 0 || Machine->interrupts_enabled ? Pending : 0;
}

// Tells the machine that the code on this processor does not only compute.
static inline VOID KiNoteActivity(VOID)
{
    KM_PROCESSOR *Machine =
        (KM_PROCESSOR *)__readgsqword(FIELD_OFFSET(KIPCR, Prcb) + FIELD_OFFSET(KPRCB, Machine));
    Machine->activity += 1;
}

// Raises and returns the IRQL that there was.
static inline KIRQL KiRaiseIrql(KIRQL NewIrql)
{
    KIRQL OldIrql = KiGetIrql();
    KiSetIrql(NewIrql);
    return OldIrql;
}

// Takes every pending interrupt above OldIrql, and returns at HIGH_LEVEL. Any IRQL.
VOID KiTakePending(KIRQL OldIrql);

// Takes every pending interrupt above the current IRQL, if there is one, highest first: DPCs, APCs, a switch
// to another thread.
VOID KiTakeInterrupts(VOID);

// Lowers, and takes what has been waiting for it. The thread may go on on another processor.
static inline VOID KiLowerIrql(KIRQL NewIrql)
{
    KiSetIrql(NewIrql);
    // Nearly always nothing at all is pending.
    if (__builtin_expect(KiMachine()->pending != 0, 0)) {
        KiTakeInterrupts();
    }
}

// Asks this processor for the software interrupt of Irql (APC_LEVEL, DISPATCH_LEVEL); taken when IRQL is
// below it.
static inline VOID KiRequestSoftwareInterrupt(PKPRCB Prcb, KIRQL Irql)
{
    __atomic_or_fetch(&Prcb->Machine->pending, 1u << Irql, __ATOMIC_SEQ_CST);
}

#endif
