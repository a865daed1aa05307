// SPDX-License-Identifier: MIT
// Token objects: made, copied, looked into.
#include "inc/kernel.h"

POBJECT_TYPE SeTokenObjectType;

static VOID NTAPI SepDeleteToken(PVOID Object)
{
    PTOKEN Token = Object;
    if (Token->LinkedToken != NULL) {
        ObfDereferenceObject(Token->LinkedToken);
    }
    if (Token->LogonSession != NULL) {
        SepDereferenceLogonSession(Token->LogonSession);
    }
    if (Token->DefaultDacl != NULL) {
        ExFreePoolWithTag(Token->DefaultDacl, TAG_TOKEN_DACL);
    }
    if (Token->TokenLock != NULL) {
        ExDeleteResourceLite(Token->TokenLock);
    }
}

static const OB_TYPE_DESCRIPTION SepTokenDescription = {
    .Name = L"Token",
    .GenericMapping = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS},
    .ValidAccessMask = TOKEN_ALL_ACCESS,
    .Flags = OB_TYPE_SECURITY_REQUIRED,
    .InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF,
    .Delete = SepDeleteToken,
    .Stateless = TRUE,
};

NTSTATUS SepInitializeTokens(VOID)
{
    return ObpCreateType(&SepTokenDescription, &SeTokenObjectType);
}

NTSTATUS SepInitSystem(VOID)
{
    NTSTATUS Status = SepInitializeTokens();
    if (NT_SUCCESS(Status)) {
        Status = SepInitializeLogonSessions();
    }
    return NT_SUCCESS(Status) ? SepCreateSystemToken() : Status;
}

// ---- Making them

static ULONG SepSidsLength(const SID_AND_ATTRIBUTES *Entries, ULONG Count)
{
    ULONG Bytes = Count * (ULONG)sizeof(*Entries);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Bytes += ALIGN_UP_BY(RtlLengthSid(Entries[Index].Sid), sizeof(PVOID));
    }
    return Bytes;
}

// Copies Count entries and their SIDs to Area, which is behind them afterwards.
static PSID_AND_ATTRIBUTES SepCopySids(const SID_AND_ATTRIBUTES *Entries, ULONG Count, PUCHAR *Area)
{
    PSID_AND_ATTRIBUTES Copies = (PSID_AND_ATTRIBUTES)*Area;
    *Area += Count * sizeof(*Copies);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        ULONG Bytes = RtlLengthSid(Entries[Index].Sid);
        RtlCopyMemory(*Area, Entries[Index].Sid, Bytes);
        Copies[Index].Sid = *Area;
        Copies[Index].Attributes = Entries[Index].Attributes;
        *Area += ALIGN_UP_BY(Bytes, sizeof(PVOID));
    }
    return Copies;
}

