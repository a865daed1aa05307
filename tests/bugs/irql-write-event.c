// SPDX-License-Identifier: MIT
// finding: irql-too-high in Bug after Bug
// A WMI event written where only one for a trace session may be: at DISPATCH_LEVEL.
#include "bug.h"
#include <wmistr.h>

static void Bug(void)
{
    KIRQL OldIrql;
    PWNODE_HEADER Event = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Event), 'tnvE');
    if (Event == NULL) {
        return;
    }
    Event->BufferSize = sizeof(*Event);
    Event->Flags = WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_SINGLE_INSTANCE;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    MENDED_BY(KeLowerIrql(OldIrql);)
    NTSTATUS Status = IoWMIWriteEvent(Event);
    BUG(KeLowerIrql(OldIrql);)
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Event, 'tnvE');
    }
}
