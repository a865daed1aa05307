// SPDX-License-Identifier: MIT
// An allocator that refuses requests when it is told to.
#include "alloc/wrapper.h"

// Evenly spread over all numbers, and the same for the same two (splitmix64's finalizer).
static ULONG64 Drawn(ULONG64 Seed, ULONG64 Request)
{
    ULONG64 Value = Seed + Request * 0x9E3779B97F4A7C15u;

    Value = (Value ^ (Value >> 30)) * 0xBF58476D1CE4E5B9u;
    Value = (Value ^ (Value >> 27)) * 0x94D049BB133111EBu;
    return Value ^ (Value >> 31);
}

// Counts the request, and Bytes as allocated if it is not refused.
static BOOLEAN Refuses(PKM_FAILING_ALLOCATOR Failing, SIZE_T Bytes)
{
    ULONG64 Request = (ULONG64)InterlockedIncrement64(&Failing->Requests);
    BOOLEAN Refused = Request == Failing->Nth || (Failing->Every != 0 && Request % Failing->Every == 0) ||
                      (Failing->Permille != 0 && Drawn(Failing->Seed, Request) % 1000 < Failing->Permille);

    if (!Refused) {
        LONG64 Live = InterlockedAdd64(&Failing->LiveBytes, (LONG64)Bytes);

        if (Failing->Budget >= 0 && (Live > Failing->Budget || Bytes > MAXLONGLONG)) {
            InterlockedAdd64(&Failing->LiveBytes, -(LONG64)Bytes);
            Refused = TRUE;
        }
    }
    if (Refused) {
        InterlockedIncrement64(&Failing->Refused);
    }
    return Refused;
}

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    PKM_FAILING_ALLOCATOR Failing = (PKM_FAILING_ALLOCATOR)Allocator;
    PVOID Memory;

    if (Refuses(Failing, Bytes)) {
        return NULL;
    }
    Memory = Failing->Parent->Operations->Allocate(Failing->Parent, Bytes, Zeroed);
    if (Memory == NULL) {
        InterlockedAdd64(&Failing->LiveBytes, -(LONG64)Bytes);
    }
    return Memory;
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    PKM_FAILING_ALLOCATOR Failing = (PKM_FAILING_ALLOCATOR)Allocator;

    Failing->Parent->Operations->Free(Failing->Parent, Memory, Bytes);
    InterlockedAdd64(&Failing->LiveBytes, -(LONG64)Bytes);
}

static BOOLEAN NTAPI Resize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    PKM_FAILING_ALLOCATOR Failing = (PKM_FAILING_ALLOCATOR)Allocator;
    const KM_ALLOCATOR_OPERATIONS *Parent = Failing->Parent->Operations;

    // Growth in place would hide from the caller what happens when memory has to be found: KmRealloc
    // allocates.
    if (NewBytes > Bytes || Parent->Resize == NULL ||
        !Parent->Resize(Failing->Parent, Memory, Bytes, NewBytes)) {
        return FALSE;
    }
    InterlockedAdd64(&Failing->LiveBytes, -(LONG64)(Bytes - NewBytes));
    return TRUE;
}

static const KMP_WRAPPER_OPERATIONS Operations = KMP_WRAPPER_OPERATIONS_INIT(Allocate, Free, Resize);

NTSTATUS NTAPI KmFailingInit(PKM_FAILING_ALLOCATOR Failing, PKM_ALLOCATOR Parent)
{
    RtlZeroMemory(Failing, sizeof(*Failing));
    if (Parent->Tag == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Failing->Allocator.Operations = KmpWrapperOperations(Operations, Parent);
    Failing->Allocator.Tag = Parent->Tag;
    Failing->Parent = Parent;
    Failing->Budget = -1;
    return STATUS_SUCCESS;
}

static VOID Restart(PKM_FAILING_ALLOCATOR Failing)
{
    Failing->Requests = 0;
    Failing->Refused = 0;
}

VOID NTAPI KmFailingSetNth(PKM_FAILING_ALLOCATOR Failing, ULONG64 Request)
{
    Failing->Nth = Request;
    Restart(Failing);
}

VOID NTAPI KmFailingSetEvery(PKM_FAILING_ALLOCATOR Failing, ULONG64 Period)
{
    Failing->Every = Period;
    Restart(Failing);
}

VOID NTAPI KmFailingSetBudget(PKM_FAILING_ALLOCATOR Failing, LONG64 Bytes)
{
    Failing->Budget = Bytes;
    Restart(Failing);
}

VOID NTAPI KmFailingSetRandom(PKM_FAILING_ALLOCATOR Failing, ULONG64 Seed, ULONG Permille)
{
    Failing->Seed = Seed;
    Failing->Permille = Permille;
    Restart(Failing);
}

ULONG64 NTAPI KmFailingRefused(const KM_FAILING_ALLOCATOR *Failing)
{
    return (ULONG64)Failing->Refused;
}
