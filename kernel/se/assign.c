// SPDX-License-Identifier: MIT
// Security descriptors of new objects: of what the creator asks for, what the container hands down, and what
// the creator's token has for the rest.
#include "rtl/security.h"

// Between all of what one list is made of.
typedef struct _SEP_INHERITANCE {
    const GUID *ObjectType;
    BOOLEAN IsDirectory;
    UCHAR InheritedFlag; // INHERITED_ACE, or 0
    PSID Owner, Group;   // in place of CREATOR OWNER and CREATOR GROUP
    PGENERIC_MAPPING Mapping;
} SEP_INHERITANCE;

// What an ACE may take twice over, with another SID each.
#define SEP_INHERITED_ACE_BYTES(Ace) (2 * ((ULONG)(Ace)->AceSize + SECURITY_MAX_SID_SIZE))

#define SEP_INHERITANCE_FLAGS                                                                                \
    (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE)

// The flags that the new object's ACE has; FALSE: it has none.
static BOOLEAN SepInheritedFlags(UCHAR Flags, BOOLEAN IsDirectory, UCHAR *Result)
{
    UCHAR Kept = Flags & (UCHAR) ~(SEP_INHERITANCE_FLAGS | INHERITED_ACE);
    if (!IsDirectory) {
        *Result = Kept;
        return (Flags & OBJECT_INHERIT_ACE) != 0;
    }
    if (Flags & CONTAINER_INHERIT_ACE) {
        *Result = Flags & NO_PROPAGATE_INHERIT_ACE
                      ? Kept
                      : Kept | (Flags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE));
        return TRUE;
    }
    // For the objects in it alone: the directory only carries it.
    *Result = Kept | OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE;
    return (Flags & OBJECT_INHERIT_ACE) && !(Flags & NO_PROPAGATE_INHERIT_ACE);
}

static BOOLEAN SepIsForType(PACE_HEADER Ace, const GUID *ObjectType)
{
    PRTLP_OBJECT_ACE ObjectAce = (PRTLP_OBJECT_ACE)Ace;
    if (!RtlpIsObjectAce(Ace->AceType) || !(ObjectAce->Flags & RTLP_INHERITED_OBJECT_TYPE_PRESENT)) {
        return TRUE;
    }
    const GUID *Wanted = (const GUID *)(ObjectAce + 1);
    if (ObjectAce->Flags & RTLP_OBJECT_TYPE_PRESENT) {
        Wanted += 1;
    }
    return ObjectType != NULL && RtlEqualMemory(Wanted, ObjectType, sizeof(GUID));
}

static PSID SepReplacedSid(const SEP_INHERITANCE *Inheritance, PSID Sid)
{
    if (Sid != NULL && RtlEqualSid(Sid, SeCreatorOwnerSid)) {
        return Inheritance->Owner;
    }
    if (Sid != NULL && RtlEqualSid(Sid, SeCreatorGroupSid)) {
        return Inheritance->Group;
    }
    return Sid;
}

// An ACE that is effective on the object: for who makes it, with the rights of its type.
static BOOLEAN SepAppendEffective(SEP_ACL_BUILDER *Builder, PACE_HEADER Ace, UCHAR Flags,
                                  const SEP_INHERITANCE *Inheritance)
{
    PACE_HEADER Copy = SepAppendAce(Builder, Ace);
    PSID Sid = RtlpSidOfAce(Copy), Replaced = SepReplacedSid(Inheritance, Sid);
    BOOLEAN Changed = FALSE;
    Copy->AceFlags = Flags | Inheritance->InheritedFlag;
    if (Replaced != Sid && Replaced != NULL) {
        ULONG Head = (ULONG)((PUCHAR)Sid - (PUCHAR)Copy), Bytes = Head + RtlLengthSid(Replaced);
        RtlCopyMemory(Sid, Replaced, RtlLengthSid(Replaced));
        Builder->Used += Bytes - Copy->AceSize;
        Copy->AceSize = (USHORT)Bytes;
        Changed = TRUE;
    }
    ACCESS_MASK Before = Sid != NULL ? ((PRTLP_KNOWN_ACE)Copy)->Mask : 0;
    SepMapAce(Copy, Inheritance->Mapping);
    return Changed || (Sid != NULL && ((PRTLP_KNOWN_ACE)Copy)->Mask != Before);
}

