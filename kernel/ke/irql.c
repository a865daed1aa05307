// SPDX-License-Identifier: MIT
// KeGetCurrentIrql, KfRaiseIrql, KeLowerIrql: what Windows' x64 kernel exports. Drivers' headers make macros
// of them.
#include "inc/kernel.h"

// The DDK's headers define inline functions of these names; the exports have their own bodies.
KIRQL NTAPI KiGetCurrentIrqlExport(VOID) __asm__("KeGetCurrentIrql");
KIRQL NTAPI KiRaiseIrqlExport(KIRQL NewIrql) __asm__("KfRaiseIrql");
VOID NTAPI KiLowerIrqlExport(KIRQL NewIrql) __asm__("KeLowerIrql");

KIRQL NTAPI KiGetCurrentIrqlExport(VOID)
{
    return KiGetIrql();
}

// Documented: NewIrql below the current level is bug check IRQL_NOT_GREATER_OR_EQUAL.
KIRQL NTAPI KiRaiseIrqlExport(KIRQL NewIrql)
{
    KIRQL OldIrql = KiGetIrql();
    if (NewIrql < OldIrql || NewIrql > HIGH_LEVEL) {
        KeBugCheckEx(IRQL_NOT_GREATER_OR_EQUAL, NewIrql, OldIrql, 0, (ULONG_PTR)__builtin_return_address(0));
    }
    KiGetPcr()->Pcr.Irql = NewIrql;
    return OldIrql;
}

// Documented: NewIrql above the current level is bug check IRQL_NOT_LESS_OR_EQUAL.
VOID NTAPI KiLowerIrqlExport(KIRQL NewIrql)
{
    KIRQL OldIrql = KiGetIrql();
    if (NewIrql > OldIrql) {
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, NewIrql, OldIrql, 0, (ULONG_PTR)__builtin_return_address(0));
    }
    KiGetPcr()->Pcr.Irql = NewIrql;
}
