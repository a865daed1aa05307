// SPDX-License-Identifier: MIT
// Keeps settings under its service's key: reads them with defaults, counts its starts, lists what is there.
#include <ntddk.h>
#include <kmode.h>

static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'sgeR');

static VOID ListValues(HANDLE Key)
{
    KM_REGISTRY_ENUMERATION Walk;
    KM_REGISTRY_ENTRY Entry;

    KmRegistryEnumerationBegin(&Walk, Key, &Paged);
    while (NT_SUCCESS(KmRegistryNextValue(&Walk, &Entry))) {
        KmInfo("%wZ: type %lu, %lu bytes", &Entry.Name, Entry.Type, Entry.Bytes);
    }
    KmRegistryEnumerationEnd(&Walk);
}

static NTSTATUS UseSettings(HANDLE Key)
{
    ULONG Starts = KmRegistryDword(Key, L"Starts", 0) + 1, Number;
    UNICODE_STRING Server;
    KM_REGISTRY_VALUE List;
    NTSTATUS Status = KmRegistrySetDword(Key, L"Starts", Starts);

    KmInfo("start number %lu", Starts);
    if (NT_SUCCESS(Status)) {
        Status = KmRegistrySetString(Key, L"Server", L"server.example");
    }
    if (NT_SUCCESS(Status)) {
        Status = KmRegistrySetMultiString(Key, L"Ports", L"COM1\0COM2\0");
    }
    if (NT_SUCCESS(Status)) {
        Status = KmRegistryReadString(Key, L"Server", &Paged, &Server);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KmInfo("the server is %wZ", &Server);
    KmUnicodeFree(&Paged, &Server);

    Status = KmRegistryReadMultiString(Key, L"Ports", &Paged, &List);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (PCWSTR Port = KmMultiStringFirst(&List); Port != NULL; Port = KmMultiStringNext(Port)) {
        KmInfo("port %ws", Port);
    }
    KmRegistryFreeValue(&Paged, &List);

    // What somebody has set as text is no number.
    if (KmRegistryReadDword(Key, L"Server", &Number) == STATUS_OBJECT_TYPE_MISMATCH) {
        KmWarn("Server is no number");
    }
    ListValues(Key);
    return STATUS_SUCCESS;
}

static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Key;
    NTSTATUS Status;

    DriverObject->DriverUnload = Unload;
    (VOID) KmLogInit(KmLevelInfo);
    Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | KEY_WRITE, &Key);
    if (NT_SUCCESS(Status)) {
        Status = UseSettings(Key);
        ZwClose(Key);
    }
    return Status;
}
