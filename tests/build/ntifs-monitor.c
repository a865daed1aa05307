// SPDX-License-Identifier: MIT
// A monitor of processes and handles that includes ntifs.h, with object types and other exported variables.
#include <ntifs.h>
#include <ntimage.h>
#include <ntddstor.h>
#include <windef.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

#define TERMINATE_ACCESS 0x0001 // PROCESS_TERMINATE, which only user-mode headers have

static PVOID Registration;
static EX_SPIN_LOCK Lock;

static OB_PREOP_CALLBACK_STATUS PreOperation(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Context);
    if (Information->ObjectType == *PsProcessType && Information->Operation == OB_OPERATION_HANDLE_CREATE) {
        OldIrql = ExAcquireSpinLockExclusive(&Lock);
        Information->Parameters->CreateHandleInformation.DesiredAccess &= ~(ACCESS_MASK)TERMINATE_ACCESS;
        ExReleaseSpinLockExclusive(&Lock, OldIrql);
    }
    return OB_PREOP_SUCCESS;
}

static VOID ProcessNotify(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO Information)
{
    UNREFERENCED_PARAMETER(Process);
    if (Information != NULL && Information->ImageFileName != NULL) {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "%p %wZ\n", ProcessId, Information->ImageFileName);
    }
}

VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    (VOID) PsSetCreateProcessNotifyRoutineEx(ProcessNotify, TRUE);
    ObUnRegisterCallbacks(Registration);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    OB_OPERATION_REGISTRATION Operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, PreOperation, NULL};
    OB_CALLBACK_REGISTRATION Callbacks = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"321000"),
                                          NULL, &Operation};
    PIMAGE_DOS_HEADER Image = (PIMAGE_DOS_HEADER)DriverObject->DriverStart;
    LARGE_INTEGER Now;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    KeQuerySystemTimePrecise(&Now);
    if (Image->e_magic != IMAGE_DOS_SIGNATURE || (ULONG_PTR)Image < (ULONG_PTR)MmSystemRangeStart ||
        KD_DEBUGGER_ENABLED) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    DriverObject->DriverUnload = DriverUnload;
    Status = ObRegisterCallbacks(&Callbacks, &Registration);
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateProcessNotifyRoutineEx(ProcessNotify, FALSE);
    }
    return Status;
}
