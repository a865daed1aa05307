// SPDX-License-Identifier: MIT
// Symbolic links of the object manager: names by which programs find a device, and where one leads. Devices
// of a table have theirs by KM_DEVICE_LINK (<kmode/device.h>); these are for all else.
//
//     Status = KmSymbolicLinkCreate(L"\\DosDevices\\Example", L"\\Device\\Example");
//     if (NT_SUCCESS(Status)) {
//         (void)KmSymbolicLinkDelete(L"\\DosDevices\\Example");
//     }
#ifndef KMODE_SYMBOLIC_LINK_H
#define KMODE_SYMBOLIC_LINK_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/symbolic-link.h>"
#endif

#include <kmode/guard.h>
#include <kmode/unicode.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Makes a link of that name, in whatever case, to Target, which need not be there yet. It stays until it is
/// deleted or the system ends, and everybody may open it; what of its target, says that one's own security.
/// Both texts are copied.
///
/// Returns as IoCreateSymbolicLink: STATUS_SUCCESS; STATUS_OBJECT_NAME_COLLISION: there is something of that
/// name; STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSymbolicLinkCreate(_In_z_ PCWSTR Name, _In_z_ PCWSTR Target);

/// Deletes the link. Returns as IoDeleteSymbolicLink: STATUS_OBJECT_NAME_NOT_FOUND;
/// STATUS_OBJECT_TYPE_MISMATCH: what has that name is no link.
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI KmSymbolicLinkDelete(_In_z_ PCWSTR Name);

/// The same as a guard (<kmode/guard.h>), whose end deletes the link; with KmGuardDismiss it stays. Name is
/// not copied: it is there until the end. On failure the guard holds nothing.
///
///     static PCWSTR Link = L"\\DosDevices\\Example";
///     KM_GUARD Guard = KmGuardEmpty();
///
///     Status = KmGuardSymbolicLink(&Guard, Link, L"\\Device\\Example");
///     if (NT_SUCCESS(Status)) {
///         Status = IoRegisterShutdownNotification(DeviceObject);
///     }
///     if (NT_SUCCESS(Status)) {
///         KmGuardDismiss(&Guard);
///     }
///     KmGuardEnd(&Guard);
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmGuardSymbolicLink(_Out_ PKM_GUARD Guard, _In_z_ PCWSTR Name, _In_z_ PCWSTR Target);

/// Where the link leads, one step of the way, which the caller gives back by KmUnicodeFree.
///
/// Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH,
/// STATUS_OBJECT_PATH_SYNTAX_BAD, ... as ZwOpenSymbolicLinkObject; STATUS_INSUFFICIENT_RESOURCES: and *Target
/// is empty.
///
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'kniL');
///     UNICODE_STRING Target;
///
///     Status = KmSymbolicLinkTarget(L"\\DosDevices\\C:", &Paged, &Target);
///     if (NT_SUCCESS(Status)) {
///         KmInfo("C: is %wZ", &Target);
///         KmUnicodeFree(&Paged, &Target);
///     }
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSymbolicLinkTarget(_In_z_ PCWSTR Name, _In_ PKM_ALLOCATOR Allocator, _Out_ PUNICODE_STRING Target);

#ifdef __cplusplus
}
#endif

#endif
