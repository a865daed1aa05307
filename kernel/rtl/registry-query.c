// SPDX-License-Identifier: MIT
// RtlQueryRegistryValues: many values by one table.
#include "rtl/registry.h"

#ifndef KERNEL_SECURITY_CHECK_FAILURE
#define KERNEL_SECURITY_CHECK_FAILURE 0x139
#endif
#define RTLP_UNSAFE_REGISTRY_ACCESS 9 // FAST_FAIL_UNSAFE_REGISTRY_ACCESS

// A table being worked through.
typedef struct _RTLP_REGISTRY_QUERY {
    PVOID Context;
    PCWSTR Environment;
    HANDLE TopKey;     // NULL: it is not there, and need not be
    HANDLE CurrentKey; // TopKey, a subkey of it, or NULL: that is not there
} RTLP_REGISTRY_QUERY;

// A value on its way to the caller.
typedef struct _RTLP_REGISTRY_VALUE {
    PCWSTR Name;
    ULONG Type;
    PVOID Data;
    ULONG Length;
} RTLP_REGISTRY_VALUE;

static BOOLEAN RtlpIsString(ULONG Type)
{
    return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ;
}

// ---- RTL_QUERY_REGISTRY_DIRECT

static NTSTATUS RtlpStoreString(const RTLP_REGISTRY_VALUE *Value, PUNICODE_STRING String)
{
    if (Value->Length > UNICODE_STRING_MAX_BYTES) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (String->Buffer == NULL) {
        String->Buffer = RtlpAllocateString(Value->Length);
        if (String->Buffer == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        String->MaximumLength = (USHORT)Value->Length;
    } else if (Value->Length > String->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlCopyMemory(String->Buffer, Value->Data, Value->Length);
    String->Length = (USHORT)(Value->Length - sizeof(WCHAR));
    return STATUS_SUCCESS;
}

// More than four bytes: the buffer starts with how many it has room for.
static NTSTATUS RtlpStoreLong(const RTLP_REGISTRY_VALUE *Value, PULONG Buffer)
{
    LONG Room = *(PLONG)Buffer;
    ULONG Magnitude = Room < 0 ? 0u - (ULONG)Room : (ULONG)Room;
    ULONG Header = Room < 0 ? 0 : 2 * (ULONG)sizeof(ULONG);
    if (Magnitude < Header || Magnitude - Header < Value->Length) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Header != 0) {
        Buffer[0] = Value->Length;
        Buffer[1] = Value->Type;
    }
    RtlCopyMemory((PUCHAR)Buffer + Header, Value->Data, Value->Length);
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpStore(const RTLP_REGISTRY_VALUE *Value, PVOID Destination)
{
    if (RtlpIsString(Value->Type)) {
        return RtlpStoreString(Value, Destination);
    }
    if (Value->Length > sizeof(ULONG)) {
        return RtlpStoreLong(Value, Destination);
    }
    RtlCopyMemory(Destination, Value->Data, Value->Length);
    return STATUS_SUCCESS;
}

// Hives that users can write to may hold anything: who reads from one straight into a buffer must say which
// type it takes.
static VOID RtlpCheckHive(HANDLE Key)
{
    static const PCWSTR Trusted[] = {
        L"\\REGISTRY\\MACHINE\\HARDWARE\\", L"\\REGISTRY\\MACHINE\\SOFTWARE\\",
        L"\\REGISTRY\\MACHINE\\SYSTEM\\",   L"\\REGISTRY\\MACHINE\\SECURITY\\",
        L"\\REGISTRY\\MACHINE\\SAM\\",
    };
    ULONG Buffer[32] = {0}, Needed;
    PKEY_NAME_INFORMATION Name = (PVOID)Buffer;
    NTSTATUS Status = ZwQueryKey(Key, KeyNameInformation, Buffer, sizeof(Buffer) - sizeof(ULONG), &Needed);
    if (!NT_SUCCESS(Status) && Status != STATUS_BUFFER_OVERFLOW) {
        return;
    }
    ULONG Bytes = min(Name->NameLength, (ULONG)(sizeof(Buffer) - 2 * sizeof(ULONG)));
    Name->Name[Bytes / sizeof(WCHAR)] = L'\\'; // behind a hive's own name too
    UNICODE_STRING Path = {(USHORT)(Bytes + sizeof(WCHAR)), sizeof(Buffer), Name->Name};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Trusted); Index += 1) {
        UNICODE_STRING Prefix;
        RtlInitUnicodeString(&Prefix, Trusted[Index]);
        if (RtlPrefixUnicodeString(&Prefix, &Path, TRUE)) {
            return;
        }
    }
    KeBugCheckEx(KERNEL_SECURITY_CHECK_FAILURE, RTLP_UNSAFE_REGISTRY_ACCESS, 0, 0, 0);
}

