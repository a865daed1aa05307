// SPDX-License-Identifier: MIT
// Images in memory: sections and exports of the kernel, of drivers, and of what processes have mapped.
//
//     KM_KERNEL_MODULES Modules;
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'gamI');
//     KM_KERNEL_MODULE Kernel;
//     KM_IMAGE Image;
//     KM_IMAGE_EXPORT Export;
//
//     Status = KmKernelModulesTake(&Paged, &Modules);
//     if (!NT_SUCCESS(Status)) {
//         return Status;
//     }
//     if (KmKernelModuleByName(&Modules, "ntoskrnl.exe", &Kernel) &&
//         NT_SUCCESS(KmImageOpen(Kernel.Base, Kernel.Bytes, &Image)) &&
//         NT_SUCCESS(KmImageExport(&Image, "ExAllocatePoolWithTag", &Export))) {
//         KmInfo("%s+0x%lx", Kernel.Name, (ULONG)((PUCHAR)Export.Address - (PUCHAR)Kernel.Base));
//     }
//     KmKernelModulesFree(&Modules);
//
// Every offset of an image is checked against its size. An image of user mode is read in its process
// (KmAttachBegin), and may change or go meanwhile: an access that fails is a status, but a name that was
// found may be another one a moment later.
#ifndef KMODE_IMAGE_H
#define KMODE_IMAGE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/image.h>"
#endif

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Modules of the kernel

/// What is loaded in the kernel, as it was at one moment. Its members belong to the routines below.
typedef struct KM_KERNEL_MODULES {
    PKM_ALLOCATOR Allocator;
    PVOID Memory;
    ULONG Bytes;
    ULONG Count;
} KM_KERNEL_MODULES, *PKM_KERNEL_MODULES;

/// One of them; texts are in the list's memory. A driver may have been unloaded since, its memory be gone.
typedef struct KM_KERNEL_MODULE {
    PVOID Base;
    ULONG Bytes;
    PCSTR Path; ///< `\SystemRoot\system32\ntoskrnl.exe`
    PCSTR Name; ///< what is behind its last backslash
} KM_KERNEL_MODULE, *PKM_KERNEL_MODULE;

/// Lists them: the kernel first. KmKernelModulesFree gives the list back. STATUS_INSUFFICIENT_RESOURCES.
///
/// ZwQuerySystemInformation's class for this, SystemModuleInformation, is documented nowhere, and the same on
/// all systems from Windows 7. From Windows 11 24H2 it tells no addresses to a thread without
/// SeDebugPrivilege when user mode asks; it does tell the kernel.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmKernelModulesTake(_In_ PKM_ALLOCATOR Allocator, _Out_ PKM_KERNEL_MODULES Modules);

/// Gives a list back. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmKernelModulesFree(_Inout_ PKM_KERNEL_MODULES Modules);

/// The module at an index below Count; FALSE beyond. IRQL: the allocator's, here and below.
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmKernelModuleAt(_In_ const KM_KERNEL_MODULES *Modules, _In_ ULONG Index, _Out_ PKM_KERNEL_MODULE Module);

/// The module of that file name, in whatever case. FALSE: there is none. The kernel is "ntoskrnl.exe",
/// whatever its file is called.
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmKernelModuleByName(_In_ const KM_KERNEL_MODULES *Modules, _In_z_ PCSTR Name,
                         _Out_ PKM_KERNEL_MODULE Module);

/// The module that an address is in. FALSE: it is in none.
///
///     KM_KERNEL_MODULES Modules;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'gamI');
///     KM_KERNEL_MODULE Module;
///     ULONG Index;
///
///     Status = KmKernelModulesTake(&Paged, &Modules);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     for (Index = 0; KmKernelModuleAt(&Modules, Index, &Module); Index++) {
///         KmDebug("%p %s", Module.Base, Module.Path);
///     }
///     if (KmKernelModuleOf(&Modules, DriverObject->DriverStart, &Module)) {
///         KmInfo("I am %s", Module.Name);
///     }
///     KmKernelModulesFree(&Modules);
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmKernelModuleOf(_In_ const KM_KERNEL_MODULES *Modules, _In_ const VOID *Address,
                     _Out_ PKM_KERNEL_MODULE Module);

// ---- One image

