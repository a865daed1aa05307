// SPDX-License-Identifier: MIT
// Writes hives. A cell is known by its offset: the buffer moves as it grows.
#include "cm/hive-write.h"

// As many as a bin of one block has room for.
#define CMP_LEAF_ENTRIES 507u
#define CMP_LARGEST_CELL 0x40000000u

static uint8_t *CmpCellAt(CM_HIVE_WRITER *Writer, uint32_t Cell)
{
    return Writer->Buffer + CM_HIVE_BLOCK_BYTES + Cell + sizeof(int32_t);
}

static uint32_t CmpAlignUp(uint32_t Bytes, uint32_t Alignment)
{
    return (Bytes + Alignment - 1) & ~(Alignment - 1);
}

// ---- Bins and cells

static bool CmpReserve(CM_HIVE_WRITER *Writer, uint32_t Bytes)
{
    if (Bytes > CMP_LARGEST_CELL || Writer->Bytes > INT32_MAX - CMP_LARGEST_CELL) {
        return false;
    }
    uint32_t Needed = Writer->Bytes + Bytes;
    if (Needed > Writer->Room && !Writer->Grow(Writer, Needed)) {
        return false;
    }
    __builtin_memset(Writer->Buffer + Writer->Bytes, 0, Bytes);
    Writer->Bytes = Needed;
    return true;
}

// What is left of the last bin is a free cell.
static void CmpCloseBin(CM_HIVE_WRITER *Writer)
{
    if (Writer->FreeBytes != 0) {
        int32_t Size = (int32_t)Writer->FreeBytes;
        __builtin_memcpy(Writer->Buffer + Writer->Bytes - Writer->FreeBytes, &Size, sizeof(Size));
        Writer->FreeBytes = 0;
    }
}

static bool CmpBeginBin(CM_HIVE_WRITER *Writer, uint32_t CellBytes)
{
    CM_HIVE_BIN Bin = {.Signature = CM_HIVE_SIGNATURE_4('h', 'b', 'i', 'n'),
                       .Offset = Writer->Bytes - CM_HIVE_BLOCK_BYTES,
                       .Bytes = CmpAlignUp(CellBytes + (uint32_t)sizeof(Bin), CM_HIVE_BLOCK_BYTES)};
    CmpCloseBin(Writer);
    Bin.LastWritten = Bin.Offset == 0 ? Writer->Time : 0;
    if (!CmpReserve(Writer, Bin.Bytes)) {
        return false;
    }
    __builtin_memcpy(Writer->Buffer + CM_HIVE_BLOCK_BYTES + Bin.Offset, &Bin, sizeof(Bin));
    Writer->FreeBytes = Bin.Bytes - (uint32_t)sizeof(Bin);
    return true;
}

// A zeroed cell with room for Bytes.
static bool CmpAddCell(CM_HIVE_WRITER *Writer, uint32_t Bytes, uint32_t *Cell)
{
    if (Bytes > CMP_LARGEST_CELL - 2 * CM_HIVE_BLOCK_BYTES) {
        return false;
    }
    uint32_t Whole = CmpAlignUp(Bytes + (uint32_t)sizeof(int32_t), 8);
    if (Whole > Writer->FreeBytes && !CmpBeginBin(Writer, Whole)) {
        return false;
    }
    *Cell = Writer->Bytes - Writer->FreeBytes - CM_HIVE_BLOCK_BYTES;
    Writer->FreeBytes -= Whole;
    int32_t Size = -(int32_t)Whole;
    __builtin_memcpy(CmpCellAt(Writer, *Cell) - sizeof(Size), &Size, sizeof(Size));
    return true;
}

bool CmpBeginHive(CM_HIVE_WRITER *Writer)
{
    Writer->FirstSecurity = CM_HIVE_NO_CELL;
    return CmpReserve(Writer, CM_HIVE_BLOCK_BYTES);
}

