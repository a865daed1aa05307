// SPDX-License-Identifier: MIT
// A thread that shares a resource and asks to have it for itself, while another one shares it that waits for
// the first.
#include <ntifs.h>

static ERESOURCE Resource;
static KEVENT Shared, Never;

static VOID NTAPI ShareForEver(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    ExEnterCriticalRegionAndAcquireResourceShared(&Resource);
    KeSetEvent(&Shared, 0, FALSE);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Thread;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeResourceLite(&Resource);
    KeInitializeEvent(&Shared, NotificationEvent, FALSE);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    NTSTATUS Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ShareForEver, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ZwClose(Thread);
    KeWaitForSingleObject(&Shared, Executive, KernelMode, FALSE, NULL);
    ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource);
    return STATUS_SUCCESS;
}