/// An image that is mapped. Its members belong to the routines below; there is nothing to close.
typedef struct KM_IMAGE {
    PUCHAR Base;
    ULONG Bytes;
    ULONG SectionOffset;
    ULONG SectionCount;
    ULONG ExportOffset;
    ULONG ExportBytes;
    BOOLEAN Is64Bit;
} KM_IMAGE, *PKM_IMAGE;

/// Makes Image describe the image of Bytes at Base. STATUS_INVALID_IMAGE_FORMAT: it is none, or is not as
/// long; STATUS_ACCESS_VIOLATION: memory of user mode that is not there.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmImageOpen(_In_ PVOID Base, _In_ SIZE_T Bytes, _Out_ PKM_IMAGE Image);

/// A section.
typedef struct KM_IMAGE_SECTION {
    CHAR Name[9];
    PVOID Start;
    ULONG Bytes;
    ULONG Characteristics; ///< IMAGE_SCN_...: 0x20000000 can be executed, 0x02000000 is discarded after start
} KM_IMAGE_SECTION, *PKM_IMAGE_SECTION;

/// The section at an index. STATUS_NO_MORE_ENTRIES beyond the last; STATUS_INVALID_IMAGE_FORMAT: it is not
/// within the image.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmImageSectionAt(_In_ const KM_IMAGE *Image, _In_ ULONG Index, _Out_ PKM_IMAGE_SECTION Section);

/// The first section of that name, exactly. STATUS_NOT_FOUND; else as KmImageSectionAt. A section that is
/// discarded after start is no longer there in a driver that has started: do not read it.
///
///     KM_IMAGE Image;
///     KM_IMAGE_SECTION Section;
///
///     Status = KmImageOpen(DriverObject->DriverStart, DriverObject->DriverSize, &Image);
///     if (NT_SUCCESS(Status) && NT_SUCCESS(KmImageSectionAt(&Image, 0, &Section))) {
///         KmInfo("the first section is %s", Section.Name);
///     }
///     if (NT_SUCCESS(Status)) {
///         Status = KmImageSection(&Image, ".text", &Section);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmImageSection(_In_ const KM_IMAGE *Image, _In_z_ PCSTR Name, _Out_ PKM_IMAGE_SECTION Section);

/// What an image exports.
typedef struct KM_IMAGE_EXPORT {
    PVOID Address;   ///< NULL if it is forwarded
    PCSTR Forwarder; ///< `NTOSKRNL.ExAllocatePool`, in the image; NULL if it is not forwarded
    PCSTR Name;      ///< in the image; NULL if it was looked for by ordinal
    ULONG Ordinal;
} KM_IMAGE_EXPORT, *PKM_IMAGE_EXPORT;

/// The export of that name. STATUS_PROCEDURE_NOT_FOUND: there is none; STATUS_INVALID_IMAGE_FORMAT;
/// STATUS_ACCESS_VIOLATION.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmImageExport(_In_ const KM_IMAGE *Image, _In_z_ PCSTR Name, _Out_ PKM_IMAGE_EXPORT Export);

/// The export of that ordinal. STATUS_ORDINAL_NOT_FOUND; else as KmImageExport.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmImageExportByOrdinal(_In_ const KM_IMAGE *Image, _In_ ULONG Ordinal, _Out_ PKM_IMAGE_EXPORT Export);

/// The named export at an index, in the order of names. STATUS_NO_MORE_ENTRIES beyond the last.
///
///     KM_IMAGE Image;
///     KM_IMAGE_EXPORT Export, Same;
///     ULONG Index;
///
///     Status = KmImageOpen(DriverObject->DriverStart, DriverObject->DriverSize, &Image);
///     for (Index = 0; NT_SUCCESS(Status); Index++) {
///         Status = KmImageExportAt(&Image, Index, &Export);
///         if (NT_SUCCESS(Status) && NT_SUCCESS(KmImageExportByOrdinal(&Image, Export.Ordinal, &Same))) {
///             KmInfo("%s", Export.Name);
///         }
///     }
///     if (Status == STATUS_NO_MORE_ENTRIES) {
///         Status = STATUS_SUCCESS;
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmImageExportAt(_In_ const KM_IMAGE *Image, _In_ ULONG Index, _Out_ PKM_IMAGE_EXPORT Export);

#ifdef __cplusplus
}
#endif

#endif
