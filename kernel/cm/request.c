// SPDX-License-Identifier: MIT
// What the machine's user asks of the registry: how files of it are loaded and saved.
#include "inc/kernel.h"

static UNICODE_STRING CmpText(uint64_t Address, uint32_t Bytes)
{
    return (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, (PWCH)Address};
}

static NTSTATUS CmpOpenPath(UNICODE_STRING Path, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenKey(Key, KEY_ALL_ACCESS, &Attributes);
}

// Volatile where it has to be.
static NTSTATUS CmpCreateOne(UNICODE_STRING Path, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwCreateKey(Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL);
    return Status == STATUS_CHILD_MUST_BE_VOLATILE
               ? ZwCreateKey(Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL)
               : Status;
}

// With every key above it that is not there.
static NTSTATUS CmpCreatePath(UNICODE_STRING Path, PHANDLE Key)
{
    NTSTATUS Status = CmpOpenPath(Path, Key);
    UNICODE_STRING Above = {0, 0, Path.Buffer};
    while (Status == STATUS_OBJECT_NAME_NOT_FOUND && Above.Length < Path.Length) {
        do {
            Above.Length += sizeof(WCHAR);
        } while (Above.Length < Path.Length &&
                 Path.Buffer[Above.Length / sizeof(WCHAR)] != OBJ_NAME_PATH_SEPARATOR);
        Above.MaximumLength = Above.Length;
        NTSTATUS Made = CmpOpenPath(Above, Key);
        if (Made == STATUS_OBJECT_NAME_NOT_FOUND) {
            Made = CmpCreateOne(Above, Key);
        }
        if (!NT_SUCCESS(Made)) {
            return Made;
        }
        if (Above.Length == Path.Length) {
            return Made;
        }
        ZwClose(*Key);
    }
    return Status;
}

// ---- Deletion

// The name of Key's first subkey, in Name's buffer.
static NTSTATUS CmpFirstSubKey(HANDLE Key, PUNICODE_STRING Name)
{
    ULONG64 Buffer[(sizeof(KEY_BASIC_INFORMATION) + CM_MAXIMUM_KEY_NAME_BYTES + 7) / sizeof(ULONG64)];
    PKEY_BASIC_INFORMATION Information = (PVOID)Buffer;
    ULONG Needed;
    NTSTATUS Status = ZwEnumerateKey(Key, 0, KeyBasicInformation, Information, sizeof(Buffer), &Needed);
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Name->Buffer, Information->Name, Information->NameLength);
        Name->Length = (USHORT)Information->NameLength;
    }
    return Status;
}

// Follows first subkeys down from Key, which it closes, to one that has none, and deletes that.
static NTSTATUS CmpDeleteLeaf(HANDLE Key, PBOOLEAN WasTop)
{
    WCHAR Buffer[CM_MAXIMUM_KEY_NAME_BYTES / sizeof(WCHAR)];
    UNICODE_STRING Name = {0, sizeof(Buffer), Buffer};
    NTSTATUS Status;
    *WasTop = TRUE;
    while (NT_SUCCESS(Status = CmpFirstSubKey(Key, &Name))) {
        HANDLE SubKey;
        OBJECT_ATTRIBUTES Attributes;
        InitializeObjectAttributes(&Attributes, &Name,
                                   OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_OPENLINK, Key, NULL);
        Status = ZwOpenKey(&SubKey, KEY_ALL_ACCESS, &Attributes);
        ZwClose(Key);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Key = SubKey;
        *WasTop = FALSE;
    }
    if (Status == STATUS_NO_MORE_ENTRIES) {
        Status = ZwDeleteKey(Key);
    }
    ZwClose(Key);
    return Status;
}

static NTSTATUS CmpDeleteTree(UNICODE_STRING Path)
{
    BOOLEAN WasTop = FALSE;
    NTSTATUS Status = STATUS_SUCCESS;
    while (NT_SUCCESS(Status) && !WasTop) {
        HANDLE Key;
        Status = CmpOpenPath(Path, &Key);
        if (NT_SUCCESS(Status)) {
            Status = CmpDeleteLeaf(Key, &WasTop);
        }
    }
    return Status;
}

// ---- Queries

// Copies what there is room for; *Bytes becomes what is needed.
static NTSTATUS CmpGive(uint64_t Address, uint32_t *Bytes, const VOID *Source, ULONG SourceBytes)
{
    ULONG Room = *Bytes;
    *Bytes = SourceBytes;
    if (Room < SourceBytes) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlCopyMemory((PVOID)Address, Source, SourceBytes);
    return STATUS_SUCCESS;
}

