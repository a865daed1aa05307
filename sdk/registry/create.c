// SPDX-License-Identifier: MIT
// Making keys, with those above them.
#include <ntifs.h>
#include "registry/path.h"

// Makes or opens the key whose path is the first Length bytes.
static NTSTATUS CreatePart(KMP_REGISTRY_PATH *Full, USHORT Length, ULONG Options, ACCESS_MASK Access,
                           PHANDLE Key, PULONG Disposition)
{
    USHORT Whole = Full->Name.Length;
    NTSTATUS Status;

    Full->Name.Length = Length;
    Status = ZwCreateKey(Key, Access, &Full->Attributes, 0, NULL, Options, Disposition);
    Full->Name.Length = Whole;
    return Status;
}

NTSTATUS NTAPI KmRegistryCreate(HANDLE Root, PCWSTR Path, ULONG Options, ACCESS_MASK Access, PHANDLE Key,
                                PBOOLEAN Created)
{
    KMP_REGISTRY_PATH Full;
    ULONG Disposition = REG_OPENED_EXISTING_KEY;
    HANDLE Above;
    ULONG Index;
    NTSTATUS Status = KmpRegistryPathBegin(&Full, Root, Path);

    *Key = NULL;
    if (Created != NULL) {
        *Created = FALSE;
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CreatePart(&Full, Full.Name.Length, Options, Access, Key, &Disposition);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND) {
        for (Index = 1; Index < Full.Name.Length / sizeof(WCHAR); Index++) {
            if (Full.Name.Buffer[Index] != L'\\') {
                continue;
            }
            Status =
                CreatePart(&Full, (USHORT)(Index * sizeof(WCHAR)), Options, KEY_READ, &Above, &Disposition);
            if (!NT_SUCCESS(Status)) {
                goto End;
            }
            (VOID) ZwClose(Above);
        }
        Status = CreatePart(&Full, Full.Name.Length, Options, Access, Key, &Disposition);
    }
End:
    KmpRegistryPathEnd(&Full);
    if (NT_SUCCESS(Status) && Created != NULL) {
        *Created = Disposition == REG_CREATED_NEW_KEY;
    }
    return Status;
}
