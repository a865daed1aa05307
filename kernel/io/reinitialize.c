// SPDX-License-Identifier: MIT
// Routines that a driver wants called once more after its DriverEntry.
#include "inc/kernel.h"

typedef struct _IOP_REINITIALIZATION {
    LIST_ENTRY Link;
    PDRIVER_REINITIALIZE Routine;
    PVOID Context;
} IOP_REINITIALIZATION, *PIOP_REINITIALIZATION;

static VOID IopRegisterReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE Routine,
                                        PVOID Context, ULONG Flag)
{
    PIOP_DRIVER Driver = CONTAINING_RECORD(DriverObject, IOP_DRIVER, Object);
    // The routine cannot tell of a failure: as in Windows, there is no call then.
    PIOP_REINITIALIZATION New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_REINITIALIZATION);
    if (New == NULL) {
        return;
    }
    New->Routine = Routine;
    New->Context = Context;
    KIRQL OldIrql = IopLockDatabase();
    DriverObject->Flags |= Flag;
    InsertTailList(&Driver->Reinitializations, &New->Link);
    IopUnlockDatabase(OldIrql);
}

VOID NTAPI IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                            PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context)
{
    IopRegisterReinitialization(DriverObject, DriverReinitializationRoutine, Context, DRVO_REINIT_REGISTERED);
}

VOID NTAPI IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                                PDRIVER_REINITIALIZE DriverReinitializationRoutine,
                                                PVOID Context)
{
    IopRegisterReinitialization(DriverObject, DriverReinitializationRoutine, Context,
                                DRVO_BOOTREINIT_REGISTERED);
}

static PIOP_REINITIALIZATION IopTakeReinitialization(PIOP_DRIVER Driver)
{
    PLIST_ENTRY Link = NULL;
    KIRQL OldIrql = IopLockDatabase();
    if (!IsListEmpty(&Driver->Reinitializations)) {
        Link = RemoveHeadList(&Driver->Reinitializations);
    } else {
        Driver->Object.Flags &= ~(DRVO_REINIT_REGISTERED | DRVO_BOOTREINIT_REGISTERED);
    }
    IopUnlockDatabase(OldIrql);
    return Link != NULL ? CONTAINING_RECORD(Link, IOP_REINITIALIZATION, Link) : NULL;
}

VOID IopCallReinitializationRoutines(PIOP_DRIVER Driver)
{
    PIOP_REINITIALIZATION Entry;
    // A routine may register itself again, and learns by Count how often it has been called.
    while ((Entry = IopTakeReinitialization(Driver)) != NULL) {
        Driver->Extension.Count += 1;
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "DRIVER_REINITIALIZE", Entry->Routine, 3, &Driver->Object, Entry->Context,
                        (ULONG_PTR)Driver->Extension.Count);
        Entry->Routine(&Driver->Object, Entry->Context, Driver->Extension.Count);
        ViLeaveCallback(&Callback, 0);
        ExFreePoolWithTag(Entry, TAG_REINITIALIZATION);
    }
}

VOID IopFreeReinitializations(PIOP_DRIVER Driver)
{
    PIOP_REINITIALIZATION Entry;
    while ((Entry = IopTakeReinitialization(Driver)) != NULL) {
        ExFreePoolWithTag(Entry, TAG_REINITIALIZATION);
    }
}
