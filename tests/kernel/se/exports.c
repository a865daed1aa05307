// SPDX-License-Identifier: MIT
// SeExports and the default lists.
#include "../test.h"

static BOOLEAN IsSid(PSID Sid, PCWSTR Text)
{
    UNICODE_STRING Converted, Expected;
    if (!NT_SUCCESS(RtlConvertSidToUnicodeString(&Converted, Sid, TRUE))) {
        return FALSE;
    }
    RtlInitUnicodeString(&Expected, Text);
    BOOLEAN Same = RtlEqualUnicodeString(&Converted, &Expected, FALSE);
    RtlFreeUnicodeString(&Converted);
    return Same;
}

static void TestPrivileges(void)
{
    const struct {
        LUID Luid;
        ULONG Number;
    } Rows[] = {
        {SeExports->SeCreateTokenPrivilege, 2},
        {SeExports->SeAssignPrimaryTokenPrivilege, 3},
        {SeExports->SeLockMemoryPrivilege, 4},
        {SeExports->SeIncreaseQuotaPrivilege, 5},
        {SeExports->SeTcbPrivilege, 7},
        {SeExports->SeSecurityPrivilege, 8},
        {SeExports->SeTakeOwnershipPrivilege, 9},
        {SeExports->SeLoadDriverPrivilege, 10},
        {SeExports->SeSystemProfilePrivilege, 11},
        {SeExports->SeSystemtimePrivilege, 12},
        {SeExports->SeProfileSingleProcessPrivilege, 13},
        {SeExports->SeIncreaseBasePriorityPrivilege, 14},
        {SeExports->SeCreatePagefilePrivilege, 15},
        {SeExports->SeCreatePermanentPrivilege, 16},
        {SeExports->SeBackupPrivilege, 17},
        {SeExports->SeRestorePrivilege, 18},
        {SeExports->SeShutdownPrivilege, 19},
        {SeExports->SeDebugPrivilege, 20},
        {SeExports->SeAuditPrivilege, 21},
        {SeExports->SeSystemEnvironmentPrivilege, 22},
        {SeExports->SeChangeNotifyPrivilege, 23},
        {SeExports->SeRemoteShutdownPrivilege, 24},
        {SeExports->SeUndockPrivilege, 25},
        {SeExports->SeSyncAgentPrivilege, 26},
        {SeExports->SeEnableDelegationPrivilege, 27},
        {SeExports->SeManageVolumePrivilege, 28},
        {SeExports->SeImpersonatePrivilege, 29},
        {SeExports->SeCreateGlobalPrivilege, 30},
        {SeExports->SeTrustedCredManAccessPrivilege, 31},
        {SeExports->SeRelabelPrivilege, 32},
        {SeExports->SeIncreaseWorkingSetPrivilege, 33},
        {SeExports->SeTimeZonePrivilege, 34},
        {SeExports->SeCreateSymbolicLinkPrivilege, 35},
        {SeExports->SeDelegateSessionUserImpersonatePrivilege, 36},
    };
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        IS(Rows[Row].Luid.LowPart, Rows[Row].Number);
        OK(Rows[Row].Luid.HighPart == 0);
    }
}

static void TestSids(void)
{
    OK(IsSid(SeExports->SeNullSid, L"S-1-0-0"));
    OK(IsSid(SeExports->SeWorldSid, L"S-1-1-0"));
    OK(IsSid(SeExports->SeLocalSid, L"S-1-2-0"));
    OK(IsSid(SeExports->SeCreatorOwnerSid, L"S-1-3-0"));
    OK(IsSid(SeExports->SeCreatorGroupSid, L"S-1-3-1"));
    OK(IsSid(SeExports->SeOwnerRightsSid, L"S-1-3-4"));
    OK(IsSid(SeExports->SeDialupSid, L"S-1-5-1"));
    OK(IsSid(SeExports->SeNetworkSid, L"S-1-5-2"));
    OK(IsSid(SeExports->SeBatchSid, L"S-1-5-3"));
    OK(IsSid(SeExports->SeInteractiveSid, L"S-1-5-4"));
    OK(IsSid(SeExports->SeAnonymousLogonSid, L"S-1-5-7"));
    OK(IsSid(SeExports->SeAuthenticatedUsersSid, L"S-1-5-11"));
    OK(IsSid(SeExports->SeRestrictedSid, L"S-1-5-12"));
    OK(IsSid(SeExports->SeIUserSid, L"S-1-5-17"));
    OK(IsSid(SeExports->SeLocalSystemSid, L"S-1-5-18"));
    OK(IsSid(SeExports->SeLocalServiceSid, L"S-1-5-19"));
    OK(IsSid(SeExports->SeNetworkServiceSid, L"S-1-5-20"));
    OK(IsSid(SeExports->SeAliasAdminsSid, L"S-1-5-32-544"));
    OK(IsSid(SeExports->SeAliasUsersSid, L"S-1-5-32-545"));
    OK(IsSid(SeExports->SeAliasGuestsSid, L"S-1-5-32-546"));
    OK(IsSid(SeExports->SeAliasPowerUsersSid, L"S-1-5-32-547"));
    OK(IsSid(SeExports->SeAliasAccountOpsSid, L"S-1-5-32-548"));
    OK(IsSid(SeExports->SeAliasSystemOpsSid, L"S-1-5-32-549"));
    OK(IsSid(SeExports->SeAliasPrintOpsSid, L"S-1-5-32-550"));
    OK(IsSid(SeExports->SeAliasBackupOpsSid, L"S-1-5-32-551"));
    OK(IsSid(SeExports->SeTrustedInstallerSid,
             L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"));
    OK(IsSid(SeExports->SeUserModeDriversSid, L"S-1-5-84-0-0-0-0-0"));
    OK(IsSid(SeExports->SeAllAppPackagesSid, L"S-1-15-2-1"));
    OK(IsSid(SeExports->SeUntrustedMandatorySid, L"S-1-16-0"));
    OK(IsSid(SeExports->SeLowMandatorySid, L"S-1-16-4096"));
    OK(IsSid(SeExports->SeMediumMandatorySid, L"S-1-16-8192"));
    OK(IsSid(SeExports->SeHighMandatorySid, L"S-1-16-12288"));
    OK(IsSid(SeExports->SeSystemMandatorySid, L"S-1-16-16384"));
}

static void TestDefaultLists(void)
{
    OK(RtlValidAcl(SeSystemDefaultDacl));
    IS(SeSystemDefaultDacl->AceCount, 2);
    OK(RtlValidAcl(SePublicDefaultDacl));
    IS(SePublicDefaultDacl->AceCount, 3);
}

TEST_DRIVER(TestPrivileges, TestSids, TestDefaultLists)
