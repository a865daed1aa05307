// SPDX-License-Identifier: MIT
// Many log lines, one of them long and one not ended, before a stop.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG Index = 0; Index < 12; Index += 1) {
        DbgPrint("line %lu\n", Index);
    }
    DbgPrint("%0200d\n", 7);
    DbgPrint("not yet ended");
    KeBugCheck(MANUALLY_INITIATED_CRASH);
}
