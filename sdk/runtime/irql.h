// SPDX-License-Identifier: MIT
// The current IRQL, by the register that has it: on x64 KeGetCurrentIrql was no routine but this, inline,
// until newer kits; Wine 8 has no such routine. Inside the SDK only.
#ifndef KMODE_SDK_RUNTIME_IRQL_H
#define KMODE_SDK_RUNTIME_IRQL_H

#include <kmode.h>

/// Any IRQL.
static inline KIRQL KmpGetCurrentIrql(VOID)
{
    ULONG64 Irql;

    __asm__ volatile("movq %%cr8, %0" : "=r"(Irql));
    return (KIRQL)Irql;
}

#endif
