// SPDX-License-Identifier: MIT
// Security descriptors as objects keep them: captured, asked for parts, built of parts.
#include "rtl/security.h"

NTSTATUS SepBuildDescriptor(const SEP_PARTS *Parts, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *Descriptor)
{
    SECURITY_DESCRIPTOR Absolute = {.Revision = SECURITY_DESCRIPTOR_REVISION,
                                    .Control = Parts->Control & (USHORT)~SE_SELF_RELATIVE,
                                    .Owner = Parts->Owner,
                                    .Group = Parts->Group,
                                    .Sacl = Parts->Sacl,
                                    .Dacl = Parts->Dacl};
    ULONG Bytes = 0;
    RtlAbsoluteToSelfRelativeSD(&Absolute, NULL, &Bytes);
    *Descriptor = ExAllocatePoolZero(PoolType, Bytes, TAG_SECURITY);
    return *Descriptor != NULL ? RtlAbsoluteToSelfRelativeSD(&Absolute, *Descriptor, &Bytes)
                               : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS SepBeginAcl(SEP_ACL_BUILDER *Builder, ULONG Bytes)
{
    Builder->Used = sizeof(ACL);
    Builder->Acl = ExAllocatePoolZero(PagedPool, sizeof(ACL) + Bytes, TAG_SECURITY);
    if (Builder->Acl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Builder->Acl->AclRevision = ACL_REVISION;
    return STATUS_SUCCESS;
}

PACE_HEADER SepAppendAce(SEP_ACL_BUILDER *Builder, PACE_HEADER Ace)
{
    PACE_HEADER Copy = (PACE_HEADER)((PUCHAR)Builder->Acl + Builder->Used);
    RtlCopyMemory(Copy, Ace, Ace->AceSize);
    Builder->Used += Ace->AceSize;
    Builder->Acl->AceCount += 1;
    if (RtlpIsObjectAce(Ace->AceType)) {
        Builder->Acl->AclRevision = ACL_REVISION_DS;
    }
    return Copy;
}

NTSTATUS SepEndAcl(SEP_ACL_BUILDER *Builder)
{
    if (Builder->Used > MAXUSHORT) {
        SepFreeAcl(Builder->Acl);
        Builder->Acl = NULL;
        return STATUS_INVALID_ACL;
    }
    Builder->Acl->AclSize = (USHORT)Builder->Used;
    return STATUS_SUCCESS;
}

VOID SepFreeAcl(PACL Acl)
{
    if (Acl != NULL) {
        ExFreePoolWithTag(Acl, TAG_SECURITY);
    }
}

VOID SepMapAce(PACE_HEADER Ace, PGENERIC_MAPPING Mapping)
{
    if (!(Ace->AceFlags & INHERIT_ONLY_ACE) && Ace->AceType <= ACCESS_MAX_MS_ACE_TYPE &&
        Ace->AceType != ACCESS_ALLOWED_COMPOUND_ACE_TYPE) {
        RtlMapGenericMask(&((PRTLP_KNOWN_ACE)Ace)->Mask, Mapping);
    }
}

// ---- Capture

// The status that names what makes a descriptor of a known revision not valid, as ZwSetSecurityObject's page
// lists them.
static NTSTATUS SepDescriptorStatus(PSECURITY_DESCRIPTOR Descriptor)
{
    if (RtlValidSecurityDescriptor(Descriptor)) {
        return STATUS_SUCCESS;
    }
    PSID Sids[] = {RtlpOwnerOf(Descriptor), RtlpGroupOf(Descriptor)};
    PACL Acls[] = {RtlpDaclOf(Descriptor), RtlpSaclOf(Descriptor)};
    for (ULONG Index = 0; Index < 2; Index += 1) {
        if (Sids[Index] != NULL && !RtlValidSid(Sids[Index])) {
            return STATUS_INVALID_SID;
        }
    }
    for (ULONG Index = 0; Index < 2; Index += 1) {
        if (Acls[Index] != NULL && !RtlValidAcl(Acls[Index])) {
            return STATUS_INVALID_ACL;
        }
    }
    return STATUS_INVALID_SECURITY_DESCR;
}

// What a user's descriptor leads to: nothing of the kernel's is read before it is known to be the user's.
static VOID SepProbeParts(const SEP_PARTS *Parts)
{
    PSID Sids[] = {Parts->Owner, Parts->Group};
    PACL Acls[] = {Parts->Dacl, Parts->Sacl};
    for (ULONG Index = 0; Index < 2; Index += 1) {
        if (Sids[Index] != NULL) {
            ProbeForRead(Sids[Index], FIELD_OFFSET(SID, SubAuthority), sizeof(ULONG));
            ProbeForRead(Sids[Index], RtlLengthSid(Sids[Index]), sizeof(ULONG));
        }
        if (Acls[Index] != NULL) {
            ProbeForRead(Acls[Index], sizeof(ACL), sizeof(ULONG));
            ProbeForRead(Acls[Index], Acls[Index]->AclSize, sizeof(ULONG));
        }
    }
}

// A caller's descriptor, copied while it may change.
static NTSTATUS SepCopyDescriptor(PSECURITY_DESCRIPTOR Original, KPROCESSOR_MODE Mode, POOL_TYPE PoolType,
                                  PSECURITY_DESCRIPTOR *Captured)
{
    PISECURITY_DESCRIPTOR Source = Original;
    if (Mode != KernelMode) {
        ProbeForRead(Source, sizeof(SECURITY_DESCRIPTOR_RELATIVE), sizeof(ULONG));
    }
    if (Source->Revision != SECURITY_DESCRIPTOR_REVISION) {
        return STATUS_UNKNOWN_REVISION;
    }
    if (Mode != KernelMode && !(Source->Control & SE_SELF_RELATIVE)) {
        ProbeForRead(Source, sizeof(SECURITY_DESCRIPTOR), sizeof(ULONG));
    }
    SEP_PARTS Parts = {Source->Control, RtlpOwnerOf(Source), RtlpGroupOf(Source), RtlpDaclOf(Source),
                       RtlpSaclOf(Source)};
    if (Mode != KernelMode) {
        SepProbeParts(&Parts);
    }
    NTSTATUS Status = SepDescriptorStatus(Source);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepBuildDescriptor(&Parts, PoolType, Captured);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // What the caller has changed meanwhile shows in the copy.
    Status = SepDescriptorStatus(*Captured);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(*Captured, TAG_SECURITY);
        *Captured = NULL;
    }
    return Status;
}

NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Original, KPROCESSOR_MODE Mode,
                                           POOL_TYPE PoolType, BOOLEAN CaptureIfKernel,
                                           PSECURITY_DESCRIPTOR *Captured)
{
    *Captured = NULL;
    if (Original == NULL) {
        return STATUS_SUCCESS;
    }
    if (Mode == KernelMode && !CaptureIfKernel) {
        *Captured = Original;
        return STATUS_SUCCESS;
    }
    __try {
        return SepCopyDescriptor(Original, Mode, PoolType, Captured);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        if (*Captured != NULL) {
            ExFreePoolWithTag(*Captured, TAG_SECURITY);
            *Captured = NULL;
        }
        return GetExceptionCode();
    }
}