// Whether Key's subkey Name is a link.
static BOOLEAN CmpIsLink(HANDLE Key, PUNICODE_STRING Name)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE SubKey;
    ULONG Flags[3] = {0}, Needed; // KeyFlagsInformation: the second are the key's own
    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_OPENLINK,
                               Key, NULL);
    if (NT_SUCCESS(ZwOpenKey(&SubKey, KEY_QUERY_VALUE, &Attributes))) {
        ZwQueryKey(SubKey, KeyFlagsInformation, Flags, sizeof(Flags), &Needed);
        ZwClose(SubKey);
    }
    return (Flags[1] & CM_KEY_LINK) != 0;
}

static NTSTATUS CmpGiveSubKey(HANDLE Key, KM_REGISTRY_OPERATION *Operation)
{
    ULONG64 Buffer[(sizeof(KEY_BASIC_INFORMATION) + CM_MAXIMUM_KEY_NAME_BYTES + 7) / sizeof(ULONG64)];
    PKEY_BASIC_INFORMATION Information = (PVOID)Buffer;
    ULONG Needed;
    NTSTATUS Status =
        ZwEnumerateKey(Key, Operation->index, KeyBasicInformation, Information, sizeof(Buffer), &Needed);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    UNICODE_STRING Name = {(USHORT)Information->NameLength, (USHORT)Information->NameLength,
                           Information->Name};
    Operation->type = CmpIsLink(Key, &Name);
    return CmpGive(Operation->name, &Operation->name_bytes, Information->Name, Information->NameLength);
}

static NTSTATUS CmpGiveValue(HANDLE Key, KM_REGISTRY_OPERATION *Operation)
{
    KEY_VALUE_FULL_INFORMATION Head;
    ULONG Needed;
    NTSTATUS Status =
        ZwEnumerateValueKey(Key, Operation->index, KeyValueFullInformation, &Head, sizeof(Head), &Needed);
    if (!NT_SUCCESS(Status) && Status != STATUS_BUFFER_OVERFLOW) {
        return Status;
    }
    PKEY_VALUE_FULL_INFORMATION Value = ExAllocatePoolWithTag(PagedPool, Needed, TAG_KEY_BUFFER);
    if (Value == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ZwEnumerateValueKey(Key, Operation->index, KeyValueFullInformation, Value, Needed, &Needed);
    if (NT_SUCCESS(Status)) {
        Operation->type = Value->Type;
        Status = CmpGive(Operation->name, &Operation->name_bytes, Value->Name, Value->NameLength);
        NTSTATUS Data = CmpGive(Operation->data, &Operation->data_bytes, (PUCHAR)Value + Value->DataOffset,
                                Value->DataLength);
        Status = NT_SUCCESS(Status) ? Data : Status;
    }
    ExFreePoolWithTag(Value, TAG_KEY_BUFFER);
    return Status;
}

// ---- The operation

static NTSTATUS CmpOperateOnKey(HANDLE Key, KM_REGISTRY_OPERATION *Operation)
{
    UNICODE_STRING Name = CmpText(Operation->name, Operation->name_bytes);
    switch (Operation->operation) {
    case KM_REGISTRY_CREATE_KEY: return STATUS_SUCCESS;
    case KM_REGISTRY_SET_VALUE:
        return ZwSetValueKey(Key, &Name, 0, Operation->type, (PVOID)Operation->data, Operation->data_bytes);
    case KM_REGISTRY_DELETE_VALUE: return ZwDeleteValueKey(Key, &Name);
    case KM_REGISTRY_QUERY_SUB_KEY: return CmpGiveSubKey(Key, Operation);
    case KM_REGISTRY_QUERY_VALUE: return CmpGiveValue(Key, Operation);
    default: return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS CmCarryOut(KM_REGISTRY_OPERATION *Operation)
{
    HANDLE Key;
    if (Operation->key_bytes > UNICODE_STRING_MAX_BYTES || Operation->name_bytes > UNICODE_STRING_MAX_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    UNICODE_STRING Path = CmpText(Operation->key, Operation->key_bytes);
    if (Operation->operation == KM_REGISTRY_DELETE_KEY) {
        return CmpDeleteTree(Path);
    }
    NTSTATUS Status =
        Operation->operation == KM_REGISTRY_CREATE_KEY ? CmpCreatePath(Path, &Key) : CmpOpenPath(Path, &Key);
    if (NT_SUCCESS(Status)) {
        Status = CmpOperateOnKey(Key, Operation);
        ZwClose(Key);
    }
    return Status;
}
