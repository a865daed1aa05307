// SPDX-License-Identifier: MIT
// KeWaitForMultipleObjects for more objects than a thread has wait blocks of its own, without others.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KEVENT Events[THREAD_WAIT_OBJECTS + 1];
    PVOID Objects[THREAD_WAIT_OBJECTS + 1];
    for (ULONG Index = 0; Index <= THREAD_WAIT_OBJECTS; Index += 1) {
        KeInitializeEvent(&Events[Index], NotificationEvent, TRUE);
        Objects[Index] = &Events[Index];
    }
    KeWaitForMultipleObjects(THREAD_WAIT_OBJECTS + 1, Objects, WaitAny, Executive, KernelMode, FALSE, NULL,
                             NULL);
    return STATUS_SUCCESS;
}
