// SPDX-License-Identifier: MIT
// Access tokens: who somebody is (a user, groups), what he may do (privileges), and what his objects get.
// Fields that drivers read by offset are asserted where Windows 11 (build 22631) has them.
#ifndef KMODE_SE_TOKEN_H
#define KMODE_SE_TOKEN_H

// A set of privileges: bit N is the one whose LUID is N.
typedef struct _SEP_TOKEN_PRIVILEGES {
    ULONG64 Present;
    ULONG64 Enabled;
    ULONG64 EnabledByDefault;
} SEP_TOKEN_PRIVILEGES;

#define SEP_PRIVILEGE(Number)    (1ULL << (Number))
#define SEP_HIGHEST_PRIVILEGE    SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE
#define SEP_NO_INTEGRITY_LEVEL   0xFFFFFFFFu
#define SEP_AUDIT_POLICY_BYTES   30
#define SEP_TOKEN_NEVER_EXPIRES  0x7FFFFFFFFFFFFFFFLL
#define SEP_MAXIMUM_TOKEN_GROUPS 1024
#define SEP_DYNAMIC_CHARGE       4096 // what primary group and default DACL may take

typedef struct _TOKEN {
    TOKEN_SOURCE TokenSource;
    LUID TokenId;
    LUID AuthenticationId; // of the logon session
    LUID ParentTokenId;    // of a filtered token: the one that it was made of
    LARGE_INTEGER ExpirationTime;
    PERESOURCE TokenLock; // of everything that can change: ModifiedId, Privileges, attributes, defaults, ids
    LUID ModifiedId;      // another one with each change
    SEP_TOKEN_PRIVILEGES Privileges;
    UCHAR AuditPolicy[SEP_AUDIT_POLICY_BYTES + 2];
    ULONG SessionId;
    ULONG UserAndGroupCount;
    ULONG RestrictedSidCount;
    ULONG VariableLength; // of what the two arrays and their SIDs take, behind this structure
    ULONG DynamicCharged;
    ULONG DynamicAvailable;
    ULONG DefaultOwnerIndex; // in UserAndGroups
    PSID_AND_ATTRIBUTES UserAndGroups;
    PSID_AND_ATTRIBUTES RestrictedSids;
    PSID PrimaryGroup; // one of UserAndGroups
    PVOID DynamicPart;
    PACL DefaultDacl; // of pool of its own, or NULL
    TOKEN_TYPE TokenType;
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    ULONG TokenFlags;          // TOKEN_IS_RESTRICTED and the like
    UCHAR TokenInUse;          // a primary token: of a process
    ULONG IntegrityLevelIndex; // in UserAndGroups, or SEP_NO_INTEGRITY_LEVEL
    ULONG MandatoryPolicy;     // TOKEN_MANDATORY_POLICY_*
    PSEP_LOGON_SESSION LogonSession;
    LUID OriginatingLogonSession;

    // From here on nothing is at an offset of Windows'.
    struct _TOKEN *LinkedToken; // with the other elevation; referenced
    TOKEN_ELEVATION_TYPE ElevationType;
    ERESOURCE Lock;
} TOKEN, *PTOKEN;

C_ASSERT(FIELD_OFFSET(TOKEN, TokenLock) == 0x30);
C_ASSERT(FIELD_OFFSET(TOKEN, Privileges) == 0x40);
C_ASSERT(FIELD_OFFSET(TOKEN, SessionId) == 0x78);
C_ASSERT(FIELD_OFFSET(TOKEN, UserAndGroups) == 0x98);
C_ASSERT(FIELD_OFFSET(TOKEN, TokenFlags) == 0xC8);
C_ASSERT(FIELD_OFFSET(TOKEN, IntegrityLevelIndex) == 0xD0);
C_ASSERT(FIELD_OFFSET(TOKEN, LogonSession) == 0xD8);

static inline BOOLEAN SepIsSameLuid(const LUID *One, const LUID *Other)
{
    return One->LowPart == Other->LowPart && One->HighPart == Other->HighPart;
}

// ---- Making them (se/token.c): IRQL PASSIVE_LEVEL

// Makes the type. Once.
NTSTATUS SepInitializeTokens(VOID);