// ---- One value

static NTSTATUS RtlpDeliver(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                            const RTLP_REGISTRY_VALUE *Value)
{
    if (Entry->Flags & RTL_QUERY_REGISTRY_DIRECT) {
        return RtlpStore(Value, Entry->EntryContext);
    }
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "RTL_QUERY_REGISTRY_ROUTINE", Entry->QueryRoutine, 5, Value->Name,
                    (ULONG_PTR)Value->Type, Value->Data, (ULONG_PTR)Value->Length, Query->Context);
    NTSTATUS Status = Entry->QueryRoutine((PWSTR)Value->Name, Value->Type, Value->Data, Value->Length,
                                          Query->Context, Entry->EntryContext);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    return Status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : Status; // the one failure that ends nothing
}

// Each of the strings of a REG_MULTI_SZ by itself.
static NTSTATUS RtlpDeliverStrings(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                                   const RTLP_REGISTRY_VALUE *Value)
{
    PWCH String = Value->Data, End = String + Value->Length / sizeof(WCHAR);
    NTSTATUS Status = STATUS_SUCCESS;
    while (NT_SUCCESS(Status) && String < End && *String != L'\0') {
        ULONG Length = (ULONG)wcslen(String) + 1;
        RTLP_REGISTRY_VALUE One = {Value->Name, REG_SZ, String, Length * (ULONG)sizeof(WCHAR)};
        Status = RtlpDeliver(Query, Entry, &One);
        String += Length;
    }
    return Status;
}

static NTSTATUS RtlpDeliverExpanded(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                                    const RTLP_REGISTRY_VALUE *Value)
{
    UNICODE_STRING Source;
    RTLP_REGISTRY_VALUE Expanded = {Value->Name, REG_SZ, NULL, 0};
    PWCH Text;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Source, Value->Data);
    if (NT_SUCCESS(Status)) {
        Status = RtlpExpandEnvironment(Query->Environment, &Source, &Text, &Expanded.Length);
    }
    if (NT_SUCCESS(Status)) {
        Expanded.Data = Text;
        Status = RtlpDeliver(Query, Entry, &Expanded);
        ExFreePoolWithTag(Text, TAG_REGISTRY_QUERY);
    }
    return Status;
}

// A string's Data has two zero characters behind it, whatever Length is.
static NTSTATUS RtlpProcessValue(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                                 RTLP_REGISTRY_VALUE *Value)
{
    BOOLEAN Raw = (Entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND) != 0;
    if (!RtlpIsString(Value->Type)) {
        return RtlpDeliver(Query, Entry, Value);
    }
    if (Entry->Flags & RTL_QUERY_REGISTRY_NOSTRING) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    // What the registry holds need not be terminated, nor whole characters.
    Value->Length &= ~1u;
    if (Value->Length == 0 || ((PWCH)Value->Data)[Value->Length / sizeof(WCHAR) - 1] != L'\0') {
        Value->Length += sizeof(WCHAR);
    }
    if (Raw || Value->Type == REG_SZ) {
        return RtlpDeliver(Query, Entry, Value);
    }
    if (Value->Type == REG_EXPAND_SZ) {
        return RtlpDeliverExpanded(Query, Entry, Value);
    }
    return Entry->Flags & RTL_QUERY_REGISTRY_DIRECT ? STATUS_INVALID_PARAMETER
                                                    : RtlpDeliverStrings(Query, Entry, Value);
}

// A copy of Data that the strings' processing may lean on. NULL: no memory.
static PVOID RtlpTerminatedCopy(const VOID *Data, ULONG Length)
{
    PUCHAR Copy = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Length + 2 * sizeof(WCHAR), TAG_REGISTRY_QUERY);
    if (Copy != NULL) {
        RtlCopyMemory(Copy, Data, Length);
        RtlZeroMemory(Copy + Length, 2 * sizeof(WCHAR));
        if (Length % sizeof(WCHAR) != 0) {
            Copy[Length - 1] = 0;
        }
    }
    return Copy;
}

static ULONG RtlpDefaultLength(const RTL_QUERY_REGISTRY_TABLE *Entry, ULONG Type)
{
    PCWSTR Text = Entry->DefaultData;
    if (Entry->DefaultLength != 0 || !RtlpIsString(Type) || Text == NULL) {
        return Entry->DefaultLength;
    }
    ULONG Length = (ULONG)wcslen(Text) + 1;
    while (Type == REG_MULTI_SZ && Length > 1 && Text[Length] != L'\0') {
        Length += (ULONG)wcslen(Text + Length) + 1;
    }
    // The empty string at the end of the list.
    Length += Type == REG_MULTI_SZ && Length > 1;
    return Length * (ULONG)sizeof(WCHAR);
}

