// SPDX-License-Identifier: MIT
// finding: irp-not-marked-pending after Control
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// A request is completed by a DPC later; nobody has marked it pending.
#include "irp-bug.h"

static KDPC Dpc;

static VOID NTAPI CompleteLater(PKDPC Unused, PVOID Context, PVOID Irp, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument2);
    Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    KeInitializeDpc(&Dpc, CompleteLater, NULL);
    MENDED_BY(IoMarkIrpPending(Irp);)
    KeInsertQueueDpc(&Dpc, Irp, NULL);
    return STATUS_PENDING;
}
