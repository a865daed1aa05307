// SPDX-License-Identifier: MIT
// Virtual memory of a process, and sections: memory that several have.
//
//     static NTSTATUS ShareWithCurrentProcess(PKM_SECTION Section, PKM_VIEW InSystem, PKM_VIEW InProgram)
//     {
//         NTSTATUS Status = KmSectionCreate(Section, 65536);
//
//         if (!NT_SUCCESS(Status)) {
//             return Status;
//         }
//         Status = KmSectionMapInSystem(Section, InSystem);
//         if (NT_SUCCESS(Status)) {
//             Status = KmSectionMapInProcess(Section, NULL, 0, 0, PAGE_READONLY, InProgram);
//             if (!NT_SUCCESS(Status)) {
//                 KmViewUnmap(InSystem);
//             }
//         }
//         if (!NT_SUCCESS(Status)) {
//             KmSectionClose(Section);
//         }
//         return Status;
//     }
#ifndef KMODE_VIRTUAL_MEMORY_H
#define KMODE_VIRTUAL_MEMORY_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/virtual-memory.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// What KmVirtualQuery tells of the pages from Base on that are alike.
typedef struct KM_VIRTUAL_REGION {
    PVOID Base;
    PVOID AllocationBase; ///< NULL: free
    SIZE_T Bytes;
    ULONG State;   ///< MEM_COMMIT, MEM_RESERVE, MEM_FREE
    ULONG Protect; ///< PAGE_READWRITE, ...; 0 if not committed
    ULONG Type;    ///< MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE; 0 if free
} KM_VIRTUAL_REGION, *PKM_VIRTUAL_REGION;

/// Reserves and commits memory of a process: by a kernel handle of it, NULL: the one that runs now. *Address
/// is where, or NULL for anywhere, and where it is afterwards; *Bytes is rounded up to pages.
///
/// Returns as ZwAllocateVirtualMemory: STATUS_SUCCESS; STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY,
/// STATUS_INVALID_PAGE_PROTECTION, ...: *Address is NULL.
///
///     PVOID Memory = NULL;
///     SIZE_T Bytes = 100;
///     ULONG Before;
///     KM_VIRTUAL_REGION Region;
///
///     Status = KmVirtualAllocate(NULL, &Memory, &Bytes, PAGE_READWRITE);
///     if (NT_SUCCESS(Status)) {
///         Status = KmVirtualQuery(NULL, Memory, &Region);
///         Status = KmVirtualProtect(NULL, Memory, Bytes, PAGE_READONLY, &Before);
///         Status = KmVirtualFree(NULL, Memory);
///     }
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmVirtualAllocate(_In_opt_ HANDLE Process, _Inout_ PVOID *Address, _Inout_ PSIZE_T Bytes,
                      _In_ ULONG Protect);

/// Gives back, whole, what KmVirtualAllocate gave. Returns as ZwFreeVirtualMemory.
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI KmVirtualFree(_In_opt_ HANDLE Process, _In_ PVOID Address);

/// Changes the protection of the pages; *Before (which may be NULL) is that of the first one.
///
/// Returns as ZwProtectVirtualMemory, which is found at run time: older systems do not export it (it came
/// with Windows 8.1) and have no other way that is documented: STATUS_NOT_SUPPORTED.
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI
    KmVirtualProtect(_In_opt_ HANDLE Process, _In_ PVOID Address, _In_ SIZE_T Bytes, _In_ ULONG Protect,
                     _Out_opt_ PULONG Before);

/// Tells of the page at Address, and how many behind it are alike.
///
/// Returns as ZwQueryVirtualMemory, which is found at run time, and documented from Windows 10 on;
/// STATUS_NOT_SUPPORTED where the system does not export it.
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI
    KmVirtualQuery(_In_opt_ HANDLE Process, _In_ const VOID *Address, _Out_ PKM_VIRTUAL_REGION Region);

/// Reads memory of the system, or of the process that runs now, at an address that may be wrong: never an
/// exception or a bug check, as reading it is, where MmIsAddressValid tells only of the moment before. Buffer
/// is resident. Not memory of devices. What is read while its owner frees it is whatever is there.
///
/// Returns STATUS_SUCCESS; another failure from the first page on that cannot be read, with *Done, the count
/// of bytes before it, which have been read. By MmCopyMemory from Windows 8.1 on, which brings in what is
/// paged out; before that, or if its search at APC_LEVEL has not been made yet, by the physical address of
/// each page that is resident, at PASSIVE_LEVEL alone: STATUS_INVALID_ADDRESS if it is not, else
/// STATUS_NOT_SUPPORTED.
///
///     UCHAR Head[16];
///     SIZE_T Done;
///
///     Status = KmVirtualRead(DriverObject->DriverStart, Head, sizeof(Head), &Done);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmVirtualRead(_In_ const VOID *Address, _Out_writes_bytes_(Bytes) PVOID Buffer, _In_ SIZE_T Bytes,
                  _Out_ PSIZE_T Done);

// ---- Sections

/// A section. Its members may be read.
typedef struct KM_SECTION {
    HANDLE Handle; ///< a kernel handle; NULL: none
    PVOID Object;  ///< referenced
    ULONG64 Bytes; ///< 0: not known
} KM_SECTION, *PKM_SECTION;

/// A view of a section. Its members may be read.
typedef struct KM_VIEW {
    PVOID Address; ///< NULL: none
    SIZE_T Bytes;
    PEPROCESS Process; ///< that it is in, referenced; NULL: system space
} KM_VIEW, *PKM_VIEW;

