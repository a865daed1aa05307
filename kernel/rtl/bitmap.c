// SPDX-License-Identifier: MIT
// Bitmaps: bits by number, in ULONGs, lowest first; runs of them found, counted, set and cleared.
//
// The caller keeps other users of the same bitmap out. Any IRQL if header and buffer are resident, else
// <= APC_LEVEL. A range given to set or clear must lie in the bitmap. No ULONG outside the buffer is touched.
#include "inc/kernel.h"

#define BITS_PER_WORD 32u
#define NO_BIT        MAXULONG

// What a search looks for: a word is turned over with it, so that what is sought are ones.
#define SEEK_SET   0u
#define SEEK_CLEAR MAXULONG

// The bits from From on, below Limit, of the word that holds bit From.
static ULONG RtlpWordMask(ULONG From, ULONG Limit)
{
    ULONG First = From % BITS_PER_WORD, Count = min(Limit - From, BITS_PER_WORD - First);
    return (MAXULONG >> (BITS_PER_WORD - Count)) << First;
}

// Index of the first bit sought in [From, Limit); Limit if there is none.
static ULONG RtlpFindBit(const RTL_BITMAP *Map, ULONG Seek, ULONG From, ULONG Limit)
{
    while (From < Limit) {
        ULONG Mask = RtlpWordMask(From, Limit), Word = (Map->Buffer[From / BITS_PER_WORD] ^ Seek) & Mask;
        if (Word != 0) {
            return From / BITS_PER_WORD * BITS_PER_WORD + (ULONG)__builtin_ctz(Word);
        }
        From += min(Limit - From, BITS_PER_WORD - From % BITS_PER_WORD);
    }
    return Limit;
}

// Index of the last bit sought in [0, Limit); NO_BIT if there is none.
static ULONG RtlpFindBitBackward(const RTL_BITMAP *Map, ULONG Seek, ULONG Limit)
{
    while (Limit != 0) {
        ULONG Start = (Limit - 1) / BITS_PER_WORD * BITS_PER_WORD;
        ULONG Word = (Map->Buffer[Start / BITS_PER_WORD] ^ Seek) & RtlpWordMask(Start, Limit);
        if (Word != 0) {
            return Start + BITS_PER_WORD - 1 - (ULONG)__builtin_clz(Word);
        }
        Limit = Start;
    }
    return NO_BIT;
}

// Start of the first Count bits sought in a row within [From, Limit); NO_BIT if there are none.
static ULONG RtlpFindRange(const RTL_BITMAP *Map, ULONG Seek, ULONG Count, ULONG From, ULONG Limit)
{
    while (From < Limit && Limit - From >= Count) {
        ULONG Start = RtlpFindBit(Map, Seek, From, Limit);
        if (Limit - Start < Count) {
            break;
        }
        From = RtlpFindBit(Map, ~Seek, Start, Start + Count);
        if (From == Start + Count) {
            return Start;
        }
    }
    return NO_BIT;
}

// From Hint to the end, then from the beginning, up to the ranges that begin before Hint.
static ULONG RtlpFindRangeNear(const RTL_BITMAP *Map, ULONG Seek, ULONG Count, ULONG Hint)
{
    ULONG Size = Map->SizeOfBitMap, Found;

    if (Hint >= Size) {
        Hint = 0;
    }
    if (Count == 0) {
        return Hint;
    }
    if (Count > Size) {
        return NO_BIT;
    }
    Found = RtlpFindRange(Map, Seek, Count, Hint, Size);
    if (Found == NO_BIT && Hint != 0) {
        Found = RtlpFindRange(Map, Seek, Count, 0, Hint + min(Count - 1, Size - Hint));
    }
    return Found;
}

