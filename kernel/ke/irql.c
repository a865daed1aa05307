// SPDX-License-Identifier: MIT
// KeGetCurrentIrql, KfRaiseIrql, KeLowerIrql: what Windows' x64 kernel exports. Drivers' headers make macros
// of them. And what becomes of the interrupts that a raised IRQL has held back.
#include "inc/kernel.h"

// The DDK's headers define inline functions of these names; the exports have their own bodies.
KIRQL NTAPI KiGetCurrentIrqlExport(VOID) __asm__("KeGetCurrentIrql");
KIRQL NTAPI KiRaiseIrqlExport(KIRQL NewIrql) __asm__("KfRaiseIrql");
VOID NTAPI KiLowerIrqlExport(KIRQL NewIrql) __asm__("KeLowerIrql");

KIRQL NTAPI KiGetCurrentIrqlExport(VOID)
{
    return KiGetIrql();
}

// Apart, so that the two exports need no frame for what never returns.
static __attribute__((noinline, cold)) DECLSPEC_NORETURN VOID KiBadIrql(ULONG Code, KIRQL NewIrql,
                                                                        KIRQL OldIrql, ULONG_PTR Caller)
{
    KeBugCheckEx(Code, NewIrql, OldIrql, 0, Caller);
}

// Documented: NewIrql below the current level is bug check IRQL_NOT_GREATER_OR_EQUAL.
KIRQL NTAPI KiRaiseIrqlExport(KIRQL NewIrql)
{
    KIRQL OldIrql = KiGetIrql();
    if (NewIrql < OldIrql || NewIrql > HIGH_LEVEL) {
        KiBadIrql(IRQL_NOT_GREATER_OR_EQUAL, NewIrql, OldIrql, (ULONG_PTR)__builtin_return_address(0));
    }
    KiSetIrql(NewIrql);
    return OldIrql;
}

// Documented: NewIrql above the current level is bug check IRQL_NOT_LESS_OR_EQUAL.
VOID NTAPI KiLowerIrqlExport(KIRQL NewIrql)
{
    KIRQL OldIrql = KiGetIrql();
    if (NewIrql > OldIrql) {
        KiBadIrql(IRQL_NOT_LESS_OR_EQUAL, NewIrql, OldIrql, (ULONG_PTR)__builtin_return_address(0));
    }
    KiLowerIrql(NewIrql);
}

static VOID KiTakeInterrupt(PKPRCB Prcb, KIRQL Irql)
{
    switch (Irql) {
    case APC_LEVEL: KiDeliverApcs(KernelMode); break;
    case DISPATCH_LEVEL:
        KiRetireDpcs();
        KiReschedule();
        break;
    case KM_IRQL_CLOCK: KiClockInterrupt(); break;
    case KM_IRQL_PROCESSOR: KiProcessIpi(); break;
    default:
        Prcb->InterruptNesting += 1;
        KiDispatchLines(Irql);
        Prcb->InterruptNesting -= 1;
        break;
    }
}

VOID KiTakePending(KIRQL OldIrql)
{
    for (;;) {
        // At HIGH_LEVEL nothing moves this thread to another processor while it looks at the pending bits.
        KiSetIrql(HIGH_LEVEL);
        PKPRCB Prcb = KiGetPrcb();
        ULONG Pending = Prcb->Machine->interrupts_enabled ? Prcb->Machine->pending : 0;
        if (Pending >> (OldIrql + 1) == 0) {
            return;
        }
        KIRQL Irql = (KIRQL)(31 - __builtin_clz(Pending));
        __atomic_and_fetch(&Prcb->Machine->pending, ~(1u << Irql), __ATOMIC_SEQ_CST);
        KiSetIrql(Irql);
        KiTakeInterrupt(Prcb, Irql);
    }
}

__attribute__((noinline)) VOID KiTakeInterrupts(VOID)
{
    KIRQL OldIrql = KiGetIrql();
    // Again, for one that came between the last look and the lowering found IRQL high.
    while (KiPendingInterrupts() >> (OldIrql + 1) != 0) {
        KiTakePending(OldIrql);
        KiSetIrql(OldIrql);
    }
}
