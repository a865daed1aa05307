// SPDX-License-Identifier: MIT
// How a vec grows.
#include <kmode.h>

// Less than a cache line is not worth an allocation.
#define LEAST_BYTES 64

PVOID NTAPI KmpVecGrow(PKM_ALLOCATOR Allocator, PVOID Elements, SIZE_T Count, SIZE_T Additional,
                       SIZE_T ElementBytes, BOOLEAN ForMore, PSIZE_T Capacity)
{
    SIZE_T NewCapacity, NewBytes;
    PVOID NewElements;

    if (__builtin_add_overflow(Count, Additional, &NewCapacity)) {
        return NULL;
    }
    if (ForMore && *Capacity == 0) {
        NewCapacity = max(NewCapacity, LEAST_BYTES / ElementBytes);
    } else if (ForMore && NewCapacity / 2 < *Capacity) {
        // Twice of what there is memory for is no overflow.
        NewCapacity = *Capacity * 2;
    }
    if (__builtin_mul_overflow(NewCapacity, ElementBytes, &NewBytes)) {
        return NULL;
    }
    NewElements = KmRealloc(Allocator, Elements, *Capacity * ElementBytes, NewBytes);
    if (NewElements != NULL) {
        *Capacity = NewCapacity;
    }
    return NewElements;
}
