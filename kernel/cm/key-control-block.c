// SPDX-License-Identifier: MIT
// The tree of keys.
#include "inc/kernel.h"

PCM_KEY_CONTROL_BLOCK CmpRootKey;
EX_PUSH_LOCK CmpRegistryLock;

BOOLEAN CmpCopyString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    *Destination = (UNICODE_STRING){0};
    if (Source == NULL || Source->Length == 0) {
        return TRUE;
    }
    Destination->Buffer = ExAllocatePoolWithTag(PagedPool, Source->Length, TAG_KEY);
    if (Destination->Buffer == NULL) {
        return FALSE;
    }
    RtlCopyMemory(Destination->Buffer, Source->Buffer, Source->Length);
    Destination->Length = Destination->MaximumLength = Source->Length;
    return TRUE;
}

VOID CmpFreeString(PUNICODE_STRING String)
{
    if (String->Buffer != NULL) {
        ExFreePoolWithTag(String->Buffer, TAG_KEY);
    }
    *String = (UNICODE_STRING){0};
}

PCM_KEY_CONTROL_BLOCK CmpAllocateKey(PCUNICODE_STRING Name, PCUNICODE_STRING Class, ULONG Flags)
{
    PCM_KEY_CONTROL_BLOCK Key = ExAllocatePoolZero(PagedPool, sizeof(*Key), TAG_KEY);
    if (Key == NULL) {
        return NULL;
    }
    Key->ReferenceCount = 1;
    Key->Flags = Flags;
    InitializeListHead(&Key->NotifyList);
    if (!CmpCopyString(&Key->Name, Name) || !CmpCopyString(&Key->Class, Class)) {
        CmpDereferenceKey(Key);
        return NULL;
    }
    CmpTouchKey(Key);
    return Key;
}

VOID CmpReferenceKey(PCM_KEY_CONTROL_BLOCK Key)
{
    InterlockedIncrement(&Key->ReferenceCount);
}

VOID CmpDereferenceKey(PCM_KEY_CONTROL_BLOCK Key)
{
    if (InterlockedDecrement(&Key->ReferenceCount) != 0) {
        return;
    }
    CmpDeleteValues(Key);
    ObpDereferenceSecurity(Key->Security);
    CmpFreeString(&Key->Class);
    CmpFreeString(&Key->Name);
    if (Key->SubKeys != NULL) {
        ExFreePoolWithTag(Key->SubKeys, TAG_KEY);
    }
    ExFreePoolWithTag(Key, TAG_KEY);
}

VOID CmpMarkHive(PCM_KEY_CONTROL_BLOCK Key)
{
    while (Key != NULL && !(Key->Flags & CM_KEY_HIVE)) {
        Key = Key->Parent;
    }
    if (Key != NULL) {
        Key->Flags |= CM_KEY_CHANGED;
    }
}

VOID CmpTouchKey(PCM_KEY_CONTROL_BLOCK Key)
{
    KeQuerySystemTime(&Key->LastWriteTime);
    CmpMarkHive(Key);
}

PCM_KEY_CONTROL_BLOCK CmpFindSubKey(PCM_KEY_CONTROL_BLOCK Parent, PCUNICODE_STRING Name, PULONG Position)
{
    ULONG Low = 0, High = Parent->SubKeyCount;
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        LONG Order = RtlCompareUnicodeString(Name, &Parent->SubKeys[Middle]->Name, TRUE);
        if (Order == 0) {
            *Position = Middle;
            return Parent->SubKeys[Middle];
        }
        if (Order < 0) {
            High = Middle;
        } else {
            Low = Middle + 1;
        }
    }
    *Position = Low;
    return NULL;
}

BOOLEAN CmpInsertSubKey(PCM_KEY_CONTROL_BLOCK Parent, PCM_KEY_CONTROL_BLOCK Key, ULONG Position)
{
    if (Parent->SubKeyCount == Parent->SubKeyRoom) {
        ULONG Room = Parent->SubKeyRoom != 0 ? Parent->SubKeyRoom * 2 : 4;
        PCM_KEY_CONTROL_BLOCK *SubKeys = ExAllocatePoolWithTag(PagedPool, Room * sizeof(*SubKeys), TAG_KEY);
        if (SubKeys == NULL) {
            return FALSE;
        }
        if (Parent->SubKeys != NULL) {
            RtlCopyMemory(SubKeys, Parent->SubKeys, Parent->SubKeyCount * sizeof(*SubKeys));
            ExFreePoolWithTag(Parent->SubKeys, TAG_KEY);
        }
        Parent->SubKeys = SubKeys;
        Parent->SubKeyRoom = Room;
    }
    RtlMoveMemory(Parent->SubKeys + Position + 1, Parent->SubKeys + Position,
                  (Parent->SubKeyCount - Position) * sizeof(*Parent->SubKeys));
    Parent->SubKeys[Position] = Key;
    Parent->SubKeyCount += 1;
    Key->Parent = Parent;
    Key->Depth = Parent->Depth + 1;
    return TRUE;
}

static VOID CmpUnlinkSubKey(PCM_KEY_CONTROL_BLOCK Key)
{
    PCM_KEY_CONTROL_BLOCK Parent = Key->Parent;
    ULONG Position;
    CmpFindSubKey(Parent, &Key->Name, &Position);
    Parent->SubKeyCount -= 1;
    RtlMoveMemory(Parent->SubKeys + Position, Parent->SubKeys + Position + 1,
                  (Parent->SubKeyCount - Position) * sizeof(*Parent->SubKeys));
}

VOID CmpRemoveKey(PCM_KEY_CONTROL_BLOCK Key)
{
    CmpUnlinkSubKey(Key);
    Key->Parent = NULL;
    Key->Flags |= CM_KEY_DELETED;
    CmpDeleteValues(Key);
}

NTSTATUS CmpRenameKey(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name)
{
    PCM_KEY_CONTROL_BLOCK Parent = Key->Parent, Existing;
    UNICODE_STRING Copy;
    ULONG Position;
    Existing = CmpFindSubKey(Parent, Name, &Position);
    if (Existing != NULL && Existing != Key) {
        return STATUS_CANNOT_DELETE;
    }
    if (!CmpCopyString(&Copy, Name)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    CmpUnlinkSubKey(Key);
    CmpFreeString(&Key->Name);
    Key->Name = Copy;
    CmpFindSubKey(Parent, Name, &Position);
    // It has just left a place free.
    CmpInsertSubKey(Parent, Key, Position);
    CmpTouchKey(Key);
    return STATUS_SUCCESS;
}

ULONG CmpKeyPath(PCM_KEY_CONTROL_BLOCK Key, PWCH End)
{
    ULONG Bytes = 0;
    for (; Key != NULL; Key = Key->Parent) {
        Bytes += Key->Name.Length + (ULONG)sizeof(WCHAR);
        if (End != NULL) {
            End -= Key->Name.Length / sizeof(WCHAR);
            RtlCopyMemory(End, Key->Name.Buffer, Key->Name.Length);
            *--End = OBJ_NAME_PATH_SEPARATOR;
        }
    }
    return Bytes;
}
