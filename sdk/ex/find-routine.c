// SPDX-License-Identifier: MIT
// The SDK's own search for routines of newer systems, for drivers.
#include <kmode.h>
#include "runtime/system-routine.h"

C_ASSERT(sizeof(KM_SYSTEM_ROUTINE) == sizeof(KMP_SYSTEM_ROUTINE) &&
         FIELD_OFFSET(KM_SYSTEM_ROUTINE, Address) == FIELD_OFFSET(KMP_SYSTEM_ROUTINE, Address));

PVOID NTAPI KmFindRoutine(PKM_SYSTEM_ROUTINE Routine)
{
    return KmpFindSystemRoutine((KMP_SYSTEM_ROUTINE *)Routine);
}

BOOLEAN NTAPI KmIsVersion(ULONG Major, ULONG Minor)
{
    return KmpIsWindows(Major, Minor);
}
