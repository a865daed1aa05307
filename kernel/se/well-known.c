// SPDX-License-Identifier: MIT
// What everybody knows: identifiers, privileges, and SeExports, which tells drivers of both.
#include "inc/kernel.h"

#ifndef SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE
#define SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE 36
#endif

#define SEP_MAXIMUM_KNOWN_SUB_AUTHORITIES 6

typedef struct _SEP_KNOWN_SID {
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    ULONG SubAuthority[SEP_MAXIMUM_KNOWN_SUB_AUTHORITIES];
} SEP_KNOWN_SID;

C_ASSERT(FIELD_OFFSET(SEP_KNOWN_SID, SubAuthority) == FIELD_OFFSET(SID, SubAuthority));

// They are never written to; PSID, as all of NT has it, does not say so.
#define SEP_KNOWN(Name, Authority, Count, ...)                                                               \
    static const SEP_KNOWN_SID Sep##Name = {                                                                 \
        SID_REVISION, Count, {{0, 0, 0, 0, 0, Authority}}, {__VA_ARGS__}};                                   \
    const PSID Name = (PSID) & Sep##Name

// Authorities: 0 nobody, 1 the world, 2 local, 3 creators, 5 NT, 15 packages, 16 integrity.
SEP_KNOWN(SeNullSid, 0, 1, 0);
SEP_KNOWN(SeWorldSid, 1, 1, 0);
SEP_KNOWN(SeLocalSid, 2, 1, 0);
SEP_KNOWN(SeConsoleLogonSid, 2, 1, 1);
SEP_KNOWN(SeCreatorOwnerSid, 3, 1, 0);
SEP_KNOWN(SeCreatorGroupSid, 3, 1, 1);
SEP_KNOWN(SeCreatorOwnerServerSid, 3, 1, 2);
SEP_KNOWN(SeCreatorGroupServerSid, 3, 1, 3);
SEP_KNOWN(SeOwnerRightsSid, 3, 1, 4);
SEP_KNOWN(SeNtAuthoritySid, 5, 0, 0);
SEP_KNOWN(SeDialupSid, 5, 1, 1);
SEP_KNOWN(SeNetworkSid, 5, 1, 2);
SEP_KNOWN(SeBatchSid, 5, 1, 3);
SEP_KNOWN(SeInteractiveSid, 5, 1, 4);
SEP_KNOWN(SeServiceSid, 5, 1, 6);
SEP_KNOWN(SeAnonymousLogonSid, 5, 1, 7);
SEP_KNOWN(SePrincipalSelfSid, 5, 1, 10);
SEP_KNOWN(SeAuthenticatedUsersSid, 5, 1, 11);
SEP_KNOWN(SeRestrictedSid, 5, 1, 12);
SEP_KNOWN(SeThisOrganizationSid, 5, 1, 15);
SEP_KNOWN(SeIUserSid, 5, 1, 17);
SEP_KNOWN(SeLocalSystemSid, 5, 1, 18);
SEP_KNOWN(SeLocalServiceSid, 5, 1, 19);
SEP_KNOWN(SeNetworkServiceSid, 5, 1, 20);
SEP_KNOWN(SeWriteRestrictedSid, 5, 1, 33);
SEP_KNOWN(SeNtlmAuthenticationSid, 5, 2, 64, 10);
SEP_KNOWN(SeLocalAccountSid, 5, 1, 113);
SEP_KNOWN(SeLocalAccountAndAdministratorSid, 5, 1, 114);
SEP_KNOWN(SeAliasAdminsSid, 5, 2, 32, 544);
SEP_KNOWN(SeAliasUsersSid, 5, 2, 32, 545);
SEP_KNOWN(SeAliasGuestsSid, 5, 2, 32, 546);
SEP_KNOWN(SeAliasPowerUsersSid, 5, 2, 32, 547);
SEP_KNOWN(SeAliasAccountOpsSid, 5, 2, 32, 548);
SEP_KNOWN(SeAliasSystemOpsSid, 5, 2, 32, 549);
SEP_KNOWN(SeAliasPrintOpsSid, 5, 2, 32, 550);
SEP_KNOWN(SeAliasBackupOpsSid, 5, 2, 32, 551);
SEP_KNOWN(SeTrustedInstallerSid, 5, 6, 80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464);
SEP_KNOWN(SeUserModeDriversSid, 5, 6, 84, 0, 0, 0, 0, 0);
SEP_KNOWN(SeAllAppPackagesSid, 15, 2, 2, 1);
SEP_KNOWN(SeUntrustedMandatorySid, 16, 1, SECURITY_MANDATORY_UNTRUSTED_RID);
SEP_KNOWN(SeLowMandatorySid, 16, 1, SECURITY_MANDATORY_LOW_RID);
SEP_KNOWN(SeMediumMandatorySid, 16, 1, SECURITY_MANDATORY_MEDIUM_RID);
SEP_KNOWN(SeHighMandatorySid, 16, 1, SECURITY_MANDATORY_HIGH_RID);
SEP_KNOWN(SeSystemMandatorySid, 16, 1, SECURITY_MANDATORY_SYSTEM_RID);

