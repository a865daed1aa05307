// SPDX-License-Identifier: MIT
// Security: identifiers (SIDs), descriptors, and what the user behind a request is and may do.
//
//     KM_SECURITY Security;
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'uceS');
//
//     Status = KmSecurityFromSddl(L"D:P(A;;GA;;;SY)(A;;GR;;;BA)", &Paged, &Security);
//     if (NT_SUCCESS(Status)) {
//         Status = KmSecuritySetObject(DeviceObject, &Security);
//         KmSecurityFree(&Paged, &Security);
//     }
//
// "The current user" is the thread's: whom it impersonates, else its process's. In a dispatch routine that a
// request enters first, that is who makes the request.
#ifndef KMODE_SECURITY_H
#define KMODE_SECURITY_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/security.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/unicode.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Identifiers

/// A security identifier, laid out as NT's SID, with room for the longest: cast its address to PSID.
typedef struct KM_SID {
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    UCHAR IdentifierAuthority[6];
    ULONG SubAuthority[15];
} KM_SID, *PKM_SID;

/// Reads `S-1-5-32-544`; numbers may be hexadecimal, `0x20`. STATUS_INVALID_SID: anything else. Any IRQL.
///
///     KM_SID Administrators, User;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'uceS');
///     UNICODE_STRING Text;
///
///     Status = KmSidFromText(L"S-1-5-32-544", &Administrators);
///     if (NT_SUCCESS(Status)) {
///         Status = KmCurrentUserSid(&User);
///     }
///     if (NT_SUCCESS(Status) && !KmSidEqual(&User, &Administrators)) {
///         Status = KmSidToText(&User, &Paged, &Text);
///         if (NT_SUCCESS(Status)) {
///             KmInfo("%wZ", &Text);
///             KmUnicodeFree(&Paged, &Text);
///         }
///     }
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSidFromText(_In_z_ PCWSTR Text, _Out_ PKM_SID Sid);

/// The text of a SID, which the caller gives back by KmUnicodeFree. STATUS_INVALID_SID;
/// STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSidToText(_In_ const KM_SID *Sid, _In_ PKM_ALLOCATOR Allocator, _Out_ PUNICODE_STRING Text);

/// Whether two are the same. Any IRQL.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI KmSidEqual(_In_ const KM_SID *First, _In_ const KM_SID *Second);

// ---- Descriptors

/// A self-relative descriptor with a protected DACL, owned by the administrators.
typedef struct KM_SECURITY {
    PSECURITY_DESCRIPTOR Descriptor;
    ULONG Bytes;
} KM_SECURITY, *PKM_SECURITY;

/// Whom a DACL grants or denies what.
typedef struct KM_ACCESS_ENTRY {
    BOOLEAN Deny;
    UCHAR Flags; ///< OBJECT_INHERIT_ACE, CONTAINER_INHERIT_ACE, ..., or 0
    ACCESS_MASK Access;
    KM_SID Sid;
} KM_ACCESS_ENTRY, *PKM_ACCESS_ENTRY;

/// Makes a descriptor of entries, in this order: those that deny belong in front. None: nobody has access.
/// The caller gives it back by KmSecurityFree.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_SID; STATUS_INVALID_PARAMETER: more than 64 KB;
/// STATUS_INSUFFICIENT_RESOURCES.
///
///     KM_ACCESS_ENTRY Entry;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'uceS');
///     KM_SECURITY Security;
///
///     Entry.Deny = FALSE;
///     Entry.Flags = 0;
///     Entry.Access = GENERIC_ALL;
///     Status = KmCurrentUserSid(&Entry.Sid);
///     if (NT_SUCCESS(Status)) {
///         Status = KmSecurityFromEntries(&Entry, 1, &Paged, &Security);
///     }
///     if (NT_SUCCESS(Status)) {
///         KmSecurityFree(&Paged, &Security);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSecurityFromEntries(_In_reads_(Count) const KM_ACCESS_ENTRY *Entries, _In_ ULONG Count,
                          _In_ PKM_ALLOCATOR Allocator, _Out_ PKM_SECURITY Security);

