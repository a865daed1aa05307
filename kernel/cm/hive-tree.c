// SPDX-License-Identifier: MIT
// Between the registry's keys and the cells of a hive's file.
#include "cm/hive.h"
#include "cm/hive-write.h"
#include "rtl/security.h"

// ---- Writing

typedef struct _CM_WRITE_LEVEL {
    PCM_KEY_CONTROL_BLOCK Key;
    uint32_t Cell;
    ULONG NextSubKey; // of all
    ULONG NextIndex;  // of those that are written
} CM_WRITE_LEVEL;

static bool CmpGrowFile(CM_HIVE_WRITER *Writer, uint32_t Room)
{
    uint32_t Larger = Room < MAXLONG / 2 ? Room + Room / 2 : Room;
    uint8_t *Buffer = ExAllocatePoolWithTag(PagedPool, Larger, TAG_KEY_BUFFER);
    if (Buffer == NULL) {
        return false;
    }
    if (Writer->Buffer != NULL) {
        RtlCopyMemory(Buffer, Writer->Buffer, Writer->Bytes);
        ExFreePoolWithTag(Writer->Buffer, TAG_KEY_BUFFER);
    }
    Writer->Buffer = Buffer;
    Writer->Room = Larger;
    return true;
}

static uint16_t CmpUpcase(uint16_t Character)
{
    return RtlUpcaseUnicodeChar(Character);
}

static CM_HIVE_NAME CmpHiveNameOf(PCUNICODE_STRING String)
{
    return (CM_HIVE_NAME){(const uint8_t *)String->Buffer, String->Length / (uint32_t)sizeof(WCHAR), false};
}

static ULONG CmpCountStable(PCM_KEY_CONTROL_BLOCK Key)
{
    ULONG Count = 0;
    for (ULONG Index = 0; Index < Key->SubKeyCount; Index += 1) {
        Count += !(Key->SubKeys[Index]->Flags & CM_KEY_VOLATILE);
    }
    return Count;
}

// Bits 16 to 19 and 20 to 23 of LargestSubKeyName.
static ULONG CmpPackUserFlags(PCM_KEY_CONTROL_BLOCK Key)
{
    return (Key->UserFlags & 0xF) << 16 | (Key->VirtualizationFlags & 0xF) << 20;
}

static bool CmpWriteKey(CM_HIVE_WRITER *Writer, PCM_KEY_CONTROL_BLOCK Key, uint32_t Parent, uint32_t *Cell)
{
    const CM_HIVE_NEW_KEY New = {
        .Name = CmpHiveNameOf(&Key->Name),
        .Class = CmpHiveNameOf(&Key->Class),
        .Flags = (Parent == CM_HIVE_NO_CELL ? CM_HIVE_KEY_ROOT | CM_HIVE_KEY_NO_DELETE : 0) |
                 (Key->Flags & CM_KEY_LINK ? CM_HIVE_KEY_LINK : 0),
        .LastWritten = (uint64_t)Key->LastWriteTime.QuadPart,
        .Parent = Parent,
        .UserFlags = CmpPackUserFlags(Key),
        .Security = Key->Security,
        .SecurityBytes = Key->Security != NULL ? RtlLengthSecurityDescriptor(Key->Security) : 0,
        .SubKeyCount = CmpCountStable(Key),
        .ValueCount = Key->ValueCount};
    if (!CmpWriteHiveKey(Writer, &New, Cell)) {
        return false;
    }
    for (ULONG Index = 0; Index < Key->ValueCount; Index += 1) {
        PCM_KEY_VALUE Value = Key->Values[Index];
        CM_HIVE_NAME Name = CmpHiveNameOf(&Value->Name);
        if (!CmpWriteHiveValue(Writer, *Cell, Index, &Name, Value->Type, Value->Data, Value->DataLength)) {
            return false;
        }
    }
    return true;
}

