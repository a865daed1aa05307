// SPDX-License-Identifier: MIT
// Memory manager routines and flags.
#ifndef KMODE_NT_MM_H
#define KMODE_NT_MM_H

// Or-ed to the page priority that MmGetSystemAddressForMdlSafe and MmMapLockedPagesSpecifyCache take (Windows
// 8+).
#define MdlMappingNoWrite       0x80000000
#define MdlMappingNoExecute     0x40000000
#define MdlMappingWithGuardPtes 0x20000000

#ifndef SYSTEM_PTE_MISUSE
#define SYSTEM_PTE_MISUSE 0xDA
#endif
#ifndef NO_MORE_SYSTEM_PTES
#define NO_MORE_SYSTEM_PTES 0x3F
#endif

#ifndef MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST
#define MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST 0x00000001
#endif
#define MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY 0x00000001

// Flags of MmAllocatePagesForMdlEx (Windows 8+, 10+).
#define MM_ALLOCATE_FAST_LARGE_PAGES 0x00000040
#define MM_ALLOCATE_AND_HOT_REMOVE   0x00000100

#define MM_GET_PHYSICAL_MEMORY_RANGES_INCLUDE_FILE_ONLY      0x00000001
#define MM_GET_PHYSICAL_MEMORY_RANGES_INCLUDE_ALL_PARTITIONS 0x00000002

#define MM_COPY_MEMORY_PHYSICAL 0x1
#define MM_COPY_MEMORY_VIRTUAL  0x2

typedef struct _MM_COPY_ADDRESS {
    union {
        PVOID VirtualAddress;
        PHYSICAL_ADDRESS PhysicalAddress;
    };
} MM_COPY_ADDRESS, *PMMCOPY_ADDRESS;

typedef struct _MM_PHYSICAL_ADDRESS_LIST {
    PHYSICAL_ADDRESS PhysicalAddress;
    SIZE_T NumberOfBytes;
} MM_PHYSICAL_ADDRESS_LIST, *PMM_PHYSICAL_ADDRESS_LIST;

#define MM_PROTECT_DRIVER_SECTION_ALLOW_UNLOAD 0x1
#define MM_PROTECT_DRIVER_SECTION_VALID_FLAGS  MM_PROTECT_DRIVER_SECTION_ALLOW_UNLOAD

union _FILE_SEGMENT_ELEMENT;

typedef VOID(NTAPI MM_MDL_ROUTINE)(_In_opt_ PVOID DriverContext, _In_ PVOID MappedVa);
typedef MM_MDL_ROUTINE *PMM_MDL_ROUTINE;

// Attributes of a section; wdm.h of mingw-w64 has the others.
#ifndef SEC_FILE
#define SEC_FILE 0x00800000
#endif
#ifndef SEC_IMAGE
#define SEC_IMAGE 0x01000000
#endif
#ifndef SEC_NOCACHE
#define SEC_NOCACHE 0x10000000
#endif
#ifndef SEC_WRITECOMBINE
#define SEC_WRITECOMBINE 0x40000000
#endif
#ifndef MEM_RESET_UNDO
#define MEM_RESET_UNDO 0x01000000
#endif
#ifndef MEM_WRITE_WATCH
#define MEM_WRITE_WATCH 0x00200000
#endif
#ifndef MEM_PHYSICAL
#define MEM_PHYSICAL 0x00400000
#endif

typedef enum _SECTION_INFORMATION_CLASS {
    SectionBasicInformation,
    SectionImageInformation
} SECTION_INFORMATION_CLASS;

typedef struct _SECTION_BASIC_INFORMATION {
    PVOID BaseAddress;
    ULONG Attributes;
    LARGE_INTEGER Size;
} SECTION_BASIC_INFORMATION, *PSECTION_BASIC_INFORMATION;

typedef struct _SECTION_IMAGE_INFORMATION {
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize;
    SIZE_T CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinorVersion;
    USHORT SubSystemMajorVersion;
    USHORT MajorOperatingSystemVersion;
    USHORT MinorOperatingSystemVersion;
    USHORT ImageCharacteristics;
    USHORT DllCharacteristics;
    USHORT Machine;
    BOOLEAN ImageContainsCode;
    UCHAR ImageFlags;
    ULONG LoaderFlags;
    ULONG ImageFileSize;
    ULONG CheckSum;
} SECTION_IMAGE_INFORMATION, *PSECTION_IMAGE_INFORMATION;

