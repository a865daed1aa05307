// SPDX-License-Identifier: MIT
// What drivers have left undone behind AddDevice and Plug and Play IRPs.
#include "inc/kernel.h"
#include "verify/pnp.h"

static const struct {
    UCHAR MinorFunction;
    PCSTR Name;
} ViPnpMustSucceed[] = {
    {IRP_MN_REMOVE_DEVICE, "IRP_MN_REMOVE_DEVICE"},
    {IRP_MN_SURPRISE_REMOVAL, "IRP_MN_SURPRISE_REMOVAL"},
    {IRP_MN_CANCEL_REMOVE_DEVICE, "IRP_MN_CANCEL_REMOVE_DEVICE"},
    {IRP_MN_CANCEL_STOP_DEVICE, "IRP_MN_CANCEL_STOP_DEVICE"},
    {IRP_MN_STOP_DEVICE, "IRP_MN_STOP_DEVICE"},
};

static PCSTR ViPnpName(UCHAR MinorFunction)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ViPnpMustSucceed); Index += 1) {
        if (ViPnpMustSucceed[Index].MinorFunction == MinorFunction) {
            return ViPnpMustSucceed[Index].Name;
        }
    }
    return NULL;
}

// Of a device that somebody has left attached.
static VOID ViReportAttached(PDEVICE_OBJECT DeviceObject, PCSTR Behind)
{
    VI_STACK Created;
    BOOLEAN Known = ViWhereGot(ViResourceDevice, (ULONG_PTR)DeviceObject, &Created);
    ViReportLeft(ViDeviceAttached, Known ? &Created : NULL,
                 "%s is over, and the device object at %p of %wZ is still attached to the stack", Behind,
                 DeviceObject, &DeviceObject->DriverObject->DriverName);
}

static VOID ViCheckWmi(PDEVICE_OBJECT DeviceObject)
{
    VI_STACK Registered;
    if (IopDeviceExtension(DeviceObject)->WmiProvider != NULL) {
        BOOLEAN Known = ViWhereGot(ViResourceWmiProvider, (ULONG_PTR)DeviceObject, &Registered);
        ViReport(ViWmiRegistrationLeft, Known ? &Registered : NULL,
                 "the device object at %p is deleted, and is still registered as a WMI provider: "
                 "IoWMIRegistrationControl with WMIREG_ACTION_DEREGISTER comes first",
                 DeviceObject);
        ViForgetResource(ViResourceWmiProvider, (ULONG_PTR)DeviceObject);
    }
}

VOID ViCheckDelete(PDEVICE_OBJECT DeviceObject)
{
    ViCheckWmi(DeviceObject);
    PDEVICE_OBJECT Lower = IopDeviceExtension(DeviceObject)->AttachedTo;
    if (Lower != NULL) {
        ViReport(ViDeviceAttached, NULL,
                 "the device object at %p is deleted, and is still attached to that at %p: IoDetachDevice "
                 "comes first",
                 DeviceObject, Lower);
    }
}

VOID ViCheckAddDevice(PDEVICE_OBJECT Previous, NTSTATUS Status)
{
    for (PDEVICE_OBJECT Device = Previous->AttachedDevice; Device != NULL; Device = Device->AttachedDevice) {
        VI_STACK Created;
        BOOLEAN Known = ViWhereGot(ViResourceDevice, (ULONG_PTR)Device, &Created);
        if (!NT_SUCCESS(Status)) {
            ViReportAttached(Device, "an AddDevice that failed");
        } else if (Device->Flags & DO_DEVICE_INITIALIZING) {
            ViReportLeft(ViDeviceInitializing, Known ? &Created : NULL,
                         "AddDevice has left DO_DEVICE_INITIALIZING set in the device object at %p of %wZ: "
                         "nobody can attach to it or open it",
                         Device, &Device->DriverObject->DriverName);
        }
    }
}

VOID ViBeginPnp(VI_PNP_STACK *Stack, PDEVICE_OBJECT PhysicalDeviceObject)
{
    KIRQL OldIrql = IopLockDatabase();
    Stack->PhysicalDeviceObject = PhysicalDeviceObject;
    Stack->Top = IopTopOfStack(PhysicalDeviceObject);
    if (Stack->Top == PhysicalDeviceObject) {
        Stack->Top = NULL; // its bus driver alone
    } else {
        Stack->Name = Stack->Top->DriverObject->DriverName;
    }
    IopUnlockDatabase(OldIrql);
    Stack->Created.Count = 0;
    if (Stack->Top != NULL) {
        ViWhereGot(ViResourceDevice, (ULONG_PTR)Stack->Top, &Stack->Created);
    }
}

static BOOLEAN ViIsInStack(const VI_PNP_STACK *Stack)
{
    PDEVICE_OBJECT Device = Stack->PhysicalDeviceObject;
    KIRQL OldIrql = IopLockDatabase();
    while (Device != NULL && Device != Stack->Top) {
        Device = Device->AttachedDevice;
    }
    IopUnlockDatabase(OldIrql);
    return Device != NULL;
}

VOID ViEndPnp(const VI_PNP_STACK *Stack, UCHAR MinorFunction, NTSTATUS Status)
{
    PCSTR Name = ViPnpName(MinorFunction);
    if (Name == NULL || Stack->Top == NULL) {
        return;
    }
    // A bus driver may say so of a device that is gone already.
    if (!NT_SUCCESS(Status) && Status != STATUS_NO_SUCH_DEVICE) {
        ViReportLeft(ViPnpIrpFailed, &Stack->Created,
                     "%s ended with status 0x%08lX in the stack of %wZ, and may not be failed", Name, Status,
                     &Stack->Name);
    }
    if (MinorFunction == IRP_MN_SURPRISE_REMOVAL && !ViIsInStack(Stack)) {
        ViReportLeft(ViDeviceDetachedEarly, &Stack->Created,
                     "the device object at %p of %wZ was detached by IRP_MN_SURPRISE_REMOVAL, and has "
                     "IRP_MN_REMOVE_DEVICE to come",
                     Stack->Top, &Stack->Name);
    }
    if (MinorFunction == IRP_MN_REMOVE_DEVICE) {
        for (PDEVICE_OBJECT Device = Stack->PhysicalDeviceObject->AttachedDevice; Device != NULL;
             Device = Device->AttachedDevice) {
            // Of one that is deleted it has been told already.
            if (!(IopDeviceExtension(Device)->ExtensionFlags & DOE_DELETE_PENDING)) {
                ViReportAttached(Device, Name);
            }
        }
    }
}