// The same of one that is handed down too, which stays as it was: if it is another one on the object itself,
// there are two of them.
static VOID SepAppendForBoth(SEP_ACL_BUILDER *Builder, PACE_HEADER Ace, UCHAR Flags,
                             const SEP_INHERITANCE *Inheritance)
{
    ULONG Used = Builder->Used;
    USHORT Count = Builder->Acl->AceCount;
    BOOLEAN Changed = SepAppendEffective(Builder, Ace, Flags, Inheritance);
    if (Changed && (Flags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE))) {
        Builder->Used = Used;
        Builder->Acl->AceCount = Count;
        SepAppendEffective(Builder, Ace, Flags & (UCHAR)~SEP_INHERITANCE_FLAGS, Inheritance);
        SepAppendAce(Builder, Ace)->AceFlags = Flags | INHERIT_ONLY_ACE | Inheritance->InheritedFlag;
    }
}

static VOID SepInheritAce(SEP_ACL_BUILDER *Builder, PACE_HEADER Ace, const SEP_INHERITANCE *Inheritance)
{
    UCHAR Flags;
    if (!SepInheritedFlags(Ace->AceFlags, Inheritance->IsDirectory, &Flags)) {
        return;
    }
    if (!SepIsForType(Ace, Inheritance->ObjectType)) {
        if (!(Flags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE))) {
            return;
        }
        Flags |= INHERIT_ONLY_ACE;
    }
    if (Flags & INHERIT_ONLY_ACE) {
        SepAppendAce(Builder, Ace)->AceFlags = Flags | Inheritance->InheritedFlag;
        return;
    }
    SepAppendForBoth(Builder, Ace, Flags, Inheritance);
}

static ULONG SepInheritedBytes(PACL Parent)
{
    ULONG Bytes = 0;
    PACE_HEADER Ace = Parent != NULL ? RtlpFirstAce(Parent) : NULL;
    for (ULONG Index = 0; Parent != NULL && Index < Parent->AceCount; Index += 1, Ace = RtlpNextAce(Ace)) {
        Bytes += SEP_INHERITED_ACE_BYTES(Ace);
    }
    return Bytes;
}

static VOID SepInheritAcl(SEP_ACL_BUILDER *Builder, PACL Parent, const SEP_INHERITANCE *Inheritance)
{
    PACE_HEADER Ace = Parent != NULL ? RtlpFirstAce(Parent) : NULL;
    for (ULONG Index = 0; Parent != NULL && Index < Parent->AceCount; Index += 1, Ace = RtlpNextAce(Ace)) {
        SepInheritAce(Builder, Ace, Inheritance);
    }
}

// Of a list that is given: those ACEs that are not inherited, or all.
static VOID SepCopyAcl(SEP_ACL_BUILDER *Builder, PACL Acl, BOOLEAN ExplicitOnly,
                       const SEP_INHERITANCE *Inheritance)
{
    PACE_HEADER Ace = RtlpFirstAce(Acl);
    for (ULONG Index = 0; Index < Acl->AceCount; Index += 1, Ace = RtlpNextAce(Ace)) {
        if (ExplicitOnly && (Ace->AceFlags & INHERITED_ACE)) {
            continue;
        }
        SEP_INHERITANCE Own = *Inheritance;
        Own.InheritedFlag = 0;
        if (Ace->AceFlags & INHERIT_ONLY_ACE) {
            SepAppendAce(Builder, Ace);
        } else {
            SepAppendForBoth(Builder, Ace, Ace->AceFlags, &Own);
        }
    }
}

// One of a descriptor's two lists.
typedef struct _SEP_LIST {
    PACL Given, Parent, Default;
    BOOLEAN IsGiven;     // a null list too
    BOOLEAN IsDefaulted; // what is given only stands in for what is not inherited
    BOOLEAN AutoInherit, Protected;
    // The answer
    BOOLEAN Present;
    PACL Acl;
} SEP_LIST;

