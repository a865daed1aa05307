// SPDX-License-Identifier: MIT
// Paths of keys.
#include <ntifs.h>
#include "registry/path.h"

static const struct {
    WCHAR Short[5];
    UNICODE_STRING Full;
} Roots[] = {
    {L"HKLM", RTL_CONSTANT_STRING(L"\\Registry\\Machine")},
    {L"HKU", RTL_CONSTANT_STRING(L"\\Registry\\User")},
};

// The length of Short if Path begins with it as a component, else 0.
static USHORT Begins(PCUNICODE_STRING Path, PCWSTR Short)
{
    USHORT Length = 0, Count = (USHORT)(Path->Length / sizeof(WCHAR));

    for (; Short[Length] != L'\0'; Length++) {
        if (Length == Count || RtlUpcaseUnicodeChar(Path->Buffer[Length]) != Short[Length]) {
            return 0;
        }
    }
    return Length == Count || Path->Buffer[Length] == L'\\' ? Length : 0;
}

NTSTATUS KmpRegistryPathBegin(KMP_REGISTRY_PATH *Full, HANDLE Root, PCWSTR Path)
{
    ULONG Index;
    NTSTATUS Status;

    RtlZeroMemory(Full, sizeof(*Full));
    Status = RtlInitUnicodeStringEx(&Full->Name, Path);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (Index = 0; Root == NULL && Index < RTL_NUMBER_OF(Roots); Index++) {
        USHORT Length = Begins(&Full->Name, Roots[Index].Short);

        if (Length != 0) {
            InitializeObjectAttributes(&Full->Attributes, (PUNICODE_STRING)&Roots[Index].Full,
                                       OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
            Status = ZwOpenKey(&Full->Root, KEY_READ, &Full->Attributes);
            if (!NT_SUCCESS(Status)) {
                Full->Root = NULL;
                return Status;
            }
            Root = Full->Root;
            if (Length < Full->Name.Length / sizeof(WCHAR)) {
                Length++;
            }
            Full->Name.Buffer += Length;
            Full->Name.Length = (USHORT)(Full->Name.Length - Length * sizeof(WCHAR));
            Full->Name.MaximumLength = Full->Name.Length;
        }
    }
    InitializeObjectAttributes(&Full->Attributes, &Full->Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root,
                               NULL);
    return STATUS_SUCCESS;
}

VOID KmpRegistryPathEnd(KMP_REGISTRY_PATH *Full)
{
    if (Full->Root != NULL) {
        (VOID) ZwClose(Full->Root);
        Full->Root = NULL;
    }
}
