// SPDX-License-Identifier: MIT
// Reads hives of which nobody knows where they come from.
#include "cm/hive-read.h"

#define CMP_CELL_ALIGNMENT 8u

// The contents of an allocated cell; NULL: there is none at Cell, or it has less than Least bytes.
static const uint8_t *CmpHiveCell(const CM_HIVE_IMAGE *Image, uint32_t Cell, uint32_t Least, uint32_t *Bytes)
{
    int32_t Size;
    if (Cell % CMP_CELL_ALIGNMENT != 0 || Cell >= Image->Bytes) {
        return NULL;
    }
    __builtin_memcpy(&Size, Image->Bins + Cell, sizeof(Size));
    // Allocated ones have the size's negative.
    uint64_t Whole = Size < 0 ? (uint64_t)-(int64_t)Size : 0;
    if (Whole < sizeof(Size) || Whole > Image->Bytes - Cell || Whole - sizeof(Size) < Least) {
        return NULL;
    }
    *Bytes = (uint32_t)(Whole - sizeof(Size));
    return Image->Bins + Cell + sizeof(Size);
}

// Bins follow each other without gaps.
static bool CmpAreBinsValid(const CM_HIVE_IMAGE *Image)
{
    uint32_t Offset = 0;
    while (Offset < Image->Bytes) {
        CM_HIVE_BIN Bin;
        __builtin_memcpy(&Bin, Image->Bins + Offset, sizeof(Bin));
        if (Bin.Signature != CM_HIVE_SIGNATURE_4('h', 'b', 'i', 'n') || Bin.Offset != Offset ||
            Bin.Bytes == 0 || Bin.Bytes % CM_HIVE_BLOCK_BYTES != 0 || Bin.Bytes > Image->Bytes - Offset) {
            return false;
        }
        Offset += Bin.Bytes;
    }
    return Offset != 0;
}

CM_HIVE_STATE CmpOpenHiveImage(const void *File, size_t Bytes, CM_HIVE_IMAGE *Image)
{
    CM_HIVE_BASE_BLOCK Base;
    if (Bytes < sizeof(Base)) {
        return CmHiveForeign;
    }
    __builtin_memcpy(&Base, File, sizeof(Base));
    if (Base.Signature != CM_HIVE_SIGNATURE_4('r', 'e', 'g', 'f')) {
        return CmHiveForeign;
    }
    if (Base.CheckSum != CmpHiveCheckSum(File) || Base.PrimarySequence != Base.SecondarySequence ||
        Base.Major != 1 || Base.Minor < 3 || Base.Minor > 6 || Base.Type != 0 || Base.Format != 1) {
        return CmHiveCorrupt;
    }
    if (Bytes < CM_HIVE_BLOCK_BYTES || Base.BinBytes % CM_HIVE_BLOCK_BYTES != 0 ||
        Base.BinBytes > Bytes - CM_HIVE_BLOCK_BYTES || Base.BinBytes > INT32_MAX) {
        return CmHiveCorrupt;
    }
    *Image = (CM_HIVE_IMAGE){.Bins = (const uint8_t *)File + CM_HIVE_BLOCK_BYTES,
                             .Bytes = Base.BinBytes,
                             .Minor = Base.Minor,
                             .RootCell = Base.RootCell,
                             .Sequence = Base.PrimarySequence};
    return CmpAreBinsValid(Image) ? CmHiveValid : CmHiveCorrupt;
}

// ---- Keys

static bool CmpReadHiveClass(const CM_HIVE_IMAGE *Image, CM_HIVE_KEY *Key)
{
    uint32_t Bytes;
    Key->Class = (CM_HIVE_NAME){0};
    if (Key->Node.ClassBytes == 0) {
        return true;
    }
    const uint8_t *Class = CmpHiveCell(Image, Key->Node.Class, Key->Node.ClassBytes, &Bytes);
    if (Class == NULL || Key->Node.ClassBytes % 2 != 0) {
        return false;
    }
    Key->Class = (CM_HIVE_NAME){Class, Key->Node.ClassBytes / 2u, false};
    return true;
}

static bool CmpReadHiveName(const uint8_t *Name, uint32_t Bytes, bool Compressed, uint32_t Most,
                            CM_HIVE_NAME *Read)
{
    *Read = (CM_HIVE_NAME){Name, Compressed ? Bytes : Bytes / 2, Compressed};
    return (Compressed || Bytes % 2 == 0) && Read->Length <= Most;
}

