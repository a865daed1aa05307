// SPDX-License-Identifier: MIT
// Slots of callbacks whose routines get no context.
#include <ntifs.h>
#include "callbacks/callback.h"

NTSTATUS KmpCallbackTakeSlot(KMP_CALLBACK_SLOTS *Slots, PKM_CALLBACK Callback)
{
    for (ULONG Slot = 0; Slot < KM_CALLBACK_SLOTS; Slot++) {
        Callback->System.Slot = Slot;
        if (InterlockedCompareExchangePointer((PVOID volatile *)&Slots->Callbacks[Slot], Callback, NULL) ==
            NULL) {
            return STATUS_SUCCESS;
        }
    }
    return STATUS_TOO_MANY_NODES;
}

VOID KmpCallbackGiveSlot(KMP_CALLBACK_SLOTS *Slots, PKM_CALLBACK Callback)
{
    (VOID) InterlockedExchangePointer((PVOID volatile *)&Slots->Callbacks[Callback->System.Slot], NULL);
}
