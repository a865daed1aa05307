// SPDX-License-Identifier: MIT
// Memory aligned beyond what allocators give by themselves.
#include <kmode.h>

// What an allocation needs to contain an aligned one and, right before it, the address that was allocated; 0
// if no SIZE_T holds it.
static SIZE_T Padded(SIZE_T Bytes, SIZE_T Alignment)
{
    return Bytes <= (SIZE_T)-1 - Alignment ? Bytes + Alignment : 0;
}

PVOID NTAPI KmAllocAligned(PKM_ALLOCATOR Allocator, SIZE_T Bytes, SIZE_T Alignment)
{
    PUCHAR Whole;
    PVOID *Aligned;

    if (Bytes == 0 || Alignment == 0 || (Alignment & (Alignment - 1)) != 0) {
        return NULL;
    }
    if (Alignment <= MEMORY_ALLOCATION_ALIGNMENT) {
        return KmAlloc(Allocator, Bytes);
    }
    Whole = (PUCHAR)KmAlloc(Allocator, Padded(Bytes, Alignment));
    if (Whole == NULL) {
        return NULL;
    }
    Aligned = (PVOID *)(((ULONG_PTR)Whole + sizeof(PVOID) + Alignment - 1) & ~(Alignment - 1));
    Aligned[-1] = Whole;
    return Aligned;
}

VOID NTAPI KmFreeAligned(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T Alignment)
{
    if (Memory != NULL && Alignment > MEMORY_ALLOCATION_ALIGNMENT) {
        KmFree(Allocator, ((PVOID *)Memory)[-1], Padded(Bytes, Alignment));
    } else {
        KmFree(Allocator, Memory, Bytes);
    }
}
