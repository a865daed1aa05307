// SPDX-License-Identifier: MIT
// SipHash-1-3, by Aumasson and Bernstein: one round a word, three at the end.
#ifndef KMODE_CONTAINERS_SIP_HASH_H
#define KMODE_CONTAINERS_SIP_HASH_H

#include <kmode.h>

typedef struct KMP_SIP_HASH {
    ULONG64 State[4];
} KMP_SIP_HASH;

KMP_CORE ULONG64 KmpRotate(ULONG64 Word, ULONG Bits)
{
    return Word << Bits | Word >> (64 - Bits);
}

KMP_CORE VOID KmpSipRound(KMP_SIP_HASH *Hash)
{
    PULONG64 State = Hash->State;

    State[0] += State[1];
    State[1] = KmpRotate(State[1], 13) ^ State[0];
    State[0] = KmpRotate(State[0], 32);
    State[2] += State[3];
    State[3] = KmpRotate(State[3], 16) ^ State[2];
    State[0] += State[3];
    State[3] = KmpRotate(State[3], 21) ^ State[0];
    State[2] += State[1];
    State[1] = KmpRotate(State[1], 17) ^ State[2];
    State[2] = KmpRotate(State[2], 32);
}

// A key of 64 bits stands for both of its halves.
KMP_CORE VOID KmpSipBegin(KMP_SIP_HASH *Hash, ULONG64 Low, ULONG64 High)
{
    Hash->State[0] = Low ^ 0x736F6D6570736575;
    Hash->State[1] = High ^ 0x646F72616E646F6D;
    Hash->State[2] = Low ^ 0x6C7967656E657261;
    Hash->State[3] = High ^ 0x7465646279746573;
}

KMP_CORE VOID KmpSipWord(KMP_SIP_HASH *Hash, ULONG64 Word)
{
    Hash->State[3] ^= Word;
    KmpSipRound(Hash);
    Hash->State[0] ^= Word;
}

// Rest: the bytes after the last whole word; the highest byte has the length of all.
KMP_CORE ULONG64 KmpSipEnd(KMP_SIP_HASH *Hash, ULONG64 Rest, SIZE_T Length)
{
    KmpSipWord(Hash, Rest | (ULONG64)Length << 56);
    Hash->State[2] ^= 0xFF;
    KmpSipRound(Hash);
    KmpSipRound(Hash);
    KmpSipRound(Hash);
    return Hash->State[0] ^ Hash->State[1] ^ Hash->State[2] ^ Hash->State[3];
}

#endif
