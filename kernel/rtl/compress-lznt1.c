// SPDX-License-Identifier: MIT
// LZNT1, as [MS-XCA] 2.5 has it: chunks of 4096 bytes, each compressed for itself or stored.
//
// A chunk is a header and data: groups of a flag byte and eight items, a literal byte for a 0, lowest bit
// first, or for a 1 two bytes of displacement and length, whose border moves with the position in the chunk.
#include "rtl/compress.h"

#define CHUNK_SIZE 4096u

#define HEADER_SIZE       2u
#define HEADER_COMPRESSED 0x8000u
#define HEADER_SIGNATURE  0x3000u
#define HEADER_LENGTH     0x0FFFu // of the data, less 1

#define MIN_MATCH 3u

#define HASH_SIZE     4096u
#define FAST_ATTEMPTS 4u // of earlier positions that the standard engine looks at

// Positions in the chunk, plus 1; 0 for none.
typedef struct _LZNT1_WORK_SPACE {
    USHORT Newest[HASH_SIZE];
    USHORT Earlier[CHUNK_SIZE]; // with the same hash
} LZNT1_WORK_SPACE;

typedef struct _LZNT1_MATCH {
    ULONG Displacement, Length;
} LZNT1_MATCH;

// How many bits of an item are the length, at a position from 1: the displacement has what it needs, 4 at
// least.
static ULONG RtlpLengthBits(ULONG Position)
{
    ULONG Bits = 12;

    for (ULONG Reach = 16; Reach < Position; Reach *= 2) {
        --Bits;
    }
    return Bits;
}

static ULONG RtlpHash(const UCHAR *Bytes)
{
    return ((ULONG)(Bytes[0] | Bytes[1] << 8 | Bytes[2] << 16) * 0x9E3779B1u) >> 20;
}

static VOID RtlpRemember(LZNT1_WORK_SPACE *Work, const UCHAR *Chunk, ULONG Size, ULONG Position)
{
    if (Size - Position >= MIN_MATCH) {
        PUSHORT Newest = &Work->Newest[RtlpHash(Chunk + Position)];
        Work->Earlier[Position] = *Newest;
        *Newest = (USHORT)(Position + 1);
    }
}

static LZNT1_MATCH RtlpFindMatch(const LZNT1_WORK_SPACE *Work, const UCHAR *Chunk, ULONG Size, ULONG Position,
                                 ULONG Attempts)
{
    LZNT1_MATCH Best = {0, 0};
    ULONG Longest, At;

    if (Position == 0 || Size - Position < MIN_MATCH) {
        return Best;
    }
    Longest = min(Size - Position, (1u << RtlpLengthBits(Position)) - 1 + MIN_MATCH);
    At = Work->Newest[RtlpHash(Chunk + Position)];
    for (; At != 0 && Attempts != 0 && Best.Length < Longest; At = Work->Earlier[At - 1], --Attempts) {
        const UCHAR *Old = Chunk + At - 1, *New = Chunk + Position;
        ULONG Length = 0;
        while (Length < Longest && Old[Length] == New[Length]) {
            ++Length;
        }
        if (Length >= MIN_MATCH && Length > Best.Length) {
            Best.Length = Length;
            Best.Displacement = (ULONG)(New - Old);
        }
    }
    return Best;
}

// Size of the data written to Target; 0 if they are more than Room.
static ULONG RtlpCompressChunk(const UCHAR *Chunk, ULONG Size, PUCHAR Target, ULONG Room, ULONG Attempts,
                               LZNT1_WORK_SPACE *Work)
{
    ULONG Used = 0, Flags = 0, Item = 0, Position = 0;

    memset(Work->Newest, 0, sizeof(Work->Newest));
    while (Position < Size) {
        LZNT1_MATCH Match = RtlpFindMatch(Work, Chunk, Size, Position, Attempts);
        ULONG Length = max(Match.Length, 1);

        if (Item % 8 == 0) {
            Flags = Used++;
        }
        if (Used + (Match.Length != 0 ? 2 : 1) > Room) {
            return 0;
        }
        if (Item % 8 == 0) {
            Target[Flags] = 0;
        }
        if (Match.Length != 0) {
            ULONG Word = (Match.Displacement - 1) << RtlpLengthBits(Position) | (Match.Length - MIN_MATCH);
            Target[Flags] |= (UCHAR)(1 << Item % 8);
            Target[Used++] = (UCHAR)Word;
            Target[Used++] = (UCHAR)(Word >> 8);
        } else {
            Target[Used++] = Chunk[Position];
        }
        ++Item;
        for (; Length != 0; --Length, ++Position) {
            RtlpRemember(Work, Chunk, Size, Position);
        }
    }
    return Used;
}

