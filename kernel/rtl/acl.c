// SPDX-License-Identifier: MIT
// Lists of access control entries (ACEs).
#include "rtl/security.h"

#define RTLP_ACE_ALIGNMENT sizeof(ULONG)

static BOOLEAN RtlpIsRevision(ULONG Revision)
{
    return Revision >= MIN_ACL_REVISION && Revision <= MAX_ACL_REVISION;
}

#define RTLP_SCOPED_POLICY_ID_ACE_TYPE 0x13

BOOLEAN RtlpIsObjectAce(UCHAR Type)
{
    return (Type >= ACCESS_MIN_MS_OBJECT_ACE_TYPE && Type <= ACCESS_MAX_MS_OBJECT_ACE_TYPE) ||
           Type == ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE ||
           Type == ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE || Type == SYSTEM_AUDIT_CALLBACK_OBJECT_ACE_TYPE ||
           Type == SYSTEM_ALARM_CALLBACK_OBJECT_ACE_TYPE;
}

PSID RtlpSidOfAce(PACE_HEADER Ace)
{
    if (Ace->AceType == ACCESS_ALLOWED_COMPOUND_ACE_TYPE || Ace->AceType > RTLP_SCOPED_POLICY_ID_ACE_TYPE) {
        return NULL;
    }
    if (!RtlpIsObjectAce(Ace->AceType)) {
        return &((PRTLP_KNOWN_ACE)Ace)->SidStart;
    }
    ULONG Flags = ((RTLP_OBJECT_ACE *)Ace)->Flags;
    PUCHAR Sid = (PUCHAR)Ace + sizeof(RTLP_OBJECT_ACE);
    if (Flags & RTLP_OBJECT_TYPE_PRESENT) {
        Sid += sizeof(GUID);
    }
    if (Flags & RTLP_INHERITED_OBJECT_TYPE_PRESENT) {
        Sid += sizeof(GUID);
    }
    return Sid;
}

static BOOLEAN RtlpIsAceWithin(PACE_HEADER Ace, SIZE_T Bytes)
{
    if (Bytes < sizeof(*Ace) || Ace->AceSize < sizeof(*Ace) || Ace->AceSize > Bytes ||
        Ace->AceSize % RTLP_ACE_ALIGNMENT != 0) {
        return FALSE;
    }
    if (RtlpIsObjectAce(Ace->AceType) && Ace->AceSize < sizeof(RTLP_OBJECT_ACE)) {
        return FALSE;
    }
    PUCHAR Sid = RtlpSidOfAce(Ace);
    if (Sid == NULL) {
        return TRUE;
    }
    PUCHAR End = (PUCHAR)Ace + Ace->AceSize;
    return Sid <= End && RtlpIsSidWithin(Sid, (SIZE_T)(End - Sid));
}

BOOLEAN RtlpIsAclWithin(const ACL *Acl, SIZE_T Bytes)
{
    if (Bytes < sizeof(*Acl) || Acl->AclSize < sizeof(*Acl) || Acl->AclSize > Bytes ||
        !RtlpIsRevision(Acl->AclRevision)) {
        return FALSE;
    }
    const UCHAR *End = (const UCHAR *)Acl + Acl->AclSize;
    PACE_HEADER Ace = RtlpFirstAce(Acl);
    for (ULONG Index = 0; Index < Acl->AceCount; Index += 1) {
        if (!RtlpIsAceWithin(Ace, (SIZE_T)(End - (const UCHAR *)Ace))) {
            return FALSE;
        }
        Ace = RtlpNextAce(Ace);
    }
    return TRUE;
}