VOID NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode,
                                       BOOLEAN CaptureIfKernel)
{
    if (Captured != NULL && (Mode != KernelMode || CaptureIfKernel)) {
        ExFreePoolWithTag(Captured, TAG_SECURITY);
    }
}

// Whether a self-relative descriptor with an owner lies within Length bytes. (wdm, SeValidSecurityDescriptor)
BOOLEAN NTAPI SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    return RtlValidRelativeSecurityDescriptor(SecurityDescriptor, Length, OWNER_SECURITY_INFORMATION);
}

// ---- Questions

static BOOLEAN SepIsLabelAce(PACE_HEADER Ace)
{
    return Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

// Adds those ACEs of Acl that are labels, or those that are not.
static VOID SepAppendSacl(SEP_ACL_BUILDER *Builder, PACL Acl, BOOLEAN Labels)
{
    PACE_HEADER Ace = Acl != NULL ? RtlpFirstAce(Acl) : NULL;
    for (ULONG Index = 0; Acl != NULL && Index < Acl->AceCount; Index += 1, Ace = RtlpNextAce(Ace)) {
        if (SepIsLabelAce(Ace) == Labels) {
            SepAppendAce(Builder, Ace);
        }
    }
}

// A system list of the labels of one and what else the other has. STATUS_INSUFFICIENT_RESOURCES,
// STATUS_INVALID_ACL.
static NTSTATUS SepMergeSacls(PACL Labels, PACL Others, PACL *Merged)
{
    SEP_ACL_BUILDER Builder;
    NTSTATUS Status = SepBeginAcl(&Builder, (Labels != NULL ? Labels->AclSize : 0) +
                                                (Others != NULL ? Others->AclSize : 0));
    *Merged = NULL;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    SepAppendSacl(&Builder, Others, FALSE);
    SepAppendSacl(&Builder, Labels, TRUE);
    Status = SepEndAcl(&Builder);
    *Merged = Builder.Acl;
    return Status;
}

// Copies what *SecurityInformation names to the buffer of *Length bytes, which becomes what is needed;
// without a descriptor, an empty one. STATUS_BUFFER_TOO_SMALL, STATUS_BAD_DESCRIPTOR_FORMAT (it is absolute),
// STATUS_INSUFFICIENT_RESOURCES. (ntifs, SeQuerySecurityDescriptorInfo)
NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                             PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor)
{
    PISECURITY_DESCRIPTOR Source = *ObjectsSecurityDescriptor;
    SECURITY_INFORMATION Wanted = *SecurityInformation;
    SECURITY_DESCRIPTOR Answer = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    PACL Sacl = NULL;
    if (Source != NULL && !(Source->Control & SE_SELF_RELATIVE)) {
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    }
    if (Source != NULL) {
        const USHORT DaclBits = SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED |
                                SE_DACL_PROTECTED | SE_DACL_AUTO_INHERIT_REQ;
        const USHORT SaclBits = SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED |
                                SE_SACL_PROTECTED | SE_SACL_AUTO_INHERIT_REQ;
        if (Wanted & OWNER_SECURITY_INFORMATION) {
            Answer.Owner = RtlpOwnerOf(Source);
            Answer.Control |= Source->Control & SE_OWNER_DEFAULTED;
        }
        if (Wanted & GROUP_SECURITY_INFORMATION) {
            Answer.Group = RtlpGroupOf(Source);
            Answer.Control |= Source->Control & SE_GROUP_DEFAULTED;
        }
        if (Wanted & DACL_SECURITY_INFORMATION) {
            Answer.Dacl = RtlpDaclOf(Source);
            Answer.Control |= Source->Control & DaclBits;
        }
        if ((Wanted & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) &&
            RtlpSaclOf(Source) != NULL) {
            NTSTATUS Status =
                SepMergeSacls(Wanted & LABEL_SECURITY_INFORMATION ? RtlpSaclOf(Source) : NULL,
                              Wanted & SACL_SECURITY_INFORMATION ? RtlpSaclOf(Source) : NULL, &Sacl);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
        }
        if (Wanted & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) {
            Answer.Sacl = Sacl;
            Answer.Control |= Source->Control & SaclBits;
        }
    }
    ULONG Needed = 0;
    RtlAbsoluteToSelfRelativeSD(&Answer, NULL, &Needed);
    NTSTATUS Status = STATUS_BUFFER_TOO_SMALL;
    if (*Length >= Needed) {
        Status = RtlAbsoluteToSelfRelativeSD(&Answer, SecurityDescriptor, Length);
    }
    *Length = Needed;
    SepFreeAcl(Sacl);
    return Status;
}

