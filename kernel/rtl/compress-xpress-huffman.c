// SPDX-License-Identifier: MIT
// XPRESS with Huffman codes: [MS-XCA] 2.1 and 2.2.
//
// Blocks of 65536 bytes of data, each with the lengths of its 512 codes, 4 bits a symbol, and its symbols: a
// byte, or 256 and more for a match, 16 lengths by 16 magnitudes of distance. The bits are in words of 16,
// the highest first; two words are ahead of the bytes that longer lengths take between them. Symbol 256 ends
// the data.
#include "rtl/compress-xpress.h"

#define BLOCK_SIZE      0x10000u
#define WINDOW          0x10000u // distances are less
#define SYMBOLS         512u
#define LENGTHS_SIZE    (SYMBOLS / 2)
#define WORDS_SIZE      4u
#define MAX_CODE_LENGTH 15u
#define END_OF_DATA     256u

#define LENGTH_ITEM 15u // the largest value of each field, which says that the next one follows

#define FAR_FOR_THREE 256u
#define FAR_FOR_FOUR  4096u

#define HASH_BITS 14

// A byte, or a match, whose Distance is not 0 and whose Length counts from MIN_MATCH.
typedef struct _XPRESS_TOKEN {
    USHORT Length;
    USHORT Distance;
} XPRESS_TOKEN;

typedef struct _XPRESS_CODE {
    ULONG Frequency;
    USHORT Bits;
    UCHAR Length; // 0: the symbol does not occur
} XPRESS_CODE;

typedef struct _XPRESS_NODE {
    ULONG Frequency;
    USHORT Parent;
} XPRESS_NODE;

typedef struct _XPRESS_HUFFMAN_WORK_SPACE {
    ULONG Newest[1 << HASH_BITS]; // positions in the data, plus 1; 0 for none
    ULONG Earlier[WINDOW];        // with the same hash, by position modulo the window
    XPRESS_TOKEN Tokens[BLOCK_SIZE];
    XPRESS_CODE Codes[SYMBOLS];
    USHORT Sorted[SYMBOLS];
    XPRESS_NODE Nodes[2 * SYMBOLS];
} XPRESS_HUFFMAN_WORK_SPACE;

// ---- Matches

// The shortest one, one byte back, is the symbol that ends the data; short ones from far away take more bits
// than their bytes.
static BOOLEAN RtlpIsWorthIt(ULONG Length, ULONG Distance)
{
    if (Length == MIN_MATCH) {
        return Distance != 1 && Distance < FAR_FOR_THREE;
    }
    return Length != 0 && (Length != MIN_MATCH + 1 || Distance < FAR_FOR_FOUR);
}

static ULONG RtlpMagnitude(ULONG Distance)
{
    return 31 - (ULONG)__builtin_clz(Distance);
}

static ULONG RtlpSymbolOf(const XPRESS_TOKEN *Token)
{
    return Token->Distance == 0
               ? Token->Length
               : END_OF_DATA + min(Token->Length, LENGTH_ITEM) + 16 * RtlpMagnitude(Token->Distance);
}

// The tokens of the block from Position on, and how often their symbols occur.
static ULONG RtlpFindTokens(XPRESS_HUFFMAN_WORK_SPACE *Work, const UCHAR *Source, ULONG SourceSize,
                            ULONG Position, ULONG Attempts)
{
    const XPRESS_HISTORY History = {Work->Newest, Work->Earlier, 32 - HASH_BITS, WINDOW};
    ULONG End = Position + min(SourceSize - Position, BLOCK_SIZE), Count = 0;
    while (Position < End) {
        ULONG Distance = 0,
              Length = RtlpFindMatch(&History, Source, Position, End - Position, Attempts, &Distance);
        if (!RtlpIsWorthIt(Length, Distance)) {
            Length = 0;
        }
        XPRESS_TOKEN *Token = &Work->Tokens[Count++];
        Token->Distance = (USHORT)(Length != 0 ? Distance : 0);
        Token->Length = (USHORT)(Length != 0 ? Length - MIN_MATCH : Source[Position]);
        Work->Codes[RtlpSymbolOf(Token)].Frequency += 1;
        for (Length = max(Length, 1); Length != 0; --Length, ++Position) {
            RtlpRemember(&History, Source, SourceSize, Position);
        }
    }
    return Count;
}