void CmpEndHive(CM_HIVE_WRITER *Writer, uint32_t Root, uint32_t Sequence, const CM_HIVE_NAME *FileName)
{
    CM_HIVE_BASE_BLOCK Base = {.Signature = CM_HIVE_SIGNATURE_4('r', 'e', 'g', 'f'),
                               .PrimarySequence = Sequence,
                               .SecondarySequence = Sequence,
                               .LastWritten = Writer->Time,
                               .Major = 1,
                               .Minor = Writer->Minor,
                               .Format = 1,
                               .RootCell = Root,
                               .BinBytes = Writer->Bytes - CM_HIVE_BLOCK_BYTES,
                               .ClusteringFactor = 1};
    CmpCloseBin(Writer);
    for (uint32_t Index = 0; Index < FileName->Length && Index < 32; Index += 1) {
        Base.FileName[Index] = CmpHiveCharacter(FileName, Index);
    }
    Base.CheckSum = CmpHiveCheckSum(&Base);
    __builtin_memcpy(Writer->Buffer, &Base, sizeof(Base));
}

// ---- Names

static bool CmpIsCompressible(const CM_HIVE_NAME *Name)
{
    for (uint32_t Index = 0; Index < Name->Length; Index += 1) {
        if (CmpHiveCharacter(Name, Index) > 0xFF) {
            return false;
        }
    }
    return true;
}

static void CmpPutName(uint8_t *Bytes, const CM_HIVE_NAME *Name, bool Compressed)
{
    for (uint32_t Index = 0; Index < Name->Length; Index += 1) {
        uint16_t Character = CmpHiveCharacter(Name, Index);
        *Bytes++ = (uint8_t)Character;
        if (!Compressed) {
            *Bytes++ = (uint8_t)(Character >> 8);
        }
    }
}

// ---- Security

static bool CmpFindSecurity(CM_HIVE_WRITER *Writer, const void *Security, uint32_t Bytes, uint32_t *Cell)
{
    CM_HIVE_SECURITY_NODE Node;
    for (uint32_t At = Writer->FirstSecurity; At != CM_HIVE_NO_CELL;) {
        uint8_t *Contents = CmpCellAt(Writer, At);
        __builtin_memcpy(&Node, Contents, sizeof(Node));
        if (Node.DescriptorBytes == Bytes &&
            __builtin_memcmp(Contents + sizeof(Node), Security, Bytes) == 0) {
            Node.ReferenceCount += 1;
            __builtin_memcpy(Contents, &Node, sizeof(Node));
            *Cell = At;
            return true;
        }
        At = Node.Next != Writer->FirstSecurity ? Node.Next : CM_HIVE_NO_CELL;
    }
    return false;
}

static bool CmpWriteSecurity(CM_HIVE_WRITER *Writer, const void *Security, uint32_t Bytes, uint32_t *Cell)
{
    CM_HIVE_SECURITY_NODE First, Last,
        Node = {.Signature = CM_HIVE_SK, .ReferenceCount = 1, .DescriptorBytes = Bytes};
    *Cell = CM_HIVE_NO_CELL;
    if (Bytes == 0 || CmpFindSecurity(Writer, Security, Bytes, Cell)) {
        return true;
    }
    if (Bytes > UINT32_MAX - sizeof(Node) || !CmpAddCell(Writer, Bytes + (uint32_t)sizeof(Node), Cell)) {
        return false;
    }
    if (Writer->FirstSecurity == CM_HIVE_NO_CELL) {
        Writer->FirstSecurity = Node.Next = Node.Previous = *Cell;
    } else {
        uint8_t *FirstContents = CmpCellAt(Writer, Writer->FirstSecurity);
        __builtin_memcpy(&First, FirstContents, sizeof(First));
        Node.Next = Writer->FirstSecurity;
        Node.Previous = First.Previous;
        First.Previous = *Cell;
        __builtin_memcpy(FirstContents, &First, sizeof(First));
        // It may be the first itself.
        uint8_t *LastContents = CmpCellAt(Writer, Node.Previous);
        __builtin_memcpy(&Last, LastContents, sizeof(Last));
        Last.Next = *Cell;
        __builtin_memcpy(LastContents, &Last, sizeof(Last));
    }
    uint8_t *Contents = CmpCellAt(Writer, *Cell);
    __builtin_memcpy(Contents, &Node, sizeof(Node));
    __builtin_memcpy(Contents + sizeof(Node), Security, Bytes);
    return true;
}

