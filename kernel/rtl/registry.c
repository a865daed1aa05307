// SPDX-License-Identifier: MIT
// Registry keys and values by well-known paths.
#include "rtl/registry.h"

#define RTLP_SYSTEM_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\"
#define RTLP_USERS      L"\\REGISTRY\\USER\\"

static const PCWSTR RtlpRegistryPaths[RTL_REGISTRY_MAXIMUM] = {
    [RTL_REGISTRY_SERVICES] = RTLP_SYSTEM_KEY L"Services",
    [RTL_REGISTRY_CONTROL] = RTLP_SYSTEM_KEY L"Control",
    [RTL_REGISTRY_WINDOWS_NT] = L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    [RTL_REGISTRY_DEVICEMAP] = L"\\Registry\\Machine\\Hardware\\DeviceMap",
};

// Both parts in one buffer, from pool. Either may be NULL.
static NTSTATUS RtlpJoinPath(PCWSTR Prefix, PCWSTR Path, PUNICODE_STRING Joined)
{
    SIZE_T PrefixLength = Prefix != NULL ? wcslen(Prefix) : 0, PathLength = Path != NULL ? wcslen(Path) : 0;
    SIZE_T Bytes = (PrefixLength + 1 + PathLength + 1) * sizeof(WCHAR);
    if (Bytes > UNICODE_STRING_MAX_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    Joined->Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_REGISTRY_QUERY);
    if (Joined->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Joined->Length = 0;
    Joined->MaximumLength = (USHORT)Bytes;
    if (PrefixLength != 0) {
        RtlAppendUnicodeToString(Joined, Prefix);
        RtlAppendUnicodeToString(Joined, PathLength != 0 ? L"\\" : L"");
    }
    if (PathLength != 0) {
        RtlAppendUnicodeToString(Joined, Path);
    }
    return STATUS_SUCCESS;
}

// \REGISTRY\USER\ and the SID of who the thread acts as. RtlFreeUnicodeString frees it. STATUS_NO_MEMORY.
// (wdm, RTL_REGISTRY_USER)
NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING CurrentUserKeyPath)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    WCHAR Buffer[256] = RTLP_USERS; // room for any SID
    const USHORT Prefix = sizeof(RTLP_USERS) - sizeof(WCHAR);
    UNICODE_STRING Sid = {0, sizeof(Buffer) - Prefix - sizeof(WCHAR), Buffer + Prefix / sizeof(WCHAR)};
    *CurrentUserKeyPath = (UNICODE_STRING){0};
    SeCaptureSubjectContext(&Subject);
    PTOKEN Token = SeQuerySubjectContextToken(&Subject);
    NTSTATUS Status = RtlConvertSidToUnicodeString(&Sid, Token->UserAndGroups[0].Sid, FALSE);
    SeReleaseSubjectContext(&Subject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Sid.Buffer[Sid.Length / sizeof(WCHAR)] = L'\0';
    return RtlCreateUnicodeString(CurrentUserKeyPath, Buffer) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS RtlpJoinRegistryPath(ULONG RelativeTo, PCWSTR Path, PUNICODE_STRING Joined)
{
    UNICODE_STRING User;
    if (RelativeTo != RTL_REGISTRY_USER) {
        return RtlpJoinPath(RtlpRegistryPaths[RelativeTo], Path, Joined);
    }
    NTSTATUS Status = RtlFormatCurrentUserKeyPath(&User);
    if (NT_SUCCESS(Status)) {
        Status = RtlpJoinPath(User.Buffer, Path, Joined);
        RtlFreeUnicodeString(&User);
    }
    return Status;
}

NTSTATUS RtlpOpenRegistryKey(ULONG RelativeTo, PCWSTR Path, ACCESS_MASK DesiredAccess, BOOLEAN Create,
                             PHANDLE Key)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    *Key = NULL;
    if (RelativeTo & RTL_REGISTRY_HANDLE) {
        *Key = (HANDLE)Path;
        return STATUS_SUCCESS;
    }
    RelativeTo &= ~(ULONG)RTL_REGISTRY_OPTIONAL;
    if (RelativeTo >= RTL_REGISTRY_MAXIMUM) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = RtlpJoinRegistryPath(RelativeTo, Path, &Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = Create ? ZwCreateKey(Key, DesiredAccess, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL)
                    : ZwOpenKey(Key, DesiredAccess, &Attributes);
    if (Status == STATUS_CHILD_MUST_BE_VOLATILE) {
        // Below DEVICEMAP.
        Status = ZwCreateKey(Key, DesiredAccess, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL);
    }
    ExFreePoolWithTag(Name.Buffer, TAG_REGISTRY_QUERY);
    return Status;
}

VOID RtlpCloseRegistryKey(ULONG RelativeTo, HANDLE Key)
{
    if (!(RelativeTo & RTL_REGISTRY_HANDLE) && Key != NULL) {
        ZwClose(Key);
    }
}

// STATUS_SUCCESS: the key is there. A handle (RTL_REGISTRY_HANDLE) is closed, as its page warns. (wdm,
// RtlCheckRegistryKey)
NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    HANDLE Key;
    NTSTATUS Status = RtlpOpenRegistryKey(RelativeTo, Path, KEY_READ, FALSE, &Key);
    return NT_SUCCESS(Status) ? ZwClose(Key) : Status;
}

