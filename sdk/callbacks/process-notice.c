// SPDX-License-Identifier: MIT
// Notices of processes.
#include <ntifs.h>
#include <ntddk.h>
#include "callbacks/callback.h"

static KMP_CALLBACK_SLOTS Slots;

static VOID Call(ULONG Slot, HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    PKM_CALLBACK Callback = Slots.Callbacks[Slot];

    if (KmpCallbackEnter(Callback)) {
        ((KM_PROCESS_NOTICE *)(ULONG_PTR)Callback->Routine)(Callback->Context, ParentId, ProcessId, Create);
        KmpCallbackLeave(Callback);
    }
}

#define ROUTINE(Slot)                                                                                        \
    static VOID NTAPI Routine##Slot(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)                       \
    {                                                                                                        \
        Call(Slot, ParentId, ProcessId, Create);                                                             \
    }
ROUTINE(0)
ROUTINE(1)
ROUTINE(2)
ROUTINE(3)

static const PCREATE_PROCESS_NOTIFY_ROUTINE Routines[] = {Routine0, Routine1, Routine2, Routine3};
C_ASSERT(RTL_NUMBER_OF(Routines) == KM_CALLBACK_SLOTS);

static VOID NTAPI Remove(PKM_CALLBACK Callback)
{
    (VOID) PsSetCreateProcessNotifyRoutine(Routines[Callback->System.Slot], TRUE);
    KmpCallbackGiveSlot(&Slots, Callback);
}

NTSTATUS NTAPI KmCallbacksAddProcessNotice(PKM_CALLBACKS Callbacks, PKM_CALLBACK Callback,
                                           KM_PROCESS_NOTICE *Routine, PVOID Context)
{
    NTSTATUS Status;

    Status = KmpCallbackInit(Callbacks, Callback, (PVOID)(ULONG_PTR)Routine, Context, Remove);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmpCallbackTakeSlot(&Slots, Callback);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PsSetCreateProcessNotifyRoutine(Routines[Callback->System.Slot], FALSE);
    if (!NT_SUCCESS(Status)) {
        KmpCallbackGiveSlot(&Slots, Callback);
        return Status;
    }
    KmpCallbackAdd(Callbacks, Callback);
    return STATUS_SUCCESS;
}
