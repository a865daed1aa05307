// SPDX-License-Identifier: MIT
// Who there is on the machine: what the tokens of the system and of users are made of, as on Windows 11.
#include "inc/kernel.h"

#define SEP_MANDATORY_GROUP (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
#define SEP_LABEL           (SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED)

// Of the System process: those that it has enabled, and those that it may enable.
#define SEP_SYSTEM_ENABLED                                                                                   \
    (SEP_PRIVILEGE(SE_LOCK_MEMORY_PRIVILEGE) | SEP_PRIVILEGE(SE_TCB_PRIVILEGE) |                             \
     SEP_PRIVILEGE(SE_SYSTEM_PROFILE_PRIVILEGE) | SEP_PRIVILEGE(SE_PROF_SINGLE_PROCESS_PRIVILEGE) |          \
     SEP_PRIVILEGE(SE_INC_BASE_PRIORITY_PRIVILEGE) | SEP_PRIVILEGE(SE_CREATE_PAGEFILE_PRIVILEGE) |           \
     SEP_PRIVILEGE(SE_CREATE_PERMANENT_PRIVILEGE) | SEP_PRIVILEGE(SE_DEBUG_PRIVILEGE) |                      \
     SEP_PRIVILEGE(SE_AUDIT_PRIVILEGE) | SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE) |                         \
     SEP_PRIVILEGE(SE_IMPERSONATE_PRIVILEGE) | SEP_PRIVILEGE(SE_CREATE_GLOBAL_PRIVILEGE) |                   \
     SEP_PRIVILEGE(SE_INC_WORKING_SET_PRIVILEGE) | SEP_PRIVILEGE(SE_TIME_ZONE_PRIVILEGE) |                   \
     SEP_PRIVILEGE(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE) |                                                      \
     SEP_PRIVILEGE(SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE))
#define SEP_SYSTEM_DISABLED                                                                                  \
    (SEP_PRIVILEGE(SE_CREATE_TOKEN_PRIVILEGE) | SEP_PRIVILEGE(SE_ASSIGNPRIMARYTOKEN_PRIVILEGE) |             \
     SEP_PRIVILEGE(SE_INCREASE_QUOTA_PRIVILEGE) | SEP_PRIVILEGE(SE_SECURITY_PRIVILEGE) |                     \
     SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE) | SEP_PRIVILEGE(SE_LOAD_DRIVER_PRIVILEGE) |                  \
     SEP_PRIVILEGE(SE_SYSTEMTIME_PRIVILEGE) | SEP_PRIVILEGE(SE_BACKUP_PRIVILEGE) |                           \
     SEP_PRIVILEGE(SE_RESTORE_PRIVILEGE) | SEP_PRIVILEGE(SE_SHUTDOWN_PRIVILEGE) |                            \
     SEP_PRIVILEGE(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) | SEP_PRIVILEGE(SE_UNDOCK_PRIVILEGE) |                   \
     SEP_PRIVILEGE(SE_MANAGE_VOLUME_PRIVILEGE) | SEP_PRIVILEGE(SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE) |        \
     SEP_PRIVILEGE(SE_RELABEL_PRIVILEGE))

static const LUID SepSystemLogonId = SYSTEM_LUID;

NTSTATUS SepCreateSystemToken(VOID)
{
    const SID_AND_ATTRIBUTES Groups[] = {
        {SeLocalSystemSid, 0},
        {SeAliasAdminsSid, SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER},
        {SeWorldSid, SEP_MANDATORY_GROUP},
        {SeAuthenticatedUsersSid, SEP_MANDATORY_GROUP},
        {SeSystemMandatorySid, SEP_LABEL},
    };
    SEP_TOKEN_DESCRIPTION Description = {
        .TokenType = TokenPrimary,
        .ExpirationTime = {.QuadPart = SEP_TOKEN_NEVER_EXPIRES},
        .Source = {.SourceName = "*SYSTEM*"},
        .UserAndGroupCount = RTL_NUMBER_OF(Groups),
        .UserAndGroups = Groups,
        .Privileges = {.Present = SEP_SYSTEM_ENABLED | SEP_SYSTEM_DISABLED,
                       .Enabled = SEP_SYSTEM_ENABLED,
                       .EnabledByDefault = SEP_SYSTEM_ENABLED},
        .DefaultOwnerIndex = 1,
        .DefaultDacl = SeSystemDefaultDacl,
        .TokenFlags = TOKEN_NOT_LOW,
        .IntegrityLevelIndex = RTL_NUMBER_OF(Groups) - 1,
        .MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP,
        .ElevationType = TokenElevationTypeDefault,
    };
    PTOKEN Token;
    NTSTATUS Status = SepFindLogonSession(&SepSystemLogonId, &Description.LogonSession);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepCreateToken(&Description, NULL, KernelMode, &Token);
    SepDereferenceLogonSession(Description.LogonSession);
    if (NT_SUCCESS(Status)) {
        Token->TokenInUse = TRUE;
        PsInitialSystemProcess->Token = (ULONG_PTR)Token;
    }
    return Status;
}

// ---- Users

typedef struct _SEP_ACCOUNT_SID {
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    ULONG SubAuthority[5];
} SEP_ACCOUNT_SID;

#define SEP_ACCOUNT(Rid)                                                                                     \
    {                                                                                                        \
        SID_REVISION, 5, SECURITY_NT_AUTHORITY,                                                              \
        {                                                                                                    \
            21, 1004336348, 1177238915, 682003330, Rid                                                       \
        }                                                                                                    \
    }

