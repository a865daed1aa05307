// SPDX-License-Identifier: MIT
// Which physical address is behind a virtual one, and the other way.
#include "inc/kernel.h"

// 0 if nothing is mapped there, or no memory that has a physical address. Any IRQL.
PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress)
{
    KM_PAGE Page;
    PHYSICAL_ADDRESS Address = {.QuadPart = 0};
    if (KeMachine->query_memory((ULONG_PTR)BaseAddress, &Page) != 0 && Page.physical != KM_PHYSICAL_NONE) {
        Address.QuadPart = (LONGLONG)(Page.physical + BYTE_OFFSET(BaseAddress));
    }
    return Address;
}

// NULL for RAM that is mapped nowhere, or of which no address is known, as of a device's memory. Any IRQL.
PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS PhysicalAddress)
{
    ULONG_PTR Page = MiFindPageAddress((ULONG64)PhysicalAddress.QuadPart / PAGE_SIZE);
    return Page != 0 ? (PVOID)(Page + BYTE_OFFSET(PhysicalAddress.QuadPart)) : NULL;
}
