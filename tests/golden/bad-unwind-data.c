// SPDX-License-Identifier: MIT
// patched: unwind-data
// The unwind data of the function that faults is no unwind data.
#include <ntifs.h>

static __declspec(noinline) ULONG Fault(volatile ULONG *Address)
{
    volatile ULONG Locals[8];
    Locals[3] = *Address;
    return Locals[3];
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    __try {
        DbgPrint("%lu\n", Fault(NULL));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("caught\n");
    }
    return STATUS_SUCCESS;
}
