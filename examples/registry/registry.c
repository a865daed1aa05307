// SPDX-License-Identifier: MIT
// Keeps settings under its service's key: counts its starts, lists what is there, tells programs a setting.
#include <ntddk.h>
#include <kmode.h>
#include "registry.h"

static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'sgeR');
static HANDLE Key;

static VOID ListValues(VOID)
{
    KM_REGISTRY_ENUMERATION Walk;
    KM_REGISTRY_ENTRY Entry;

    KmRegistryEnumerationBegin(&Walk, Key, &Paged);
    while (NT_SUCCESS(KmRegistryNextValue(&Walk, &Entry))) {
        KmInfo("%wZ: type %lu, %lu bytes", &Entry.Name, Entry.Type, Entry.Bytes);
    }
    KmRegistryEnumerationEnd(&Walk);
}

static NTSTATUS UseSettings(VOID)
{
    ULONG Starts = KmRegistryDword(Key, L"Starts", 0) + 1, Number;
    UNICODE_STRING Server;
    KM_REGISTRY_VALUE List;
    NTSTATUS Status = KmRegistrySetDword(Key, L"Starts", Starts);

    KmInfo("start number %lu", Starts);
    Status = NT_SUCCESS(Status) ? KmRegistrySetString(Key, L"Server", L"server.example") : Status;
    Status = NT_SUCCESS(Status) ? KmRegistrySetMultiString(Key, L"Ports", L"COM1\0COM2\0") : Status;
    Status = NT_SUCCESS(Status) ? KmRegistryReadString(Key, L"Server", &Paged, &Server) : Status;
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
    ListValues();
    return STATUS_SUCCESS;
}

// As it is now: whoever may write the key has changed it since the driver's start, or not.
static NTSTATUS NTAPI TellNumber(PKM_REQUEST Request)
{
    PCWSTR Name = (PCWSTR)Request->Input;

    if (Name[Request->InputBytes / sizeof(WCHAR) - 1] != L'\0') {
        return STATUS_INVALID_PARAMETER;
    }
    return KmRegistryReadDword(Key, Name, KmRequestOutput(Request, ULONG));
}

static const KM_DEVICE_ENTRY Registry[] = {
    KM_DEVICE_NAME(L"\\Device\\Registry"), KM_DEVICE_LINK(L"\\DosDevices\\Registry"),
    KM_ON_IOCTL_BYTES(IOCTL_REGISTRY_NUMBER, TellNumber, sizeof(WCHAR), 256, sizeof(ULONG)), KM_DEVICE_END};

static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    KmDriverStop(DriverObject);
    ZwClose(Key);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const KM_DEVICE_ENTRY *const Devices[] = {Registry};
    NTSTATUS Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | KEY_WRITE, &Key);

    (VOID) KmLogInit(KmLevelInfo);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = UseSettings();
    Status = NT_SUCCESS(Status) ? KmDriverStart(DriverObject, Devices, 1) : Status;
    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(Status)) {
        ZwClose(Key);
    }
    return Status;
}
