// SPDX-License-Identifier: MIT
// A thread waits for another one by a loop that never calls the kernel: its quantum ends all the same, and
// the other thread runs.
#include <ntifs.h>

static volatile LONG Flag;

static VOID NTAPI RaiseFlag(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Flag = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, RaiseFlag, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    while (Flag == 0) {
    }
    DbgPrint("spin-on-flag: it is set\n");
    ZwWaitForSingleObject(Handle, FALSE, NULL);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}
