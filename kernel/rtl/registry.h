// SPDX-License-Identifier: MIT
// What the registry routines of Rtl share.
#ifndef KMODE_RTL_REGISTRY_H
#define KMODE_RTL_REGISTRY_H

#include "rtl/string.h"

// The key that RelativeTo (RTL_REGISTRY_*) and Path mean, made with Create if it is not there and the key
// above it is. With RTL_REGISTRY_HANDLE, Path itself. STATUS_INVALID_PARAMETER (RelativeTo),
// STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES, what ZwOpenKey and ZwCreateKey say. IRQL
// PASSIVE_LEVEL.
NTSTATUS RtlpOpenRegistryKey(ULONG RelativeTo, PCWSTR Path, ACCESS_MASK DesiredAccess, BOOLEAN Create,
                             PHANDLE Key);
// Closes it, if RtlpOpenRegistryKey has opened it.
VOID RtlpCloseRegistryKey(ULONG RelativeTo, HANDLE Key);

// Source with %NAME% replaced by what Environment, a block of NAME=VALUE strings, has for it; a name that it
// lacks stays as it is. NULL is an environment with SystemRoot alone. *Expanded, zero-terminated, is freed by
// ExFreePool; *ExpandedBytes counts the zero. STATUS_INSUFFICIENT_RESOURCES. (rtl/registry-environment.c)
NTSTATUS RtlpExpandEnvironment(PCWSTR Environment, PCUNICODE_STRING Source, PWCH *Expanded,
                               PULONG ExpandedBytes);

#endif
