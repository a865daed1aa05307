// SPDX-License-Identifier: MIT
// options: -O0
// Inline functions in two files, not inlined. IoGetCurrentIrpStackLocation is one of the headers' own.
#include <wdm.h>
#include "shared.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_DISPATCH Dispatch;

NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(DeviceObject);
    IoSkipCurrentIrpStackLocation(Irp);
    return Stack->Control != 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LIST_ENTRY Head;

    InitializeListHead(&Head);
    DriverObject->MajorFunction[IRP_MJ_READ] = Dispatch;
    return Double(1) + Triple(1) + Square(1) + Cube(1) + Negate(1) + Half(2) +
                           Choose(RegistryPath->Length)(1) !=
                       0 &&
                   IsListEmpty(&Head)
               ? STATUS_SUCCESS
               : STATUS_UNSUCCESSFUL;
}
