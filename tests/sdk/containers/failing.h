// SPDX-License-Identifier: MIT
// An allocator for tests: non-paged pool that counts what is out, checks sizes, and fails on demand.
#ifndef KMODE_TESTS_SDK_CONTAINERS_FAILING_H
#define KMODE_TESTS_SDK_CONTAINERS_FAILING_H

#include <kmode.h>

typedef struct FAILING {
    KM_ALLOCATOR Allocator;
    SIZE_T Bytes;   // given and not taken back
    ULONG Count;    // blocks, likewise
    ULONG Left;     // allocations until one fails
    ULONG Mistakes; // frees of another size than was allocated
    ULONG Failures;
} FAILING;

static PVOID NTAPI FailingAllocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    FAILING *Failing = CONTAINING_RECORD(Allocator, FAILING, Allocator);
    PSIZE_T Memory = NULL;

    if (Failing->Left != 0) {
        Failing->Left -= 1;
        Memory = (PSIZE_T)ExAllocatePoolWithTag(NonPagedPoolNx, Bytes + 16, Allocator->Tag);
    }
    if (Memory == NULL) {
        Failing->Failures += 1;
        return NULL;
    }
    RtlFillMemory(Memory, Bytes + 16, Zeroed ? 0 : 0xA5);
    *Memory = Bytes;
    Failing->Bytes += Bytes;
    Failing->Count += 1;
    return (PUCHAR)Memory + 16;
}

static VOID NTAPI FailingFree(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    FAILING *Failing = CONTAINING_RECORD(Allocator, FAILING, Allocator);
    PSIZE_T Block = (PSIZE_T)(ULONG_PTR)((PUCHAR)Memory - 16);

    Failing->Mistakes += *Block != Bytes;
    Failing->Bytes -= *Block;
    Failing->Count -= 1;
    RtlFillMemory(Block, *Block + 16, 0x5A);
    ExFreePoolWithTag(Block, Allocator->Tag);
}

static const KM_ALLOCATOR_OPERATIONS FailingOperations = {FailingAllocate, FailingFree, NULL, DISPATCH_LEVEL};

#define FAILING_INIT {{&FailingOperations, 'liaF'}, 0, 0, MAXULONG, 0, 0}

// Numbers that look random; *State is where it stands.
static __attribute__((unused)) ULONG64 NextRandom(PULONG64 State)
{
    ULONG64 Number = *State += 0x9E3779B97F4A7C15;

    Number = (Number ^ Number >> 30) * 0xBF58476D1CE4E5B9;
    Number = (Number ^ Number >> 27) * 0x94D049BB133111EB;
    return Number ^ Number >> 31;
}

#endif