// ---- Changes

BOOLEAN SepIsValidOwner(PSECURITY_SUBJECT_CONTEXT Subject, PSID Owner)
{
    PTOKEN Token = SepSubjectToken(Subject);
    if (Owner == NULL || !SepSubjectMayAct(Subject)) {
        return FALSE;
    }
    SepLockTokenShared(Token);
    ULONG Index = SepFindSid(Token->UserAndGroups, Token->UserAndGroupCount, Owner);
    BOOLEAN Valid = (Index < Token->UserAndGroupCount &&
                     (Index == 0 || (Token->UserAndGroups[Index].Attributes & SE_GROUP_OWNER))) ||
                    SepTokenHasPrivilege(Token, SE_RESTORE_PRIVILEGE);
    SepUnlockToken(Token);
    return Valid;
}

// A list with the explicit ACEs of New and, if Inherited is not NULL, its inherited ones behind them. With
// TurnOff the ACEs of New are not called inherited any more.
static NTSTATUS SepReplaceAcl(PACL New, PACL Inherited, BOOLEAN TurnOff, PGENERIC_MAPPING Mapping,
                              PACL *Replaced)
{
    SEP_ACL_BUILDER Builder;
    NTSTATUS Status = SepBeginAcl(&Builder, New->AclSize + (Inherited != NULL ? Inherited->AclSize : 0));
    *Replaced = NULL;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PACE_HEADER Ace = RtlpFirstAce(New);
    for (ULONG Index = 0; Index < New->AceCount; Index += 1, Ace = RtlpNextAce(Ace)) {
        if (Inherited != NULL && (Ace->AceFlags & INHERITED_ACE)) {
            continue;
        }
        PACE_HEADER Copy = SepAppendAce(&Builder, Ace);
        SepMapAce(Copy, Mapping);
        if (TurnOff) {
            Copy->AceFlags &= (UCHAR)~INHERITED_ACE;
        }
    }
    Ace = Inherited != NULL ? RtlpFirstAce(Inherited) : NULL;
    for (ULONG Index = 0; Inherited != NULL && Index < Inherited->AceCount;
         Index += 1, Ace = RtlpNextAce(Ace)) {
        if (Ace->AceFlags & INHERITED_ACE) {
            SepAppendAce(&Builder, Ace);
        }
    }
    Status = SepEndAcl(&Builder);
    *Replaced = Builder.Acl;
    return Status;
}

