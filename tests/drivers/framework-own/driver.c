// SPDX-License-Identifier: MIT
// Devices that the driver has made itself, beside one of the framework's: what they have for an extension is
// not to be taken for a framework's device, nor read where there is none.
#include <kmode.h>

static const KM_DEVICE_ENTRY Framework[] = {
    KM_DEVICE_NAME(L"\\Device\\OwnFramework"),
    KM_DEVICE_LINK(L"\\DosDevices\\OwnFramework"),
    KM_DEVICE_END,
};

static const struct {
    PCWSTR Name;
    ULONG ExtensionBytes;
} Own[] = {
    {L"\\Device\\Own0", 0},
    {L"\\Device\\Own1", 1},
    {L"\\Device\\Own8", 8},
    {L"\\Device\\Own4096", 4096},
};

static PDEVICE_OBJECT Devices[RTL_NUMBER_OF(Own)];

static DRIVER_UNLOAD Unload;
static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Own); Index += 1) {
        if (Devices[Index] != NULL) {
            IoDeleteDevice(Devices[Index]);
        }
    }
    KmDriverStop(DriverObject);
}

static NTSTATUS MakeOwn(PDRIVER_OBJECT DriverObject, ULONG Index)
{
    // What the framework's own extensions begin with, and nothing behind it.
    static const CHAR Signature[] = "KmDevice";
    UNICODE_STRING Name;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Own[Index].Name);
    Status = IoCreateDevice(DriverObject, Own[Index].ExtensionBytes, &Name, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &Devices[Index]);
    if (NT_SUCCESS(Status) && Own[Index].ExtensionBytes == sizeof(Signature) - 1) {
        RtlCopyMemory(Devices[Index]->DeviceExtension, Signature, sizeof(Signature) - 1);
    }
    return Status;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const KM_DEVICE_ENTRY *const Entries[] = {Framework};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = KmDriverStart(DriverObject, Entries, RTL_NUMBER_OF(Entries));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Own); Index += 1) {
        Status = MakeOwn(DriverObject, Index);
    }
    if (NT_SUCCESS(Status)) {
        DriverObject->DriverUnload = Unload;
    } else {
        Unload(DriverObject);
    }
    return Status;
}
