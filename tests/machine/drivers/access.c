// SPDX-License-Identifier: MIT
// Two devices, one for SYSTEM and administrators alone, one for everybody; the latter says what its caller
// is.
#include <ntifs.h>
#include <wdmsec.h>

// Output: a byte for each answer.
#define WHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

static UNICODE_STRING GuardedName = RTL_CONSTANT_STRING(L"\\Device\\AccessGuarded");
static UNICODE_STRING GuardedLink = RTL_CONSTANT_STRING(L"\\DosDevices\\AccessGuarded");
static UNICODE_STRING OpenName = RTL_CONSTANT_STRING(L"\\Device\\AccessOpen");
static UNICODE_STRING OpenLink = RTL_CONSTANT_STRING(L"\\DosDevices\\AccessOpen");

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_BUFFER_TOO_SMALL;
    Irp->IoStatus.Information = 0;
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength >= 3) {
        PUCHAR Answer = Irp->AssociatedIrp.SystemBuffer;
        PACCESS_TOKEN Token = PsReferencePrimaryToken(PsGetCurrentProcess());
        Answer[0] = SeTokenIsAdmin(Token);
        PsDereferencePrimaryToken(Token);
        // What the guarded device lets whom do, asked by the rules of this one's caller.
        SeCaptureSubjectContext(&Subject);
        ACCESS_MASK Granted;
        NTSTATUS AccessStatus;
        Answer[1] = SeAccessCheck(DeviceObject->DriverObject->DeviceObject->SecurityDescriptor, &Subject,
                                  FALSE, FILE_READ_DATA, 0, NULL, IoGetFileObjectGenericMapping(), UserMode,
                                  &Granted, &AccessStatus);
        SeReleaseSubjectContext(&Subject);
        Answer[2] = SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_CHANGE_NOTIFY_PRIVILEGE), UserMode);
        Irp->IoStatus.Information = 3;
        Status = STATUS_SUCCESS;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&OpenLink);
    IoDeleteSymbolicLink(&GuardedLink);
    while (DriverObject->DeviceObject != NULL) {
        IoDeleteDevice(DriverObject->DeviceObject);
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &OpenName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                     FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        // The last one made is the first of the driver's list, where Control looks for it.
        Status =
            IoCreateDeviceSecure(DriverObject, 0, &GuardedName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                 FALSE, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &Device);
    }
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&GuardedLink, &GuardedName);
    }
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&OpenLink, &OpenName);
    }
    if (!NT_SUCCESS(Status)) {
        Unload(DriverObject);
    }
    return Status;
}
