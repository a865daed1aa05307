// SPDX-License-Identifier: MIT
// Setting and deleting values.
#include <ntifs.h>
#include <kmode.h>

NTSTATUS NTAPI KmRegistrySetValue(HANDLE Key, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Bytes)
{
    UNICODE_STRING NameString;
    NTSTATUS Status = RtlInitUnicodeStringEx(&NameString, Name);

    return NT_SUCCESS(Status) ? ZwSetValueKey(Key, &NameString, 0, Type, (PVOID)Data, Bytes) : Status;
}

NTSTATUS NTAPI KmRegistrySetDword(HANDLE Key, PCWSTR Name, ULONG Value)
{
    return KmRegistrySetValue(Key, Name, REG_DWORD, &Value, sizeof(Value));
}

NTSTATUS NTAPI KmRegistrySetQword(HANDLE Key, PCWSTR Name, ULONGLONG Value)
{
    return KmRegistrySetValue(Key, Name, REG_QWORD, &Value, sizeof(Value));
}

// In bytes, with the zero.
static ULONG SizeOf(PCWSTR Text)
{
    ULONG Length = 0;

    while (Text[Length] != L'\0') {
        Length++;
    }
    return (ULONG)((Length + 1) * sizeof(WCHAR));
}

NTSTATUS NTAPI KmRegistrySetString(HANDLE Key, PCWSTR Name, PCWSTR Value)
{
    return KmRegistrySetValue(Key, Name, REG_SZ, Value, SizeOf(Value));
}

NTSTATUS NTAPI KmRegistrySetExpandString(HANDLE Key, PCWSTR Name, PCWSTR Value)
{
    return KmRegistrySetValue(Key, Name, REG_EXPAND_SZ, Value, SizeOf(Value));
}

NTSTATUS NTAPI KmRegistrySetMultiString(HANDLE Key, PCWSTR Name, PCWSTR Strings)
{
    ULONG Bytes = 0;

    while (Strings[Bytes / sizeof(WCHAR)] != L'\0') {
        Bytes += SizeOf(Strings + Bytes / sizeof(WCHAR));
    }
    return KmRegistrySetValue(Key, Name, REG_MULTI_SZ, Strings, (ULONG)(Bytes + sizeof(WCHAR)));
}

NTSTATUS NTAPI KmRegistrySetBinary(HANDLE Key, PCWSTR Name, const VOID *Data, ULONG Bytes)
{
    return KmRegistrySetValue(Key, Name, REG_BINARY, Data, Bytes);
}

NTSTATUS NTAPI KmRegistryDeleteValue(HANDLE Key, PCWSTR Name)
{
    UNICODE_STRING NameString;
    NTSTATUS Status = RtlInitUnicodeStringEx(&NameString, Name);

    return NT_SUCCESS(Status) ? ZwDeleteValueKey(Key, &NameString) : Status;
}