static BOOLEAN RtlpAreBits(const RTL_BITMAP *Map, ULONG Seek, ULONG StartingIndex, ULONG Length)
{
    if (Length == 0 || StartingIndex >= Map->SizeOfBitMap || Length > Map->SizeOfBitMap - StartingIndex) {
        return FALSE;
    }
    return RtlpFindBit(Map, ~Seek, StartingIndex, StartingIndex + Length) == StartingIndex + Length;
}

// The buffer, of whole ULONGs, stays the caller's, and its contents as they are.
VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap)
{
    BitMapHeader->SizeOfBitMap = SizeOfBitMap;
    BitMapHeader->Buffer = BitMapBuffer;
}

// ---- Set, clear, test -------------------------------------------------------------------------------------

static SIZE_T RtlpBytes(const RTL_BITMAP *Map)
{
    return ((SIZE_T)Map->SizeOfBitMap + BITS_PER_WORD - 1) / BITS_PER_WORD * sizeof(ULONG);
}

// All of the ULONGs that the bitmap begins, what is past its end in the last one too.
VOID NTAPI RtlSetAllBits(PRTL_BITMAP BitMapHeader)
{
    memset(BitMapHeader->Buffer, 0xFF, RtlpBytes(BitMapHeader));
}

VOID NTAPI RtlClearAllBits(PRTL_BITMAP BitMapHeader)
{
    memset(BitMapHeader->Buffer, 0, RtlpBytes(BitMapHeader));
}

VOID NTAPI RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    BitMapHeader->Buffer[BitNumber / BITS_PER_WORD] |= 1u << BitNumber % BITS_PER_WORD;
}

VOID NTAPI RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    BitMapHeader->Buffer[BitNumber / BITS_PER_WORD] &= ~(1u << BitNumber % BITS_PER_WORD);
}

BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    return (BitMapHeader->Buffer[BitNumber / BITS_PER_WORD] >> BitNumber % BITS_PER_WORD) & 1;
}

VOID NTAPI RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet)
{
    while (NumberToSet != 0) {
        ULONG Count = min(NumberToSet, BITS_PER_WORD - StartingIndex % BITS_PER_WORD);
        BitMapHeader->Buffer[StartingIndex / BITS_PER_WORD] |=
            RtlpWordMask(StartingIndex, StartingIndex + Count);
        StartingIndex += Count;
        NumberToSet -= Count;
    }
}

VOID NTAPI RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear)
{
    while (NumberToClear != 0) {
        ULONG Count = min(NumberToClear, BITS_PER_WORD - StartingIndex % BITS_PER_WORD);
        BitMapHeader->Buffer[StartingIndex / BITS_PER_WORD] &=
            ~RtlpWordMask(StartingIndex, StartingIndex + Count);
        StartingIndex += Count;
        NumberToClear -= Count;
    }
}

// FALSE also for no bits, and for a range that does not lie in the bitmap.
BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
    return RtlpAreBits(BitMapHeader, SEEK_CLEAR, StartingIndex, Length);
}

BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
    return RtlpAreBits(BitMapHeader, SEEK_SET, StartingIndex, Length);
}

// ---- Count ------------------------------------------------------------------------------------------------

ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader)
{
    ULONG Whole = BitMapHeader->SizeOfBitMap / BITS_PER_WORD,
          Rest = BitMapHeader->SizeOfBitMap % BITS_PER_WORD;
    ULONG Count = 0;

    for (ULONG Index = 0; Index < Whole; ++Index) {
        Count += (ULONG)__builtin_popcount(BitMapHeader->Buffer[Index]);
    }
    if (Rest != 0) {
        Count += (ULONG)__builtin_popcount(BitMapHeader->Buffer[Whole] & RtlpWordMask(0, Rest));
    }
    return Count;
}

ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader)
{
    return BitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(BitMapHeader);
}

ULONG NTAPI RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target)
{
    return (ULONG)__builtin_popcountll(Target);
}

// -1 if no bit is set.
CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set)
{
    return Set == 0 ? -1 : (CCHAR)(63 - __builtin_clzll(Set));
}

CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set)
{
    return Set == 0 ? -1 : (CCHAR)__builtin_ctzll(Set);
}

// ---- Find a range of a length -----------------------------------------------------------------------------
// 0xFFFFFFFF if the bitmap has none. A hint past the end is taken for 0; no bits are found at the hint.

ULONG NTAPI RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    return RtlpFindRangeNear(BitMapHeader, SEEK_CLEAR, NumberToFind, HintIndex);
}

ULONG NTAPI RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    return RtlpFindRangeNear(BitMapHeader, SEEK_SET, NumberToFind, HintIndex);
}

ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    ULONG Start = RtlpFindRangeNear(BitMapHeader, SEEK_CLEAR, NumberToFind, HintIndex);

    if (Start != NO_BIT) {
        RtlSetBits(BitMapHeader, Start, NumberToFind);
    }
    return Start;
}

ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    ULONG Start = RtlpFindRangeNear(BitMapHeader, SEEK_SET, NumberToFind, HintIndex);

    if (Start != NO_BIT) {
        RtlClearBits(BitMapHeader, Start, NumberToFind);
    }
    return Start;
}

// ---- Find whole runs --------------------------------------------------------------------------------------

// Length of the first run of clear bits at or after FromIndex; 0 if there is none.
ULONG NTAPI RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex)
{
    ULONG Size = BitMapHeader->SizeOfBitMap, Start;

    if (FromIndex >= Size) {
        *StartingRunIndex = FromIndex;
        return 0;
    }
    Start = RtlpFindBit(BitMapHeader, SEEK_CLEAR, FromIndex, Size);
    *StartingRunIndex = Start;
    return RtlpFindBit(BitMapHeader, SEEK_SET, Start, Size) - Start;
}

ULONG NTAPI RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex)
{
    return RtlFindNextForwardRunClear(BitMapHeader, 0, StartingIndex);
}

// Length of the last run of clear bits that begins at or before FromIndex, cut off behind FromIndex; 0 if
// there is none.
ULONG NTAPI RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex)
{
    ULONG Size = BitMapHeader->SizeOfBitMap;
    ULONG Last = RtlpFindBitBackward(BitMapHeader, SEEK_CLEAR, FromIndex < Size ? FromIndex + 1 : Size);

    if (Last == NO_BIT) {
        *StartingRunIndex = FromIndex;
        return 0;
    }
    *StartingRunIndex = RtlpFindBitBackward(BitMapHeader, SEEK_SET, Last) + 1; // NO_BIT + 1 is 0
    return Last - *StartingRunIndex + 1;
}

// The first SizeOfRunArray runs in the bitmap's order or, with LocateLongestRuns, the longest ones, longest
// first and equal ones in the bitmap's order. Returns how many were found.
ULONG NTAPI RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray,
                             BOOLEAN LocateLongestRuns)
{
    ULONG Found = 0, From = 0, Start, Length;

    while ((Length = RtlFindNextForwardRunClear(BitMapHeader, From, &Start)) != 0) {
        ULONG Place = Found;
        if (LocateLongestRuns) {
            while (Place != 0 && RunArray[Place - 1].NumberOfBits < Length) {
                --Place;
            }
        }
        if (Place < SizeOfRunArray) {
            Found += Found < SizeOfRunArray;
            memmove(&RunArray[Place + 1], &RunArray[Place], (Found - Place - 1) * sizeof(*RunArray));
            RunArray[Place].StartingIndex = Start;
            RunArray[Place].NumberOfBits = Length;
        } else if (!LocateLongestRuns) {
            break;
        }
        From = Start + Length;
    }
    return Found;
}

// The first one of several equally long; StartingIndex 0 if there is none.
ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex)
{
    RTL_BITMAP_RUN Run = {0, 0};

    RtlFindClearRuns(BitMapHeader, &Run, 1, TRUE);
    *StartingIndex = Run.StartingIndex;
    return Run.NumberOfBits;
}
