// SPDX-License-Identifier: MIT
// PCI configuration space for the kernel itself: what HalGetBusDataByOffset and HalSetBusDataByOffset do for
// PCIConfiguration.
#ifndef KMODE_HAL_BUS_DATA_H
#define KMODE_HAL_BUS_DATA_H

ULONG HalpGetPciData(ULONG BusNumber, PCI_SLOT_NUMBER Slot, PVOID Buffer, ULONG Offset, ULONG Length);
ULONG HalpSetPciData(ULONG BusNumber, PCI_SLOT_NUMBER Slot, PVOID Buffer, ULONG Offset, ULONG Length);

#endif
