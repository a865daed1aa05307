// SPDX-License-Identifier: MIT
// IRQL routines, as calls of what every x64 kernel exports rather than `mov cr8` inline.
#ifndef KMODE_NT_IRQL_H
#define KMODE_NT_IRQL_H

#ifdef __cplusplus
extern "C" {
#endif

// Any IRQL. The current processor's IRQL.
NTKERNELAPI KIRQL NTAPI KeGetCurrentIrql(VOID);

// NewIrql must be at or above the current IRQL. Returns the IRQL it was at.
_IRQL_raises_(NewIrql) NTKERNELAPI KIRQL NTAPI KfRaiseIrql(_In_ KIRQL NewIrql);

// NewIrql must be at or below the current IRQL: what KeRaiseIrql saved.
NTKERNELAPI VOID NTAPI KeLowerIrql(_In_ _IRQL_restores_ KIRQL NewIrql);

#ifdef __cplusplus
}
#endif

// The kernel's own files define these two as routines for callers by address.
#ifndef _NTOSKRNL_
FORCEINLINE KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    return KfRaiseIrql(DISPATCH_LEVEL);
}

FORCEINLINE KIRQL KeRaiseIrqlToSynchLevel(VOID)
{
    return KfRaiseIrql(12);
}
#endif

#endif
