// SPDX-License-Identifier: MIT
// Values of a size that is known, read without an allocation.
#include <ntifs.h>
#include "registry/read.h"

#define LARGEST 512

NTSTATUS KmpRegistryReadSmall(HANDLE Key, PCWSTR Name, PVOID Data, ULONG Bytes, PULONG Type, PULONG Actual)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION Information;
        UCHAR Room[FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + LARGEST];
    } Value;
    UNICODE_STRING NameString;
    ULONG Length;
    NTSTATUS Status;

    *Type = REG_NONE;
    *Actual = 0;
    if (Bytes > LARGEST) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = RtlInitUnicodeStringEx(&NameString, Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ZwQueryValueKey(Key, &NameString, KeyValuePartialInformation, &Value,
                             FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + Bytes, &Length);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW) {
        *Type = Value.Information.Type;
        *Actual = Value.Information.DataLength;
    }
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Data, Value.Information.Data, Value.Information.DataLength);
    }
    return Status;
}

// Exactly Bytes of the type.
static NTSTATUS ReadExactly(HANDLE Key, PCWSTR Name, ULONG Type, PVOID Data, ULONG Bytes)
{
    ULONG ActualType, Actual;
    NTSTATUS Status = KmpRegistryReadSmall(Key, Name, Data, Bytes, &ActualType, &Actual);

    if (Status == STATUS_BUFFER_OVERFLOW || (NT_SUCCESS(Status) && (ActualType != Type || Actual != Bytes))) {
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (!NT_SUCCESS(Status) && Status != STATUS_INVALID_PARAMETER) {
        RtlZeroMemory(Data, Bytes);
    }
    return Status;
}

NTSTATUS NTAPI KmRegistryReadDword(HANDLE Key, PCWSTR Name, PULONG Value)
{
    ULONG Type, Actual;
    NTSTATUS Status = KmpRegistryReadSmall(Key, Name, Value, sizeof(*Value), &Type, &Actual);

    if (NT_SUCCESS(Status) && Actual == sizeof(*Value) && Type == REG_DWORD) {
        return STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status) && Actual == sizeof(*Value) && Type == REG_DWORD_BIG_ENDIAN) {
        *Value = RtlUlongByteSwap(*Value);
        return STATUS_SUCCESS;
    }
    *Value = 0;
    return NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW ? STATUS_OBJECT_TYPE_MISMATCH : Status;
}

NTSTATUS NTAPI KmRegistryReadQword(HANDLE Key, PCWSTR Name, PULONGLONG Value)
{
    ULONG Small;
    NTSTATUS Status = ReadExactly(Key, Name, REG_QWORD, Value, sizeof(*Value));

    if (Status == STATUS_OBJECT_TYPE_MISMATCH && NT_SUCCESS(KmRegistryReadDword(Key, Name, &Small))) {
        *Value = Small;
        Status = STATUS_SUCCESS;
    }
    return Status;
}

NTSTATUS NTAPI KmRegistryReadBytes(HANDLE Key, PCWSTR Name, PVOID Buffer, ULONG Bytes)
{
    return ReadExactly(Key, Name, REG_BINARY, Buffer, Bytes);
}

ULONG NTAPI KmRegistryDword(HANDLE Key, PCWSTR Name, ULONG Default)
{
    ULONG Value;

    return NT_SUCCESS(KmRegistryReadDword(Key, Name, &Value)) ? Value : Default;
}

ULONGLONG NTAPI KmRegistryQword(HANDLE Key, PCWSTR Name, ULONGLONG Default)
{
    ULONGLONG Value;

    return NT_SUCCESS(KmRegistryReadQword(Key, Name, &Value)) ? Value : Default;
}
