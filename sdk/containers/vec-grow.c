// SPDX-License-Identifier: MIT
// How a vec grows.
#include <kmode.h>

// Less than a cache line is not worth an allocation.
#define LEAST_BYTES 64

PVOID NTAPI KmpVecGrow(PKM_ALLOCATOR Allocator, PVOID Elements, SIZE_T Count, SIZE_T Additional,
                       SIZE_T ElementBytes, BOOLEAN ForMore, PSIZE_T Capacity)
{
    SIZE_T Most = (SIZE_T)-1 / ElementBytes, NewCapacity;
    PVOID NewElements;

    if (Additional > Most - Count) {
        return NULL;
    }
    NewCapacity = Count + Additional;
    if (ForMore) {
        NewCapacity = max(NewCapacity, LEAST_BYTES / ElementBytes);
        NewCapacity = max(NewCapacity, *Capacity > Most / 2 ? Most : *Capacity * 2);
    }
    NewElements = KmRealloc(Allocator, Elements, *Capacity * ElementBytes, NewCapacity * ElementBytes);
    if (NewElements != NULL) {
        *Capacity = NewCapacity;
    }
    return NewElements;
}
