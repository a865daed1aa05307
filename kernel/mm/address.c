// SPDX-License-Identifier: MIT
// Questions about addresses: MmIsAddressValid and its internal kin.
#include "inc/kernel.h"

BOOLEAN MiIsRangeReadable(ULONG_PTR Address, SIZE_T Bytes)
{
    if (Bytes == 0) {
        return TRUE;
    }
    ULONG_PTR Last = Address + Bytes - 1;
    if (Last < Address) {
        return FALSE;
    }
    KM_PAGE Found;
    for (ULONG_PTR Page = Address & ~(KM_PAGE_SIZE - 1);; Page += KM_PAGE_SIZE) {
        if ((KeMachine->query_memory(Page, &Found) & KM_PROTECT_READ) == 0) {
            return FALSE;
        }
        if (Last - Page < KM_PAGE_SIZE) {
            return TRUE;
        }
    }
}

// Documented: TRUE if no page fault occurs on reading or writing at the address.
BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress)
{
    KM_PAGE Page;
    return (KeMachine->query_memory((ULONG_PTR)VirtualAddress, &Page) & ~KM_PROTECT_MAPPED) != 0;
}
