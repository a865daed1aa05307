// SPDX-License-Identifier: MIT
// Filters that the service's key has.
#include <kmode.h>

// A value with one character too many is still read, so that what is too long is told as such.
typedef struct VALUE {
    KEY_VALUE_PARTIAL_INFORMATION Information;
    WCHAR Room[KM_LOG_FILTER_BYTES + 2];
} VALUE;

static NTSTATUS SetFilter(const KEY_VALUE_PARTIAL_INFORMATION *Information)
{
    CHAR Filter[KM_LOG_FILTER_BYTES + 2];
    const WCHAR *Text = (const WCHAR *)(const VOID *)Information->Data;
    ULONG Count = Information->DataLength / sizeof(WCHAR), Index = 0;

    if (Information->Type != REG_SZ) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    for (; Index < Count && Text[Index] != 0; Index += 1) {
        if (Index == sizeof(Filter) - 1) {
            return STATUS_BUFFER_OVERFLOW;
        }
        if (Text[Index] > '~') {
            return STATUS_INVALID_PARAMETER;
        }
        Filter[Index] = (CHAR)Text[Index];
    }
    Filter[Index] = '\0';
    return KmLogSetFilter(Filter);
}

NTSTATUS NTAPI KmLogSetFilterFromRegistry(PUNICODE_STRING RegistryPath, PCWSTR ValueName)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    VALUE Value;
    ULONG Bytes;
    HANDLE Key;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    Status = ZwOpenKey(&Key, KEY_QUERY_VALUE, &Attributes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlInitUnicodeString(&Name, ValueName);
    Status = ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Value, sizeof(Value), &Bytes);
    ZwClose(Key);
    if (Status == STATUS_BUFFER_OVERFLOW) {
        return Value.Information.Type == REG_SZ ? STATUS_BUFFER_OVERFLOW : STATUS_OBJECT_TYPE_MISMATCH;
    }
    return NT_SUCCESS(Status) ? SetFilter(&Value.Information) : Status;
}