// ---- Codes

// Symbols that occur, the rarest first. Their number.
static ULONG RtlpSortSymbols(XPRESS_HUFFMAN_WORK_SPACE *Work)
{
    ULONG Count = 0;
    for (ULONG Symbol = 0; Symbol < SYMBOLS; ++Symbol) {
        ULONG Frequency = Work->Codes[Symbol].Frequency, Place = Count;
        if (Frequency == 0) {
            continue;
        }
        while (Place != 0 && Work->Codes[Work->Sorted[Place - 1]].Frequency > Frequency) {
            Work->Sorted[Place] = Work->Sorted[Place - 1];
            --Place;
        }
        Work->Sorted[Place] = (USHORT)Symbol;
        ++Count;
    }
    return Count;
}

// Huffman's lengths of Count sorted symbols, two or more; the longest.
static ULONG RtlpFindLengths(XPRESS_HUFFMAN_WORK_SPACE *Work, ULONG Count)
{
    // Leaves first, then what joins them: both in the order of their frequencies.
    ULONG Leaf = 0, Inner = Count, End = Count, Longest = 0;
    for (ULONG Index = 0; Index < Count; ++Index) {
        Work->Nodes[Index].Frequency = Work->Codes[Work->Sorted[Index]].Frequency;
    }
    for (; End < 2 * Count - 1; ++End) {
        ULONG Frequency = 0;
        for (ULONG Child = 0; Child < 2; ++Child) {
            BOOLEAN IsLeaf =
                Inner == End || (Leaf < Count && Work->Nodes[Leaf].Frequency <= Work->Nodes[Inner].Frequency);
            XPRESS_NODE *Node = &Work->Nodes[IsLeaf ? Leaf++ : Inner++];
            Frequency += Node->Frequency;
            Node->Parent = (USHORT)End;
        }
        Work->Nodes[End].Frequency = Frequency;
    }
    for (ULONG Index = 0; Index < Count; ++Index) {
        ULONG Length = 0;
        for (ULONG Node = Index; Node != End - 1; Node = Work->Nodes[Node].Parent) {
            ++Length;
        }
        Work->Codes[Work->Sorted[Index]].Length = (UCHAR)Length;
        Longest = max(Longest, Length);
    }
    return Longest;
}

static VOID RtlpMakeCodes(XPRESS_HUFFMAN_WORK_SPACE *Work)
{
    ULONG Count = RtlpSortSymbols(Work), Bits = 0;
    if (Count < 2) {
        // One code alone would not use up all bits.
        ULONG Other = Work->Codes[0].Frequency == 0 ? 0 : 1;
        Work->Codes[Other].Frequency = 1;
        Count = RtlpSortSymbols(Work);
    }
    while (RtlpFindLengths(Work, Count) > MAX_CODE_LENGTH) {
        for (ULONG Symbol = 0; Symbol < SYMBOLS; ++Symbol) {
            Work->Codes[Symbol].Frequency = (Work->Codes[Symbol].Frequency + 1) / 2;
        }
        Count = RtlpSortSymbols(Work);
    }
    // Shorter ones first, and in the order of the symbols.
    for (ULONG Length = 1; Length <= MAX_CODE_LENGTH; ++Length, Bits <<= 1) {
        for (ULONG Symbol = 0; Symbol < SYMBOLS; ++Symbol) {
            if (Work->Codes[Symbol].Length == Length) {
                Work->Codes[Symbol].Bits = (USHORT)Bits++;
            }
        }
    }
}

// ---- Writing

typedef struct _XPRESS_WRITER {
    XPRESS_BYTE_WRITER Bytes;
    ULONG WordAt, NextWordAt; // where the bits go
    ULONG Word, FreeBits;
} XPRESS_WRITER;

static VOID RtlpStoreWord(XPRESS_WRITER *Writer)
{
    USHORT Word = (USHORT)Writer->Word;
    if (!Writer->Bytes.IsFull) {
        memcpy(Writer->Bytes.Target + Writer->WordAt, &Word, sizeof(Word));
    }
}