// ---- Keys

static bool CmpAddLeaf(CM_HIVE_WRITER *Writer, uint32_t Count, uint32_t *Cell)
{
    const CM_HIVE_LIST List = {Writer->Minor > 4 ? CM_HIVE_LH : CM_HIVE_LF, (uint16_t)Count};
    if (!CmpAddCell(Writer, (uint32_t)(sizeof(List) + Count * sizeof(CM_HIVE_LIST_ENTRY)), Cell)) {
        return false;
    }
    __builtin_memcpy(CmpCellAt(Writer, *Cell), &List, sizeof(List));
    return true;
}

static bool CmpAddSubKeyList(CM_HIVE_WRITER *Writer, uint32_t Count, uint32_t *Cell)
{
    uint32_t Leaves = (Count + CMP_LEAF_ENTRIES - 1) / CMP_LEAF_ENTRIES, Leaf;
    const CM_HIVE_LIST List = {CM_HIVE_RI, (uint16_t)Leaves};
    *Cell = CM_HIVE_NO_CELL;
    if (Leaves <= 1) {
        return Count == 0 || CmpAddLeaf(Writer, Count, Cell);
    }
    if (Leaves > UINT16_MAX ||
        !CmpAddCell(Writer, (uint32_t)(sizeof(List) + Leaves * sizeof(uint32_t)), Cell)) {
        return false;
    }
    __builtin_memcpy(CmpCellAt(Writer, *Cell), &List, sizeof(List));
    for (uint32_t Index = 0; Index < Leaves; Index += 1) {
        uint32_t Left = Count - Index * CMP_LEAF_ENTRIES;
        if (!CmpAddLeaf(Writer, Left < CMP_LEAF_ENTRIES ? Left : CMP_LEAF_ENTRIES, &Leaf)) {
            return false;
        }
        __builtin_memcpy(CmpCellAt(Writer, *Cell) + sizeof(List) + Index * sizeof(Leaf), &Leaf, sizeof(Leaf));
    }
    return true;
}

bool CmpWriteHiveKey(CM_HIVE_WRITER *Writer, const CM_HIVE_NEW_KEY *Key, uint32_t *Cell)
{
    bool Compressed = CmpIsCompressible(&Key->Name);
    CM_HIVE_KEY_NODE Node = {.Signature = CM_HIVE_NK,
                             .Flags = (uint16_t)(Key->Flags | (Compressed ? CM_HIVE_KEY_COMPRESSED_NAME : 0)),
                             .LastWritten = Key->LastWritten,
                             .Parent = Key->Parent,
                             .SubKeyCount = Key->SubKeyCount,
                             .VolatileSubKeyList = CM_HIVE_NO_CELL,
                             .ValueCount = Key->ValueCount,
                             .ValueList = CM_HIVE_NO_CELL,
                             .Class = CM_HIVE_NO_CELL,
                             .LargestSubKeyName = Key->UserFlags,
                             .NameBytes = (uint16_t)(Key->Name.Length * (Compressed ? 1 : 2)),
                             .ClassBytes = (uint16_t)(Key->Class.Length * 2)};
    if (!CmpAddCell(Writer, (uint32_t)sizeof(Node) + Node.NameBytes, Cell) ||
        !CmpWriteSecurity(Writer, Key->Security, Key->SecurityBytes, &Node.Security) ||
        !CmpAddSubKeyList(Writer, Key->SubKeyCount, &Node.SubKeyList)) {
        return false;
    }
    if (Key->ValueCount > CMP_LARGEST_CELL / sizeof(uint32_t) ||
        (Key->ValueCount != 0 &&
         !CmpAddCell(Writer, Key->ValueCount * (uint32_t)sizeof(uint32_t), &Node.ValueList))) {
        return false;
    }
    if (Node.ClassBytes != 0) {
        if (!CmpAddCell(Writer, Node.ClassBytes, &Node.Class)) {
            return false;
        }
        CmpPutName(CmpCellAt(Writer, Node.Class), &Key->Class, false);
    }
    uint8_t *Contents = CmpCellAt(Writer, *Cell);
    __builtin_memcpy(Contents, &Node, sizeof(Node));
    CmpPutName(Contents + sizeof(Node), &Key->Name, Compressed);
    return true;
}

