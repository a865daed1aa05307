// SPDX-License-Identifier: MIT
// Where user addresses end and system addresses begin, as variables that drivers read.
#include "inc/kernel.h"

PVOID MmHighestUserAddress = (PVOID)(KM_USER_RANGE_END - 1);
PVOID MmSystemRangeStart = (PVOID)KM_SYSTEM_RANGE_START;
ULONG64 MmUserProbeAddress = KM_USER_RANGE_END;
// Physical addresses have more than 32 bits.
BOOLEAN Mm64BitPhysicalAddress = TRUE;
// An address at which nothing ever is: using it is a bug check. (wdm, MM_BAD_POINTER)
PVOID MmBadPointer = (PVOID)MI_SYSTEM_PTE_START;