// The last key of the path only: those above it must be there. (wdm, RtlCreateRegistryKey)
NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    HANDLE Key;
    NTSTATUS Status = RtlpOpenRegistryKey(RelativeTo, Path, KEY_WRITE, TRUE, &Key);
    if (NT_SUCCESS(Status)) {
        RtlpCloseRegistryKey(RelativeTo, Key);
    }
    return Status;
}

// Makes the key too, if only it is missing. (wdm, RtlWriteRegistryValue)
NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
                                     PVOID ValueData, ULONG ValueLength)
{
    HANDLE Key;
    UNICODE_STRING Name;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Name, ValueName);
    if (NT_SUCCESS(Status)) {
        Status = RtlpOpenRegistryKey(RelativeTo, Path, KEY_WRITE, TRUE, &Key);
    }
    if (NT_SUCCESS(Status)) {
        Status = ZwSetValueKey(Key, &Name, 0, ValueType, ValueData, ValueLength);
        RtlpCloseRegistryKey(RelativeTo, Key);
    }
    return Status;
}

// (wdm, RtlDeleteRegistryValue)
NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
    HANDLE Key;
    UNICODE_STRING Name;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Name, ValueName);
    if (NT_SUCCESS(Status)) {
        Status = RtlpOpenRegistryKey(RelativeTo, Path, KEY_WRITE, FALSE, &Key);
    }
    if (NT_SUCCESS(Status)) {
        Status = ZwDeleteValueKey(Key, &Name);
        RtlpCloseRegistryKey(RelativeTo, Key);
    }
    return Status;
}

// ---- One value of two keys

static NTSTATUS RtlpQueryWithHandle(HANDLE Key, PUNICODE_STRING ValueName,
                                    PKEY_VALUE_PARTIAL_INFORMATION Value, ULONG Bytes, PULONG Needed)
{
    return Key != NULL ? ZwQueryValueKey(Key, ValueName, KeyValuePartialInformation, Value, Bytes, Needed)
                       : STATUS_OBJECT_NAME_NOT_FOUND;
}

// The value ValueName of PrimaryHandle's key or, if that has none, of FallbackHandle's; each may be NULL. Its
// type to *ValueType, which is optional, its data to ValueData of ValueLength bytes, its length to
// *ResultLength. STATUS_BUFFER_OVERFLOW: the data is longer, and cut short. STATUS_OBJECT_NAME_NOT_FOUND,
// STATUS_INSUFFICIENT_RESOURCES. (ntddk, RtlQueryRegistryValueWithFallback)
NTSTATUS NTAPI RtlQueryRegistryValueWithFallback(HANDLE PrimaryHandle, HANDLE FallbackHandle,
                                                 PUNICODE_STRING ValueName, ULONG ValueLength,
                                                 PULONG ValueType, PVOID ValueData, PULONG ResultLength)
{
    const ULONG Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    ULONG Needed;
    if (ValueLength > MAXULONG - Fixed) {
        return STATUS_INVALID_PARAMETER;
    }
    PKEY_VALUE_PARTIAL_INFORMATION Value =
        ExAllocatePoolWithTag(PagedPool, (SIZE_T)Fixed + ValueLength, TAG_REGISTRY_QUERY);
    if (Value == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = RtlpQueryWithHandle(PrimaryHandle, ValueName, Value, Fixed + ValueLength, &Needed);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Status = RtlpQueryWithHandle(FallbackHandle, ValueName, Value, Fixed + ValueLength, &Needed);
    }
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW) {
        if (ValueType != NULL) {
            *ValueType = Value->Type;
        }
        *ResultLength = Value->DataLength;
        RtlCopyMemory(ValueData, Value->Data, min(Value->DataLength, ValueLength));
    }
    ExFreePoolWithTag(Value, TAG_REGISTRY_QUERY);
    return Status;
}
