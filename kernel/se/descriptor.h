// SPDX-License-Identifier: MIT
// Security descriptors whole: captured, asked, changed, made for new objects. IRQL PASSIVE_LEVEL.
#ifndef KMODE_SE_DESCRIPTOR_H
#define KMODE_SE_DESCRIPTOR_H

// A self-relative copy of Original, which is probed for user mode, from PoolType. For KernelMode and without
// CaptureIfKernel it is Original itself. NULL has a NULL copy. STATUS_UNKNOWN_REVISION, STATUS_INVALID_SID,
// STATUS_INVALID_ACL, STATUS_INVALID_SECURITY_DESCR, STATUS_INSUFFICIENT_RESOURCES, what reading it raised.
// (no page)
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Original, KPROCESSOR_MODE Mode,
                                           POOL_TYPE PoolType, BOOLEAN CaptureIfKernel,
                                           PSECURITY_DESCRIPTOR *Captured);
// Gives back what SeCaptureSecurityDescriptor made, told the same. NULL: nothing.
VOID NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode,
                                       BOOLEAN CaptureIfKernel);

// What a descriptor is made of; NULL lists that Control calls present are null lists.
typedef struct _SEP_PARTS {
    SECURITY_DESCRIPTOR_CONTROL Control; // SE_DACL_*, SE_SACL_*
    PSID Owner, Group;
    PACL Dacl, Sacl;
} SEP_PARTS;

// A self-relative descriptor of them. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS SepBuildDescriptor(const SEP_PARTS *Parts, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *Descriptor);

// A list under construction: Acl has room for what is to be added.
typedef struct _SEP_ACL_BUILDER {
    PACL Acl; // pool; NULL: none
    ULONG Used;
} SEP_ACL_BUILDER;

// Makes room for Bytes of ACEs. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS SepBeginAcl(SEP_ACL_BUILDER *Builder, ULONG Bytes);
// A copy of Ace, at the end.
PACE_HEADER SepAppendAce(SEP_ACL_BUILDER *Builder, PACE_HEADER Ace);
// Cuts it to what is used. STATUS_INVALID_ACL: it is longer than a list can be, and has been freed.
NTSTATUS SepEndAcl(SEP_ACL_BUILDER *Builder);
VOID SepFreeAcl(PACL Acl);

// Maps the generic rights of an ACE that is effective on the object itself.
VOID SepMapAce(PACE_HEADER Ace, PGENERIC_MAPPING Mapping);

// Whether the subject may make Owner an object's owner.
BOOLEAN SepIsValidOwner(PSECURITY_SUBJECT_CONTEXT Subject, PSID Owner);

#endif
