// SPDX-License-Identifier: MIT
// Whether a driver is verified: with checks on, each one is.
#include "inc/kernel.h"

static LOGICAL MiIsVerified(ULONG_PTR Address)
{
    ULONG Size;
    return ViChecks() && !MiIsKernelImageAddress(Address) && MiFindImage(Address, &Size) != NULL;
}

// All at IRQL <= APC_LEVEL.

LOGICAL NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject)
{
    return MiIsVerified((ULONG_PTR)DriverObject->DriverStart);
}

LOGICAL NTAPI MmIsDriverSuspectForVerifier(PDRIVER_OBJECT DriverObject)
{
    return MiIsVerified((ULONG_PTR)DriverObject->DriverStart);
}

LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection)
{
    return MiIsVerified((ULONG_PTR)AddressWithinSection);
}
