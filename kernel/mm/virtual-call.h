// SPDX-License-Identifier: MIT
// A service that works on the address space of a process: the current thread is attached to it, and has its
// lock.
#ifndef KMODE_MM_VIRTUAL_CALL_H
#define KMODE_MM_VIRTUAL_CALL_H

#include "mm/vad.h"

typedef struct _MI_VIRTUAL_CALL {
    PEPROCESS Process; // referenced
    PMI_ADDRESS_SPACE Space;
    KAPC_STATE ApcState;
} MI_VIRTUAL_CALL;

// What ObReferenceObjectByHandle returns; STATUS_PROCESS_IS_TERMINATING. IRQL PASSIVE_LEVEL.
NTSTATUS MiBeginVirtualCall(MI_VIRTUAL_CALL *Call, HANDLE ProcessHandle, ACCESS_MASK Access);
VOID MiEndVirtualCall(MI_VIRTUAL_CALL *Call);

// Probes, for user mode, and reads the two in-out arguments that most of these services have.
NTSTATUS MiCaptureRange(PVOID *BaseAddress, PSIZE_T RegionSize, PVOID *Base, PSIZE_T Bytes);
VOID MiTellRange(PVOID *BaseAddress, PSIZE_T RegionSize, ULONG_PTR Base, SIZE_T Bytes);

// Behind the highest address that ZeroBits allows: below 32, so many high bits of a 32-bit address are zero;
// from there on it is a mask. 0: ZeroBits is 21 to 31, which the services refuse.
ULONG_PTR MiLimitOfZeroBits(ULONG_PTR ZeroBits);

// Whether a view that was mapped as PAGE_* Mapped may be protected as Protect.
BOOLEAN MiIsViewProtection(ULONG Mapped, ULONG Protect);

#endif