static NTSTATUS SepCopyDefaultDacl(PTOKEN Token, const ACL *Dacl)
{
    if (Dacl != NULL) {
        Token->DefaultDacl = ExAllocatePoolZero(PagedPool, Dacl->AclSize, TAG_TOKEN_DACL);
        if (Token->DefaultDacl == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(Token->DefaultDacl, Dacl, Dacl->AclSize);
    }
    return STATUS_SUCCESS;
}

NTSTATUS SepCreateToken(const SEP_TOKEN_DESCRIPTION *Description, POBJECT_ATTRIBUTES Attributes,
                        KPROCESSOR_MODE Mode, PTOKEN *Created)
{
    ULONG VariableLength = SepSidsLength(Description->UserAndGroups, Description->UserAndGroupCount) +
                           SepSidsLength(Description->RestrictedSids, Description->RestrictedSidCount);
    PVOID Object;
    NTSTATUS Status = ObCreateObject(Mode, SeTokenObjectType, Attributes, Mode, NULL,
                                     (ULONG)sizeof(TOKEN) + VariableLength, 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PTOKEN Token = Object;
    PUCHAR Area = (PUCHAR)(Token + 1);
    ExInitializeResourceLite(&Token->Lock);
    Token->TokenLock = &Token->Lock;
    Token->TokenSource = Description->Source;
    Token->LogonSession = Description->LogonSession;
    SepReferenceLogonSession(Token->LogonSession);
    Token->AuthenticationId = Token->LogonSession->LogonId;
    Token->ParentTokenId = Description->ParentTokenId;
    Token->OriginatingLogonSession = Description->OriginatingLogonSession;
    Token->ExpirationTime = Description->ExpirationTime;
    ExAllocateLocallyUniqueId(&Token->TokenId);
    Token->ModifiedId = Description->ModifiedId;
    if (Token->ModifiedId.LowPart == 0 && Token->ModifiedId.HighPart == 0) {
        ExAllocateLocallyUniqueId(&Token->ModifiedId);
    }
    Token->Privileges = Description->Privileges;
    Token->SessionId = Description->SessionId;
    Token->VariableLength = VariableLength;
    Token->UserAndGroupCount = Description->UserAndGroupCount;
    Token->UserAndGroups = SepCopySids(Description->UserAndGroups, Description->UserAndGroupCount, &Area);
    Token->RestrictedSidCount = Description->RestrictedSidCount;
    if (Token->RestrictedSidCount != 0) {
        Token->RestrictedSids =
            SepCopySids(Description->RestrictedSids, Description->RestrictedSidCount, &Area);
    }
    Token->DefaultOwnerIndex = Description->DefaultOwnerIndex;
    Token->PrimaryGroup = Token->UserAndGroups[Description->PrimaryGroupIndex].Sid;
    Token->TokenType = Description->TokenType;
    Token->ImpersonationLevel =
        Description->TokenType == TokenPrimary ? SecurityAnonymous : Description->ImpersonationLevel;
    Token->TokenFlags = Description->TokenFlags;
    Token->IntegrityLevelIndex = Description->IntegrityLevelIndex;
    Token->MandatoryPolicy = Description->MandatoryPolicy;
    Token->ElevationType = Description->ElevationType;
    Token->LinkedToken = Description->LinkedToken;
    if (Token->LinkedToken != NULL) {
        ObfReferenceObject(Token->LinkedToken);
    }
    Status = SepCopyDefaultDacl(Token, Description->DefaultDacl);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceToken;
    }
    Token->DynamicCharged = SEP_DYNAMIC_CHARGE;
    Token->DynamicAvailable = SEP_DYNAMIC_CHARGE - SepDynamicUse(Token);
    *Created = Token;
    return STATUS_SUCCESS;
DereferenceToken:
    ObfDereferenceObject(Token);
    return Status;
}

VOID SepDescribeToken(PTOKEN Token, SEP_TOKEN_DESCRIPTION *Description)
{
    *Description = (SEP_TOKEN_DESCRIPTION){
        .TokenType = Token->TokenType,
        .ImpersonationLevel = Token->ImpersonationLevel,
        .LogonSession = Token->LogonSession,
        .ParentTokenId = Token->ParentTokenId,
        .OriginatingLogonSession = Token->OriginatingLogonSession,
        .ModifiedId = Token->ModifiedId,
        .ExpirationTime = Token->ExpirationTime,
        .Source = Token->TokenSource,
        .UserAndGroupCount = Token->UserAndGroupCount,
        .UserAndGroups = Token->UserAndGroups,
        .RestrictedSidCount = Token->RestrictedSidCount,
        .RestrictedSids = Token->RestrictedSids,
        .Privileges = Token->Privileges,
        .DefaultOwnerIndex = Token->DefaultOwnerIndex,
        .PrimaryGroupIndex = SepFindSid(Token->UserAndGroups, Token->UserAndGroupCount, Token->PrimaryGroup),
        .DefaultDacl = Token->DefaultDacl,
        .SessionId = Token->SessionId,
        .TokenFlags = Token->TokenFlags,
        .IntegrityLevelIndex = Token->IntegrityLevelIndex,
        .MandatoryPolicy = Token->MandatoryPolicy,
        .ElevationType = Token->ElevationType,
        .LinkedToken = Token->LinkedToken,
    };
}

// Takes out of a token that nobody else has what it could enable.
static VOID SepMakeTokenEffective(PTOKEN Token)
{
    PSID PrimaryGroup = Token->PrimaryGroup, Owner = SepTokenOwner(Token);
    ULONG Kept = 1;
    for (ULONG Index = 1; Index < Token->UserAndGroupCount; Index += 1) {
        ULONG Attributes = Token->UserAndGroups[Index].Attributes;
        if (Attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY | SE_GROUP_INTEGRITY)) {
            if (Index == Token->IntegrityLevelIndex) {
                Token->IntegrityLevelIndex = Kept;
            }
            Token->UserAndGroups[Kept++] = Token->UserAndGroups[Index];
        }
    }
    Token->UserAndGroupCount = Kept;
    // A group that has gone owns nothing: the user is what is left.
    ULONG OwnerIndex = SepFindSid(Token->UserAndGroups, Kept, Owner);
    ULONG GroupIndex = SepFindSid(Token->UserAndGroups, Kept, PrimaryGroup);
    Token->DefaultOwnerIndex = OwnerIndex < Kept ? OwnerIndex : 0;
    Token->PrimaryGroup = Token->UserAndGroups[GroupIndex < Kept ? GroupIndex : 0].Sid;
    Token->Privileges.Present &= Token->Privileges.Enabled;
    Token->Privileges.EnabledByDefault &= Token->Privileges.Enabled;
}

