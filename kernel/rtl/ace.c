// SPDX-License-Identifier: MIT
// Access control entries beyond those that allow and deny: audit, object and label ACEs; and what a list has.
#include "rtl/security.h"

#define RTLP_AUDIT_FLAGS (SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG)

static ULONG RtlpAuditFlags(BOOLEAN AuditSuccess, BOOLEAN AuditFailure)
{
    return (AuditSuccess ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) | (AuditFailure ? FAILED_ACCESS_ACE_FLAG : 0);
}

NTSTATUS NTAPI RtlAddAuditAccessAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask,
                                      PSID Sid, BOOLEAN AuditSuccess, BOOLEAN AuditFailure)
{
    return RtlpAddAce(Acl, AceRevision, AceFlags | RtlpAuditFlags(AuditSuccess, AuditFailure),
                      VALID_INHERIT_FLAGS | RTLP_AUDIT_FLAGS, AccessMask, Sid, SYSTEM_AUDIT_ACE_TYPE, NULL,
                      NULL);
}

// An ACE without GUIDs is the plain one.
static NTSTATUS RtlpAddObjectAce(PACL Acl, ULONG Revision, ULONG Flags, ULONG AllowedFlags, ACCESS_MASK Mask,
                                 const GUID *ObjectType, const GUID *InheritedObjectType, PSID Sid,
                                 UCHAR Type, UCHAR PlainType)
{
    if (Revision < ACL_REVISION_DS) {
        return STATUS_REVISION_MISMATCH;
    }
    return RtlpAddAce(Acl, Revision, Flags, AllowedFlags, Mask, Sid,
                      ObjectType == NULL && InheritedObjectType == NULL ? PlainType : Type, ObjectType,
                      InheritedObjectType);
}

NTSTATUS NTAPI RtlAddAccessAllowedObjectAce(PACL Acl, ULONG AceRevision, ULONG AceFlags,
                                            ACCESS_MASK AccessMask, GUID *ObjectTypeGuid,
                                            GUID *InheritedObjectTypeGuid, PSID Sid)
{
    return RtlpAddObjectAce(Acl, AceRevision, AceFlags, VALID_INHERIT_FLAGS, AccessMask, ObjectTypeGuid,
                            InheritedObjectTypeGuid, Sid, ACCESS_ALLOWED_OBJECT_ACE_TYPE,
                            ACCESS_ALLOWED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAccessDeniedObjectAce(PACL Acl, ULONG AceRevision, ULONG AceFlags,
                                           ACCESS_MASK AccessMask, GUID *ObjectTypeGuid,
                                           GUID *InheritedObjectTypeGuid, PSID Sid)
{
    return RtlpAddObjectAce(Acl, AceRevision, AceFlags, VALID_INHERIT_FLAGS, AccessMask, ObjectTypeGuid,
                            InheritedObjectTypeGuid, Sid, ACCESS_DENIED_OBJECT_ACE_TYPE,
                            ACCESS_DENIED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAuditAccessObjectAce(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask,
                                          GUID *ObjectTypeGuid, GUID *InheritedObjectTypeGuid, PSID Sid,
                                          BOOLEAN AuditSuccess, BOOLEAN AuditFailure)
{
    return RtlpAddObjectAce(Acl, AceRevision, AceFlags | RtlpAuditFlags(AuditSuccess, AuditFailure),
                            VALID_INHERIT_FLAGS | RTLP_AUDIT_FLAGS, AccessMask, ObjectTypeGuid,
                            InheritedObjectTypeGuid, Sid, SYSTEM_AUDIT_OBJECT_ACE_TYPE,
                            SYSTEM_AUDIT_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddMandatoryAce(PACL Acl, ULONG AceRevision, ULONG AceFlags, PSID Sid, UCHAR AceType,
                                  ACCESS_MASK AccessMask)
{
    static const SID_IDENTIFIER_AUTHORITY LabelAuthority = {SECURITY_MANDATORY_LABEL_AUTHORITY};
    if (!RtlValidSid(Sid)) {
        return STATUS_INVALID_SID;
    }
    if (AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE ||
        AccessMask & ~(ACCESS_MASK)SYSTEM_MANDATORY_LABEL_VALID_MASK ||
        !RtlEqualMemory(&((PISID)Sid)->IdentifierAuthority, &LabelAuthority, sizeof(LabelAuthority)) ||
        ((PISID)Sid)->SubAuthorityCount != 1) {
        return STATUS_INVALID_PARAMETER;
    }
    return RtlpAddAce(Acl, AceRevision, AceFlags, VALID_INHERIT_FLAGS, AccessMask, Sid, AceType, NULL, NULL);
}

NTSTATUS NTAPI RtlQueryInformationAcl(PACL Acl, PVOID AclInformation, ULONG AclInformationLength,
                                      ACL_INFORMATION_CLASS AclInformationClass)
{
    PVOID Free;
    if (!RtlFirstFreeAce(Acl, &Free)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (AclInformationClass == AclRevisionInformation) {
        if (AclInformationLength < sizeof(ACL_REVISION_INFORMATION)) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        ((PACL_REVISION_INFORMATION)AclInformation)->AclRevision = Acl->AclRevision;
        return STATUS_SUCCESS;
    }
    if (AclInformationClass == AclSizeInformation) {
        PACL_SIZE_INFORMATION Size = AclInformation;
        if (AclInformationLength < sizeof(*Size)) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        Size->AceCount = Acl->AceCount;
        Size->AclBytesInUse = Free != NULL ? (ULONG)((PUCHAR)Free - (PUCHAR)Acl) : Acl->AclSize;
        Size->AclBytesFree = Acl->AclSize - Size->AclBytesInUse;
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_INFO_CLASS;
}

PVOID NTAPI RtlFindAceByType(PACL Acl, UCHAR AceType, PULONG Index)
{
    if (Acl == NULL) {
        return NULL;
    }
    ULONG First = Index != NULL ? *Index : 0;
    PACE_HEADER Ace = RtlpFirstAce(Acl);
    for (ULONG This = 0; This < Acl->AceCount; This += 1, Ace = RtlpNextAce(Ace)) {
        if (This >= First && Ace->AceType == AceType) {
            if (Index != NULL) {
                *Index = This;
            }
            return Ace;
        }
    }
    return NULL;
}

NTSTATUS NTAPI RtlCopySidAndAttributesArray(ULONG Count, PSID_AND_ATTRIBUTES Source, ULONG SidAreaSize,
                                            PSID_AND_ATTRIBUTES Target, PSID SidArea, PSID *RemainingSidArea,
                                            PULONG RemainingSidAreaSize)
{
    PUCHAR Next = SidArea;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        ULONG Bytes = RtlLengthSid(Source[Index].Sid);
        if (Bytes > SidAreaSize) {
            return STATUS_INVALID_SID;
        }
        SidAreaSize -= Bytes;
        Target[Index].Sid = Next;
        Target[Index].Attributes = Source[Index].Attributes;
        RtlCopyMemory(Next, Source[Index].Sid, Bytes);
        Next += Bytes;
    }
    *RemainingSidArea = Next;
    *RemainingSidAreaSize = SidAreaSize;
    return STATUS_SUCCESS;
}
