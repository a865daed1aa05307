// SPDX-License-Identifier: MIT
// Values of a size that is not known.
#include <ntifs.h>
#include "registry/read.h"
#include "runtime/query.h"

#define FIRST_BYTES 128

typedef struct VALUE_QUERY {
    HANDLE Key;
    UNICODE_STRING Name;
    ULONG Spare;
} VALUE_QUERY;

// Values have numbers of 64 bits, and the structure's data begins 4 bytes behind a multiple of 8.
// (KeyValuePartialInformationAlign64 is for that, and not on Wine.)
#define DATA_OFFSET 4

// What is behind the data is zero, as KmBufferQuery allocates it.
static NTSTATUS NTAPI QueryValue(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    VALUE_QUERY *Query = (VALUE_QUERY *)Context;
    ULONG Length = 0;
    NTSTATUS Status =
        ZwQueryValueKey(Query->Key, &Query->Name, KeyValuePartialInformation, (PUCHAR)Data + DATA_OFFSET,
                        Bytes - DATA_OFFSET - Query->Spare, &Length);

    *Needed = Length + DATA_OFFSET + Query->Spare;
    return Status;
}

NTSTATUS KmpRegistryReadSpare(HANDLE Key, PCWSTR Name, PKM_ALLOCATOR Allocator, ULONG Spare,
                              PKM_REGISTRY_VALUE Value)
{
    PKEY_VALUE_PARTIAL_INFORMATION Information;
    VALUE_QUERY Query = {.Key = Key, .Spare = Spare};
    NTSTATUS Status;

    RtlZeroMemory(Value, sizeof(*Value));
    Status = RtlInitUnicodeStringEx(&Query.Name, Name);
    if (NT_SUCCESS(Status)) {
        Status =
            KmpQuery(Allocator, QueryValue, &Query, FIRST_BYTES, &Value->Memory, &Value->MemoryBytes, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Information = (PKEY_VALUE_PARTIAL_INFORMATION)(PVOID)((PUCHAR)Value->Memory + DATA_OFFSET);
        Value->Type = Information->Type;
        Value->Bytes = Information->DataLength;
        Value->Data = Information->DataLength + Spare != 0 ? Information->Data : NULL;
    }
    return Status;
}

NTSTATUS NTAPI KmRegistryReadValue(HANDLE Key, PCWSTR Name, PKM_ALLOCATOR Allocator, PKM_REGISTRY_VALUE Value)
{
    return KmpRegistryReadSpare(Key, Name, Allocator, 0, Value);
}

VOID NTAPI KmRegistryFreeValue(PKM_ALLOCATOR Allocator, PKM_REGISTRY_VALUE Value)
{
    KmFree(Allocator, Value->Memory, Value->MemoryBytes);
    RtlZeroMemory(Value, sizeof(*Value));
}

// Frees a value of another type.
static NTSTATUS ExpectType(PKM_ALLOCATOR Allocator, PKM_REGISTRY_VALUE Value, BOOLEAN Right)
{
    if (Right) {
        return STATUS_SUCCESS;
    }
    KmRegistryFreeValue(Allocator, Value);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS NTAPI KmRegistryReadBinary(HANDLE Key, PCWSTR Name, PKM_ALLOCATOR Allocator,
                                    PKM_REGISTRY_VALUE Value)
{
    NTSTATUS Status = KmpRegistryReadSpare(Key, Name, Allocator, 0, Value);

    return NT_SUCCESS(Status) ? ExpectType(Allocator, Value, Value->Type == REG_BINARY) : Status;
}

NTSTATUS NTAPI KmRegistryReadMultiString(HANDLE Key, PCWSTR Name, PKM_ALLOCATOR Allocator,
                                         PKM_REGISTRY_VALUE Value)
{
    // One zero for a string that the registry's text leaves open, one for the list.
    NTSTATUS Status = KmpRegistryReadSpare(Key, Name, Allocator, 2 * sizeof(WCHAR), Value);

    return NT_SUCCESS(Status) ? ExpectType(Allocator, Value,
                                           Value->Type == REG_MULTI_SZ && Value->Bytes % sizeof(WCHAR) == 0)
                              : Status;
}

NTSTATUS NTAPI KmRegistryReadString(HANDLE Key, PCWSTR Name, PKM_ALLOCATOR Allocator, PUNICODE_STRING Value)
{
    KM_REGISTRY_VALUE Raw;
    UNICODE_STRING Text = {0, 0, NULL};
    NTSTATUS Status = KmpRegistryReadSpare(Key, Name, Allocator, sizeof(WCHAR), &Raw);

    RtlZeroMemory(Value, sizeof(*Value));
    if (NT_SUCCESS(Status)) {
        Status = ExpectType(Allocator, &Raw,
                            (Raw.Type == REG_SZ || Raw.Type == REG_EXPAND_SZ) &&
                                Raw.Bytes % sizeof(WCHAR) == 0 && Raw.Bytes <= MAXUSHORT - 1 - sizeof(WCHAR));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Text.Buffer = (PWCH)Raw.Data;
    while (Text.Buffer[Text.Length / sizeof(WCHAR)] != L'\0') {
        Text.Length += sizeof(WCHAR);
    }
    Status = KmUnicodeCopy(&Text, Allocator, Value);
    KmRegistryFreeValue(Allocator, &Raw);
    return Status;
}