// The next subkey of Level's key that is written; NULL: there is none.
static PCM_KEY_CONTROL_BLOCK CmpNextStable(CM_WRITE_LEVEL *Level)
{
    while (Level->NextSubKey < Level->Key->SubKeyCount) {
        PCM_KEY_CONTROL_BLOCK Key = Level->Key->SubKeys[Level->NextSubKey++];
        if (!(Key->Flags & CM_KEY_VOLATILE)) {
            return Key;
        }
    }
    return NULL;
}

static bool CmpWriteLevels(CM_HIVE_WRITER *Writer, CM_WRITE_LEVEL *Levels, PCM_KEY_CONTROL_BLOCK Top)
{
    ULONG Depth = 0;
    Levels[0] = (CM_WRITE_LEVEL){.Key = Top};
    if (!CmpBeginHive(Writer) || !CmpWriteKey(Writer, Top, CM_HIVE_NO_CELL, &Levels[0].Cell)) {
        return false;
    }
    for (;;) {
        CM_WRITE_LEVEL *Level = &Levels[Depth];
        PCM_KEY_CONTROL_BLOCK Key = CmpNextStable(Level);
        if (Key == NULL) {
            if (Depth == 0) {
                return true;
            }
            Depth -= 1;
            continue;
        }
        Levels[++Depth] = (CM_WRITE_LEVEL){.Key = Key};
        if (!CmpWriteKey(Writer, Key, Level->Cell, &Levels[Depth].Cell)) {
            return false;
        }
        CmpLinkHiveSubKey(Writer, Level->Cell, Level->NextIndex++, Levels[Depth].Cell);
    }
}