/// Makes a descriptor of SDDL as devices use it: `D:P` and any number of `(A;;rights;;;sid)` or
/// `(D;;rights;;;sid)`. As KmSecurityFromEntries; STATUS_INVALID_PARAMETER for any other text. While it
/// reads, it needs paged pool of its own, tag 'ldSK'.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSecurityFromSddl(_In_z_ PCWSTR Sddl, _In_ PKM_ALLOCATOR Allocator, _Out_ PKM_SECURITY Security);

/// Gives a descriptor back. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmSecurityFree(_In_ PKM_ALLOCATOR Allocator, _Inout_ PKM_SECURITY Security);

/// Gives the object of a handle (WRITE_DAC) that DACL: a key, file, event, ...
///
///     HANDLE Key;
///     KM_SECURITY Security;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'uceS');
///
///     Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | WRITE_DAC, &Key);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     Status = KmSecurityFromSddl(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)", &Paged, &Security);
///     if (NT_SUCCESS(Status)) {
///         Status = KmSecuritySet(Key, &Security);
///         KmSecurityFree(&Paged, &Security);
///     }
///     ZwClose(Key);
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSecuritySet(_In_ HANDLE Handle, _In_ const KM_SECURITY *Security);

/// The same for an object that the driver has a pointer to, as a device's.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSecuritySetObject(_In_ PVOID Object, _In_ const KM_SECURITY *Security);

/// Whether the current user may have Desired, of which generic rights are mapped by Mapping, by a descriptor:
/// STATUS_SUCCESS, and *Granted has the rights; STATUS_ACCESS_DENIED, or another failure, and it is 0.
///
///     GENERIC_MAPPING Mapping = {1, 2, 4, 7};
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'uceS');
///     KM_SECURITY Security;
///     ACCESS_MASK Granted;
///
///     Status = KmSecurityFromSddl(L"D:P(A;;GR;;;WD)", &Paged, &Security);
///     if (NT_SUCCESS(Status)) {
///         Status = KmAccessCheck(&Security, GENERIC_READ, &Mapping, &Granted);
///         KmSecurityFree(&Paged, &Security);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmAccessCheck(_In_ const KM_SECURITY *Security, _In_ ACCESS_MASK Desired, _In_ PGENERIC_MAPPING Mapping,
                  _Out_ PACCESS_MASK Granted);

// ---- Users

/// Who the current user is: whom the thread impersonates, else whose process it is. A client who is
/// impersonated at SecurityIdentification or below has told who he is, and lent no rights: the routines
/// below, and KmAccessCheck, grant such a thread nothing; do not decide by his SID alone.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI KmCurrentUserSid(_Out_ PKM_SID Sid);

/// Whose process it is.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessUserSid(_In_ PEPROCESS Process, _Out_ PKM_SID Sid);

/// Whether the current user is an administrator whose group counts: not one that has not elevated, nor one
/// who is impersonated at SecurityIdentification or below.
///
///     PEPROCESS Process = PsGetCurrentProcess();
///     BOOLEAN Elevated;
///     ULONG Level;
///     KM_SID User;
///
///     if (!KmCurrentIsAdministrator() || !KmCurrentHasPrivilege(SE_DEBUG_PRIVILEGE)) {
///         return STATUS_ACCESS_DENIED;
///     }
///     Status = KmProcessIntegrity(Process, &Level);
///     if (NT_SUCCESS(Status) && Level < 0x3000) {
///         Status = STATUS_ACCESS_DENIED;
///     }
///     if (NT_SUCCESS(Status)) {
///         Status = KmProcessIsElevated(Process, &Elevated);
///     }
///     if (NT_SUCCESS(Status) && Elevated && KmProcessIsAdministrator(Process)) {
///         Status = KmProcessUserSid(Process, &User);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN NTAPI KmCurrentIsAdministrator(VOID);

/// The same of a process.
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN NTAPI KmProcessIsAdministrator(_In_ PEPROCESS Process);

/// Whether a process runs elevated.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessIsElevated(_In_ PEPROCESS Process, _Out_ PBOOLEAN Elevated);

/// A process's integrity level: 0x1000 low, 0x2000 medium, 0x3000 high, 0x4000 system.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessIntegrity(_In_ PEPROCESS Process, _Out_ PULONG Level);

/// Whether the current user has a privilege, and it is enabled: SE_DEBUG_PRIVILEGE, ...
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN NTAPI KmCurrentHasPrivilege(_In_ ULONG Privilege);

#ifdef __cplusplus
}
#endif

#endif
