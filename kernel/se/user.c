// SPDX-License-Identifier: MIT
// Users who have logged on at the machine: a standard user, the built-in administrator, and another
// administrator, who has two tokens, an elevated and a limited one. What they are made of is as on
// Windows 11.
#include "inc/kernel.h"

#define SEP_USERS 5 // KM_AS_*; the first is the system

// Whose tokens have a group.
#define SEP_STANDARD 0x01
#define SEP_BUILT_IN 0x02
#define SEP_ELEVATED 0x04
#define SEP_LIMITED  0x08
#define SEP_EVERYONE 0x0F

static const UCHAR SepKinds[SEP_USERS] = {[KM_AS_STANDARD] = SEP_STANDARD,
                                          [KM_AS_ADMINISTRATOR] = SEP_BUILT_IN,
                                          [KM_AS_ELEVATED] = SEP_ELEVATED,
                                          [KM_AS_LIMITED] = SEP_LIMITED};

#define SEP_MANDATORY_GROUP (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)

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
                       SepOtherAdministratorSid = SEP_ACCOUNT(1002), SepDomainUsersSid = SEP_ACCOUNT(513);

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

// S-1-5-5-X-Y
typedef struct _SEP_LOGON_SID {
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    ULONG SubAuthority[3];
} SEP_LOGON_SID;

#define SEP_MOST_GROUPS 16
#define SEP_ACL_BYTES   256

static PSID SepSidOfKind(UCHAR Kind)
{
    return Kind == SEP_STANDARD   ? (PSID)&SepStandardUserSid
           : Kind == SEP_BUILT_IN ? (PSID)&SepAdministratorSid
                                  : (PSID)&SepOtherAdministratorSid;
}

PSID SepUserSid(ULONG64 User)
{
    return SepSidOfKind(SepKinds[User]);
}

// The groups of a token of Kind, the user first and the label last. Returns their number.
static ULONG SepListGroups(UCHAR Kind, PSID LogonSid, SID_AND_ATTRIBUTES *Groups)
{
    const PSID User = SepSidOfKind(Kind);
    const struct {
        PSID Sid;
        ULONG Attributes;
        UCHAR Kinds;
    } Rows[] = {
        {User, 0, SEP_EVERYONE},
        {(PSID)&SepDomainUsersSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeWorldSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeLocalAccountAndAdministratorSid, SEP_MANDATORY_GROUP, SEP_BUILT_IN | SEP_ELEVATED},
        {SeLocalAccountAndAdministratorSid, SE_GROUP_USE_FOR_DENY_ONLY, SEP_LIMITED},
        {SeAliasAdminsSid, SEP_MANDATORY_GROUP | SE_GROUP_OWNER, SEP_BUILT_IN | SEP_ELEVATED},
        {SeAliasAdminsSid, SE_GROUP_USE_FOR_DENY_ONLY, SEP_LIMITED},
        {SeAliasUsersSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeInteractiveSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeConsoleLogonSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeAuthenticatedUsersSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeThisOrganizationSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeLocalAccountSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {LogonSid, SEP_MANDATORY_GROUP | SE_GROUP_LOGON_ID, SEP_EVERYONE},
        {SeLocalSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeNtlmAuthenticationSid, SEP_MANDATORY_GROUP, SEP_EVERYONE},
        {SeHighMandatorySid, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED, SEP_BUILT_IN | SEP_ELEVATED},
        {SeMediumMandatorySid, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED, SEP_STANDARD | SEP_LIMITED},
    };
    ULONG Count = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rows); Index += 1) {
        if (Rows[Index].Kinds & Kind) {
            Groups[Count] = (SID_AND_ATTRIBUTES){Rows[Index].Sid, Rows[Index].Attributes};
            Count += 1;
        }
    }
    return Count;
}

// What objects get: everything for their owner and the system, for whoever has logged on with him to read and
// execute.
static NTSTATUS SepMakeUserDacl(PSID Owner, PSID LogonSid, PACL Dacl)
{
    NTSTATUS Status = RtlCreateAcl(Dacl, SEP_ACL_BYTES, ACL_REVISION);
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(Dacl, ACL_REVISION, GENERIC_ALL, Owner);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(Dacl, ACL_REVISION, GENERIC_ALL, SeLocalSystemSid);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(Dacl, ACL_REVISION, GENERIC_READ | GENERIC_EXECUTE, LogonSid);
    }
    return Status;
}

