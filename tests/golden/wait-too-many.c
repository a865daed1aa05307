// SPDX-License-Identifier: MIT
// KeWaitForMultipleObjects for more objects than a wait can have.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    static KEVENT Events[MAXIMUM_WAIT_OBJECTS + 1];
    static KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS + 1];
    PVOID Objects[MAXIMUM_WAIT_OBJECTS + 1];
    for (ULONG Index = 0; Index <= MAXIMUM_WAIT_OBJECTS; Index += 1) {
        KeInitializeEvent(&Events[Index], NotificationEvent, TRUE);
        Objects[Index] = &Events[Index];
    }
    KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS + 1, Objects, WaitAny, Executive, KernelMode, FALSE, NULL,
                             Blocks);
    return STATUS_SUCCESS;
}