/// Makes a section of Bytes that belongs to no file, to be read and written, at first zeroes.
///
/// Returns as ZwCreateSection: STATUS_SUCCESS; STATUS_INVALID_PARAMETER_4 and its like if Bytes is 0,
/// STATUS_COMMITMENT_LIMIT, STATUS_INSUFFICIENT_RESOURCES: there is none.
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSectionCreate(_Out_ PKM_SECTION Section, _In_ ULONG64 Bytes);

/// Makes a section of a file, by a kernel handle that the caller has opened with the rights that Protect
/// (PAGE_READONLY, PAGE_READWRITE) asks for: the system does not check a driver's handle. Bytes 0: as long as
/// the file; more than it with PAGE_READWRITE: it grows. The section keeps the file, not its handle.
///
/// Returns as ZwCreateSection: STATUS_MAPPED_FILE_SIZE_ZERO for an empty file, STATUS_SECTION_TOO_BIG if it
/// is shorter than Bytes and does not grow, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, ...: there is
/// none.
///
///     static NTSTATUS MapFile(HANDLE File, PKM_SECTION Section, PKM_VIEW View)
///     {
///         NTSTATUS Status = KmSectionCreateFromFile(Section, File, PAGE_READONLY, 0);
///
///         if (NT_SUCCESS(Status)) {
///             Status = KmSectionMapInProcess(Section, NULL, 0, 0, PAGE_READONLY, View);
///             // The view keeps the memory.
///             KmSectionClose(Section);
///         }
///         return Status;
///     }
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSectionCreateFromFile(_Out_ PKM_SECTION Section, _In_ HANDLE File, _In_ ULONG Protect,
                            _In_ ULONG64 Bytes);

/// Makes a section of a program or DLL, by a kernel handle that was opened for FILE_READ_DATA and
/// FILE_EXECUTE: a view of it is laid out and relocated as the loader does it, and of each one in user space
/// the image callbacks are told. Bytes is 0: a view tells how many it has.
///
/// Returns as ZwCreateSection: STATUS_INVALID_IMAGE_NOT_MZ, STATUS_INVALID_IMAGE_FORMAT and their like if it
/// is no image that this system runs, STATUS_INVALID_FILE_FOR_SECTION for an empty file, ...: there is none.
///
///     static NTSTATUS IsProgram64Bit(PCWSTR Path, PBOOLEAN Is64Bit)
///     {
///         HANDLE File;
///         KM_SECTION Section;
///         KM_VIEW View;
///         KM_IMAGE Image;
///         NTSTATUS Status = KmFileOpen(Path, FILE_READ_DATA | FILE_EXECUTE, FILE_OPEN, &File);
///
///         if (!NT_SUCCESS(Status)) {
///             return Status;
///         }
///         Status = KmSectionCreateFromImage(&Section, File);
///         ZwClose(File);
///         if (NT_SUCCESS(Status)) {
///             Status = KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READONLY, &View);
///             KmSectionClose(&Section);
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmImageOpen(View.Address, View.Bytes, &Image);
///             *Is64Bit = NT_SUCCESS(Status) && Image.Is64Bit;
///             KmViewUnmap(&View);
///         }
///         return Status;
///     }
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSectionCreateFromImage(_Out_ PKM_SECTION Section, _In_ HANDLE File);

/// Opens a section by its name, `\BaseNamedObjects\Shared`, for SECTION_MAP_READ, SECTION_MAP_WRITE or both
/// in Access; what the caller's process may do is not asked. Bytes is 0: a view tells how many it has. A view
/// of `\Device\PhysicalMemory` is one of physical memory: KmPhysicalMap is the documented way to that.
///
/// Returns as ZwOpenSection: STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH,
/// STATUS_OBJECT_PATH_SYNTAX_BAD, ...: there is none.
///
///     KM_SECTION Section;
///     KM_VIEW View;
///
///     Status = KmSectionOpen(&Section, L"\\BaseNamedObjects\\Shared", SECTION_MAP_READ);
///     if (NT_SUCCESS(Status)) {
///         Status = KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READONLY, &View);
///         KmSectionClose(&Section);
///     }
///     if (NT_SUCCESS(Status)) {
///         KmInfo("%Iu bytes", View.Bytes);
///         KmViewUnmap(&View);
///     }
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSectionOpen(_Out_ PKM_SECTION Section, _In_ PCWSTR Name, _In_ ACCESS_MASK Access);

/// Closes it; views of it stay. One that is none: nothing.
_IRQL_requires_(PASSIVE_LEVEL) VOID NTAPI KmSectionClose(_Inout_ PKM_SECTION Section);

/// Maps Bytes (0: all from there) of the section from Offset, a multiple of 64 KB, into a process: NULL, the
/// one that runs now. The view goes with the process, too; KmViewUnmap is called all the same.
///
/// Returns as ZwMapViewOfSection: STATUS_MAPPED_ALIGNMENT, STATUS_INVALID_VIEW_SIZE,
/// STATUS_SECTION_PROTECTION, ...: there is no view.
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSectionMapInProcess(_In_ const KM_SECTION *Section, _In_opt_ PEPROCESS Process, _In_ ULONG64 Offset,
                          _In_ SIZE_T Bytes, _In_ ULONG Protect, _Out_ PKM_VIEW View);

/// Maps all of the section into system space, to be read and written; it may be paged out, and is the same in
/// every process.
///
/// Returns as MmMapViewInSystemSpace: STATUS_NO_MEMORY, ...: there is no view.
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSectionMapInSystem(_In_ const KM_SECTION *Section, _Out_ PKM_VIEW View);

/// Unmaps a view, from whatever process. One that is none: nothing.
_IRQL_requires_(PASSIVE_LEVEL) VOID NTAPI KmViewUnmap(_Inout_ PKM_VIEW View);

#ifdef __cplusplus
}
#endif

#endif
