// SPDX-License-Identifier: MIT
// RtlCompressBuffer and its relatives, LZNT1: arguments, the specification's example, round trips, bad data.
#include "test.h"

#define ROOM      20000
#define PAST_ROOM 0xE7

static UCHAR Plain[ROOM + 1], Packed[ROOM * 2 + 1], Unpacked[ROOM + 1];
static PVOID WorkSpace, FragmentSpace;
static ULONG Random;

static ULONG Next(ULONG Below)
{
    Random = Random * 1664525 + 1013904223;
    return (ULONG)(((ULONG64)(Random ^ Random >> 15) * Below) >> 32);
}

static void TestArguments(void)
{
    static const struct {
        USHORT Format;
        NTSTATUS Any, WithEngine;
    } Cases[] = {
        {COMPRESSION_FORMAT_NONE, STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER},
        {COMPRESSION_FORMAT_DEFAULT, STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER},
        {5, STATUS_UNSUPPORTED_COMPRESSION, STATUS_UNSUPPORTED_COMPRESSION},
        {0xFF, STATUS_UNSUPPORTED_COMPRESSION, STATUS_UNSUPPORTED_COMPRESSION},
        {COMPRESSION_FORMAT_LZNT1 | COMPRESSION_ENGINE_HIBER, STATUS_SUCCESS, STATUS_NOT_SUPPORTED},
        {COMPRESSION_FORMAT_LZNT1 | COMPRESSION_ENGINE_MAXIMUM | COMPRESSION_ENGINE_HIBER, STATUS_SUCCESS,
         STATUS_NOT_SUPPORTED},
    };
    ULONG Size = 77, Fragment = 88;

    for (ULONG I = 0; I < RTL_NUMBER_OF(Cases); ++I) {
        USHORT Format = Cases[I].Format;
        IS(RtlGetCompressionWorkSpaceSize(Format, &Size, &Fragment), Cases[I].WithEngine);
        IS(RtlCompressBuffer(Format, Plain, 10, Packed, 100, 4096, &Size, NULL), Cases[I].WithEngine);
        if (Cases[I].Any != STATUS_SUCCESS) {
            IS(RtlDecompressBuffer(Format, Unpacked, 10, Packed, 10, &Size), Cases[I].Any);
            IS(RtlDecompressBufferEx(Format, Unpacked, 10, Packed, 10, &Size, NULL), Cases[I].Any);
            IS(RtlDecompressFragment(Format, Unpacked, 10, Packed, 10, 0, &Size, NULL), Cases[I].Any);
            IS(RtlDecompressBufferEx2(Format, Unpacked, 10, Packed, 10, 4096, &Size, NULL), Cases[I].Any);
            IS(RtlDecompressFragmentEx(Format, Unpacked, 10, Packed, 10, 0, 4096, &Size, NULL), Cases[I].Any);
        }
    }
    IS(Size, 77);
    IS(Fragment, 88);

    IS(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_LZNT1, &Size, &Fragment), STATUS_SUCCESS);
    OK(Size != 77 && Fragment != 88);
    WorkSpace = ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'prmC');
    FragmentSpace = ExAllocatePoolWithTag(NonPagedPoolNx, Fragment, 'prmC');
    OK(WorkSpace != NULL && FragmentSpace != NULL);
    for (ULONG Chunk = 512; Chunk <= 4096; Chunk *= 2) {
        IS(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, (PUCHAR) "abc", 3, Packed, 100, Chunk, &Size,
                             WorkSpace),
           STATUS_SUCCESS);
        IS(Size, 5);
    }
    IS(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, Plain, 3, Packed, 100, 1000, &Size, WorkSpace),
       STATUS_INVALID_PARAMETER);
}