#ifdef __cplusplus
extern "C" {
#endif

// IRQL <= APC_LEVEL. As MmSecureVirtualMemory; Flags: 0.
_Must_inspect_result_ NTKERNELAPI HANDLE NTAPI MmSecureVirtualMemoryEx(_In_ PVOID Address, _In_ SIZE_T Size,
                                                                       _In_ ULONG ProbeMode,
                                                                       _In_ ULONG Flags);

// PASSIVE_LEVEL. Undocumented and much used: copies between two processes' address spaces.
NTKERNELAPI NTSTATUS NTAPI MmCopyVirtualMemory(_In_ PEPROCESS FromProcess, _In_ const VOID *FromAddress,
                                               _In_ PEPROCESS ToProcess, _Out_ PVOID ToAddress,
                                               _In_ SIZE_T BufferSize, _In_ KPROCESSOR_MODE PreviousMode,
                                               _Out_ PSIZE_T NumberOfBytesCopied);

// PASSIVE_LEVEL. SectionOffset in and out, to 64 KB; Flags: 0. Windows 10 2004+.
NTKERNELAPI NTSTATUS NTAPI MmMapViewInSystemSpaceEx(_In_ PVOID Section, _Outptr_ PVOID *MappedBase,
                                                    _Inout_ PSIZE_T ViewSize,
                                                    _Inout_ PLARGE_INTEGER SectionOffset,
                                                    _In_ ULONG_PTR Flags);
NTKERNELAPI NTSTATUS NTAPI MmCreateSection(_Outptr_ PVOID *SectionObject, _In_ ACCESS_MASK DesiredAccess,
                                           _In_opt_ POBJECT_ATTRIBUTES ObjectAttributes,
                                           _In_ PLARGE_INTEGER MaximumSize, _In_ ULONG SectionPageProtection,
                                           _In_ ULONG AllocationAttributes, _In_opt_ HANDLE FileHandle,
                                           _In_opt_ PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS NTAPI MmMapViewOfSection(_In_ PVOID SectionObject, _In_ PEPROCESS Process,
                                              _Inout_ PVOID *BaseAddress, _In_ ULONG_PTR ZeroBits,
                                              _In_ SIZE_T CommitSize, _Inout_ PLARGE_INTEGER SectionOffset,
                                              _Inout_ PSIZE_T ViewSize,
                                              _In_ SECTION_INHERIT InheritDisposition,
                                              _In_ ULONG AllocationType, _In_ ULONG Protect);
NTKERNELAPI NTSTATUS NTAPI MmUnmapViewOfSection(_In_ PEPROCESS Process, _In_ PVOID BaseAddress);

NTSYSAPI NTSTATUS NTAPI ZwProtectVirtualMemory(_In_ HANDLE ProcessHandle, _Inout_ PVOID *BaseAddress,
                                               _Inout_ PSIZE_T RegionSize, _In_ ULONG NewProtect,
                                               _Out_ PULONG OldProtect);
NTSYSAPI NTSTATUS NTAPI ZwQuerySection(_In_ HANDLE SectionHandle,
                                       _In_ SECTION_INFORMATION_CLASS InformationClass, _Out_ PVOID Buffer,
                                       _In_ SIZE_T Length, _Out_opt_ PSIZE_T ResultLength);

// IRQL <= APC_LEVEL. Copies without a fault however bad the source is; *NumberOfBytesTransferred tells how
// far it came.
NTKERNELAPI NTSTATUS NTAPI MmCopyMemory(_In_ PVOID TargetAddress, _In_ MM_COPY_ADDRESS SourceAddress,
                                        _In_ SIZE_T NumberOfBytes, _In_ ULONG Flags,
                                        _Out_ PSIZE_T NumberOfBytesTransferred);

// IRQL <= DISPATCH_LEVEL. Windows 10+. Protect: PAGE_* values, one access with an optional cache type.
_Must_inspect_result_ NTKERNELAPI PVOID NTAPI MmMapIoSpaceEx(_In_ PHYSICAL_ADDRESS PhysicalAddress,
                                                             _In_ SIZE_T NumberOfBytes, _In_ ULONG Protect);

// IRQL <= DISPATCH_LEVEL. Windows 8+. Freed by MmFreeContiguousMemory.
_Must_inspect_result_ NTKERNELAPI PVOID NTAPI MmAllocateContiguousNodeMemory(
    _In_ SIZE_T NumberOfBytes, _In_ PHYSICAL_ADDRESS LowestAcceptableAddress,
    _In_ PHYSICAL_ADDRESS HighestAcceptableAddress, _In_opt_ PHYSICAL_ADDRESS BoundaryAddressMultiple,
    _In_ ULONG Protect, _In_ NODE_REQUIREMENT PreferredNode);

_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI MmAllocateContiguousMemoryEx(
    _In_ PSIZE_T NumberOfBytes, _In_ PHYSICAL_ADDRESS LowestAcceptableAddress,
    _In_ PHYSICAL_ADDRESS HighestAcceptableAddress, _In_ PHYSICAL_ADDRESS BoundaryAddressMultiple,
    _In_ NODE_REQUIREMENT PreferredNode, _In_ ULONG Protect, _In_opt_ PVOID PartitionObject, _In_ ULONG Tag,
    _In_ ULONG Flags, _Out_ PVOID *BaseAddress);

_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI
MmAllocateMdlForIoSpace(_In_reads_(NumberOfEntries) PMM_PHYSICAL_ADDRESS_LIST PhysicalAddressList,
                        _In_ SIZE_T NumberOfEntries, _Out_ PMDL *NewMdl);

_Must_inspect_result_ NTKERNELAPI PMDL NTAPI MmAllocateNodePagesForMdlEx(
    _In_ PHYSICAL_ADDRESS LowAddress, _In_ PHYSICAL_ADDRESS HighAddress, _In_ PHYSICAL_ADDRESS SkipBytes,
    _In_ SIZE_T TotalBytes, _In_ MEMORY_CACHING_TYPE CacheType, _In_ ULONG IdealNode, _In_ ULONG Flags);

// IRQL <= APC_LEVEL. Raises what MmProbeAndLockPages raises.
NTKERNELAPI VOID NTAPI MmProbeAndLockSelectedPages(_Inout_ PMDL MemoryDescriptorList,
                                                   _In_ union _FILE_SEGMENT_ELEMENT *SegmentArray,
                                                   _In_ KPROCESSOR_MODE AccessMode,
                                                   _In_ LOCK_OPERATION Operation);

NTKERNELAPI NTSTATUS NTAPI MmMapMdl(_Inout_ PMDL MemoryDescriptorList, _In_ ULONG Protection,
                                    _In_ PMM_MDL_ROUTINE DriverRoutine, _In_opt_ PVOID DriverContext);

_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI MmProtectDriverSection(_In_ PVOID AddressWithinSection,
                                                                        _In_ SIZE_T Size, _In_ ULONG Flags);

_Must_inspect_result_ NTKERNELAPI PVOID NTAPI MmAllocateMappingAddressEx(_In_ SIZE_T NumberOfBytes,
                                                                         _In_ ULONG PoolTag,
                                                                         _In_ ULONG Flags);

// IRQL PASSIVE_LEVEL. The ranges, the last one all zero, are freed by ExFreePool.
struct _PHYSICAL_MEMORY_RANGE;
NTKERNELAPI struct _PHYSICAL_MEMORY_RANGE *NTAPI MmGetPhysicalMemoryRangesEx(_In_opt_ PVOID PartitionObject);
NTKERNELAPI struct _PHYSICAL_MEMORY_RANGE *NTAPI MmGetPhysicalMemoryRangesEx2(_In_opt_ PVOID PartitionObject,
                                                                              _In_ ULONG Flags);

NTKERNELAPI LOGICAL NTAPI MmIsDriverSuspectForVerifier(_In_ struct _DRIVER_OBJECT *DriverObject);

#ifdef __cplusplus
}
#endif

#endif
