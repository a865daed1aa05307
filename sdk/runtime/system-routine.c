// SPDX-License-Identifier: MIT
// Routines of newer systems, found at run time.
#include "runtime/system-routine.h"
#include "runtime/irql.h"

PVOID KmpFindSystemRoutine(KMP_SYSTEM_ROUTINE *Routine)
{
    PVOID Address = Routine->Address;
    UNICODE_STRING Name;

    if (Address == NULL && KmpGetCurrentIrql() == PASSIVE_LEVEL) {
        RtlInitUnicodeString(&Name, Routine->Name);
        Address = MmGetSystemRoutineAddress(&Name);
        // Whoever else is here at the same time has found the same.
        Routine->Address = Address != NULL ? Address : KMP_NO_ROUTINE;
    }
    return Address != KMP_NO_ROUTINE ? Address : NULL;
}

BOOLEAN KmpIsWindows(ULONG Major, ULONG Minor)
{
    // RtlGetVersion asks for PASSIVE_LEVEL; this page is there at every IRQL. Wine has it for moves into a
    // register alone, not for a comparison with memory.
    ULONG SystemMajor = *(volatile ULONG *)&SharedUserData->NtMajorVersion;
    ULONG SystemMinor = *(volatile ULONG *)&SharedUserData->NtMinorVersion;

    __asm__("" : "+r"(SystemMajor), "+r"(SystemMinor));
    return SystemMajor > Major || (SystemMajor == Major && SystemMinor >= Minor);
}
