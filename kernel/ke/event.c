// SPDX-License-Identifier: MIT
// Events.
#include "inc/kernel.h"

#undef KeInitializeEvent
#undef KeClearEvent

// IRQL any for initialisation and reading; <= DISPATCH_LEVEL to set, pulse, reset, clear.
VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    KiInitializeHeader(&Event->Header,
                       Type == NotificationEvent ? KiEventNotification : KiEventSynchronization,
                       sizeof(KEVENT), State ? 1 : 0);
}

// Returns the previous state. Wait: the caller waits at once, and IRQL stays raised until it does.
LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG OldState = Event->Header.SignalState;
    if (OldState == 0) {
        Event->Header.SignalState = 1;
        KiSignalObject(Event, Increment);
    }
    KiUnlockDispatcherForWait(OldIrql, Wait);
    return OldState;
}

// A notification event lets all go that wait, a synchronization event one; it is not signaled afterwards.
LONG NTAPI KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG OldState = Event->Header.SignalState;
    if (OldState == 0) {
        Event->Header.SignalState = 1;
        KiSignalObject(Event, Increment);
    }
    Event->Header.SignalState = 0;
    KiUnlockDispatcherForWait(OldIrql, Wait);
    return OldState;
}

LONG NTAPI KeResetEvent(PRKEVENT Event)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG OldState = Event->Header.SignalState;
    Event->Header.SignalState = 0;
    KiUnlockDispatcher(OldIrql);
    return OldState;
}

VOID NTAPI KeClearEvent(PRKEVENT Event)
{
    __atomic_store_n(&Event->Header.SignalState, 0, __ATOMIC_RELEASE);
}

LONG NTAPI KeReadStateEvent(PRKEVENT Event)
{
    return __atomic_load_n(&Event->Header.SignalState, __ATOMIC_SEQ_CST);
}