static NTSTATUS SepAssignAcl(SEP_LIST *List, const SEP_INHERITANCE *Inheritance)
{
    SEP_ACL_BUILDER Builder;
    SEP_INHERITANCE Inherited = *Inheritance;
    Inherited.InheritedFlag = List->AutoInherit ? INHERITED_ACE : 0;
    BOOLEAN Explicit = List->IsGiven && !List->IsDefaulted;
    List->Acl = NULL;
    List->Present = FALSE;
    if (Explicit && List->Given == NULL) {
        List->Present = TRUE;
        return STATUS_SUCCESS;
    }
    ULONG Room =
        SepInheritedBytes(List->Parent) + SepInheritedBytes(List->Given) + SepInheritedBytes(List->Default);
    NTSTATUS Status = SepBeginAcl(&Builder, Room);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Explicit) {
        List->Present = TRUE;
        SepCopyAcl(&Builder, List->Given, List->AutoInherit && !List->Protected, Inheritance);
        if (List->AutoInherit && !List->Protected) {
            SepInheritAcl(&Builder, List->Parent, &Inherited);
        }
    } else {
        SepInheritAcl(&Builder, List->Protected ? NULL : List->Parent, &Inherited);
        List->Present = Builder.Acl->AceCount != 0;
        PACL Instead = List->IsGiven ? List->Given : List->Default;
        if (!List->Present && List->IsGiven && Instead == NULL) {
            List->Present = TRUE;
            SepFreeAcl(Builder.Acl);
            return STATUS_SUCCESS;
        }
        if (!List->Present && Instead != NULL) {
            List->Present = TRUE;
            SepCopyAcl(&Builder, Instead, FALSE, Inheritance);
        }
    }
    if (!List->Present) {
        SepFreeAcl(Builder.Acl);
        return STATUS_SUCCESS;
    }
    Status = SepEndAcl(&Builder);
    List->Acl = Builder.Acl;
    return Status;
}

static BOOLEAN SepHasOnlyLabels(PACL Sacl)
{
    PACE_HEADER Ace = Sacl != NULL ? RtlpFirstAce(Sacl) : NULL;
    for (ULONG Index = 0; Sacl != NULL && Index < Sacl->AceCount; Index += 1, Ace = RtlpNextAce(Ace)) {
        if (Ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
            return FALSE;
        }
    }
    return Sacl != NULL;
}

static NTSTATUS SepCheckCreator(PSECURITY_DESCRIPTOR Explicit, PSECURITY_SUBJECT_CONTEXT Subject, ULONG Flags)
{
    if (Explicit == NULL || !((Flags & SEF_FORCE_USER_MODE) || KeGetPreviousMode() != KernelMode)) {
        return STATUS_SUCCESS;
    }
    PSID Owner = RtlpOwnerOf(Explicit);
    if (Owner != NULL && !(Flags & SEF_AVOID_OWNER_CHECK) && !SepIsValidOwner(Subject, Owner)) {
        return STATUS_INVALID_OWNER;
    }
    if (!(((PISECURITY_DESCRIPTOR)Explicit)->Control & SE_SACL_PRESENT) ||
        (Flags & SEF_AVOID_PRIVILEGE_CHECK) || SepHasOnlyLabels(RtlpSaclOf(Explicit))) {
        return STATUS_SUCCESS;
    }
    PRIVILEGE_SET Required = {1, PRIVILEGE_SET_ALL_NECESSARY, {{.Luid = {.LowPart = SE_SECURITY_PRIVILEGE}}}};
    return SePrivilegeCheck(&Required, Subject, UserMode) ? STATUS_SUCCESS : STATUS_PRIVILEGE_NOT_HELD;
}

static USHORT SepControlOf(PSECURITY_DESCRIPTOR Descriptor)
{
    return Descriptor != NULL ? ((PISECURITY_DESCRIPTOR)Descriptor)->Control : 0;
}