NTSTATUS CmpWriteTree(PCM_KEY_CONTROL_BLOCK Key, ULONG Minor, ULONG Sequence, PCUNICODE_STRING Name,
                      PVOID *File, PULONG Bytes)
{
    CM_HIVE_WRITER Writer = {.Grow = CmpGrowFile, .Upcase = CmpUpcase, .Minor = Minor};
    LARGE_INTEGER Now = {0};
    *File = NULL;
    CM_WRITE_LEVEL *Levels =
        ExAllocatePoolWithTag(PagedPool, (CM_MAXIMUM_DEPTH + 1) * sizeof(*Levels), TAG_KEY_BUFFER);
    if (Levels == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeQuerySystemTime(&Now);
    Writer.Time = (uint64_t)Now.QuadPart;
    bool Written = CmpWriteLevels(&Writer, Levels, Key);
    uint32_t Root = Levels[0].Cell;
    ExFreePoolWithTag(Levels, TAG_KEY_BUFFER);
    if (!Written) {
        CmpFreeCaptured(Writer.Buffer);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // The end of the path, with room for a zero.
    CM_HIVE_NAME FileName = CmpHiveNameOf(Name);
    if (FileName.Length > 31) {
        FileName.Bytes += (FileName.Length - 31) * sizeof(WCHAR);
        FileName.Length = 31;
    }
    CmpEndHive(&Writer, Root, Sequence, &FileName);
    *File = Writer.Buffer;
    *Bytes = Writer.Bytes;
    return STATUS_SUCCESS;
}

// ---- Reading

typedef struct _CM_READ_LEVEL {
    PCM_KEY_CONTROL_BLOCK Key;
    uint32_t Cell;
    ULONG NextSubKey;
} CM_READ_LEVEL;

// Each key, value and byte of data has bytes of the file of its own, or else a small file could mean a tree
// without end.
typedef struct _CM_TREE_READER {
    CM_HIVE_IMAGE Image;
    ULONG KeyFlags;
    ULONG KeysLeft, ValuesLeft, DataLeft;
    WCHAR Name[CM_MAXIMUM_VALUE_NAME_BYTES / sizeof(WCHAR)];
    CM_READ_LEVEL Levels[CM_MAXIMUM_DEPTH + 1];
} CM_TREE_READER, *PCM_TREE_READER;

static BOOLEAN CmpTakeName(PCM_TREE_READER Reader, const CM_HIVE_NAME *Name, PUNICODE_STRING Taken)
{
    if (Name->Length > RTL_NUMBER_OF(Reader->Name)) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Name->Length; Index += 1) {
        Reader->Name[Index] = CmpHiveCharacter(Name, Index);
    }
    USHORT Bytes = (USHORT)(Name->Length * sizeof(WCHAR));
    *Taken = (UNICODE_STRING){Bytes, Bytes, Reader->Name};
    return TRUE;
}

static NTSTATUS CmpTakeValue(PCM_TREE_READER Reader, PCM_KEY_CONTROL_BLOCK Key, const CM_HIVE_VALUE *Value)
{
    UNICODE_STRING Name;
    PVOID Data = NULL;
    BOOLEAN Changed;
    ULONG Count = Key->ValueCount;
    if (Reader->ValuesLeft == 0 || Value->DataBytes > Reader->DataLeft ||
        !CmpTakeName(Reader, &Value->Name, &Name)) {
        return STATUS_REGISTRY_CORRUPT;
    }
    Reader->ValuesLeft -= 1;
    Reader->DataLeft -= Value->DataBytes;
    if (Value->DataBytes != 0) {
        Data = ExAllocatePoolWithTag(PagedPool, Value->DataBytes, TAG_KEY_BUFFER);
        if (Data == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    NTSTATUS Status = STATUS_REGISTRY_CORRUPT;
    if (CmpReadHiveData(&Reader->Image, Value, Data)) {
        Status = CmpSetValue(Key, &Name, Value->Type, Data, Value->DataBytes, &Changed);
    }
    if (NT_SUCCESS(Status) && Key->ValueCount == Count) {
        Status = STATUS_REGISTRY_CORRUPT; // two of one name
    }
    CmpFreeCaptured(Data);
    return Status;
}

// A valid one, whose parts may lie anywhere, and more than one at a place: the key's has them one by one.
static NTSTATUS CmpTakeDescriptor(PCM_KEY_CONTROL_BLOCK Key, PSECURITY_DESCRIPTOR Stored)
{
    const SECURITY_DESCRIPTOR_CONTROL Kept = ((PISECURITY_DESCRIPTOR)Stored)->Control;
    const SEP_PARTS Parts = {.Control = Kept,
                             .Owner = RtlpOwnerOf(Stored),
                             .Group = RtlpGroupOf(Stored),
                             .Dacl = RtlpDaclOf(Stored),
                             .Sacl = RtlpSaclOf(Stored)};
    PSECURITY_DESCRIPTOR Built = NULL;
    NTSTATUS Status = SepBuildDescriptor(&Parts, PagedPool, &Built);
    if (NT_SUCCESS(Status)) {
        Status = CmpSetKeySecurity(Key, Built);
    }
    if (Built != NULL) {
        ExFreePool(Built);
    }
    return Status;
}

static NTSTATUS CmpTakeSecurity(PCM_TREE_READER Reader, PCM_KEY_CONTROL_BLOCK Key,
                                PCM_KEY_CONTROL_BLOCK Parent, const CM_HIVE_KEY *Stored)
{
    const uint8_t *Descriptor;
    uint32_t Bytes;
    if (!CmpReadHiveSecurity(&Reader->Image, Stored, &Descriptor, &Bytes) ||
        (Bytes != 0 && !RtlValidRelativeSecurityDescriptor((PSECURITY_DESCRIPTOR)Descriptor, Bytes, 0))) {
        return STATUS_REGISTRY_CORRUPT;
    }
    if (Bytes == 0 || (Reader->KeyFlags & CM_KEY_APPLICATION) ||
        (Parent->Security != NULL && RtlLengthSecurityDescriptor(Parent->Security) == Bytes &&
         RtlCompareMemory(Parent->Security, Descriptor, Bytes) == Bytes)) {
        if (Key != Parent && Parent->Security != NULL) {
            ObpReferenceDescriptor(Parent->Security);
            Key->Security = Parent->Security;
        }
        return STATUS_SUCCESS;
    }
    return CmpTakeDescriptor(Key, (PSECURITY_DESCRIPTOR)Descriptor);
}

// What Stored has besides its subkeys. Parent is Key itself, of the root.
static NTSTATUS CmpTakeContents(PCM_TREE_READER Reader, PCM_KEY_CONTROL_BLOCK Key,
                                PCM_KEY_CONTROL_BLOCK Parent, const CM_HIVE_KEY *Stored)
{
    UNICODE_STRING Class;
    NTSTATUS Status = CmpTakeSecurity(Reader, Key, Parent, Stored);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!CmpTakeName(Reader, &Stored->Class, &Class)) {
        return STATUS_REGISTRY_CORRUPT;
    }
    CmpFreeString(&Key->Class);
    if (!CmpCopyString(&Key->Class, &Class)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; Index < Stored->Node.ValueCount && NT_SUCCESS(Status); Index += 1) {
        CM_HIVE_VALUE Value;
        Status = CmpReadHiveValue(&Reader->Image, Stored, Index, &Value) ? CmpTakeValue(Reader, Key, &Value)
                                                                         : STATUS_REGISTRY_CORRUPT;
    }
    Key->UserFlags = Stored->Node.LargestSubKeyName >> 16 & 0xF;
    Key->VirtualizationFlags = Stored->Node.LargestSubKeyName >> 20 & 0xF;
    Key->LastWriteTime.QuadPart = (LONGLONG)Stored->Node.LastWritten;
    return Status;
}

static BOOLEAN CmpIsStoredNameValid(PCUNICODE_STRING Name)
{
    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index += 1) {
        if (Name->Buffer[Index] == OBJ_NAME_PATH_SEPARATOR) {
            return FALSE;
        }
    }
    return Name->Length != 0;
}

// Makes the key in Cell a subkey of Parent's.
static NTSTATUS CmpTakeSubKey(PCM_TREE_READER Reader, PCM_KEY_CONTROL_BLOCK Parent, uint32_t Cell,
                              PCM_KEY_CONTROL_BLOCK *Made)
{
    CM_HIVE_KEY Stored;
    UNICODE_STRING Name;
    ULONG Position;
    if (Reader->KeysLeft == 0 || Parent->Depth >= CM_MAXIMUM_DEPTH ||
        !CmpReadHiveKey(&Reader->Image, Cell, &Stored) || !CmpTakeName(Reader, &Stored.Name, &Name) ||
        !CmpIsStoredNameValid(&Name) || CmpFindSubKey(Parent, &Name, &Position) != NULL) {
        return STATUS_REGISTRY_CORRUPT;
    }
    Reader->KeysLeft -= 1;
    PCM_KEY_CONTROL_BLOCK Key = CmpAllocateKey(
        &Name, NULL, Reader->KeyFlags | (Stored.Node.Flags & CM_HIVE_KEY_LINK ? CM_KEY_LINK : 0));
    if (Key == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!CmpInsertSubKey(Parent, Key, Position)) {
        CmpDereferenceKey(Key);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Made = Key;
    return CmpTakeContents(Reader, Key, Parent, &Stored);
}

static NTSTATUS CmpReadLevels(PCM_TREE_READER Reader, PCM_KEY_CONTROL_BLOCK Top)
{
    CM_HIVE_KEY Stored;
    NTSTATUS Status = STATUS_REGISTRY_CORRUPT;
    ULONG Depth = 0;
    Reader->Levels[0] = (CM_READ_LEVEL){.Key = Top, .Cell = Reader->Image.RootCell};
    if (CmpReadHiveKey(&Reader->Image, Reader->Image.RootCell, &Stored)) {
        Status = CmpTakeContents(Reader, Top, Top, &Stored);
    }
    while (NT_SUCCESS(Status)) {
        CM_READ_LEVEL *Level = &Reader->Levels[Depth];
        uint32_t Cell;
        // It was read before.
        CmpReadHiveKey(&Reader->Image, Level->Cell, &Stored);
        if (Level->NextSubKey == Stored.Node.SubKeyCount) {
            if (Depth == 0) {
                break;
            }
            Depth -= 1;
            continue;
        }
        if (!CmpReadHiveSubKey(&Reader->Image, &Stored, Level->NextSubKey++, &Cell)) {
            return STATUS_REGISTRY_CORRUPT;
        }
        // As deep as keys may be, which the depth of Top counts for.
        Reader->Levels[Depth + 1] = (CM_READ_LEVEL){.Cell = Cell};
        Status = CmpTakeSubKey(Reader, Level->Key, Cell, &Reader->Levels[Depth + 1].Key);
        Depth += 1;
    }
    return Status;
}

NTSTATUS CmpReadTree(const VOID *File, ULONG Bytes, PCM_KEY_CONTROL_BLOCK Top, ULONG KeyFlags, PULONG Minor,
                     PULONG Sequence)
{
    PCM_TREE_READER Reader = ExAllocatePoolZero(PagedPool, sizeof(*Reader), TAG_KEY_BUFFER);
    if (Reader == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status;
    switch (CmpOpenHiveImage(File, Bytes, &Reader->Image)) {
    case CmHiveValid:
        Reader->KeyFlags = KeyFlags;
        Reader->KeysLeft = Reader->Image.Bytes / sizeof(CM_HIVE_KEY_NODE);
        Reader->ValuesLeft = Reader->Image.Bytes / sizeof(CM_HIVE_VALUE_NODE);
        Reader->DataLeft = Reader->Image.Bytes;
        *Minor = Reader->Image.Minor;
        *Sequence = Reader->Image.Sequence;
        Status = CmpReadLevels(Reader, Top);
        break;
    case CmHiveForeign: Status = STATUS_NOT_REGISTRY_FILE; break;
    default: Status = STATUS_REGISTRY_CORRUPT; break;
    }
    ExFreePoolWithTag(Reader, TAG_KEY_BUFFER);
    return Status;
}

// ---- Trees

VOID CmpEmptyTree(PCM_KEY_CONTROL_BLOCK Top)
{
    while (Top->SubKeyCount != 0) {
        PCM_KEY_CONTROL_BLOCK Leaf = Top;
        while (Leaf->SubKeyCount != 0) {
            Leaf = Leaf->SubKeys[Leaf->SubKeyCount - 1];
        }
        CmpFlushNotify(Leaf);
        CmpRemoveKey(Leaf);
        CmpDereferenceKey(Leaf);
    }
}

// The key behind Key, from the top downwards; NULL: none is left under Top.
static PCM_KEY_CONTROL_BLOCK CmpNextInTree(PCM_KEY_CONTROL_BLOCK Top, PCM_KEY_CONTROL_BLOCK Key)
{
    ULONG Position;
    if (Key->SubKeyCount != 0) {
        return Key->SubKeys[0];
    }
    while (Key != Top) {
        CmpFindSubKey(Key->Parent, &Key->Name, &Position);
        if (Position + 1 < Key->Parent->SubKeyCount) {
            return Key->Parent->SubKeys[Position + 1];
        }
        Key = Key->Parent;
    }
    return NULL;
}

ULONG CmpCountUsers(PCM_KEY_CONTROL_BLOCK Top)
{
    ULONG Users = 0;
    for (PCM_KEY_CONTROL_BLOCK Key = Top; Key != NULL; Key = CmpNextInTree(Top, Key)) {
        Users += (ULONG)Key->ReferenceCount - 1;
    }
    return Users;
}
