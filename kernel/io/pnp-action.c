// SPDX-License-Identifier: MIT
// What happens to devices happens on one system thread at a time, in the order in which it was asked for.
#include "inc/kernel.h"
#include "io/pnp.h"

static KSPIN_LOCK PipActionLock;
static LIST_ENTRY PipActions;
static BOOLEAN PipWorkerBusy;
static WORK_QUEUE_ITEM PipWorkerItem;

static PPIP_ACTION PipTakeAction(VOID)
{
    PPIP_ACTION Action = NULL;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&PipActionLock);
    if (!IsListEmpty(&PipActions)) {
        Action = CONTAINING_RECORD(RemoveHeadList(&PipActions), PIP_ACTION, Link);
    } else {
        PipWorkerBusy = FALSE;
    }
    KiReleaseSpinLockLower(&PipActionLock, OldIrql);
    return Action;
}

static VOID NTAPI PipWorker(PVOID Parameter)
{
    UNREFERENCED_PARAMETER(Parameter);
    PPIP_ACTION Action;
    while ((Action = PipTakeAction()) != NULL) {
        PKEVENT Done = Action->Done;
        Action->Perform(Action);
        if (Done != NULL) {
            KeSetEvent(Done, IO_NO_INCREMENT, FALSE);
        } else {
            ExFreePoolWithTag(Action, TAG_PNP);
        }
    }
}

VOID PipInitializeActions(VOID)
{
    InitializeListHead(&PipActions);
    ExInitializeWorkItem(&PipWorkerItem, PipWorker, NULL);
}

PVOID PipAllocateAction(SIZE_T Bytes, VOID (*Perform)(PPIP_ACTION Action))
{
    PPIP_ACTION Action = ExAllocatePoolZero(NonPagedPoolNx, Bytes, TAG_PNP);
    if (Action != NULL) {
        Action->Perform = Perform;
    }
    return Action;
}

VOID PipQueueAction(PPIP_ACTION Action)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&PipActionLock);
    InsertTailList(&PipActions, &Action->Link);
    BOOLEAN Start = !PipWorkerBusy;
    PipWorkerBusy = TRUE;
    KiReleaseSpinLockLower(&PipActionLock, OldIrql);
    if (Start) {
        ExQueueWorkItem(&PipWorkerItem, DelayedWorkQueue);
    }
}

VOID PipPerformAction(PPIP_ACTION Action)
{
    KEVENT Done;
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    Action->Done = &Done;
    PipQueueAction(Action);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
}