NTSTATUS SepDuplicateToken(PTOKEN Token, POBJECT_ATTRIBUTES Attributes, BOOLEAN EffectiveOnly,
                           TOKEN_TYPE TokenType, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
                           KPROCESSOR_MODE Mode, PTOKEN *Duplicate)
{
    SEP_TOKEN_DESCRIPTION Description;
    SepLockTokenShared(Token);
    SepDescribeToken(Token, &Description);
    Description.TokenType = TokenType;
    Description.ImpersonationLevel = ImpersonationLevel;
    NTSTATUS Status = SepCreateToken(&Description, Attributes, Mode, Duplicate);
    SepUnlockToken(Token);
    if (NT_SUCCESS(Status) && EffectiveOnly) {
        SepMakeTokenEffective(*Duplicate);
    }
    return Status;
}

// ---- Looking into them

ULONG SepDynamicUse(PTOKEN Token)
{
    return RtlLengthSid(Token->PrimaryGroup) + (Token->DefaultDacl != NULL ? Token->DefaultDacl->AclSize : 0);
}

ULONG SepFindSid(const SID_AND_ATTRIBUTES *Entries, ULONG Count, PSID Sid)
{
    ULONG Index = 0;
    while (Index < Count && !RtlEqualSid(Entries[Index].Sid, Sid)) {
        Index += 1;
    }
    return Index;
}

// A SID may be there more than once, with other attributes.
static BOOLEAN SepActsAs(const SID_AND_ATTRIBUTES *Entries, ULONG Count, PSID Sid, ULONG Wanted)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        if (Entries[Index].Attributes & Wanted && RtlEqualSid(Entries[Index].Sid, Sid)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN SepTokenHasSid(PTOKEN Token, PSID Sid, BOOLEAN ForDeny)
{
    const SID_AND_ATTRIBUTES *User = Token->UserAndGroups;
    // The user's attributes are 0 unless it is for denying only.
    if (RtlEqualSid(User->Sid, Sid) && (ForDeny || !(User->Attributes & SE_GROUP_USE_FOR_DENY_ONLY))) {
        return TRUE;
    }
    return SepActsAs(User + 1, Token->UserAndGroupCount - 1, Sid,
                     SE_GROUP_ENABLED | (ForDeny ? SE_GROUP_USE_FOR_DENY_ONLY : 0));
}

BOOLEAN SepTokenHasRestrictedSid(PTOKEN Token, PSID Sid)
{
    return SepActsAs(Token->RestrictedSids, Token->RestrictedSidCount, Sid, SE_GROUP_ENABLED);
}

ULONG SepTokenIntegrityLevel(PTOKEN Token)
{
    if (Token->IntegrityLevelIndex == SEP_NO_INTEGRITY_LEVEL) {
        return SECURITY_MANDATORY_MEDIUM_RID;
    }
    PSID Label = Token->UserAndGroups[Token->IntegrityLevelIndex].Sid;
    return *RtlSubAuthoritySid(Label, *RtlSubAuthorityCountSid(Label) - 1);
}

VOID SepTouchToken(PTOKEN Token)
{
    ExAllocateLocallyUniqueId(&Token->ModifiedId);
    Token->DynamicAvailable = Token->DynamicCharged - SepDynamicUse(Token);
}

// ---- What drivers call

TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN Token)
{
    return ((PTOKEN)Token)->TokenType;
}

// SecurityAnonymous for a primary token.
SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token)
{
    return ((PTOKEN)Token)->ImpersonationLevel;
}

// Whether it acts as the local administrators' group. IRQL PASSIVE_LEVEL. (ntifs, SeTokenIsAdmin)
BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN Token)
{
    SepLockTokenShared(Token);
    BOOLEAN Admin = SepTokenHasSid(Token, SeAliasAdminsSid, FALSE);
    SepUnlockToken(Token);
    return Admin;
}

// Whether it has restricting SIDs. IRQL PASSIVE_LEVEL. (ntifs, SeTokenIsRestricted)
BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN Token)
{
    return (((PTOKEN)Token)->TokenFlags & TOKEN_IS_RESTRICTED) != 0;
}

// Whether they restrict writing alone (SeFilterToken, WRITE_RESTRICTED).
BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token)
{
    return (((PTOKEN)Token)->TokenFlags & TOKEN_WRITE_RESTRICTED) != 0;
}
