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

// As RtlInitializeSid, with the subauthorities themselves, each a ULONG, behind the count.
NTSYSAPI NTSTATUS __cdecl RtlInitializeSidEx(_Out_ PSID Sid,
                                             _In_ PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                             _In_ UCHAR SubAuthorityCount, ...);

NTSYSAPI BOOLEAN NTAPI RtlValidAcl(_In_ PACL Acl);
// *FreeAce: behind the last ACE; NULL if no room is left there. FALSE: the ACL is not valid.
NTSYSAPI BOOLEAN NTAPI RtlFirstFreeAce(_In_ PACL Acl, _Out_ PVOID *FreeAce);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessDeniedAceEx(_Inout_ PACL Acl, _In_ ULONG AceRevision, _In_ ULONG AceFlags,
                                                _In_ ACCESS_MASK AccessMask, _In_ PSID Sid);

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
