// SPDX-License-Identifier: MIT
// finding: irql-too-high in Bug after Bug
// An activity may be made at any IRQL, but a thread has one below DISPATCH_LEVEL alone.
#include "bug.h"

static void Bug(void)
{
    GUID Activity = {0};
    KIRQL OldIrql;
    BUG(KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);)
    EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &Activity);
    MENDED_BY(KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);)
    EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &Activity);
    KeLowerIrql(OldIrql);
}
