// SPDX-License-Identifier: MIT
// What an interrupt of a bus is to the system.
#include "inc/kernel.h"

#define HALP_LINES 24 // ISA's 16, and PCI's

// The vector, IRQL and processors for IoConnectInterrupt of an interrupt of the first bus of its kind; 0:
// there is none. Any IRQL.
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel,
                                  ULONG BusInterruptVector, PKIRQL Irql, PKAFFINITY Affinity)
{
    UNREFERENCED_PARAMETER(BusInterruptVector);
    *Irql = 0;
    *Affinity = 0;
    if ((InterfaceType != Isa && InterfaceType != Internal && InterfaceType != PCIBus) || BusNumber != 0 ||
        BusInterruptLevel >= HALP_LINES) {
        return 0;
    }
    *Irql = KiInterruptLevel(BusInterruptLevel);
    *Affinity = KiActiveProcessors;
    return BusInterruptLevel;
}
