// SPDX-License-Identifier: MIT
// XPRESS without Huffman codes: the plain LZ77 of [MS-XCA] 2.3 and 2.4.
//
// Groups of a 32-bit word of flags and as many items: a literal byte for a 0, highest bit first, or for a 1 a
// match of 13 bits of displacement and 3 of length, longer lengths in more and more bytes behind. Two matches
// share a byte for their first 4 further bits. The flags left over at the end are ones.
#include "rtl/compress-xpress.h"

#define MAX_MATCH (MAXUSHORT + MIN_MATCH)

#define WINDOW    8192u
#define HASH_BITS 12

#define LENGTH_ITEM   7u // the largest value of each field, which says that the next one follows
#define LENGTH_NIBBLE 15u

// Positions in the data, plus 1; 0 for none.
typedef struct _XPRESS_WORK_SPACE {
    ULONG Newest[1 << HASH_BITS];
    ULONG Earlier[WINDOW]; // with the same hash, by position modulo the window
} XPRESS_WORK_SPACE;

// What is written, and the places in it still to be filled: offsets, 0 for no half-used byte.
typedef struct _XPRESS_WRITER {
    XPRESS_BYTE_WRITER Bytes;
    ULONG FlagsAt, Flags, FlagsLeft;
    ULONG NibbleAt;
} XPRESS_WRITER;

static VOID RtlpStoreFlags(XPRESS_WRITER *Writer)
{
    if (!Writer->Bytes.IsFull) {
        memcpy(Writer->Bytes.Target + Writer->FlagsAt, &Writer->Flags, sizeof(ULONG));
    }
}

static VOID RtlpReserveFlags(XPRESS_WRITER *Writer)
{
    Writer->FlagsAt = Writer->Bytes.Used;
    Writer->Flags = 0;
    Writer->FlagsLeft = 32;
    RtlpPut(&Writer->Bytes, 0, sizeof(ULONG));
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

    RtlpPut(&Writer->Bytes, (Displacement - 1) << 3 | min(Rest, LENGTH_ITEM), sizeof(USHORT));
    if (Rest < LENGTH_ITEM) {
        return;
    }
    Rest -= LENGTH_ITEM;
    Nibble = min(Rest, LENGTH_NIBBLE);
    if (Writer->NibbleAt == 0) {
        Writer->NibbleAt = Writer->Bytes.Used;
        RtlpPut(&Writer->Bytes, Nibble, sizeof(UCHAR));
    } else {
        Writer->Bytes.Target[Writer->NibbleAt] |= (UCHAR)(Nibble << 4);
        Writer->NibbleAt = 0;
    }
    if (Rest < LENGTH_NIBBLE) {
        return;
    }
    Rest -= LENGTH_NIBBLE;
    RtlpPut(&Writer->Bytes, min(Rest, LENGTH_BYTE), sizeof(UCHAR));
    if (Rest >= LENGTH_BYTE) {
        RtlpPut(&Writer->Bytes, Length - MIN_MATCH, sizeof(USHORT));
    }
}

static NTSTATUS RtlpCompressXpress(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                                   BOOLEAN IsThorough, PULONG FinalSize, PVOID WorkSpace)
{
    XPRESS_WORK_SPACE *Work = WorkSpace;
    const XPRESS_HISTORY History = {Work->Newest, Work->Earlier, 32 - HASH_BITS, WINDOW};
    XPRESS_WRITER Writer = {.Bytes = {.Target = Target, .Size = TargetSize}};
    ULONG Position = 0, Attempts = IsThorough ? THOROUGH_ATTEMPTS : FAST_ATTEMPTS;

    memset(Work->Newest, 0, sizeof(Work->Newest));
    RtlpReserveFlags(&Writer);
    while (Position < SourceSize && !Writer.Bytes.IsFull) {
        ULONG Displacement = 0, Length;
        Length = RtlpFindMatch(&History, Source, Position, min(SourceSize - Position, MAX_MATCH), Attempts,
                               &Displacement);
        if (Length != 0) {
            RtlpPutMatch(&Writer, Displacement, Length);
            RtlpPutFlag(&Writer, 1);
        } else {
            RtlpPut(&Writer.Bytes, Source[Position], sizeof(UCHAR));
            RtlpPutFlag(&Writer, 0);
            Length = 1;
        }
        for (; Length != 0; --Length, ++Position) {
            RtlpRemember(&History, Source, SourceSize, Position);
        }
    }
    if (Writer.Bytes.IsFull) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Writer.Flags |= MAXULONG >> (32 - Writer.FlagsLeft);
    RtlpStoreFlags(&Writer);
    *FinalSize = Writer.Bytes.Used;
    return STATUS_SUCCESS;
}

// ---- Decompression ----------------------------------------------------------------------------------------

typedef struct _XPRESS_READER {
    XPRESS_BYTE_READER Bytes;
    ULONG NibbleAt; // offset of a half-used byte; 0 for none
} XPRESS_READER;

static ULONG RtlpGetNibble(XPRESS_READER *Reader)
{
    ULONG Nibble;

    if (Reader->NibbleAt != 0) {
        Nibble = Reader->Bytes.Source[Reader->NibbleAt] >> 4;
        Reader->NibbleAt = 0;
        return Nibble;
    }
    Reader->NibbleAt = Reader->Bytes.Used;
    return RtlpGet(&Reader->Bytes, sizeof(UCHAR)) & 0xF;
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
    Length = RtlpGet(&Reader->Bytes, sizeof(UCHAR));
    if (Length != LENGTH_BYTE) {
        return LENGTH_ITEM + LENGTH_NIBBLE + Length;
    }
    Length = RtlpGet(&Reader->Bytes, sizeof(USHORT));
    if (Length == 0) {
        Length = RtlpGet(&Reader->Bytes, sizeof(ULONG));
    }
    if (Length < LENGTH_ITEM + LENGTH_NIBBLE) {
        Reader->Bytes.IsShort = TRUE;
    }
    return Length;
}

static NTSTATUS RtlpDecompressXpress(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                                     PULONG FinalSize)
{
    XPRESS_READER Reader = {.Bytes = {.Source = Source, .Size = SourceSize}};
    ULONG Done = 0, Flags = 0, FlagsLeft = 0;

    for (;;) {
        if (FlagsLeft == 0) {
            Flags = RtlpGet(&Reader.Bytes, sizeof(ULONG));
            FlagsLeft = 32;
        }
        FlagsLeft -= 1;
        if ((Flags >> FlagsLeft & 1) == 0) {
            ULONG Literal = RtlpGet(&Reader.Bytes, sizeof(UCHAR));
            if (Reader.Bytes.IsShort || Done == TargetSize) {
                return STATUS_BAD_COMPRESSION_BUFFER;
            }
            Target[Done++] = (UCHAR)Literal;
        } else if (Reader.Bytes.Used == Reader.Bytes.Size && !Reader.Bytes.IsShort) {
            *FinalSize = Done;
            return STATUS_SUCCESS;
        } else {
            ULONG Item = RtlpGet(&Reader.Bytes, sizeof(USHORT)), Displacement = (Item >> 3) + 1;
            ULONGLONG Length = RtlpGetLength(&Reader, Item & LENGTH_ITEM) + MIN_MATCH;
            if (Reader.Bytes.IsShort || Displacement > Done || Length > TargetSize - Done) {
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
