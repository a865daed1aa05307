// SPDX-License-Identifier: MIT
// An allocator for tests that fails when it is told to, and knows whether all of its memory came back as it
// was given.
//
//     FAILING_ALLOCATOR Allocator = FAILING_ALLOCATOR_INIT;
//
//     FAIL_EACH (&Allocator, Try) {
//         ... a step that must leave everything as it was if Allocator.Failed ...
//     }
#ifndef KMODE_TESTS_SDK_FAILING_ALLOCATOR_H
#define KMODE_TESTS_SDK_FAILING_ALLOCATOR_H

#include <kmode.h>

typedef struct FAILING_ALLOCATOR {
    KM_ALLOCATOR Allocator;
    ULONG FailAt; // 1: the next allocation fails, 2: the one after that, ...; 0: none
    ULONG Calls;
    BOOLEAN Failed;
    BOOLEAN Misused; // memory came back with other bytes than it was given with, or overrun
    BOOLEAN InPlace; // blocks of up to 256 bytes may be resized where they are
    LONG Outstanding;
} FAILING_ALLOCATOR;

#define FAILING_HEADER 32
#define FAILING_ROOM   256

static BOOLEAN FailingDue(FAILING_ALLOCATOR *Failing)
{
    Failing->Calls += 1;
    if (Failing->FailAt != 0 && Failing->Calls == Failing->FailAt) {
        Failing->Failed = TRUE;
        return TRUE;
    }
    return FALSE;
}

static PVOID NTAPI FailingAllocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    FAILING_ALLOCATOR *Failing = (FAILING_ALLOCATOR *)Allocator;
    PUCHAR Block;

    if (FailingDue(Failing) || Bytes > 0x10000000) {
        return NULL;
    }
    Block =
        (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, FAILING_HEADER + max(Bytes, FAILING_ROOM) + 8, 'tseT');
    if (Block == NULL) {
        return NULL;
    }
    *(PSIZE_T)Block = Bytes;
    RtlFillMemory(Block + FAILING_HEADER, Bytes, Zeroed ? 0 : 0xCD);
    RtlFillMemory(Block + FAILING_HEADER + Bytes, 8, 0xFE);
    Failing->Outstanding += 1;
    return Block + FAILING_HEADER;
}

static VOID FailingCheck(FAILING_ALLOCATOR *Failing, PUCHAR Memory, SIZE_T Bytes)
{
    SIZE_T Index;

    if (*(PSIZE_T)(Memory - FAILING_HEADER) != Bytes) {
        Failing->Misused = TRUE;
        return;
    }
    for (Index = 0; Index < 8; Index += 1) {
        if (Memory[Bytes + Index] != 0xFE) {
            Failing->Misused = TRUE;
        }
    }
}

static VOID NTAPI FailingFree(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    FAILING_ALLOCATOR *Failing = (FAILING_ALLOCATOR *)Allocator;

    FailingCheck(Failing, (PUCHAR)Memory, Bytes);
    Failing->Outstanding -= 1;
    ExFreePoolWithTag((PUCHAR)Memory - FAILING_HEADER, 'tseT');
}

static BOOLEAN NTAPI FailingResize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    FAILING_ALLOCATOR *Failing = (FAILING_ALLOCATOR *)Allocator;

    FailingCheck(Failing, (PUCHAR)Memory, Bytes);
    if (!Failing->InPlace || Bytes > FAILING_ROOM || NewBytes > FAILING_ROOM) {
        return FALSE;
    }
    *(PSIZE_T)((PUCHAR)Memory - FAILING_HEADER) = NewBytes;
    RtlFillMemory((PUCHAR)Memory + NewBytes, 8, 0xFE);
    return TRUE;
}

static const KM_ALLOCATOR_OPERATIONS FailingOperations = {FailingAllocate, FailingFree, FailingResize,
                                                          DISPATCH_LEVEL};

#define FAILING_ALLOCATOR_INIT {KM_ALLOCATOR_INIT(FailingOperations, 'tseT'), 0, 0, FALSE, FALSE, FALSE, 0}

static __attribute__((unused)) VOID FailingArm(FAILING_ALLOCATOR *Failing, ULONG FailAt)
{
    Failing->FailAt = FailAt;
    Failing->Calls = 0;
    Failing->Failed = FALSE;
}

// Rounds in which the first, the second, ... allocation fails, until one in which none did.
#define FAIL_EACH(Failing, Try)                                                                              \
    for (ULONG Try = 1, Try##More_ = TRUE; Try##More_ && (FailingArm((Failing), Try), TRUE);                 \
         Try##More_ = (Failing)->Failed, Try += 1)

// xorshift64*: the same numbers for the same start value.
static __attribute__((unused)) ULONG64 TestRandom(PULONG64 State)
{
    *State ^= *State >> 12;
    *State ^= *State << 25;
    *State ^= *State >> 27;
    return *State * 0x2545F4914F6CDD1Dull;
}

#endif
