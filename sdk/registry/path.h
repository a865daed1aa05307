// SPDX-License-Identifier: MIT
// Paths of keys. Inside the SDK only.
#ifndef KMODE_SDK_REGISTRY_PATH_H
#define KMODE_SDK_REGISTRY_PATH_H

#include <kmode.h>

/// Attributes to open or create a key by. Root, not NULL, is KmpRegistryPathEnd's to close.
typedef struct KMP_REGISTRY_PATH {
    HANDLE Root;
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes; ///< points to Name
} KMP_REGISTRY_PATH;

/// Takes a path apart: HKLM and HKU become handles. PASSIVE_LEVEL. STATUS_NAME_TOO_LONG.
NTSTATUS KmpRegistryPathBegin(_Out_ KMP_REGISTRY_PATH *Full, _In_opt_ HANDLE Root, _In_z_ PCWSTR Path);
VOID KmpRegistryPathEnd(_Inout_ KMP_REGISTRY_PATH *Full);

#endif
