// SPDX-License-Identifier: MIT
// XPRESS without Huffman codes: the plain LZ77 of [MS-XCA] 2.3 and 2.4.
//
// Groups of a 32-bit word of flags and as many items: a literal byte for a 0, highest bit first, or for a 1 a
// match of 13 bits of displacement and 3 of length, longer lengths in more and more bytes behind. Two matches
// share a byte for their first 4 further bits. The flags left over at the end are ones.
#include "rtl/compress.h"

#define MIN_MATCH 3u
#define MAX_MATCH (MAXUSHORT + MIN_MATCH)

#define WINDOW    8192u
#define HASH_SIZE 4096u

#define FAST_ATTEMPTS     4u // of earlier positions that each engine looks at
#define THOROUGH_ATTEMPTS 256u

#define LENGTH_ITEM   7u // the largest value of each field, which says that the next one follows
#define LENGTH_NIBBLE 15u
#define LENGTH_BYTE   255u

// Positions in the data, plus 1; 0 for none.
typedef struct _XPRESS_WORK_SPACE {
    ULONG Newest[HASH_SIZE];
    ULONG Earlier[WINDOW]; // with the same hash, by position modulo the window
} XPRESS_WORK_SPACE;

// What is written, and the places in it still to be filled: offsets, 0 for no half-used byte.
typedef struct _XPRESS_WRITER {
    PUCHAR Target;
    ULONG Size, Used;
    ULONG FlagsAt, Flags, FlagsLeft;
    ULONG NibbleAt;
    BOOLEAN IsFull;
} XPRESS_WRITER;

static VOID RtlpPut(XPRESS_WRITER *Writer, ULONG Value, ULONG Bytes)
{
    if (Writer->Size - Writer->Used < Bytes) {
        Writer->IsFull = TRUE;
        return;
    }
    memcpy(Writer->Target + Writer->Used, &Value, Bytes);
    Writer->Used += Bytes;
}

static VOID RtlpStoreFlags(XPRESS_WRITER *Writer)
{
    if (!Writer->IsFull) {
        memcpy(Writer->Target + Writer->FlagsAt, &Writer->Flags, sizeof(ULONG));
    }
}

static VOID RtlpReserveFlags(XPRESS_WRITER *Writer)
{
    Writer->FlagsAt = Writer->Used;
    Writer->Flags = 0;
    Writer->FlagsLeft = 32;
    RtlpPut(Writer, 0, sizeof(ULONG));
}

// Behind an item: its flag.
static VOID RtlpPutFlag(XPRESS_WRITER *Writer, ULONG Flag)
{
    Writer->FlagsLeft -= 1;
    Writer->Flags |= Flag << Writer->FlagsLeft;
    if (Writer->FlagsLeft == 0) {
        RtlpStoreFlags(Writer);
        RtlpReserveFlags(Writer);
    }
}

static VOID RtlpPutMatch(XPRESS_WRITER *Writer, ULONG Displacement, ULONG Length)
{
    ULONG Rest = Length - MIN_MATCH, Nibble;

    RtlpPut(Writer, (Displacement - 1) << 3 | min(Rest, LENGTH_ITEM), sizeof(USHORT));
    if (Rest < LENGTH_ITEM) {
        return;
    }
    Rest -= LENGTH_ITEM;
    Nibble = min(Rest, LENGTH_NIBBLE);
    if (Writer->NibbleAt == 0) {
        Writer->NibbleAt = Writer->Used;
        RtlpPut(Writer, Nibble, sizeof(UCHAR));
    } else {
        Writer->Target[Writer->NibbleAt] |= (UCHAR)(Nibble << 4);
        Writer->NibbleAt = 0;
    }
    if (Rest < LENGTH_NIBBLE) {
        return;
    }
    Rest -= LENGTH_NIBBLE;
    RtlpPut(Writer, min(Rest, LENGTH_BYTE), sizeof(UCHAR));
    if (Rest >= LENGTH_BYTE) {
        RtlpPut(Writer, Length - MIN_MATCH, sizeof(USHORT));
    }
}

static ULONG RtlpHash(const UCHAR *Bytes)
{
    return ((ULONG)(Bytes[0] | Bytes[1] << 8 | Bytes[2] << 16) * 0x9E3779B1u) >> 20;
}

static VOID RtlpRemember(XPRESS_WORK_SPACE *Work, const UCHAR *Source, ULONG SourceSize, ULONG Position)
{
    if (SourceSize - Position >= MIN_MATCH) {
        PULONG Newest = &Work->Newest[RtlpHash(Source + Position)];
        Work->Earlier[Position % WINDOW] = *Newest;
        *Newest = Position + 1;
    }
}

// Length of the longest match found; 0 for none.
static ULONG RtlpFindMatch(const XPRESS_WORK_SPACE *Work, const UCHAR *Source, ULONG SourceSize,
                           ULONG Position, ULONG Attempts, PULONG Displacement)
{
    ULONG Longest = min(SourceSize - Position, MAX_MATCH), Best = 0, At;

    if (Longest < MIN_MATCH) {
        return 0;
    }
    // What has left the window ends the search: its place in Earlier is another's.
    At = Work->Newest[RtlpHash(Source + Position)];
    for (; At != 0 && Position - (At - 1) < WINDOW && Attempts != 0 && Best < Longest;
         At = Work->Earlier[(At - 1) % WINDOW], --Attempts) {
        const UCHAR *Old = Source + At - 1, *New = Source + Position;
        ULONG Length = 0;
        while (Length < Longest && Old[Length] == New[Length]) {
            ++Length;
        }
        if (Length >= MIN_MATCH && Length > Best) {
            Best = Length;
            *Displacement = (ULONG)(New - Old);
        }
    }
    return Best;
}