bool CmpReadHiveKey(const CM_HIVE_IMAGE *Image, uint32_t Cell, CM_HIVE_KEY *Key)
{
    uint32_t Bytes;
    const uint8_t *Contents = CmpHiveCell(Image, Cell, sizeof(Key->Node), &Bytes);
    if (Contents == NULL) {
        return false;
    }
    Key->Cell = Cell;
    __builtin_memcpy(&Key->Node, Contents, sizeof(Key->Node));
    if (Key->Node.Signature != CM_HIVE_NK || Key->Node.NameBytes > Bytes - sizeof(Key->Node)) {
        return false;
    }
    return CmpReadHiveName(Contents + sizeof(Key->Node), Key->Node.NameBytes,
                           (Key->Node.Flags & CM_HIVE_KEY_COMPRESSED_NAME) != 0, CM_HIVE_MAXIMUM_NAME,
                           &Key->Name) &&
           CmpReadHiveClass(Image, Key);
}

// The list in Cell with its entries, whose size is *EntryBytes.
static const uint8_t *CmpReadHiveList(const CM_HIVE_IMAGE *Image, uint32_t Cell, CM_HIVE_LIST *List,
                                      uint32_t *EntryBytes)
{
    uint32_t Bytes;
    const uint8_t *Contents = CmpHiveCell(Image, Cell, sizeof(*List), &Bytes);
    if (Contents == NULL) {
        return NULL;
    }
    __builtin_memcpy(List, Contents, sizeof(*List));
    *EntryBytes = List->Signature == CM_HIVE_LF || List->Signature == CM_HIVE_LH ? sizeof(CM_HIVE_LIST_ENTRY)
                                                                                 : sizeof(uint32_t);
    return List->Count <= (Bytes - sizeof(*List)) / *EntryBytes ? Contents + sizeof(*List) : NULL;
}

static bool CmpIsLeaf(const CM_HIVE_LIST *List)
{
    return List->Signature == CM_HIVE_LI || List->Signature == CM_HIVE_LF || List->Signature == CM_HIVE_LH;
}

static uint32_t CmpHiveOffsetAt(const uint8_t *Entry)
{
    uint32_t Offset;
    __builtin_memcpy(&Offset, Entry, sizeof(Offset));
    return Offset;
}

bool CmpReadHiveSubKey(const CM_HIVE_IMAGE *Image, const CM_HIVE_KEY *Key, uint32_t Index, uint32_t *Cell)
{
    CM_HIVE_LIST List, Leaf;
    uint32_t EntryBytes, LeafEntryBytes;
    const uint8_t *Entries = CmpReadHiveList(Image, Key->Node.SubKeyList, &List, &EntryBytes);
    if (Entries == NULL) {
        return false;
    }
    if (CmpIsLeaf(&List)) {
        if (Index >= List.Count) {
            return false;
        }
        *Cell = CmpHiveOffsetAt(Entries + (size_t)Index * EntryBytes);
        return true;
    }
    if (List.Signature != CM_HIVE_RI) {
        return false;
    }
    for (uint32_t Which = 0; Which < List.Count; Which += 1) {
        const uint8_t *LeafEntries = CmpReadHiveList(
            Image, CmpHiveOffsetAt(Entries + (size_t)Which * EntryBytes), &Leaf, &LeafEntryBytes);
        if (LeafEntries == NULL || !CmpIsLeaf(&Leaf) || Leaf.Count == 0) {
            return false;
        }
        if (Index < Leaf.Count) {
            *Cell = CmpHiveOffsetAt(LeafEntries + (size_t)Index * LeafEntryBytes);
            return true;
        }
        Index -= Leaf.Count;
    }
    return false;
}

// ---- Values