// [MS-XCA] 3.3.
static void TestExample(void)
{
    static const char Text[] =
        "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D "
        "E F# G F# E D E A F# F# G A A G F# E D D E F# E D D";
    static UCHAR Data[] = {0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00,
                           0x10, 0xa2, 0x47, 0x01, 0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01,
                           0x50, 0x79, 0x00, 0xc0, 0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xb4,
                           0x02, 0x4a, 0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09, 0x16, 0x01, 0x48,
                           0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00};
    ULONG Size = 0;

    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, Data, sizeof(Data), &Size),
       STATUS_SUCCESS);
    IS(Size, sizeof(Text));
    IS(RtlCompareMemory(Unpacked, Text, sizeof(Text)), sizeof(Text));
    IS(RtlDecompressBufferEx(COMPRESSION_FORMAT_LZNT1, Unpacked, sizeof(Text), Data, sizeof(Data), &Size,
                             NULL),
       STATUS_SUCCESS);
    IS(RtlDecompressBufferEx2(COMPRESSION_FORMAT_LZNT1, Unpacked, sizeof(Text), Data, sizeof(Data), 4096,
                              &Size, NULL),
       STATUS_SUCCESS);
    IS(Size, sizeof(Text));
    IS(RtlDecompressBufferEx2(COMPRESSION_FORMAT_LZNT1, Unpacked, sizeof(Text), Data, sizeof(Data), 100,
                              &Size, NULL),
       STATUS_INVALID_PARAMETER);
    IS(RtlDecompressBufferEx2(COMPRESSION_FORMAT_LZNT1, Unpacked, 9, Data, sizeof(Data), 512, &Size, NULL),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(RtlDecompressFragmentEx(COMPRESSION_FORMAT_LZNT1, Unpacked, 5, Data, sizeof(Data), 3, 4096, &Size,
                               FragmentSpace),
       STATUS_SUCCESS);
    OK(Size == 5 && RtlCompareMemory(Unpacked, Text + 3, 5) == 5);
    IS(RtlDecompressFragmentEx(COMPRESSION_FORMAT_LZNT1, Unpacked, 5, Data, sizeof(Data), 3, 8192, &Size,
                               FragmentSpace),
       STATUS_INVALID_PARAMETER);
    Size = 99;
    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, sizeof(Text) - 1, Data, sizeof(Data), &Size),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, Data, sizeof(Data) - 1, &Size),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(Size, 99);
    IS(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1 | COMPRESSION_ENGINE_MAXIMUM, (PUCHAR)Text, sizeof(Text),
                         Packed, ROOM, 4096, &Size, WorkSpace),
       STATUS_SUCCESS);
    OK(Size <= sizeof(Data));
}

static VOID MakeData(ULONG Size, ULONG Kind)
{
    for (ULONG I = 0; I < Size; ++I) {
        switch (Kind) {
        case 0: Plain[I] = (UCHAR)Next(256); break;
        case 1: Plain[I] = (UCHAR)Next(3); break;
        case 2: Plain[I] = (UCHAR)(I / 300); break;
        default: Plain[I] = I > 20 && Next(20) ? Plain[I - 1 - Next(20)] : (UCHAR)Next(256); break;
        }
    }
}

static BOOLEAN RoundTrip(ULONG Size, USHORT Engine)
{
    ULONG PackedSize = 0, UnpackedSize = 0, Again, Offset, Wanted, Expected;
    NTSTATUS Status = RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1 | Engine, Plain, Size, Packed, ROOM * 2,
                                        4096, &PackedSize, WorkSpace);

    if ((Status != STATUS_SUCCESS && Status != STATUS_BUFFER_ALL_ZEROS) ||
        PackedSize > Size + (Size + 4095) / 4096 * 2) {
        return FALSE;
    }
    // Just enough room, and one byte less.
    Packed[PackedSize] = PAST_ROOM;
    Status = RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1 | Engine, Plain, Size, Packed, PackedSize, 4096,
                               &Again, WorkSpace);
    if (!NT_SUCCESS(Status) || Again != PackedSize || Packed[PackedSize] != PAST_ROOM) {
        return FALSE;
    }
    RtlFillMemory(Unpacked, ROOM, 0xCC);
    Unpacked[Size] = PAST_ROOM;
    Status = RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, Size, Packed, PackedSize, &UnpackedSize);
    if (Status != STATUS_SUCCESS || UnpackedSize != Size || Unpacked[Size] != PAST_ROOM ||
        RtlCompareMemory(Plain, Unpacked, Size) != Size) {
        return FALSE;
    }
    for (ULONG I = 0; I < 5; ++I) {
        Offset = Next(Size + 100);
        Wanted = Next(Size + 100);
        Expected = Offset < Size ? min(Wanted, Size - Offset) : 0;
        RtlFillMemory(Unpacked, ROOM, 0xCC);
        Status = RtlDecompressFragment(COMPRESSION_FORMAT_LZNT1, Unpacked, Wanted, Packed, PackedSize, Offset,
                                       &UnpackedSize, FragmentSpace);
        if (Status != STATUS_SUCCESS || UnpackedSize != Expected ||
            RtlCompareMemory(Unpacked, Plain + Offset, Expected) != Expected || Unpacked[Expected] != 0xCC) {
            return FALSE;
        }
    }
    Packed[PackedSize - 1] = PAST_ROOM;
    Status = RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1 | Engine, Plain, Size, Packed, PackedSize - 1, 4096,
                               &Again, WorkSpace);
    return Status == STATUS_BUFFER_TOO_SMALL && Packed[PackedSize - 1] == PAST_ROOM;
}

static void TestRoundTrips(void)
{
    static const ULONG Sizes[] = {1, 2, 3, 4, 100, 4095, 4096, 4097, 8192, 12288, ROOM - 101};
    ULONG Wrong = 0;

    for (ULONG Seed = 0; Seed < 60; ++Seed) {
        Random = Seed * 2654435761u;
        ULONG Size = Seed < RTL_NUMBER_OF(Sizes) * 2 ? Sizes[Seed / 2] : 1 + Next(ROOM - 101);
        MakeData(Size, Seed % 4);
        if (!RoundTrip(Size, COMPRESSION_ENGINE_STANDARD) || !RoundTrip(Size, COMPRESSION_ENGINE_MAXIMUM)) {
            DbgPrint("# seed %lu, %lu bytes\n", Seed, Size);
            Wrong += 1;
        }
    }
    IS(Wrong, 0);
}

