// SPDX-License-Identifier: MIT
// How much memory there is, and where.
#include "inc/kernel.h"

#define MI_KNOWN_RANGE_FLAGS                                                                                 \
    (MM_GET_PHYSICAL_MEMORY_RANGES_INCLUDE_FILE_ONLY | MM_GET_PHYSICAL_MEMORY_RANGES_INCLUDE_ALL_PARTITIONS)

// What of RAM NT takes for little and for enough.
#define MI_SMALL_SYSTEM_BYTES  (12ULL << 20)
#define MI_MEDIUM_SYSTEM_BYTES (32ULL << 20)

// Ranges of RAM, the last one all zero, in a block that the caller frees. NULL: no pool, an unknown flag, or
// a partition, of which there are none. IRQL PASSIVE_LEVEL.
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRangesEx2(PVOID PartitionObject, ULONG Flags)
{
    ULONG64 Total, Free;
    if (PartitionObject != NULL || Flags & ~MI_KNOWN_RANGE_FLAGS) {
        return NULL;
    }
    PPHYSICAL_MEMORY_RANGE Ranges =
        ExAllocatePoolZero(NonPagedPoolNx, 2 * sizeof(PHYSICAL_MEMORY_RANGE), TAG_MEMORY_RANGES);
    if (Ranges != NULL) {
        // The machine leaves the first page alone.
        MiQueryPhysicalPages(&Total, &Free);
        Ranges[0].BaseAddress.QuadPart = PAGE_SIZE;
        Ranges[0].NumberOfBytes.QuadPart = (LONGLONG)(Total - 1) * PAGE_SIZE;
    }
    return Ranges;
}

PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRangesEx(PVOID PartitionObject)
{
    return MmGetPhysicalMemoryRangesEx2(PartitionObject, 0);
}

PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRanges(VOID)
{
    return MmGetPhysicalMemoryRangesEx2(NULL, 0);
}

// Any IRQL.
MM_SYSTEMSIZE NTAPI MmQuerySystemSize(VOID)
{
    ULONG64 Total, Free;
    MiQueryPhysicalPages(&Total, &Free);
    const ULONG64 Bytes = Total * PAGE_SIZE;
    return Bytes <= MI_SMALL_SYSTEM_BYTES   ? MmSmallSystem
           : Bytes < MI_MEDIUM_SYSTEM_BYTES ? MmMediumSystem
                                            : MmLargeSystem;
}

// A server? Any IRQL.
BOOLEAN NTAPI MmIsThisAnNtAsSystem(VOID)
{
    return ((const KUSER_SHARED_DATA *)KM_SHARED_USER_DATA_BASE)->NtProductType != NtProductWinNt;
}

// Obsolete: no page fault would occur at the address, and nothing pages it out. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID VirtualAddress)
{
    return (ULONG_PTR)VirtualAddress >= (ULONG_PTR)MmSystemRangeStart &&
           ((ULONG_PTR)VirtualAddress - MI_PAGED_POOL_START >=
            MI_EXECUTABLE_POOL_START - MI_PAGED_POOL_START) &&
           MmIsAddressValid(VirtualAddress);
}
