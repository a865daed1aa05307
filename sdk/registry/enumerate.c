// SPDX-License-Identifier: MIT
// Walks through subkeys and values.
#include <ntifs.h>
#include <kmode.h>

#define FIRST_BYTES 512

VOID NTAPI KmRegistryEnumerationBegin(PKM_REGISTRY_ENUMERATION Enumeration, HANDLE Key,
                                      PKM_ALLOCATOR Allocator)
{
    RtlZeroMemory(Enumeration, sizeof(*Enumeration));
    Enumeration->Key = Key;
    Enumeration->Allocator = Allocator;
}

VOID NTAPI KmRegistryEnumerationEnd(PKM_REGISTRY_ENUMERATION Enumeration)
{
    KmFree(Enumeration->Allocator, Enumeration->Memory, Enumeration->MemoryBytes);
    Enumeration->Memory = NULL;
    Enumeration->MemoryBytes = 0;
}

// Makes room for Bytes, or more than there was, and forgets what was in it.
static NTSTATUS MakeRoom(PKM_REGISTRY_ENUMERATION Enumeration, ULONG Bytes)
{
    ULONG NewBytes = max(Bytes, max(FIRST_BYTES, Enumeration->MemoryBytes));
    PVOID Memory = KmAllocUninitialized(Enumeration->Allocator, NewBytes);

    if (Memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KmRegistryEnumerationEnd(Enumeration);
    Enumeration->Memory = Memory;
    Enumeration->MemoryBytes = NewBytes;
    return STATUS_SUCCESS;
}

// The entry at Index, in Memory, which grows as it must.
static NTSTATUS Next(PKM_REGISTRY_ENUMERATION Enumeration, BOOLEAN Values)
{
    ULONG Needed = FIRST_BYTES;
    NTSTATUS Status = STATUS_BUFFER_OVERFLOW;

    while (Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL) {
        if (Enumeration->MemoryBytes < Needed) {
            Status = MakeRoom(Enumeration, Needed);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
        }
        Status = Values ? ZwEnumerateValueKey(Enumeration->Key, Enumeration->Index, KeyValueFullInformation,
                                              Enumeration->Memory, Enumeration->MemoryBytes, &Needed)
                        : ZwEnumerateKey(Enumeration->Key, Enumeration->Index, KeyBasicInformation,
                                         Enumeration->Memory, Enumeration->MemoryBytes, &Needed);
    }
    if (NT_SUCCESS(Status)) {
        Enumeration->Index++;
    }
    return Status;
}

NTSTATUS NTAPI KmRegistryNextKey(PKM_REGISTRY_ENUMERATION Enumeration, PUNICODE_STRING Name)
{
    PKEY_BASIC_INFORMATION Information;
    NTSTATUS Status = Next(Enumeration, FALSE);

    RtlZeroMemory(Name, sizeof(*Name));
    if (NT_SUCCESS(Status)) {
        Information = (PKEY_BASIC_INFORMATION)Enumeration->Memory;
        Name->Buffer = Information->Name;
        Name->Length = Name->MaximumLength = (USHORT)Information->NameLength;
    }
    return Status;
}

NTSTATUS NTAPI KmRegistryNextValue(PKM_REGISTRY_ENUMERATION Enumeration, PKM_REGISTRY_ENTRY Entry)
{
    PKEY_VALUE_FULL_INFORMATION Information;
    NTSTATUS Status = Next(Enumeration, TRUE);

    RtlZeroMemory(Entry, sizeof(*Entry));
    if (NT_SUCCESS(Status)) {
        Information = (PKEY_VALUE_FULL_INFORMATION)Enumeration->Memory;
        Entry->Name.Buffer = Information->Name;
        Entry->Name.Length = Entry->Name.MaximumLength = (USHORT)Information->NameLength;
        Entry->Type = Information->Type;
        Entry->Bytes = Information->DataLength;
        Entry->Data = (PUCHAR)Information + Information->DataOffset;
    }
    return Status;
}
