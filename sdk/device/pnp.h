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

/// A Plug and Play device's state: KM_DEVICE.TraitState, zeroed at first.
typedef struct KMP_PNP {
    const KM_PNP_ROUTINES *Routines; ///< NULL: a filter
    volatile KMP_PNP_STATE State;
    KMP_RUNDOWN Handlers;     ///< under way; ends while the device does not work
    UNICODE_STRING Interface; ///< its symbolic link; empty: there is none
} KMP_PNP;

static inline KMP_PNP *KmpPnp(PKM_DEVICE Device)
{
    return (KMP_PNP *)Device->TraitState;
}

/// IRP_MJ_POWER of a function driver. Device->Requests is acquired, and released by it.
NTSTATUS KmpPnpPower(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp);

#endif