static VOID RtlpPutBits(XPRESS_WRITER *Writer, ULONG Bits, ULONG Count)
{
    if (Writer->FreeBits >= Count) {
        Writer->FreeBits -= Count;
        Writer->Word = Writer->Word << Count | Bits;
        return;
    }
    ULONG Rest = Count - Writer->FreeBits;
    Writer->Word = Writer->Word << Writer->FreeBits | Bits >> Rest;
    RtlpStoreWord(Writer);
    Writer->WordAt = Writer->NextWordAt;
    Writer->NextWordAt = Writer->Bytes.Used;
    RtlpPut(&Writer->Bytes, 0, sizeof(USHORT));
    Writer->FreeBits = 16 - Rest;
    Writer->Word = Bits;
}

static VOID RtlpPutSymbol(XPRESS_WRITER *Writer, const XPRESS_CODE *Code)
{
    RtlpPutBits(Writer, Code->Bits, Code->Length);
}

static VOID RtlpPutToken(XPRESS_WRITER *Writer, const XPRESS_CODE *Codes, const XPRESS_TOKEN *Token)
{
    RtlpPutSymbol(Writer, &Codes[RtlpSymbolOf(Token)]);
    if (Token->Distance == 0) {
        return;
    }
    if (Token->Length >= LENGTH_ITEM) {
        RtlpPut(&Writer->Bytes, min(Token->Length - LENGTH_ITEM, LENGTH_BYTE), sizeof(UCHAR));
        if (Token->Length - LENGTH_ITEM >= LENGTH_BYTE) {
            RtlpPut(&Writer->Bytes, Token->Length, sizeof(USHORT));
        }
    }
    ULONG Magnitude = RtlpMagnitude(Token->Distance);
    RtlpPutBits(Writer, Token->Distance - (1u << Magnitude), Magnitude);
}

static VOID RtlpPutBlock(XPRESS_WRITER *Writer, const XPRESS_HUFFMAN_WORK_SPACE *Work, ULONG Count,
                         BOOLEAN IsLast)
{
    for (ULONG Symbol = 0; Symbol < SYMBOLS; Symbol += 2) {
        RtlpPut(&Writer->Bytes, Work->Codes[Symbol].Length | (ULONG)Work->Codes[Symbol + 1].Length << 4,
                sizeof(UCHAR));
    }
    Writer->WordAt = Writer->Bytes.Used;
    Writer->NextWordAt = Writer->Bytes.Used + sizeof(USHORT);
    Writer->Word = 0;
    Writer->FreeBits = 16;
    RtlpPut(&Writer->Bytes, 0, WORDS_SIZE);
    for (ULONG Index = 0; Index < Count && !Writer->Bytes.IsFull; ++Index) {
        RtlpPutToken(Writer, Work->Codes, &Work->Tokens[Index]);
    }
    if (IsLast) {
        RtlpPutSymbol(Writer, &Work->Codes[END_OF_DATA]);
    }
    Writer->Word <<= Writer->FreeBits;
    RtlpStoreWord(Writer);
}

static NTSTATUS RtlpCompressXpressHuffman(const UCHAR *Source, ULONG SourceSize, PUCHAR Target,
                                          ULONG TargetSize, BOOLEAN IsThorough, PULONG FinalSize,
                                          PVOID WorkSpace)
{
    XPRESS_HUFFMAN_WORK_SPACE *Work = WorkSpace;
    XPRESS_WRITER Writer = {.Bytes = {.Target = Target, .Size = TargetSize}};
    ULONG Position = 0;
    BOOLEAN IsLast;

    memset(Work->Newest, 0, sizeof(Work->Newest));
    do {
        memset(Work->Codes, 0, sizeof(Work->Codes));
        ULONG Count = RtlpFindTokens(Work, Source, SourceSize, Position,
                                     IsThorough ? THOROUGH_ATTEMPTS : FAST_ATTEMPTS);
        Position += min(SourceSize - Position, BLOCK_SIZE);
        IsLast = Position == SourceSize;
        if (IsLast) {
            Work->Codes[END_OF_DATA].Frequency += 1;
        }
        RtlpMakeCodes(Work);
        RtlpPutBlock(&Writer, Work, Count, IsLast);
    } while (!IsLast && !Writer.Bytes.IsFull);
    if (Writer.Bytes.IsFull) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    *FinalSize = Writer.Bytes.Used;
    return STATUS_SUCCESS;
}

