// SPDX-License-Identifier: MIT
// Sets of callbacks.
#include <ntifs.h>
#include "callbacks/callback.h"

NTSTATUS KmpCallbackInit(const KM_CALLBACKS *Callbacks, PKM_CALLBACK Callback, PVOID Routine, PVOID Context,
                         VOID(NTAPI *Remove)(PKM_CALLBACK))
{
    for (const KM_CALLBACK *Other = Callbacks->First; Other != NULL; Other = Other->Next) {
        if (Other == Callback) {
            return STATUS_ALREADY_REGISTERED;
        }
    }
    RtlZeroMemory(Callback, sizeof(*Callback));
    Callback->Routine = Routine;
    Callback->Context = Context;
    Callback->Remove = Remove;
    KmpRundownInit(&Callback->Rundown);
    return STATUS_SUCCESS;
}

VOID KmpCallbackAdd(PKM_CALLBACKS Callbacks, PKM_CALLBACK Callback)
{
    Callback->Next = Callbacks->First;
    Callbacks->First = Callback;
}

VOID NTAPI KmCallbacksStop(PKM_CALLBACKS Callbacks)
{
    while (Callbacks->First != NULL) {
        PKM_CALLBACK Callback = Callbacks->First;

        Callback->Remove(Callback);
        // The removal of some kinds is documented to wait, that of others is not.
        KmpRundownWait(&Callback->Rundown);
        Callbacks->First = Callback->Next;
    }
}

BOOLEAN KmpCallbackEnter(PKM_CALLBACK Callback)
{
    return Callback != NULL && KmpRundownAcquire(&Callback->Rundown);
}

VOID KmpCallbackLeave(PKM_CALLBACK Callback)
{
    KmpRundownRelease(&Callback->Rundown);
}
