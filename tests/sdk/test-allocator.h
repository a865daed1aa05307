// SPDX-License-Identifier: MIT
// An allocator for tests over the pool: it fails the n-th allocation when told to, and counts what has not
// come back. Memory that is freed with other bytes than it was allocated with is counted as wrong.
//
//     EACH_FAILURE(&Allocator) { Status = ...; OK(Status == STATUS_INSUFFICIENT_RESOURCES ||
//     !Allocator.Failed); }
#ifndef KMODE_TESTS_SDK_TEST_ALLOCATOR_H
#define KMODE_TESTS_SDK_TEST_ALLOCATOR_H

#include <kmode.h>

typedef struct TEST_ALLOCATOR {
    KM_ALLOCATOR Allocator;
    ULONG FailAt; // 0: none
    ULONG Calls;
    BOOLEAN Failed;
    LONG Outstanding;
    LONG Wrong;
} TEST_ALLOCATOR;

static PVOID NTAPI TestAllocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    TEST_ALLOCATOR *Test = (TEST_ALLOCATOR *)Allocator;
    PSIZE_T Memory;

    Test->Calls += 1;
    if (Test->Calls == Test->FailAt) {
        Test->Failed = TRUE;
        return NULL;
    }
    Memory = (PSIZE_T)ExAllocatePoolWithTag(NonPagedPoolNx, Bytes + 16, 'AtsT');
    if (Memory == NULL) {
        return NULL;
    }
    RtlFillMemory(Memory + 2, Bytes, Zeroed ? 0 : 0xA5);
    Memory[0] = Bytes;
    Test->Outstanding += 1;
    return Memory + 2;
}

static VOID NTAPI TestFree(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    TEST_ALLOCATOR *Test = (TEST_ALLOCATOR *)Allocator;

    Test->Wrong += ((PSIZE_T)Memory)[-2] != Bytes;
    Test->Outstanding -= 1;
    ExFreePoolWithTag((PSIZE_T)Memory - 2, 'AtsT');
}

static const KM_ALLOCATOR_OPERATIONS TestOperations = {TestAllocate, TestFree, NULL, DISPATCH_LEVEL};

static TEST_ALLOCATOR Test = {.Allocator = KM_ALLOCATOR_INIT(TestOperations, 'AtsT')};

static BOOLEAN TestNextFailure(TEST_ALLOCATOR *Allocator, BOOLEAN First)
{
    BOOLEAN More = First || Allocator->Failed;

    IS(Allocator->Outstanding, 0);
    IS(Allocator->Wrong, 0);
    Allocator->FailAt = First ? 1 : Allocator->FailAt + 1;
    if (!More) {
        Allocator->FailAt = 0;
    }
    Allocator->Calls = 0;
    Allocator->Failed = FALSE;
    return More;
}

// Runs the block with the first allocation failing, then the second, ..., last with none; nothing may be left
// after any.
#define EACH_FAILURE(Allocator)                                                                              \
    for (BOOLEAN First_ = TRUE; TestNextFailure((Allocator), First_); First_ = FALSE)

#endif
