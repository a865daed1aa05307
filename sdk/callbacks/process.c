// SPDX-License-Identifier: MIT
// Process callbacks that may refuse.
#include <ntifs.h>
#include <ntddk.h>
#include "callbacks/callback.h"
#include "runtime/system-routine.h"

typedef NTSTATUS(NTAPI *KMP_SET_ROUTINE_EX2)(ULONG NotifyType, PVOID Routine, BOOLEAN Remove);

static KMP_SYSTEM_ROUTINE SetRoutineEx2 = KMP_SYSTEM_ROUTINE_INIT(L"PsSetCreateProcessNotifyRoutineEx2");

static KMP_CALLBACK_SLOTS Slots;

static VOID Call(ULONG Slot, PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    PKM_CALLBACK Callback = Slots.Callbacks[Slot];

    if (KmpCallbackEnter(Callback)) {
        ((KM_PROCESS_CALLBACK *)(ULONG_PTR)Callback->Routine)(Callback->Context, Process, ProcessId,
                                                              CreateInfo);
        KmpCallbackLeave(Callback);
    }
}

#define ROUTINE(Slot)                                                                                        \
    static VOID NTAPI Routine##Slot(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)  \
    {                                                                                                        \
        Call(Slot, Process, ProcessId, CreateInfo);                                                          \
    }
ROUTINE(0)
ROUTINE(1)
ROUTINE(2)
ROUTINE(3)

static const PCREATE_PROCESS_NOTIFY_ROUTINE_EX Routines[] = {Routine0, Routine1, Routine2, Routine3};
C_ASSERT(RTL_NUMBER_OF(Routines) == KM_CALLBACK_SLOTS);

static VOID NTAPI RemovePlain(PKM_CALLBACK Callback)
{
    (VOID) PsSetCreateProcessNotifyRoutineEx(Routines[Callback->System.Slot], TRUE);
    KmpCallbackGiveSlot(&Slots, Callback);
}

static VOID NTAPI RemoveSubsystems(PKM_CALLBACK Callback)
{
    KMP_SET_ROUTINE_EX2 Set = (KMP_SET_ROUTINE_EX2)(ULONG_PTR)KmpFindSystemRoutine(&SetRoutineEx2);

    (VOID) Set(0, (PVOID)(ULONG_PTR)Routines[Callback->System.Slot], TRUE);
    KmpCallbackGiveSlot(&Slots, Callback);
}

NTSTATUS NTAPI KmCallbacksAddProcess(PKM_CALLBACKS Callbacks, PKM_CALLBACK Callback,
                                     KM_PROCESS_CALLBACK *Routine, PVOID Context, ULONG Flags)
{
    KMP_SET_ROUTINE_EX2 Set = NULL;
    NTSTATUS Status;

    // Before, there were no processes of subsystems to be told of.
    if (Flags & KM_CALLBACK_SUBSYSTEMS) {
        Set = (KMP_SET_ROUTINE_EX2)(ULONG_PTR)KmpFindSystemRoutine(&SetRoutineEx2);
    }
    Status = KmpCallbackInit(Callbacks, Callback, (PVOID)(ULONG_PTR)Routine, Context,
                             Set != NULL ? RemoveSubsystems : RemovePlain);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmpCallbackTakeSlot(&Slots, Callback);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Set != NULL ? Set(0, (PVOID)(ULONG_PTR)Routines[Callback->System.Slot], FALSE)
                         : PsSetCreateProcessNotifyRoutineEx(Routines[Callback->System.Slot], FALSE);
    if (!NT_SUCCESS(Status)) {
        KmpCallbackGiveSlot(&Slots, Callback);
        return Status;
    }
    KmpCallbackAdd(Callbacks, Callback);
    return STATUS_SUCCESS;
}