static NTSTATUS SepLogOn(UCHAR Kind, PSID LogonSid, PTOKEN *Token)
{
    const LUID System = SYSTEM_LUID;
    const BOOLEAN Elevated = Kind == SEP_BUILT_IN || Kind == SEP_ELEVATED;
    const ULONG64 Enabled = Elevated ? SEP_ADMINISTRATOR_ENABLED : SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE);
    SID_AND_ATTRIBUTES Groups[SEP_MOST_GROUPS];
    ULONG Buffer[SEP_ACL_BYTES / sizeof(ULONG)];
    ULONG Count = SepListGroups(Kind, LogonSid, Groups);
    ULONG Owner = Elevated ? SepFindSid(Groups, Count, SeAliasAdminsSid) : 0;
    NTSTATUS Status = SepMakeUserDacl(Groups[Owner].Sid, LogonSid, (PACL)Buffer);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    SEP_TOKEN_DESCRIPTION Description = {
        .TokenType = TokenPrimary,
        .ExpirationTime = {.QuadPart = SEP_TOKEN_NEVER_EXPIRES},
        .Source = {.SourceName = "User32 "},
        .UserAndGroupCount = Count,
        .UserAndGroups = Groups,
        .Privileges = {.Present = Enabled | (Elevated ? SEP_ADMINISTRATOR_DISABLED : SEP_USER_DISABLED),
                       .Enabled = Enabled,
                       .EnabledByDefault = Enabled},
        .DefaultOwnerIndex = Owner,
        .PrimaryGroupIndex = 1,
        .DefaultDacl = (PACL)Buffer,
        .SessionId = 1,
        .TokenFlags = TOKEN_NOT_LOW | (Kind == SEP_LIMITED ? TOKEN_IS_FILTERED : 0),
        .IntegrityLevelIndex = Count - 1,
        .MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN,
        .ElevationType = Kind == SEP_ELEVATED  ? TokenElevationTypeFull
                         : Kind == SEP_LIMITED ? TokenElevationTypeLimited
                                               : TokenElevationTypeDefault,
        .OriginatingLogonSession = System,
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

// ---- Who has logged on

// The tokens by which a user has logged on, which stay: a process gets a copy. Made when the first process
// wants one.
static PTOKEN SepUserTokens[SEP_USERS];
static EX_PUSH_LOCK SepUserLock;

static SEP_LOGON_SID SepNewLogonSid(VOID)
{
    SEP_LOGON_SID Sid = {SID_REVISION, 3, SECURITY_NT_AUTHORITY, {SECURITY_LOGON_IDS_RID, 0, 0}};
    LUID Id;
    ExAllocateLocallyUniqueId(&Id);
    Sid.SubAuthority[1] = (ULONG)Id.HighPart;
    Sid.SubAuthority[2] = Id.LowPart;
    return Sid;
}

// An administrator's two tokens are of one logon, and know each other.
static NTSTATUS SepLogOnAdministrator(VOID)
{
    PTOKEN Elevated, Limited;
    SEP_LOGON_SID LogonSid = SepNewLogonSid();
    NTSTATUS Status = SepLogOn(SEP_ELEVATED, &LogonSid, &Elevated);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepLogOn(SEP_LIMITED, &LogonSid, &Limited);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Elevated);
        return Status;
    }
    ObfReferenceObject(Elevated);
    Limited->LinkedToken = Elevated;
    ObfReferenceObject(Limited);
    Elevated->LinkedToken = Limited;
    SepUserTokens[KM_AS_ELEVATED] = Elevated;
    SepUserTokens[KM_AS_LIMITED] = Limited;
    return STATUS_SUCCESS;
}

NTSTATUS SepCreateUserToken(ULONG64 User, PTOKEN *Token)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&SepUserLock);
    if (SepUserTokens[User] == NULL) {
        if (User == KM_AS_ELEVATED || User == KM_AS_LIMITED) {
            Status = SepLogOnAdministrator();
        } else {
            SEP_LOGON_SID LogonSid = SepNewLogonSid();
            Status = SepLogOn(SepKinds[User], &LogonSid, &SepUserTokens[User]);
        }
    }
    ExReleasePushLockExclusive(&SepUserLock);
    KeLeaveCriticalRegion();
    return NT_SUCCESS(Status) ? SepDuplicateToken(SepUserTokens[User], NULL, FALSE, TokenPrimary,
                                                  SecurityAnonymous, KernelMode, Token)
                              : Status;
}
