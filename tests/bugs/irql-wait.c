// SPDX-License-Identifier: MIT
// finding: irql-too-high in Bug after Bug
// A wait with a time-out at DISPATCH_LEVEL, where none may be: that the event happens to be set hides it.
#include "bug.h"

static KEVENT Event;

static void Bug(void)
{
    KIRQL OldIrql;
    LARGE_INTEGER Timeout = {.QuadPart = BUG(-10000) MENDED_BY(0)};
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Timeout);
    KeLowerIrql(OldIrql);
}
