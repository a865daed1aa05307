// SPDX-License-Identifier: MIT
// What the allocators of physical memory share. Inside the SDK only.
#ifndef KMODE_SDK_ALLOC_PHYSICAL_H
#define KMODE_SDK_ALLOC_PHYSICAL_H

#include <kmode.h>

// Whether any memory can be within Limits. Any IRQL.
static inline BOOLEAN KmpArePhysicalLimits(const KM_PHYSICAL_LIMITS *Limits)
{
    ULONG64 Boundary = (ULONG64)Limits->Boundary.QuadPart;

    return (ULONG64)Limits->Lowest.QuadPart <= (ULONG64)Limits->Highest.QuadPart &&
           (Boundary & (Boundary - 1)) == 0 &&
           (Limits->CacheType == MmCached || Limits->CacheType == MmNonCached ||
            Limits->CacheType == MmWriteCombined);
}

#endif
