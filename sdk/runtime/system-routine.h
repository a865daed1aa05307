// SPDX-License-Identifier: MIT
// Routines of newer systems, found at run time, so that a driver loads on older ones. Inside the SDK only.
#ifndef KMODE_SDK_RUNTIME_SYSTEM_ROUTINE_H
#define KMODE_SDK_RUNTIME_SYSTEM_ROUTINE_H

#include <kmode.h>

/// One routine that ntoskrnl.exe or hal.dll may export: static, filled in by the first search.
typedef struct KMP_SYSTEM_ROUTINE {
    PCWSTR Name;
    PVOID volatile Address; ///< of the routine; 0: not looked for; KMP_NO_ROUTINE: not there
} KMP_SYSTEM_ROUTINE;

#define KMP_SYSTEM_ROUTINE_INIT(Name) {(Name), NULL}
#define KMP_NO_ROUTINE                ((PVOID)(ULONG_PTR)1)

/// The routine's address; NULL if this system does not export it, or if it has not been looked for yet and
/// the IRQL forbids it (above PASSIVE_LEVEL): callers do then what they do on older systems. Any IRQL.
PVOID KmpFindSystemRoutine(_Inout_ KMP_SYSTEM_ROUTINE *Routine);

/// Whether the system is Windows Major.Minor (6.1 is Windows 7) or later. Any IRQL.
BOOLEAN KmpIsWindows(_In_ ULONG Major, _In_ ULONG Minor);

#endif
