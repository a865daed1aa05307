// SPDX-License-Identifier: MIT
// Plug and Play: what drivers have left undone behind AddDevice and the IRPs that no driver may fail. All at
// PASSIVE_LEVEL, by the PnP manager, with checks on.
#ifndef KMODE_VERIFY_PNP_H
#define KMODE_VERIFY_PNP_H

// What a stack was before an IRP.
typedef struct _VI_PNP_STACK {
    PDEVICE_OBJECT PhysicalDeviceObject;
    PDEVICE_OBJECT Top;  // not referenced, not to be touched afterwards; NULL: nothing is looked at
    UNICODE_STRING Name; // of Top's driver
    VI_STACK Created;    // where Top was
} VI_PNP_STACK;

// Looks at the devices that a driver has attached above Previous by AddDevice, which has returned Status.
VOID ViCheckAddDevice(PDEVICE_OBJECT Previous, NTSTATUS Status);

// A driver is about to delete DeviceObject. IRQL <= APC_LEVEL.
VOID ViCheckDelete(PDEVICE_OBJECT DeviceObject);

VOID ViBeginPnp(VI_PNP_STACK *Stack, PDEVICE_OBJECT PhysicalDeviceObject);
// MinorFunction has ended with Status.
VOID ViEndPnp(const VI_PNP_STACK *Stack, UCHAR MinorFunction, NTSTATUS Status);

#endif
