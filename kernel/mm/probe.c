// SPDX-License-Identifier: MIT
// ProbeForRead and ProbeForWrite: is a user's buffer in the user's range, aligned, and for writing, writable?
#include "inc/kernel.h"

VOID NTAPI ExRaiseAccessViolation(VOID);
VOID NTAPI ExRaiseDatatypeMisalignment(VOID);

// Raises what both probes raise. Length is not 0.
static VOID MiProbeRange(ULONG_PTR Address, SIZE_T Length, ULONG Alignment)
{
    if (Address & (Alignment - 1)) {
        ExRaiseDatatypeMisalignment();
    }
    ULONG_PTR End = Address + Length;
    if (End < Address || End > MmUserProbeAddress) {
        ExRaiseAccessViolation();
    }
}

// Documented: a length of 0 checks nothing; reads nothing, so a page that is not there shows only on use.
VOID NTAPI ProbeForRead(const VOID *Address, SIZE_T Length, ULONG Alignment)
{
    if (Length != 0) {
        MiProbeRange((ULONG_PTR)Address, Length, Alignment);
    }
}

// Documented: reads and writes back a byte of each page, so a page that is not there or read-only raises
// here.
VOID NTAPI ProbeForWrite(PVOID Address, SIZE_T Length, ULONG Alignment)
{
    if (Length == 0) {
        return;
    }
    MiProbeRange((ULONG_PTR)Address, Length, Alignment);
    ULONG_PTR Last = (ULONG_PTR)Address + Length - 1;
    for (ULONG_PTR At = (ULONG_PTR)Address;; At = (At & ~(KM_PAGE_SIZE - 1)) + KM_PAGE_SIZE) {
        if (At > Last) {
            return;
        }
        *(volatile UCHAR *)At = *(volatile UCHAR *)At;
    }
}
