// SPDX-License-Identifier: MIT
// Tokens made of others by callers: copies, and restricted ones.
#include "inc/kernel.h"

// The impersonation level that a caller asks for; *Given: whether it does.
static NTSTATUS SepCaptureLevel(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, BOOLEAN *Given,
                                SECURITY_IMPERSONATION_LEVEL *Level)
{
    *Given = FALSE;
    if (Attributes == NULL) {
        return STATUS_SUCCESS;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(Attributes, sizeof(*Attributes), sizeof(ULONG));
        }
        PSECURITY_QUALITY_OF_SERVICE Qos = Attributes->SecurityQualityOfService;
        if (Qos != NULL) {
            if (Mode != KernelMode) {
                ProbeForRead(Qos, sizeof(*Qos), sizeof(ULONG));
            }
            *Level = *(volatile SECURITY_IMPERSONATION_LEVEL *)&Qos->ImpersonationLevel;
            *Given = TRUE;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return *Given && (ULONG)*Level > SecurityDelegation ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

// The level of a copy of Token of that type; *Level holds what was asked for, if Given.
static NTSTATUS SepChooseLevel(PTOKEN Token, TOKEN_TYPE Type, BOOLEAN Given,
                               SECURITY_IMPERSONATION_LEVEL *Level)
{
    BOOLEAN Impersonation = Token->TokenType == TokenImpersonation;
    if (Type == TokenPrimary) {
        *Level = SecurityAnonymous;
        return Impersonation && Token->ImpersonationLevel < SecurityImpersonation
                   ? STATUS_BAD_IMPERSONATION_LEVEL
                   : STATUS_SUCCESS;
    }
    if (!Given) {
        *Level = Impersonation ? Token->ImpersonationLevel : SecurityImpersonation;
    }
    return Impersonation && *Level > Token->ImpersonationLevel ? STATUS_BAD_IMPERSONATION_LEVEL
                                                               : STATUS_SUCCESS;
}

// DesiredAccess 0: what the handle has. The level of an impersonation token is the one in ObjectAttributes'
// SecurityQualityOfService, else the existing token's, of a primary one SecurityImpersonation. The handle
// needs TOKEN_DUPLICATE. STATUS_INVALID_PARAMETER (TokenType, level), STATUS_BAD_IMPERSONATION_LEVEL (above
// that of the existing token; a primary one of a token below SecurityImpersonation),
// STATUS_INSUFFICIENT_RESOURCES, STATUS_ACCESS_VIOLATION, and what ObReferenceObjectByHandle and
// ObInsertObject return. IRQL PASSIVE_LEVEL. (ntifs, NtDuplicateToken)
NTSTATUS NTAPI NtDuplicateToken(HANDLE ExistingTokenHandle, ACCESS_MASK DesiredAccess,
                                POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly,
                                TOKEN_TYPE TokenType, PHANDLE NewTokenHandle)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    OBJECT_HANDLE_INFORMATION Existing;
    SECURITY_IMPERSONATION_LEVEL Level;
    BOOLEAN Given;
    HANDLE Handle;
    PVOID Object;
    PTOKEN Copy;
    if (TokenType != TokenPrimary && TokenType != TokenImpersonation) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = SepCaptureLevel(ObjectAttributes, Mode, &Given, &Level);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SeTokenObjectType, Mode, &Object,
                                       &Existing);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepChooseLevel(Object, TokenType, Given, &Level);
    if (NT_SUCCESS(Status)) {
        Status = SepDuplicateToken(Object, ObjectAttributes, EffectiveOnly, TokenType, Level, Mode, &Copy);
    }
    ObfDereferenceObject(Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObInsertObject(Copy, NULL, DesiredAccess != 0 ? DesiredAccess : Existing.GrantedAccess, 0, NULL,
                            &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, NewTokenHandle, Mode, Status) : Status;
}

KI_DEFINE_ZW(DuplicateToken,
             (HANDLE ExistingTokenHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              BOOLEAN EffectiveOnly, TOKEN_TYPE TokenType, PHANDLE NewTokenHandle),
             (ExistingTokenHandle, DesiredAccess, ObjectAttributes, EffectiveOnly, TokenType, NewTokenHandle))

// ---- Restricted ones

#define SEP_FILTER_FLAGS (DISABLE_MAX_PRIVILEGE | SANDBOX_INERT | WRITE_RESTRICTED)

static ULONG64 SepPrivilegesKept(ULONG64 Present, ULONG Flags, const TOKEN_PRIVILEGES *Deleted)
{
    if (Flags & DISABLE_MAX_PRIVILEGE) {
        return Present & SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE);
    }
    for (ULONG Index = 0; Deleted != NULL && Index < Deleted->PrivilegeCount; Index += 1) {
        const LUID *Luid = &Deleted->Privileges[Index].Luid;
        if (Luid->HighPart == 0 && Luid->LowPart <= SEP_HIGHEST_PRIVILEGE) {
            Present &= ~SEP_PRIVILEGE(Luid->LowPart);
        }
    }
    return Present;
}

