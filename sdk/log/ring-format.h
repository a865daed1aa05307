// SPDX-License-Identifier: MIT
// How a log ring lies in memory and in a file: what the SDK writes and `kmode log` reads. Only fixed-width
// types, little-endian, so that both sides compile it.
//
// A ring is one block of memory: a header, then a block for each processor: what its writers and its reader
// keep, and its slots. A record takes one slot or several that follow each other, round and round.
//
// A processor's head and the stamp of a slot are one kind of number:
//
//     63 ............ 2 + PositionBits | .............. 2 | 1      | 0
//     serial of the record             | position         | first  | complete
//
// The position counts slots, modulo 32 times their number: so many records as there are slots, each of
// KMP_RING_RECORD_SLOTS, are less than that. The serial counts records, so that a reader who was overtaken
// knows how many it has lost.
#ifndef KMODE_SDK_LOG_RING_FORMAT_H
#define KMODE_SDK_LOG_RING_FORMAT_H

#include <stdint.h>

#define KMP_RING_VERSION 2u

// Of a ring in memory, and of what KmLogRingCopy fills. Put together at run time: the image that knows them
// is not to be taken for a ring.
#define KMP_RING_SIGNATURE0        UINT64_C(0x676F4C65646F4D6B) // "kModeLog"
#define KMP_RING_SIGNATURE1        UINT64_C(0x1A0D0A676E69520B) // "\vRing\n\r" and a control character
#define KMP_RING_STREAM_SIGNATURE1 UINT64_C(0x1A0D0A79706F430B) // "\vCopy\n\r" alike

#define KMP_RING_SLOT_BYTES    64u
#define KMP_RING_MINIMUM_SLOTS 64u // a processor
#define KMP_RING_MAXIMUM_SLOTS (1u << 20)
#define KMP_RING_RECORD_SLOTS  16u // at most

#define KMP_STAMP_COMPLETE UINT64_C(1)
#define KMP_STAMP_FIRST    UINT64_C(2)
#define KMP_STAMP_FLAGS    2u // bits below the position
#define KMP_RING_LAP_BITS  5u // of the position, above the slot's index

// KMP_RING_HEADER.Flags
#define KMP_RING_DROP                1u // a full ring drops the new record; else it overwrites the oldest
#define KMP_RING_PERFORMANCE_COUNTER 2u // records' times are of the performance counter
#define KMP_RING_COARSE              4u // they are of the interrupt time; neither: of the time stamp counter
#define KMP_RING_IRQL                8u // records have the IRQL of who wrote them; else it is 0

// What a record is.
#define KMP_RECORD_DEFERRED 1u // Site is a KM_LOG_DEFERRED_SITE; the payload is its arguments
#define KMP_RECORD_TEXT     2u // Site is a KM_LOG_SITE; the payload is the message
#define KMP_RECORD_DATA     3u // whatever the driver has written

// The image whose records these are.
typedef struct KMP_RING_IMAGE {
    uint64_t Base; // where it is loaded
    uint32_t Size; // SizeOfImage
    uint32_t TimeDateStamp;
    uint8_t Guid[16]; // of its PDB; zeroes if it has none
    uint32_t Age;
    uint32_t CheckSum;
    char Name[32]; // the last component of its PDB's name, cut; empty if it has none
} KMP_RING_IMAGE;

// When it was what: the clock of the records beside the system time, in units of 100 ns since 1601.
typedef struct KMP_RING_MOMENT {
    uint64_t Time;
    uint64_t SystemTime;
} KMP_RING_MOMENT;

typedef struct KMP_RING_HEADER {
    uint64_t Signature[2];
    uint32_t Version;
    uint32_t HeaderBytes; // where the first processor's block starts
    uint64_t Bytes;       // of the ring, or of the copy, all told
    uint64_t Address;     // of this header where it was, so that a copy elsewhere can be told
    uint32_t Processors;  // blocks, a power of two
    uint32_t Slots;       // of each, a power of two
    uint32_t ProcessorBytes;
    uint32_t Flags;
    uint32_t PositionBits;
    uint32_t Reserved;
    uint64_t Frequency; // of the records' clock, in Hz, as measured at the start
    KMP_RING_MOMENT Start;
    KMP_RING_MOMENT Latest; // as of the last reading; equal to Start before
    KMP_RING_IMAGE Image;
    uint64_t Lost;    // of a copy: records of all processors that were overwritten unread
    uint64_t Dropped; // and that found no room
    uint8_t Padding[64];
} KMP_RING_HEADER;

// A slot. The first of a record has all of it; in those behind it everything after the stamp is payload.
typedef struct KMP_RING_SLOT {
    uint64_t Stamp;
    uint64_t Time;
    uint64_t Word; // KMP_RECORD_WORD
    uint64_t Ids;  // KMP_RECORD_IDS
    uint8_t Payload[32];
} KMP_RING_SLOT;