static NTSTATUS RtlpCompressXpress(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                                   BOOLEAN IsThorough, PULONG FinalSize, PVOID WorkSpace)
{
    XPRESS_WORK_SPACE *Work = WorkSpace;
    XPRESS_WRITER Writer = {.Target = Target, .Size = TargetSize};
    ULONG Position = 0, Attempts = IsThorough ? THOROUGH_ATTEMPTS : FAST_ATTEMPTS;

    memset(Work->Newest, 0, sizeof(Work->Newest));
    RtlpReserveFlags(&Writer);
    while (Position < SourceSize && !Writer.IsFull) {
        ULONG Displacement = 0, Length;
        Length = RtlpFindMatch(Work, Source, SourceSize, Position, Attempts, &Displacement);
        if (Length != 0) {
            RtlpPutMatch(&Writer, Displacement, Length);
            RtlpPutFlag(&Writer, 1);
        } else {
            RtlpPut(&Writer, Source[Position], sizeof(UCHAR));
            RtlpPutFlag(&Writer, 0);
            Length = 1;
        }
        for (; Length != 0; --Length, ++Position) {
            RtlpRemember(Work, Source, SourceSize, Position);
        }
    }
    if (Writer.IsFull) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Writer.Flags |= MAXULONG >> (32 - Writer.FlagsLeft);
    RtlpStoreFlags(&Writer);
    *FinalSize = Writer.Used;
    return STATUS_SUCCESS;
}

// ---- Decompression ----------------------------------------------------------------------------------------

typedef struct _XPRESS_READER {
    const UCHAR *Source;
    ULONG Size, Used;
    ULONG NibbleAt; // offset of a half-used byte; 0 for none
    BOOLEAN IsShort;
} XPRESS_READER;

// 0 and IsShort if the data end before.
static ULONG RtlpGet(XPRESS_READER *Reader, ULONG Bytes)
{
    ULONG Value = 0;

    if (Reader->Size - Reader->Used < Bytes) {
        Reader->IsShort = TRUE;
        return 0;
    }
    memcpy(&Value, Reader->Source + Reader->Used, Bytes);
    Reader->Used += Bytes;
    return Value;
}

static ULONG RtlpGetNibble(XPRESS_READER *Reader)
{
    ULONG Nibble;

    if (Reader->NibbleAt != 0) {
        Nibble = Reader->Source[Reader->NibbleAt] >> 4;
        Reader->NibbleAt = 0;
        return Nibble;
    }
    Reader->NibbleAt = Reader->Used;
    return RtlpGet(Reader, sizeof(UCHAR)) & 0xF;
}

// Length less MIN_MATCH, as 64 bits that 32 may be added to. IsShort also for a length that has a shorter
// form.
static ULONGLONG RtlpGetLength(XPRESS_READER *Reader, ULONG Item)
{
    ULONG Length = Item;

    if (Length != LENGTH_ITEM) {
        return Length;
    }
    Length = RtlpGetNibble(Reader);
    if (Length != LENGTH_NIBBLE) {
        return LENGTH_ITEM + Length;
    }
    Length = RtlpGet(Reader, sizeof(UCHAR));
    if (Length != LENGTH_BYTE) {
        return LENGTH_ITEM + LENGTH_NIBBLE + Length;
    }
    Length = RtlpGet(Reader, sizeof(USHORT));
    if (Length == 0) {
        Length = RtlpGet(Reader, sizeof(ULONG));
    }
    if (Length < LENGTH_ITEM + LENGTH_NIBBLE) {
        Reader->IsShort = TRUE;
    }
    return Length;
}

static NTSTATUS RtlpDecompressXpress(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                                     PULONG FinalSize)
{
    XPRESS_READER Reader = {.Source = Source, .Size = SourceSize};
    ULONG Done = 0, Flags = 0, FlagsLeft = 0;

    for (;;) {
        if (FlagsLeft == 0) {
            Flags = RtlpGet(&Reader, sizeof(ULONG));
            FlagsLeft = 32;
        }
        FlagsLeft -= 1;
        if ((Flags >> FlagsLeft & 1) == 0) {
            ULONG Literal = RtlpGet(&Reader, sizeof(UCHAR));
            if (Reader.IsShort || Done == TargetSize) {
                return STATUS_BAD_COMPRESSION_BUFFER;
            }
            Target[Done++] = (UCHAR)Literal;
        } else if (Reader.Used == Reader.Size && !Reader.IsShort) {
            *FinalSize = Done;
            return STATUS_SUCCESS;
        } else {
            ULONG Item = RtlpGet(&Reader, sizeof(USHORT)), Displacement = (Item >> 3) + 1;
            ULONGLONG Length = RtlpGetLength(&Reader, Item & LENGTH_ITEM) + MIN_MATCH;
            if (Reader.IsShort || Displacement > Done || Length > TargetSize - Done) {
                return STATUS_BAD_COMPRESSION_BUFFER;
            }
            for (; Length != 0; --Length, ++Done) {
                Target[Done] = Target[Done - Displacement];
            }
        }
    }
}

const RTLP_COMPRESSION_FORMAT RtlpXpressFormat = {
    .CompressWorkSpace = sizeof(XPRESS_WORK_SPACE),
    .Compress = RtlpCompressXpress,
    .Decompress = RtlpDecompressXpress,
};