// What a list becomes, by the table of the page. Protected, AutoInherited: the control bits of that list.
static NTSTATUS SepChangeAcl(PACL Old, USHORT OldControl, PACL New, USHORT NewControl, BOOLEAN AutoInherit,
                             USHORT Protected, PGENERIC_MAPPING Mapping, PACL *Changed)
{
    BOOLEAN KeepInherited = AutoInherit && !(OldControl & Protected) && !(NewControl & Protected);
    *Changed = NULL;
    if (New == NULL) {
        return STATUS_SUCCESS;
    }
    return SepReplaceAcl(New, KeepInherited ? Old : NULL, AutoInherit && (NewControl & Protected), Mapping,
                         Changed);
}

#define SEP_OWNER_CHECK(Flags) (((Flags) & SEF_FORCE_USER_MODE) || KeGetPreviousMode() != KernelMode)

static NTSTATUS SepCheckNewOwner(PSID Owner, ULONG Flags)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    if (Owner == NULL) {
        return STATUS_INVALID_OWNER;
    }
    if (!SEP_OWNER_CHECK(Flags) || (Flags & SEF_AVOID_OWNER_CHECK)) {
        return STATUS_SUCCESS;
    }
    SeCaptureSubjectContext(&Subject);
    BOOLEAN Valid = SepIsValidOwner(&Subject, Owner);
    SeReleaseSubjectContext(&Subject);
    return Valid ? STATUS_SUCCESS : STATUS_INVALID_OWNER;
}

