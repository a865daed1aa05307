// SPDX-License-Identifier: MIT
// kmode run: --timeout 0.3
// DriverEntry never returns: the time limit ends it.
#include <ntifs.h>

static volatile ULONG Rounds;

static __declspec(noinline) VOID WaitForNothing(VOID)
{
    for (;;) {
        Rounds += 1;
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("never-returns: waiting\n");
    WaitForNothing();
    return STATUS_SUCCESS;
}
