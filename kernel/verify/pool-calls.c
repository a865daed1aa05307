// SPDX-License-Identifier: MIT
// The pool's routines as drivers call them while they are watched.
#include "inc/kernel.h"
#include "ex/pool.h"
#include "verify/pool.h"

#define VI_NO_TAG 'enoN' // "None", as Windows tags what has none

// Letter, digit, or another character that a debugger can show; a shorter tag's other bytes are 0.
static BOOLEAN ViIsTagTraceable(ULONG Tag)
{
    BOOLEAN HasName = FALSE, Ended = FALSE;
    for (ULONG Shift = 0; Shift < 32; Shift += 8) {
        UCHAR Character = (UCHAR)((Tag & ~(ULONG)PROTECTED_POOL) >> Shift);
        if (Character == 0) {
            Ended = TRUE;
        } else if (Ended || Character < 0x20 || Character > 0x7E) {
            return FALSE;
        }
        UCHAR Folded = Character | 0x20;
        HasName |= (Character >= '0' && Character <= '9') || (Folded >= 'a' && Folded <= 'z');
    }
    return HasName;
}

// What Driver Verifier stops for, with BAD_POOL_CALLER, 9Bh to 9Dh: nobody can say whose the memory is.
static VOID ViCheckTag(ULONG Tag)
{
    const ULONG Big = ' GIB', ShortBig = 'GIB';
    if (Tag == 0) {
        ViReport(ViPoolBadTag, NULL, "pool is allocated with tag 0");
    } else if (Tag == Big || Tag == ShortBig) {
        ViReport(ViPoolBadTag, NULL,
                 "pool is allocated with the tag that Windows itself gives large blocks, 'BIG'");
    } else if (!ViIsTagTraceable(Tag)) {
        ViReport(
            ViPoolBadTag, NULL,
            "pool is allocated with the tag 0x%08lx; a tag is letters, digits and signs, a letter or digit "
            "at least",
            Tag);
    }
}

PVOID NTAPI ViAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    BOOLEAN Raises = ((ULONG)PoolType & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0;
    ViCheckTag(Tag);
    return ExpAllocateByType((ULONG)PoolType, NumberOfBytes, Tag, Raises, ExpDriver);
}

PVOID NTAPI ViAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ViAllocatePoolWithTag(PoolType, NumberOfBytes, VI_NO_TAG);
}

PVOID NTAPI ViAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                          EX_POOL_PRIORITY Priority)
{
    UNREFERENCED_PARAMETER(Priority);
    return ViAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

PVOID NTAPI ViAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    BOOLEAN Raises = ((ULONG)PoolType & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0;
    ViCheckTag(Tag);
    return ExpAllocateByType((ULONG)PoolType, NumberOfBytes, Tag, Raises, ExpDriver);
}

PVOID NTAPI ViAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ViAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, VI_NO_TAG);
}

// Of tag 0 the routine itself will have nothing.
static VOID ViCheckTagOfFlags(ULONG Tag)
{
    if (Tag != 0) {
        ViCheckTag(Tag);
    }
}

PVOID NTAPI ViAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    ViCheckTagOfFlags(Tag);
    return ExpAllocateByFlags(Flags, NumberOfBytes, Tag, NULL, 0, ExpDriver);
}

PVOID NTAPI ViAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
    ViCheckTagOfFlags(Tag);
    return ExpAllocateByFlags(Flags, NumberOfBytes, Tag, ExtendedParameters, ExtendedParametersCount,
                              ExpDriver);
}

VOID NTAPI ViFreePoolWithTag(PVOID P, ULONG Tag)
{
    if (!ExpTryFree(P, Tag)) {
        ViReportBadFree((ULONG_PTR)P);
    }
}

VOID NTAPI ViFreePool(PVOID P)
{
    ViFreePoolWithTag(P, 0);
}

VOID NTAPI ViFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                       ULONG ExtendedParametersCount)
{
    UNREFERENCED_PARAMETER(ExtendedParameters);
    if (ExtendedParametersCount != 0) {
        ViReportBadFree((ULONG_PTR)P);
        return;
    }
    ViFreePoolWithTag(P, Tag);
}
