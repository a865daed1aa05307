// SPDX-License-Identifier: MIT
// The writer of hives: a file in memory, to which cells are added.
#ifndef KMODE_CM_HIVE_WRITE_H
#define KMODE_CM_HIVE_WRITE_H

#include "cm/hive-read.h"

typedef struct _CM_HIVE_WRITER {
    // Makes Buffer one of Room bytes or more, with what is in it. False: no memory.
    bool (*Grow)(struct _CM_HIVE_WRITER *Writer, uint32_t Room);
    uint16_t (*Upcase)(uint16_t Character);
    uint32_t Minor; // 3: as Windows 2000 reads it; 5
    uint64_t Time;
    uint8_t *Buffer; // the caller's, from Grow
    uint32_t Room;
    uint32_t Bytes;         // in use: the file's, at the end
    uint32_t FreeBytes;     // at the end of the last bin
    uint32_t FirstSecurity; // of the ring; CM_HIVE_NO_CELL: none
} CM_HIVE_WRITER;

typedef struct _CM_HIVE_NEW_KEY {
    CM_HIVE_NAME Name, Class;
    uint16_t Flags; // CM_HIVE_KEY_*
    uint64_t LastWritten;
    uint32_t Parent;    // CM_HIVE_NO_CELL: it is the root
    uint32_t UserFlags; // bits 16 to 23 of LargestSubKeyName
    const void *Security;
    uint32_t SecurityBytes; // 0: none
    uint32_t SubKeyCount, ValueCount;
} CM_HIVE_NEW_KEY;

// False: no memory, or more than a hive can have. Grow, Upcase, Minor and Time are set, the rest is zero.
bool CmpBeginHive(CM_HIVE_WRITER *Writer);
// *Cell: of the new key, whose subkeys and values follow, each at its index; a subkey names its Parent.
bool CmpWriteHiveKey(CM_HIVE_WRITER *Writer, const CM_HIVE_NEW_KEY *Key, uint32_t *Cell);
// Cell is Parent's subkey Index; they are sorted.
void CmpLinkHiveSubKey(CM_HIVE_WRITER *Writer, uint32_t Parent, uint32_t Index, uint32_t Cell);
bool CmpWriteHiveValue(CM_HIVE_WRITER *Writer, uint32_t Key, uint32_t Index, const CM_HIVE_NAME *Name,
                       uint32_t Type, const void *Data, uint32_t DataBytes);
// Buffer is a file of Bytes. FileName has up to 32 characters.
void CmpEndHive(CM_HIVE_WRITER *Writer, uint32_t Root, uint32_t Sequence, const CM_HIVE_NAME *FileName);

#endif
