// SPDX-License-Identifier: MIT
// What the two forms of XPRESS share: earlier data are found by a hash of three bytes, and bytes are written
// and read up to an end. IRQL as compress.h's.
#ifndef KMODE_RTL_COMPRESS_XPRESS_H
#define KMODE_RTL_COMPRESS_XPRESS_H

#include "rtl/compress.h"

#define MIN_MATCH         3u
#define FAST_ATTEMPTS     4u // of earlier positions that each engine looks at
#define THOROUGH_ATTEMPTS 256u
#define LENGTH_BYTE       255u // the largest value of a length's byte, which says that more follows

// ---- Matches

// Positions in the data, plus 1; 0 for none.
typedef struct _XPRESS_HISTORY {
    PULONG Newest;  // by hash
    PULONG Earlier; // with the same hash, by position modulo the window
    ULONG HashShift, Window;
} XPRESS_HISTORY;

static inline PULONG RtlpNewest(const XPRESS_HISTORY *History, const UCHAR *Bytes)
{
    ULONG Hash = (ULONG)(Bytes[0] | Bytes[1] << 8 | Bytes[2] << 16) * 0x9E3779B1u;
    return &History->Newest[Hash >> History->HashShift];
}

static inline VOID RtlpRemember(const XPRESS_HISTORY *History, const UCHAR *Source, ULONG SourceSize,
                                ULONG Position)
{
    if (SourceSize - Position >= MIN_MATCH) {
        PULONG Newest = RtlpNewest(History, Source + Position);
        History->Earlier[Position % History->Window] = *Newest;
        *Newest = Position + 1;
    }
}

// Length of the longest match found, of Longest at most; 0 for none. Distances are less than the window.
static inline ULONG RtlpFindMatch(const XPRESS_HISTORY *History, const UCHAR *Source, ULONG Position,
                                  ULONG Longest, ULONG Attempts, PULONG Distance)
{
    ULONG Best = 0;
    if (Longest < MIN_MATCH) {
        return 0;
    }
    // What has left the window ends the search: its place in Earlier is another's.
    for (ULONG At = *RtlpNewest(History, Source + Position);
         At != 0 && Position - (At - 1) < History->Window && Attempts != 0 && Best < Longest;
         At = History->Earlier[(At - 1) % History->Window], --Attempts) {
        const UCHAR *Old = Source + At - 1, *New = Source + Position;
        ULONG Length = 0;
        while (Length < Longest && Old[Length] == New[Length]) {
            ++Length;
        }
        if (Length >= MIN_MATCH && Length > Best) {
            Best = Length;
            *Distance = (ULONG)(New - Old);
        }
    }
    return Best;
}

// ---- Bytes

typedef struct _XPRESS_BYTE_WRITER {
    PUCHAR Target;
    ULONG Size, Used;
    BOOLEAN IsFull;
} XPRESS_BYTE_WRITER;

static inline VOID RtlpPut(XPRESS_BYTE_WRITER *Writer, ULONG Value, ULONG Bytes)
{
    if (Writer->Size - Writer->Used < Bytes) {
        Writer->IsFull = TRUE;
        return;
    }
    memcpy(Writer->Target + Writer->Used, &Value, Bytes);
    Writer->Used += Bytes;
}

typedef struct _XPRESS_BYTE_READER {
    const UCHAR *Source;
    ULONG Size, Used;
    BOOLEAN IsShort;
} XPRESS_BYTE_READER;

// 0 and IsShort if the data end before.
static inline ULONG RtlpGet(XPRESS_BYTE_READER *Reader, ULONG Bytes)
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

#endif
