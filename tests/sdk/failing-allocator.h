// SPDX-License-Identifier: MIT
// An allocator for tests that fails when it is told to, and knows whether all of its memory came back as it
// was given. (KM_FAILING_ALLOCATOR over KM_COUNTING_ALLOCATOR, which drivers' own tests have, see neither
// with what size memory comes back nor what is written around it.)
//
//     static FAILING_ALLOCATOR Memory = FAILING_ALLOCATOR_INIT;
//
//     FAIL_EACH (&Memory, Try) {
//         ... a step that must leave everything as it was if Memory.Failed ...
//     }
//     EACH_FAILURE (&Memory) {
//         ... the same with one that leaves nothing allocated, which is checked after each round ...
//     }
#ifndef KMODE_TESTS_SDK_FAILING_ALLOCATOR_H
#define KMODE_TESTS_SDK_FAILING_ALLOCATOR_H

#include <kmode.h>

typedef struct FAILING_ALLOCATOR {
    KM_ALLOCATOR Allocator;
    ULONG FailAt; // 1: the next allocation fails, 2: the one after that, ...; 0: none
    ULONG Left;   // allocations until each fails
    ULONG Calls;
    BOOLEAN Failed;
    BOOLEAN Misused; // memory came back with other bytes than it was given with, or overrun
    BOOLEAN InPlace; // blocks of up to 256 bytes may be resized where they are
    ULONG Outstanding;
    SIZE_T Bytes; // of the outstanding ones
} FAILING_ALLOCATOR;

#define FAILING_ROOM  256
#define FAILING_FENCE 8

// In front of each block; a multiple of 16 bytes.
typedef struct FAILING_HEADER {
    SIZE_T Bytes;
    SIZE_T Room;
} FAILING_HEADER;

static BOOLEAN FailingDue(FAILING_ALLOCATOR *Failing)
{
    Failing->Calls += 1;
    if (Failing->Left == 0 || Failing->Calls == Failing->FailAt) {
        Failing->Failed = TRUE;
        return TRUE;
    }
    Failing->Left -= Failing->Left != MAXULONG;
    return FALSE;
}

static PVOID NTAPI FailingAllocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    FAILING_ALLOCATOR *Failing = (FAILING_ALLOCATOR *)Allocator;
    SIZE_T Room = Failing->InPlace ? max(Bytes, FAILING_ROOM) : Bytes;
    FAILING_HEADER *Header;

    if (FailingDue(Failing) || Bytes > 0x10000000) {
        return NULL;
    }
    Header = (FAILING_HEADER *)ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Header) + Room + FAILING_FENCE,
                                                     Allocator->Tag);
    if (Header == NULL) {
        return NULL;
    }
    Header->Bytes = Bytes;
    Header->Room = Room;
    RtlFillMemory(Header + 1, Bytes, Zeroed ? 0 : 0xCD);
    RtlFillMemory((PUCHAR)(Header + 1) + Bytes, FAILING_FENCE, 0xFE);
    Failing->Outstanding += 1;
    Failing->Bytes += Bytes;
    return Header + 1;
}

static VOID FailingCheck(FAILING_ALLOCATOR *Failing, PUCHAR Memory, SIZE_T Bytes)
{
    SIZE_T Index;

    if (((FAILING_HEADER *)(PVOID)Memory - 1)->Bytes != Bytes) {
        Failing->Misused = TRUE;
        return;
    }
    for (Index = 0; Index < FAILING_FENCE; Index += 1) {
        if (Memory[Bytes + Index] != 0xFE) {
            Failing->Misused = TRUE;
        }
    }
}

static VOID NTAPI FailingFree(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    FAILING_ALLOCATOR *Failing = (FAILING_ALLOCATOR *)Allocator;
    FAILING_HEADER *Header = (FAILING_HEADER *)Memory - 1;

    FailingCheck(Failing, (PUCHAR)Memory, Bytes);
    Failing->Outstanding -= 1;
    Failing->Bytes -= Header->Bytes;
    RtlFillMemory(Memory, Header->Bytes, 0x5A);
    ExFreePoolWithTag(Header, Allocator->Tag);
}

static BOOLEAN NTAPI FailingResize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    FAILING_ALLOCATOR *Failing = (FAILING_ALLOCATOR *)Allocator;
    FAILING_HEADER *Header = (FAILING_HEADER *)Memory - 1;

    FailingCheck(Failing, (PUCHAR)Memory, Bytes);
    if (!Failing->InPlace || NewBytes > Header->Room) {
        return FALSE;
    }
    Failing->Bytes += NewBytes - Header->Bytes;
    Header->Bytes = NewBytes;
    RtlFillMemory((PUCHAR)Memory + NewBytes, FAILING_FENCE, 0xFE);
    return TRUE;
}

static const KM_ALLOCATOR_OPERATIONS FailingOperations = {FailingAllocate, FailingFree, FailingResize,
                                                          DISPATCH_LEVEL};

#define FAILING_ALLOCATOR_INIT                                                                               \
    {KM_ALLOCATOR_INIT(FailingOperations, 'tseT'), 0, MAXULONG, 0, FALSE, FALSE, FALSE, 0, 0}

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

static __attribute__((unused)) BOOLEAN FailingNext(FAILING_ALLOCATOR *Failing, BOOLEAN First)
{
    BOOLEAN More = First || Failing->Failed;

    IS(Failing->Outstanding, 0);
    OK(!Failing->Misused);
    FailingArm(Failing, First ? 1 : More ? Failing->FailAt + 1 : 0);
    return More;
}

// Likewise; nothing may be left after any.
#define EACH_FAILURE(Failing) for (BOOLEAN First_ = TRUE; FailingNext((Failing), First_); First_ = FALSE)

// splitmix64: the same numbers for the same start value.
static __attribute__((unused)) ULONG64 TestRandom(PULONG64 State)
{
    ULONG64 Number = *State += 0x9E3779B97F4A7C15;

    Number = (Number ^ Number >> 30) * 0xBF58476D1CE4E5B9;
    Number = (Number ^ Number >> 27) * 0x94D049BB133111EB;
    return Number ^ Number >> 31;
}

#endif
