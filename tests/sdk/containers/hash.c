// SPDX-License-Identifier: MIT
// Keyed hashes, and strings compared without regard to case.
#include "test.h"
#include <kmode.h>
#include "../../../sdk/containers/sip-hash.h"

// SipHash-1-3 of the bytes 0, 1, 2, ... by the key 00 01 ... 0F.
// implementations.
static void TestVectors(void)
{
    ULONG64 Rest = 0;
    KMP_SIP_HASH Hash;

    KmpSipBegin(&Hash, 0x0706050403020100, 0x0F0E0D0C0B0A0908);
    IS(KmpSipEnd(&Hash, 0, 0), 0xABAC0158050FC4DC);
    KmpSipBegin(&Hash, 0x0706050403020100, 0x0F0E0D0C0B0A0908);
    IS(KmpSipEnd(&Hash, 0, 1), 0xC9F49BF37D57CA93);
    for (ULONG Index = 0; Index < 7; Index += 1) {
        Rest |= (ULONG64)Index << 8 * Index;
    }
    KmpSipBegin(&Hash, 0x0706050403020100, 0x0F0E0D0C0B0A0908);
    IS(KmpSipEnd(&Hash, Rest, 7), 0xD3927D989BB11140);
    KmpSipBegin(&Hash, 0x0706050403020100, 0x0F0E0D0C0B0A0908);
    KmpSipWord(&Hash, 0x0706050403020100);
    IS(KmpSipEnd(&Hash, 0, 8), 0x369095118D299A8E);
}

static void TestBytes(void)
{
    static UCHAR Bytes[64];
    ULONG64 Hashes[65];
    ULONG Alike = 0;

    for (ULONG Index = 0; Index < 64; Index += 1) {
        Bytes[Index] = 0;
    }
    for (ULONG Length = 0; Length <= 64; Length += 1) {
        Hashes[Length] = KmHashBytes(Bytes, Length, 5);
        for (ULONG Before = 0; Before < Length; Before += 1) {
            Alike += Hashes[Before] == Hashes[Length];
        }
    }
    IS(Alike, 0);
    IS(KmHashBytes(NULL, 0, 5), Hashes[0]);
    OK(KmHashBytes(Bytes, 10, 6) != Hashes[10]);
    for (ULONG Bit = 0; Bit < 512; Bit += 1) {
        Bytes[Bit / 8] ^= 1 << Bit % 8;
        Alike += KmHashBytes(Bytes, 64, 5) == Hashes[64];
        Bytes[Bit / 8] ^= 1 << Bit % 8;
    }
    IS(Alike, 0);
    // At any address.
    Alike = 0;
    for (ULONG Index = 0; Index < 64; Index += 1) {
        Bytes[Index] = (UCHAR)(Index % 8);
    }
    for (ULONG Index = 0; Index < 7; Index += 1) {
        Alike += KmHashBytes(Bytes + 8 * Index, 8, 1) == KmHashBytes(Bytes, 8, 1);
    }
    IS(Alike, 7);
}

static void TestCase(void)
{
    ULONG Different = 0;

    for (ULONG Unit = 0; Unit < 0x10000; Unit += 1) {
        if (KmUpcaseUnicodeChar((WCHAR)Unit) != RtlUpcaseUnicodeChar((WCHAR)Unit)) {
            Different += 1;
        }
    }
    IS(Different, 0);
    IS(KmUpcaseUnicodeChar(L'z'), 'Z');
    IS(KmUpcaseUnicodeChar(L'{'), '{');
    IS(KmUpcaseUnicodeChar(L'`'), '`');
    IS(KmUpcaseUnicodeChar(0x00E4), 0x00C4);
    IS(KmUpcaseUnicodeChar(0x00FF), 0x0178);
    IS(KmUpcaseUnicodeChar(0x0131), 0x0131);
    IS(KmUpcaseUnicodeChar(0x0451), 0x0401);
    IS(KmUpcaseUnicodeChar(0xFF5A), 0xFF3A);
    IS(KmUpcaseUnicodeChar(0xFFFF), 0xFFFF);
    IS(KmUpcaseUnicodeChar(0xD835), 0xD835);
}

static void TestStrings(void)
{
    static const UNICODE_STRING Upper = RTL_CONSTANT_STRING(L"\\REGISTRY\\\x00C4\x0401"),
                                Lower = RTL_CONSTANT_STRING(L"\\registry\\\x00E4\x0451"),
                                Other = RTL_CONSTANT_STRING(L"\\registry\\\x00E4\x0452"),
                                Shorter = RTL_CONSTANT_STRING(L"\\registry\\\x00E4"), Empty = {0, 0, NULL};
    KIRQL OldIrql;
    ULONG Right = 0;

    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    Right += KmEqualUnicodeString(&Upper, &Lower);
    Right += KmEqualUnicodeString(&Lower, &Upper);
    Right += !KmEqualUnicodeString(&Lower, &Other);
    Right += !KmEqualUnicodeString(&Lower, &Shorter);
    Right += !KmEqualUnicodeString(&Empty, &Shorter);
    Right += KmEqualUnicodeString(&Empty, &Empty);
    Right += KmHashUnicodeString(&Upper, 9) == KmHashUnicodeString(&Lower, 9);
    Right += KmHashUnicodeString(&Upper, 9) != KmHashUnicodeString(&Lower, 8);
    Right += KmHashUnicodeString(&Other, 9) != KmHashUnicodeString(&Lower, 9);
    Right += KmHashUnicodeString(&Shorter, 9) != KmHashUnicodeString(&Lower, 9);
    Right += KmHashUnicodeString(&Upper, 9) == KmHashBytes(Upper.Buffer, Upper.Length, 9);
    Right += KmHashUnicodeString(&Empty, 9) == KmHashBytes(NULL, 0, 9);
    KeLowerIrql(OldIrql);
    IS(Right, 12);
}

TEST_DRIVER(TestVectors, TestBytes, TestCase, TestStrings)
