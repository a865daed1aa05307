// SPDX-License-Identifier: MIT
// The system's own logon: what the token of the System process is made of, as on Windows 11.
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
