// SPDX-License-Identifier: MIT
// What a filter has of the device below it. The stack's size and the alignment are the I/O manager's to copy.
#include "device/device.h"

VOID KmpInherit(PDEVICE_OBJECT DeviceObject, const DEVICE_OBJECT *Lower)
{
    const ULONG Inherited = DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE;

    DeviceObject->Flags = (DeviceObject->Flags & ~Inherited) | (Lower->Flags & Inherited);
    DeviceObject->DeviceType = Lower->DeviceType;
    DeviceObject->Characteristics |= Lower->Characteristics;
}
