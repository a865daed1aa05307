// SPDX-License-Identifier: MIT
// What the files of Plug and Play share. Inside the SDK only.
#ifndef KMODE_SDK_DEVICE_PNP_H
#define KMODE_SDK_DEVICE_PNP_H

#include "device/device.h"

typedef enum KMP_PNP_STATE {
    KmpPnpNotStarted,
    KmpPnpStarted,
    KmpPnpStopped,
    KmpPnpSurpriseRemoved,
    KmpPnpRemoved
} KMP_PNP_STATE;

/// What a device that sleeps while it is idle does besides (pnp-idle.c): so only drivers that have one link
/// it.
typedef struct KMP_PNP_IDLE {
    NTSTATUS (*Begin)(PKM_DEVICE Device, ULONG Seconds);
    VOID (*End)(PKM_DEVICE Device);
    VOID (*Start)(PKM_DEVICE Device);
    VOID (*Stop)(PKM_DEVICE Device);    ///< no handler is under way
    VOID (*Release)(PKM_DEVICE Device); ///< who waits looks again at what became of the device
    VOID (*Enter)(PKM_DEVICE Device);   ///< Handlers is held
    VOID (*Leave)(PKM_DEVICE Device);
    NTSTATUS (*Wait)(PKM_DEVICE Device); ///< has it woken. Success: what has ended Handlers may be over
    NTSTATUS (*PowerDown)(PKM_DEVICE Device, PIRP Irp); ///< Device->Requests is acquired, and released by it
    VOID (*PowerUp)(PKM_DEVICE Device);
} KMP_PNP_IDLE;

/// A Plug and Play device's state: KM_DEVICE.TraitState, zeroed at first.
typedef struct KMP_PNP {
    const KM_PNP_ROUTINES *Routines; ///< NULL: a filter
    volatile KMP_PNP_STATE State;
    KSPIN_LOCK Lock;      ///< of State, of Awake and of opening Handlers
    KMP_RUNDOWN Handlers; ///< under way; ends while the device does not work
    BOOLEAN Awake;        ///< of one that is never idle: always
    // pnp-idle.c's.
    const KMP_PNP_IDLE *Idle; ///< NULL: it is never idle
    ULONG IdleSeconds;
    PULONG IdleCounter; ///< the power manager's
    PKM_WORK_ITEM PowerDown;
    PIRP PowerIrp; ///< that PowerDown is about
    BOOLEAN FallsAsleep, SystemSleeps;
    BOOLEAN Wakes; ///< PowerDeviceD0 has been asked for
    NTSTATUS WakeStatus;
    KEVENT Awoken;            ///< it is awake, or has been asked for in vain, or does not work any more
    UNICODE_STRING Interface; ///< its symbolic link; empty: there is none
} KMP_PNP;

static inline KMP_PNP *KmpPnp(PKM_DEVICE Device)
{
    return (KMP_PNP *)Device->TraitState;
}

/// Tells the power manager and the driver of the device's state. IRQL <= DISPATCH_LEVEL.
VOID KmpTellPower(_In_ PKM_DEVICE Device, _In_ DEVICE_POWER_STATE State);

/// IRP_MJ_POWER of a function driver. Device->Requests is acquired, and released by it.
NTSTATUS KmpPnpPower(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp);

#endif