bool CmpReadHiveValue(const CM_HIVE_IMAGE *Image, const CM_HIVE_KEY *Key, uint32_t Index,
                      CM_HIVE_VALUE *Value)
{
    CM_HIVE_VALUE_NODE Node;
    uint32_t Bytes;
    const uint8_t *List = CmpHiveCell(Image, Key->Node.ValueList, 0, &Bytes);
    if (List == NULL || Index >= Bytes / sizeof(uint32_t)) {
        return false;
    }
    const uint8_t *Contents =
        CmpHiveCell(Image, CmpHiveOffsetAt(List + (size_t)Index * sizeof(uint32_t)), sizeof(Node), &Bytes);
    if (Contents == NULL) {
        return false;
    }
    __builtin_memcpy(&Node, Contents, sizeof(Node));
    if (Node.Signature != CM_HIVE_VK || Node.NameBytes > Bytes - sizeof(Node)) {
        return false;
    }
    Value->Type = Node.Type;
    Value->InPlace = (Node.DataBytes & CM_HIVE_DATA_IN_PLACE) != 0;
    Value->DataBytes = Node.DataBytes & ~CM_HIVE_DATA_IN_PLACE;
    Value->Data = Node.Data;
    return CmpReadHiveName(Contents + sizeof(Node), Node.NameBytes,
                           (Node.Flags & CM_HIVE_VALUE_COMPRESSED_NAME) != 0, UINT16_MAX / 2, &Value->Name) &&
           Value->DataBytes <= (Value->InPlace ? sizeof(uint32_t) : Image->Bytes);
}

static bool CmpReadHiveSegments(const CM_HIVE_IMAGE *Image, const CM_HIVE_BIG_DATA *Big, uint32_t DataBytes,
                                uint8_t *Buffer)
{
    uint32_t Bytes;
    const uint8_t *List = CmpHiveCell(Image, Big->List, Big->Count * (uint32_t)sizeof(uint32_t), &Bytes);
    for (uint32_t Index = 0; List != NULL && Index < Big->Count && DataBytes != 0; Index += 1) {
        uint32_t Part = DataBytes < CM_HIVE_SEGMENT_BYTES ? DataBytes : CM_HIVE_SEGMENT_BYTES;
        const uint8_t *Segment =
            CmpHiveCell(Image, CmpHiveOffsetAt(List + (size_t)Index * sizeof(uint32_t)), Part, &Bytes);
        if (Segment == NULL) {
            return false;
        }
        __builtin_memcpy(Buffer, Segment, Part);
        Buffer += Part;
        DataBytes -= Part;
    }
    return List != NULL && DataBytes == 0;
}

bool CmpReadHiveData(const CM_HIVE_IMAGE *Image, const CM_HIVE_VALUE *Value, void *Buffer)
{
    CM_HIVE_BIG_DATA Big;
    uint32_t Bytes;
    if (Value->DataBytes == 0) {
        return true;
    }
    if (Value->InPlace) {
        __builtin_memcpy(Buffer, &Value->Data, Value->DataBytes);
        return true;
    }
    const uint8_t *Contents = CmpHiveCell(Image, Value->Data, 0, &Bytes);
    if (Contents == NULL) {
        return false;
    }
    if (Image->Minor > 3 && Value->DataBytes > CM_HIVE_SEGMENT_BYTES && Bytes >= sizeof(Big)) {
        __builtin_memcpy(&Big, Contents, sizeof(Big));
        if (Big.Signature == CM_HIVE_DB) {
            return CmpReadHiveSegments(Image, &Big, Value->DataBytes, Buffer);
        }
    }
    if (Bytes < Value->DataBytes) {
        return false;
    }
    __builtin_memcpy(Buffer, Contents, Value->DataBytes);
    return true;
}

// ---- Security

bool CmpReadHiveSecurity(const CM_HIVE_IMAGE *Image, const CM_HIVE_KEY *Key, const uint8_t **Descriptor,
                         uint32_t *Bytes)
{
    CM_HIVE_SECURITY_NODE Node;
    uint32_t CellBytes;
    *Descriptor = NULL;
    *Bytes = 0;
    if (Key->Node.Security == CM_HIVE_NO_CELL) {
        return true;
    }
    const uint8_t *Contents = CmpHiveCell(Image, Key->Node.Security, sizeof(Node), &CellBytes);
    if (Contents == NULL) {
        return false;
    }
    __builtin_memcpy(&Node, Contents, sizeof(Node));
    if (Node.Signature != CM_HIVE_SK || Node.DescriptorBytes > CellBytes - sizeof(Node)) {
        return false;
    }
    *Descriptor = Contents + sizeof(Node);
    *Bytes = Node.DescriptorBytes;
    return true;
}
