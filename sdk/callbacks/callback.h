// SPDX-License-Identifier: MIT
// What the kinds of callbacks have in common. Inside the SDK only.
#ifndef KMODE_SDK_CALLBACKS_CALLBACK_H
#define KMODE_SDK_CALLBACKS_CALLBACK_H

#include <kmode.h>

/// Before the system may call it. STATUS_ALREADY_REGISTERED: it is in the set, and stays as it is.
NTSTATUS KmpCallbackInit(_In_ const KM_CALLBACKS *Callbacks, _Inout_ PKM_CALLBACK Callback,
                         _In_ PVOID Routine, _In_opt_ PVOID Context, _In_ VOID(NTAPI *Remove)(PKM_CALLBACK));

/// Puts it into the set, to be removed with it.
VOID KmpCallbackAdd(_Inout_ PKM_CALLBACKS Callbacks, _Inout_ PKM_CALLBACK Callback);

/// The system's routines for processes, threads and images take no context. Each of a driver's registrations
/// has a routine of its own, which finds its callback in the slot of the same number.
typedef struct KMP_CALLBACK_SLOTS {
    PKM_CALLBACK volatile Callbacks[KM_CALLBACK_SLOTS];
} KMP_CALLBACK_SLOTS;

/// Takes a slot for it. STATUS_TOO_MANY_NODES.
NTSTATUS KmpCallbackTakeSlot(_Inout_ KMP_CALLBACK_SLOTS *Slots, _Inout_ PKM_CALLBACK Callback);
/// Gives it back, when the system calls its routine no more.
VOID KmpCallbackGiveSlot(_Inout_ KMP_CALLBACK_SLOTS *Slots, _Inout_ PKM_CALLBACK Callback);

/// Whether the callback may be called: then KmpCallbackLeave follows. IRQL <= APC_LEVEL.
BOOLEAN KmpCallbackEnter(_Inout_opt_ PKM_CALLBACK Callback);
VOID KmpCallbackLeave(_Inout_ PKM_CALLBACK Callback);

#endif
