// SPDX-License-Identifier: MIT
// Memory with contents: copied when it is allocated, erased when it is freed.
#include <kmode.h>

PVOID NTAPI KmAllocCopy(PKM_ALLOCATOR Allocator, const VOID *Source, SIZE_T Bytes)
{
    PVOID Memory = KmAllocUninitialized(Allocator, Bytes);

    if (Memory != NULL) {
        __try {
            RtlCopyMemory(Memory, Source, Bytes);
        } __finally {
            if (AbnormalTermination()) {
                KmFree(Allocator, Memory, Bytes);
            }
        }
    }
    return Memory;
}

VOID NTAPI KmFreeSecure(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    if (Memory != NULL) {
        RtlSecureZeroMemory(Memory, Bytes);
        KmFree(Allocator, Memory, Bytes);
    }
}
