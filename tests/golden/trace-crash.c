// SPDX-License-Identifier: MIT
// kmode run: --trace
// A call that never comes back, since what it calls stops the machine: its line is written all the same.
#include <ntifs.h>

static RTL_RUN_ONCE Once;

static ULONG NTAPI Initialize(PRTL_RUN_ONCE RunOnce, PVOID Parameter, PVOID *Context)
{
    UNREFERENCED_PARAMETER(RunOnce);
    UNREFERENCED_PARAMETER(Context);
    KeBugCheckEx(0x1234, (ULONG_PTR)Parameter, 2, 3, 4);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PVOID Context;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    RtlRunOnceInitialize(&Once);
    return RtlRunOnceExecuteOnce(&Once, Initialize, (PVOID)1, &Context);
}