// What Microsoft does not tell is NULL.
static SE_EXPORTS SepExports = {
    .SeCreateTokenPrivilege = {SE_CREATE_TOKEN_PRIVILEGE, 0},
    .SeAssignPrimaryTokenPrivilege = {SE_ASSIGNPRIMARYTOKEN_PRIVILEGE, 0},
    .SeLockMemoryPrivilege = {SE_LOCK_MEMORY_PRIVILEGE, 0},
    .SeIncreaseQuotaPrivilege = {SE_INCREASE_QUOTA_PRIVILEGE, 0},
    .SeUnsolicitedInputPrivilege = {SE_UNSOLICITED_INPUT_PRIVILEGE, 0},
    .SeTcbPrivilege = {SE_TCB_PRIVILEGE, 0},
    .SeSecurityPrivilege = {SE_SECURITY_PRIVILEGE, 0},
    .SeTakeOwnershipPrivilege = {SE_TAKE_OWNERSHIP_PRIVILEGE, 0},
    .SeLoadDriverPrivilege = {SE_LOAD_DRIVER_PRIVILEGE, 0},
    .SeCreatePagefilePrivilege = {SE_CREATE_PAGEFILE_PRIVILEGE, 0},
    .SeIncreaseBasePriorityPrivilege = {SE_INC_BASE_PRIORITY_PRIVILEGE, 0},
    .SeSystemProfilePrivilege = {SE_SYSTEM_PROFILE_PRIVILEGE, 0},
    .SeSystemtimePrivilege = {SE_SYSTEMTIME_PRIVILEGE, 0},
    .SeProfileSingleProcessPrivilege = {SE_PROF_SINGLE_PROCESS_PRIVILEGE, 0},
    .SeCreatePermanentPrivilege = {SE_CREATE_PERMANENT_PRIVILEGE, 0},
    .SeBackupPrivilege = {SE_BACKUP_PRIVILEGE, 0},
    .SeRestorePrivilege = {SE_RESTORE_PRIVILEGE, 0},
    .SeShutdownPrivilege = {SE_SHUTDOWN_PRIVILEGE, 0},
    .SeDebugPrivilege = {SE_DEBUG_PRIVILEGE, 0},
    .SeAuditPrivilege = {SE_AUDIT_PRIVILEGE, 0},
    .SeSystemEnvironmentPrivilege = {SE_SYSTEM_ENVIRONMENT_PRIVILEGE, 0},
    .SeChangeNotifyPrivilege = {SE_CHANGE_NOTIFY_PRIVILEGE, 0},
    .SeRemoteShutdownPrivilege = {SE_REMOTE_SHUTDOWN_PRIVILEGE, 0},
    .SeNullSid = (PSID)&SepSeNullSid,
    .SeWorldSid = (PSID)&SepSeWorldSid,
    .SeLocalSid = (PSID)&SepSeLocalSid,
    .SeCreatorOwnerSid = (PSID)&SepSeCreatorOwnerSid,
    .SeCreatorGroupSid = (PSID)&SepSeCreatorGroupSid,
    .SeNtAuthoritySid = (PSID)&SepSeNtAuthoritySid,
    .SeDialupSid = (PSID)&SepSeDialupSid,
    .SeNetworkSid = (PSID)&SepSeNetworkSid,
    .SeBatchSid = (PSID)&SepSeBatchSid,
    .SeInteractiveSid = (PSID)&SepSeInteractiveSid,
    .SeLocalSystemSid = (PSID)&SepSeLocalSystemSid,
    .SeAliasAdminsSid = (PSID)&SepSeAliasAdminsSid,
    .SeAliasUsersSid = (PSID)&SepSeAliasUsersSid,
    .SeAliasGuestsSid = (PSID)&SepSeAliasGuestsSid,
    .SeAliasPowerUsersSid = (PSID)&SepSeAliasPowerUsersSid,
    .SeAliasAccountOpsSid = (PSID)&SepSeAliasAccountOpsSid,
    .SeAliasSystemOpsSid = (PSID)&SepSeAliasSystemOpsSid,
    .SeAliasPrintOpsSid = (PSID)&SepSeAliasPrintOpsSid,
    .SeAliasBackupOpsSid = (PSID)&SepSeAliasBackupOpsSid,
    .SeAuthenticatedUsersSid = (PSID)&SepSeAuthenticatedUsersSid,
    .SeRestrictedSid = (PSID)&SepSeRestrictedSid,
    .SeAnonymousLogonSid = (PSID)&SepSeAnonymousLogonSid,
    .SeUndockPrivilege = {SE_UNDOCK_PRIVILEGE, 0},
    .SeSyncAgentPrivilege = {SE_SYNC_AGENT_PRIVILEGE, 0},
    .SeEnableDelegationPrivilege = {SE_ENABLE_DELEGATION_PRIVILEGE, 0},
    .SeLocalServiceSid = (PSID)&SepSeLocalServiceSid,
    .SeNetworkServiceSid = (PSID)&SepSeNetworkServiceSid,
    .SeManageVolumePrivilege = {SE_MANAGE_VOLUME_PRIVILEGE, 0},
    .SeImpersonatePrivilege = {SE_IMPERSONATE_PRIVILEGE, 0},
    .SeCreateGlobalPrivilege = {SE_CREATE_GLOBAL_PRIVILEGE, 0},
    .SeTrustedCredManAccessPrivilege = {SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE, 0},
    .SeRelabelPrivilege = {SE_RELABEL_PRIVILEGE, 0},
    .SeIncreaseWorkingSetPrivilege = {SE_INC_WORKING_SET_PRIVILEGE, 0},
    .SeTimeZonePrivilege = {SE_TIME_ZONE_PRIVILEGE, 0},
    .SeCreateSymbolicLinkPrivilege = {SE_CREATE_SYMBOLIC_LINK_PRIVILEGE, 0},
    .SeIUserSid = (PSID)&SepSeIUserSid,
    .SeUntrustedMandatorySid = (PSID)&SepSeUntrustedMandatorySid,
    .SeLowMandatorySid = (PSID)&SepSeLowMandatorySid,
    .SeMediumMandatorySid = (PSID)&SepSeMediumMandatorySid,
    .SeHighMandatorySid = (PSID)&SepSeHighMandatorySid,
    .SeSystemMandatorySid = (PSID)&SepSeSystemMandatorySid,
    .SeOwnerRightsSid = (PSID)&SepSeOwnerRightsSid,
    .SeAllAppPackagesSid = (PSID)&SepSeAllAppPackagesSid,
    .SeUserModeDriversSid = (PSID)&SepSeUserModeDriversSid,
    .SeTrustedInstallerSid = (PSID)&SepSeTrustedInstallerSid,
    .SeDelegateSessionUserImpersonatePrivilege = {SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE, 0},
};

PSE_EXPORTS SeExports = &SepExports;
