// SPDX-License-Identifier: MIT
// A thread ends on which the system depends.
#include <ntifs.h>

#define THREAD_BREAK_ON_TERMINATION ((THREADINFOCLASS)18)

static VOID NTAPI EndCritical(PVOID Context)
{
    ULONG Critical = TRUE;
    UNREFERENCED_PARAMETER(Context);
    ZwSetInformationThread((HANDLE)(LONG_PTR)-2, THREAD_BREAK_ON_TERMINATION, &Critical, sizeof(Critical));
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    LARGE_INTEGER Moment = {.QuadPart = -10000};
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, EndCritical, NULL);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
    return Status;
}