static uint32_t CmpHashName(CM_HIVE_WRITER *Writer, const CM_HIVE_NAME *Name)
{
    uint32_t Hash = 0;
    for (uint32_t Index = 0; Index < Name->Length; Index += 1) {
        Hash = 37 * Hash + Writer->Upcase(CmpHiveCharacter(Name, Index));
    }
    return Hash;
}

// The first four characters, unless there are such as have no byte.
static uint32_t CmpNameHint(const CM_HIVE_NAME *Name)
{
    uint32_t Hint = 0;
    for (uint32_t Index = 0; Index < Name->Length && Index < sizeof(Hint); Index += 1) {
        uint16_t Character = CmpHiveCharacter(Name, Index);
        if (Character > 0xFF) {
            return 0;
        }
        Hint |= (uint32_t)Character << 8 * Index;
    }
    return Hint;
}

void CmpLinkHiveSubKey(CM_HIVE_WRITER *Writer, uint32_t Parent, uint32_t Index, uint32_t Cell)
{
    CM_HIVE_KEY_NODE Above, Node;
    CM_HIVE_LIST List;
    uint8_t *ParentContents = CmpCellAt(Writer, Parent);
    __builtin_memcpy(&Above, ParentContents, sizeof(Above));
    __builtin_memcpy(&Node, CmpCellAt(Writer, Cell), sizeof(Node));
    bool Compressed = (Node.Flags & CM_HIVE_KEY_COMPRESSED_NAME) != 0;
    const CM_HIVE_NAME Name = {CmpCellAt(Writer, Cell) + sizeof(Node),
                               Compressed ? Node.NameBytes : Node.NameBytes / 2u, Compressed};
    uint8_t *Leaf = CmpCellAt(Writer, Above.SubKeyList);
    __builtin_memcpy(&List, Leaf, sizeof(List));
    if (List.Signature == CM_HIVE_RI) {
        uint32_t Which;
        __builtin_memcpy(&Which, Leaf + sizeof(List) + Index / CMP_LEAF_ENTRIES * sizeof(Which),
                         sizeof(Which));
        Leaf = CmpCellAt(Writer, Which);
        Index %= CMP_LEAF_ENTRIES;
    }
    const CM_HIVE_LIST_ENTRY Entry = {Cell,
                                      Writer->Minor > 4 ? CmpHashName(Writer, &Name) : CmpNameHint(&Name)};
    __builtin_memcpy(Leaf + sizeof(List) + Index * sizeof(Entry), &Entry, sizeof(Entry));
    // Lengths are those of UTF-16, in the low half.
    if ((Above.LargestSubKeyName & 0xFFFF) < Name.Length * 2) {
        Above.LargestSubKeyName = (Above.LargestSubKeyName & 0xFFFF0000) | Name.Length * 2;
    }
    if (Above.LargestSubKeyClass < Node.ClassBytes) {
        Above.LargestSubKeyClass = Node.ClassBytes;
    }
    __builtin_memcpy(ParentContents, &Above, sizeof(Above));
}

// ---- Values

