// SPDX-License-Identifier: MIT
// An MDL is mapped whose pages nobody has locked: there are no page numbers in it.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    PMDL Mdl = IoAllocateMdl(DriverObject, 16, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmGetMdlPfnArray(Mdl)[0] = 0x1234567;
    DbgPrint("%p\n", MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute));
    return STATUS_SUCCESS;
}