// What a token is made of; all of it is copied.
typedef struct _SEP_TOKEN_DESCRIPTION {
    TOKEN_TYPE TokenType;
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    PSEP_LOGON_SESSION LogonSession;
    LUID ParentTokenId, OriginatingLogonSession;
    LUID ModifiedId; // 0: a new one
    LARGE_INTEGER ExpirationTime;
    TOKEN_SOURCE Source;
    ULONG UserAndGroupCount; // at least the user
    const SID_AND_ATTRIBUTES *UserAndGroups;
    ULONG RestrictedSidCount;
    const SID_AND_ATTRIBUTES *RestrictedSids;
    SEP_TOKEN_PRIVILEGES Privileges;
    ULONG DefaultOwnerIndex, PrimaryGroupIndex;
    const ACL *DefaultDacl; // NULL: none
    ULONG SessionId;
    ULONG TokenFlags;
    ULONG IntegrityLevelIndex;
    ULONG MandatoryPolicy;
    TOKEN_ELEVATION_TYPE ElevationType;
    struct _TOKEN *LinkedToken;
} SEP_TOKEN_DESCRIPTION;

// A token object with one reference, which is the caller's; Attributes for a later ObInsertObject. What
// ObCreateObject returns, STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS SepCreateToken(const SEP_TOKEN_DESCRIPTION *Description, POBJECT_ATTRIBUTES Attributes,
                        KPROCESSOR_MODE Mode, PTOKEN *Token);
// Describes Token by its own memory: valid while it is locked.
VOID SepDescribeToken(PTOKEN Token, SEP_TOKEN_DESCRIPTION *Description);
// A copy, of another type or impersonation level; EffectiveOnly: without what is disabled. As SepCreateToken.
NTSTATUS SepDuplicateToken(PTOKEN Token, POBJECT_ATTRIBUTES Attributes, BOOLEAN EffectiveOnly,
                           TOKEN_TYPE TokenType, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
                           KPROCESSOR_MODE Mode, PTOKEN *Duplicate);

// ---- Reading and changing them: IRQL <= APC_LEVEL

static inline VOID SepLockTokenShared(PTOKEN Token)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(Token->TokenLock, TRUE);
}

static inline VOID SepLockTokenExclusive(PTOKEN Token)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(Token->TokenLock, TRUE);
}

static inline VOID SepUnlockToken(PTOKEN Token)
{
    ExReleaseResourceLite(Token->TokenLock);
    KeLeaveCriticalRegion();
}

// The token is locked for all of these.
//
// Which of Count entries is Sid; Count if none.
ULONG SepFindSid(const SID_AND_ATTRIBUTES *Entries, ULONG Count, PSID Sid);
// Whether Sid is one that the token acts as: its user, or an enabled group; with ForDeny, one that is for
// denying only too.
BOOLEAN SepTokenHasSid(PTOKEN Token, PSID Sid, BOOLEAN ForDeny);
// The same of the restricting ones.
BOOLEAN SepTokenHasRestrictedSid(PTOKEN Token, PSID Sid);
// Whether the privilege of that number is there and enabled.
static inline BOOLEAN SepTokenHasPrivilege(PTOKEN Token, ULONG Privilege)
{
    return (Token->Privileges.Present & Token->Privileges.Enabled & SEP_PRIVILEGE(Privilege)) != 0;
}
// SE_PRIVILEGE_ENABLED* of that number.
static inline ULONG SepPrivilegeAttributes(PTOKEN Token, ULONG Privilege)
{
    return (Token->Privileges.Enabled & SEP_PRIVILEGE(Privilege) ? SE_PRIVILEGE_ENABLED : 0) |
           (Token->Privileges.EnabledByDefault & SEP_PRIVILEGE(Privilege) ? SE_PRIVILEGE_ENABLED_BY_DEFAULT
                                                                          : 0);
}
// SECURITY_MANDATORY_*_RID; medium, if it has no label.
ULONG SepTokenIntegrityLevel(PTOKEN Token);
static inline PSID SepTokenOwner(PTOKEN Token)
{
    return Token->UserAndGroups[Token->DefaultOwnerIndex].Sid;
}
// What primary group and default DACL take.
ULONG SepDynamicUse(PTOKEN Token);
// It has changed: locked for writing.
VOID SepTouchToken(PTOKEN Token);

// ---- Who there is (se/logon.c): IRQL PASSIVE_LEVEL

// Makes the token of the System process.
NTSTATUS SepCreateSystemToken(VOID);
// A primary token of a user who has logged on, in session 1 (se/user.c): KM_AS_STANDARD (S-1-5-21-...-1001),
// KM_AS_ADMINISTRATOR, the built-in one (-500), KM_AS_ELEVATED or KM_AS_LIMITED, another one's (-1002). One
// reference, which is the caller's. What SepCreateLogonSession and SepCreateToken return.
NTSTATUS SepCreateUserToken(ULONG64 User, PTOKEN *Token);
// Who that is.
PSID SepUserSid(ULONG64 User);

#endif
