// SPDX-License-Identifier: MIT
// Descriptors in one piece of memory. Inside the SDK only.
#ifndef KMODE_SDK_SECURITY_DESCRIPTOR_H
#define KMODE_SDK_SECURITY_DESCRIPTOR_H

#include <ntifs.h>
#include <kmode.h>

/// Memory for a descriptor with a DACL of AclBytes, all filled in but the DACL, which is returned.
/// STATUS_INSUFFICIENT_RESOURCES. IRQL: the allocator's.
NTSTATUS KmpSecurityMake(_In_ PKM_ALLOCATOR Allocator, _In_ ULONG AclBytes, _Out_ PKM_SECURITY Security,
                         _Out_ PACL *Acl);

#endif
