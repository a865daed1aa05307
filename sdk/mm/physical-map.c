// SPDX-License-Identifier: MIT
// Mappings of physical memory.
#include <kmode.h>
#include "runtime/system-routine.h"

typedef PVOID(NTAPI *KMP_MAP_IO_SPACE_EX)(PHYSICAL_ADDRESS Address, SIZE_T Bytes, ULONG Protect);

static KMP_SYSTEM_ROUTINE MapIoSpaceEx = KMP_SYSTEM_ROUTINE_INIT(L"MmMapIoSpaceEx");

static ULONG ProtectionOf(MEMORY_CACHING_TYPE Caching)
{
    switch (Caching) {
    case MmNonCached: return PAGE_READWRITE | PAGE_NOCACHE;
    case MmWriteCombined: return PAGE_READWRITE | PAGE_WRITECOMBINE;
    default: return PAGE_READWRITE;
    }
}

NTSTATUS NTAPI KmPhysicalMap(ULONG64 Address, SIZE_T Bytes, MEMORY_CACHING_TYPE Caching, PVOID *Mapping)
{
    KMP_MAP_IO_SPACE_EX Routine = (KMP_MAP_IO_SPACE_EX)(ULONG_PTR)KmpFindSystemRoutine(&MapIoSpaceEx);
    PHYSICAL_ADDRESS Physical;

    *Mapping = NULL;
    if (Bytes == 0 || Address + Bytes < Address || (ULONG)Caching >= MmMaximumCacheType) {
        return STATUS_INVALID_PARAMETER;
    }
    Physical.QuadPart = (LONGLONG)Address;
    *Mapping = Routine != NULL ? Routine(Physical, Bytes, ProtectionOf(Caching))
                               : MmMapIoSpace(Physical, Bytes, Caching);
    return *Mapping != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID NTAPI KmPhysicalUnmap(PVOID Mapping, SIZE_T Bytes)
{
    MmUnmapIoSpace(Mapping, Bytes);
}

NTSTATUS NTAPI KmPhysicalOf(const VOID *Address, PULONG64 Physical)
{
    *Physical = 0;
    if (!MmIsAddressValid((PVOID)(ULONG_PTR)Address)) {
        return STATUS_INVALID_ADDRESS;
    }
    *Physical = (ULONG64)MmGetPhysicalAddress((PVOID)(ULONG_PTR)Address).QuadPart;
    return STATUS_SUCCESS;
}