static VOID RtlpWriteHeader(PUCHAR Target, ULONG Flags, ULONG DataSize)
{
    ULONG Header = Flags | HEADER_SIGNATURE | (DataSize - 1);

    Target[0] = (UCHAR)Header;
    Target[1] = (UCHAR)(Header >> 8);
}

static NTSTATUS RtlpCompressLznt1(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                                  BOOLEAN IsThorough, PULONG FinalSize, PVOID WorkSpace)
{
    ULONG Used = 0, Done = 0;

    while (Done < SourceSize) {
        ULONG Size = min(SourceSize - Done, CHUNK_SIZE), Room = TargetSize - Used, Data = 0;
        if (Room > HEADER_SIZE) {
            Room -= HEADER_SIZE;
            Data = RtlpCompressChunk(Source + Done, Size, Target + Used + HEADER_SIZE, min(Room, Size - 1),
                                     IsThorough ? CHUNK_SIZE : FAST_ATTEMPTS, WorkSpace);
        } else {
            Room = 0;
        }
        if (Data != 0) {
            RtlpWriteHeader(Target + Used, HEADER_COMPRESSED, Data);
        } else if (Size <= Room) {
            Data = Size;
            RtlpWriteHeader(Target + Used, 0, Data);
            memcpy(Target + Used + HEADER_SIZE, Source + Done, Data);
        } else {
            return STATUS_BUFFER_TOO_SMALL;
        }
        Used += HEADER_SIZE + Data;
        Done += Size;
    }
    *FinalSize = Used;
    return STATUS_SUCCESS;
}

// Bytes written to Target, of which a chunk gives at least one; 0 if they are more than Room, or Data is
// none.
static ULONG RtlpDecompressChunk(const UCHAR *Data, const UCHAR *End, PUCHAR Target, ULONG Room)
{
    ULONG Position = 0, Flags = 1; // with a 1 behind the flags still to come

    while (Data < End) {
        if (Flags == 1) {
            Flags = 0x100u | *Data++;
            continue;
        }
        if ((Flags & 1) == 0) {
            if (Position == Room) {
                return 0;
            }
            Target[Position++] = *Data++;
        } else {
            ULONG Bits = RtlpLengthBits(Position), Word, Length, Displacement;
            if (End - Data < 2) {
                return 0;
            }
            Word = Data[0] | (ULONG)Data[1] << 8;
            Data += 2;
            Length = (Word & ((1u << Bits) - 1)) + MIN_MATCH;
            Displacement = (Word >> Bits) + 1;
            if (Displacement > Position || Length > Room - Position) {
                return 0;
            }
            for (; Length != 0; --Length, ++Position) {
                Target[Position] = Target[Position - Displacement];
            }
        }
        Flags >>= 1;
    }
    return Position;
}

typedef struct _LZNT1_CHUNK {
    const UCHAR *Data, *End;
    BOOLEAN IsCompressed;
} LZNT1_CHUNK;

// The chunk at *Source, which goes on to the next one. STATUS_NO_MORE_ENTRIES at the end: a header of 0, or
// no room for one.
static NTSTATUS RtlpNextChunk(const UCHAR **Source, const UCHAR *End, LZNT1_CHUNK *Chunk)
{
    ULONG Header;

    if (End - *Source < (LONG_PTR)HEADER_SIZE || ((*Source)[0] | (*Source)[1]) == 0) {
        return STATUS_NO_MORE_ENTRIES;
    }
    Header = (*Source)[0] | (ULONG)(*Source)[1] << 8;
    Chunk->Data = *Source + HEADER_SIZE;
    Chunk->IsCompressed = (Header & HEADER_COMPRESSED) != 0;
    if (End - Chunk->Data < (LONG_PTR)(Header & HEADER_LENGTH) + 1) {
        return STATUS_BAD_COMPRESSION_BUFFER;
    }
    *Source = Chunk->End = Chunk->Data + (Header & HEADER_LENGTH) + 1;
    return STATUS_SUCCESS;
}

