// SPDX-License-Identifier: MIT
// RtlCopyMemory and its family, and comparisons. Any IRQL at which the memory may be touched.
#include "inc/kernel.h"

// In headers these are macros over memcpy and its like; drivers that take their address, or were linked long
// ago, import them.
#undef RtlCopyMemory
#undef RtlMoveMemory
#undef RtlFillMemory
#undef RtlZeroMemory
#undef RtlCopyMemoryNonTemporal
#undef RtlFillMemoryNonTemporal

#define RTLP_CACHE_LINE 64

VOID NTAPI RtlMoveMemory(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}

VOID NTAPI RtlCopyMemory(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}

VOID NTAPI RtlCopyMemoryNonTemporal(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}

// A hint to the processor, which never faults.
VOID FASTCALL RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length)
{
    for (SIZE_T Offset = 0; Offset < Length; Offset += RTLP_CACHE_LINE) {
        __builtin_prefetch((const UCHAR *)Source + Offset, 0, 0);
    }
}

VOID NTAPI RtlFillMemory(VOID *Destination, SIZE_T Length, UCHAR Fill)
{
    memset(Destination, Fill, Length);
}

VOID NTAPI RtlFillMemoryNonTemporal(VOID *Destination, SIZE_T Length, UCHAR Fill)
{
    memset(Destination, Fill, Length);
}

VOID NTAPI RtlZeroMemory(VOID *Destination, SIZE_T Length)
{
    memset(Destination, 0, Length);
}

// The number of bytes that are equal before the first that differs.
SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
    const UCHAR *Left = Source1, *Right = Source2;
    SIZE_T Equal = 0;

    while (Equal < Length && Left[Equal] == Right[Equal]) {
        ++Equal;
    }
    return Equal;
}

// The number of bytes before the first ULONG that is not Pattern. A tail of less than a ULONG is not looked
// at.
SIZE_T NTAPI RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern)
{
    const ULONG *Words = Source;
    SIZE_T Equal = 0;

    while (Equal < Length / sizeof(ULONG) && Words[Equal] == Pattern) {
        ++Equal;
    }
    return Equal * sizeof(ULONG);
}

BOOLEAN NTAPI RtlIsZeroMemory(PVOID Buffer, SIZE_T Length)
{
    const UCHAR *Bytes = Buffer;

    for (SIZE_T Index = 0; Index < Length; ++Index) {
        if (Bytes[Index] != 0) {
            return FALSE;
        }
    }
    return TRUE;
}
