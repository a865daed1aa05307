// SPDX-License-Identifier: MIT
// A call through a function pointer that is NULL.
#include <ntifs.h>

typedef VOID CALLBACK_ROUTINE(VOID);
static CALLBACK_ROUTINE *volatile Callback;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    Callback();
    return STATUS_SUCCESS;
}
