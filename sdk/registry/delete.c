// SPDX-License-Identifier: MIT
// Deleting keys.
#include <ntifs.h>
#include <kmode.h>

// The registry's own limit on how deep keys are.
#define DEEPEST_KEY 512

// A key's name has up to 255 characters.
typedef struct DELETION {
    HANDLE Open[DEEPEST_KEY];
    union {
        KEY_BASIC_INFORMATION Information;
        UCHAR Room[FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + 256 * sizeof(WCHAR)];
    } Child;
} DELETION;

C_ASSERT(sizeof(DELETION) <= 5 * 1024); // as registry.h says

NTSTATUS NTAPI KmRegistryDelete(HANDLE Root, PCWSTR Path)
{
    HANDLE Key;
    NTSTATUS Status = KmRegistryOpen(Root, Path, DELETE, &Key);

    if (NT_SUCCESS(Status)) {
        Status = ZwDeleteKey(Key);
        (VOID) ZwClose(Key);
    }
    return Status;
}

// Opens the first key below Parent.
static NTSTATUS OpenFirstChild(DELETION *Deletion, HANDLE Parent, PHANDLE Child)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    ULONG Bytes;
    NTSTATUS Status =
        ZwEnumerateKey(Parent, 0, KeyBasicInformation, &Deletion->Child, sizeof(Deletion->Child), &Bytes);

    if (NT_SUCCESS(Status)) {
        Name.Buffer = Deletion->Child.Information.Name;
        Name.Length = Name.MaximumLength = (USHORT)Deletion->Child.Information.NameLength;
        // A link is deleted, not what it leads to.
        InitializeObjectAttributes(&Attributes, &Name,
                                   OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_OPENLINK, Parent, NULL);
        Status = ZwOpenKey(Child, KEY_ENUMERATE_SUB_KEYS | DELETE, &Attributes);
    }
    return Status;
}

NTSTATUS NTAPI KmRegistryDeleteTree(HANDLE Root, PCWSTR Path, PKM_ALLOCATOR Allocator)
{
    DELETION *Deletion = (DELETION *)KmAllocUninitialized(Allocator, sizeof(DELETION));
    ULONG Depth = 0, Missing = 0;
    NTSTATUS Status;

    if (Deletion == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = KmRegistryOpen(Root, Path, KEY_ENUMERATE_SUB_KEYS | DELETE, &Deletion->Open[0]);
    if (NT_SUCCESS(Status)) {
        Depth = 1;
    }
    // Down to a key that has none below it, which is deleted, and up again to the next.
    while (Depth != 0) {
        if (Depth == DEEPEST_KEY) {
            Status = STATUS_NAME_TOO_LONG;
            break;
        }
        Status = OpenFirstChild(Deletion, Deletion->Open[Depth - 1], &Deletion->Open[Depth]);
        if (NT_SUCCESS(Status)) {
            Depth++;
            Missing = 0;
            continue;
        }
        // Somebody else has just deleted it; or a registry filter hides it, for ever.
        if (Status == STATUS_OBJECT_NAME_NOT_FOUND && ++Missing < 16) {
            continue;
        }
        if (Status != STATUS_NO_MORE_ENTRIES) {
            break;
        }
        Status = ZwDeleteKey(Deletion->Open[Depth - 1]);
        // Somebody else has deleted it before.
        if (!NT_SUCCESS(Status) && Status != STATUS_KEY_DELETED) {
            break;
        }
        Status = STATUS_SUCCESS;
        (VOID) ZwClose(Deletion->Open[--Depth]);
    }
    while (Depth != 0) {
        (VOID) ZwClose(Deletion->Open[--Depth]);
    }
    KmFree(Allocator, Deletion, sizeof(DELETION));
    return Status;
}
