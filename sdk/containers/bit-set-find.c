// SPDX-License-Identifier: MIT
// What is in a bit set, and what is not.
#include <kmode.h>

SIZE_T NTAPI KmBitSetCount(const KM_BIT_SET *Set)
{
    SIZE_T Count = 0, Index;

    for (Index = 0; Index < KM_BIT_SET_WORDS(Set->Size); Index += 1) {
        Count += (SIZE_T)__builtin_popcountll(Set->Words[Index]);
    }
    return Count;
}

BOOLEAN NTAPI KmBitSetIsEmpty(const KM_BIT_SET *Set)
{
    SIZE_T Bit;

    return KmBitSetFindSet(Set, 0, &Bit) != STATUS_SUCCESS;
}

// The first bit from Start on that is not as Inverted's are; the set's size if there is none.
static SIZE_T Find(const KM_BIT_SET *Set, SIZE_T Start, ULONG64 Inverted)
{
    SIZE_T Index = Start / 64, Words = KM_BIT_SET_WORDS(Set->Size);
    ULONG64 Word;

    if (Start >= Set->Size) {
        return Set->Size;
    }
    Word = (Set->Words[Index] ^ Inverted) & ~0ull << (Start % 64);
    while (Word == 0) {
        Index += 1;
        if (Index == Words) {
            return Set->Size;
        }
        Word = Set->Words[Index] ^ Inverted;
    }
    // In the last word the bits that have no number are 0, and so look as if they were found.
    return min(Index * 64 + (SIZE_T)__builtin_ctzll(Word), Set->Size);
}

NTSTATUS NTAPI KmBitSetFindSet(const KM_BIT_SET *Set, SIZE_T Start, PSIZE_T Bit)
{
    SIZE_T Found = Find(Set, Start, 0);

    if (Found == Set->Size) {
        return STATUS_NOT_FOUND;
    }
    *Bit = Found;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmBitSetFindClear(const KM_BIT_SET *Set, SIZE_T Start, PSIZE_T Bit)
{
    return KmBitSetFindClearRun(Set, Start, 1, Bit);
}

NTSTATUS NTAPI KmBitSetFindClearRun(const KM_BIT_SET *Set, SIZE_T Start, SIZE_T Count, PSIZE_T Bit)
{
    SIZE_T First = Start, End = Start;

    // Behind the set's size all are clear.
    while (First < Set->Size && End - First < Count) {
        First = Find(Set, End, ~0ull);
        End = Find(Set, First, 0);
        if (End == Set->Size) {
            break;
        }
    }
    if (Set->Allocator == KM_BIT_SET_FIXED && (First > Set->Size || Count > Set->Size - First)) {
        return STATUS_NOT_FOUND;
    }
    *Bit = First;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmBitSetTake(PKM_BIT_SET Set, PSIZE_T Bit)
{
    SIZE_T Found = 0;
    NTSTATUS Status = KmBitSetFindClear(Set, 0, &Found);

    if (NT_SUCCESS(Status)) {
        Status = KmBitSetSet(Set, Found);
    }
    if (NT_SUCCESS(Status)) {
        *Bit = Found;
    }
    return Status;
}