BOOLEAN NTAPI RtlValidAcl(PACL Acl)
{
    __try {
        return Acl != NULL && RtlpIsAclWithin(Acl, MAXUSHORT);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
}

// STATUS_BUFFER_TOO_SMALL: no room for the ACL's header; STATUS_INVALID_PARAMETER: longer than an ACL can be,
// or a revision that there is not. (ntifs, RtlCreateAcl)
NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision)
{
    if (AclLength < sizeof(*Acl)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (AclLength > MAXUSHORT || !RtlpIsRevision(AclRevision)) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlZeroMemory(Acl, sizeof(*Acl));
    Acl->AclRevision = (UCHAR)AclRevision;
    // ACEs, and so their lists, are whole ULONGs.
    Acl->AclSize = (USHORT)(AclLength & ~(ULONG)(RTLP_ACE_ALIGNMENT - 1));
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlFirstFreeAce(PACL Acl, PVOID *FreeAce)
{
    *FreeAce = NULL;
    if (!RtlValidAcl(Acl)) {
        return FALSE;
    }
    PACE_HEADER Ace = RtlpFirstAce(Acl);
    for (ULONG Index = 0; Index < Acl->AceCount; Index += 1) {
        Ace = RtlpNextAce(Ace);
    }
    if ((PUCHAR)Ace < (PUCHAR)Acl + Acl->AclSize) {
        *FreeAce = Ace;
    }
    return TRUE;
}

// The first byte behind the ACEs of a valid ACL.
static PUCHAR RtlpEndOfAces(PACL Acl)
{
    PVOID Free;
    RtlFirstFreeAce(Acl, &Free);
    return Free != NULL ? Free : (PUCHAR)Acl + Acl->AclSize;
}

// The revision that ACEs of Type need.
static ULONG RtlpRevisionOfType(UCHAR Type)
{
    if (Type <= ACCESS_MAX_MS_V2_ACE_TYPE) {
        return ACL_REVISION2;
    }
    if (Type <= ACCESS_MAX_MS_V3_ACE_TYPE) {
        return ACL_REVISION3;
    }
    return RtlpIsObjectAce(Type) ? ACL_REVISION4 : ACL_REVISION2;
}

// How many ACEs fill List. FALSE: it is not made of whole ACEs that Revision may have.
static BOOLEAN RtlpCountAces(PVOID List, ULONG Bytes, ULONG Revision, ULONG *Count)
{
    PUCHAR End = (PUCHAR)List + Bytes;
    PACE_HEADER Ace = List;
    *Count = 0;
    while ((PUCHAR)Ace < End) {
        if (!RtlpIsAceWithin(Ace, (SIZE_T)(End - (PUCHAR)Ace)) ||
            RtlpRevisionOfType(Ace->AceType) > Revision) {
            return FALSE;
        }
        *Count += 1;
        Ace = RtlpNextAce(Ace);
    }
    return TRUE;
}

// Inserts AceList before the ACE of number StartingAceIndex, or, if there are fewer, at the end. The ACL's
// revision becomes AceRevision if that is higher. STATUS_INVALID_PARAMETER: an ACL, a revision or a list that
// is not valid; STATUS_BUFFER_TOO_SMALL: it does not fit. (ntifs, RtlAddAce)
NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList,
                         ULONG AceListLength)
{
    ULONG Count;
    if (!RtlValidAcl(Acl) || !RtlpIsRevision(AceRevision) ||
        !RtlpCountAces(AceList, AceListLength, AceRevision, &Count) || Acl->AceCount + Count > MAXUSHORT) {
        return STATUS_INVALID_PARAMETER;
    }
    PUCHAR End = RtlpEndOfAces(Acl);
    if (AceListLength > (ULONG)((PUCHAR)Acl + Acl->AclSize - End)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    PACE_HEADER Place = RtlpFirstAce(Acl);
    for (ULONG Index = 0; Index < StartingAceIndex && Index < Acl->AceCount; Index += 1) {
        Place = RtlpNextAce(Place);
    }
    RtlMoveMemory((PUCHAR)Place + AceListLength, Place, (SIZE_T)(End - (PUCHAR)Place));
    RtlCopyMemory(Place, AceList, AceListLength);
    Acl->AceCount += (USHORT)Count;
    if (AceRevision > Acl->AclRevision) {
        Acl->AclRevision = (UCHAR)AceRevision;
    }
    return STATUS_SUCCESS;
}

// STATUS_INVALID_PARAMETER: no ACL, or fewer ACEs.
NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace)
{
    if (!RtlpIsRevision(Acl->AclRevision) || AceIndex >= Acl->AceCount) {
        return STATUS_INVALID_PARAMETER;
    }
    PUCHAR End = (PUCHAR)Acl + Acl->AclSize;
    PACE_HEADER This = RtlpFirstAce(Acl);
    for (ULONG Index = 0; Index < AceIndex; Index += 1) {
        if ((PUCHAR)This >= End) {
            return STATUS_INVALID_PARAMETER;
        }
        This = RtlpNextAce(This);
    }
    if ((PUCHAR)This >= End) {
        return STATUS_INVALID_PARAMETER;
    }
    *Ace = This;
    return STATUS_SUCCESS;
}

// STATUS_INVALID_PARAMETER: no valid ACL, or fewer ACEs.
NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG AceIndex)
{
    PVOID Ace;
    if (!RtlValidAcl(Acl) || !NT_SUCCESS(RtlGetAce(Acl, AceIndex, &Ace))) {
        return STATUS_INVALID_PARAMETER;
    }
    USHORT Bytes = ((PACE_HEADER)Ace)->AceSize;
    PUCHAR End = RtlpEndOfAces(Acl), Next = (PUCHAR)Ace + Bytes;
    RtlMoveMemory(Ace, Next, (SIZE_T)(End - Next));
    RtlZeroMemory(End - Bytes, Bytes);
    Acl->AceCount -= 1;
    return STATUS_SUCCESS;
}

