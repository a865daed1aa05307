// SPDX-License-Identifier: MIT
// The reader of hives: whatever lies in the file, nothing outside of it is read.
#ifndef KMODE_CM_HIVE_READ_H
#define KMODE_CM_HIVE_READ_H

#include "cm/hive-format.h"

typedef enum _CM_HIVE_STATE {
    CmHiveValid,
    CmHiveForeign, // it is no hive
    CmHiveCorrupt, // it is one, or was
} CM_HIVE_STATE;

typedef struct _CM_HIVE_IMAGE {
    const uint8_t *Bins;
    uint32_t Bytes; // of them
    uint32_t Minor;
    uint32_t RootCell;
    uint32_t Sequence;
} CM_HIVE_IMAGE;

typedef struct _CM_HIVE_NAME {
    const uint8_t *Bytes;
    uint32_t Length; // characters
    bool Compressed;
} CM_HIVE_NAME;

typedef struct _CM_HIVE_KEY {
    uint32_t Cell;
    CM_HIVE_KEY_NODE Node;
    CM_HIVE_NAME Name, Class;
} CM_HIVE_KEY;

typedef struct _CM_HIVE_VALUE {
    CM_HIVE_NAME Name;
    uint32_t Type;
    uint32_t DataBytes;
    uint32_t Data; // a cell, or the bytes themselves
    bool InPlace;
} CM_HIVE_VALUE;

// The file's Bytes at File become *Image, which refers to them. Its base block and its bins are checked, what
// is in the cells is not. A file whose sequence numbers differ is corrupt: logs are not known.
CM_HIVE_STATE CmpOpenHiveImage(const void *File, size_t Bytes, CM_HIVE_IMAGE *Image);

// False: the hive is corrupt.
bool CmpReadHiveKey(const CM_HIVE_IMAGE *Image, uint32_t Cell, CM_HIVE_KEY *Key);
// *Cell: of the subkey Index, which is below Node.SubKeyCount.
bool CmpReadHiveSubKey(const CM_HIVE_IMAGE *Image, const CM_HIVE_KEY *Key, uint32_t Index, uint32_t *Cell);
// The value Index, which is below Node.ValueCount.
bool CmpReadHiveValue(const CM_HIVE_IMAGE *Image, const CM_HIVE_KEY *Key, uint32_t Index,
                      CM_HIVE_VALUE *Value);
// Its data, of which there are never more than the image has bytes, to Buffer.
bool CmpReadHiveData(const CM_HIVE_IMAGE *Image, const CM_HIVE_VALUE *Value, void *Buffer);
// The key's self-relative descriptor, as it lies there, unchecked. Without one: true, and no bytes.
bool CmpReadHiveSecurity(const CM_HIVE_IMAGE *Image, const CM_HIVE_KEY *Key, const uint8_t **Descriptor,
                         uint32_t *Bytes);

static inline uint16_t CmpHiveCharacter(const CM_HIVE_NAME *Name, uint32_t Index)
{
    return Name->Compressed ? Name->Bytes[Index]
                            : (uint16_t)(Name->Bytes[2 * Index] | Name->Bytes[2 * Index + 1] << 8);
}

#endif
