// SPDX-License-Identifier: MIT
// MmMapLockedPages, obsolete, when no address space is left: a bug check is what it is documented to end in.
#include <ntifs.h>

static PVOID Taken[256];

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG Count = 0;
    UNREFERENCED_PARAMETER(RegistryPath);
    PMDL Mdl = IoAllocateMdl(DriverObject, 16, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Mdl);
    for (SIZE_T Bytes = 1ULL << 36; Bytes >= PAGE_SIZE; Bytes /= 2) {
        while (Count < RTL_NUMBER_OF(Taken) &&
               (Taken[Count] = MmAllocateMappingAddress(Bytes, 'enoT')) != NULL) {
            Count += 1;
        }
    }
    MmMapLockedPages(Mdl, KernelMode);
    return STATUS_SUCCESS;
}