NTSTATUS RtlpAddAce(PACL Acl, ULONG Revision, ULONG Flags, ULONG AllowedFlags, ACCESS_MASK Mask, PSID Sid,
                    UCHAR Type, const GUID *ObjectType, const GUID *InheritedObjectType)
{
    if (!RtlValidSid(Sid)) {
        return STATUS_INVALID_SID;
    }
    if (!RtlpIsRevision(Revision) || Revision < RtlpRevisionOfType(Type) ||
        Acl->AclRevision > MAX_ACL_REVISION) {
        return STATUS_REVISION_MISMATCH;
    }
    if (Flags & ~AllowedFlags) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!RtlValidAcl(Acl)) {
        return STATUS_INVALID_ACL;
    }
    ULONG Head = FIELD_OFFSET(RTLP_KNOWN_ACE, SidStart);
    if (RtlpIsObjectAce(Type)) {
        Head = sizeof(RTLP_OBJECT_ACE) + (ObjectType != NULL ? sizeof(GUID) : 0) +
               (InheritedObjectType != NULL ? sizeof(GUID) : 0);
    }
    ULONG Bytes = Head + RtlLengthSid(Sid);
    PRTLP_KNOWN_ACE Ace = (PRTLP_KNOWN_ACE)RtlpEndOfAces(Acl);
    if (Bytes > (ULONG)((PUCHAR)Acl + Acl->AclSize - (PUCHAR)Ace) || Acl->AceCount == MAXUSHORT) {
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    }
    Ace->Header.AceType = Type;
    Ace->Header.AceFlags = (UCHAR)Flags;
    Ace->Header.AceSize = (USHORT)Bytes;
    Ace->Mask = Mask;
    if (RtlpIsObjectAce(Type)) {
        PRTLP_OBJECT_ACE ObjectAce = (PRTLP_OBJECT_ACE)Ace;
        GUID *Next = (GUID *)(ObjectAce + 1);
        ObjectAce->Flags = 0;
        if (ObjectType != NULL) {
            ObjectAce->Flags |= RTLP_OBJECT_TYPE_PRESENT;
            *Next++ = *ObjectType;
        }
        if (InheritedObjectType != NULL) {
            ObjectAce->Flags |= RTLP_INHERITED_OBJECT_TYPE_PRESENT;
            *Next = *InheritedObjectType;
        }
    }
    RtlCopyMemory((PUCHAR)Ace + Head, Sid, RtlLengthSid(Sid));
    Acl->AceCount += 1;
    if (Revision > Acl->AclRevision) {
        Acl->AclRevision = (UCHAR)Revision;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpAddKnownAce(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid, UCHAR Type)
{
    return RtlpAddAce(Acl, Revision, Flags, VALID_INHERIT_FLAGS, Mask, Sid, Type, NULL, NULL);
}

// These add an ACE at the end. STATUS_INVALID_SID, STATUS_REVISION_MISMATCH, STATUS_INVALID_PARAMETER (other
// flags than those of inheritance), STATUS_INVALID_ACL, STATUS_ALLOTTED_SPACE_EXCEEDED.
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid)
{
    return RtlpAddKnownAce(Acl, AceRevision, 0, AccessMask, Sid, ACCESS_ALLOWED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask,
                                        PSID Sid)
{
    return RtlpAddKnownAce(Acl, AceRevision, AceFlags, AccessMask, Sid, ACCESS_ALLOWED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask,
                                       PSID Sid)
{
    return RtlpAddKnownAce(Acl, AceRevision, AceFlags, AccessMask, Sid, ACCESS_DENIED_ACE_TYPE);
}
