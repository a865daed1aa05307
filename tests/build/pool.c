// SPDX-License-Identifier: MIT
// Pool as of Windows 10 2004 and its inline forerunners.
#define POOL_NX_OPTIN 1
#define POOL_ZERO_DOWN_LEVEL_SUPPORT
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

#define TAG 'looP'

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    POOL_EXTENDED_PARAMETER Priority = {0};
    PVOID Blocks[8];

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);

    Priority.Type = PoolExtendedParameterPriority;
    Priority.Priority = NormalPoolPriority;
    Blocks[0] = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 64, TAG);
    Blocks[1] = ExAllocatePool3(POOL_FLAG_PAGED, 64, TAG, &Priority, 1);
    Blocks[2] = ExAllocatePoolZero(NonPagedPool, 64, TAG);
    Blocks[3] = ExAllocatePoolUninitialized(NonPagedPoolNx, 64, TAG);
    Blocks[4] = ExAllocatePoolQuotaZero(PagedPool, 64, TAG);
    Blocks[5] = ExAllocatePoolQuotaUninitialized(PagedPool, 64, TAG);
    Blocks[6] = ExAllocatePoolPriorityZero(PagedPool, 64, TAG, LowPoolPriority);
    Blocks[7] = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);
    for (ULONG Index = 0; Index < ARRAYSIZE(Blocks); Index++) {
        if (Blocks[Index] == NULL) {
            continue;
        }
        if (Index == 1) {
            ExFreePool2(Blocks[Index], TAG, NULL, 0);
        } else {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
    return STATUS_SUCCESS;
}
