// SPDX-License-Identifier: MIT
// Calling an import that kmode does not implement yet stops the run and names it.
#include <ntifs.h>

static __declspec(noinline) NTSTATUS MakeId(UUID *Id)
{
    NTSTATUS Status = ExUuidCreate(Id);
    DbgPrint("must not be reached\n");
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    UUID Id;
    return MakeId(&Id);
}
