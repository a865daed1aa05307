// SPDX-License-Identifier: MIT
// Descriptors in one piece of memory, and setting them.
#include "security/descriptor.h"

// S-1-5-32-544, as owner and group: an access check wants both.
typedef struct LAYOUT {
    SECURITY_DESCRIPTOR_RELATIVE Header;
    SID Administrators;
    ULONG AdministratorsAlias;
    UCHAR Acl[];
} LAYOUT;

NTSTATUS KmpSecurityMake(PKM_ALLOCATOR Allocator, ULONG AclBytes, PKM_SECURITY Security, PACL *Acl)
{
    static const SID Administrators = {SID_REVISION, 2, SECURITY_NT_AUTHORITY, {SECURITY_BUILTIN_DOMAIN_RID}};
    LAYOUT *Layout;

    Security->Bytes = (ULONG)FIELD_OFFSET(LAYOUT, Acl) + AclBytes;
    Layout = (LAYOUT *)KmAlloc(Allocator, Security->Bytes);
    Security->Descriptor = Layout;
    if (Layout == NULL) {
        Security->Bytes = 0;
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Layout->Header.Revision = SECURITY_DESCRIPTOR_REVISION;
    Layout->Header.Control = SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_DACL_PROTECTED;
    Layout->Header.Owner = FIELD_OFFSET(LAYOUT, Administrators);
    Layout->Header.Group = FIELD_OFFSET(LAYOUT, Administrators);
    Layout->Header.Dacl = FIELD_OFFSET(LAYOUT, Acl);
    Layout->Administrators = Administrators;
    Layout->AdministratorsAlias = DOMAIN_ALIAS_RID_ADMINS;
    *Acl = (PACL)(PVOID)Layout->Acl;
    return STATUS_SUCCESS;
}

C_ASSERT(FIELD_OFFSET(LAYOUT, Acl) % sizeof(ULONG) == 0);

VOID NTAPI KmSecurityFree(PKM_ALLOCATOR Allocator, PKM_SECURITY Security)
{
    KmFree(Allocator, Security->Descriptor, Security->Bytes);
    Security->Descriptor = NULL;
    Security->Bytes = 0;
}

NTSTATUS NTAPI KmSecuritySet(HANDLE Handle, const KM_SECURITY *Security)
{
    return ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, Security->Descriptor);
}

NTSTATUS NTAPI KmSecuritySetObject(PVOID Object, const KM_SECURITY *Security)
{
    HANDLE Handle;
    NTSTATUS Status =
        ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL, KernelMode, &Handle);

    if (NT_SUCCESS(Status)) {
        Status = KmSecuritySet(Handle, Security);
        (VOID) ZwClose(Handle);
    }
    return Status;
}
