// SPDX-License-Identifier: MIT
// Security: SIDs, lists of access control, security descriptors.
#ifndef KMODE_NT_SE_H
#define KMODE_NT_SE_H

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SECURITY_MAX_SID_SIZE
#define SECURITY_MAX_SID_SIZE 68 // of a SID with fifteen subauthorities
#endif

// What the kernel exports as SeExports.
typedef struct _SE_EXPORTS {
    LUID SeCreateTokenPrivilege;
    LUID SeAssignPrimaryTokenPrivilege;
    LUID SeLockMemoryPrivilege;
    LUID SeIncreaseQuotaPrivilege;
    LUID SeUnsolicitedInputPrivilege;
    LUID SeTcbPrivilege;
    LUID SeSecurityPrivilege;
    LUID SeTakeOwnershipPrivilege;
    LUID SeLoadDriverPrivilege;
    LUID SeCreatePagefilePrivilege;
    LUID SeIncreaseBasePriorityPrivilege;
    LUID SeSystemProfilePrivilege;
    LUID SeSystemtimePrivilege;
    LUID SeProfileSingleProcessPrivilege;
    LUID SeCreatePermanentPrivilege;
    LUID SeBackupPrivilege;
    LUID SeRestorePrivilege;
    LUID SeShutdownPrivilege;
    LUID SeDebugPrivilege;
    LUID SeAuditPrivilege;
    LUID SeSystemEnvironmentPrivilege;
    LUID SeChangeNotifyPrivilege;
    LUID SeRemoteShutdownPrivilege;
    PSID SeNullSid;
    PSID SeWorldSid;
    PSID SeLocalSid;
    PSID SeCreatorOwnerSid;
    PSID SeCreatorGroupSid;
    PSID SeNtAuthoritySid;
    PSID SeDialupSid;
    PSID SeNetworkSid;
    PSID SeBatchSid;
    PSID SeInteractiveSid;
    PSID SeLocalSystemSid;
    PSID SeAliasAdminsSid;
    PSID SeAliasUsersSid;
    PSID SeAliasGuestsSid;
    PSID SeAliasPowerUsersSid;
    PSID SeAliasAccountOpsSid;
    PSID SeAliasSystemOpsSid;
    PSID SeAliasPrintOpsSid;
    PSID SeAliasBackupOpsSid;
    PSID SeAuthenticatedUsersSid;
    PSID SeRestrictedSid;
    PSID SeAnonymousLogonSid;
    LUID SeUndockPrivilege;
    LUID SeSyncAgentPrivilege;
    LUID SeEnableDelegationPrivilege;
    PSID SeLocalServiceSid;
    PSID SeNetworkServiceSid;
    LUID SeManageVolumePrivilege;
    LUID SeImpersonatePrivilege;
    LUID SeCreateGlobalPrivilege;
    LUID SeTrustedCredManAccessPrivilege;
    LUID SeRelabelPrivilege;
    LUID SeIncreaseWorkingSetPrivilege;
    LUID SeTimeZonePrivilege;
    LUID SeCreateSymbolicLinkPrivilege;
    PSID SeIUserSid;
    PSID SeUntrustedMandatorySid;
    PSID SeLowMandatorySid;
    PSID SeMediumMandatorySid;
    PSID SeHighMandatorySid;
    PSID SeSystemMandatorySid;
    PSID SeOwnerRightsSid;
    PSID SeAllAppPackagesSid;
    PSID SeUserModeDriversSid;
    PSID SeProcTrustWinTcbSid;
    PSID SeTrustedInstallerSid;
    LUID SeDelegateSessionUserImpersonatePrivilege;
    PSID SeAppSiloSid;
    PSID SeAppSiloVolumeRootMinimalCapabilitySid;
    PSID SeAppSiloProfilesRootMinimalCapabilitySid;
} SE_EXPORTS, *PSE_EXPORTS;

extern NTKERNELAPI PSE_EXPORTS SeExports;

// AutoInheritFlags of SeAssignSecurityEx and SeSetSecurityDescriptorInfoEx.
#define SEF_DACL_AUTO_INHERIT             0x01
#define SEF_SACL_AUTO_INHERIT             0x02
#define SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT 0x04
#define SEF_AVOID_PRIVILEGE_CHECK         0x08
#define SEF_AVOID_OWNER_CHECK             0x10
#define SEF_DEFAULT_OWNER_FROM_PARENT     0x20
#define SEF_DEFAULT_GROUP_FROM_PARENT     0x40
#define SEF_MACL_NO_WRITE_UP              0x100
#define SEF_MACL_NO_READ_UP               0x200
#define SEF_MACL_NO_EXECUTE_UP            0x400
#define SEF_AI_USE_EXTRA_PARAMS           0x800
#define SEF_AVOID_OWNER_RESTRICTION       0x1000
#define SEF_FORCE_USER_MODE               0x2000
#define SEF_NORMALIZE_OUTPUT_DESCRIPTOR   0x4000

