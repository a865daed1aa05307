// SPDX-License-Identifier: MIT
// Where a driver has raised IRQL: the earlier of the two places when it then calls what it must not.
#include "inc/kernel.h"
#include "io/wmi.h"

// Of the last raise by a routine of the kernel's. `mov cr8` leaves no trace.
static struct {
    PKTHREAD Thread;
    KIRQL Irql;
    VI_STACK Stack;
} ViRaises[KI_MAXIMUM_PROCESSORS];

VOID ViNoteRaised(KIRQL Irql, const VI_STACK *Stack)
{
    ULONG Number = KiGetPrcb()->Number;
    ViRaises[Number].Thread = KiCurrentThread();
    ViRaises[Number].Irql = Irql;
    ViRaises[Number].Stack = *Stack;
}

BOOLEAN ViWhereRaised(VI_STACK *Stack)
{
    ULONG Number = KiGetPrcb()->Number;
    if (ViRaises[Number].Thread != KiCurrentThread() || ViRaises[Number].Irql != KiGetIrql() ||
        KiGetPrcb()->DpcRoutineActive) {
        return FALSE;
    }
    *Stack = ViRaises[Number].Stack;
    return TRUE;
}

KIRQL NTAPI ViRealRaise(KIRQL NewIrql) __asm__("KfRaiseIrql");

KIRQL NTAPI ViRaiseIrql(KIRQL NewIrql)
{
    VI_STACK Stack;
    if (NewIrql > KiGetIrql()) {
        ViCaptureStack(&Stack);
        ViNoteRaised(NewIrql, &Stack);
    }
    // Its bug check names the caller.
    __attribute__((musttail)) return ViRealRaise(NewIrql);
}

// At any IRQL for a trace session, no higher than APC_LEVEL for WMI.
NTSTATUS NTAPI ViWriteEvent(PVOID WnodeEventItem)
{
    VI_STACK Raised;
    if (KiGetIrql() > APC_LEVEL && !(((PWNODE_HEADER)WnodeEventItem)->Flags & WNODE_FLAG_TRACED_GUID)) {
        ViReport(ViIrqlTooHigh, ViWhereRaised(&Raised) ? &Raised : NULL,
                 "IoWMIWriteEvent was called at IRQL %u; the highest it allows is 1 (APC_LEVEL), but for "
                 "events of "
                 "trace sessions",
                 KiGetIrql());
    }
    return IoWMIWriteEvent(WnodeEventItem);
}
