// SPDX-License-Identifier: MIT
// Security identifiers that everybody knows, by NT's names, and lists of access control made of them.
// Constant data, there before anything else is.
#ifndef KMODE_SE_WELL_KNOWN_H
#define KMODE_SE_WELL_KNOWN_H

extern const PSID SeNullSid, SeWorldSid, SeLocalSid, SeCreatorOwnerSid, SeCreatorGroupSid,
    SeCreatorOwnerServerSid, SeCreatorGroupServerSid, SeOwnerRightsSid;
extern const PSID SeNtAuthoritySid, SeDialupSid, SeNetworkSid, SeBatchSid, SeInteractiveSid, SeServiceSid,
    SeAnonymousLogonSid, SePrincipalSelfSid, SeAuthenticatedUsersSid, SeRestrictedSid, SeIUserSid,
    SeLocalSystemSid, SeLocalServiceSid, SeNetworkServiceSid, SeWriteRestrictedSid;
extern const PSID SeConsoleLogonSid, SeThisOrganizationSid, SeLocalAccountSid,
    SeLocalAccountAndAdministratorSid, SeNtlmAuthenticationSid;
extern const PSID SeAliasAdminsSid, SeAliasUsersSid, SeAliasGuestsSid, SeAliasPowerUsersSid,
    SeAliasAccountOpsSid, SeAliasSystemOpsSid, SeAliasPrintOpsSid, SeAliasBackupOpsSid;
extern const PSID SeUntrustedMandatorySid, SeLowMandatorySid, SeMediumMandatorySid, SeHighMandatorySid,
    SeSystemMandatorySid;
extern const PSID SeAllAppPackagesSid, SeUserModeDriversSid, SeTrustedInstallerSid;

// Lists (se/default-dacl.c). SeSystemDefaultDacl, which the DDK declares: SYSTEM everything, administrators
// reading, executing and READ_CONTROL. SePublicDefaultDacl: everybody executing, SYSTEM and administrators
// everything.
//
// The same, and for restricted code what everybody may.
extern const PACL SePublicDefaultUnrestrictedDacl;
// Everybody reading, writing and executing, restricted code reading and executing, the two everything.
extern const PACL SePublicOpenUnrestrictedDacl;
// Self-relative, with SeSystemDefaultDacl, owned by SYSTEM.
extern PSECURITY_DESCRIPTOR SeSystemDefaultSd;

#endif
