// SPDX-License-Identifier: MIT
// Descriptors of text.
#include "security/descriptor.h"
#include "runtime/sddl.h"

NTSTATUS NTAPI KmSecurityFromSddl(PCWSTR Sddl, PKM_ALLOCATOR Allocator, PKM_SECURITY Security)
{
    UNICODE_STRING Text;
    PACL Read, Acl;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Text, Sddl);

    RtlZeroMemory(Security, sizeof(*Security));
    if (NT_SUCCESS(Status)) {
        Status = KmpSddlToAcl(&Text, &Read);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmpSecurityMake(Allocator, Read->AclSize, Security, &Acl);
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Acl, Read, Read->AclSize);
    }
    ExFreePoolWithTag(Read, KM_SDDL_TAG);
    return Status;
}
