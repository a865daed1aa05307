// SPDX-License-Identifier: MIT
// Image callbacks.
#include <ntifs.h>
#include <ntddk.h>
#include "callbacks/callback.h"
#include "runtime/system-routine.h"

typedef NTSTATUS(NTAPI *KMP_SET_ROUTINE_EX)(PLOAD_IMAGE_NOTIFY_ROUTINE Routine, ULONG_PTR Flags);

static KMP_SYSTEM_ROUTINE SetRoutineEx = KMP_SYSTEM_ROUTINE_INIT(L"PsSetLoadImageNotifyRoutineEx");

static KMP_CALLBACK_SLOTS Slots;

static VOID Call(ULONG Slot, PUNICODE_STRING Path, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    PKM_CALLBACK Callback = Slots.Callbacks[Slot];

    if (KmpCallbackEnter(Callback)) {
        ((KM_IMAGE_CALLBACK *)(ULONG_PTR)Callback->Routine)(Callback->Context, Path, ProcessId, ImageInfo);
        KmpCallbackLeave(Callback);
    }
}

#define ROUTINE(Slot)                                                                                        \
    static VOID NTAPI Routine##Slot(PUNICODE_STRING Path, HANDLE ProcessId, PIMAGE_INFO ImageInfo)           \
    {                                                                                                        \
        Call(Slot, Path, ProcessId, ImageInfo);                                                              \
    }
ROUTINE(0)
ROUTINE(1)
ROUTINE(2)
ROUTINE(3)

static const PLOAD_IMAGE_NOTIFY_ROUTINE Routines[] = {Routine0, Routine1, Routine2, Routine3};
C_ASSERT(RTL_NUMBER_OF(Routines) == KM_CALLBACK_SLOTS);

static VOID NTAPI Remove(PKM_CALLBACK Callback)
{
    (VOID) PsRemoveLoadImageNotifyRoutine(Routines[Callback->System.Slot]);
    KmpCallbackGiveSlot(&Slots, Callback);
}

NTSTATUS NTAPI KmCallbacksAddImage(PKM_CALLBACKS Callbacks, PKM_CALLBACK Callback, KM_IMAGE_CALLBACK *Routine,
                                   PVOID Context, ULONG Flags)
{
    KMP_SET_ROUTINE_EX Set = NULL;
    NTSTATUS Status;

    if (Flags & KM_CALLBACK_ARCHITECTURES) {
        Set = (KMP_SET_ROUTINE_EX)(ULONG_PTR)KmpFindSystemRoutine(&SetRoutineEx);
    }
    Status = KmpCallbackInit(Callbacks, Callback, (PVOID)(ULONG_PTR)Routine, Context, Remove);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmpCallbackTakeSlot(&Slots, Callback);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Set != NULL ? Set(Routines[Callback->System.Slot], PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE)
                         : PsSetLoadImageNotifyRoutine(Routines[Callback->System.Slot]);
    if (!NT_SUCCESS(Status)) {
        KmpCallbackGiveSlot(&Slots, Callback);
        return Status;
    }
    KmpCallbackAdd(Callbacks, Callback);
    return STATUS_SUCCESS;
}
