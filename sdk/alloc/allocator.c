// SPDX-License-Identifier: MIT
// What is the same for all allocators.
#include <kmode.h>

PVOID NTAPI KmAlloc(PKM_ALLOCATOR Allocator, SIZE_T Bytes)
{
    return Bytes != 0 && Allocator->Tag != 0 ? Allocator->Operations->Allocate(Allocator, Bytes, TRUE) : NULL;
}

PVOID NTAPI KmAllocUninitialized(PKM_ALLOCATOR Allocator, SIZE_T Bytes)
{
    return Bytes != 0 && Allocator->Tag != 0 ? Allocator->Operations->Allocate(Allocator, Bytes, FALSE)
                                             : NULL;
}

PVOID NTAPI KmRealloc(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    const KM_ALLOCATOR_OPERATIONS *Operations = Allocator->Operations;
    PVOID NewMemory;

    if (NewBytes == 0 || Allocator->Tag == 0) {
        return NULL;
    }
    if (Memory != NULL && Operations->Resize != NULL &&
        Operations->Resize(Allocator, Memory, Bytes, NewBytes)) {
        return Memory;
    }
    NewMemory = Operations->Allocate(Allocator, NewBytes, FALSE);
    if (NewMemory != NULL && Memory != NULL) {
        RtlCopyMemory(NewMemory, Memory, min(Bytes, NewBytes));
        Operations->Free(Allocator, Memory, Bytes);
    }
    return NewMemory;
}

VOID NTAPI KmFree(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    if (Memory != NULL) {
        Allocator->Operations->Free(Allocator, Memory, Bytes);
    }
}
