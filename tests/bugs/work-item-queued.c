// SPDX-License-Identifier: MIT
// finding: work-item-queued after Bug
// The driver's work item still runs when the driver goes.
#include "bug.h"

static KEVENT Stop, Stopped;
static WORK_QUEUE_ITEM Item;

static VOID NTAPI Work(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Stop, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&Stopped, 0, FALSE);
}

static VOID NTAPI DoNothing(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static void Bug(void)
{
    static WORK_QUEUE_ITEM Early;
    // One that has run, by a more urgent thread, before it is known that it was queued.
    ExInitializeWorkItem(&Early, DoNothing, NULL);
    ExQueueWorkItem(&Early, CriticalWorkQueue);
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    KeInitializeEvent(&Stopped, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item, Work, NULL);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    MENDED_BY(KeSetEvent(&Stop, 0, FALSE);)
    MENDED_BY(KeWaitForSingleObject(&Stopped, Executive, KernelMode, FALSE, NULL);)
}