static SEP_ACCOUNT_SID SepStandardUserSid = SEP_ACCOUNT(1001), SepAdministratorSid = SEP_ACCOUNT(500),
                       SepDomainUsersSid = SEP_ACCOUNT(513);

#define SEP_USER_DISABLED                                                                                    \
    (SEP_PRIVILEGE(SE_SHUTDOWN_PRIVILEGE) | SEP_PRIVILEGE(SE_UNDOCK_PRIVILEGE) |                             \
     SEP_PRIVILEGE(SE_INC_WORKING_SET_PRIVILEGE) | SEP_PRIVILEGE(SE_TIME_ZONE_PRIVILEGE))
#define SEP_ADMINISTRATOR_ENABLED                                                                            \
    (SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE) | SEP_PRIVILEGE(SE_IMPERSONATE_PRIVILEGE) |                   \
     SEP_PRIVILEGE(SE_CREATE_GLOBAL_PRIVILEGE))
#define SEP_ADMINISTRATOR_DISABLED                                                                           \
    (SEP_USER_DISABLED | SEP_PRIVILEGE(SE_INCREASE_QUOTA_PRIVILEGE) | SEP_PRIVILEGE(SE_SECURITY_PRIVILEGE) | \
     SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE) | SEP_PRIVILEGE(SE_LOAD_DRIVER_PRIVILEGE) |                  \
     SEP_PRIVILEGE(SE_SYSTEM_PROFILE_PRIVILEGE) | SEP_PRIVILEGE(SE_SYSTEMTIME_PRIVILEGE) |                   \
     SEP_PRIVILEGE(SE_PROF_SINGLE_PROCESS_PRIVILEGE) | SEP_PRIVILEGE(SE_INC_BASE_PRIORITY_PRIVILEGE) |       \
     SEP_PRIVILEGE(SE_CREATE_PAGEFILE_PRIVILEGE) | SEP_PRIVILEGE(SE_BACKUP_PRIVILEGE) |                      \
     SEP_PRIVILEGE(SE_RESTORE_PRIVILEGE) | SEP_PRIVILEGE(SE_DEBUG_PRIVILEGE) |                               \
     SEP_PRIVILEGE(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) | SEP_PRIVILEGE(SE_REMOTE_SHUTDOWN_PRIVILEGE) |          \
     SEP_PRIVILEGE(SE_MANAGE_VOLUME_PRIVILEGE) | SEP_PRIVILEGE(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE) |          \
     SEP_PRIVILEGE(SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE))

PSID SepUserSid(BOOLEAN Administrator)
{
    return Administrator ? (PSID)&SepAdministratorSid : (PSID)&SepStandardUserSid;
}

NTSTATUS SepCreateUserToken(BOOLEAN Administrator, PTOKEN *Token)
{
    const PSID User = SepUserSid(Administrator);
    // The administrators' group is last but the label, so that a standard user's list goes without it.
    SID_AND_ATTRIBUTES Groups[8] = {
        {User, 0},
        {(PSID)&SepDomainUsersSid, SEP_MANDATORY_GROUP},
        {SeWorldSid, SEP_MANDATORY_GROUP},
        {SeAliasUsersSid, SEP_MANDATORY_GROUP},
        {SeInteractiveSid, SEP_MANDATORY_GROUP},
        {SeAuthenticatedUsersSid, SEP_MANDATORY_GROUP},
    };
    ULONG Count = 6;
    if (Administrator) {
        Groups[Count++] = (SID_AND_ATTRIBUTES){SeAliasAdminsSid, SEP_MANDATORY_GROUP | SE_GROUP_OWNER};
    }
    Groups[Count++] =
        (SID_AND_ATTRIBUTES){Administrator ? SeHighMandatorySid : SeMediumMandatorySid, SEP_LABEL};
    const ULONG64 Enabled =
        Administrator ? SEP_ADMINISTRATOR_ENABLED : SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE);
    const PSID Owner = Administrator ? SeAliasAdminsSid : User;
    ULONG Buffer[32];
    PACL Dacl = (PACL)Buffer;
    NTSTATUS Status = RtlCreateAcl(Dacl, sizeof Buffer, ACL_REVISION);
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(Dacl, ACL_REVISION, GENERIC_ALL, Owner);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(Dacl, ACL_REVISION, GENERIC_ALL, SeLocalSystemSid);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    SEP_TOKEN_DESCRIPTION Description = {
        .TokenType = TokenPrimary,
        .ExpirationTime = {.QuadPart = SEP_TOKEN_NEVER_EXPIRES},
        .Source = {.SourceName = "User32 "},
        .UserAndGroupCount = Count,
        .UserAndGroups = Groups,
        .Privileges = {.Present = Enabled | (Administrator ? SEP_ADMINISTRATOR_DISABLED : SEP_USER_DISABLED),
                       .Enabled = Enabled,
                       .EnabledByDefault = Enabled},
        .DefaultOwnerIndex = Administrator ? Count - 2 : 0,
        .PrimaryGroupIndex = 1,
        .DefaultDacl = Dacl,
        .SessionId = 1,
        .TokenFlags = TOKEN_NOT_LOW,
        .IntegrityLevelIndex = Count - 1,
        .MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN,
        .ElevationType = TokenElevationTypeDefault,
        .OriginatingLogonSession = SepSystemLogonId,
    };
    LUID LogonId;
    ExAllocateLocallyUniqueId(&LogonId);
    Status = SepCreateLogonSession(&LogonId, FALSE, &Description.LogonSession);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepCreateToken(&Description, NULL, KernelMode, Token);
    SepDereferenceLogonSession(Description.LogonSession);
    return Status;
}