// *ObjectsSecurityDescriptor becomes a new one from PoolType; the old one stays the caller's.
// STATUS_NO_SECURITY_ON_OBJECT, STATUS_BAD_DESCRIPTOR_FORMAT, STATUS_INVALID_OWNER,
// STATUS_INVALID_PRIMARY_GROUP, STATUS_INVALID_ACL, STATUS_INSUFFICIENT_RESOURCES. (ntifs,
// SeSetSecurityDescriptorInfoEx)
NTSTATUS NTAPI SeSetSecurityDescriptorInfoEx(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR ModificationDescriptor,
                                             PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                             ULONG AutoInheritFlags, POOL_TYPE PoolType,
                                             PGENERIC_MAPPING GenericMapping)
{
    UNREFERENCED_PARAMETER(Object);
    PISECURITY_DESCRIPTOR Old = *ObjectsSecurityDescriptor, New = ModificationDescriptor;
    SECURITY_INFORMATION Wanted = *SecurityInformation;
    PACL Dacl = NULL, Sacl = NULL, Explicit = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Old == NULL) {
        return STATUS_NO_SECURITY_ON_OBJECT;
    }
    if (!(Old->Control & SE_SELF_RELATIVE)) {
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    }
    SEP_PARTS Parts = {Old->Control, RtlpOwnerOf(Old), RtlpGroupOf(Old), RtlpDaclOf(Old), RtlpSaclOf(Old)};
    if (Wanted & OWNER_SECURITY_INFORMATION) {
        Parts.Owner = RtlpOwnerOf(New);
        Parts.Control &= (USHORT)~SE_OWNER_DEFAULTED;
        Status = SepCheckNewOwner(Parts.Owner, AutoInheritFlags);
    }
    if (NT_SUCCESS(Status) && (Wanted & GROUP_SECURITY_INFORMATION)) {
        Parts.Group = RtlpGroupOf(New);
        Parts.Control &= (USHORT)~SE_GROUP_DEFAULTED;
        Status = Parts.Group != NULL ? STATUS_SUCCESS : STATUS_INVALID_PRIMARY_GROUP;
    }
    if (NT_SUCCESS(Status) && (Wanted & DACL_SECURITY_INFORMATION)) {
        BOOLEAN Auto = (AutoInheritFlags & SEF_DACL_AUTO_INHERIT) != 0;
        Status = SepChangeAcl(Parts.Dacl, Old->Control, RtlpDaclOf(New), New->Control, Auto,
                              SE_DACL_PROTECTED, GenericMapping, &Dacl);
        Parts.Dacl = Dacl;
        Parts.Control = (Parts.Control & (USHORT) ~(SE_DACL_DEFAULTED | SE_DACL_PROTECTED |
                                                    SE_DACL_AUTO_INHERITED | SE_DACL_PRESENT)) |
                        SE_DACL_PRESENT | (New->Control & SE_DACL_PROTECTED) |
                        (Auto ? SE_DACL_AUTO_INHERITED : New->Control & SE_DACL_AUTO_INHERITED);
    }
    if (NT_SUCCESS(Status) && (Wanted & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION))) {
        BOOLEAN Auto = (AutoInheritFlags & SEF_SACL_AUTO_INHERIT) != 0;
        PACL Others = Parts.Sacl, Labels = Parts.Sacl;
        if (Wanted & SACL_SECURITY_INFORMATION) {
            Status = SepChangeAcl(Parts.Sacl, Old->Control, RtlpSaclOf(New), New->Control, Auto,
                                  SE_SACL_PROTECTED, GenericMapping, &Explicit);
            Others = Explicit;
            Parts.Control =
                (Parts.Control & (USHORT) ~(SE_SACL_DEFAULTED | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED)) |
                (New->Control & SE_SACL_PROTECTED) |
                (Auto ? SE_SACL_AUTO_INHERITED : New->Control & SE_SACL_AUTO_INHERITED);
        }
        if (Wanted & LABEL_SECURITY_INFORMATION) {
            Labels = RtlpSaclOf(New);
        }
        if (NT_SUCCESS(Status)) {
            Status = SepMergeSacls(Labels, Others, &Sacl);
        }
        Parts.Sacl = Sacl;
        Parts.Control |= SE_SACL_PRESENT;
    }
    if (NT_SUCCESS(Status)) {
        PSECURITY_DESCRIPTOR Built;
        Status = SepBuildDescriptor(&Parts, PoolType, &Built);
        if (NT_SUCCESS(Status)) {
            *ObjectsSecurityDescriptor = Built;
        }
    }
    SepFreeAcl(Explicit);
    SepFreeAcl(Sacl);
    SepFreeAcl(Dacl);
    return Status;
}

// (ntifs, SeSetSecurityDescriptorInfo)
NTSTATUS NTAPI SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                           PSECURITY_DESCRIPTOR ModificationDescriptor,
                                           PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                           POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping)
{
    return SeSetSecurityDescriptorInfoEx(Object, SecurityInformation, ModificationDescriptor,
                                         ObjectsSecurityDescriptor, 0, PoolType, GenericMapping);
}
