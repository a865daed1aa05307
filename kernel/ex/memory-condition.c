// SPDX-License-Identifier: MIT
// The standard events by which drivers learn how much memory there is. Memory, pool and commitment are plenty
// from the start, and none of them ever falls so low that Windows would say so.
#include "inc/kernel.h"
#include "ex/ex.h"

static const struct {
    PCWSTR Name;
    BOOLEAN Signaled;
} ExpMemoryConditions[] = {
    {L"\\KernelObjects\\HighMemoryCondition", TRUE},
    {L"\\KernelObjects\\LowMemoryCondition", FALSE},
    {L"\\KernelObjects\\HighPagedPoolCondition", TRUE},
    {L"\\KernelObjects\\LowPagedPoolCondition", FALSE},
    {L"\\KernelObjects\\HighNonPagedPoolCondition", TRUE},
    {L"\\KernelObjects\\LowNonPagedPoolCondition", FALSE},
    {L"\\KernelObjects\\LowCommitCondition", TRUE},
    {L"\\KernelObjects\\HighCommitCondition", FALSE},
    {L"\\KernelObjects\\MaximumCommitCondition", FALSE},
};

NTSTATUS ExpInitializeMemoryConditions(VOID)
{
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(ExpMemoryConditions); Index += 1) {
        UNICODE_STRING Name;
        OBJECT_ATTRIBUTES Attributes;
        HANDLE Handle;
        RtlInitUnicodeString(&Name, ExpMemoryConditions[Index].Name);
        InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL, NULL);
        Status = ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, &Attributes, NotificationEvent,
                               ExpMemoryConditions[Index].Signaled);
        if (NT_SUCCESS(Status)) {
            ZwClose(Handle);
        }
    }
    return Status;
}
