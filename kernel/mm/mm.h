// SPDX-License-Identifier: MIT
// Memory manager: the plan of the kernel half, kernel stacks, loaded images, address queries.
#ifndef KMODE_MM_H
#define KMODE_MM_H

// The kernel half, region by region. What is deterministic is easy to debug: no address depends on the host.
#define MI_IMAGE_REGION_START    0x400010000000ULL // drivers, in slots of KM_IMAGE_MAX_BYTES
#define MI_IMAGE_REGION_SLOTS    256
#define MI_NON_PAGED_POOL_START  0x410000000000ULL
#define MI_PAGED_POOL_START      0x420000000000ULL
#define MI_EXECUTABLE_POOL_START 0x430000000000ULL
#define MI_KERNEL_STACK_START    0x440000000000ULL
#define MI_PAGE_BITMAP_START     0x450000000000ULL
#define MI_PAGE_RECORDS_START    0x450100000000ULL
#define MI_SYSTEM_PTE_BITMAP     0x450800000000ULL
#define MI_BORDER_START          0x451000000000ULL // the verifier's thunks
#define MI_SPECIAL_POOL_START    0x452000000000ULL // drivers' pool with checks on (verify/special-pool.c)
#define MI_SPECIAL_POOL_BYTES    0x1000000000ULL
#define MI_SYSTEM_PTE_START      0x460000000000ULL // mappings of MDLs, of I/O space, and their like
#define MI_SYSTEM_PTE_PAGES      0x400000ULL       // 16 GB
// A guard wider than the largest frame: one that skips it would end on the stack of another thread,
// unnoticed.
#define MI_KERNEL_STACK_SLOT     0x200000ULL
#define MI_KERNEL_STACK_SLOTS    4096

#define MI_KERNEL_STACK_SIZE 0x6000ULL // NT's KERNEL_STACK_SIZE on x64: 24 KB

#include "mm/physical.h"
#include "mm/system-pte.h"
#include "mm/mdl.h"

// ---- Kernel stacks (mm/kernel-stack.c)

// Maps a kernel stack with an unmapped page on either side. Returns its top, *Limit its lowest byte; NULL if
// there is no memory. IRQL <= APC_LEVEL.
PVOID MiCreateKernelStack(PVOID *Limit);
// Gives back a stack of MiCreateKernelStack, which must not be in use.
VOID MiDeleteKernelStack(PVOID Top);

// As the pair above, for a stack of KERNEL_LARGE_STACK_SIZE. IRQL <= DISPATCH_LEVEL.
PVOID MiCreateLargeKernelStack(PVOID *Limit);
VOID MiDeleteLargeKernelStack(PVOID Top);

// ---- Loaded images (mm/loaded-image.c)

// An entry of PsLoadedModuleList, NT's layout as drivers read it.
typedef struct _KLDR_DATA_TABLE_ENTRY {
    LIST_ENTRY InLoadOrderLinks;
    PVOID ExceptionTable;
    ULONG ExceptionTableSize;
    PVOID GpValue;
    PVOID NonPagedDebugInfo;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount;
    USHORT Unused;
    PVOID SectionPointer;
    ULONG CheckSum;
    ULONG CoverageSectionSize;
    PVOID CoverageSection;
    PVOID LoadedImports;
    PVOID Spare;
    ULONG SizeOfImageNotRounded;
    ULONG TimeDateStamp;
    // From here on ours.
    KM_IMAGE Image;
    PLONG SectionLocks; // MmLockPagableDataSection, one a section
    ULONG64 FirstPage;  // the physical pages that the image lies in
} KLDR_DATA_TABLE_ENTRY, *PKLDR_DATA_TABLE_ENTRY;

C_ASSERT(FIELD_OFFSET(KLDR_DATA_TABLE_ENTRY, DllBase) == 0x30);
C_ASSERT(FIELD_OFFSET(KLDR_DATA_TABLE_ENTRY, FullDllName) == 0x48);
C_ASSERT(FIELD_OFFSET(KLDR_DATA_TABLE_ENTRY, BaseDllName) == 0x58);

extern LIST_ENTRY PsLoadedModuleList;
extern ERESOURCE PsLoadedModuleResource; // who has it walks the list, who has it exclusively changes it

// Puts the kernel's own image at the head of the list. Once, at start, after pool.
BOOLEAN MiInitializeLoadedImages(const KM_IMAGE *Kernel);

// Loads FileName (as the machine knows it, zero-terminated UTF-8) and appends it to PsLoadedModuleList.
// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_IMAGE_FORMAT, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND,
// STATUS_INSUFFICIENT_RESOURCES, STATUS_IMAGE_ALREADY_LOADED. IRQL PASSIVE_LEVEL.
NTSTATUS MmLoadSystemImage(PCSTR FileName, PKLDR_DATA_TABLE_ENTRY *Entry);
// Unmaps an image of MmLoadSystemImage and takes it off the list.
VOID MmUnloadSystemImage(PKLDR_DATA_TABLE_ENTRY Entry);

// Returns the base of the loaded image that contains Address and its size; NULL if none does. Any IRQL.
PVOID MiFindImage(ULONG_PTR Address, PULONG Size);

// How often each of the sections of the loaded image at Base is locked; NULL if none is there.
volatile LONG *MiSectionLockCounts(ULONG_PTR Base);

// TRUE if Address lies in an image that was linked with /integritycheck. Any IRQL.
BOOLEAN MiIsIntegrityForced(ULONG_PTR Address);

// TRUE if Address lies in the kernel's own image. Any IRQL.
BOOLEAN MiIsKernelImageAddress(ULONG_PTR Address);

// ---- Images of processes

// Maps an image section into Process, which has no thread yet, and tells nobody. What NtMapViewOfSection
// returns for it. IRQL PASSIVE_LEVEL. (mm/view.c)
NTSTATUS MmMapProcessImage(PEPROCESS Process, PVOID SectionObject, PVOID *Base);
// Whether the object is a section of a 32-bit image. Any IRQL. (mm/image-section.c)
BOOLEAN MmIs32BitImage(PVOID SectionObject);
// Tells drivers that the image of the section is mapped at Base in Process. IRQL PASSIVE_LEVEL.
// (mm/image-section.c)
VOID MmNotifyImageMapped(PEPROCESS Process, PVOID SectionObject, PVOID Base);

// ---- Addresses (mm/address.c)

// TRUE if each byte of [Address, Address + Bytes) can be read now. Any IRQL; never faults.
BOOLEAN MiIsRangeReadable(ULONG_PTR Address, SIZE_T Bytes);

#endif
