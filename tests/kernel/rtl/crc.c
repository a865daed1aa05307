// SPDX-License-Identifier: MIT
// RtlComputeCrc32: the check value of the CRC's catalogue entry, and pieces.
#include "test.h"

NTSYSAPI ULONG NTAPI RtlComputeCrc32(ULONG PartialCrc, const UCHAR *Buffer, ULONG Length);

static void TestCrc32(void)
{
    static const UCHAR Digits[] = "123456789";

    IS(RtlComputeCrc32(0, Digits, 9), 0xCBF43926);
    IS(RtlComputeCrc32(0, Digits, 0), 0);
    for (ULONG I = 0; I <= 9; ++I) {
        IS(RtlComputeCrc32(RtlComputeCrc32(0, Digits, I), Digits + I, 9 - I), 0xCBF43926);
    }
    IS(RtlComputeCrc32(0, (const UCHAR *)"\0\0\0\0", 4), 0x2144DF1C);
}

TEST_DRIVER(TestCrc32)
