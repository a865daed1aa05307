// SPDX-License-Identifier: MIT
// memcpy and its family. The string instructions fault with the registers of an ordinary function, so that a
// driver's __try around a copy sees the address and unwinds.
#include "rtl/crt/crt.h"

// What the string instructions take to begin is more than these copies take as a whole.
#define FEW_BYTES 32
#define SET_BYTES 512

typedef long long VECTOR __attribute__((vector_size(16), aligned(1), may_alias));
typedef unsigned long long WORD __attribute__((aligned(1), may_alias));
typedef unsigned int HALF __attribute__((aligned(1), may_alias));
typedef unsigned short QUARTER __attribute__((aligned(1), may_alias));

// At most FEW_BYTES, overlapping or not: all is read before anything is written. Of each size its first and
// its last are taken, which meet or overlap, so that a fault is at the first byte that is not there.
static inline void CopyFew(unsigned char *To, const unsigned char *From, size_t Count)
{
    if (Count >= sizeof(VECTOR)) {
        VECTOR First = *(const VECTOR *)From, Last = *(const VECTOR *)(From + Count - sizeof(VECTOR));
        *(VECTOR *)To = First;
        *(VECTOR *)(To + Count - sizeof(VECTOR)) = Last;
    } else if (Count >= sizeof(WORD)) {
        WORD First = *(const WORD *)From, Last = *(const WORD *)(From + Count - sizeof(WORD));
        *(WORD *)To = First;
        *(WORD *)(To + Count - sizeof(WORD)) = Last;
    } else if (Count >= sizeof(HALF)) {
        HALF First = *(const HALF *)From, Last = *(const HALF *)(From + Count - sizeof(HALF));
        *(HALF *)To = First;
        *(HALF *)(To + Count - sizeof(HALF)) = Last;
    } else if (Count >= sizeof(QUARTER)) {
        QUARTER First = *(const QUARTER *)From, Last = *(const QUARTER *)(From + Count - sizeof(QUARTER));
        *(QUARTER *)To = First;
        *(QUARTER *)(To + Count - sizeof(QUARTER)) = Last;
    } else if (Count != 0) {
        *To = *From;
    }
}

static inline void CopyForward(void *Destination, const void *Source, size_t Count)
{
    __asm__ volatile("rep movsb" : "+D"(Destination), "+S"(Source), "+c"(Count) : : "memory");
}

void *memcpy(void *Destination, const void *Source, size_t Count)
{
    // NT's memcpy is its memmove: drivers that copy overlapping memory by mistake get away with it there.
    return memmove(Destination, Source, Count);
}

void *memmove(void *Destination, const void *Source, size_t Count)
{
    unsigned char *To = Destination;
    const unsigned char *From = Source;

    if (Count <= FEW_BYTES) {
        CopyFew(To, From, Count);
        return Destination;
    }
    if ((size_t)(To - From) >= Count) {
        CopyForward(Destination, Source, Count);
        return Destination;
    }
    // Backwards by hand: with the direction flag set, a fault would be taken with it set.
    while (Count % sizeof(size_t) != 0) {
        --Count;
        To[Count] = From[Count];
    }
    while (Count != 0) {
        size_t Word;

        Count -= sizeof(Word);
        __builtin_memcpy(&Word, From + Count, sizeof(Word));
        __builtin_memcpy(To + Count, &Word, sizeof(Word));
    }
    return Destination;
}

void *memset(void *Destination, int Value, size_t Count)
{
    void *To = Destination;

    if (Count >= sizeof(VECTOR) && Count <= SET_BYTES) {
        const long long Word = (long long)((unsigned char)Value * 0x0101010101010101ULL);
        const VECTOR Vector = {Word, Word};
        unsigned char *At = Destination, *Last = At + Count - sizeof(VECTOR);

        for (; At < Last; At += sizeof(VECTOR)) {
            *(VECTOR *)At = Vector;
        }
        *(VECTOR *)Last = Vector;
        return Destination;
    }
    __asm__ volatile("rep stosb" : "+D"(To), "+c"(Count) : "a"((unsigned char)Value) : "memory");
    return Destination;
}

int memcmp(const void *Left, const void *Right, size_t Count)
{
    const unsigned char *A = Left, *B = Right;

    for (size_t Index = 0; Index < Count; ++Index) {
        if (A[Index] != B[Index]) {
            return A[Index] < B[Index] ? -1 : 1;
        }
    }
    return 0;
}

void *memchr(const void *Buffer, int Value, size_t Count)
{
    const unsigned char *Bytes = Buffer;

    for (size_t Index = 0; Index < Count; ++Index) {
        if (Bytes[Index] == (unsigned char)Value) {
            return (void *)&Bytes[Index];
        }
    }
    return NULL;
}

errno_t memmove_s(void *Destination, rsize_t DestinationSize, const void *Source, rsize_t Count)
{
    if (Count == 0) {
        return 0;
    }
    if (!Destination || !Source) {
        return EINVAL;
    }
    if (DestinationSize < Count) {
        return ERANGE;
    }
    memmove(Destination, Source, Count);
    return 0;
}

errno_t memcpy_s(void *Destination, rsize_t DestinationSize, const void *Source, rsize_t Count)
{
    if (Count == 0) {
        return 0;
    }
    if (!Destination) {
        return EINVAL;
    }
    if (!Source || DestinationSize < Count) {
        // Unlike memmove_s, which leaves the destination as it is.
        memset(Destination, 0, DestinationSize);
        return Source ? ERANGE : EINVAL;
    }
    memmove(Destination, Source, Count);
    return 0;
}
