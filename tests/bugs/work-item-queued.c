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

static void Bug(void)
{
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    KeInitializeEvent(&Stopped, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item, Work, NULL);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    MENDED_BY(KeSetEvent(&Stop, 0, FALSE);)
    MENDED_BY(KeWaitForSingleObject(&Stopped, Executive, KernelMode, FALSE, NULL);)
}
