// SPDX-License-Identifier: MIT
// Thread callbacks.
#include <ntifs.h>
#include <ntddk.h>
#include "callbacks/callback.h"
#include "runtime/system-routine.h"

typedef NTSTATUS(NTAPI *KMP_SET_ROUTINE_EX)(ULONG NotifyType, PVOID Routine);

static KMP_SYSTEM_ROUTINE SetRoutineEx = KMP_SYSTEM_ROUTINE_INIT(L"PsSetCreateThreadNotifyRoutineEx");

static KMP_CALLBACK_SLOTS Slots;

static VOID Call(ULONG Slot, HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    PKM_CALLBACK Callback = Slots.Callbacks[Slot];

    if (KmpCallbackEnter(Callback)) {
        ((KM_THREAD_CALLBACK *)(ULONG_PTR)Callback->Routine)(Callback->Context, ProcessId, ThreadId, Create);
        KmpCallbackLeave(Callback);
    }
}

#define ROUTINE(Slot)                                                                                        \
    static VOID NTAPI Routine##Slot(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)                       \
    {                                                                                                        \
        Call(Slot, ProcessId, ThreadId, Create);                                                             \
    }
ROUTINE(0)
ROUTINE(1)
ROUTINE(2)
ROUTINE(3)

static const PCREATE_THREAD_NOTIFY_ROUTINE Routines[] = {Routine0, Routine1, Routine2, Routine3};
C_ASSERT(RTL_NUMBER_OF(Routines) == KM_CALLBACK_SLOTS);

static VOID NTAPI Remove(PKM_CALLBACK Callback)
{
    (VOID) PsRemoveCreateThreadNotifyRoutine(Routines[Callback->System.Slot]);
    KmpCallbackGiveSlot(&Slots, Callback);
}

NTSTATUS NTAPI KmCallbacksAddThread(PKM_CALLBACKS Callbacks, PKM_CALLBACK Callback,
                                    KM_THREAD_CALLBACK *Routine, PVOID Context, ULONG Flags)
{
    KMP_SET_ROUTINE_EX Set = NULL;
    NTSTATUS Status;

    if (Flags & (KM_CALLBACK_NEW_THREAD | KM_CALLBACK_SUBSYSTEMS)) {
        Set = (KMP_SET_ROUTINE_EX)(ULONG_PTR)KmpFindSystemRoutine(&SetRoutineEx);
        if (Set == NULL) {
            return STATUS_NOT_SUPPORTED;
        }
    }
    Status = KmpCallbackInit(Callbacks, Callback, (PVOID)(ULONG_PTR)Routine, Context, Remove);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmpCallbackTakeSlot(&Slots, Callback);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Set != NULL ? Set(Flags & KM_CALLBACK_SUBSYSTEMS ? PsCreateThreadNotifySubsystems
                                                              : PsCreateThreadNotifyNonSystem,
                               (PVOID)(ULONG_PTR)Routines[Callback->System.Slot])
                         : PsSetCreateThreadNotifyRoutine(Routines[Callback->System.Slot]);
    if (!NT_SUCCESS(Status)) {
        KmpCallbackGiveSlot(&Slots, Callback);
        return Status;
    }
    KmpCallbackAdd(Callbacks, Callback);
    return STATUS_SUCCESS;
}
