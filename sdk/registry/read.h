// SPDX-License-Identifier: MIT
// Reading values. Inside the SDK only.
#ifndef KMODE_SDK_REGISTRY_READ_H
#define KMODE_SDK_REGISTRY_READ_H

#include <kmode.h>

/// Reads a value of at most Bytes into Data. *Type and *Actual are what it is; STATUS_BUFFER_OVERFLOW if it
/// is longer, and nothing is copied; STATUS_INVALID_PARAMETER if Bytes is more than 512. PASSIVE_LEVEL.
NTSTATUS KmpRegistryReadSmall(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _Out_writes_bytes_(Bytes) PVOID Data,
                              _In_ ULONG Bytes, _Out_ PULONG Type, _Out_ PULONG Actual);

/// As KmRegistryReadValue, with Spare zero bytes behind the data, whose memory begins with the system's own
/// structure. PASSIVE_LEVEL.
NTSTATUS KmpRegistryReadSpare(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ PKM_ALLOCATOR Allocator,
                              _In_ ULONG Spare, _Out_ PKM_REGISTRY_VALUE Value);

#endif