// SID_AND_ATTRIBUTES.Attributes of groups in tokens
#define SE_GROUP_MANDATORY          0x00000001L
#define SE_GROUP_ENABLED_BY_DEFAULT 0x00000002L
#define SE_GROUP_ENABLED            0x00000004L
#define SE_GROUP_OWNER              0x00000008L
#define SE_GROUP_USE_FOR_DENY_ONLY  0x00000010L
#define SE_GROUP_INTEGRITY          0x00000020L
#define SE_GROUP_INTEGRITY_ENABLED  0x00000040L
#define SE_GROUP_LOGON_ID           0xC0000000L
#define SE_GROUP_RESOURCE           0x20000000L
#define SE_GROUP_VALID_ATTRIBUTES                                                                            \
    (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER |                  \
     SE_GROUP_USE_FOR_DENY_ONLY | SE_GROUP_LOGON_ID | SE_GROUP_RESOURCE | SE_GROUP_INTEGRITY |               \
     SE_GROUP_INTEGRITY_ENABLED)

#ifndef SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE
#define SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE 36
#endif

// mingw-w64 has macros of these names, which do what Windows 2000's drivers had to.
#undef PsDereferenceImpersonationToken
#undef PsDereferencePrimaryToken
NTKERNELAPI VOID NTAPI PsDereferenceImpersonationToken(_In_opt_ PACCESS_TOKEN ImpersonationToken);
NTKERNELAPI VOID NTAPI PsDereferencePrimaryToken(_In_ PACCESS_TOKEN PrimaryToken);

// Classes that Windows 8 and later have added.
#define TokenIsAppContainer                  ((TOKEN_INFORMATION_CLASS)29)
#define TokenCapabilities                    ((TOKEN_INFORMATION_CLASS)30)
#define TokenAppContainerSid                 ((TOKEN_INFORMATION_CLASS)31)
#define TokenAppContainerNumber              ((TOKEN_INFORMATION_CLASS)32)
#define TokenUserClaimAttributes             ((TOKEN_INFORMATION_CLASS)33)
#define TokenDeviceClaimAttributes           ((TOKEN_INFORMATION_CLASS)34)
#define TokenRestrictedUserClaimAttributes   ((TOKEN_INFORMATION_CLASS)35)
#define TokenRestrictedDeviceClaimAttributes ((TOKEN_INFORMATION_CLASS)36)
#define TokenDeviceGroups                    ((TOKEN_INFORMATION_CLASS)37)
#define TokenRestrictedDeviceGroups          ((TOKEN_INFORMATION_CLASS)38)
#define TokenSecurityAttributes              ((TOKEN_INFORMATION_CLASS)39)
#define TokenIsRestricted                    ((TOKEN_INFORMATION_CLASS)40)
#define TokenProcessTrustLevel               ((TOKEN_INFORMATION_CLASS)41)
#define TokenPrivateNameSpace                ((TOKEN_INFORMATION_CLASS)42)
#define TokenSingletonAttributes             ((TOKEN_INFORMATION_CLASS)43)
#define TokenBnoIsolation                    ((TOKEN_INFORMATION_CLASS)44)
#define TokenChildProcessFlags               ((TOKEN_INFORMATION_CLASS)45)
#define TokenIsLessPrivilegedAppContainer    ((TOKEN_INFORMATION_CLASS)46)
#define TokenIsSandboxed                     ((TOKEN_INFORMATION_CLASS)47)
#define TokenIsAppSilo                       ((TOKEN_INFORMATION_CLASS)48)

// Flags of SeFilterToken
#define DISABLE_MAX_PRIVILEGE 0x1
#define SANDBOX_INERT         0x2
#define LUA_TOKEN             0x4
#define WRITE_RESTRICTED      0x8

typedef enum _TOKEN_ELEVATION_TYPE {
    TokenElevationTypeDefault = 1,
    TokenElevationTypeFull,
    TokenElevationTypeLimited
} TOKEN_ELEVATION_TYPE,
    *PTOKEN_ELEVATION_TYPE;

NTKERNELAPI SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(_In_ PACCESS_TOKEN Token);

// As RtlInitializeSid, with the subauthorities themselves, each a ULONG, behind the count.
NTSYSAPI NTSTATUS __cdecl RtlInitializeSidEx(_Out_ PSID Sid,
                                             _In_ PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                             _In_ UCHAR SubAuthorityCount, ...);

NTSYSAPI BOOLEAN NTAPI RtlValidAcl(_In_ PACL Acl);
// *FreeAce: behind the last ACE; NULL if no room is left there. FALSE: the ACL is not valid.
NTSYSAPI BOOLEAN NTAPI RtlFirstFreeAce(_In_ PACL Acl, _Out_ PVOID *FreeAce);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessDeniedAceEx(_Inout_ PACL Acl, _In_ ULONG AceRevision, _In_ ULONG AceFlags,
                                                _In_ ACCESS_MASK AccessMask, _In_ PSID Sid);

typedef enum _ACL_INFORMATION_CLASS { AclRevisionInformation = 1, AclSizeInformation } ACL_INFORMATION_CLASS;

