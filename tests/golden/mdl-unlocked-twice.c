// SPDX-License-Identifier: MIT
// An MDL whose pages are unlocked twice.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    PMDL Mdl = IoAllocateMdl(DriverObject, 16, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    MmUnlockPages(Mdl);
    MmUnlockPages(Mdl);
    return STATUS_SUCCESS;
}
