// SPDX-License-Identifier: MIT
// Two bit sets beside each other.
#include <kmode.h>

// The word at Index, of a set that may be shorter.
static ULONG64 WordOf(const KM_BIT_SET *Set, SIZE_T Index)
{
    return Index < KM_BIT_SET_WORDS(Set->Size) ? Set->Words[Index] : 0;
}

// One more than the last number.
static SIZE_T EndOf(const KM_BIT_SET *Set)
{
    SIZE_T Words = KM_BIT_SET_WORDS(Set->Size);

    while (Words != 0 && Set->Words[Words - 1] == 0) {
        Words -= 1;
    }
    return Words != 0 ? Words * 64 - (SIZE_T)__builtin_clzll(Set->Words[Words - 1]) : 0;
}

NTSTATUS NTAPI KmBitSetUnite(PKM_BIT_SET To, const KM_BIT_SET *From)
{
    SIZE_T End = EndOf(From), Index;
    NTSTATUS Status = KmBitSetReserve(To, End);

    for (Index = 0; NT_SUCCESS(Status) && Index < KM_BIT_SET_WORDS(End); Index += 1) {
        To->Words[Index] |= From->Words[Index];
    }
    return Status;
}

NTSTATUS NTAPI KmBitSetCopy(PKM_BIT_SET To, const KM_BIT_SET *From)
{
    NTSTATUS Status = KmBitSetReserve(To, EndOf(From));
    SIZE_T Index;

    for (Index = 0; NT_SUCCESS(Status) && Index < KM_BIT_SET_WORDS(To->Size); Index += 1) {
        To->Words[Index] = WordOf(From, Index);
    }
    return Status;
}

VOID NTAPI KmBitSetIntersect(PKM_BIT_SET Set, const KM_BIT_SET *Other)
{
    SIZE_T Index;

    for (Index = 0; Index < KM_BIT_SET_WORDS(Set->Size); Index += 1) {
        Set->Words[Index] &= WordOf(Other, Index);
    }
}

VOID NTAPI KmBitSetSubtract(PKM_BIT_SET Set, const KM_BIT_SET *Other)
{
    SIZE_T Index;

    for (Index = 0; Index < KM_BIT_SET_WORDS(Set->Size); Index += 1) {
        Set->Words[Index] &= ~WordOf(Other, Index);
    }
}

BOOLEAN NTAPI KmBitSetIsSubset(const KM_BIT_SET *Set, const KM_BIT_SET *Other)
{
    SIZE_T Index;

    for (Index = 0; Index < KM_BIT_SET_WORDS(Set->Size); Index += 1) {
        if ((Set->Words[Index] & ~WordOf(Other, Index)) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

BOOLEAN NTAPI KmBitSetIsEqual(const KM_BIT_SET *Set, const KM_BIT_SET *Other)
{
    return KmBitSetIsSubset(Set, Other) && KmBitSetIsSubset(Other, Set);
}

BOOLEAN NTAPI KmBitSetIntersects(const KM_BIT_SET *Set, const KM_BIT_SET *Other)
{
    SIZE_T Index;

    for (Index = 0; Index < KM_BIT_SET_WORDS(Set->Size); Index += 1) {
        if ((Set->Words[Index] & WordOf(Other, Index)) != 0) {
            return TRUE;
        }
    }
    return FALSE;
}

NTSTATUS NTAPI KmBitSetGetBitmap(PKM_BIT_SET Set, PRTL_BITMAP Bitmap)
{
    if (Set->Size > MAXULONG) {
        return STATUS_BUFFER_OVERFLOW;
    }
    // Both count bits from the least of a word on, and words are stored with the least byte first.
    Bitmap->SizeOfBitMap = (ULONG)Set->Size;
    Bitmap->Buffer = (PULONG)Set->Words;
    return STATUS_SUCCESS;
}
