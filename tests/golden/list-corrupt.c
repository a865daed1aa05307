// SPDX-License-Identifier: MIT
// An entry is taken out of its list twice.
#include <ntifs.h>

static LIST_ENTRY Head, First, Second;

static __declspec(noinline) VOID TakeOut(PLIST_ENTRY Entry)
{
    RemoveEntryList(Entry);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    InitializeListHead(&Head);
    InsertTailList(&Head, &First);
    InsertTailList(&Head, &Second);
    TakeOut(&First);
    TakeOut(&First);
    return STATUS_SUCCESS;
}
