// SPDX-License-Identifier: MIT
// kmode run: --cpus 2 --timeout 0.3
// A loop on the second processor: the time limit finds it there.
#include <ntifs.h>

#define SECOND_PROCESSOR 2

static volatile ULONG Rounds;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeSetSystemAffinityThread(SECOND_PROCESSOR);
    for (;;) {
        Rounds += 1;
    }
}
