// SPDX-License-Identifier: MIT
// Who may open a device: by its type, by SDDL, by what is set; and descriptors of files.
#include "device.h"
#include <wdmsec.h>

static NTSTATUS Open(PCWSTR Text, ACCESS_MASK Access, ULONG Attributes, PHANDLE Handle)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES ObjectAttributes;
    IO_STATUS_BLOCK Answer;
    RtlInitUnicodeString(&Name, Text);
    InitializeObjectAttributes(&ObjectAttributes, &Name, OBJ_KERNEL_HANDLE | Attributes, NULL, NULL);
    return ZwOpenFile(Handle, Access, &ObjectAttributes, &Answer, FILE_SHARE_READ | FILE_SHARE_WRITE, 0);
}

static NTSTATUS Try(PCWSTR Text, ACCESS_MASK Access)
{
    HANDLE Handle;
    NTSTATUS Status = Open(Text, Access, OBJ_FORCE_ACCESS_CHECK, &Handle);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

static void Ready(PDEVICE_OBJECT DeviceObject)
{
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index += 1) {
        if (Index == IRP_MJ_CREATE || Index == IRP_MJ_CLEANUP || Index == IRP_MJ_CLOSE) {
            DispatchOf(DeviceObject, Index, SucceedRequest);
        }
    }
    DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
}

static ACCESS_MASK MaskFor(PSECURITY_DESCRIPTOR Security, PSID Sid)
{
    PACL Dacl = NULL;
    BOOLEAN Present, Defaulted;
    PACCESS_ALLOWED_ACE Ace;
    RtlGetDaclSecurityDescriptor(Security, &Present, &Dacl, &Defaulted);
    for (ULONG Index = 0; Present && Dacl != NULL && Index < Dacl->AceCount; Index += 1) {
        RtlGetAce(Dacl, Index, (PVOID *)&Ace);
        if (RtlEqualSid(&Ace->SidStart, Sid)) {
            return Ace->Mask;
        }
    }
    return 0;
}

static void TestDefaults(void)
{
    static const struct {
        DEVICE_TYPE Type;
        ULONG Characteristics;
        ACCESS_MASK World;
    } Cases[] = {
        {FILE_DEVICE_UNKNOWN, 0, FILE_GENERIC_READ | FILE_GENERIC_WRITE | FILE_GENERIC_EXECUTE},
        {FILE_DEVICE_DISK, 0, FILE_GENERIC_EXECUTE},
        {FILE_DEVICE_DISK, FILE_FLOPPY_DISKETTE,
         FILE_GENERIC_READ | FILE_GENERIC_WRITE | FILE_GENERIC_EXECUTE},
    };
    UNICODE_STRING Driver = RTL_CONSTANT_STRING(L"\\Driver\\Defaults");
    IS(IoCreateDriver(&Driver, TestDriverEntry), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PDEVICE_OBJECT Device;
        BOOLEAN Allocated;
        PSECURITY_DESCRIPTOR Security;
        IS(IoCreateDevice(TestNewDriver, 0, NULL, Cases[Index].Type, Cases[Index].Characteristics, FALSE,
                          &Device),
           STATUS_SUCCESS);
        IS(ObGetObjectSecurity(Device, &Security, &Allocated), STATUS_SUCCESS);
        OK(Device->SecurityDescriptor == Security);
        IS(MaskFor(Security, SeExports->SeWorldSid), Cases[Index].World);
        IS(MaskFor(Security, SeExports->SeAliasAdminsSid), FILE_ALL_ACCESS);
        IS(MaskFor(Security, SeExports->SeLocalSystemSid), FILE_ALL_ACCESS);
        ObReleaseObjectSecurity(Security, Allocated);
        IoDeleteDevice(Device);
    }
    IoDeleteDriver(TestNewDriver);
}

