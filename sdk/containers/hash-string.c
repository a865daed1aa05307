// SPDX-License-Identifier: MIT
// The hash of a string without regard to case: that of the bytes of its upper-case form, which is nowhere
// written.
#include "sip-hash.h"

#define UNITS (sizeof(ULONG64) / sizeof(WCHAR))

static ULONG64 UpcaseWord(const WCHAR *Buffer, ULONG Count)
{
    ULONG64 Word = 0;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        Word |= (ULONG64)KmUpcaseUnicodeChar(Buffer[Index]) << 16 * Index;
    }
    return Word;
}

ULONG64 NTAPI KmHashUnicodeString(PCUNICODE_STRING String, ULONG64 Seed)
{
    ULONG Count = String->Length / sizeof(WCHAR), Index = 0;
    KMP_SIP_HASH Hash;

    KmpSipBegin(&Hash, Seed, ~Seed);
    for (; Count - Index >= UNITS; Index += UNITS) {
        KmpSipWord(&Hash, UpcaseWord(String->Buffer + Index, UNITS));
    }
    return KmpSipEnd(&Hash, UpcaseWord(String->Buffer + Index, Count - Index), Count * sizeof(WCHAR));
}
