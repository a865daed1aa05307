// SPDX-License-Identifier: MIT
// Objects of the object manager: their names, from a handle, by name.
//
//     UNICODE_STRING Name;
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'bjbO');
//
//     Status = KmObjectName(DriverObject, &Paged, &Name);
//     if (NT_SUCCESS(Status)) {
//         KmInfo("%wZ", &Name);
//         KmUnicodeFree(&Paged, &Name);
//     }
#ifndef KMODE_OBJECT_H
#define KMODE_OBJECT_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/object.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/unicode.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The full name of an object, `\Driver\example`, which the caller gives back by KmUnicodeFree. One without a
/// name has an empty one: STATUS_SUCCESS. STATUS_INSUFFICIENT_RESOURCES; and what the object's type answers,
/// as a file system for a file. Not to be called of file objects in the path of paging I/O, or before their
/// create is done.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmObjectName(_In_ PVOID Object, _In_ PKM_ALLOCATOR Allocator, _Out_ PUNICODE_STRING Name);

/// The object of a handle, referenced: ObDereferenceObject it. Type: *PsProcessType, *IoFileObjectType, ...;
/// NULL is any. Mode: KernelMode for the driver's own handle; UserMode for one that a program passed, which
/// then must grant Access.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_HANDLE, also of a kernel handle that user mode passes;
/// STATUS_OBJECT_TYPE_MISMATCH; STATUS_ACCESS_DENIED.
///
///     HANDLE Handle;
///     PVOID Object;
///
///     Status = KmObjectOpenHandle(DriverObject, GENERIC_READ, NULL, &Handle);
///     if (NT_SUCCESS(Status)) {
///         Status = KmObjectFromHandle(Handle, 0, NULL, KernelMode, &Object);
///         ZwClose(Handle);
///     }
///     if (NT_SUCCESS(Status)) {
///         ObDereferenceObject(Object);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmObjectFromHandle(_In_ HANDLE Handle, _In_ ACCESS_MASK Access, _In_opt_ POBJECT_TYPE Type,
                       _In_ KPROCESSOR_MODE Mode, _Out_ PVOID *Object);

/// A kernel handle to an object; ZwClose it. No access check is made.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmObjectOpenHandle(_In_ PVOID Object, _In_ ACCESS_MASK Access, _In_opt_ POBJECT_TYPE Type,
                       _Out_ PHANDLE Handle);

/// The object of a name, referenced: ObDereferenceObject it. No access check is made.
///
/// Microsoft documents no routine for this in general: where one is for the type (ZwOpenEvent, ZwOpenSection,
/// IoGetDeviceObjectPointer), use that. This asks ObReferenceObjectByName, which all systems since Windows
/// 2000 export: STATUS_NOT_SUPPORTED where it is missing. STATUS_OBJECT_NAME_NOT_FOUND;
/// STATUS_OBJECT_TYPE_MISMATCH.
///
///     UNICODE_STRING Name;
///     PVOID Event;
///
///     RtlInitUnicodeString(&Name, L"\\KernelObjects\\LowMemoryCondition");
///     Status = KmObjectByName(&Name, *ExEventObjectType, EVENT_QUERY_STATE, &Event);
///     if (NT_SUCCESS(Status)) {
///         KmInfo("%s", KeReadStateEvent((PKEVENT)Event) ? "low on memory" : "plenty of memory");
///         ObDereferenceObject(Event);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmObjectByName(_In_ PCUNICODE_STRING Name, _In_ POBJECT_TYPE Type, _In_ ACCESS_MASK Access,
                   _Out_ PVOID *Object);

#ifdef __cplusplus
}
#endif

#endif
