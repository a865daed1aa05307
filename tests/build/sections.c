// SPDX-License-Identifier: MIT
// sections: INIT PAGE PAGEDATA
// alloc_text, code_seg, data_seg.
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
static VOID Initialize(VOID);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(INIT, Initialize)
#pragma alloc_text(PAGE, DriverUnload)
#endif

#pragma comment(lib, "ntstrsafe.lib")
#pragma comment(linker, "/merge:.nothing=.text")

#pragma data_seg("PAGEDATA")
static ULONG PagedCounter = 1;
#pragma data_seg()

#pragma code_seg("PAGE")
VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("unloaded after %lu\n", PagedCounter);
}
#pragma code_seg()

static VOID Initialize(VOID)
{
    PagedCounter++;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Initialize();
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