// ---- Decompression

typedef struct _XPRESS_READER {
    XPRESS_BYTE_READER Bytes;
    ULONG Bits; // the next ones, the highest first
    LONG Extra; // of them beyond 16
} XPRESS_READER;

typedef struct _XPRESS_DECODER {
    USHORT Counts[MAX_CODE_LENGTH + 1]; // of codes, by length
    USHORT Symbols[SYMBOLS];            // by length, and in their order
} XPRESS_DECODER;

static VOID RtlpDropBits(XPRESS_READER *Reader, ULONG Count)
{
    Reader->Bits <<= Count;
    Reader->Extra -= (LONG)Count;
    if (Reader->Extra < 0) {
        Reader->Bits |= RtlpGet(&Reader->Bytes, sizeof(USHORT)) << -Reader->Extra;
        Reader->Extra += 16;
    }
}

static ULONG RtlpGetBits(XPRESS_READER *Reader, ULONG Count)
{
    ULONG Value = Count == 0 ? 0 : Reader->Bits >> (32 - Count);
    RtlpDropBits(Reader, Count);
    return Value;
}

// Whether the lengths are those of a code that uses up all bits.
static BOOLEAN RtlpReadLengths(XPRESS_READER *Reader, XPRESS_DECODER *Decoder)
{
    const UCHAR *Lengths = Reader->Bytes.Source + Reader->Bytes.Used;
    ULONG Places[MAX_CODE_LENGTH + 1] = {0}, Sum = 0;
    memset(Decoder->Counts, 0, sizeof(Decoder->Counts));
    for (ULONG Symbol = 0; Symbol < SYMBOLS; ++Symbol) {
        Decoder->Counts[Lengths[Symbol / 2] >> (Symbol % 2 * 4) & 0xF] += 1;
    }
    for (ULONG Length = 1; Length <= MAX_CODE_LENGTH; ++Length) {
        Places[Length] = Length == 1 ? 0 : Places[Length - 1] + Decoder->Counts[Length - 1];
        Sum += (ULONG)Decoder->Counts[Length] << (MAX_CODE_LENGTH - Length);
    }
    for (ULONG Symbol = 0; Symbol < SYMBOLS; ++Symbol) {
        ULONG Length = Lengths[Symbol / 2] >> (Symbol % 2 * 4) & 0xF;
        if (Length != 0) {
            Decoder->Symbols[Places[Length]++] = (USHORT)Symbol;
        }
    }
    Reader->Bytes.Used += LENGTHS_SIZE;
    return Sum == 1u << MAX_CODE_LENGTH;
}

static ULONG RtlpGetSymbol(XPRESS_READER *Reader, const XPRESS_DECODER *Decoder)
{
    ULONG First = 0, Place = 0;
    for (ULONG Length = 1; Length <= MAX_CODE_LENGTH; ++Length) {
        ULONG Code = Reader->Bits >> (32 - Length), Count = Decoder->Counts[Length];
        if (Code - First < Count) {
            RtlpDropBits(Reader, Length);
            return Decoder->Symbols[Place + Code - First];
        }
        Place += Count;
        First = (First + Count) << 1;
    }
    Reader->Bytes.IsShort = TRUE;
    return 0;
}

// IsShort also for a length that has a shorter form.
static ULONG RtlpGetLength(XPRESS_READER *Reader, ULONG Item)
{
    if (Item != LENGTH_ITEM) {
        return Item + MIN_MATCH;
    }
    ULONG Length = RtlpGet(&Reader->Bytes, sizeof(UCHAR));
    if (Length != LENGTH_BYTE) {
        return Length + LENGTH_ITEM + MIN_MATCH;
    }
    Length = RtlpGet(&Reader->Bytes, sizeof(USHORT));
    if (Length < LENGTH_ITEM) {
        Reader->Bytes.IsShort = TRUE;
    }
    return Length + MIN_MATCH;
}

