// SPDX-License-Identifier: MIT
// What each test driver of Plug and Play devices does with IRPs.
#ifndef KMODE_TESTS_MACHINE_PNP_DRIVER_H
#define KMODE_TESTS_MACHINE_PNP_DRIVER_H

#include <ntddk.h>

static const char *const Minors[] = {
    [IRP_MN_START_DEVICE] = "START_DEVICE",
    [IRP_MN_QUERY_REMOVE_DEVICE] = "QUERY_REMOVE_DEVICE",
    [IRP_MN_REMOVE_DEVICE] = "REMOVE_DEVICE",
    [IRP_MN_CANCEL_REMOVE_DEVICE] = "CANCEL_REMOVE_DEVICE",
    [IRP_MN_STOP_DEVICE] = "STOP_DEVICE",
    [IRP_MN_QUERY_STOP_DEVICE] = "QUERY_STOP_DEVICE",
    [IRP_MN_CANCEL_STOP_DEVICE] = "CANCEL_STOP_DEVICE",
    [IRP_MN_QUERY_DEVICE_RELATIONS] = "QUERY_DEVICE_RELATIONS",
    [IRP_MN_QUERY_INTERFACE] = "QUERY_INTERFACE",
    [IRP_MN_QUERY_CAPABILITIES] = "QUERY_CAPABILITIES",
    [IRP_MN_QUERY_RESOURCES] = "QUERY_RESOURCES",
    [IRP_MN_QUERY_RESOURCE_REQUIREMENTS] = "QUERY_RESOURCE_REQUIREMENTS",
    [IRP_MN_QUERY_DEVICE_TEXT] = "QUERY_DEVICE_TEXT",
    [IRP_MN_FILTER_RESOURCE_REQUIREMENTS] = "FILTER_RESOURCE_REQUIREMENTS",
    [IRP_MN_EJECT] = "EJECT",
    [IRP_MN_QUERY_ID] = "QUERY_ID",
    [IRP_MN_QUERY_PNP_DEVICE_STATE] = "QUERY_PNP_DEVICE_STATE",
    [IRP_MN_QUERY_BUS_INFORMATION] = "QUERY_BUS_INFORMATION",
    [IRP_MN_DEVICE_USAGE_NOTIFICATION] = "DEVICE_USAGE_NOTIFICATION",
    [IRP_MN_SURPRISE_REMOVAL] = "SURPRISE_REMOVAL",
    [IRP_MN_DEVICE_ENUMERATED] = "DEVICE_ENUMERATED",
};

static NTSTATUS Completed(PDEVICE_OBJECT Device, PIRP Irp, PVOID Event)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static __attribute__((unused)) NTSTATUS ForwardAndWait(PDEVICE_OBJECT Lower, PIRP Irp)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Completed, &Event, TRUE, TRUE, TRUE);
    if (IoCallDriver(Lower, Irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    return Irp->IoStatus.Status;
}

static __attribute__((unused)) NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static __attribute__((unused)) NTSTATUS Skip(PDEVICE_OBJECT Lower, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

#endif
