// SPDX-License-Identifier: MIT
// Errors that a user should be told of. There is nobody at the screen: what a dialog box would ask is
// answered at once with Cancel, and what it would say goes to the run's log.
#include "inc/kernel.h"

BOOLEAN NTAPI IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors)
{
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    BOOLEAN Enabled = !Thread->HardErrorsDisabled;
    Thread->HardErrorsDisabled = !EnableHardErrors;
    return Enabled;
}

VOID NTAPI IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject)
{
    Irp->Tail.Overlay.Thread->DeviceToVerify = DeviceObject;
}

VOID NTAPI IoRaiseHardError(PIRP Irp, PVPB Vpb, PDEVICE_OBJECT RealDeviceObject)
{
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    if (Thread == NULL || !Thread->HardErrorsDisabled) {
        UNICODE_STRING Label = {0};
        if (Vpb != NULL) {
            Label = (UNICODE_STRING){Vpb->VolumeLabelLength, Vpb->VolumeLabelLength, Vpb->VolumeLabel};
        }
        DbgPrint("hard error: %wZ: status 0x%08x, volume \"%wZ\"\n",
                 &RealDeviceObject->DriverObject->DriverName, Irp->IoStatus.Status, &Label);
    }
    // No data is transferred, whatever the driver had read.
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

BOOLEAN NTAPI IoRaiseInformationalHardError(NTSTATUS ErrorStatus, PUNICODE_STRING String, PKTHREAD Thread)
{
    static const UNICODE_STRING Nothing = {0};
    if (Thread != NULL && ((PETHREAD)Thread)->HardErrorsDisabled) {
        return FALSE;
    }
    DbgPrint("hard error: status 0x%08x \"%wZ\"\n", ErrorStatus, String != NULL ? String : &Nothing);
    return TRUE;
}