// Makes of the entries of a token, which nobody else has, those that Disabled names deny-only.
static VOID SepDisableSids(PTOKEN Token, const TOKEN_GROUPS *Disabled)
{
    for (ULONG Index = 0; Disabled != NULL && Index < Disabled->GroupCount; Index += 1) {
        for (ULONG Entry = 0; Entry < Token->UserAndGroupCount; Entry += 1) {
            PSID_AND_ATTRIBUTES Group = &Token->UserAndGroups[Entry];
            if (!(Group->Attributes & SE_GROUP_INTEGRITY) &&
                RtlEqualSid(Group->Sid, Disabled->Groups[Index].Sid)) {
                Group->Attributes &= ~(ULONG)(SE_GROUP_ENABLED | SE_GROUP_ENABLED_BY_DEFAULT);
                Group->Attributes |= SE_GROUP_USE_FOR_DENY_ONLY;
            }
        }
    }
    // What it may not act as, it may not own by.
    if (SepTokenOwner(Token) != Token->UserAndGroups[0].Sid &&
        Token->UserAndGroups[Token->DefaultOwnerIndex].Attributes & SE_GROUP_USE_FOR_DENY_ONLY) {
        Token->DefaultOwnerIndex = 0;
    }
}

// The restricting SIDs of a token made of Token: in Sids, which has room for RestrictedSids' number; how
// many.
static ULONG SepIntersectRestrictedSids(PTOKEN Token, const TOKEN_GROUPS *RestrictedSids,
                                        PSID_AND_ATTRIBUTES Sids)
{
    ULONG Count = 0;
    for (ULONG Index = 0; Index < RestrictedSids->GroupCount; Index += 1) {
        PSID Sid = RestrictedSids->Groups[Index].Sid;
        if (Token->RestrictedSidCount == 0 || SepTokenHasRestrictedSid(Token, Sid)) {
            Sids[Count++] = (SID_AND_ATTRIBUTES){Sid, SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT |
                                                          SE_GROUP_ENABLED};
        }
    }
    return Count;
}

static BOOLEAN SepIsFilterValid(ULONG Flags, const TOKEN_GROUPS *RestrictedSids)
{
    if (Flags & ~(ULONG)SEP_FILTER_FLAGS) {
        return FALSE;
    }
    for (ULONG Index = 0; RestrictedSids != NULL && Index < RestrictedSids->GroupCount; Index += 1) {
        if (RestrictedSids->Groups[Index].Attributes != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

// A token of ExistingToken's type, with one reference for the caller: without PrivilegesToDelete
// (DISABLE_MAX_PRIVILEGE: with SeChangeNotifyPrivilege alone), SidsToDisable for denying only, restricted by
// RestrictedSids, of a restricted token by those of its own that are among them. SANDBOX_INERT sets that
// flag; WRITE_RESTRICTED: the restricting ones count for writing alone. STATUS_INVALID_PARAMETER (other
// flags, attributes of RestrictedSids), STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL. (ntifs,
// SeFilterToken)
NTSTATUS NTAPI SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags, PTOKEN_GROUPS SidsToDisable,
                             PTOKEN_PRIVILEGES PrivilegesToDelete, PTOKEN_GROUPS RestrictedSids,
                             PACCESS_TOKEN *FilteredToken)
{
    PTOKEN Token = ExistingToken, Filtered;
    PSID_AND_ATTRIBUTES Sids = NULL;
    SEP_TOKEN_DESCRIPTION Description;
    if (!SepIsFilterValid(Flags, RestrictedSids)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (RestrictedSids != NULL && RestrictedSids->GroupCount != 0) {
        Sids = ExAllocatePoolZero(PagedPool, RestrictedSids->GroupCount * sizeof(*Sids), TAG_TOKEN_INFO);
        if (Sids == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    SepLockTokenShared(Token);
    SepDescribeToken(Token, &Description);
    Description.ModifiedId = (LUID){0};
    Description.ParentTokenId = Token->TokenId;
    Description.Privileges.Present = SepPrivilegesKept(Token->Privileges.Present, Flags, PrivilegesToDelete);
    Description.Privileges.Enabled &= Description.Privileges.Present;
    Description.Privileges.EnabledByDefault &= Description.Privileges.Present;
    Description.TokenFlags |= TOKEN_IS_FILTERED | (Flags & SANDBOX_INERT ? TOKEN_SANDBOX_INERT : 0);
    if (Sids != NULL) {
        Description.RestrictedSids = Sids;
        Description.RestrictedSidCount = SepIntersectRestrictedSids(Token, RestrictedSids, Sids);
        Description.TokenFlags |=
            TOKEN_IS_RESTRICTED | (Flags & WRITE_RESTRICTED ? TOKEN_WRITE_RESTRICTED : 0);
    }
    NTSTATUS Status = SepCreateToken(&Description, NULL, KernelMode, &Filtered);
    SepUnlockToken(Token);
    if (NT_SUCCESS(Status)) {
        SepDisableSids(Filtered, SidsToDisable);
        *FilteredToken = Filtered;
    }
    if (Sids != NULL) {
        ExFreePoolWithTag(Sids, TAG_TOKEN_INFO);
    }
    return Status;
}
