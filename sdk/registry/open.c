// SPDX-License-Identifier: MIT
// Opening keys.
#include <ntifs.h>
#include "registry/path.h"

NTSTATUS NTAPI KmRegistryOpen(HANDLE Root, PCWSTR Path, ACCESS_MASK Access, PHANDLE Key)
{
    KMP_REGISTRY_PATH Full;
    NTSTATUS Status = KmpRegistryPathBegin(&Full, Root, Path);

    *Key = NULL;
    if (NT_SUCCESS(Status)) {
        Status = ZwOpenKey(Key, Access, &Full.Attributes);
        KmpRegistryPathEnd(&Full);
    }
    return Status;
}
