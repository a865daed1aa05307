// SPDX-License-Identifier: MIT
// How many devices of each old kind there are: counted by their drivers, not by the I/O manager.
#include "inc/kernel.h"

static CONFIGURATION_INFORMATION IopConfiguration = {.Version = sizeof(CONFIGURATION_INFORMATION)};

// The counts, for drivers to read and raise. IRQL PASSIVE_LEVEL. (ntddk)
PCONFIGURATION_INFORMATION NTAPI IoGetConfigurationInformation(VOID)
{
    return &IopConfiguration;
}