static void TestResults(void)
{
    ULONG Fast, Small;

    RtlZeroMemory(Plain, 10000);
    IS(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, Plain, 10000, Packed, ROOM, 4096, &Small, WorkSpace),
       STATUS_BUFFER_ALL_ZEROS);
    OK(Small < 30);
    Plain[9999] = 1;
    IS(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, Plain, 10000, Packed, ROOM, 4096, &Small, WorkSpace),
       STATUS_SUCCESS);
    Random = 4;
    MakeData(8192, 3);
    RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, Plain, 8192, Packed, ROOM, 4096, &Fast, WorkSpace);
    RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1 | COMPRESSION_ENGINE_MAXIMUM, Plain, 8192, Packed, ROOM, 4096,
                      &Small, WorkSpace);
    OK(Small <= Fast && Fast < 8192);
    IS(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, Plain, 0, Packed, ROOM, 4096, &Small, WorkSpace),
       STATUS_SUCCESS);
    IS(Small, 0);
    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, Packed, 0, &Small), STATUS_SUCCESS);
    IS(Small, 0);
}

// Chunks lie at multiples of 4096, whatever those before them gave; a header of 0 ends the data.
static void TestShortChunk(void)
{
    static UCHAR Data[] = {0x02, 0x30, 'a', 'b', 'c', 0x00, 0x30, 'd', 0x00, 0x00, 0x00, 0x30, 'e'};
    ULONG Size, Wrong = 0;

    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, Data, sizeof(Data), &Size),
       STATUS_SUCCESS);
    IS(Size, 4097);
    OK(Unpacked[0] == 'a' && Unpacked[2] == 'c' && Unpacked[4096] == 'd');
    for (ULONG I = 3; I < 4096; ++I) {
        Wrong += Unpacked[I] != 0;
    }
    IS(Wrong, 0);
    IS(RtlDecompressFragment(COMPRESSION_FORMAT_LZNT1, Unpacked, 10, Data, sizeof(Data), 4094, &Size,
                             FragmentSpace),
       STATUS_SUCCESS);
    IS(Size, 3);
    OK(Unpacked[0] == 0 && Unpacked[1] == 0 && Unpacked[2] == 'd');
}

static void TestBadData(void)
{
    static UCHAR Before[] = {0x02, 0xB0, 0x01, 0x00, 0x00};      // a match before the first byte
    static UCHAR TooFar[] = {0x03, 0xB0, 0x02, 'a', 0x00, 0x10}; // 2 back from position 1
    static UCHAR Half[] = {0x02, 0xB0, 0x02, 'a', 0x00};         // half of a match
    static UCHAR Long[] = {0x03, 0xB0, 0x02, 'a', 0xFF, 0x0F};   // more than a chunk holds
    static UCHAR Missing[] = {0x05, 0x30, 'a'};
    ULONG Size = 5, Bad = 0;

    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, Before, sizeof(Before), &Size),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, TooFar, sizeof(TooFar), &Size),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, Half, sizeof(Half), &Size),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, Long, sizeof(Long), &Size),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, ROOM, Missing, sizeof(Missing), &Size),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(RtlDecompressFragment(COMPRESSION_FORMAT_LZNT1, Unpacked, 9, Missing, sizeof(Missing), 0, &Size,
                             FragmentSpace),
       STATUS_BAD_COMPRESSION_BUFFER);
    IS(Size, 5);
    // Noise neither reads nor writes outside, and gives no other answer.
    for (ULONG Seed = 0; Seed < 2000; ++Seed) {
        Random = Seed * 2654435761u;
        ULONG Count = 2 + Next(300), Room = Next(6000);
        for (ULONG I = 0; I < Count; ++I) {
            Packed[I] = (UCHAR)(Next(3) ? Next(256) : Next(4));
        }
        Packed[0] = (UCHAR)(Count - 3);
        Packed[1] = 0xB0;
        Unpacked[Room] = PAST_ROOM;
        NTSTATUS Status = RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, Unpacked, Room, Packed, Count, &Size);
        Bad += (Status != STATUS_SUCCESS && Status != STATUS_BAD_COMPRESSION_BUFFER) ||
               Unpacked[Room] != PAST_ROOM || (Status == STATUS_SUCCESS && Size > Room);
    }
    IS(Bad, 0);
}

static void TestEnd(void)
{
    ExFreePoolWithTag(WorkSpace, 'prmC');
    ExFreePoolWithTag(FragmentSpace, 'prmC');
}

TEST_DRIVER(TestArguments, TestExample, TestRoundTrips, TestResults, TestShortChunk, TestBadData, TestEnd)
