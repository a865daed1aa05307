// SPDX-License-Identifier: MIT
// A section is unlocked more often than it was locked.
#include <ntifs.h>

static ULONG Data = 1;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PVOID Handle = MmLockPagableDataSection(&Data);
    MmUnlockPagableImageSection(Handle);
    MmUnlockPagableImageSection(Handle);
    return STATUS_SUCCESS;
}
