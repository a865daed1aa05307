// SPDX-License-Identifier: MIT
// NonPagedPool made no-execute for the whole file.
#define POOL_NX_OPTIN_AUTO 1
#include <wdm.h>

C_ASSERT(NonPagedPool == 512);

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    return STATUS_SUCCESS;
}