// The token is locked.
static NTSTATUS SepAssign(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Explicit, const GUID *ObjectType,
                          BOOLEAN IsDirectory, ULONG Flags, PTOKEN Token, PGENERIC_MAPPING Mapping,
                          PSECURITY_DESCRIPTOR *NewDescriptor)
{
    USHORT Control = SepControlOf(Explicit);
    BOOLEAN DefaultDescriptor = (Flags & SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT) != 0;
    SEP_PARTS Parts = {0};
    Parts.Owner = Explicit != NULL ? RtlpOwnerOf(Explicit) : NULL;
    if (Parts.Owner == NULL && Parent != NULL && (Flags & SEF_DEFAULT_OWNER_FROM_PARENT)) {
        Parts.Owner = RtlpOwnerOf(Parent);
    }
    if (Parts.Owner == NULL) {
        Parts.Owner = SepTokenOwner(Token);
    }
    Parts.Group = Explicit != NULL ? RtlpGroupOf(Explicit) : NULL;
    if (Parts.Group == NULL && Parent != NULL && (Flags & SEF_DEFAULT_GROUP_FROM_PARENT)) {
        Parts.Group = RtlpGroupOf(Parent);
    }
    if (Parts.Group == NULL) {
        Parts.Group = Token->PrimaryGroup;
    }
    SEP_INHERITANCE Inheritance = {ObjectType, IsDirectory, 0, Parts.Owner, Parts.Group, Mapping};
    SEP_LIST Dacl = {.Given = Explicit != NULL ? RtlpDaclOf(Explicit) : NULL,
                     .Parent = Parent != NULL ? RtlpDaclOf(Parent) : NULL,
                     .Default = Token->DefaultDacl,
                     .IsGiven = (Control & SE_DACL_PRESENT) != 0,
                     .IsDefaulted = DefaultDescriptor || (Control & SE_DACL_DEFAULTED),
                     .AutoInherit = (Flags & SEF_DACL_AUTO_INHERIT) != 0,
                     .Protected = (Control & SE_DACL_PROTECTED) != 0};
    SEP_LIST Sacl = {.Given = Explicit != NULL ? RtlpSaclOf(Explicit) : NULL,
                     .Parent = Parent != NULL ? RtlpSaclOf(Parent) : NULL,
                     .IsGiven = (Control & SE_SACL_PRESENT) != 0,
                     .IsDefaulted = DefaultDescriptor || (Control & SE_SACL_DEFAULTED),
                     .AutoInherit = (Flags & SEF_SACL_AUTO_INHERIT) != 0,
                     .Protected = (Control & SE_SACL_PROTECTED) != 0};
    NTSTATUS Status = SepAssignAcl(&Dacl, &Inheritance);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepAssignAcl(&Sacl, &Inheritance);
    if (!NT_SUCCESS(Status)) {
        goto FreeDacl;
    }
    Parts.Dacl = Dacl.Acl;
    Parts.Sacl = Sacl.Acl;
    Parts.Control = (Dacl.Present ? SE_DACL_PRESENT : 0) | (Sacl.Present ? SE_SACL_PRESENT : 0) |
                    (Dacl.AutoInherit ? SE_DACL_AUTO_INHERITED : 0) |
                    (Sacl.AutoInherit ? SE_SACL_AUTO_INHERITED : 0) |
                    (Control & (SE_DACL_PROTECTED | SE_SACL_PROTECTED));
    // In whatever pool the caller wants it, it comes from paged pool. (wdm, SeAssignSecurity)
    Status = SepBuildDescriptor(&Parts, PagedPool, NewDescriptor);
    SepFreeAcl(Sacl.Acl);
FreeDacl:
    SepFreeAcl(Dacl.Acl);
    return Status;
}

// *NewDescriptor: self-relative, given back by SeDeassignSecurity. STATUS_INVALID_OWNER,
// STATUS_PRIVILEGE_NOT_HELD, STATUS_INVALID_ACL, STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (wdm,
// SeAssignSecurityEx)
NTSTATUS NTAPI SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor,
                                  PSECURITY_DESCRIPTOR ExplicitDescriptor,
                                  PSECURITY_DESCRIPTOR *NewDescriptor, GUID *ObjectType,
                                  BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags,
                                  PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping,
                                  POOL_TYPE PoolType)
{
    UNREFERENCED_PARAMETER(PoolType);
    *NewDescriptor = NULL;
    NTSTATUS Status = SepCheckCreator(ExplicitDescriptor, SubjectContext, AutoInheritFlags);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PTOKEN Token = SepSubjectToken(SubjectContext);
    SepLockTokenShared(Token);
    Status = SepAssign(ParentDescriptor, ExplicitDescriptor, ObjectType, IsDirectoryObject, AutoInheritFlags,
                       Token, GenericMapping, NewDescriptor);
    SepUnlockToken(Token);
    return Status;
}

// (wdm, SeAssignSecurity)
NTSTATUS NTAPI SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor,
                                PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor,
                                BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType)
{
    return SeAssignSecurityEx(ParentDescriptor, ExplicitDescriptor, NewDescriptor, NULL, IsDirectoryObject, 0,
                              SubjectContext, GenericMapping, PoolType);
}

// (wdm, SeDeassignSecurity)
NTSTATUS NTAPI SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor)
{
    if (*SecurityDescriptor != NULL) {
        ExFreePool(*SecurityDescriptor);
        *SecurityDescriptor = NULL;
    }
    return STATUS_SUCCESS;
}
