// SPDX-License-Identifier: MIT
// RtlCompressBuffer and RtlDecompressBufferEx with XPRESS and Huffman codes: the specification's examples,
// round trips, bad data.
#include "test.h"

#ifndef COMPRESSION_FORMAT_XPRESS_HUFF
#define COMPRESSION_FORMAT_XPRESS_HUFF 4
#endif

#define FORMAT COMPRESSION_FORMAT_XPRESS_HUFF
#define ROOM   200000
#include "compress-xpress.h"

static NTSTATUS Decompress(const void *Data, ULONG Size, ULONG Room, PULONG Final)
{
    return RtlDecompressBufferEx(COMPRESSION_FORMAT_XPRESS_HUFF, Unpacked, Room, (PUCHAR)Data, Size, Final,
                                 WorkSpace);
}

static void TestBegin(void)
{
    ULONG Size, Fragment;

    IS(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_XPRESS_HUFF | COMPRESSION_ENGINE_HIBER, &Size,
                                      &Fragment),
       STATUS_NOT_SUPPORTED);
    IS(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_XPRESS_HUFF, &Size, &Fragment), STATUS_SUCCESS);
    WorkSpace = ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'prmC');
    OK(WorkSpace != NULL);
    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_XPRESS_HUFF, Unpacked, 1, Packed, 1, &Size),
       STATUS_UNSUPPORTED_COMPRESSION);
    IS(RtlDecompressFragment(COMPRESSION_FORMAT_XPRESS_HUFF, Unpacked, 1, Packed, 1, 0, &Size, WorkSpace),
       STATUS_UNSUPPORTED_COMPRESSION);
}

// [MS-XCA] 3.2: code lengths of the symbols, then the words and bytes.
static void TestExamples(void)
{
    static UCHAR Alphabet[256 + 20] = {[48] = 0x50,  [49 ... 58] = 0x55,
                                       [59] = 0x45,  [60] = 0x44,
                                       [61] = 0x04,  [128] = 0x04,
                                       [256] = 0xd8, 0x52,
                                       0x3e,         0xd7,
                                       0x94,         0x11,
                                       0x5b,         0xe9,
                                       0x19,         0x5f,
                                       0xf9,         0xd6,
                                       0x7c,         0xdf,
                                       0x8d,         0x04,
                                       0x00,         0x00,
                                       0x00,         0x00};
    static UCHAR Repeated[256 + 7] = {
        [48] = 0x30, [49] = 0x23, [128] = 0x02, [143] = 0x20, [256] = 0xa8, 0xdc,
        0x00,        0x00,        0xff,         0x26,         0x01};
    ULONG Size = 0, Wrong = 0;

    IS(Decompress(Alphabet, sizeof(Alphabet), 26, &Size), STATUS_SUCCESS);
    IS(Size, 26);
    OK(RtlCompareMemory(Unpacked, "abcdefghijklmnopqrstuvwxyz", 26) == 26);
    Size = 0;
    IS(Decompress(Alphabet, sizeof(Alphabet), ROOM, &Size), STATUS_SUCCESS); // more room than is needed
    IS(Size, 26);

    IS(Decompress(Repeated, sizeof(Repeated), 300, &Size), STATUS_SUCCESS);
    IS(Size, 300);
    for (ULONG I = 0; I < 300; ++I) {
        Wrong += Unpacked[I] != "abc"[I % 3];
    }
    IS(Wrong, 0);
    RtlCopyMemory(Plain, Unpacked, 300);
    IS(Compress(COMPRESSION_ENGINE_MAXIMUM, Plain, 300, ROOM, &Size), STATUS_SUCCESS);
    IS(Size, sizeof(Repeated));
    Size = 7;
    IS(Decompress(Repeated, sizeof(Repeated), 299, &Size), STATUS_BAD_COMPRESSION_BUFFER);
    for (ULONG I = 0; I < sizeof(Repeated); ++I) {
        Wrong += Decompress(Repeated, I, ROOM, &Size) != STATUS_BAD_COMPRESSION_BUFFER;
    }
    IS(Wrong, 0);
    IS(Size, 7);
    // Codes that do not use up all bits, or use more than there are.
    Repeated[48] = 0x40;
    IS(Decompress(Repeated, sizeof(Repeated), 300, &Size), STATUS_BAD_COMPRESSION_BUFFER);
    Repeated[48] = 0x20;
    IS(Decompress(Repeated, sizeof(Repeated), 300, &Size), STATUS_BAD_COMPRESSION_BUFFER);
    IS(RtlDecompressBufferEx2(COMPRESSION_FORMAT_XPRESS_HUFF, Unpacked, 26, Alphabet, sizeof(Alphabet), 4096,
                              &Size, WorkSpace),
       STATUS_SUCCESS);
}

static void TestRoundTrips(void)
{
    static const ULONG Sizes[] = {1, 2, 3, 31, 32, 33, 64, 8191, 65535, 65536, 65537, 131072, ROOM};

    IS(CountWrongRoundTrips(Sizes, RTL_NUMBER_OF(Sizes)), 0);
    // Smaller than XPRESS alone makes text of few letters.
    for (ULONG I = 0; I < 20000; ++I) {
        Plain[I] = (UCHAR)("eetaoin shrdlu"[Next(14)]);
    }
    ULONG Size, PlainSize;
    IS(Compress(COMPRESSION_ENGINE_STANDARD, Plain, 20000, ROOM, &Size), STATUS_SUCCESS);
    IS(RtlCompressBuffer(COMPRESSION_FORMAT_XPRESS_HUFF - 1, Plain, 20000, Packed, ROOM, 4096, &PlainSize,
                         WorkSpace),
       STATUS_SUCCESS);
    OK(Size < PlainSize && Size < 11500);
    RtlZeroMemory(Plain, 100);
    IS(Compress(COMPRESSION_ENGINE_STANDARD, Plain, 100, ROOM, &Size), STATUS_BUFFER_ALL_ZEROS);
}

// Noise neither reads nor writes outside, and gives no other answer.
static void TestBadData(void)
{
    ULONG Bad = 0, Size;

    for (ULONG Seed = 0; Seed < 3000; ++Seed) {
        Random = Seed * 2654435761u;
        ULONG Count = 256 + Next(300), Room = Next(2000);
        // All codes of 9 bits, or of any lengths.
        for (ULONG I = 0; I < Count; ++I) {
            Packed[I] = (UCHAR)(I < 256 && Seed % 4 != 0 ? 0x99 : Next(3) ? Next(256) : Next(2) * 255);
        }
        Unpacked[Room] = PAST_ROOM;
        NTSTATUS Status = Decompress(Packed, Count, Room, &Size);
        Bad += (Status != STATUS_SUCCESS && Status != STATUS_BAD_COMPRESSION_BUFFER) ||
               Unpacked[Room] != PAST_ROOM || (Status == STATUS_SUCCESS && Size > Room);
    }
    IS(Bad, 0);
    ExFreePoolWithTag(WorkSpace, 'prmC');
}

TEST_DRIVER(TestBegin, TestExamples, TestRoundTrips, TestBadData)
