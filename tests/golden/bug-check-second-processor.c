// SPDX-License-Identifier: MIT
// kmode run: --cpus 2
// A bug check on the second processor: the first one is halted, and the report says where it was.
#include <ntifs.h>

#define SECOND_PROCESSOR 2

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeSetSystemAffinityThread(SECOND_PROCESSOR);
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, KeGetCurrentProcessorNumberEx(NULL), 0, 0, 0);
}