// The value that the entry names is not there.
static NTSTATUS RtlpProcessDefault(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    ULONG Type = Entry->DefaultType & 0xFF;
    if (Type == REG_NONE) {
        return Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
    }
    RTLP_REGISTRY_VALUE Value = {Entry->Name, Type, Entry->DefaultData, RtlpDefaultLength(Entry, Type)};
    if (!RtlpIsString(Type)) {
        return RtlpDeliver(Query, Entry, &Value);
    }
    Value.Data = RtlpTerminatedCopy(Entry->DefaultData, Value.Length);
    if (Value.Data == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = RtlpProcessValue(Query, Entry, &Value);
    ExFreePoolWithTag(Value.Data, TAG_REGISTRY_QUERY);
    return Status;
}

static NTSTATUS RtlpProcessFound(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                                 const KEY_VALUE_FULL_INFORMATION *Full, PCWSTR Name)
{
    if (Entry->Flags & RTL_QUERY_REGISTRY_DIRECT) {
        if (!(Entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK)) {
            RtlpCheckHive(Query->CurrentKey);
        } else if (Full->Type != Entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) {
            return STATUS_OBJECT_TYPE_MISMATCH;
        }
    }
    PVOID Data = RtlpTerminatedCopy((const UCHAR *)Full + Full->DataOffset, Full->DataLength);
    if (Data == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RTLP_REGISTRY_VALUE Value = {Name, Full->Type, Data, Full->DataLength};
    NTSTATUS Status = RtlpProcessValue(Query, Entry, &Value);
    ExFreePoolWithTag(Data, TAG_REGISTRY_QUERY);
    return Status;
}

// The value of that name or, if Name is NULL, number, of the current key, in pool.
static NTSTATUS RtlpReadValue(const RTLP_REGISTRY_QUERY *Query, PUNICODE_STRING Name, ULONG Index,
                              PKEY_VALUE_FULL_INFORMATION *Value)
{
    ULONG Bytes = 256, Needed;
    if (Query->CurrentKey == NULL) {
        return Name != NULL ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_NO_MORE_ENTRIES;
    }
    for (;;) {
        *Value = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_REGISTRY_QUERY);
        if (*Value == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        NTSTATUS Status = Name != NULL ? ZwQueryValueKey(Query->CurrentKey, Name, KeyValueFullInformation,
                                                         *Value, Bytes, &Needed)
                                       : ZwEnumerateValueKey(Query->CurrentKey, Index,
                                                             KeyValueFullInformation, *Value, Bytes, &Needed);
        if (NT_SUCCESS(Status)) {
            return Status;
        }
        ExFreePoolWithTag(*Value, TAG_REGISTRY_QUERY);
        if (Status != STATUS_BUFFER_OVERFLOW && Status != STATUS_BUFFER_TOO_SMALL) {
            return Status;
        }
        Bytes = Needed;
    }
}

// ---- Table entries

static NTSTATUS RtlpQueryNamed(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    UNICODE_STRING Name;
    PKEY_VALUE_FULL_INFORMATION Value;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Name, Entry->Name);
    if (NT_SUCCESS(Status)) {
        Status = RtlpReadValue(Query, &Name, 0, &Value);
    }
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        return RtlpProcessDefault(Query, Entry);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = RtlpProcessFound(Query, Entry, Value, Entry->Name);
    ExFreePoolWithTag(Value, TAG_REGISTRY_QUERY);
    if (NT_SUCCESS(Status) && (Entry->Flags & RTL_QUERY_REGISTRY_DELETE)) {
        ZwDeleteValueKey(Query->CurrentKey, &Name);
    }
    return Status;
}

// Value's own name, as the zero-terminated string that routines take.
static NTSTATUS RtlpProcessEnumerated(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                                      PKEY_VALUE_FULL_INFORMATION Value)
{
    UNICODE_STRING Name = {(USHORT)Value->NameLength, (USHORT)Value->NameLength, Value->Name};
    PWCH Terminated = RtlpTerminatedCopy(Value->Name, Value->NameLength);
    if (Terminated == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = RtlpProcessFound(Query, Entry, Value, Terminated);
    if (NT_SUCCESS(Status) && (Entry->Flags & RTL_QUERY_REGISTRY_DELETE)) {
        ZwDeleteValueKey(Query->CurrentKey, &Name);
    }
    ExFreePoolWithTag(Terminated, TAG_REGISTRY_QUERY);
    return Status;
}

static NTSTATUS RtlpQueryAll(const RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    ULONG Count = 0;
    for (ULONG Index = 0;; Count += 1) {
        PKEY_VALUE_FULL_INFORMATION Value;
        NTSTATUS Status = RtlpReadValue(Query, NULL, Index, &Value);
        if (Status == STATUS_NO_MORE_ENTRIES) {
            break;
        }
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Status = RtlpProcessEnumerated(Query, Entry, Value);
        ExFreePoolWithTag(Value, TAG_REGISTRY_QUERY);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        // One that has been deleted has left its number to the next.
        Index += !(Entry->Flags & RTL_QUERY_REGISTRY_DELETE);
    }
    return Count == 0 && (Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                      : STATUS_SUCCESS;
}

static VOID RtlpLeaveSubKey(RTLP_REGISTRY_QUERY *Query)
{
    if (Query->CurrentKey != Query->TopKey && Query->CurrentKey != NULL) {
        ZwClose(Query->CurrentKey);
    }
    Query->CurrentKey = Query->TopKey;
}

static NTSTATUS RtlpEnterSubKey(RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Name, Entry->Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Query->TopKey,
                               NULL);
    Query->CurrentKey = NULL;
    if (Query->TopKey == NULL) {
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else {
        Status = ZwOpenKey(&Query->CurrentKey, MAXIMUM_ALLOWED, &Attributes);
    }
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND && !(Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED)) {
        // What is asked of it has its defaults.
        Query->CurrentKey = NULL;
        return STATUS_SUCCESS;
    }
    return Status;
}

static BOOLEAN RtlpIsEntryValid(const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    if (Entry->Flags & RTL_QUERY_REGISTRY_DIRECT) {
        return Entry->Name != NULL && Entry->QueryRoutine == NULL && Entry->EntryContext != NULL &&
               !(Entry->Flags & RTL_QUERY_REGISTRY_SUBKEY);
    }
    return Entry->Flags & RTL_QUERY_REGISTRY_SUBKEY ? Entry->Name != NULL : Entry->QueryRoutine != NULL;
}

static NTSTATUS RtlpProcessEntry(RTLP_REGISTRY_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    if (!RtlpIsEntryValid(Entry)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) {
        RtlpLeaveSubKey(Query);
    }
    if (Entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) {
        NTSTATUS Status = RtlpEnterSubKey(Query, Entry);
        return NT_SUCCESS(Status) && Entry->QueryRoutine != NULL ? RtlpQueryAll(Query, Entry) : Status;
    }
    if (Entry->Name != NULL) {
        return RtlpQueryNamed(Query, Entry);
    }
    if (Entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) {
        const RTLP_REGISTRY_VALUE Nothing = {NULL, REG_NONE, NULL, 0};
        return RtlpDeliver(Query, Entry, &Nothing);
    }
    return RtlpQueryAll(Query, Entry);
}

// Works through QueryTable, up to an entry without name and routine. STATUS_INVALID_PARAMETER (RelativeTo, an
// entry whose flags want what it lacks, a REG_MULTI_SZ stored directly without NOEXPAND),
// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_BUFFER_TOO_SMALL, STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_INSUFFICIENT_RESOURCES, and what a routine of the table returns, save STATUS_BUFFER_TOO_SMALL. Bug
// check KERNEL_SECURITY_CHECK_FAILURE: a value of a hive that users write to, stored directly without
// TYPECHECK. IRQL PASSIVE_LEVEL. (wdm, RtlQueryRegistryValues)
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
                                      PVOID Context, PVOID Environment)
{
    RTLP_REGISTRY_QUERY Query = {.Context = Context, .Environment = Environment};
    NTSTATUS Status = RtlpOpenRegistryKey(RelativeTo, Path, MAXIMUM_ALLOWED, FALSE, &Query.TopKey);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND && (RelativeTo & RTL_REGISTRY_OPTIONAL)) {
        Query.TopKey = NULL;
        Status = STATUS_SUCCESS;
    }
    Query.CurrentKey = Query.TopKey;
    const ULONG WithoutRoutine = RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT;
    for (; NT_SUCCESS(Status) && (QueryTable->QueryRoutine != NULL || QueryTable->Name != NULL ||
                                  (QueryTable->Flags & WithoutRoutine));
         QueryTable += 1) {
        Status = RtlpProcessEntry(&Query, QueryTable);
    }
    RtlpLeaveSubKey(&Query);
    RtlpCloseRegistryKey(RelativeTo, Query.TopKey);
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : Status;
}
