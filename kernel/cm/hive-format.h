// SPDX-License-Identifier: MIT
// Registry hives as files: a base block, then bins of cells, of which keys, values, lists and security
// descriptors are made. Known to nobody but the reader and the writer, which are built outside of the kernel
// too, by their fuzzer. The format: "Windows registry file format specification", msuhanov/regf.
#ifndef KMODE_CM_HIVE_FORMAT_H
#define KMODE_CM_HIVE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CM_HIVE_BLOCK_BYTES    4096u // of the base block, and what bins are multiples of
#define CM_HIVE_NO_CELL        0xFFFFFFFFu
#define CM_HIVE_MAXIMUM_NAME   255u
#define CM_HIVE_MAXIMUM_LEVELS 512u

// Two characters, or four, as they lie in memory.
#define CM_HIVE_SIGNATURE_2(a, b) ((uint16_t)((a) | (b) << 8))
#define CM_HIVE_SIGNATURE_4(a, b, c, d)                                                                      \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

#pragma pack(push, 1)

typedef struct _CM_HIVE_BASE_BLOCK {
    uint32_t Signature;                          // "regf"
    uint32_t PrimarySequence, SecondarySequence; // different: the bins are being written
    uint64_t LastWritten;
    uint32_t Major, Minor; // 1, 3 to 6
    uint32_t Type;         // 0: a primary file
    uint32_t Format;       // 1: as it is in memory
    uint32_t RootCell;
    uint32_t BinBytes;         // of all bins
    uint32_t ClusteringFactor; // 1
    uint16_t FileName[32];     // the end of its path
    uint8_t Reserved[396];
    uint32_t CheckSum; // of what stands before it
} CM_HIVE_BASE_BLOCK;

typedef struct _CM_HIVE_BIN {
    uint32_t Signature; // "hbin"
    uint32_t Offset;    // behind the base block, as all offsets are
    uint32_t Bytes;
    uint64_t Reserved;
    uint64_t LastWritten;
    uint32_t Spare;
} CM_HIVE_BIN;

#define CM_HIVE_KEY_ROOT            0x0004u
#define CM_HIVE_KEY_NO_DELETE       0x0008u
#define CM_HIVE_KEY_LINK            0x0010u
#define CM_HIVE_KEY_COMPRESSED_NAME 0x0020u // a byte a character

typedef struct _CM_HIVE_KEY_NODE {
    uint16_t Signature; // "nk"
    uint16_t Flags;     // CM_HIVE_KEY_*
    uint64_t LastWritten;
    uint32_t AccessBits;
    uint32_t Parent;
    uint32_t SubKeyCount, VolatileSubKeyCount;
    uint32_t SubKeyList, VolatileSubKeyList;
    uint32_t ValueCount;
    uint32_t ValueList;
    uint32_t Security;
    uint32_t Class;
    uint32_t LargestSubKeyName; // the low half, bytes of UTF-16; bits 16 to 19 are the user's flags
    uint32_t LargestSubKeyClass;
    uint32_t LargestValueName;
    uint32_t LargestValueData;
    uint32_t WorkVar;
    uint16_t NameBytes;
    uint16_t ClassBytes;
    // the name
} CM_HIVE_KEY_NODE;

#define CM_HIVE_VALUE_COMPRESSED_NAME 0x0001u
#define CM_HIVE_DATA_IN_PLACE         0x80000000u // of DataBytes: Data is no offset

typedef struct _CM_HIVE_VALUE_NODE {
    uint16_t Signature; // "vk"
    uint16_t NameBytes;
    uint32_t DataBytes;
    uint32_t Data;
    uint32_t Type;
    uint16_t Flags;
    uint16_t Spare;
    // the name
} CM_HIVE_VALUE_NODE;

typedef struct _CM_HIVE_SECURITY_NODE {
    uint16_t Signature; // "sk"
    uint16_t Reserved;
    uint32_t Next, Previous; // a ring of all
    uint32_t ReferenceCount;
    uint32_t DescriptorBytes;
    // the descriptor
} CM_HIVE_SECURITY_NODE;

// "li": offsets of keys; "lf" and "lh": those, each with four bytes by which a search goes faster; "ri":
// offsets of the others.
typedef struct _CM_HIVE_LIST {
    uint16_t Signature;
    uint16_t Count;
} CM_HIVE_LIST;

typedef struct _CM_HIVE_LIST_ENTRY {
    uint32_t Key;
    uint32_t Hint; // "lf": the name's first characters; "lh": its hash
} CM_HIVE_LIST_ENTRY;

// Since 1.4, data that are longer than a segment.
#define CM_HIVE_SEGMENT_BYTES 16344u

typedef struct _CM_HIVE_BIG_DATA {
    uint16_t Signature; // "db"
    uint16_t Count;
    uint32_t List; // of the segments' offsets
} CM_HIVE_BIG_DATA;

#pragma pack(pop)

#define CM_HIVE_NK CM_HIVE_SIGNATURE_2('n', 'k')
#define CM_HIVE_VK CM_HIVE_SIGNATURE_2('v', 'k')
#define CM_HIVE_SK CM_HIVE_SIGNATURE_2('s', 'k')
#define CM_HIVE_LI CM_HIVE_SIGNATURE_2('l', 'i')
#define CM_HIVE_LF CM_HIVE_SIGNATURE_2('l', 'f')
#define CM_HIVE_LH CM_HIVE_SIGNATURE_2('l', 'h')
#define CM_HIVE_RI CM_HIVE_SIGNATURE_2('r', 'i')
#define CM_HIVE_DB CM_HIVE_SIGNATURE_2('d', 'b')

_Static_assert(offsetof(CM_HIVE_BASE_BLOCK, CheckSum) == 508, "the base block");
_Static_assert(sizeof(CM_HIVE_BIN) == 32 && sizeof(CM_HIVE_KEY_NODE) == 76, "bins and keys");
_Static_assert(sizeof(CM_HIVE_VALUE_NODE) == 20 && sizeof(CM_HIVE_SECURITY_NODE) == 20,
               "values and security");

// All 32-bit words before it, xored; never 0 or ~0.
static inline uint32_t CmpHiveCheckSum(const void *BaseBlock)
{
    uint32_t Sum = 0;
    for (size_t Offset = 0; Offset < offsetof(CM_HIVE_BASE_BLOCK, CheckSum); Offset += sizeof(uint32_t)) {
        uint32_t Word;
        __builtin_memcpy(&Word, (const uint8_t *)BaseBlock + Offset, sizeof(Word));
        Sum ^= Word;
    }
    return Sum == 0xFFFFFFFFu ? 0xFFFFFFFEu : Sum == 0 ? 1 : Sum;
}

#endif
