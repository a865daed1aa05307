// SPDX-License-Identifier: MIT
// Requests that go on to the device below.
#include "device/device.h"
#include "runtime/system-routine.h"

typedef VOID(NTAPI *KMP_CANCEL_FILE_OPEN)(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject);

// In all systems from Windows 2000 on, but not in Wine's.
static KMP_SYSTEM_ROUTINE CancelFileOpen = KMP_SYSTEM_ROUTINE_INIT(L"IoCancelFileOpen");

static VOID Withdraw(PKM_REQUEST Request)
{
    KMP_CANCEL_FILE_OPEN Routine = (KMP_CANCEL_FILE_OPEN)(ULONG_PTR)KmpFindSystemRoutine(&CancelFileOpen);

    if (Routine != NULL) {
        Routine(Request->Device->Lower, Request->Stack->FileObject);
    }
}

static BOOLEAN HasLower(const KM_REQUEST *Request)
{
    if (Request->Device->Lower == NULL) {
        KmpComplain(Request, "it has forwarded a request, and there is no device below: it is no filter");
        return FALSE;
    }
    return TRUE;
}

NTSTATUS NTAPI KmRequestForward(PKM_REQUEST Request)
{
    PIRP Irp = Request->Irp;
    PKM_DEVICE Device = Request->Device;
    NTSTATUS Status;

    if (!HasLower(Request)) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (Request->Stack->MajorFunction == IRP_MJ_CREATE && Device->FilterFiles != NULL) {
        // What becomes of the handle's context is decided by the answer.
        return KmRequestForwardAndWait(Request);
    }
    KmpRestoreBuffers(Request);
    KmpReleaseBuffers(Request);
    Request->Irp = NULL;
    if (Request->Stack->Control & SL_PENDING_RETURNED) {
        // It was pending: the mark is this device's, and the device below may answer at once.
        IoCopyCurrentIrpStackLocationToNext(Irp);
    } else {
        IoSkipCurrentIrpStackLocation(Irp);
    }
    Status = IoCallDriver(Device->Lower, Irp);
    KmpRundownRelease(&Device->Requests);
    return Status;
}

NTSTATUS NTAPI KmRequestForwardAndWait(PKM_REQUEST Request)
{
    PIRP Irp = Request->Irp;

    if (!HasLower(Request)) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    KmpRestoreBuffers(Request);
    if (!KmpSendDown(Request->Device, Irp)) {
        // There is no stack location for the device below.
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    Request->Forwarded = TRUE;
    if (Request->Stack->MajorFunction == IRP_MJ_CREATE && KmpIsOpened(Irp->IoStatus.Status)) {
        Request->Withdraw = Withdraw;
    }
    Request->Information = Irp->IoStatus.Information;
    return Irp->IoStatus.Status;
}
