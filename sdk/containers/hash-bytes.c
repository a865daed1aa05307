// SPDX-License-Identifier: MIT
// The hash of bytes.
#include "sip-hash.h"

ULONG64 NTAPI KmHashBytes(const VOID *Bytes, SIZE_T Length, ULONG64 Seed)
{
    const UCHAR *Byte = (const UCHAR *)Bytes;
    ULONG64 Rest = 0;
    KMP_SIP_HASH Hash;

    KmpSipBegin(&Hash, Seed, ~Seed);
    for (SIZE_T Words = Length / sizeof(ULONG64); Words != 0; Words -= 1) {
        ULONG64 Word;

        KMP_COPY(&Word, Byte, sizeof(Word));
        KmpSipWord(&Hash, Word);
        Byte += sizeof(Word);
    }
    for (SIZE_T Index = 0; Index < Length % sizeof(ULONG64); Index += 1) {
        Rest |= (ULONG64)Byte[Index] << 8 * Index;
    }
    return KmpSipEnd(&Hash, Rest, Length);
}
