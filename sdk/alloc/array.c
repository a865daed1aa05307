// SPDX-License-Identifier: MIT
// Memory whose size is a product, or a product and a sum: each checked for what a SIZE_T can hold.
#include <kmode.h>

static BOOLEAN Product(SIZE_T Count, SIZE_T ElementBytes, SIZE_T *Bytes)
{
    *Bytes = Count * ElementBytes;
    return ElementBytes == 0 || Count <= (SIZE_T)-1 / ElementBytes;
}

PVOID NTAPI KmAllocArray(PKM_ALLOCATOR Allocator, SIZE_T Count, SIZE_T ElementBytes)
{
    SIZE_T Bytes;

    return Product(Count, ElementBytes, &Bytes) ? KmAlloc(Allocator, Bytes) : NULL;
}

PVOID NTAPI KmAllocArrayUninitialized(PKM_ALLOCATOR Allocator, SIZE_T Count, SIZE_T ElementBytes)
{
    SIZE_T Bytes;

    return Product(Count, ElementBytes, &Bytes) ? KmAllocUninitialized(Allocator, Bytes) : NULL;
}

PVOID NTAPI KmReallocArray(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Count, SIZE_T NewCount,
                           SIZE_T ElementBytes)
{
    SIZE_T NewBytes;

    return Product(NewCount, ElementBytes, &NewBytes)
               ? KmRealloc(Allocator, Memory, Count * ElementBytes, NewBytes)
               : NULL;
}

VOID NTAPI KmFreeArray(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Count, SIZE_T ElementBytes)
{
    KmFree(Allocator, Memory, Count * ElementBytes);
}

PVOID NTAPI KmAllocFlexible(PKM_ALLOCATOR Allocator, SIZE_T HeaderBytes, SIZE_T Count, SIZE_T ElementBytes)
{
    SIZE_T Bytes;

    if (!Product(Count, ElementBytes, &Bytes) || Bytes > (SIZE_T)-1 - HeaderBytes) {
        return NULL;
    }
    return KmAlloc(Allocator, HeaderBytes + Bytes);
}

VOID NTAPI KmFreeFlexible(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T HeaderBytes, SIZE_T Count,
                          SIZE_T ElementBytes)
{
    KmFree(Allocator, Memory, HeaderBytes + Count * ElementBytes);
}