// What decompression has written so far.
typedef struct _XPRESS_OUTPUT {
    PUCHAR Target;
    ULONG Size, Done;
} XPRESS_OUTPUT;

static BOOLEAN RtlpCopyMatch(XPRESS_OUTPUT *Output, ULONG Distance, ULONG Length)
{
    if (Distance > Output->Done || Length > Output->Size - Output->Done) {
        return FALSE;
    }
    for (; Length != 0; --Length, ++Output->Done) {
        Output->Target[Output->Done] = Output->Target[Output->Done - Distance];
    }
    return TRUE;
}

// One block. FALSE: it is not well-formed, or there is no room. *IsEnd: the data have ended.
static BOOLEAN RtlpReadBlock(XPRESS_READER *Reader, XPRESS_OUTPUT *Output, PBOOLEAN IsEnd)
{
    XPRESS_DECODER Decoder;
    ULONG End = Output->Done + BLOCK_SIZE;
    if (!RtlpReadLengths(Reader, &Decoder)) {
        return FALSE;
    }
    Reader->Bits = RtlpGet(&Reader->Bytes, sizeof(USHORT)) << 16;
    Reader->Bits |= RtlpGet(&Reader->Bytes, sizeof(USHORT));
    Reader->Extra = 16;
    while (Output->Done < End) {
        ULONG Symbol = RtlpGetSymbol(Reader, &Decoder);
        if (Reader->Bytes.IsShort) {
            return FALSE;
        }
        if (Symbol < END_OF_DATA) {
            if (Output->Done == Output->Size) {
                return FALSE;
            }
            Output->Target[Output->Done++] = (UCHAR)Symbol;
            continue;
        }
        // The end looks as a match of three bytes does: it is behind all data, with zeroes only left.
        if (Symbol == END_OF_DATA && Reader->Bytes.Used == Reader->Bytes.Size &&
            (Output->Done == Output->Size || Reader->Bits == 0)) {
            *IsEnd = TRUE;
            return TRUE;
        }
        ULONG Magnitude = (Symbol - END_OF_DATA) / 16,
              Length = RtlpGetLength(Reader, (Symbol - END_OF_DATA) % 16);
        ULONG Distance = RtlpGetBits(Reader, Magnitude) + (1u << Magnitude);
        if (Reader->Bytes.IsShort || !RtlpCopyMatch(Output, Distance, Length)) {
            return FALSE;
        }
    }
    return TRUE;
}

static NTSTATUS RtlpDecompressXpressHuffman(const UCHAR *Source, ULONG SourceSize, PUCHAR Target,
                                            ULONG TargetSize, PULONG FinalSize)
{
    XPRESS_READER Reader = {.Bytes = {.Source = Source, .Size = SourceSize}};
    XPRESS_OUTPUT Output = {.Target = Target, .Size = TargetSize};
    BOOLEAN IsEnd = FALSE;
    do {
        if (Reader.Bytes.Size - Reader.Bytes.Used < LENGTHS_SIZE + WORDS_SIZE) {
            // Data whose last block is whole may end without saying so.
            if (Output.Done == 0) {
                return STATUS_BAD_COMPRESSION_BUFFER;
            }
            break;
        }
        if (!RtlpReadBlock(&Reader, &Output, &IsEnd)) {
            return STATUS_BAD_COMPRESSION_BUFFER;
        }
    } while (!IsEnd);
    *FinalSize = Output.Done;
    return STATUS_SUCCESS;
}

const RTLP_COMPRESSION_FORMAT RtlpXpressHuffmanFormat = {
    .CompressWorkSpace = sizeof(XPRESS_HUFFMAN_WORK_SPACE),
    .FragmentWorkSpace = sizeof(XPRESS_DECODER),
    .NeedsWorkSpace = TRUE,
    .Compress = RtlpCompressXpressHuffman,
    .Decompress = RtlpDecompressXpressHuffman,
};
