// SPDX-License-Identifier: MIT
// A device that administrators may open.
#include <ntddk.h>
#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;

static const GUID ClassGuid = {0x5d3ac1b2, 0x7f44, 0x4bd1, {0x91, 0x3a, 0x0c, 0x55, 0x6e, 0x21, 0x80, 0x17}};

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KmodeSecure");
    DECLARE_CONST_UNICODE_STRING(Sddl, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;0x1200a9;;;S-1-5-32-545)");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDeviceSecure(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                                  &Sddl, &ClassGuid, &Device);
    if (NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        Status = IoCreateDeviceSecure(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                      FALSE, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &Device);
    }
    return Status;
}