static PDEVICE_OBJECT Secured(PCWSTR Sddl, ULONG Characteristics)
{
    UNICODE_STRING Driver = RTL_CONSTANT_STRING(L"\\Driver\\Secured"),
                   Name = RTL_CONSTANT_STRING(L"\\Device\\Secured"), Text;
    PDEVICE_OBJECT Device = NULL;
    RtlInitUnicodeString(&Text, Sddl);
    IS(IoCreateDriver(&Driver, TestDriverEntry), STATUS_SUCCESS);
    IS(IoCreateDeviceSecure(TestNewDriver, 0, &Name, FILE_DEVICE_UNKNOWN, Characteristics, FALSE, &Text, NULL,
                            &Device),
       STATUS_SUCCESS);
    Ready(Device);
    return Device;
}

// The caller is the System process: SYSTEM, and Administrators.
static void TestSddl(void)
{
    HANDLE Handle;
    PDEVICE_OBJECT Device = Secured(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)", 0);
    IS(Try(L"\\Device\\Secured", GENERIC_READ | GENERIC_WRITE), STATUS_SUCCESS);
    DeleteDevice(Device);
    // Nobody but local service and users.
    Device = Secured(L"D:P(A;;GA;;;LS)(A;;GA;;;BU)", 0);
    IS(Try(L"\\Device\\Secured", GENERIC_READ), STATUS_ACCESS_DENIED);
    IS(Try(L"\\Device\\Secured\\Below", GENERIC_READ), STATUS_ACCESS_DENIED);
    IS(Open(L"\\Device\\Secured", GENERIC_READ, 0, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    DeleteDevice(Device);
    Device = Secured(L"D:P(A;;GR;;;WD)", 0);
    IS(Try(L"\\Device\\Secured", GENERIC_READ), STATUS_SUCCESS);
    IS(Try(L"\\Device\\Secured", GENERIC_READ | GENERIC_WRITE), STATUS_ACCESS_DENIED);
    DeleteDevice(Device);
    Device = Secured(L"D:P(D;;GW;;;SY)(A;;GA;;;BA)", 0);
    IS(Try(L"\\Device\\Secured", FILE_READ_DATA), STATUS_SUCCESS);
    IS(Try(L"\\Device\\Secured", FILE_WRITE_DATA), STATUS_ACCESS_DENIED);
    DeleteDevice(Device);
    Device = Secured(L"D:P", 0);
    IS(Try(L"\\Device\\Secured", FILE_READ_DATA), STATUS_ACCESS_DENIED);
    DeleteDevice(Device);
}

// A name below a device is the driver's business, unless it says otherwise.
static void TestSecureOpen(void)
{
    SECURITY_DESCRIPTOR Security;
    union {
        ACL Acl;
        UCHAR Bytes[64];
    } Dacl;
    HANDLE Handle;
    UCHAR Buffer[512];
    ULONG Length;
    PDEVICE_OBJECT Device = MakeDevice(L"Open", L"\\Device\\Open", 0);
    Ready(Device);
    IS(Open(L"\\Device\\Open", WRITE_DAC | READ_CONTROL, 0, &Handle), STATUS_SUCCESS);
    RtlCreateSecurityDescriptor(&Security, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(&Dacl.Acl, sizeof(Dacl), ACL_REVISION);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_ALL, SeExports->SeBatchSid);
    RtlSetDaclSecurityDescriptor(&Security, TRUE, &Dacl.Acl, FALSE);
    // A handle to the device itself changes the device.
    IS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Security), STATUS_SUCCESS);
    IS(MaskFor(Device->SecurityDescriptor, SeExports->SeBatchSid), FILE_ALL_ACCESS);
    IS(ZwQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length),
       STATUS_SUCCESS);
    IS(MaskFor(Buffer, SeExports->SeBatchSid), FILE_ALL_ACCESS);
    ZwClose(Handle);
    IS(Try(L"\\Device\\Open", FILE_READ_DATA), STATUS_ACCESS_DENIED);
    IS(Try(L"\\Device\\Open\\Below", FILE_READ_DATA), STATUS_SUCCESS);
    Device->Characteristics |= FILE_DEVICE_SECURE_OPEN;
    IS(Try(L"\\Device\\Open\\Below", FILE_READ_DATA), STATUS_ACCESS_DENIED);
    // Of a stack the highest device says it, whose driver copies what the next one has.
    PDEVICE_OBJECT Filter = MakeDevice(L"OpenFilter", NULL, 0);
    Ready(Filter);
    OK(IoAttachDeviceToDeviceStack(Filter, Device) == Device);
    IS(Try(L"\\Device\\Open\\Below", FILE_READ_DATA), STATUS_SUCCESS);
    Filter->Characteristics |= Device->Characteristics & FILE_DEVICE_SECURE_OPEN;
    IS(Try(L"\\Device\\Open\\Below", FILE_READ_DATA), STATUS_ACCESS_DENIED);
    Device->Characteristics &= ~FILE_DEVICE_SECURE_OPEN;
    IS(Try(L"\\Device\\Open\\Below", FILE_READ_DATA), STATUS_ACCESS_DENIED);
    IoDetachDevice(Device);
    DeleteDevice(Filter);
    DeleteDevice(Device);
}