static bool CmpWriteSegments(CM_HIVE_WRITER *Writer, const uint8_t *Data, uint32_t DataBytes, uint32_t *Cell)
{
    uint32_t Segments = (DataBytes + CM_HIVE_SEGMENT_BYTES - 1) / CM_HIVE_SEGMENT_BYTES, Segment;
    CM_HIVE_BIG_DATA Big = {.Signature = CM_HIVE_DB, .Count = (uint16_t)Segments};
    if (Segments > UINT16_MAX || !CmpAddCell(Writer, sizeof(Big), Cell) ||
        !CmpAddCell(Writer, Segments * (uint32_t)sizeof(Segment), &Big.List)) {
        return false;
    }
    __builtin_memcpy(CmpCellAt(Writer, *Cell), &Big, sizeof(Big));
    for (uint32_t Index = 0; Index < Segments; Index += 1) {
        uint32_t Part = DataBytes < CM_HIVE_SEGMENT_BYTES ? DataBytes : CM_HIVE_SEGMENT_BYTES;
        // Each but the last has the size of a segment, and four bytes that are nobody's.
        if (!CmpAddCell(Writer, Part, &Segment)) {
            return false;
        }
        __builtin_memcpy(CmpCellAt(Writer, Segment), Data, Part);
        __builtin_memcpy(CmpCellAt(Writer, Big.List) + Index * sizeof(Segment), &Segment, sizeof(Segment));
        Data += Part;
        DataBytes -= Part;
    }
    return true;
}

static bool CmpWriteData(CM_HIVE_WRITER *Writer, const void *Data, CM_HIVE_VALUE_NODE *Node)
{
    uint32_t Bytes = Node->DataBytes;
    if (Bytes <= sizeof(Node->Data)) {
        Node->DataBytes |= CM_HIVE_DATA_IN_PLACE;
        if (Bytes != 0) {
            __builtin_memcpy(&Node->Data, Data, Bytes);
        }
        return true;
    }
    uint32_t Cell = CM_HIVE_NO_CELL;
    if (Writer->Minor > 3 && Bytes > CM_HIVE_SEGMENT_BYTES) {
        if (!CmpWriteSegments(Writer, Data, Bytes, &Cell)) {
            return false;
        }
    } else {
        if (!CmpAddCell(Writer, Bytes, &Cell)) {
            return false;
        }
        __builtin_memcpy(CmpCellAt(Writer, Cell), Data, Bytes);
    }
    Node->Data = Cell;
    return true;
}

bool CmpWriteHiveValue(CM_HIVE_WRITER *Writer, uint32_t Key, uint32_t Index, const CM_HIVE_NAME *Name,
                       uint32_t Type, const void *Data, uint32_t DataBytes)
{
    bool Compressed = CmpIsCompressible(Name);
    CM_HIVE_KEY_NODE KeyNode;
    uint32_t Cell;
    CM_HIVE_VALUE_NODE Node = {.Signature = CM_HIVE_VK,
                               .NameBytes = (uint16_t)(Name->Length * (Compressed ? 1 : 2)),
                               .DataBytes = DataBytes,
                               .Type = Type,
                               .Flags = Compressed ? CM_HIVE_VALUE_COMPRESSED_NAME : 0};
    if (DataBytes > CMP_LARGEST_CELL || !CmpAddCell(Writer, (uint32_t)sizeof(Node) + Node.NameBytes, &Cell) ||
        !CmpWriteData(Writer, Data, &Node)) {
        return false;
    }
    uint8_t *Contents = CmpCellAt(Writer, Cell);
    __builtin_memcpy(Contents, &Node, sizeof(Node));
    CmpPutName(Contents + sizeof(Node), Name, Compressed);
    uint8_t *KeyContents = CmpCellAt(Writer, Key);
    __builtin_memcpy(&KeyNode, KeyContents, sizeof(KeyNode));
    __builtin_memcpy(CmpCellAt(Writer, KeyNode.ValueList) + Index * sizeof(Cell), &Cell, sizeof(Cell));
    if (KeyNode.LargestValueName < Name->Length * 2) {
        KeyNode.LargestValueName = Name->Length * 2;
    }
    if (KeyNode.LargestValueData < DataBytes) {
        KeyNode.LargestValueData = DataBytes;
    }
    __builtin_memcpy(KeyContents, &KeyNode, sizeof(KeyNode));
    return true;
}
