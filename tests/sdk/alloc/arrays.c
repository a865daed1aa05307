// SPDX-License-Identifier: MIT
// What is built on any allocator: arrays, flexible structures, alignment, copies, typed macros.
#include "test.h"
#include <kmode.h>

#define MOST ((SIZE_T) - 1)

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'rAnK');

static void TestArrays(void)
{
    PULONG Words = (PULONG)KmAllocArrayUninitialized(&Pool, 10, sizeof(ULONG)), More;

    OK(Words != NULL);
    for (ULONG Index = 0; Index < 10; Index += 1) {
        Words[Index] = Index;
    }
    OK(KmReallocArray(&Pool, Words, 10, MOST / 2, sizeof(ULONG)) == NULL);
    OK(KmReallocArray(&Pool, Words, 10, MOST / 4 + 1, sizeof(ULONG)) == NULL);
    OK(KmReallocArray(&Pool, Words, 10, 0, sizeof(ULONG)) == NULL);
    IS(Words[9], 9);
    More = (PULONG)KmReallocArray(&Pool, Words, 10, 1000, sizeof(ULONG));
    OK(More != NULL);
    IS(More[9], 9);
    KmFreeArray(&Pool, More, 1000, sizeof(ULONG));
    KmFreeArray(&Pool, NULL, 1000, sizeof(ULONG));
    OK(KmAllocArrayUninitialized(&Pool, MOST / 4 + 1, sizeof(ULONG)) == NULL);
    OK(KmAllocArrayUninitialized(&Pool, 0, sizeof(ULONG)) == NULL);
    OK(KmAllocArrayUninitialized(&Pool, MOST, 0) == NULL);
    OK(KmAllocArrayUninitialized(&Pool, MOST, MOST) == NULL);
}

static void TestFlexible(void)
{
    PUCHAR Memory = (PUCHAR)KmAllocFlexible(&Pool, 10, 3, 100);

    OK(Memory != NULL && Memory[0] == 0 && Memory[309] == 0);
    KmFreeFlexible(&Pool, Memory, 10, 3, 100);
    KmFreeFlexible(&Pool, NULL, 10, 3, 100);
    Memory = (PUCHAR)KmAllocFlexible(&Pool, 10, 0, 100);
    OK(Memory != NULL);
    KmFreeFlexible(&Pool, Memory, 10, 0, 100);
    OK(KmAllocFlexible(&Pool, 0, 0, 100) == NULL);
    OK(KmAllocFlexible(&Pool, 16, MOST / 8, 8) == NULL);
    OK(KmAllocFlexible(&Pool, 16, MOST / 8 + 1, 8) == NULL);
    OK(KmAllocFlexible(&Pool, MOST, 1, 1) == NULL);
}

static void TestAligned(void)
{
    for (SIZE_T Alignment = 1; Alignment <= 65536; Alignment *= 2) {
        for (SIZE_T Bytes = 1; Bytes < 10000; Bytes = Bytes * 5 + 3) {
            PUCHAR Memory = (PUCHAR)KmAllocAligned(&Pool, Bytes, Alignment);

            OK(Memory != NULL && (ULONG_PTR)Memory % Alignment == 0 && Memory[0] == 0 &&
               Memory[Bytes - 1] == 0);
            RtlFillMemory(Memory, Bytes, 0xFF);
            KmFreeAligned(&Pool, Memory, Bytes, Alignment);
        }
        OK(KmAllocAligned(&Pool, 0, Alignment) == NULL);
    }
    KmFreeAligned(&Pool, NULL, 1, 64);
    KmFreeAligned(&Pool, NULL, 1, 8);
    OK(KmAllocAligned(&Pool, 8, 0) == NULL);
    OK(KmAllocAligned(&Pool, 8, 3) == NULL);
    OK(KmAllocAligned(&Pool, 8, 96) == NULL);
    OK(KmAllocAligned(&Pool, 8, (SIZE_T)1 << 63) == NULL);
    OK(KmAllocAligned(&Pool, MOST, 64) == NULL);
    OK(KmAllocAligned(&Pool, MOST - 63, 64) == NULL);
}

static void TestCopies(void)
{
    PUCHAR Copy = (PUCHAR)KmAllocCopy(&Pool, "abc", 4);

    OK(Copy != NULL);
    IS_STRING((const char *)Copy, "abc");
    KmFreeSecure(&Pool, Copy, 4);
    KmFreeSecure(&Pool, NULL, 4);
    OK(KmAllocCopy(&Pool, "abc", 0) == NULL);
}

// Frees are told what they get, before the memory is gone.
static BOOLEAN Erased;

static PVOID NTAPI WatchAllocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    UNREFERENCED_PARAMETER(Allocator);
    UNREFERENCED_PARAMETER(Zeroed);
    return KmAlloc(&Pool, Bytes);
}

static VOID NTAPI WatchFree(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Allocator);
    Erased = TRUE;
    for (SIZE_T Index = 0; Index < Bytes; Index += 1) {
        Erased = Erased && ((PUCHAR)Memory)[Index] == 0;
    }
    KmFree(&Pool, Memory, Bytes);
}

// The source raises: nothing stays allocated.
static void TestCopyRaises(void)
{
    KM_COUNTING_ALLOCATOR Counting;
    KM_COUNTING_STATISTICS Counts;
    NTSTATUS Status = STATUS_SUCCESS;

    IS(KmCountingInit(&Counting, &Pool), STATUS_SUCCESS);
    __try {
        (void)KmAllocCopy(&Counting.Allocator, (PVOID)0x10000, 100);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_ACCESS_VIOLATION);
    KmCountingQuery(&Counting, &Counts);
    IS(Counts.TotalBlocks, 1);
    IS(Counts.LiveBlocks, 0);
    IS(KmCountingEnd(&Counting), STATUS_SUCCESS);
}

static void TestSecure(void)
{
    static const KM_ALLOCATOR_OPERATIONS Operations = {WatchAllocate, WatchFree, NULL, DISPATCH_LEVEL};
    KM_ALLOCATOR Watched = KM_ALLOCATOR_INIT(Operations, 'aWnK');

    KmFree(&Watched, KmAllocCopy(&Watched, "secret", 6), 6);
    OK(!Erased);
    KmFreeSecure(&Watched, KmAllocCopy(&Watched, "secret", 6), 6);
    OK(Erased);
}

typedef struct ITEM {
    LIST_ENTRY Link;
    ULONG Number;
} ITEM;

static void TestTyped(void)
{
    ITEM *Item = KmNew(&Pool, ITEM), *Items = KmNewArray(&Pool, ITEM, 5);

    OK(Item != NULL && Item->Number == 0);
    OK(Items != NULL && Items[4].Number == 0);
    KmDelete(&Pool, Item);
    KmDeleteArray(&Pool, Items, 5);
    OK(KmNewArray(&Pool, ITEM, MOST / 8) == NULL);
    OK(KmNewArray(&Pool, ITEM, 0) == NULL);
    KmDelete(&Pool, (ITEM *)NULL);
    KmDeleteArray(&Pool, (ITEM *)NULL, 5);
}

TEST_DRIVER(TestArrays, TestFlexible, TestAligned, TestCopies, TestCopyRaises, TestSecure, TestTyped)