static ULONG Asked;

static NTSTATUS NTAPI AnswerSecurity(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.QuerySecurity.Length;
    PSECURITY_DESCRIPTOR Own = DeviceObject->SecurityDescriptor;
    NTSTATUS Status;
    Asked = Stack->Parameters.QuerySecurity.SecurityInformation;
    if (Stack->MajorFunction == IRP_MJ_SET_SECURITY) {
        Status = RtlValidSecurityDescriptor(Stack->Parameters.SetSecurity.SecurityDescriptor)
                     ? STATUS_SUCCESS
                     : STATUS_INVALID_SECURITY_DESCR;
        Length = 0;
    } else {
        Status = SeQuerySecurityDescriptorInfo(&Stack->Parameters.QuerySecurity.SecurityInformation,
                                               Irp->UserBuffer, &Length, &Own);
        Status = Status == STATUS_BUFFER_TOO_SMALL ? STATUS_BUFFER_OVERFLOW : Status;
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Length;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static void TestFile(void)
{
    HANDLE Handle;
    UCHAR Buffer[512];
    ULONG Length;
    PDEVICE_OBJECT Device = MakeDevice(L"Files", L"\\Device\\Files", 0);
    Ready(Device);
    IS(Open(L"\\Device\\Files\\File", WRITE_DAC | READ_CONTROL, 0, &Handle), STATUS_SUCCESS);
    // The file system keeps none: everybody may do everything, and nobody change it.
    IS(ZwQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length),
       STATUS_SUCCESS);
    IS(MaskFor(Buffer, SeExports->SeWorldSid), FILE_ALL_ACCESS);
    IS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, Buffer), STATUS_INVALID_DEVICE_REQUEST);
    DispatchOf(Device, IRP_MJ_QUERY_SECURITY, AnswerSecurity);
    DispatchOf(Device, IRP_MJ_SET_SECURITY, AnswerSecurity);
    IS(ZwQuerySecurityObject(Handle, OWNER_SECURITY_INFORMATION, Buffer, 0, &Length),
       STATUS_BUFFER_TOO_SMALL);
    IS(Length, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + 16);
    IS(ZwQuerySecurityObject(Handle, OWNER_SECURITY_INFORMATION, Buffer, Length, &Length), STATUS_SUCCESS);
    IS(Asked, OWNER_SECURITY_INFORMATION);
    IS(ZwSetSecurityObject(Handle, OWNER_SECURITY_INFORMATION, Buffer), STATUS_SUCCESS);
    ZwClose(Handle);
    DeleteDevice(Device);
}

TEST_DRIVER(TestDefaults, TestSddl, TestSecureOpen, TestFile)
