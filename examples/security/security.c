// SPDX-License-Identifier: MIT
// Anybody may open the device and ask; who may change its setting, a descriptor says.
#include <kmode.h>
#include "security.h"

#define SETTING_READ  1
#define SETTING_WRITE 2

static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'uceS');
static KM_SECURITY SettingSecurity;
static volatile LONG Setting;

static NTSTATUS Check(ACCESS_MASK Desired)
{
    GENERIC_MAPPING Mapping = {SETTING_READ, SETTING_WRITE, 0, SETTING_READ | SETTING_WRITE};
    ACCESS_MASK Granted;

    return KmAccessCheck(&SettingSecurity, Desired, &Mapping, &Granted);
}

static NTSTATUS NTAPI Caller(PKM_REQUEST Request)
{
    SECURITY_CALLER *Caller = KmRequestOutput(Request, SECURITY_CALLER);
    PEPROCESS Process = PsGetCurrentProcess();
    ULONG Integrity = 0;
    BOOLEAN IsElevated = FALSE;
    UNICODE_STRING Text = {0, 0, NULL};
    KM_SID User;
    NTSTATUS Status = KmProcessIntegrity(Process, &Integrity);

    Status = NT_SUCCESS(Status) ? KmProcessIsElevated(Process, &IsElevated) : Status;
    Status = NT_SUCCESS(Status) ? KmCurrentUserSid(&User) : Status;
    Status = NT_SUCCESS(Status) ? KmSidToText(&User, &Paged, &Text) : Status;
    if (NT_SUCCESS(Status)) {
        RtlZeroMemory(Caller, sizeof(*Caller));
        Caller->Integrity = Integrity;
        Caller->IsAdministrator = KmCurrentIsAdministrator();
        Caller->IsElevated = IsElevated;
        RtlCopyMemory(Caller->Sid, Text.Buffer, min(Text.Length, sizeof(Caller->Sid) - sizeof(WCHAR)));
        KmUnicodeFree(&Paged, &Text);
    }
    return Status;
}

static NTSTATUS NTAPI Get(PKM_REQUEST Request)
{
    NTSTATUS Status = Check(SETTING_READ);

    *KmRequestOutput(Request, LONG) = NT_SUCCESS(Status) ? Setting : 0;
    return Status;
}

static NTSTATUS NTAPI Set(PKM_REQUEST Request)
{
    NTSTATUS Status = Check(SETTING_WRITE);

    if (NT_SUCCESS(Status)) {
        InterlockedExchange(&Setting, *KmRequestInput(Request, LONG));
    }
    return Status;
}

static const KM_DEVICE_ENTRY Device[] = {KM_DEVICE_NAME(L"\\Device\\Security"),
                                         KM_DEVICE_LINK(L"\\DosDevices\\Security"),
                                         KM_DEVICE_SDDL(L"D:P(A;;GA;;;WD)"),
                                         KM_ON_IOCTL_OUTPUT(IOCTL_SECURITY_CALLER, Caller, SECURITY_CALLER),
                                         KM_ON_IOCTL_OUTPUT(IOCTL_SECURITY_GET, Get, LONG),
                                         KM_ON_IOCTL_INPUT(IOCTL_SECURITY_SET, Set, LONG),
                                         KM_DEVICE_END};

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    KmDriverStop(DriverObject);
    KmSecurityFree(&Paged, &SettingSecurity);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const KM_DEVICE_ENTRY *const Devices[] = {Device};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = KmSecurityFromSddl(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;WD)", &Paged, &SettingSecurity);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmDriverStart(DriverObject, Devices, 1);
    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(Status)) {
        KmSecurityFree(&Paged, &SettingSecurity);
    }
    return Status;
}