typedef struct _ACL_REVISION_INFORMATION {
    ULONG AclRevision;
} ACL_REVISION_INFORMATION, *PACL_REVISION_INFORMATION;

typedef struct _ACL_SIZE_INFORMATION {
    ULONG AceCount;
    ULONG AclBytesInUse;
    ULONG AclBytesFree;
} ACL_SIZE_INFORMATION, *PACL_SIZE_INFORMATION;

// STATUS_INVALID_PARAMETER: the ACL is not valid; STATUS_BUFFER_TOO_SMALL; STATUS_INVALID_INFO_CLASS.
NTSYSAPI NTSTATUS NTAPI RtlQueryInformationAcl(_In_ PACL Acl,
                                               _Out_writes_bytes_(AclInformationLength) PVOID AclInformation,
                                               _In_ ULONG AclInformationLength,
                                               _In_ ACL_INFORMATION_CLASS AclInformationClass);
// As RtlAddAccessAllowedAceEx, of the other types. The object ACEs want ACL_REVISION_DS at least
// (STATUS_REVISION_MISMATCH), and are plain ones if both GUIDs are NULL.
NTSYSAPI NTSTATUS NTAPI RtlAddAuditAccessAceEx(_Inout_ PACL Acl, _In_ ULONG AceRevision, _In_ ULONG AceFlags,
                                               _In_ ACCESS_MASK AccessMask, _In_ PSID Sid,
                                               _In_ BOOLEAN AuditSuccess, _In_ BOOLEAN AuditFailure);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessAllowedObjectAce(_Inout_ PACL Acl, _In_ ULONG AceRevision,
                                                     _In_ ULONG AceFlags, _In_ ACCESS_MASK AccessMask,
                                                     _In_opt_ GUID *ObjectTypeGuid,
                                                     _In_opt_ GUID *InheritedObjectTypeGuid, _In_ PSID Sid);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessDeniedObjectAce(_Inout_ PACL Acl, _In_ ULONG AceRevision,
                                                    _In_ ULONG AceFlags, _In_ ACCESS_MASK AccessMask,
                                                    _In_opt_ GUID *ObjectTypeGuid,
                                                    _In_opt_ GUID *InheritedObjectTypeGuid, _In_ PSID Sid);
NTSYSAPI NTSTATUS NTAPI RtlAddAuditAccessObjectAce(_Inout_ PACL Acl, _In_ ULONG AceRevision,
                                                   _In_ ULONG AceFlags, _In_ ACCESS_MASK AccessMask,
                                                   _In_opt_ GUID *ObjectTypeGuid,
                                                   _In_opt_ GUID *InheritedObjectTypeGuid, _In_ PSID Sid,
                                                   _In_ BOOLEAN AuditSuccess, _In_ BOOLEAN AuditFailure);
// A label: AceType is SYSTEM_MANDATORY_LABEL_ACE_TYPE, AccessMask SYSTEM_MANDATORY_LABEL_NO_*, Sid one of
// integrity; STATUS_INVALID_PARAMETER if not.
NTSYSAPI NTSTATUS NTAPI RtlAddMandatoryAce(_Inout_ PACL Acl, _In_ ULONG AceRevision, _In_ ULONG AceFlags,
                                           _In_ PSID Sid, _In_ UCHAR AceType, _In_ ACCESS_MASK AccessMask);
// The first ACE of that type from number *Index (NULL: 0) on, whose number *Index becomes; NULL if there is
// none.
NTSYSAPI PVOID NTAPI RtlFindAceByType(_In_ PACL Acl, _In_ UCHAR AceType, _Inout_opt_ PULONG Index);
// The SIDs go into SidArea. STATUS_INVALID_SID: they do not fit.
NTSYSAPI NTSTATUS NTAPI RtlCopySidAndAttributesArray(_In_ ULONG Count, _In_ PSID_AND_ATTRIBUTES Source,
                                                     _In_ ULONG SidAreaSize, _Out_ PSID_AND_ATTRIBUTES Target,
                                                     _Out_ PSID SidArea, _Out_ PSID *RemainingSidArea,
                                                     _Out_ PULONG RemainingSidAreaSize);

NTSYSAPI NTSTATUS NTAPI RtlGetControlSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                        _Out_ PSECURITY_DESCRIPTOR_CONTROL Control,
                                                        _Out_ PULONG Revision);
// Sets the bits of Interest to those of Set. STATUS_INVALID_PARAMETER: one that it may not set.
NTSYSAPI NTSTATUS NTAPI RtlSetControlSecurityDescriptor(_Inout_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                        _In_ SECURITY_DESCRIPTOR_CONTROL Interest,
                                                        _In_ SECURITY_DESCRIPTOR_CONTROL Set);
// Makes a self-relative descriptor absolute in its own buffer.
NTSYSAPI NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD2(_Inout_ PSECURITY_DESCRIPTOR SelfRelative,
                                                     _Inout_ PULONG BufferSize);

#ifdef __cplusplus
}
#endif

#endif
