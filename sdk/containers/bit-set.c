// SPDX-License-Identifier: MIT
// How a bit set grows, and ranges of it.
#include <kmode.h>

// Room for fewer is not worth an allocation.
#define LEAST_WORDS 8

VOID NTAPI KmBitSetInitFixed(PKM_BIT_SET Set, PULONG64 Words, SIZE_T Size)
{
    Set->Words = Words;
    Set->Size = Size;
    Set->Capacity = KM_BIT_SET_WORDS(Size);
    Set->Allocator = KM_BIT_SET_FIXED;
    KmBitSetClearAll(Set);
}

VOID NTAPI KmBitSetFree(PKM_BIT_SET Set)
{
    if (Set->Allocator == KM_BIT_SET_FIXED) {
        KmBitSetClearAll(Set);
        return;
    }
    KmFree(Set->Allocator, Set->Words, Set->Capacity * sizeof(ULONG64));
    KmBitSetInit(Set, Set->Allocator);
}

NTSTATUS NTAPI KmBitSetReserve(PKM_BIT_SET Set, SIZE_T Size)
{
    SIZE_T Capacity = Size / 64 + (Size % 64 != 0), Bytes;
    PULONG64 Words;

    if (Size <= Set->Size) {
        return STATUS_SUCCESS;
    }
    if (Set->Allocator == KM_BIT_SET_FIXED) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Capacity > Set->Capacity) {
        Capacity = max(Capacity, LEAST_WORDS);
        // Twice of what there is memory for is no overflow.
        Capacity = max(Capacity, Set->Capacity * 2);
        if (__builtin_mul_overflow(Capacity, sizeof(ULONG64), &Bytes)) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Words = (PULONG64)KmRealloc(Set->Allocator, Set->Words, Set->Capacity * sizeof(ULONG64), Bytes);
        if (Words == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlZeroMemory(Words + Set->Capacity, (Capacity - Set->Capacity) * sizeof(ULONG64));
        Set->Words = Words;
        Set->Capacity = Capacity;
    }
    Set->Size = Size;
    return STATUS_SUCCESS;
}

VOID NTAPI KmBitSetClearAll(PKM_BIT_SET Set)
{
    if (Set->Size != 0) {
        RtlZeroMemory(Set->Words, KM_BIT_SET_WORDS(Set->Size) * sizeof(ULONG64));
    }
}

// Of the word that has Bit, the bits from Bit on, Count at most.
static ULONG64 MaskFrom(SIZE_T Bit, SIZE_T Count)
{
    ULONG64 Mask = Count >= 64 ? ~0ull : (1ull << Count) - 1;

    return Mask << (Bit % 64);
}

NTSTATUS NTAPI KmBitSetSetRange(PKM_BIT_SET Set, SIZE_T Bit, SIZE_T Count)
{
    SIZE_T End, Step;
    NTSTATUS Status;

    if (__builtin_add_overflow(Bit, Count, &End)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = Count != 0 ? KmBitSetReserve(Set, End) : STATUS_SUCCESS;
    for (; NT_SUCCESS(Status) && Count != 0; Bit += Step, Count -= Step) {
        Step = min(Count, 64 - Bit % 64);
        Set->Words[Bit / 64] |= MaskFrom(Bit, Step);
    }
    return Status;
}

VOID NTAPI KmBitSetClearRange(PKM_BIT_SET Set, SIZE_T Bit, SIZE_T Count)
{
    SIZE_T Step;

    if (Bit >= Set->Size) {
        return;
    }
    for (Count = min(Count, Set->Size - Bit); Count != 0; Bit += Step, Count -= Step) {
        Step = min(Count, 64 - Bit % 64);
        Set->Words[Bit / 64] &= ~MaskFrom(Bit, Step);
    }
}
