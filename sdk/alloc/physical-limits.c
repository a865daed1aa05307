// SPDX-License-Identifier: MIT
// Which physical memory will do, and what address it has.
#include <kmode.h>

VOID NTAPI KmPhysicalLimitsInit(PKM_PHYSICAL_LIMITS Limits)
{
    RtlZeroMemory(Limits, sizeof(*Limits));
    Limits->Highest.QuadPart = MAXLONGLONG;
    Limits->CacheType = MmCached;
    Limits->Node = KM_ANY_NODE;
}

PHYSICAL_ADDRESS NTAPI KmPhysicalAddress(const VOID *Memory)
{
    return MmGetPhysicalAddress((PVOID)(ULONG_PTR)Memory);
}
