// SPDX-License-Identifier: MIT
// What the SDK's devices and callbacks count those by that are within. Nothing here is for a driver, which
// has EX_RUNDOWN_REF and <kmode/lock.h>; the SDK has its own because Wine's kernel has none.
#ifndef KMODE_RUNDOWN_H
#define KMODE_RUNDOWN_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/rundown.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

// In memory that is resident, and stays until KmpRundownWait has returned.
typedef struct KMP_RUNDOWN {
    volatile LONG64 State; // 2 for each holder, and 1 once it ends
    KEVENT Left;           // the last holder has left an ending one
} KMP_RUNDOWN, *PKMP_RUNDOWN;

// Nobody holds it. IRQL <= DISPATCH_LEVEL.
VOID NTAPI KmpRundownInit(_Out_ PKMP_RUNDOWN Rundown);

// FALSE: it ends, and is not held. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI KmpRundownAcquire(_Inout_ PKMP_RUNDOWN Rundown);

// Ends one holding. IRQL <= DISPATCH_LEVEL.
VOID NTAPI KmpRundownRelease(_Inout_ PKMP_RUNDOWN Rundown);

// From now on nobody can hold it; returns when nobody does. May be called again, and by several. IRQL
// <= APC_LEVEL.
VOID NTAPI KmpRundownWait(_Inout_ PKMP_RUNDOWN Rundown);

// It can be held again. Not while somebody waits. IRQL <= DISPATCH_LEVEL.
VOID NTAPI KmpRundownReopen(_Inout_ PKMP_RUNDOWN Rundown);

#ifdef __cplusplus
}
#endif

#endif
