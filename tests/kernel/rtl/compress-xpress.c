// SPDX-License-Identifier: MIT
// RtlCompressBuffer and RtlDecompressBuffer with XPRESS: the specification's examples, round trips, bad data.
#include "test.h"

#ifndef COMPRESSION_FORMAT_XPRESS
#define COMPRESSION_FORMAT_XPRESS 3
#endif

#define FORMAT COMPRESSION_FORMAT_XPRESS
#define ROOM   150000
#include "compress-xpress.h"

static NTSTATUS Decompress(const void *Data, ULONG Size, ULONG Room, PULONG Final)
{
    return RtlDecompressBuffer(COMPRESSION_FORMAT_XPRESS, Unpacked, Room, (PUCHAR)Data, Size, Final);
}

static void TestBegin(void)
{
    ULONG Size, Fragment;

    IS(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_XPRESS | COMPRESSION_ENGINE_HIBER, &Size, &Fragment),
       STATUS_NOT_SUPPORTED);
    IS(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_XPRESS, &Size, &Fragment), STATUS_SUCCESS);
    WorkSpace = ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'prmC');
    OK(WorkSpace != NULL);
    IS(RtlDecompressFragment(COMPRESSION_FORMAT_XPRESS, Unpacked, 1, Packed, 1, 0, &Size, WorkSpace),
       STATUS_UNSUPPORTED_COMPRESSION);
}

// [MS-XCA] 3.1.
static void TestExamples(void)
{
    static const UCHAR Alphabet[] = {0x3f, 0x00, 0x00, 0x00, 'a', 'b', 'c', 'd', 'e', 'f',
                                     'g',  'h',  'i',  'j',  'k', 'l', 'm', 'n', 'o', 'p',
                                     'q',  'r',  's',  't',  'u', 'v', 'w', 'x', 'y', 'z'};
    static const UCHAR Repeated[] = {0xff, 0xff, 0xff, 0x1f, 'a',  'b', 'c',
                                     0x17, 0x00, 0x0f, 0xff, 0x26, 0x01};
    ULONG Size = 0, Wrong = 0;

    IS(Decompress(Alphabet, sizeof(Alphabet), ROOM, &Size), STATUS_SUCCESS);
    IS(Size, 26);
    IS(RtlCompareMemory(Unpacked, Alphabet + 4, 26), 26);
    IS(Compress(COMPRESSION_ENGINE_STANDARD, Alphabet + 4, 26, ROOM, &Size), STATUS_SUCCESS);
    IS(Size, sizeof(Alphabet));
    IS(RtlCompareMemory(Packed, Alphabet, Size), sizeof(Alphabet));

    IS(Decompress(Repeated, sizeof(Repeated), 300, &Size), STATUS_SUCCESS);
    IS(Size, 300);
    for (ULONG I = 0; I < 300; ++I) {
        Wrong += Unpacked[I] != "abc"[I % 3];
    }
    IS(Wrong, 0);
    RtlCopyMemory(Plain, Unpacked, 300);
    IS(Compress(COMPRESSION_ENGINE_MAXIMUM, Plain, 300, ROOM, &Size), STATUS_SUCCESS);
    IS(Size, sizeof(Repeated));
    IS(RtlCompareMemory(Packed, Repeated, Size), sizeof(Repeated));
    Size = 7;
    IS(Decompress(Repeated, sizeof(Repeated), 299, &Size), STATUS_BAD_COMPRESSION_BUFFER);
    for (ULONG I = 0; I < sizeof(Repeated); ++I) {
        Wrong += I != 7 && Decompress(Repeated, I, ROOM, &Size) != STATUS_BAD_COMPRESSION_BUFFER;
    }
    IS(Wrong, 0);
    IS(Size, 7);
    IS(Decompress(Repeated, 7, ROOM, &Size),
       STATUS_SUCCESS); // behind the literals, the next flag is a 1: the end
    IS(Size, 3);
}

static void TestRoundTrips(void)
{
    static const ULONG Sizes[] = {1, 2, 3, 31, 32, 33, 64, 8191, 8192, 8193, 70000, ROOM};

    IS(CountWrongRoundTrips(Sizes, RTL_NUMBER_OF(Sizes)), 0);
    RtlZeroMemory(Plain, 100);
    ULONG Size;
    IS(Compress(COMPRESSION_ENGINE_STANDARD, Plain, 100, ROOM, &Size), STATUS_BUFFER_ALL_ZEROS);
}

// Noise neither reads nor writes outside, and gives no other answer.
static void TestBadData(void)
{
    ULONG Bad = 0, Size;

    for (ULONG Seed = 0; Seed < 3000; ++Seed) {
        Random = Seed * 2654435761u;
        ULONG Count = Next(300), Room = Next(2000);
        for (ULONG I = 0; I < Count; ++I) {
            Packed[I] = (UCHAR)(Next(3) ? Next(256) : Next(2) * 255);
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
