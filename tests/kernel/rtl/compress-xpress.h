// SPDX-License-Identifier: MIT
// What the tests of the two forms of XPRESS share: data, and what compresses and decompresses to the same
// again. Before it are defined FORMAT and ROOM; behind it Decompress, of data into Unpacked.
#ifndef KMODE_TESTS_COMPRESS_XPRESS_H
#define KMODE_TESTS_COMPRESS_XPRESS_H

#define PAST_ROOM 0xE7

static UCHAR Plain[ROOM + 1], Packed[ROOM * 2 + 1], Unpacked[ROOM + 1];
static PVOID WorkSpace;
static ULONG Random;

static NTSTATUS Decompress(const void *Data, ULONG Size, ULONG Room, PULONG Final);

static ULONG Next(ULONG Below)
{
    Random = Random * 1664525 + 1013904223;
    return (ULONG)(((ULONG64)(Random ^ Random >> 15) * Below) >> 32);
}

static NTSTATUS Compress(USHORT Engine, const void *Data, ULONG Size, ULONG Room, PULONG Final)
{
    return RtlCompressBuffer(FORMAT | Engine, (PUCHAR)Data, Size, Packed, Room, 4096, Final, WorkSpace);
}

static BOOLEAN RoundTrip(ULONG Size, USHORT Engine)
{
    ULONG PackedSize = 0, Final = 0;

    if (!NT_SUCCESS(Compress(Engine, Plain, Size, ROOM * 2, &PackedSize))) {
        return FALSE;
    }
    Unpacked[Size] = PAST_ROOM;
    if (Decompress(Packed, PackedSize, Size, &Final) != STATUS_SUCCESS || Final != Size ||
        RtlCompareMemory(Plain, Unpacked, Size) != Size || Unpacked[Size] != PAST_ROOM) {
        return FALSE;
    }
    Packed[PackedSize] = PAST_ROOM;
    if (!NT_SUCCESS(Compress(Engine, Plain, Size, PackedSize, &Final)) || Final != PackedSize ||
        Packed[PackedSize] != PAST_ROOM) {
        return FALSE;
    }
    Packed[PackedSize - 1] = PAST_ROOM;
    return Compress(Engine, Plain, Size, PackedSize - 1, &Final) == STATUS_BUFFER_TOO_SMALL &&
           Packed[PackedSize - 1] == PAST_ROOM;
}

// How many of 50 random data, twice of each of the sizes first, are not the same again.
static ULONG CountWrongRoundTrips(const ULONG *Sizes, ULONG Count)
{
    ULONG Wrong = 0;
    for (ULONG Seed = 0; Seed < 50; ++Seed) {
        Random = Seed * 2654435761u;
        ULONG Size = Seed < Count * 2 ? Sizes[Seed / 2] : 1 + Next(30000), Kind = Next(4);
        for (ULONG I = 0; I < Size; ++I) {
            Plain[I] = (UCHAR)(Kind == 0            ? Next(256)
                               : Kind == 1          ? Next(3)
                               : Kind == 2          ? I / 80000 + 1
                               : I > 20 && Next(20) ? Plain[I - 1 - Next(20)]
                                                    : Next(256));
        }
        if (!RoundTrip(Size, COMPRESSION_ENGINE_STANDARD) || !RoundTrip(Size, COMPRESSION_ENGINE_MAXIMUM)) {
            DbgPrint("# seed %lu, %lu bytes\n", Seed, Size);
            Wrong += 1;
        }
    }
    return Wrong;
}

#endif