static ULONG RtlpExpandChunk(const LZNT1_CHUNK *Chunk, PUCHAR Target, ULONG Room)
{
    ULONG Size = (ULONG)(Chunk->End - Chunk->Data);

    if (Chunk->IsCompressed) {
        return RtlpDecompressChunk(Chunk->Data, Chunk->End, Target, min(Room, CHUNK_SIZE));
    }
    if (Size > Room) {
        return 0;
    }
    memcpy(Target, Chunk->Data, Size);
    return Size;
}

// A chunk that gives less than 4096 bytes and is not the last has zeros behind it: chunks lie where they lay.
static NTSTATUS RtlpDecompressLznt1(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                                    PULONG FinalSize)
{
    const UCHAR *End = Source + SourceSize;
    ULONG Done = 0;
    LZNT1_CHUNK Chunk;
    NTSTATUS Status;

    while (NT_SUCCESS(Status = RtlpNextChunk(&Source, End, &Chunk))) {
        ULONG Gap = (0 - Done) % CHUNK_SIZE, Size;
        if (Gap > TargetSize - Done) {
            return STATUS_BAD_COMPRESSION_BUFFER;
        }
        memset(Target + Done, 0, Gap);
        Done += Gap;
        Size = RtlpExpandChunk(&Chunk, Target + Done, TargetSize - Done);
        if (Size == 0) {
            return STATUS_BAD_COMPRESSION_BUFFER;
        }
        Done += Size;
    }
    if (Status != STATUS_NO_MORE_ENTRIES) {
        return Status;
    }
    *FinalSize = Done;
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpDecompressLznt1Fragment(const UCHAR *Source, ULONG SourceSize, PUCHAR Target,
                                            ULONG TargetSize, ULONG Offset, PULONG FinalSize, PVOID WorkSpace)
{
    const UCHAR *End = Source + SourceSize;
    PUCHAR Expanded = WorkSpace;
    ULONG Done = 0;
    LZNT1_CHUNK Chunk;
    NTSTATUS Status = STATUS_SUCCESS;

    while (Done < TargetSize && NT_SUCCESS(Status = RtlpNextChunk(&Source, End, &Chunk))) {
        ULONG Size, Count;
        if (Offset >= CHUNK_SIZE) {
            Offset -= CHUNK_SIZE;
            continue;
        }
        Size = RtlpExpandChunk(&Chunk, Expanded, CHUNK_SIZE);
        if (Size == 0) {
            return STATUS_BAD_COMPRESSION_BUFFER;
        }
        if (End - Source >= (LONG_PTR)HEADER_SIZE && (Source[0] | Source[1]) != 0) {
            memset(Expanded + Size, 0, CHUNK_SIZE - Size);
            Size = CHUNK_SIZE;
        }
        Count = Offset < Size ? min(Size - Offset, TargetSize - Done) : 0;
        memcpy(Target + Done, Expanded + Offset, Count);
        Done += Count;
        Offset = 0;
    }
    if (Status != STATUS_NO_MORE_ENTRIES && !NT_SUCCESS(Status)) {
        return Status;
    }
    *FinalSize = Done;
    return STATUS_SUCCESS;
}

const RTLP_COMPRESSION_FORMAT RtlpLznt1Format = {
    .CompressWorkSpace = sizeof(LZNT1_WORK_SPACE),
    .FragmentWorkSpace = CHUNK_SIZE,
    .Compress = RtlpCompressLznt1,
    .Decompress = RtlpDecompressLznt1,
    .DecompressFragment = RtlpDecompressLznt1Fragment,
};
