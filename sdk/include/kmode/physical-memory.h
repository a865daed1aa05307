// SPDX-License-Identifier: MIT
// Physical memory: read, written, mapped; where a virtual address is, and what memory there is.
//
//     static NTSTATUS ReadFirstPage(PVOID Buffer)
//     {
//         SIZE_T Done;
//
//         return KmPhysicalRead(0x1000, Buffer, PAGE_SIZE, &Done);
//     }
#ifndef KMODE_PHYSICAL_MEMORY_H
#define KMODE_PHYSICAL_MEMORY_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/physical-memory.h>"
#endif

// <wdm.h> alone has no such type.
struct _PHYSICAL_MEMORY_RANGE;

#ifdef __cplusplus
extern "C" {
#endif

// PHYSICAL_MEMORY_RANGE, which <wdm.h> does not have.
struct _PHYSICAL_MEMORY_RANGE;

/// Reads the system's memory (RAM) at a physical address into a buffer, which must be resident. Not registers
/// of devices: map those.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_ADDRESS or another failure from the first page on that is no RAM,
/// or cannot be read, with *Done, the count of bytes before it, which have been read. By MmCopyMemory from
/// Windows 8.1 on; before that, or if its search at APC_LEVEL has not been made yet, by mapping each page for
/// the time of its reading, at PASSIVE_LEVEL alone: else STATUS_NOT_SUPPORTED.
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPhysicalRead(_In_ ULONG64 Address, _Out_writes_bytes_(Bytes) PVOID Buffer, _In_ SIZE_T Bytes,
                   _Out_ PSIZE_T Done);

/// Writes the system's memory at a physical address, by mapping each page for the time of its writing.
///
/// Returns as KmPhysicalRead before Windows 8.1; STATUS_ACCESS_DENIED where the system does not map a page:
/// from Windows 10 1803 on none that holds page tables. With HVCI, pages of code cannot be written: that is a
/// bug check.
///
///     static NTSTATUS Patch(ULONG64 Address, ULONG Value)
///     {
///         SIZE_T Done;
///
///         return KmPhysicalWrite(Address, &Value, sizeof(Value), &Done);
///     }
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPhysicalWrite(_In_ ULONG64 Address, _In_reads_bytes_(Bytes) const VOID *Data, _In_ SIZE_T Bytes,
                    _Out_ PSIZE_T Done);

/// Maps physical memory, mostly a device's, which cannot be executed from Windows 10 on, until
/// KmPhysicalUnmap.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Bytes is 0, the range ends behind the highest address,
/// or Caching is no MEMORY_CACHING_TYPE; STATUS_INSUFFICIENT_RESOURCES if the system does not map it.
///
///     static NTSTATUS ReadVersion(ULONG64 Bar, PULONG Version)
///     {
///         PVOID Registers;
///         NTSTATUS Status = KmPhysicalMap(Bar, PAGE_SIZE, MmNonCached, &Registers);
///
///         if (NT_SUCCESS(Status)) {
///             *Version = KmRegisterRead32((const volatile ULONG *)Registers);
///             KmPhysicalUnmap(Registers, PAGE_SIZE);
///         }
///         return Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPhysicalMap(_In_ ULONG64 Address, _In_ SIZE_T Bytes, _In_ MEMORY_CACHING_TYPE Caching,
                  _Out_ PVOID *Mapping);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmPhysicalUnmap(_In_ PVOID Mapping, _In_ SIZE_T Bytes);

/// The physical address behind a virtual one, resident memory of the system or of the running process. It
/// stays true as long as the page is locked or nonpaged.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_ADDRESS if no page is there now, and *Physical is 0.
///
///     ULONG64 Physical;
///     Status = KmPhysicalOf(DriverObject, &Physical);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPhysicalOf(_In_ const VOID *Address, _Out_ PULONG64 Physical);

/// The ranges of RAM, in the order of their addresses. The array is the system's memory; the caller gives it
/// back by ExFreePool.
///
/// Returns STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES.
///
///     PPHYSICAL_MEMORY_RANGE Ranges;
///     ULONG Count;
///
///     Status = KmPhysicalRanges(&Ranges, &Count);
///     if (NT_SUCCESS(Status)) {
///         DbgPrint("%lu ranges, %I64u bytes\n", Count, KmPhysicalMemorySize(Ranges, Count));
///         NT_ASSERT(KmPhysicalIsMemory(Ranges, Count, (ULONG64)Ranges[0].BaseAddress.QuadPart, 1));
///         ExFreePool(Ranges);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPhysicalRanges(_Out_ struct _PHYSICAL_MEMORY_RANGE **Ranges, _Out_ PULONG Count);

/// The sum of their sizes; and whether Bytes at Address lie in one of them.
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI
    KmPhysicalMemorySize(_In_reads_(Count) const struct _PHYSICAL_MEMORY_RANGE *Ranges, _In_ ULONG Count);
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmPhysicalIsMemory(_In_reads_(Count) const struct _PHYSICAL_MEMORY_RANGE *Ranges, _In_ ULONG Count,
                       _In_ ULONG64 Address, _In_ SIZE_T Bytes);

#ifdef __cplusplus
}
#endif

#endif