#define KMP_FIRST_PAYLOAD (KMP_RING_SLOT_BYTES - 32u)
#define KMP_NEXT_PAYLOAD  (KMP_RING_SLOT_BYTES - 8u)
#define KMP_RECORD_BYTES  (KMP_FIRST_PAYLOAD + (KMP_RING_RECORD_SLOTS - 1) * KMP_NEXT_PAYLOAD)

// Site: the site's address from the image's base on, 0: none. Bytes: of the payload.
#define KMP_RECORD_WORD(Site, Bytes, Kind, Irql, Processor)                                                  \
    ((uint64_t)(uint32_t)(Site) | (uint64_t)(Bytes) << 32 | (uint64_t)(Kind) << 42 |                         \
     (uint64_t)(Irql) << 44 | (uint64_t)(Processor) << 48)
#define KMP_WORD_SITE(Word)      ((uint32_t)(Word))
#define KMP_WORD_BYTES(Word)     ((uint32_t)((Word) >> 32) & 0x3FFu)
#define KMP_WORD_KIND(Word)      ((uint32_t)((Word) >> 42) & 0x3u)
#define KMP_WORD_IRQL(Word)      ((uint32_t)((Word) >> 44) & 0xFu)
#define KMP_WORD_PROCESSOR(Word) ((uint32_t)((Word) >> 48))

// Of process and thread; Windows makes them as it makes handles, of 32 bits.
#define KMP_RECORD_IDS(Process, Thread) ((uint64_t)(uint32_t)(Process) | (uint64_t)(uint32_t)(Thread) << 32)
#define KMP_IDS_PROCESS(Ids)            ((uint32_t)(Ids))
#define KMP_IDS_THREAD(Ids)             ((uint32_t)((Ids) >> 32))

// A processor's block begins with it; its slots follow.
typedef struct KMP_RING_PROCESSOR {
    // The writers'.
    volatile uint64_t Head;    // what the next record's stamp is to be
    volatile uint64_t Dropped; // records that found no room
    uint64_t WriterPadding[6];
    // The reader's.
    volatile uint64_t Tail; // the stamp of the next record to be read
    volatile uint64_t Lost; // records that were overwritten before they were read
    volatile uint64_t Read; // records that were read
    uint64_t Cursor;        // Tail of a copy that is being made
    uint64_t CursorLost;
    uint64_t ReaderPadding[3];
} KMP_RING_PROCESSOR;

// A copy (KmLogRingCopy) is a header with KMP_RING_STREAM_SIGNATURE1, its Processors and Slots 0, and behind
// it records in order of time, each a KMP_STREAM_RECORD with its payload, filled up to eight bytes.
typedef struct KMP_STREAM_RECORD {
    uint64_t Time;
    uint64_t Word;
    uint64_t Ids;
} KMP_STREAM_RECORD;

// ---- Deferred records

// The types of arguments. Those from KMP_ARGUMENT_STRING on are copied; before them, an argument is a word.
#define KMP_ARGUMENT_INTEGER        1u // sign- or zero-extended to 64 bits
#define KMP_ARGUMENT_POINTER        2u
#define KMP_ARGUMENT_STRING         3u // of CHAR
#define KMP_ARGUMENT_WIDE_STRING    4u // of WCHAR
#define KMP_ARGUMENT_ANSI_STRING    5u
#define KMP_ARGUMENT_UNICODE_STRING 6u

#define KMP_DEFERRED_ARGUMENTS 12u // at most

// What stands in front of a copied argument's bytes, which are filled up to eight.
typedef struct KMP_COPIED_ARGUMENT {
    uint16_t Bytes;
    uint16_t Flags; // KMP_COPIED_*
    uint32_t Reserved;
} KMP_COPIED_ARGUMENT;

#define KMP_COPIED_CUT  1u // there was more
#define KMP_COPIED_NULL 2u // it was a NULL pointer

// KM_LOG_DEFERRED_SITE and KM_LOG_SITE as they lie in an image; pointers are of the image's preferred base.
typedef struct KMP_IMAGE_SITE {
    uint32_t Level;
    uint32_t Line;
    uint64_t Target;
    uint64_t File;
    uint64_t Function;
    uint64_t Decision; // the log's own
} KMP_IMAGE_SITE;

typedef struct KMP_IMAGE_DEFERRED_SITE {
    KMP_IMAGE_SITE Site;
    uint64_t Format;
    uint8_t Count;
    uint8_t Types[15];
} KMP_IMAGE_DEFERRED_SITE;

_Static_assert(sizeof(KMP_RING_IMAGE) == 72, "layout");
_Static_assert(sizeof(KMP_RING_HEADER) == 256, "layout");
_Static_assert(sizeof(KMP_RING_SLOT) == KMP_RING_SLOT_BYTES, "layout");
_Static_assert(sizeof(KMP_RING_PROCESSOR) == 128, "layout");
_Static_assert(sizeof(KMP_IMAGE_SITE) == 40, "layout");
_Static_assert(sizeof(KMP_IMAGE_DEFERRED_SITE) == 64, "layout");

#endif
